"""SPICE: every system of the registry, circuits of flows, scales, and what the check sees."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chaoscad.export import EXPORTERS, Hardware, Options
from chaoscad.export.digits import tidied
from chaoscad.export.spice.expressions import Sheet
from chaoscad.systems import Flow
from chaoscad.systems.registry import SYSTEMS
from chaoscad.toolchain import require
from tests.conftest import gate_text, needs, with_changes
from tests.export.conftest import exported, handed_over, prepared, refusals
from tests.export.designs import on_system, with_numbers

SPICE = EXPORTERS["spice"]

SCALED = Options(Hardware(volts_per_unit=-0.2, offset_volts=1.5, seconds_per_unit=1e-3))

CASES = [
    (name, iterates, compare)
    for name, system in SYSTEMS.items()
    for iterates, compare in ([(1, ">")] if isinstance(system, Flow) else [(1, ">"), (4, "<")])
]


def checked(design, options: Options, folder: Path) -> str:
    written = handed_over(SPICE, design, options, folder / "out", check=True)
    assert written.log is not None
    assert written.log.passed, written.log.text
    return written.log.text


@needs("ngspice")
@pytest.mark.parametrize(("name", "iterates", "compare"), CASES)
def test_every_system_is_right_in_ngspice(name, iterates, compare, tmp_path: Path):
    design = on_system(name, SYSTEMS[name].state, iterates, compare)
    checked(design, SCALED, tmp_path)


@needs("ngspice")
@pytest.mark.parametrize(
    "system",
    [
        "{map: 'x**3 - r*x + sqrt(x + 1)/2', parameters: {r: 1.5}}",
        "{map: 'maximum(x, 0.3)*tanh(3*x) + abs(x - e/3)**1.5'}",
        "{map: 'log(1 + x*x) - cos(pi*x)*exp(-x) + tan(x/2)/(2 - x) - 2**x'}",
        "{map: '(1 - (x*(1 - x)*4 - 0.5)**2)**5'}",
        "{map: 'A*x*(1 - x) - a*x + limit*exp(-x) + Exp - x**low',"
        " parameters: {A: 3.5, a: -0.25, limit: 0.5, Exp: -0.1, low: 2}}",
    ],
)
def test_a_map_of_one_s_own_is_right_in_ngspice(system, tmp_path: Path):
    checked(on_system(system, (0.0, 1.0), 2), Options(), tmp_path)


@needs("ngspice")
def test_a_lorenz_gate_is_right_in_every_row(lorenz, tmp_path: Path):
    text = checked(lorenz, Options(), tmp_path)
    assert "compared in all 4 rows: the bits of 6 gates, and their values in volts" in text
    share = float(re.findall(r"([\d.e-]+) of the margin", text)[0])
    assert share < 0.01


@needs("ngspice")
def test_flows_that_feed_flows_run_one_after_the_other(tmp_path: Path):
    text = (
        "chaoscad: 1\nsystem: {name: harmonic, time: 0.5}\ninputs: [a, b, c]\noutputs: [y, m]\n"
        "gates:\n"
        "  p: {inputs: [a, b], function: AND}\n"
        "  m: {inputs: [p, b], function: OR, system: logistic}\n"
        # The Duffing oscillator, in names that a deck has for other things.
        '  q: {inputs: [m, c], function: OR, system: {flow: {IC: "op", op: "clock*cos(state*t)'
        ' - 0.02*op - IC - 5*IC**3"}, parameters: {clock: 8, state: 0.5}, read: IC, time: 1, step: 0.04}}\n'
        "  y: {inputs: [q, a], function: AND}\n"
    )
    numbers = {
        "p": (0.0, (0.5, 0.5), 0.6),
        "m": (0.0, (0.4, 0.3), 0.4),
        "q": (0.0, (0.5, 0.4), 3.0),
        "y": (-0.2, (0.6, 0.5), 0.5),
    }
    design = with_numbers(text, numbers)
    values = design.gates[2].setpoint.values()
    middle = float(np.sort(values)[1:3].mean())
    design = with_numbers(text, {**numbers, "q": (0.0, (0.5, 0.4), middle)})
    assert "all 8 rows" in checked(design, Options(), tmp_path)


@needs("ngspice")
def test_large_designs_are_walked_in_a_sample(tmp_path: Path):
    design = on_system("logistic", (0.0, 1.0))
    text = "chaoscad: 1\ninputs: [{}]\noutputs: [y]\ngates:\n  y: {{inputs: [{}], function: XOR}}\n"
    names = ", ".join(f"i{index}" for index in range(6))
    wide = with_numbers(text.format(names, names), {"y": (0.0, (0.16,) * 6, 0.5)})
    written = checked(wide, replace(SCALED, most_rows=10), tmp_path)
    assert "compared in 10 random rows of 2^6" in written
    assert design.gates[0].arity == 2


def run(deck: str, folder: Path) -> dict[str, float]:
    """What ngspice measures of a deck."""
    (folder / "deck.cir").write_text(deck)
    done = require("ngspice").run(["-b", "deck.cir"], folder=folder, timeout=60)
    found = re.findall(r"^(\w+)\s*=\s*(\S+)", done.stdout, re.MULTILINE)
    return {name: float(number) for name, number in found if name.startswith("out")}


SOURCES = """\
Va a 0 PULSE(0 1 2 1e-6 1e-6 2 4)
Vb b 0 PULSE(0 1 1 1e-6 1e-6 1 2)
.options reltol=1e-7
.tran 0.25 4
"""
"""The four rows of a and b, one a second."""


@needs("ngspice")
def test_two_exports_and_two_instances_of_one_fit_into_a_deck(half_adder, tmp_path: Path):
    # Both have a system1, a gate1 and a gate sum, which are not the same.
    text = (
        "chaoscad: 1\nname: other\ninputs: [a, b]\noutputs: [sum]\n"
        "gates:\n  sum: {inputs: [a, b], function: AND, system: tent}\n"
    )
    other = with_numbers(text, {"sum": (0.1, (0.15, 0.15), 0.65)})
    for design in (half_adder, other):
        handed_over(SPICE, design, Options(), tmp_path / design.name)
    deck = (
        "* three circuits\n"
        ".include half_adder/circuit.cir\n.include other/circuit.cir\n"
        ".include half_adder/circuit.cir\n"
        + SOURCES
        + "X1 a b s1 c1 half_adder\nX2 a c1 s2 c2 half_adder\nX3 a b n3 other\n"
        "X4 a b s4 c4 half_adder sum_threshold=1.5\n"
    )
    nets = ("s1", "c1", "s2", "c2", "n3", "s4", "c4")
    for row in range(4):
        deck += "".join(f".meas tran out{row}_{net} find v({net}) at={row + 0.5}\n" for net in nets)
    found = run(deck + ".end\n", tmp_path)
    for row in range(4):
        a, b = row >> 1, row & 1
        c1 = a & b
        wanted = (a ^ b, c1, a ^ c1, a & c1, a & b, 0, c1)
        assert tuple(found[f"out{row}_{net}"] for net in nets) == wanted, row


@needs("ngspice")
def test_every_number_is_a_parameter_of_the_circuit(half_adder, tmp_path: Path):
    text = exported(SPICE, half_adder, Options()).files["circuit.cir"].replace("\n+ ", "")
    head = next(line for line in text.splitlines() if line.startswith(".subckt half_adder "))
    nodes, _, numbers = head.partition(" params: ")
    assert nodes == ".subckt half_adder a b sum carry"
    given = dict(item.split("=") for item in numbers.split())
    gates = tidied(half_adder).by_name
    assert given == {
        "v_low": "0.0",
        "v_high": "1.0",
        "system1_p_a": "4.0",
        **{
            f"{name}_{key}": repr(value)
            for name, gate in gates.items()
            for key, value in {
                "x0": gate.x0,
                "delta1": gate.delta[0],
                "delta2": gate.delta[1],
                "threshold": gate.threshold,
            }.items()
        },
    }
    # In one instance the map is damped until its values stay below every threshold.
    (tmp_path / "circuit.cir").write_text(text)
    deck = "* t\n.include circuit.cir\n" + SOURCES
    deck += "X1 a b s c half_adder v_high=3.3\nX2 a b s0 c0 half_adder system1_p_a=0.1\n"
    deck += ".meas tran out_s find v(s) at=1.5\n.meas tran out_s0 find v(s0) at=1.5\n.end\n"
    assert run(deck.replace("0 1 1 1e-6", "0 3.3 1 1e-6"), tmp_path) == {
        "out_s": 3.3,
        "out_s0": 0.0,
    }


@needs("ngspice")
def test_long_names_are_shortened_and_noted(tmp_path: Path):
    names = ["x" * 60, "x" * 59 + "y", "X" * 60]
    gates = "".join(f"  {name}: {{inputs: [a], function: NOT}}\n" for name in names)
    text = f"chaoscad: 1\ninputs: [a]\noutputs: [{', '.join(names)}]\ngates:\n{gates}"
    design = with_numbers(text, dict.fromkeys(names, (0.5, (-0.5,), 0.5)))
    checked(design, Options(Hardware(logic_levels=(-5.0, 3.3))), tmp_path)
    short = ["x" * 24, "x" * 24 + "_2", "X" * 24 + "_3"]
    table = (tmp_path / "out" / "names.csv").read_text().splitlines()
    assert table[2:] == [
        f"{name},{made},gate and output" for name, made in zip(names, short, strict=True)
    ]
    deck = (tmp_path / "out" / "circuit.cir").read_text()
    for name, made in zip(names, short, strict=True):
        assert f"* net {made}: {name}\n" in deck


@needs("ngspice")
def test_the_check_sees_a_wrong_threshold_and_a_wrong_value(tmp_path: Path, half_adder):
    export = exported(SPICE, half_adder, Options())
    for old, new, found in (
        ("sum_threshold=0.5", "sum_threshold=1.5", "row 1: gate sum gives 0"),
        ("system1_p_a=4.0", "system1_p_a=3.99", "row 1: gate sum has 0.9975 V, not 1 V"),
        ("V=v(x1_x)", "V=log(", "ngspice measured nothing"),
    ):
        assert old in export.files["circuit.cir"]
        for name, text in export.files.items():
            (tmp_path / name).write_text(text.replace(old, new, 1))
        log = SPICE.check(prepared(SPICE, half_adder, Options()), export, tmp_path)
        assert not log.passed
        assert found in log.text


def test_a_system_without_a_form_is_refused():
    design = with_numbers(gate_text("function: XOR"), {"y": (0.0, (0.5, 0.5), 0.5)})
    gate = design.gates[0]
    system = replace(gate.setting.system, name="odd", step=lambda xp, s, p: (xp.round(s[0]),))
    gate = with_changes(gate, setting=replace(gate.setting, system=system))
    assert refusals(SPICE, replace(design, gates=(gate,)), Options()) == [
        "error: gate 'y': the system odd has no SPICE form, for it needs round; "
        "export it as a table, or take a system without it"
    ]


def test_powers_are_products_and_long_parts_get_nodes():
    sheet = Sheet()
    x = "v(x)"
    assert sheet.term("power", x, 2) == "(v(x)*v(x))"
    assert sheet.term("power", x, -1) == "(1.0/v(x))"
    assert sheet.term("power", x, 0.5) == "exp((0.5*ln(max(v(x),1e-30))))"
    assert sheet.term("multiply", 0, x) == 0.0
    assert sheet.term("multiply", 1, x) == sheet.term("add", x, 0) == x
    assert sheet.term("subtract", 0, x) == "(-v(x))"
    assert sheet.term("multiply", -2.5, x) == "((-2.5)*v(x))"
    below = sheet.term("less", x, 1)
    assert sheet.term("where", below, x, 0) == "((v(x)<1.0)?v(x):0.0)"
    long = x
    for k in range(1, 9):
        long = sheet.term("add", long, sheet.term("sin", sheet.term("multiply", k, x)))
    assert str(sheet.term("multiply", long, long)).count("v(t") == 2
    assert all(len(line) < 400 for line in sheet.lines)


def test_the_limits_of_a_measured_curve_are_its_ends(three_transistor):
    curve = exported(SPICE, three_transistor, Options()).files
    assert "x_low=0.0 x_high=1.2" in " ".join(curve["circuit.cir"].replace("\n+", "").split())
    assert "limited to the curve's ends, beyond which nothing was measured" in curve["README.md"]
    assert "far outside of all" not in curve["README.md"]


def test_lines_of_a_deck_are_short_and_hold_what_was_written(three_transistor):
    text = exported(SPICE, three_transistor, Options()).files["circuit.cir"]
    assert max(map(len, text.splitlines())) <= 112
    assert text.isascii()
