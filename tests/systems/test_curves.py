"""Measured curves: read with a message for everything that is wrong, never extrapolated."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.interpolate import make_smoothing_spline

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
        (
            "u,u\n0,1\n",
            "c.csv:1:3: error: columns 1 and 2 are both called 'u'; rename one of them",
        ),
        ("u,v\n0,1\n1,\n2,3\n", "c.csv:3:3: error: the cell in column 'v' is empty"),
        (
            "u,v\n0,1\n1.0000001,2\n1,3\n",
            "c.csv:4:1: error: the input 1 is below the one before it, 1.0000001; "
            "sort the points by their input",
        ),
        (
            ",u,v\n0,0,1\n",
            "c.csv:1:1: error: column 1 has no name; name it, or say which column is the input",
        ),
        (
            "u;v\n0,5;1\n",
            "c.csv:1:1: error: the file has 1 column, and a curve needs two; "
            "write decimal points in place of commas, then commas between the columns",
        ),
        ("u,v\n0,1\n1_000,2\n", "c.csv:3:1: error: '1_000' in column 'u' is not a number"),
        ("u,v\n0,1\n1,\uff12\n", "c.csv:3:3: error: '\uff12' in column 'v' is not a number"),
        (
            "u,v\n0," + "9" * 140_000,
            "c.csv:2:1: error: the line is not CSV: field larger than field limit (131072)",
        ),
        (
            'u,v\n0,1\n1,"2\n2,3\n',
            "c.csv:3:1: error: the line is not CSV: a quote is opened and not closed",
        ),
        ("u,v\n0,1\u20281,2\n", "c.csv:2:1: error: the line has 3 fields, and there are 2 columns"),
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
            "c.csv:4:1: error: the input 1 repeats the one before it, 1; "
            "keep one point for each input, with the mean of its outputs",
        ),
        ("u,v\n0,1\n1\n2,3\n", "c.csv:3:1: error: the line has 1 fields, and there are 2 columns"),
    ],
)
def test_bad_files_are_refused(text, message):
    with pytest.raises(ChaoscadError) as caught:
        read_curve(text, "c.csv")
    assert str(caught.value) == message


def table(inputs, outputs, header: str = "u,v") -> str:
    rows = zip(np.asarray(inputs).tolist(), np.asarray(outputs).tolist(), strict=True)
    return f"{header}\n" + "".join(f"{x!r},{y!r}\n" for x, y in rows)


def refused(text: str, *columns: str) -> str:
    with pytest.raises(ChaoscadError) as caught:
        read_curve(text, "c.csv", *columns)
    return str(caught.value)


def test_a_file_without_names_is_refused_and_loses_no_point():
    points = "0,0.2\n0.25,0.9\n0.5,0.1\n"
    told = "error: the first line has numbers in place of column names; "
    assert (
        refused(points) == f"c.csv:1:1: {told}write a line of names such as 'input,output' above it"
    )
    assert len(read_curve("input,output\n" + points, "c.csv").points[0]) == 3
    assert refused("# u, v\n" + points) == (
        f"c.csv:2:1: {told}the names seem to stand in line 1; remove the '#' before them"
    )
    assert read_curve("u, v\n" + points, "c.csv").output == "v"
    # A column of remarks does not make numbers a name, and a name that is asked for may be a number.
    assert told in refused("0,1,ok\n1,2,ok\n")
    assert told in refused(points, "u", "v")
    assert read_curve("time,0,1\n0,1,2\n1,2,3\n2,3,4\n", "c.csv", "0", "1").input == "0"


@pytest.mark.parametrize("code", ["9.9e37", "-9.91E+37", "199.999e99", "1e38", "9.9E37"])
def test_the_mark_of_an_overload_is_no_voltage(code):
    text = f"vgs,ids\n0,1e-9\n0.25,2e-7\n0.5,1e-5\n0.75,{code}\n"
    assert refused(text) == (
        f"c.csv:5:6: error: {code} in column 'ids' is larger than 1e+30: instruments write such a "
        "number for an overload; leave such points out"
    )
    left = "".join(line for line in text.splitlines(keepends=True) if code not in line)
    assert read_curve(left, "c.csv").domain == (0.0, 0.5)


def kept(text: str, message: str) -> str:
    """The header and the lines that the message says to keep."""
    first, last = (int(word) for word in message.split("lines ")[1].split(",")[0].split(" to "))
    lines = text.splitlines()
    return "\n".join([lines[0], *lines[first - 1 : last]])


def test_sweeps_up_and_down_are_never_sorted_into_one():
    up, down = np.linspace(0, 1, 41), np.linspace(0.99, 0.01, 30)
    text = table([*up, *down], [*(up**2), *(down**2 + 0.1)])
    told = refused(text)
    assert told == (
        "c.csv:43:1: error: the inputs rise to 1 and then fall: the points are of more than one "
        "sweep; keep one sweep and leave the others out, such as lines 2 to 42"
    )
    assert read_curve(kept(text, told), "c.csv").points[0] == tuple(up)
    # The same grid both ways, two sweeps one after the other, and a sweep that begins downwards.
    assert "keep one sweep" in refused(table([*up, *up[::-1]], [*up, *up]))
    assert "such as lines 2 to 42" in refused(table([*up, *(up + 0.01)], [*up, *up]))
    falling = refused(table([*up[::-1], *down[:20:-1]], [*up, *down[:20:-1]]))
    assert "the inputs fall to 0 and then rise" in falling
    assert falling.endswith("such as lines 2 to 42, sorted by their input")
    # A measured input wavers.
    wavers = 0.01 * np.random.default_rng(2).standard_normal(71)
    told = refused(table(np.array([*up, *down]) + wavers, [*up, *down]))
    assert told.endswith("such as lines 2 to 43, sorted by their input")
    # Sorted against the advice, the hysteresis is seen as what it is.
    lines = text.splitlines()
    lines[1:] = sorted(lines[1:], key=lambda line: float(line.split(",")[0]))
    assert "the outputs jump up and down" in refused("\n".join(lines))


def test_points_that_are_only_out_of_order_are_to_be_sorted():
    x = np.linspace(0, 1, 40)
    swapped, moved = x.copy(), np.array([*x[20:], *x[:20]])
    swapped[[10, 11]] = swapped[[11, 10]]
    for given in (x[::-1], swapped, moved, np.random.default_rng(1).permutation(x)):
        assert refused(table(given, given**2)).endswith("; sort the points by their input")
    doubled = [*x[::-1], 0.0]
    assert refused(table(doubled, doubled)).endswith(
        "sort the points by their input, then keep one point for each input, with the mean of its "
        "outputs"
    )


def test_noise_is_not_taken_for_humps():
    x = np.linspace(0, 1, 121)
    random = np.random.default_rng(0)
    sigmoid = 1 / (1 + np.exp(-20 * (x - 0.5)))
    noisy = sigmoid + 0.01 * random.standard_normal(121)
    assert refused(table(x, noisy)) == (
        "c.csv:105:20: error: the outputs jump up and down in lines 104 to 119: 12 of 14 points are "
        "above or below both of their neighbours, typically by 0.86 % of the range of the outputs; that is noise, or "
        "humps that too few points resolve; write points of a smooth fit, such as "
        "scipy.interpolate.make_smoothing_spline gives, or measure more points on each hump"
    )
    fit = make_smoothing_spline(x, noisy)(x)
    assert read_curve(table(x, fit), "c.csv").points[1] == tuple(fit.tolist())
    shuffled = random.permutation(121)
    assert refused(table(x[shuffled], noisy[shuffled])).endswith(
        "sort the points by their input, then write points of a smooth fit, such as "
        "scipy.interpolate.make_smoothing_spline gives"
    )


def test_humps_and_the_last_bit_of_a_converter_are_not_noise():
    x = np.linspace(0, 1, 121)
    humps = x
    for _ in range(5):
        humps = 4 * humps * (1 - humps)
    assert "the outputs jump up and down" in refused(table(x, 4 * humps * (1 - humps)))
    more = np.linspace(0, 1, 401)
    outputs = more
    for _ in range(6):
        outputs = 4 * outputs * (1 - outputs)
    assert len(read_curve(table(more, outputs), "c.csv").points[0]) == 401
    flicker = np.where(np.arange(121) % 2, 0.0, 1 / 4096) + np.minimum(2 * x, 1)
    for outputs in (humps, np.sin(40 * x), flicker, np.round(humps, 1), 0 * x):
        assert len(read_curve(table(x, outputs), "c.csv").points[0]) == 121


def test_a_slope_that_float64_cannot_hold_is_refused_with_its_two_points():
    text = "x,y\n0,0\n1e-310,1\n0.5,1\n1,0\n"
    assert refused(text) == (
        "c.csv:3:1: error: the outputs change by 1 between the inputs 0 and 1e-310 (lines 2 and "
        "3): the slope is too steep for float64; leave one of the two points out"
    )
    assert len(read_curve(text.replace("1e-310,1\n", ""), "c.csv").points[0]) == 3
    # The slope is finite here, and the cubic is not.
    assert "too steep" in refused("x,y\n0,0\n1e-155,1\n1,0\n")
    flat = curve_setting(read_curve("x,y\n0,0\n1,1e-310\n2,1\n", "c.csv"))
    assert np.isfinite(flat.value(np.linspace(0, 2, 9))).all()


def test_a_name_twice_matters_only_where_it_is_used():
    text = "Vin,t,Vout,t\n0,1,0,1\n0.3,2,0.2,2\n1,3,0,3\n"
    assert read_curve(text, "c.csv", "Vin", "Vout").points[0] == (0.0, 0.3, 1.0)
    assert refused(text) == (
        "c.csv:1:12: error: columns 2 and 4 are both called 't'; rename one of them"
    )


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
        (
            "system: {curve: c.csv, units: [V, V]}",
            "'units' stands beside 'points' only; a file gives them in a line '# V,A' below its names",
        ),
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


def test_points_that_stand_in_a_netlist_are_held_to_the_same_rules():
    points = {"input": [0, 1, 2], "output": [1, 3, 2]}
    system = {
        "curve": "c.csv",
        "input": "u, V",
        "output": "v",
        "units": ["V", "A"],
        "points": points,
    }
    data = {
        "chaoscad": 1,
        "inputs": ["a"],
        "outputs": ["y"],
        "gates": {"y": {"inputs": ["a"], "function": "NOT", "system": system}},
    }
    curve = parse_data(data).gates[0].setting.system.curve
    assert (curve.input, curve.units, curve.points) == ("u, V", ("V", "A"), ((0, 1, 2), (1, 3, 2)))

    def told(**changes) -> str:
        changed = {**system, "points": {**points, **changes}}
        with pytest.raises(ChaoscadError) as caught:
            parse_data({**data, "gates": {"y": {**data["gates"]["y"], "system": changed}}})
        return str(caught.value)

    assert told(input=[0, 1e-310, 2], output=[0, 1, 1]) == (
        "error: the curve 'c.csv': point 2: the outputs change by 1 between the inputs 0 and "
        "1e-310 (points 1 and 2): the slope is too steep for float64; leave one of the two points out"
    )
    assert told(output=[1, 9.9e37, 2]) == (
        "error: the curve 'c.csv': point 2: 9.9e+37 in column 'v' is larger than 1e+30: instruments "
        "write such a number for an overload; leave such points out"
    )
    assert told(input=[0, "1_0", 2]) == (
        "error: 'input': a number is expected, not '1_0'; write it without quotes"
    )


def test_a_curve_is_of_the_precision_that_it_is_asked_in():
    import jax
    import jax.numpy as jnp

    from chaoscad.design import load
    from tests.conftest import ROOT

    gate = load(ROOT / "tests" / "data" / "designs" / "three_transistor.json").gates[0]
    step = gate.setting.system.step

    def value(x):
        return step(jnp, (x,), {})[0]

    with jax.enable_x64(True):
        exact = jax.jit(value)(jnp.asarray(0.5))
        assert exact.dtype == jnp.float64
    # In the same process, after float64, JAX has only float32 again, and says nothing of it.
    rounded = jax.jit(value)(jnp.asarray(0.5))
    assert rounded.dtype == jnp.float32
    assert float(rounded) == pytest.approx(float(exact), rel=1e-6)
