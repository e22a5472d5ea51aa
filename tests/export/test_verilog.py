"""Verilog: what is written, that the bench passes in the simulator, and that it notices every fault."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from chaoscad.design import Design
from chaoscad.export import Export, Hardware, Options
from chaoscad.export.fixed_point_word import word_of
from chaoscad.export.verilog import EXPORTER
from chaoscad.export.verilog_check import simulate
from chaoscad.export.verilog_top import plan
from tests.conftest import needs
from tests.export.designs import on_system, with_numbers
from tests.export.family import iterate_family

FORMS = ("combinational", "pipelined", "reconfigurable")


def options(form: str, **hardware: int) -> Options:
    return Options(Hardware(**hardware), form=form)  # type: ignore[arg-type]


def written(design: Design, chosen: Options, folder: Path, *change: str) -> Export:
    """Export into a folder; one text in the circuit's file may be changed to another."""
    assert EXPORTER.refuse(design, chosen) == []
    export = EXPORTER.export(design, chosen)
    for name, text in export.files.items():
        if change and name.endswith(".v") and "_tb" not in name:
            assert change[0] in text
            text = text.replace(change[0], change[1])
        (folder / name).write_text(text)
    return export


def simulated(design: Design, chosen: Options, folder: Path, *change: str) -> tuple[bool, str]:
    """Whether the written bench passes, and what was said."""
    written(design, chosen, folder, *change)
    made = plan(design, word_of(design, chosen.hardware), chosen.form)
    passed, said = simulate(made, folder)
    return passed, "\n".join(said)


def three_gates() -> Design:
    """Gates of one and two inputs, of one to three iterates, above and below their thresholds."""
    return with_numbers(
        "chaoscad: 1\nname: three_gates\ninputs: [a, b]\noutputs: [y, n]\ngates:\n"
        "  x: {inputs: [a, b], function: XOR}\n"
        "  y: {inputs: [x, b], function: '0010', iterates: 3, compare: '<'}\n"
        "  n: {inputs: [y], function: BUF, system: tent, iterates: 2}\n",
        {"x": (0, (0.5, 0.5), 0.5), "y": (0.05, (0.3, 0.5), 0.6), "n": (0.1, (0.15,), 0.7)},
    )


@needs("iverilog", "vvp", "yosys")
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_simulated_and_synthesized(form: str, tmp_path: Path):
    chosen = options(form, fraction_bits=6)
    export = written(three_gates(), chosen, tmp_path)
    log = EXPORTER.check(export, three_gates(), chosen, tmp_path)
    assert log.passed, log.text
    assert log.rows == 4
    rows = 8 if form == "reconfigurable" else 4
    assert f"PASS: {rows} rows and all intermediate integers of 3 gates" in log.text
    assert re.search(r"no latch, no warning; [1-9]\d* cells, \d+ of them flip-flops", log.text)
    assert (" 0 of them" in log.text) == (form == "combinational")


@needs("iverilog", "vvp")
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("fraction_bits", [5, 8, 20])
def test_the_iterate_family_at_its_widths(form: str, fraction_bits: int, tmp_path: Path):
    passed, said = simulated(iterate_family(), options(form, fraction_bits=fraction_bits), tmp_path)
    assert passed, said


@needs("iverilog", "vvp")
@pytest.mark.parametrize(
    ("system", "state", "form"),
    [
        ("tent", (0.0, 1.0), "combinational"),
        ("bernoulli", (0.0, 1.0), "pipelined"),
        ("cubic", (-1.0, 1.0), "combinational"),
        ("circle", (0.0, 1.0), "combinational"),
        ("chebyshev", (-1.0, 1.0), "combinational"),
        ("lozi", (-1.0, 1.0), "pipelined"),
        ("henon", (-1.0, 1.0), "reconfigurable"),
    ],
)
def test_every_kind_of_map(system: str, state: tuple[float, float], form: str, tmp_path: Path):
    compare = ">" if form == "pipelined" else "<"
    design = on_system(system, state, iterates=2, compare=compare)
    passed, said = simulated(design, options(form), tmp_path)
    assert passed, said


@needs("iverilog", "vvp")
def test_a_long_table_and_rounding_to_nearest(tmp_path: Path):
    design = on_system("sine", (0.0, 1.0), iterates=2)
    design = replace(design, provenance={"quantised": {"rounding": "nearest"}})
    chosen = options("combinational", fraction_bits=11)
    passed, said = simulated(design, chosen, tmp_path)
    assert passed, said
    export = EXPORTER.export(design, chosen)
    text = export.files["netlist.v"]
    assert "a table of 1025 entries over [0, 1], straight lines between them" in text
    assert "to the nearest word, halves up" in text


@needs("iverilog", "vvp")
@pytest.mark.parametrize(
    ("form", "old", "new", "said"),
    [
        ("combinational", ".DELTA_1(8'sd19)", ".DELTA_1(8'sd20)", "row 2: gate_y"),
        ("combinational", "v5 >>> 6", "v5 >>> 5", "row 1: gate_x"),
        ("combinational", ".BELOW(1)", ".BELOW(0)", "row 0: the outputs"),
        ("combinational", "x_1 > THRESHOLD", "x_1 >= THRESHOLD", ""),
        ("pipelined", ".DELTA_1(8'sd19)", ".DELTA_1(8'sd20)", "gate_y"),
        ("pipelined", " <= x_2_d;", " <= x_1_d;", "gate_y"),
        ("pipelined", "y_after_2 <= y_after_1;", "y_after_2 <= y;", "the outputs"),
        ("pipelined", "b_after_1 <= b;", "b_after_1 <= a;", "the outputs"),
        ("reconfigurable", "if (address == BASE + 1)", "if (address == BASE)", "gate_x"),
        ("reconfigurable", "below <= data[0];", "below <= !data[0];", "the outputs"),
        ("reconfigurable", ".BASE(4'd10)", ".BASE(4'd9)", "gate_n"),
    ],
)
def test_the_bench_notices_what_is_changed(
    form: str, old: str, new: str, said: str, tmp_path: Path
):
    chosen = options(form, integer_bits=1, fraction_bits=6)
    passed, text = simulated(three_gates(), chosen, tmp_path, old, new)
    # At no row is a value at the threshold, so that >= is as good as >.
    assert passed == (not said), text
    assert said in text


def test_the_header_states_format_rounding_and_order():
    text = EXPORTER.export(iterate_family(), Options()).files["iterate_family.v"]
    assert text.startswith(
        "// iterate_family: a circuit of 5 chaogates.\n"
        "// Combinational: no clock.\n"
        "// Words are signed, 11 bits, Q0.10: 1 sign, 0 integer, 10 fraction.\n"
        "// The integer i stands for i / 1024. x0, weights, threshold and the map's parameters are "
        "rounded to it.\n"
        "// state = x0 + the weights of the inputs that are 1; an iterate is computed in full width "
        "and\n"
        "// rounded once, towards minus infinity (an arithmetic shift to the right);\n"
        "// the output is 1 where the value is above the threshold (below it where BELOW is 1), never "
        "at it.\n"
    )
    assert "//   a*x*(1 - x) with a = 4.0 on the grid\n// computed exactly, rounded once.\n" in text
    assert text.count("module step_logistic (") == 1


def test_equal_systems_share_a_step_and_equal_sizes_a_module():
    design = with_numbers(
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y, z, n]\ngates:\n"
        "  y: {inputs: [a, b], function: XOR}\n  z: {inputs: [a, y], function: XOR}\n"
        "  n: {inputs: [z], function: NOT, system: {name: logistic, a: 3.5}}\n",
        {"y": (0, (0.5, 0.5), 0.5), "z": (0, (0.5, 0.5), 0.5), "n": (0.5, (0.5,), 0.5)},
    )
    text = EXPORTER.export(design, Options()).files["netlist.v"]
    assert re.findall(r"^module (\w+)", text, re.MULTILINE) == [
        "step_logistic",
        "gate_logistic_n1_k2",
        "step_logistic_2",
        "gate_logistic_2_n1_k1",
        "netlist",
    ]


@needs("iverilog", "vvp")
@pytest.mark.parametrize("form", FORMS)
def test_ports_that_only_pass_and_inputs_that_are_read_twice(form: str, tmp_path: Path):
    design = with_numbers(
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y, a, z]\ngates:\n"
        "  y: {inputs: [a, b, a], function: '00101011', iterates: 1}\n"
        "  z: {inputs: [y, b], function: '0110', iterates: 3}\n",
        {"y": (0, (0.3, 0.2, 0.4), 0.6), "z": (0.05, (0.3, 0.5), 0.6)},
    )
    passed, said = simulated(design, options(form), tmp_path)
    assert passed, said
    export = EXPORTER.export(design, options(form))
    assert "output wire a_out" in export.files["netlist.v"]
    if form == "pipelined":
        assert "4 clock cycles" in export.files["README.md"]


def test_registers_are_listed():
    export = EXPORTER.export(iterate_family(), Options(form="reconfigurable"))
    lines = export.files["registers.csv"].splitlines()
    assert lines[:7] == [
        "address,gate,register,value",
        "0,n1,x0,333",
        "1,n1,delta_1,256",
        "2,n1,delta_2,256",
        "3,n1,threshold,768",
        "4,n1,below,0",
        "5,n2,x0,333",
    ]
    assert len(lines) == 26


@needs("iverilog", "vvp")
def test_wide_circuits_are_walked_in_a_sample_of_rows(tmp_path: Path):
    inputs = [f"i{index}" for index in range(70)]
    gates = {
        f"x{index}": f"[{'i0' if index == 1 else f'x{index - 1}'}, i{index}]"
        for index in range(1, 70)
    }
    text = (
        f"chaoscad: 1\ninputs: [{', '.join(inputs)}]\noutputs: [x69]\ngates:\n"
        + "\n".join(
            f"  {name}: {{inputs: {reads}, function: XOR}}" for name, reads in gates.items()
        )
        + "\n"
    )
    design = with_numbers(text, dict.fromkeys(gates, (0.0, (0.5, 0.5), 0.5)))
    passed, said = simulated(design, Options(most_rows=100), tmp_path)
    assert passed, said
    assert "PASS: 100 rows" in said
    export = EXPORTER.export(design, Options(most_rows=100))
    rows = export.files["netlist_rows.hex"].splitlines()
    assert rows[0] == "0" * 18
    assert rows[1] == "7f" + "f" * 15 + "e"
    assert all(int(row, 16).bit_count() % 2 == 0 for row in rows)


def test_a_width_that_breaks_a_row_is_refused():
    found = EXPORTER.refuse(iterate_family(), Options(Hardware(fraction_bits=7)))
    assert [str(item).split(":")[1] for item in found] == [
        " gate 'n5', row 01",
        " gate 'n5', row 10",
    ]


def test_flows_are_refused(lorenz: Design):
    found = EXPORTER.refuse(lorenz, Options())
    assert len(found) == 6
    assert "has no fixed-point form" in str(found[0])


def test_a_map_s_own_text_does_not_leave_its_comment():
    design = on_system('{map: "1.0 - x\\n\\n*x", parameters: {}}', (0.0, 1.0))
    text = EXPORTER.export(design, Options()).files["netlist.v"]
    assert "// One iterate of the user map 1.0 - x" in text
    assert "//   1.0 - x *x\n" in text
