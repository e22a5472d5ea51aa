"""Verilog: what is written, that the bench passes in the simulator, and that it notices every fault."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from chaoscad.design import Design
from chaoscad.evidence import Evidence
from chaoscad.export import Export, Hardware, Options
from chaoscad.export.verilog import FORM
from chaoscad.export.verilog.check import lint, simulate
from chaoscad.export.verilog.exporter import EXPORTER
from chaoscad.export.verilog.plan import plan
from chaoscad.toolchain import available
from tests.conftest import needs
from tests.export.conftest import exported, prepared, refusals
from tests.export.designs import on_system, with_numbers
from tests.export.family import iterate_family


def options(form: str, **hardware: int) -> Options:
    return Options(Hardware(**hardware), own={"form": form})  # type: ignore[arg-type]


def written(design: Design, chosen: Options, folder: Path, *change: str) -> Export:
    """Export into a folder; one text in the circuit's files may be changed to another."""
    export = exported(EXPORTER, design, chosen)
    changed = 0
    for name, text in export.files.items():
        if change and name.endswith(".v") and "_tb" not in name:
            changed += change[0] in text
            text = text.replace(change[0], change[1])
        (folder / name).write_text(text)
    assert bool(change) == bool(changed)
    return export


def simulated(design: Design, chosen: Options, folder: Path, *change: str) -> tuple[bool, str]:
    """Whether the written bench passes, and what was said; what is not changed has no warning."""
    written(design, chosen, folder, *change)
    made = plan(Evidence(design), chosen)
    if not change and available("verilator"):
        assert lint(made, folder)[1][1:] == ["no warning"]
    passed, said = simulate(made, folder)
    return passed, "\n".join(said)


def circuit(export: Export) -> str:
    """The text of all modules of an export but the bench."""
    return "".join(
        text for name, text in export.files.items() if name.endswith(".v") and "_tb" not in name
    )


def three_gates() -> Design:
    """Gates of one and two inputs, of one to three iterates, above and below their thresholds."""
    return with_numbers(
        "chaoscad: 1\nname: three_gates\ninputs: [a, b]\noutputs: [y, n]\ngates:\n"
        "  x: {inputs: [a, b], function: XOR}\n"
        "  y: {inputs: [x, b], function: '0010', iterates: 3, compare: '<'}\n"
        "  n: {inputs: [y], function: BUF, system: tent, iterates: 2}\n",
        {"x": (0, (0.5, 0.5), 0.5), "y": (0.05, (0.3, 0.5), 0.6), "n": (0.1, (0.15,), 0.7)},
    )


@needs("iverilog", "vvp", "yosys", "verilator")
@pytest.mark.parametrize("form", FORM.choices)
def test_every_form_is_simulated_and_synthesized(form: str, tmp_path: Path):
    chosen = options(form, fraction_bits=6)
    export = written(three_gates(), chosen, tmp_path)
    log = EXPORTER.check(prepared(EXPORTER, three_gates(), chosen), export, tmp_path)
    assert log.passed, log.text
    assert log.rows == 4
    rows = 12 if "reconfigurable" in form else 4
    assert f"PASS: {rows} rows and all intermediate integers of 3 gates" in log.text
    sources = (
        "three_gates_step_logistic.v three_gates_gate_logistic_n1_k2.v "
        "three_gates_gate_logistic_n3_k2.v three_gates_step_tent.v "
        "three_gates_gate_tent_n2_k1.v three_gates.v"
    )
    assert (
        f"$ verilator --lint-only -Wall --top-module three_gates {sources}\nno warning\n"
        in log.text
    )
    said = re.search(
        r"no latch, no warning; on an iCE40 [1-9]\d* LUT4 \(\d+\.\d a gate\), [1-9]\d* carries, "
        r"(\d+) flip-flops\n$",
        log.text,
    )
    assert said
    assert (said[1] == "0") == (form == "combinational")


@needs("iverilog", "vvp")
@pytest.mark.parametrize("form", FORM.choices)
@pytest.mark.parametrize("fraction_bits", [5, 8, 20])
def test_the_iterate_family_at_its_widths(form: str, fraction_bits: int, tmp_path: Path):
    passed, said = simulated(iterate_family(), options(form, fraction_bits=fraction_bits), tmp_path)
    assert passed, said


@needs("iverilog", "vvp", "verilator")
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
        ("gauss", (-1.0, 1.0), "pipelined-reconfigurable"),
    ],
)
def test_every_kind_of_map(system: str, state: tuple[float, float], form: str, tmp_path: Path):
    compare = ">" if form == "pipelined" else "<"
    design = on_system(system, state, iterates=2, compare=compare)
    passed, said = simulated(design, options(form), tmp_path)
    assert passed, said


@needs("iverilog", "vvp", "verilator")
def test_a_long_table_and_rounding_to_nearest(tmp_path: Path):
    design = on_system("sine", (0.0, 1.0), iterates=2)
    design = replace(design, provenance={"quantised": {"rounding": "nearest"}})
    chosen = options("combinational", fraction_bits=11)
    passed, said = simulated(design, chosen, tmp_path)
    assert passed, said
    export = exported(EXPORTER, design, chosen)
    text = circuit(export)
    assert "a table of 1025 entries over [0, 1], straight lines between them" in text
    assert "to the nearest word, halves up" in text


@needs("iverilog", "vvp")
@pytest.mark.parametrize(
    ("form", "old", "new", "said"),
    [
        ("combinational", ".DELTA_1(8'sd19)", ".DELTA_1(8'sd20)", "row 2: gate_y"),
        ("combinational", "v5[17:6]", "v5[16:5]", "row 1: gate_x"),
        ("combinational", ".BELOW(1'b1)", ".BELOW(1'b0)", "row 0: the outputs"),
        ("combinational", "x_1 > THRESHOLD", "x_1 >= THRESHOLD", ""),
        ("pipelined", ".DELTA_1(8'sd19)", ".DELTA_1(8'sd20)", "gate_y"),
        ("pipelined", " <= x_2_d;", " <= x_1_d;", "gate_y"),
        ("pipelined", "y_after_2 <= y_after_1;", "y_after_2 <= y;", "the outputs"),
        ("pipelined", "b_after_1 <= b;", "b_after_1 <= a;", "the outputs"),
        ("reconfigurable", "if (address == BASE + 4'd1)", "if (address == BASE)", "gate_x"),
        ("reconfigurable", "below <= data[0];", "below <= !data[0];", "the register that is read"),
        ("reconfigurable", " x0 <= shadow_x0;", " x0 <= data;", "gate_y"),
        ("reconfigurable", "end else if (commit) begin", "end else begin", "gate_x"),
        ("reconfigurable", "? shadow_x0 :", "? x0 :", "the register that is read"),
        ("reconfigurable", ".BASE(4'd10)", ".BASE(4'd9)", "gate_n"),
        ("pipelined-reconfigurable", "(committing[0])", "(commit)", "gate_x"),
        ("pipelined-reconfigurable", ".commit(committing[0])", ".commit(commit)", "gate_y"),
        ("pipelined-reconfigurable", "& ~busy", "", "the register that is read"),
        ("pipelined-reconfigurable", "& ~commit", "", "the register that is read"),
        ("pipelined-reconfigurable", "busy = |committing", "busy = committing[0]", "busy"),
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
    export = exported(EXPORTER, iterate_family(), Options())
    assert export.files["iterate_family.v"].startswith(
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
    assert export.files["iterate_family_step_logistic.v"] == (
        "// One iterate of the logistic map:\n"
        "//   a*x*(1 - x) with a = 4.0 on the grid\n"
        "// computed exactly, rounded once.\n"
        "`default_nettype none\n"
        "\n"
        "module iterate_family_step_logistic (\n"
        "  input  wire signed [10:0] x,\n"
        "  output wire signed [10:0] x_next\n"
        ");\n"
        "  wire signed [12:0] v2 = 13'sd4 * $signed({{2{x[10]}}, x});\n"
        "  wire signed [12:0] v4 = 13'sd1024 - $signed({{2{x[10]}}, x});\n"
        "  wire signed [23:0] v5 = $signed({{11{v2[12]}}, v2}) * $signed({{11{v4[12]}}, v4});\n"
        "  wire signed [13:0] v6 = v5[23:10];\n"
        "  assign x_next = v6[10:0];\n"
        "  // Bits that the rounding, the word or the map itself leaves out.\n"
        "  wire unused = &{1'b0, v5[9:0], v6[13:11]};\n"
        "endmodule\n"
        "\n"
        "`default_nettype wire\n"
    )


def test_equal_systems_share_a_step_and_equal_sizes_a_module():
    design = with_numbers(
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y, z, n]\ngates:\n"
        "  y: {inputs: [a, b], function: XOR}\n  z: {inputs: [a, y], function: XOR}\n"
        "  n: {inputs: [z], function: NOT, system: {name: logistic, a: 3.5}}\n",
        {"y": (0, (0.5, 0.5), 0.5), "z": (0, (0.5, 0.5), 0.5), "n": (0.5, (0.5,), 0.5)},
    )
    files = exported(EXPORTER, design, Options()).files
    modules = [
        "netlist_step_logistic",
        "netlist_gate_logistic_n1_k2",
        "netlist_step_logistic_2",
        "netlist_gate_logistic_2_n1_k1",
        "netlist",
    ]
    assert list(files) == [
        *(f"{name}.v" for name in modules),
        "netlist_tb.v",
        "netlist_rows.hex",
        "README.md",
    ]
    for name in modules:
        assert re.findall(r"^module (\w+)", files[f"{name}.v"], re.MULTILINE) == [name]


@needs("iverilog", "vvp")
@pytest.mark.parametrize("form", FORM.choices)
def test_ports_that_only_pass_and_inputs_that_are_read_twice(form: str, tmp_path: Path):
    design = with_numbers(
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y, a, z]\ngates:\n"
        "  y: {inputs: [a, b, a], function: '00101011', iterates: 1}\n"
        "  z: {inputs: [y, b], function: '0110', iterates: 3}\n",
        {"y": (0, (0.3, 0.2, 0.4), 0.6), "z": (0.05, (0.3, 0.5), 0.6)},
    )
    passed, said = simulated(design, options(form), tmp_path)
    assert passed, said
    export = exported(EXPORTER, design, options(form))
    assert "output wire a_out" in export.files["netlist.v"]
    if form == "pipelined":
        assert "4 clock cycles" in export.files["README.md"]


def test_registers_are_listed():
    export = exported(EXPORTER, iterate_family(), Options(own={"form": "reconfigurable"}))
    lines = export.files["registers.csv"].splitlines()
    assert lines[:7] == [
        "address,gate,register,value,module",
        "0,n1,x0,333,iterate_family_gate_logistic_n1_k2",
        "1,n1,delta_1,256,iterate_family_gate_logistic_n1_k2",
        "2,n1,delta_2,256,iterate_family_gate_logistic_n1_k2",
        "3,n1,threshold,768,iterate_family_gate_logistic_n1_k2",
        "4,n1,below,0,iterate_family_gate_logistic_n1_k2",
        "5,n2,x0,333,iterate_family_gate_logistic_n2_k2",
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
    export = exported(EXPORTER, design, Options(most_rows=100))
    rows = export.files["netlist_rows.hex"].splitlines()
    assert rows[0] == "0" * 18
    assert rows[1] == "7f" + "f" * 15 + "e"
    assert all(int(row, 16).bit_count() % 2 == 0 for row in rows)


def test_a_width_that_breaks_a_row_is_refused():
    found = refusals(EXPORTER, iterate_family(), Options(Hardware(fraction_bits=7)))
    assert [item.split(":")[1] for item in found] == [
        " gate 'n5', row 01",
        " gate 'n5', row 10",
    ]


def test_flows_are_refused(lorenz: Design):
    found = refusals(EXPORTER, lorenz, Options())
    assert len(found) == 6
    assert "has no fixed-point form" in found[0]


def test_a_map_s_own_text_does_not_leave_its_comment():
    design = on_system('{map: "1.0 - x\\n\\n*x", parameters: {}}', (0.0, 1.0))
    text = circuit(exported(EXPORTER, design, Options()))
    assert "// One iterate of the user map 1.0 - x" in text
    assert "//   1.0 - x *x\n" in text
