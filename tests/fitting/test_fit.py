"""Fits find what made the data, say how sure they are, and notice a wrong model."""

import csv

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import chaoscad
from chaoscad.cli.main import status
from chaoscad.errors import ChaoscadError
from chaoscad.feasibility import survey
from chaoscad.fitting import Record, fit_map, fit_record, structure_of
from chaoscad.fitting.residuals import noise_of
from chaoscad.fitting.system import free_parameters
from chaoscad.netlist import TruthTable, parse
from chaoscad.systems import curve_setting, read_curve, setting, user_map
from tests.conftest import ROOT

TRUE = curve_setting(
    read_curve((ROOT / "netlists" / "three_transistor_curve.csv").read_text(), "core.csv")
)


def run(capsys, *arguments):
    code = status(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def write(path, head, *columns):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(np.column_stack(columns).tolist())
    return path


def logistic_points(seed, a=3.8, sigma=0.01):
    random = np.random.default_rng(seed)
    x = random.uniform(0, 1, 200)
    return x, a * x * (1 - x) + sigma * random.standard_normal(200)


def test_the_logistic_parameter_lies_within_two_standard_errors():
    start = setting("logistic", a=3.0)
    free = free_parameters(start, None)
    found = [fit_map(start, *logistic_points(seed), free) for seed in range(100)]
    near = [abs(one.parameters["a"] - 3.8) <= 2 * one.errors["a"] for one in found]
    assert sum(near) >= 95
    assert np.mean([one.errors["a"] for one in found]) == pytest.approx(0.0039, rel=0.05)
    assert np.mean([one.residual for one in found]) == pytest.approx(0.01, rel=0.02)
    assert sum(one.structure.structured for one in found) == 0


def test_structured_residuals_are_a_wrong_model():
    x = np.linspace(0, 1, 200)
    y = logistic_points(1)[1] * 0 + 3.8 * x * (1 - x) + 0.03 * np.sin(6 * x)
    y += 0.01 * np.random.default_rng(0).standard_normal(200)
    start = setting("logistic")
    found = fit_map(start, x, y, free_parameters(start, None))
    assert found.warnings[0].startswith("the residuals are not noise but resemble their neighbours")
    assert found.structure.durbin_watson < 1


def test_noise_is_seen_below_a_curve():
    x = np.sort(np.random.default_rng(0).uniform(0, 1, 2000))
    y = np.sin(5 * x) + 0.02 * np.random.default_rng(1).standard_normal(2000)
    assert noise_of(x, y) == pytest.approx(0.02, rel=0.05)
    assert not structure_of(np.random.default_rng(2).standard_normal(1000)).structured


@pytest.mark.parametrize("text", ["r*q*x*(1-x)", "r*x*(1-x) + 0*q"])
def test_points_that_do_not_determine_a_parameter_are_refused(text):
    start = user_map(text, {"r": 1.0, "q": 3.0})
    with pytest.raises(ChaoscadError, match="the points do not determine") as caught:
        fit_map(start, *logistic_points(0), free_parameters(start, None))
    assert str(caught.value).endswith("fix some by their values, and name the others by --free")


def scope(path, sigma=0.005, shift=0.024, points=121):
    """An upward and a downward sweep of the three-transistor curve, 2 % of 1.2 V apart."""
    random = np.random.default_rng(0)
    x = np.linspace(0, 1.2, points)
    up, down = (
        TRUE.value(np.clip(x + side * shift / 2, 0, 1.2)) + sigma * random.standard_normal(points)
        for side in (-1, 1)
    )
    return write(path, ["v_in (V)", "v_out (V)"], [*x, *x[::-1]], [*up, *down[::-1]])


def test_a_smooth_curve_keeps_the_margins_of_the_true_one(tmp_path):
    path = scope(tmp_path / "scope.csv")
    with pytest.raises(ChaoscadError) as caught:
        chaoscad.fit(path)
    assert str(caught.value) == (
        f"{path}: error: there are an upward and a downward sweep; their outputs differ by up to 0.099 "
        "(12 % of the range, at the input 0.519), as if the inputs were shifted by 0.0243; --sweep up, down or "
        "mean says which is meant"
    )
    found = chaoscad.fit(path, sweep="mean")
    assert found.noise == pytest.approx(0.005, rel=0.1)
    assert found.hysteresis.width == pytest.approx(0.024, rel=0.05)
    assert not found.structure.structured
    # It falls and then rises; its points are few.
    assert found.course.startswith("it falls from 0 to 0.6")
    assert found.course.endswith(" and rises to 1.2")
    assert found.warnings == ()
    assert len(found.curve.points[0]) < 60

    def margins(curve):
        tables = [TruthTable(rows) for rows in ("0001", "0111")]
        return [cell.answer.lower for cell in survey(curve, tables, ("shared",), (1,))]

    assert margins(found.setting) == pytest.approx(margins(TRUE), rel=0.02)


def test_two_sweeps_that_differ_by_noise_are_one_curve(tmp_path):
    found = chaoscad.fit(scope(tmp_path / "scope.csv", shift=0.0))
    assert len(found.inputs) == 242
    assert found.hysteresis.height < 2 * found.noise


def test_few_points_are_no_ground_for_noise(tmp_path):
    found = chaoscad.fit(scope(tmp_path / "few.csv", points=9), sweep="up")
    assert found.warnings[0] == (
        "a sweep has 9 inputs, and noise cannot be told from bends by fewer than 20; measure more, or let the "
        "netlist take the points as they are"
    )


def lorenz(rho, start, time, noise, seed=0):
    system = setting("lorenz", rho=rho)
    times = np.arange(0, time + 0.005, 0.01)
    exact = solve_ivp(
        lambda t, y: np.array(system.system.field(np, t, tuple(y), system.parameters)),
        (0, time),
        start,
        t_eval=times,
        rtol=1e-10,
        atol=1e-10,
    ).y[0]
    random = np.random.default_rng(seed)
    return times, exact + noise * exact.std() * random.standard_normal(len(times))


@pytest.mark.parametrize(("rho", "start"), [(28.0, (2, 5, 20)), (45.0, (-7, -2, 30))])
def test_rho_of_lorenz_is_found_from_two_units_of_noisy_x(rho, start):
    times, x = lorenz(rho, start, 2.0, 0.02)
    found = fit_record(setting("lorenz"), Record(times, x[:, None], (0,)), ["rho"])
    assert found.parameters["rho"] == pytest.approx(rho, rel=0.01)
    assert abs(found.parameters["rho"] - rho) < 3 * found.errors["rho"]
    assert found.jump < 0.1
    assert found.warnings == ()


def iterates(name, count, noise=0.01, **parameters):
    system = setting(name, **parameters)
    state = tuple(np.array([value]) for value in system.system.initial)
    found = []
    for _ in range(count + 50):
        state = system.system.step(np, state, system.parameters)
        found.append(float(state[0][0]))
    x = np.array(found[50:])
    return x + noise * x.std() * np.random.default_rng(0).standard_normal(count)


def test_maps_are_found_from_their_iterates(tmp_path, monkeypatch, capsys):
    # Noise in the inputs of x_{n+1} = F(x_n) would bias a fit of the pairs.
    x = iterates("henon", 60)
    found = fit_record(setting("henon", a=1.35), Record(np.arange(60.0), x[:, None], (0,)))
    for name, value in {"a": 1.4, "b": 0.3}.items():
        assert abs(found.parameters[name] - value) < 3 * found.errors[name] < 0.01
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "x.csv", ["x"], iterates("logistic", 60, a=3.8))
    code, out, _ = run(capsys, "fit", "x.csv", "--system", "logistic", "--set", "a=3.7", "--series")
    assert code == 0
    assert out.startswith("# Fitted to x.csv by chaoscad fit: 60 points")
    assert "a = 3.80" in out
    assert "noise: {comparator: " in out


def test_a_record_that_no_free_parameter_explains_is_told():
    times, x = lorenz(45.0, (-7, -2, 30), 1.0, 0.01)
    found = fit_record(setting("lorenz"), Record(times, x[:, None], (0,)), ["beta"])
    assert found.warnings[0].startswith("the residuals are not noise but resemble their neighbours")
    assert found.structure.durbin_watson < 0.1


def test_the_command_writes_a_part_of_a_netlist(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    scope(tmp_path / "scope.csv")
    code, out, err = run(capsys, "fit", "scope.csv", "--sweep", "mean", "-o", "fit.svg")
    assert code == 0
    assert "points written to scope.curve.csv" in err
    assert out.startswith("# Fitted to scope.csv by chaoscad fit: 242 points, noise 0.00")
    rest = "inputs: [a, b]\noutputs: [y]\ngates: {y: {inputs: [a, b], function: AND}}\n"
    netlist, warnings = parse(f"chaoscad: 1\n{out}{rest}")
    assert warnings == ()
    assert netlist.gates[0].setting.system.curve.units == ("V", "V")
    assert netlist.hardware["noise"]["state"] == pytest.approx(0.005, rel=0.1)
    assert (tmp_path / "fit.svg").exists()


def test_parameters_come_with_tolerance_noise_and_scale(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    x, y = logistic_points(0)
    write(tmp_path / "map.csv", ["in (V)", "out (mV)"], 1 + 2 * x, 1e3 * (1 + 2 * y))
    code, out, _ = run(
        capsys,
        *("fit", "map.csv", "--system", '{map: "r*x*(1-x)", parameters: {r: 3}}'),
        *("--volts-per-unit", "2", "--offset-volts", "1"),
    )
    assert code == 0
    rest = "inputs: [a, b]\noutputs: [y]\ngates: {y: {inputs: [a, b], function: AND}}\n"
    netlist, _ = parse(f"chaoscad: 1\n{out}{rest}")
    assert netlist.gates[0].setting.parameters["r"] == pytest.approx(3.8, rel=0.01)
    assert netlist.hardware["tolerance"]["r"] == pytest.approx(0.0039, rel=0.1)
    assert (netlist.hardware["volts_per_unit"], netlist.hardware["offset_volts"]) == (2, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "a=3"], "--set is of a system's parameters; name one by --system"),
        (["--curve", "--system", "logistic"], "--curve and --system exclude each other"),
        (["--system", "logstic"], "error: unknown system 'logstic'; did you mean 'logistic'?"),
        (
            ["--system", "logistic", "--free", "b"],
            "map.csv: error: logistic has no parameter 'b'; it has a",
        ),
        (
            ["--system", "logistic", "--set", "a=9"],
            "error: a of logistic is 9, outside its range [0, 4]",
        ),
        (
            ["--system", "lorenz", "--measured", "w=y"],
            "map.csv: error: lorenz has no coordinate 'w'; they are x, y, z",
        ),
        (
            ["--system", "lorenz", "--input", "x"],
            "map.csv: error: the record has 5 samples, and must have 20 to 5000; measure for longer",
        ),
        (
            ["--sweep", "up", "--measured", "z"],
            "map.csv:1:1: error: there is no column 'z'; its columns are x, y",
        ),
        (
            ["--sweep", "down"],
            "map.csv: error: there is no sweep 'down': the points are of one sweep; leave it out",
        ),
        (
            ["--system", "logistic", "--volts-per-unit", "0"],
            "error: volts_per_unit is 0, and must be a number other than 0",
        ),
    ],
)
def test_bad_requests_are_told(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "map.csv", ["x", "y"], np.linspace(0, 1, 5), [0, 1, 0, 2, 3])
    code, out, err = run(capsys, "fit", "map.csv", *arguments)
    assert code in (1, 2)
    assert message in err
    assert out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["map.csv"]
