"""Measured curves: read with a message for everything that is wrong, never extrapolated."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.interpolate import make_smoothing_spline

from chaoscad.compile import response
from chaoscad.errors import ChaoscadError
from chaoscad.netlist import parse, parse_data, to_data
from chaoscad.systems import curve_reading, curve_setting, read_curve
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
    assert choice.value(np.array([0.0, 1.0, 2.0, 3.0])).tolist() == [0.001, 0.003, 0.002, 0.002]
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
    assert response(choice, 1, False, jnp.asarray([np.float32(3.0000002)]), {})[0] == np.float32(
        0.002
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "c.csv:1:1: error: the file is empty; it has no line of column names"),
        ("u;v\n0;1\n", "c.csv: error: the curve has 1 point; at least 3 are needed"),
        (
            "u\n0\n1\n",
            "c.csv:1:1: error: the file has 1 column, and a curve needs two; separate the columns by "
            "commas, semicolons or tabs",
        ),
        (
            "u,u\n0,1\n",
            "c.csv:1:3: error: columns 1 and 2 are both called 'u'; rename one of them, or give its "
            "number, 1 or 2",
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
            "u;v\n0,5;1\n0.6;2\n0,7;3\n",
            "c.csv:3:1: error: '0.6' in column 'u' is not a number; most numbers of the file have decimal "
            "commas; write this one so, too",
        ),
        (
            "u,v\n0,5,1,5\n1,5,2,5\n",
            "c.csv:2:1: error: the line has 4 fields, and there are 2 columns; if decimals stand behind "
            "commas, separate the columns by semicolons\n"
            "c.csv:3:1: error: the line has 4 fields, and there are 2 columns; if decimals stand behind "
            "commas, separate the columns by semicolons",
        ),
        (
            "u,v\n0,1\n1,OL\n2,3\n",
            "c.csv:3:3: error: 'OL' in column 'v' is not a number; it marks an overload; leave the line out",
        ),
        (
            "u,v\n0,1\n1,2.5 mV\n2,3\n",
            "c.csv:3:3: error: '2.5 mV' in column 'v' is not a number; write the number alone, and its unit "
            "in the column's name, such as 'v (mV)'",
        ),
        (
            "u,v\n0,1\n1_000,2\n",
            "c.csv:3:1: error: '1_000' in column 'u' is not a number; write 1000, without marks between the digits",
        ),
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
            "c.csv:3:3: error: nan in column 'v' is not finite; leave the line out",
        ),
        (
            "u,v\n0,1\n2,2\n1,3\n",
            "c.csv:4:1: error: the input 1 is below the one before it, 2; sort the points by their input",
        ),
        ("u,v\n0,1\n1,2\n1,3\n", "c.csv: error: the curve has 2 points; at least 3 are needed"),
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


def said(text: str, *columns: str | None, **options) -> list[str]:
    return [str(item) for item in curve_reading(text, "c.csv", *columns, **options).remarks]


def test_a_file_without_names_loses_no_point_and_has_numbers_for_columns():
    points = "0,0.2\n0.25,0.9\n0.5,0.1\n"
    curve = read_curve(points, "c.csv")
    assert (curve.input, curve.output, len(curve.points[0])) == ("1", "2", 3)
    assert said(points) == ["line 1: the columns have no names; they go by their numbers, from 1"]
    assert read_curve("# u, v\n" + points, "c.csv").output == "v"
    assert said("# u, v\n" + points) == ["line 1: the names stand behind the mark of a comment"]
    assert refused(points, "u", "v") == (
        "c.csv:1:1: error: there is no column 'u'; its columns have no names, only the numbers 1 to 2"
    )
    three = "0,1,5\n1,2,6\n2,3,7\n"
    assert refused(three) == (
        "c.csv:1:1: error: the file has 3 columns without names; say which are meant by their numbers, "
        "such as 'input: 1, output: 2'"
    )
    assert read_curve(three, "c.csv", "1", "3").points[1] == (5, 6, 7)
    # Channels may be called by numbers.
    assert read_curve("time,0,1\n0,1,2\n1,2,3\n2,3,4\n", "c.csv", "0", "1").input == "0"


@pytest.mark.parametrize("code", ["9.9e37", "-9.91E+37", "199.999e99", "1e38", "9.9E37"])
def test_the_mark_of_an_overload_is_no_voltage(code):
    text = f"vgs,ids\n0,1e-9\n0.25,2e-7\n0.5,1e-5\n0.75,{code}\n"
    assert refused(text) == (
        f"c.csv:5:6: error: {code} in column 'ids' is larger than 1e+30: instruments write such a "
        "number for an overload; leave the line out"
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
        "c.csv:43:1: error: the inputs rise to 1 and then fall: there are an upward and a downward "
        "sweep; their outputs differ by up to 0.1 (9.3 % of the range, at the input 0.5), as if the inputs "
        "were shifted by 0.0768; say which is meant by 'sweep: up', 'sweep: down' or 'sweep: mean'"
    )
    assert read_curve(text, "c.csv", sweep="up").points == (tuple(up), tuple(up**2))
    # The point at which the sweep turns belongs to both.
    fallen = read_curve(text, "c.csv", sweep="down").points
    assert fallen[0] == (*down[::-1], 1.0)
    assert fallen[1] == (*(down[::-1] ** 2 + 0.1), 1.0)
    middle = read_curve(text, "c.csv", sweep="mean").points
    assert np.allclose(np.array(middle[1][1:-3]) - np.array(middle[0][1:-3]) ** 2, 0.05, atol=1e-3)
    (remark,) = said(text, sweep="up")
    assert remark.endswith("shifted by 0.0768; the upward sweep was taken")
    # Sweeps that agree need no choice; two upwards, one after the other, are no curve.
    assert said(table([*up, *up[::-1]], [*up, *up[::-1]]))[0].endswith("the mean of both was taken")
    told = refused(table([*up, *(up + 0.01)], [*up, *up]))
    assert told.endswith(
        "more than one sweep; keep one sweep and leave the others out, such as lines 2 to 42"
    )
    assert read_curve(kept(table([*up, *(up + 0.01)], [*up, *up]), told), "c.csv").points[
        0
    ] == tuple(up)
    falling = refused(table([*up[::-1], *down[:20:-1]], [*up, *down[:20:-1]]))
    assert "the inputs fall to 0 and then rise" in falling
    # A measured input wavers.
    wavers = 0.01 * np.random.default_rng(2).standard_normal(71)
    wavering = table(np.array([*up, *down]) + wavers, [*up, *down])
    assert "an upward and a downward sweep" in refused(wavering)
    assert len(read_curve(wavering, "c.csv", sweep="down").points[0]) == 30
    # Sorted against the advice, the hysteresis is seen as what it is.
    lines = text.splitlines()
    lines[1:] = sorted(lines[1:], key=lambda line: float(line.split(",")[0]))
    assert "the outputs jump up and down" in refused("\n".join(lines))


def test_points_that_are_only_out_of_order_are_to_be_sorted():
    x = np.linspace(0, 1, 40)
    swapped, moved = x.copy(), np.array([*x[20:], *x[:20]])
    swapped[[10, 11]] = swapped[[11, 10]]
    for given in (swapped, moved, np.random.default_rng(1).permutation(x)):
        assert refused(table(given, given**2)).endswith("; sort the points by their input")


def test_a_downward_sweep_is_turned_round_and_repeated_inputs_are_averaged():
    x = np.linspace(0, 1, 40)
    assert read_curve(table(x[::-1], x[::-1] ** 2), "c.csv").points == (tuple(x), tuple(x**2))
    assert said(table(x[::-1], x[::-1] ** 2)) == ["line 2: the inputs fall, and were turned round"]
    text = "u,v\n0,1\n1,2\n1,3\n1,4\n2,5\n2,6\n3,6\n"
    assert read_curve(text, "c.csv").points == ((0, 1, 2, 3), (1, 3, 5.5, 6))
    # sqrt((1 + 0 + 1 + 1/4 + 1/4) / 3)
    assert said(text) == [
        "3 outputs of repeated inputs averaged, 4 points left; their standard deviation is 0.913"
    ]


def test_a_butterfly_is_two_sweeps_and_cycles_are_averaged():
    # 0 to 1, to -1, to 0: what rises is in two runs.
    x = np.concatenate(
        [np.linspace(0, 1, 21), np.linspace(1, -1, 41)[1:], np.linspace(-1, 0, 21)[1:]]
    )
    y = np.where(np.gradient(x) > 0, x - 0.1, x + 0.1)
    curve = read_curve(table(x, y), "c.csv", sweep="up")
    assert curve.domain == (-1, 1)
    assert len(curve.points[0]) == 41
    up = np.linspace(0, 1, 21)
    twice = np.concatenate([up, up[::-1]] * 2)
    noisy = twice + np.where(np.arange(84) < 42, 0.01, -0.01)
    assert np.allclose(read_curve(table(twice, noisy), "c.csv", sweep="mean").points[1], up)


def test_a_sweep_that_is_not_there_is_not_taken():
    text = "u,v\n0,1\n1,2\n2,3\n"
    with pytest.raises(ChaoscadError) as caught:
        read_curve(text, "c.csv", sweep="down")
    assert str(caught.value) == (
        "c.csv: error: there is no downward sweep: the inputs go upwards; leave 'sweep' out"
    )
    with pytest.raises(ChaoscadError, match="unknown sweep 'upp'; did you mean 'up'"):
        read_curve(text, "c.csv", sweep="upp")


def test_noise_is_not_taken_for_humps():
    x = np.linspace(0, 1, 121)
    random = np.random.default_rng(0)
    sigmoid = 1 / (1 + np.exp(-20 * (x - 0.5)))
    noisy = sigmoid + 0.01 * random.standard_normal(121)
    assert refused(table(x, noisy)) == (
        "c.csv:105:20: error: the outputs jump up and down in lines 104 to 119: 12 of 14 points are "
        "above or below both of their neighbours, typically by 0.86 % of the range of the outputs; that is noise, or "
        "humps that too few points resolve; write a smooth fit by 'chaoscad fit FILE --curve', or measure "
        "more points on each hump"
    )
    fit = make_smoothing_spline(x, noisy)(x)
    assert read_curve(table(x, fit), "c.csv").points[1] == tuple(fit.tolist())
    shuffled = random.permutation(121)
    assert refused(table(x[shuffled], noisy[shuffled])).endswith(
        "sort the points by their input, then write a smooth fit by 'chaoscad fit FILE --curve'"
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
        "c.csv:1:12: error: columns 2 and 4 are both called 't'; rename one of them, or give its "
        "number, 2 or 4"
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
