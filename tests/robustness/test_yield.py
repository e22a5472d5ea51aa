"""Yields: golden values, circuits, ties, bad input, and the command."""

import json
from pathlib import Path

import numpy as np
import pytest

from chaoscad.cli.main import status
from chaoscad.design import Design, load
from chaoscad.errors import ChaoscadError
from chaoscad.evidence import Evidence
from chaoscad.netlist import parse
from chaoscad.netlist.deviations import everywhere
from chaoscad.robustness import (
    Deviations,
    Spread,
    deviations_of,
    measure,
    monte_carlo,
    worth_sharing,
)
from chaoscad.robustness.circuit import RIGHT, WRONG, Judge
from chaoscad.robustness.curves import row_margins, yield_curve
from chaoscad.robustness.devices import population
from chaoscad.robustness.interval import share
from chaoscad.robustness.model import parameters_of
from chaoscad.robustness.yield_estimate import YieldEstimate
from chaoscad.workflow import optimize
from tests.conftest import ROOT, gate_text
from tests.export.designs import with_numbers

DESIGNS = ROOT / "tests" / "data" / "designs"
DEVICES = 50_000


def gate(function: str, x0: float, delta: tuple[float, ...], threshold: float) -> Design:
    return with_numbers(gate_text(f"function: {function}"), {"y": (x0, delta, threshold)})


@pytest.fixture(scope="module")
def nand() -> Design:
    return gate("NAND", 1 / 3, (1 / 3, 1 / 3), 4 / 9)


@pytest.fixture(scope="module")
def adder() -> Design:
    return load(DESIGNS / "full_adder.json")


@pytest.mark.parametrize(
    ("design", "size", "wanted"),
    [
        (gate("AND", 0.0, (1 / 6, 1 / 6), 13 / 18), 0.03, 0.8552),
        (gate("XOR", 0.0, (0.5, 0.5), 0.5), 0.05, 0.9485),
        (gate("XNOR", 0.5, (0.5, -0.5), 0.5), 0.05, 0.9555),
        (gate("NAND", 1 / 3, (1 / 3, 1 / 3), 4 / 9), 0.05, 0.9211),
        (load(DESIGNS / "full_adder.json"), 0.03, 0.986),
        (load(DESIGNS / "full_adder.json"), 0.05, 0.757),
    ],
)
def test_yields_are_those_of_an_independent_computation(design, size, wanted):
    found = measure(design, deviations_of(design, tolerance=size), devices=DEVICES)
    error = (wanted * (1 - wanted) / DEVICES) ** 0.5
    assert found.yield_.value == pytest.approx(wanted, abs=4 * error + 0.001)
    assert found.yield_.interval[0] < found.yield_.value < found.yield_.interval[1]
    assert (found.checked, found.differ, found.undecided) == (1000, 0, 0)


def test_one_parameter_alone_is_as_an_independent_computation_has_it(adder: Design):
    deviations = deviations_of(adder, tolerance=0.05)
    found = measure(adder, deviations, devices=DEVICES, confidence=0.9, by_parameter=True)
    alone = {name: one.value for name, one in found.parameters.items()}
    wanted = {"x0": 0.980, "delta": 0.931, "threshold": 1.0, "a": 1.0}
    assert alone == pytest.approx(wanted, abs=0.005)
    assert {one.confidence for one in found.parameters.values()} == {0.9}


@pytest.mark.slow
def test_processes_count_the_same_devices(adder: Design):
    deviations = deviations_of(adder, tolerance=0.05)
    here = measure(adder, deviations, devices=200_000, by_parameter=True)
    assert measure(adder, deviations, devices=200_000, by_parameter=True, workers=2) == here


def test_processes_are_for_samples_that_take_one_core_half_a_minute(adder: Design):
    # Five gates of four rows.
    assert not worth_sharing(adder, 107_374_182)
    assert worth_sharing(adder, 107_374_183)
    assert worth_sharing(load(DESIGNS / "lorenz.json"), 1_400_000)


def test_a_threshold_that_alone_deviates_fails_as_the_normal_distribution_says(nand: Design):
    from scipy.stats import norm

    # The threshold lies 4/9 above the only 0 and 4/9 below the 1s.
    size = 0.2
    found = measure(nand, deviations_of(nand, tolerance={"threshold": size}), devices=DEVICES)
    wanted = 1 - 2 * norm.sf(4 / 9 / size)
    assert found.yield_.value == pytest.approx(wanted, abs=0.003)
    flat = measure(
        nand, deviations_of(nand, tolerance={"threshold": "0.5 uniform"}), devices=DEVICES
    )
    assert flat.yield_.value == pytest.approx(4 / 9 / 0.5, abs=0.007)


def test_global_errors_are_shared_by_all_gates():
    text = (
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y, z]\ngates:\n"
        "  y: {inputs: [a, b], function: AND}\n  z: {inputs: [a, b], function: AND}\n"
    )
    numbers = (0.0, (1 / 6, 1 / 6), 13 / 18)
    two = with_numbers(text, {"y": numbers, "z": numbers})
    one = gate("AND", *numbers)
    alone = measure(one, deviations_of(one, tolerance={"x0": 0.03}), devices=DEVICES).yield_.value
    apart = measure(two, deviations_of(two, tolerance={"x0": 0.03}), devices=DEVICES).yield_.value
    shared = measure(two, deviations_of(two, shared={"x0": 0.03}), devices=DEVICES).yield_.value
    assert apart == pytest.approx(alone**2, abs=0.006)
    assert shared == pytest.approx(alone, abs=0.006)


@pytest.mark.parametrize(
    ("option", "end", "sizes"),
    [
        ("", "tie: [{parameter: x0, gates: [y, z]}]\n", {"x0": 0.03}),
        (", element: core", "", {"x0": 0.02, "delta": 0.01, "a": 0.1}),
    ],
)
def test_tied_parameters_and_those_of_an_element_have_one_error(option, end, sizes):
    text = (
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y, z]\ngates:\n"
        f"  y: {{inputs: [a, b], function: AND{option}}}\n"
        f"  z: {{inputs: [a, b], function: AND{option}}}\n{end}"
    )
    numbers = (0.0, (1 / 6, 1 / 6), 13 / 18)
    tied = with_numbers(text, {"y": numbers, "z": numbers})
    found = measure(tied, deviations_of(tied, tolerance=sizes), devices=DEVICES)
    one = gate("AND", *numbers)
    alone = measure(one, deviations_of(one, tolerance=sizes), devices=DEVICES)
    assert found.yield_.value == pytest.approx(alone.yield_.value, abs=0.006)
    assert found.gates["y"] == found.gates["z"]


def test_a_wrong_local_row_that_is_masked_is_no_failure():
    # z is the AND of y with a, and y's row 00 and 01 never pass it.
    text = (
        "chaoscad: 1\ninputs: [a, b]\noutputs: [z]\ngates:\n"
        "  y: {inputs: [a, b], function: OR}\n  z: {inputs: [y, a], function: AND}\n"
        "targets: {z: a}\n"
    )
    design = with_numbers(
        text, {"y": (0.0, (1 / 3, 1 / 3), 4 / 9), "z": (0.0, (1 / 6, 1 / 6), 13 / 18)}
    )
    judge = Judge(Evidence(design))
    bits = judge.nominal.copy()
    assert judge.name(1) == ("y", "01")
    masked, broken = bits.copy(), bits.copy()
    masked[1] ^= True
    broken[3] ^= True
    verdicts, outputs = judge.judge(np.stack([bits, masked, broken]))
    assert verdicts.tolist() == [RIGHT, RIGHT, WRONG]
    assert outputs.tolist() == [[False], [False], [True]]
    # Row 10 of z needs y to be 0 and a to be 1, which never occurs.
    assert not judge.reached[judge.offsets[1] + 1]


def test_wide_circuits_are_judged_by_proof():
    """A chain of 20 ANDs: a sample does not reach its last rows, so what fails there is proven."""
    names = [f"i{index}" for index in range(20)]
    gates = "".join(
        f"  g{index}: {{inputs: [{'i0' if index == 1 else f'g{index - 1}'}, i{index}], function: AND}}\n"
        for index in range(1, 20)
    )
    text = f"chaoscad: 1\ninputs: [{', '.join(names)}]\noutputs: [g19]\ngates:\n{gates}"
    numbers = (0.0, (1 / 6, 1 / 6), 13 / 18)
    design = with_numbers(text, {f"g{index}": numbers for index in range(1, 20)})
    judge = Judge(Evidence(design))
    assert not judge.exhaustive
    flipped = judge.nominal.copy()
    # The last gate's row 11: all inputs are 1.
    flipped[-1] ^= True
    assert judge.judge(np.stack([judge.nominal, flipped]))[0].tolist() == [RIGHT, WRONG]


def test_measured_curves_keep_the_value_of_their_end(tmp_path: Path):
    design = load(DESIGNS / "three_transistor.json")
    found = measure(design, deviations_of(design, tolerance={"x0": 0.02}), devices=2000)
    assert found.outside > 0
    assert found.differ == 0
    assert found.yield_.value > 0.5


def test_equal_seeds_give_equal_devices_at_every_size(adder: Design):
    curve = yield_curve(adder, deviations_of(adder, tolerance=0.05), [2, 0.5, 1], devices=5000)
    assert curve.factors == (0.5, 1.0, 2.0)
    values = curve.columns()["yield"]
    assert (np.diff(values) < 0).all()
    once, again = (
        measure(adder, deviations_of(adder, tolerance=0.05), devices=5000, seed=seed).to_data()
        for seed in (0, 0)
    )
    assert once == again
    assert once["yield"]["value"] == values[1]


def test_a_large_circuit_takes_few_devices_at_a_time_and_forgets_them(adder: Design, monkeypatch):
    def counted() -> YieldEstimate:
        return measure(adder, deviations_of(adder, tolerance=0.05), devices=1000)

    usual = counted()
    rows = sum(1 << gate.arity for gate in adder.gates)
    monkeypatch.setattr(monte_carlo, "CELLS", rows)
    monkeypatch.setattr(monte_carlo, "MOST_CELLS", 16 * rows)
    found = counted()
    assert found.checked == 16
    assert found.devices == 1000
    assert abs(found.yield_.value - usual.yield_.value) < 0.06
    monkeypatch.setattr(monte_carlo, "KEPT", 0)
    assert counted() == found


def test_margins_of_rows_count_the_failures(adder: Design):
    deviations = deviations_of(adder, tolerance=0.05)
    first, second, *_ = row_margins(adder, deviations, devices=20_000)
    assert (first.gate, first.inputs) == ("g", "11")
    assert (first.margins <= 0).mean() == pytest.approx(0.074, abs=0.008)
    assert (second.gate, second.inputs) == ("cout", "11")


def test_intervals_are_exact():
    # Known values of the Clopper-Pearson interval: 0 of 10 at 95 % is [0, 1 - .025^(1/10)].
    found = share(0, 10, 0.95)
    assert found.interval == pytest.approx((0.0, 1 - 0.025**0.1))
    assert share(10, 10, 0.95).interval == pytest.approx((0.025**0.1, 1.0))
    assert share(5, 10, 0.95, most=10).interval[1] == 1.0


def test_the_netlist_says_what_deviates(nand: Design):
    hardware = "hardware: {tolerance: {x0: 0.02, a: 2 % uniform}, global: {delta: 1 %}, noise: {state: 0.01}}\n"
    design = with_numbers(
        gate_text("function: NAND", extra=hardware), {"y": (1 / 3, (1 / 3, 1 / 3), 4 / 9)}
    )
    found = deviations_of(design)
    assert found == Deviations(
        {"x0": Spread(0.02), "a": Spread(0.02, True, "uniform")},
        {"delta": Spread(0.01, True)},
        0.01,
    )
    assert deviations_of(design, tolerance={"x0": "3 %"}).tolerance["x0"] == Spread(0.03, True)
    assert deviations_of(design, tolerance="0.1 uniform").tolerance == everywhere(
        "0.1 uniform", parameters_of(design.netlist)
    )
    assert found.to_data() == {
        "tolerance": {"x0": 0.02, "a": "2 % uniform"},
        "global": {"delta": "1 %"},
        "noise": {"state": 0.01},
    }
    assert everywhere(0.1, parameters_of(nand.netlist))["a"] == Spread(0.1, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"tolerance": {"treshold": 1}},
            "no gate has a parameter 'treshold'; did you mean 'threshold'?",
        ),
        ({"tolerance": {"x0": -1}}, "the tolerance '-1' of x0 is negative"),
        ({"tolerance": float("nan")}, "the tolerance 'nan' of all parameters is none"),
        ({"shared": {"x0": "1 %"}}, "global of x0: it is 0 in gate 'y', and 1 % of 0 is 0"),
        ({"noise": {"stat": 1}}, "unknown noise 'stat'; did you mean 'state'?"),
        ({"noise": {"state": -1}}, "the noise state is -1, and must be a number of at least 0"),
    ],
)
def test_bad_deviations_are_told(arguments, message):
    design = gate("XOR", 0.0, (0.5, 0.5), 0.5)
    with pytest.raises(ChaoscadError) as error:
        deviations_of(design, **arguments)
    assert message in str(error.value)


def test_what_has_no_yield_is_told(nand: Design):
    with pytest.raises(ChaoscadError, match="nothing deviates"):
        measure(nand, Deviations())
    with pytest.raises(ChaoscadError, match="the number of devices is 0, and must be from 1"):
        measure(nand, deviations_of(nand, tolerance=0.1), devices=0)
    broken = gate("XOR", 0.0, (1 / 6, 1 / 6), 13 / 18)
    with pytest.raises(ChaoscadError, match="does not verify"):
        measure(broken, deviations_of(broken, tolerance=0.1))


def test_delta_is_the_weight_whatever_a_system_calls_its_own():
    design = load(DESIGNS / "duffing_half_adder.json")
    found = deviations_of(design, tolerance=0.02)
    assert found.tolerance["delta"] == Spread(0.02)
    assert found.tolerance["alpha"] == Spread(0.02, relative=True)
    # Duffing's damping, the third of alpha, beta, delta, gamma, omega, stays exact.
    mismatch = population(design, found).errors["system"][0]
    assert mismatch is not None
    damped = list(design.gates[0].setting.parameters).index("delta")
    assert (mismatch.size[0] > 0).tolist() == [place != damped for place in range(5)]


def test_a_whole_number_has_no_tolerance():
    text = gate_text(
        "function: AND, system: {map: 'x - k', parameters: {k: 1}}",
        extra="hardware: {tolerance: {k: 1}}\n",
    )
    assert parse(text)[0].hardware == {"tolerance": {"k": 1.0}}
    from chaoscad.systems import SYSTEMS

    whole = [
        (name, item.name) for name, one in SYSTEMS.items() for item in one.parameters if item.whole
    ]
    for name, parameter in whole:
        with pytest.raises(ChaoscadError, match="is a whole number, which has no tolerance"):
            parse(
                gate_text(
                    f"function: AND, system: {name}",
                    extra=f"hardware: {{tolerance: {{{parameter}: 1}}}}\n",
                )
            )


def test_the_command_prints_a_yield_and_writes_its_figure(tmp_path: Path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = str(DESIGNS / "full_adder.json")
    options = ["--devices", "20000", "--tolerance", "0.05"]
    assert status(["yield", path, *options, "-o", "y.png", "--csv", "y.csv"]) == 0
    first, outside, again, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("full_adder: yield 76.20 %, between 75.42 % and 76.98 %")
    assert first.endswith("with 99 % confidence (20000 devices, seed 0)")
    assert outside.endswith(
        "of the devices a state lies outside of its declared range: formulas are evaluated there, "
        "measured curves keep the value of their end"
    )
    assert again == "1000 devices were evaluated again by NumPy, with the same bits"
    assert rest[1].split()[:2] == ["g", "11"]
    assert rest[-2:] == ["drawn to y.png", "written to y.csv"]
    assert (tmp_path / "y.png").stat().st_size > 10_000
    assert (tmp_path / "y.csv").read_text().splitlines()[0] == "factor,yield,low,high,devices"
    assert status(["yield", path, *options, "--least", "0.9", "--json"]) == 3
    data = json.loads(capsys.readouterr().out)
    assert (data["ok"], data["devices"], data["differ"]) == (False, 20000, 0)
    assert data["deviations"]["tolerance"] == {
        "x0": 0.05,
        "delta": 0.05,
        "threshold": 0.05,
        "a": "5 %",
    }


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ([], 1, "nothing deviates: give a tolerance, or hardware.tolerance in the netlist"),
        (["--tolerance", "y=1"], 1, "no gate has a parameter 'y'"),
        (
            ["--tolerance", "1", "--tolerance", "2"],
            2,
            "--tolerance gives two sizes for all parameters: 1, 2",
        ),
        (["--tolerance", "x0=1", "--tolerance", "2"], 2, "--tolerance takes NAME=SIZE"),
        (["--tolerance", "x0=1", "--tolerance", "x0=2"], 2, "--tolerance gives x0 twice: 1 and 2"),
        (["--noise", "state=-1"], 1, "the noise state is -1"),
        (["--tolerance", "1", "--least", "nan"], 2, "'--least': nan is not a finite number"),
        (["--tolerance", "1", "--csv", "-"], 2, "--csv names a file; - is none"),
        (
            ["--tolerance", "1", "-o", "y.svg", "--csv", "./y.svg"],
            2,
            "-o and --csv both write ./y.svg; give them two names",
        ),
        (
            ["--noise", "state=1", "--rare"],
            1,
            "--rare is of a yield, and no tolerance is given, only noise",
        ),
        (
            ["--noise", "state=1", "--against", "iterates"],
            2,
            "--against iterates says what -o or --csv shows; give one",
        ),
        (
            ["--noise", "state=1", "--against", "iterates", "--csv", "y.csv"],
            2,
            "the design has several gates; choose one with --gate: p, g, sum, t, cout",
        ),
        (
            ["--noise", "state=1", "--against", "time", "--csv", "y.csv", "--gate", "p"],
            2,
            "gate 'p' is a map; give --against iterates",
        ),
        (["--tolerance", "1", "--gate", "p"], 2, "--gate belongs to --against iterates"),
        (
            ["--tolerance", "1", "--samples", "500"],
            2,
            "--samples says how many devices --rare draws",
        ),
        (["--tolerance", "1", "-o", "y.txt"], 1, "a figure is written as .png, .svg or .pdf"),
    ],
)
def test_bad_options_are_told(options, code, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert status(["yield", str(DESIGNS / "full_adder.json"), *options]) == code
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("gate", [[], ["--gate", "y"]])
def test_errors_of_a_design_of_configurations_need_one_of_them(gate, capsys):
    options = ["--noise", "state=0.01", "--against", "iterates", "--csv", "y.csv", *gate]
    assert status(["yield", str(DESIGNS / "morph.json"), *options]) == 2
    assert (
        "--against iterates is of one gate in one configuration; choose it with --configuration "
        "(and, or, xor)\n"
    ) in capsys.readouterr().err


def test_the_command_tells_worst_cases_and_rare_failures(capsys):
    path = str(DESIGNS / "full_adder.json")
    options = ["--tolerance", "0.0195", "--devices", "1000", "--worst-cases", "--rare"]
    assert status(["yield", path, *options]) == 0
    said = capsys.readouterr().out.splitlines()
    nearest = next(line for line in said if "standard deviations away" in line)
    assert nearest.startswith(
        "full_adder: the nearest device that fails is 3.69 standard deviations away: gate 'g' in row "
        "11 with x0 0.70"
    )
    rows = [line.split() for line in said if line.split()[-1] == "wrong"]
    assert rows[0] == ["g", "11", "3.69", "3.26", "wrong"]
    assert {row[0] for row in rows} == {"p", "g", "sum", "t", "cout"}
    assert "importance sampling, 20000 devices around 7 worst cases" in said[-1]
    assert status(["yield", path, *options, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    # 1.21e-4 of ten million devices fail (benchmarks/worst_cases.py).
    assert data["rare_failures"]["failure"] == pytest.approx(1.21e-4, rel=0.15)
    assert data["worst_cases"]["distance"] == pytest.approx(3.69, abs=0.01)


def test_the_command_writes_errors_against_iterates(tmp_path: Path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ["--noise", "state=0.01", "--devices", "1000", "--gate", "g", "--until", "4"]
    files = ["--against", "iterates", "-o", "g.svg", "--csv", "g.csv"]
    assert status(["yield", str(DESIGNS / "full_adder.json"), *options, *files]) == 0
    *_, told, drawn, written = capsys.readouterr().out.splitlines()
    assert (drawn, written) == ("drawn to g.svg", "written to g.csv")
    head, *lines = (tmp_path / "g.csv").read_text().splitlines()
    assert head == "iterate,error,low,high,spread"
    assert [float(line.split(",")[0]) for line in lines] == [1, 2, 3, 4]
    worst = float(lines[-1].split(",")[1])
    assert worst > 0.05
    assert told == (
        f"the worst row errs in 0 at 1, in {worst:.3g} at 4; the Lyapunov exponent is 0.6931 nats "
        "per iterate"
    )
    assert "bit error rate" in (tmp_path / "g.svg").read_text()


def test_optimize_then_yield_of_a_circuit_with_own_targets():
    text = "\n".join(
        [
            "chaoscad: 1",
            "inputs: [a, b]",
            "outputs: [s, c]",
            "gates:",
            "  s: {inputs: [a, b], function: XOR}",
            "  c: {inputs: [a, b], function: AND}",
            "targets: {s: a ^ b, c: a & b}",
        ]
    )
    design = optimize(parse(text)[0])
    found = measure(design, deviations_of(design, tolerance=0.03), devices=DEVICES)
    # The product of the two gates' yields; AND has two best settings, of .8552 and .880.
    alone = [
        measure(one, deviations_of(one, tolerance=0.03), devices=DEVICES).yield_.value
        for one in (
            gate(text, *(item.x0, item.delta, item.threshold))
            for text, item in zip(("XOR", "AND"), design.gates, strict=True)
        )
    ]
    assert found.yield_.value == pytest.approx(alone[0] * alone[1], abs=0.008)
    assert set(found.outputs) == {"s", "c"}


def test_noise_alone_has_bit_error_rates_and_no_yield(capsys):
    path = str(DESIGNS / "full_adder.json")
    assert status(["yield", path, "--noise", "state=0.05", "--devices", "20000"]) == 0
    first, again, heads, *rows = capsys.readouterr().out.splitlines()
    assert first.startswith("full_adder: worst bit error rate 0.0")
    assert first.endswith(
        "with noise 0.05 on the state and 0 at the comparator (20000 evaluations of each row)"
    )
    assert again == "1000 of them were evaluated again by NumPy, with the same bits"
    assert heads.split() == ["net", "row", "error", "from", "to"]
    assert rows[0].split()[0] == "output"
    assert status(["yield", path, "--noise", "comparator=0.1", "--least", "0.9"]) == 1
    message = "error: --least is of a yield, and no tolerance is given, only noise"
    assert message in capsys.readouterr().err
    both = ["--noise", "state=0.05", "--tolerance", "0.03", "--devices", "2000", "--json"]
    assert status(["yield", path, *both]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["yield"]["of"] == 2000
    assert len(data["bit_errors"]["rows"]) == 20
