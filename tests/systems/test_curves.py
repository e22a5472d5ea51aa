"""Measured curves: read with a message for everything that is wrong, never extrapolated."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from chaoscad.compile import response
from chaoscad.errors import ChaoscadError
from chaoscad.netlist import parse, parse_data, to_data
from chaoscad.systems import curve_setting, read_curve
from chaoscad.systems.evaluate import slope
from tests.conftest import ROOT

FILE = ROOT / "netlists" / "three_transistor_curve.csv"
GOOD = "u,v\n# V,mA\n0,1\n1,3\n2,2\n3,2\n"


def test_the_points_units_and_columns_are_read():
    curve = read_curve(FILE.read_text(), "core.csv", "v_in", "v_out")
    assert len(curve.points[0]) == 121
    assert curve.units == ("V", "V")
    assert curve.domain == (0.0, 1.2)
    assert curve.image == (0.350876, 1.199727)
    current = read_curve(FILE.read_text(), "core.csv", "v_in", "supply_current")
    assert current.units == ("V", "A")
    assert current.image[1] == 1.345489e-04


def test_the_interpolation_meets_the_points_and_is_monotone_between_them():
    choice = curve_setting(read_curve(GOOD, "c.csv"))
    assert choice.value(np.array([0.0, 1.0, 2.0, 3.0])).tolist() == [1.0, 3.0, 2.0, 2.0]
    for low, high in ((0, 1), (1, 2), (2, 3)):
        steps = np.diff(choice.value(np.linspace(low, high, 101)))
        assert (steps >= -1e-15).all() or (steps <= 1e-15).all()


def test_it_is_differentiable_in_training():
    choice = curve_setting(read_curve(FILE.read_text(), "core.csv"))
    x = np.array([0.05, 0.33, 0.61, 0.905, 1.15])

    def total(z):
        return response(choice, 1, False, z, {}).sum()

    found = jax.grad(total)(jnp.asarray(x, jnp.float32))
    assert np.allclose(found, slope(choice, x), rtol=1e-3, atol=1e-3)


def test_it_is_never_extrapolated():
    choice = curve_setting(read_curve(GOOD, "c.csv"))
    assert np.isnan(choice.value(np.array([-0.01, 3.01]))).all()
    outside = response(choice, 1, False, jnp.asarray([-0.01, 3.01]), {})
    assert np.isnan(np.asarray(outside)).all()
    # Rounding at the ends of the domain is not extrapolation.
    assert response(choice, 1, False, jnp.asarray([np.float32(3.0000002)]), {})[0] == 2.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "c.csv:1:1: error: the file has no line of column names"),
        (
            "u;v\n0;1\n",
            "c.csv:1:1: error: the file has 1 column, and a curve needs two; separate the columns by commas",
        ),
        ("u,u\n0,1\n", "c.csv:1:1: error: two columns have one name"),
        ("u,v\n0,1\n1,2\n", "c.csv: error: the curve has 2 points; at least 3 are needed"),
        ("u,v\n0,1\n1,x\n2,3\n", "c.csv:3:3: error: 'x' in column 'v' is not a number"),
        (
            "u,v\n0,1\n1,nan\n2,3\n",
            "c.csv:3:3: error: nan in column 'v' is not finite; leave the point out",
        ),
        (
            "u,v\n0,1\n2,2\n1,3\n",
            "c.csv:4:1: error: the input 1 is below the one before it, 2; sort the points by their input",
        ),
        (
            "u,v\n0,1\n1,2\n1,3\n",
            "c.csv:4:1: error: the input 1 repeats the one before it, 1; sort the points by their input",
        ),
        ("u,v\n0,1\n1\n2,3\n", "c.csv:3:1: error: the line has 1 fields, and there are 2 columns"),
    ],
)
def test_bad_files_are_refused(text, message):
    with pytest.raises(ChaoscadError) as caught:
        read_curve(text, "c.csv")
    assert str(caught.value) == message


def test_a_missing_column_offers_the_nearest():
    with pytest.raises(ChaoscadError, match="there is no column 'v_on'; did you mean 'v_in'"):
        read_curve(FILE.read_text(), "core.csv", "v_on")
    with pytest.raises(ChaoscadError, match="the input and the output are the same column"):
        read_curve(GOOD, "c.csv", "u", "u")


def test_too_many_points_are_refused():
    text = "u,v\n" + "\n".join(f"{i},0" for i in range(20_001))
    with pytest.raises(ChaoscadError, match="a curve has at most 20000 points"):
        read_curve(text, "c.csv")


def netlist_text(options: str) -> str:
    return (
        "chaoscad: 1\nsystem: {curve: c.csv}\ninputs: [a, b]\noutputs: [y]\n"
        f"gates: {{y: {{inputs: [a, b], function: OR, {options}}}}}\n"
    )


def test_a_netlist_takes_its_curve_from_the_folder_that_it_is_in(tmp_path):
    (tmp_path / "c.csv").write_text(GOOD)
    netlist, _ = parse(netlist_text("weights: shared"), str(tmp_path / "n.yaml"))
    gate = netlist.gates[0]
    assert gate.bounds.state == (0.0, 3.0)
    assert gate.setting.system.unit == "V"
    # The resolved netlist holds the points, so the file is not read again.
    (tmp_path / "c.csv").unlink()
    assert parse_data(to_data(netlist)) == netlist


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            "bounds: {state: [0, 4]}",
            "5:9: error: gate 'y' has states in [0, 4], and its curve is measured in [0, 3]; a curve "
            "is not extrapolated; narrow 'state'",
        ),
        ("system: {curve: missing.csv}", "cannot be read"),
        ("system: {curve: c.csv, input: w}", "there is no column 'w'"),
        ("system: {curve: c.csv, inputs: w}", "unknown key 'inputs'; did you mean 'input'?"),
    ],
)
def test_bad_uses_of_a_curve_are_refused(options, message, tmp_path):
    (tmp_path / "c.csv").write_text(GOOD)
    with pytest.raises(ChaoscadError) as caught:
        parse(netlist_text(options), str(tmp_path / "n.yaml"))
    text = str(caught.value)
    assert message in text or ("missing.csv" in text and "curve" in text)


def test_iterates_that_leave_the_domain_are_refused(tmp_path):
    (tmp_path / "c.csv").write_text("u,v\n0,1\n1,5\n2,2\n")
    with pytest.raises(ChaoscadError, match=r"whose outputs \[1, 5\] leave the inputs \[0, 2\]"):
        parse(netlist_text("iterates: 2"), str(tmp_path / "n.yaml"))
