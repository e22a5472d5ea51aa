"""Monte Carlo decks: what ngspice draws, how it counts, and what the check sees."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chaoscad.design import Design
from chaoscad.evidence import Evidence
from chaoscad.export import EXPORTERS, Export, Hardware, Options
from chaoscad.export.rows import expected
from chaoscad.export.spice.agreement import counted, expected_counts
from chaoscad.export.spice.monte_carlo import wanted_of
from chaoscad.netlist import TruthTable
from chaoscad.toolchain import require
from tests.conftest import needs
from tests.export.conftest import exported, gallery_design, handed_over, prepared, refusals
from tests.export.designs import with_numbers

SPICE = EXPORTERS["spice"]
DECK = "monte_carlo.cir"


def drawing(devices: int, hardware: Hardware | None = None, **given: object) -> Options:
    """The options of a deck of some devices."""
    return Options(hardware or Hardware(), own={"monte_carlo": devices, **given})


@pytest.fixture
def three_transistor_and(three_transistor) -> Design:
    """One gate of a measured curve: a state at -3 sigma is beyond its end at sigma 0.1."""
    netlist = three_transistor.netlist
    gates = tuple(gate for gate in netlist.gates if gate.name == "and")
    netlist = replace(netlist, gates=gates, outputs=("and",))
    return replace(three_transistor, netlist=netlist, gates=(three_transistor.gate("and"),))


def joined(export: Export) -> list[str]:
    """The lines of a deck without their continuations."""
    return export.files[DECK].replace("\n+ ", "").replace("  ", " ").splitlines()


@needs("ngspice")
def test_ngspice_finds_our_yield_of_a_curve_that_saturates(three_transistor_and, tmp_path: Path):
    given = drawing(300, Hardware(2.0, -1.0), tolerance=0.1, shared={"threshold": 0.02})
    written = handed_over(SPICE, three_transistor_and, given, tmp_path / "out", check=True)
    assert written.log is not None
    assert written.log.passed, written.log.text
    lines = written.log.text.splitlines()
    assert lines[3:5] == ["every bit and value agrees", "$ ngspice -b monte_carlo.cir"]
    # Without the ends of the curve ngspice follows its last cubic, and the yield is another.
    assert lines[6].startswith("chaoscad: 49")
    assert lines[6].split(" devices")[0].endswith("of 100000")


@needs("ngspice")
def test_the_check_sees_errors_of_another_size(tmp_path: Path):
    design = gallery_design("full_adder")
    given = drawing(200, tolerance=0.05)
    export = exported(SPICE, design, given)
    for name, text in export.files.items():
        (tmp_path / name).write_text(text.replace("normal(0.05)", "normal(0.08)"))
    log = SPICE.check(prepared(SPICE, design, given), export, tmp_path)
    assert not log.passed
    assert log.text.splitlines()[-2].endswith(" are NOT among them")
    assert log.text.splitlines()[-1] == (
        "1 sample in 100 lies outside by chance; another --seed draws another"
    )


def test_ties_and_global_errors_are_drawn_once_for_all_that_share_them():
    text = (
        "chaoscad: 1\nsystem: logistic\ninputs: [a, b]\noutputs: [p, y]\n"
        "tie: [{parameter: threshold, gates: [p, y]}]\n"
        "hardware: {tolerance: {threshold: 0.01, a: 1 % uniform}, global: {x0: 0.02, a: 2 %}}\n"
        "gates:\n  p: {inputs: [a, b], function: XOR}\n  y: {inputs: [a, p], function: XOR}\n"
    )
    design = with_numbers(text, dict.fromkeys(("p", "y"), (0.0, (0.5, 0.5), 0.5)))
    lines = joined(exported(SPICE, design, drawing(10, Hardware(volts_per_unit=-2.0))))
    first = lines.index(
        ".subckt netlist_device a b p y params: global_x0=0 tied_p_threshold=0 global_p_a=0"
    )
    assert lines[first + 1] == (
        "Xdut a b p y netlist p_p_a={4.0+uniform(0.04)+0.08*global_p_a} "
        "y_p_a={4.0+uniform(0.04)+0.08*global_p_a} p_x0={0.0+0.04*global_x0} "
        "p_threshold={-1.0+0.02*tied_p_threshold} y_x0={0.0+0.04*global_x0} "
        "y_threshold={-1.0+0.02*tied_p_threshold}"
    )
    assert lines[first + 3] == (
        "Xdevice a b p y netlist_device global_x0={normal(1)} tied_p_threshold={normal(1)} "
        "global_p_a={normal(1)}"
    )


def test_parameters_that_do_not_differ_stay_one_parameter_of_the_circuit():
    design = gallery_design("full_adder")
    plain = exported(SPICE, design, Options())
    drawn = exported(SPICE, design, drawing(10, tolerance={"x0": 0.01}))
    assert plain.files["circuit.cir"] == drawn.files["circuit.cir"]
    assert plain.files["bench.cir"] == drawn.files["bench.cir"]
    assert DECK not in plain.files


@needs("ngspice")
def test_flows_are_walked_in_time(tmp_path: Path):
    # The states of a harmonic oscillator after half a period are those before, with the other sign.
    text = (
        "chaoscad: 1\nsystem: {name: harmonic, time: 0.5}\ninputs: [a]\noutputs: [y]\n"
        "gates: {y: {inputs: [a], function: BUF}}\n"
    )
    design = with_numbers(text, {"y": (0.0, (0.5,), 0.1)})
    given = drawing(20, tolerance={"threshold": 0.2})
    export = exported(SPICE, design, given)
    for name, part in export.files.items():
        (tmp_path / name).write_text(part)
    done = require("ngspice").run(["-b", DECK], folder=tmp_path, timeout=60)
    found = counted(done.stdout)
    assert (found["devices"], found["unsolved"]) == (20, 0)
    assert 2 <= found["right"] <= 18


def test_what_may_come_out_either_way_is_no_failure():
    text = (
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y, z]\n{}gates:\n"
        '  y: {{inputs: [a, b], function: "011-"}}\n  z: {{inputs: [y, a], function: XOR}}\n'
    )
    numbers = {"y": (0.0, (0.5, 0.5), 0.5), "z": (0.0, (0.5, 0.5), 0.5)}
    design = with_numbers(text.format(""), numbers)
    y, z = design.gates
    design = replace(design, gates=(replace(y, function=TruthTable("011-")), z))
    found = wanted(design)
    assert found == {"y": [-1, 1, 1, 0], "z": [-1, 1, -1, 0]}
    found = wanted(with_numbers(text.format('targets: {y: "0-10"}\n'), numbers))
    assert found["y"] == [-1, 0, 1, -1]


def wanted(design: Design) -> dict[str, list[int]]:
    evidence = Evidence(design)
    return {
        name: values.tolist()
        for name, values in wanted_of(evidence, expected(evidence, 4, 0)).items()
    }


def test_counts_that_99_of_100_samples_have():
    # Of the binomial distribution with 1000 trials: mean 986, standard deviation 3.7.
    assert expected_counts(1000, (0.986, 0.986)) == (976, 995)
    assert expected_counts(100, (1.0, 1.0)) == (100, 100)


@pytest.mark.parametrize(
    ("own", "said"),
    [
        (
            {"monte_carlo": 10},
            "error: nothing deviates, and all devices of --monte-carlo would be equal; give "
            "--tolerance or --global, or hardware.tolerance in the netlist",
        ),
        (
            {"tolerance": 0.1},
            "error: a tolerance says what a Monte Carlo deck draws, and none is asked for; give "
            "--monte-carlo and how many devices",
        ),
        (
            {"monte_carlo": 10**9, "tolerance": 0.1},
            "error: the number of devices of --monte-carlo is 1000000000, and must be from 1 to "
            "100000 (ngspice needs a millisecond for each and more; chaoscad yield samples 10^9)",
        ),
        (
            {"monte_carlo": 10, "tolerance": {"x0": "2 %"}},
            "error: tolerance of x0: it is 0 in gate 'cout', and 2 % of 0 is 0; give an absolute size",
        ),
    ],
)
def test_devices_that_cannot_be_drawn_are_refused(own, said):
    assert refusals(SPICE, gallery_design("full_adder"), Options(own=own)) == [said]
