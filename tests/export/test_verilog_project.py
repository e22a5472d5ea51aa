"""Verilog in a project: exports beside each other, odd names, and registers that change what gates are."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from chaoscad.evidence import Evidence
from chaoscad.export import Export, Options
from chaoscad.export.verilog import FORM, Architecture
from chaoscad.export.verilog.check import lint, simulate
from chaoscad.export.verilog.exporter import EXPORTER
from chaoscad.export.verilog.plan import plan
from chaoscad.toolchain import require
from tests.conftest import needs
from tests.export.conftest import exported
from tests.export.designs import on_system, with_numbers
from tests.export.test_verilog import three_gates

XOR, AND = (0.0, (0.5, 0.5), 0.5), (0.0, (0.25, 0.25), 0.9)


def two_gates(name: str, first: tuple[float, tuple[float, ...], float]):
    """A half adder of logistic gates, or what it is with another first gate."""
    text = (
        f"chaoscad: 1\nname: {name}\ninputs: [a, b]\noutputs: [y, z]\ngates:\n"
        "  y: {inputs: [a, b], function: XOR}\n  z: {inputs: [a, b], function: AND}\n"
    )
    return with_numbers(text, {"y": first, "z": AND})


def written(export: Export, folder: Path) -> list[str]:
    folder.mkdir(exist_ok=True)
    for name, text in export.files.items():
        (folder / name).write_text(text)
    return [
        f"{folder}/{name}" for name in export.files if name.endswith(".v") and "_tb" not in name
    ]


@needs("iverilog", "vvp", "verilator")
def test_two_exports_go_into_one_program(tmp_path: Path):
    left, right = two_gates("left", XOR), two_gates("right", (0.0, (0.25, 0.25), 0.5))
    files = written(exported(EXPORTER, left, Options()), tmp_path / "left")
    chosen = Options(own={"form": "pipelined"})
    files += written(exported(EXPORTER, right, chosen), tmp_path / "right")
    (tmp_path / "both.v").write_text(
        "`timescale 1ns / 1ps\n"
        "module both;\n"
        "  reg clk, a, b;\n"
        "  wire ly, lz, ry, rz;\n"
        "  left first (.a(a), .b(b), .y(ly), .z(lz));\n"
        "  right second (.clk(clk), .a(a), .b(b), .y(ry), .z(rz));\n"
        "  always #5 clk = !clk;\n"
        "  integer row;\n"
        "  initial begin\n"
        "    clk = 0;\n"
        "    for (row = 0; row < 4; row = row + 1) begin\n"
        "      {a, b} = row;\n"
        "      @(negedge clk);\n"
        '      $display("%b%b %b%b %b%b", a, b, ly, lz, ry, rz);\n'
        "    end\n"
        "    $finish;\n"
        "  end\n"
        "endmodule\n"
    )
    program = str(tmp_path / "both")
    arguments = ["-g2005", "-Wall", "-Wno-timescale", "-s", "both", "-o", program]
    made = require("iverilog").run([*arguments, *files, "both.v"], folder=tmp_path)
    assert [line for line in made.output.splitlines() if "Unable to get" not in line] == []
    ran = require("vvp").run(["-n", program], folder=tmp_path)
    # y: XOR on the left, OR on the right; z: AND.
    assert ran.stdout.splitlines()[:4] == ["00 00 00", "01 10 10", "10 10 10", "11 01 11"]


@needs("iverilog", "vvp", "verilator")
@pytest.mark.parametrize("form", FORM.choices)
def test_nets_with_the_names_of_ports_and_nets_that_nobody_reads(
    form: Architecture, tmp_path: Path
):
    names = "unused, commit, busy, read_data, committing, writing, clk, data, read_y"
    design = with_numbers(
        f"chaoscad: 1\nname: odd\ninputs: [{names}]\noutputs: [y, clk]\ngates:\n"
        "  y: {inputs: [unused, commit], function: XOR}\n"
        "  gate_y: {inputs: [y, busy], function: XOR}\n",
        {"y": XOR, "gate_y": XOR},
    )
    chosen = Options(own={"form": form}, most_rows=64)
    written(exported(EXPORTER, design, chosen), tmp_path)
    made = plan(Evidence(design), chosen)
    for check in (simulate, lint):
        passed, said = check(made, tmp_path)
        assert passed, said
    kept = [name for name, other in made.nets.items() if name == other]
    taken = {"combinational": [], "pipelined": ["clk"]}
    bus = ["commit", "read_data", "clk", "data"]
    taken |= {"reconfigurable": bus, "pipelined-reconfigurable": [*bus, "busy"]}
    assert set(made.nets) - set(kept) == set(taken[form])


@pytest.mark.parametrize("form", FORM.choices)
def test_modules_bear_the_name_of_the_circuit_however_long(form: Architecture):
    designs = [two_gates("long_" * 11 + end, XOR) for end in ("one", "two")]
    files = [
        set(exported(EXPORTER, design, Options(own={"form": form})).files) for design in designs
    ]
    common = {"README.md", "registers.csv", "functions.csv"}
    assert files[0] & files[1] <= common
    assert all(name.startswith("long_" * 11) for name in files[0] - common)


def test_a_gate_becomes_every_function_of_two_inputs():
    export = exported(EXPORTER, three_gates(), Options(own={"form": "reconfigurable"}))
    rows = list(csv.DictReader(io.StringIO(export.files["functions.csv"])))
    found = {row["module"]: [] for row in rows}
    for row in rows:
        found[row["module"]].append(row["function"])
    every = [f"{number:04b}" for number in range(16)]
    assert found == {
        "three_gates_gate_logistic_n1_k2": every,
        "three_gates_gate_logistic_n3_k2": every,
        "three_gates_gate_tent_n2_k1": ["00", "01", "10", "11"],
    }
    # The logistic map with a = 4 in integers of 1 / 32, rounded down: what each row computes.
    scale = 1 << int(_word(export).split(".")[1])
    for row in rows[:16]:
        x0, first, second, threshold = (
            int(row[name]) for name in ("x0", "delta_1", "delta_2", "threshold")
        )
        values = [
            4 * z * (scale - z) // scale for z in (x0, x0 + second, x0 + first, x0 + first + second)
        ]
        bits = [value < threshold if row["below"] == "1" else value > threshold for value in values]
        assert "".join(str(int(bit)) for bit in bits) == row["function"]
        assert float(row["margin"]) > scale / 3
    names = {row["function"]: row["name"] for row in rows[:16]}
    assert {names[rows] for rows in ("0110", "0001", "1111")} == {"XOR", "AND", "TRUE"}
    assert (
        "One `three_gates_gate_logistic_n1_k2` becomes each of these 16 functions; the bench checks "
        "every row of every one:\n\n"
        "| function | name | x0 | delta_1 | delta_2 | threshold | below | margin |\n"
    ) in export.files["README.md"]


def _word(export: Export) -> str:
    return export.files["three_gates.v"].split(" bits, Q")[1].split(":")[0]


def test_functions_that_are_not_found_are_named():
    # A line is monotone: no gate on it tells equal inputs from different ones.
    design = on_system('{map: "0.75*x", parameters: {}}', (0.0, 1.0))
    text = exported(EXPORTER, design, Options(own={"form": "reconfigurable"})).files["README.md"]
    assert (
        "One `netlist_gate_user_n1_k2` becomes each of these 14 functions (of 16; not found: 0110, "
        "1001); the bench checks every row of every one:"
    ) in text


def test_three_inputs_have_no_table_of_functions():
    design = with_numbers(
        "chaoscad: 1\ninputs: [a, b, c]\noutputs: [y]\ngates:\n"
        "  y: {inputs: [a, b, c], function: '00101011'}\n",
        {"y": (0, (0.3, 0.2, 0.4), 0.6)},
    )
    export = exported(EXPORTER, design, Options(own={"form": "reconfigurable"}))
    assert export.files["functions.csv"].count("\n") == 1
    assert (
        "For `netlist_gate_logistic_n1_k3` no functions are listed: it has 3 inputs, and only those "
        "of one and two are searched."
    ) in export.files["README.md"]


@needs("iverilog", "vvp")
def test_the_bench_notices_a_wrong_row_of_the_table(tmp_path: Path):
    design = two_gates("pair", XOR)
    export = exported(EXPORTER, design, Options(own={"form": "reconfigurable"}))
    written(export, tmp_path)
    made = plan(Evidence(design), Options(own={"form": "reconfigurable"}))
    passed, said = simulate(made, tmp_path)
    assert passed
    assert "one pair_gate_logistic_n1_k2 became 2 gates of the design and 16 functions" in said
    bench = tmp_path / "pair_tb.v"
    text = bench.read_text()
    # The last register of the last function: TRUE.
    line = text[text.index("    unit_0_settings[89] = ") :].split("\n")[0]
    assert line.endswith(("'h0;", "'h1;"))
    bench.write_text(text.replace(line, line[:-2] + ("1;" if line.endswith("0;") else "0;")))
    passed, said = simulate(made, tmp_path)
    assert not passed
    assert "FAIL pair_gate_logistic_n1_k2, setting 17, row 0" in said


@needs("verilator")
def test_lint_fails_on_a_width_and_on_a_bit_that_nobody_reads(tmp_path: Path):
    design = two_gates("pair", XOR)
    export = exported(EXPORTER, design, Options())
    written(export, tmp_path)
    made = plan(Evidence(design), Options())
    step = tmp_path / "pair_step_logistic.v"
    text, cut = re.subn(r"= v5\[\d+:\d+\];", "= v5;", export.files[step.name])
    text, read = re.subn(r"  wire unused = .*\n", "", text)
    assert (cut, read) == (1, 1)
    step.write_text(text)
    passed, said = lint(made, tmp_path)
    assert not passed
    kinds = {line.split(":")[0].split("-")[1] for line in said if line.startswith("%Warning-")}
    assert "UNUSEDSIGNAL" in kinds
    # One kind in Verilator 5.006, two since.
    assert kinds & {"WIDTH", "WIDTHTRUNC"}
    assert said[-1] == "verilator ended with status 1"


def test_without_verilator_the_log_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    design = two_gates("pair", XOR)
    made = plan(Evidence(design), Options())
    monkeypatch.setenv("PATH", "/nowhere")
    assert lint(made, tmp_path) == (
        True,
        [
            "$ verilator --lint-only -Wall --top-module pair pair_step_logistic.v "
            "pair_gate_logistic_n1_k2.v pair.v",
            "verilator is not installed, so it was not asked",
        ],
    )
