"""Verilog read through the real yosys, compared with the real iverilog."""

import re
from itertools import product

import pytest

from chaoscad.formats import loads, read
from chaoscad.logic import Logic, title
from chaoscad.toolchain import require
from tests.conftest import ROOT, needs
from tests.formats.compare import refused, rows

DATA = ROOT / "tests" / "data"
HEAD = "module m(input a, b, output y);\n"


def simulated(logic: Logic, path, folder) -> dict[str, str]:
    """The truth tables of a module as iverilog simulates it."""
    words: dict[str, list[str]] = {}
    for name in (*logic.inputs, *logic.outputs):
        words.setdefault(re.sub(r"\[\d+\]$", "", name), []).append(name)
    width = len(logic.inputs)
    ports = []
    for word, bits in words.items():
        nets = [
            f"in[{width - 1 - logic.inputs.index(bit)}]"
            if bit in logic.inputs
            else f"out[{logic.outputs.index(bit)}]"
            for bit in bits
        ]
        ports.append(f".\\{word} ({{{', '.join(reversed(nets))}}})")
    bench = (
        f"module bench; reg [{width}:0] in; wire [{len(logic.outputs) - 1}:0] out;\n"
        f"\\{path.stem} dut({', '.join(ports)});\n"
        f"initial for (in = 0; in < {1 << width}; in = in + 1) begin #1 "
        '$display("%b", out); end\nendmodule\n'
    )
    (folder / "bench.v").write_text(bench)
    made = require("iverilog").run(
        ["-g2012", "-o", "bench.vvp", "bench.v", str(path.resolve())], folder=folder
    )
    assert made.status == 0, made.output
    lines = require("vvp").run(["bench.vvp"], folder=folder).stdout.split()
    assert len(lines) == 1 << width
    return {
        name: "".join(line[::-1][index] for line in lines)
        for index, name in enumerate(logic.outputs)
    }


@needs("yosys", "iverilog", "vvp")
@pytest.mark.parametrize("name", ["alu_slice", "gates"])
def test_a_module_computes_what_iverilog_simulates(name, tmp_path):
    path = DATA / f"{name}.v"
    logic = read(path)
    assert rows(logic) == simulated(logic, path, tmp_path)


@needs("yosys")
def test_buses_become_bits_the_least_significant_first():
    logic = read(DATA / "alu_slice.v")
    assert logic.name == "alu_slice"
    assert logic.inputs == (
        *("a[0]", "a[1]", "b[0]", "b[1]", "op[0]", "op[1]", "carry_in"),
    )  # fmt: skip
    assert logic.outputs == ("y[0]", "y[1]", "carry_out")
    assert {"sum[0]", "sum[1]", "sum[2]"} <= {node.name for node in logic.nodes}


@needs("yosys")
def test_gates_keep_their_functions_names_and_lines():
    logic = read(DATA / "gates.v")
    assert logic.inputs == ("a", "b", "c+1")
    assert logic.outputs == ("y", "and", "../../etc")
    found = {node.name: (node.inputs, title(node.function)) for node in logic.nodes}
    assert found == {
        "w": (("a", "b", "c+1"), "NAND3"),
        "bus[3]": (("a", "c+1"), "XOR"),
        "y": (("w", "bus[3]"), "NOR"),
        "and": (("a", "b"), "AND"),
        "../../etc": (("w",), "NOT"),
    }
    assert logic.node("w").line == 10


@needs("yosys")
def test_a_primitive_of_twenty_inputs_becomes_a_tree():
    ports = ", ".join(f"a[{k}]" for k in range(20))
    logic = loads(f"module m(input [19:0] a, output y); nor g(y, {ports}); endmodule", "verilog")
    assert max(len(node.inputs) for node in logic.nodes) <= 12
    zeros = dict.fromkeys(logic.inputs, 0)
    assert logic.evaluate(zeros, 0)["y"] == -1
    assert all(logic.evaluate({**zeros, name: -1}, 0)["y"] == 0 for name in logic.inputs)


@needs("yosys")
@pytest.mark.parametrize(
    ("body", "table"),
    [
        ("assign y = 1'b1;", "1111"),
        ("assign y = a;", "0011"),
        ("assign y = a == b;", "1001"),
        ("assign y = |{a, b, 1'b0};", "0111"),
        ("assign y = !a && b;", "0100"),
        ("wire [0:1] w; assign w = {a, b}; assign y = w[0] & ~w[1];", "0010"),
        ("wire k; assign k = b; function f(input i); f = ~i; endfunction assign y = f(k);", "1010"),
    ],
)
def test_small_modules(body, table):
    assert rows(loads(f"{HEAD}{body}\nendmodule", "verilog")) == {"y": table}


@needs("yosys")
def test_system_verilog_is_read_as_such(tmp_path):
    path = tmp_path / "m.sv"
    path.write_text(
        "module m(input logic a, b, output logic y); always_comb y = a ^ b; endmodule\n"
    )
    assert rows(read(path)) == {"y": "0110"}


@needs("yosys")
def test_the_top_module_is_found_or_chosen():
    text = "module low(input a, output y); assign y = ~a; endmodule\n" + (
        "module high(input a, output y); low l(a, y); endmodule\n"
    )
    assert loads(text, "verilog").name == "high"
    assert loads(text, "verilog", top="low").name == "low"
    odd = text.replace("module low", "module \\odd+[0] (input a, output y); endmodule module low")
    odd = odd.replace("endmodule", "assign y = a; endmodule", 1)
    assert loads(odd, "verilog", top="odd+[0]").name == "odd+[0]"
    assert refused(lambda: loads(odd, "verilog", file="f")) == (
        "f: error: 2 modules are in no other, and each may be the circuit: 'odd+[0]', 'high'; choose "
        "one: --top odd+[0]"
    )
    assert refused(lambda: loads(text, "verilog", file="f", top="hihg")) == (
        "f: error: there is no module 'hihg'; did you mean 'high'?"
    )
    assert refused(lambda: loads(text, "verilog", top="low; shell touch x")).startswith(
        "error: there is no module 'low; shell touch x'; "
    )


@needs("yosys")
def test_what_stores_bits_is_named_with_its_line():
    assert refused(lambda: read(DATA / "counter.v")) == "\n".join(
        f"{DATA / 'counter.v'}:{line}"
        for line in (
            "12:3: error: 'count' is a flip-flop ($dff), which stores a bit: the circuit is "
            "sequential; make its output an input of the circuit, and its input an output",
            "14:3: error: 'held' is a latch ($dlatch), which stores a bit: the circuit is "
            "sequential; give it a value in every branch of the code",
            "17:17: error: 'store' is a memory ($memrd), which stores a bit: the circuit is "
            "sequential; write a table of constants as a case statement",
        )
    )


@needs("yosys")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f: error: the file is empty; a circuit is a module with ports"),
        ("// nothing\n", "f: error: the file is empty; a circuit is a module with ports"),
        (
            HEAD + "endmodule",
            "f: error: the module 'm' is empty; a circuit is a module with ports and contents",
        ),
        (HEAD + "assign y = a &;\nendmodule", "f:2:1: error: yosys: syntax error, unexpected ';'"),
        (
            HEAD + "assign y = a & c;\nendmodule",
            "f:2:16: error: net 'c' is not driven; declare it as an input, or drive it",
        ),
        (
            HEAD + "assign y = a;\nassign y = b;\nendmodule",
            "f:1:29: error: net 'y' has two drivers; rename or remove one of them",
        ),
        (
            HEAD + "assign y = 0;\nassign y = 1;\nendmodule",
            "f:1:29: error: net 'y' has two drivers; rename or remove one of them",
        ),
        (
            HEAD + "and g(y, a, b);\nor h(y, a, b);\nendmodule",
            "f:1:29: error: net 'y' has two drivers; rename or remove one of them",
        ),
        (
            HEAD + "assign y = a ? b : 1'bx;\nendmodule",
            "f:2:12: error: 'y' is given an undefined value (x); give it a value, or drive the net",
        ),
        (
            HEAD + "assign y = 1'bz;\nendmodule",
            "f:1:29: error: output 'y' has the value z; gates drive 0 or 1; give it a value",
        ),
        (
            HEAD + "assign y = a ? b : 1'bz;\nendmodule",
            "f:2:12: error: 'y' is given the value z; gates drive 0 or 1; use a multiplexer",
        ),
        (
            "module m(input a, inout b, output y);\nassign y = a;\nendmodule",
            "f:1:25: error: the port 'b' is inout; a circuit has inputs and outputs; make it one of "
            "them",
        ),
        (
            HEAD + "wire p; assign p = y & a;\nassign y = p | b;\nendmodule",
            "f:2:20: error: the nets form a loop: p -> y -> p; a combinational circuit has none: "
            "every path leads from inputs to outputs",
        ),
        (
            HEAD + "full_adder f(a, b, y);\nendmodule",
            "f:2:12: error: 'f' is an instance of 'full_adder', which is no module here; add the "
            "module's Verilog to the file, or give the library of its cells: --liberty FILE, or "
            "liberty= in Python",
        ),
        (
            HEAD + "nandd f(y, a, b);\nendmodule",
            "f:2:7: error: 'f' is an instance of 'nandd', which is no module here; did you mean "
            "'nand'?",
        ),
        (
            HEAD + "box f(a, y);\nendmodule\nmodule box(input i, output o);\nendmodule",
            "f:2:5: error: 'f' is an instance of 'box', which is empty; add the module's Verilog to "
            "the file, or give the library of its cells: --liberty FILE, or liberty= in Python",
        ),
        (
            HEAD + "assign y = a ** b;\nendmodule",
            "f:2:12: error: the operator $pow cannot be turned into gates",
        ),
        (
            "module m(input [2:0] a, input [1:0] i, input b, output y);\n"
            "wire t = a[i];\nassign y = t & b;\nendmodule",
            "f:2:10: error: 't' is undefined (x) for some inputs; keep every index within its vector: "
            "make the vector as long as the index reaches",
        ),
        (
            "module m(input [2:0] a, output y);\nassign y = a[7];\nendmodule",
            "f:1:32: error: output 'y' has the value x; gates drive 0 or 1; give it a value",
        ),
        (
            "module low(input a, output y); assign y = ~a; endmodule // module no\n"
            "module high(input a, output y); assign y = a; endmodule",
            "f: error: 2 modules are in no other, and each may be the circuit: 'low', 'high'; choose "
            "one: --top low",
        ),
        (
            HEAD + 'reg [1:0] t[0:1]; initial $readmemh("/etc/passwd", t); assign y = t[a][b];\n'
            "endmodule",
            "f:2:27: error: '$readmemh' is refused: a file is read into a memory by $readmemh or "
            "$readmemb, and circuits have none; write a table of constants as a case statement",
        ),
        (
            "`define R(x) $read``x\n" + HEAD + "assign y = a;\nendmodule",
            "f:1:14: error: '$read' is refused: a file is read into a memory by $readmemh or "
            "$readmemb, and circuits have none; write a table of constants as a case statement",
        ),
        (
            HEAD + 'initial \\$readmemh ("/etc/passwd", t); assign y = a;\nendmodule',
            "f:2:9: error: '\\\\$readmemh' is refused: a file is read into a memory by $readmemh or "
            "$readmemb, and circuits have none; write a table of constants as a case statement",
        ),
        (
            HEAD + 'initial $display("a\n" $signed(a) "b");\nassign y = a;\nendmodule',
            "f:2:18: error: the string does not end on its line; add its '\"'",
        ),
        (
            '`include "other.v"\n' + HEAD + "assign y = a;\nendmodule",
            "f:1:1: error: `include is not followed; put everything into this file",
        ),
        (
            'import "DPI-C" function int system(string s);\n',
            "f:1:8: error: functions of other languages (DPI) are not called; write it in Verilog",
        ),
        (
            "module m(input [99999999:0] a, output y);\nassign y = a[0];\nendmodule",
            "f:1:16: error: the range [99999999:0] is wider than 65536 bits",
        ),
    ],
)
def test_what_is_refused(text, message):
    found = refused(lambda: loads(text, "verilog", file="f"))
    # Where yosys gives a place, newer ones are more exact.
    place = re.compile(r"^f:(\d+):\d+:")
    assert place.sub(r"f:\1:", found) == place.sub(r"f:\1:", message)


@needs("yosys")
def test_comments_and_strings_are_not_directives():
    text = '// `include "x"\n/* "DPI-C" [999999:0] */\n' + HEAD + "assign y = a;\nendmodule"
    assert rows(loads(text, "verilog")) == {"y": "0011"}


@needs("yosys")
def test_included_files_are_read_from_the_folder_of_the_file(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "width.vh").write_text(
        '`ifndef W\n`define W 3\n`include "last.vh"\n`endif\n'
    )
    (tmp_path / "sub" / "last.vh").write_text('// `include "../../nothing"\n')
    (tmp_path / "body.vh").write_text("\n  assign y = ^a;\n")
    path = tmp_path / "m.v"
    path.write_text(
        '`include "sub/width.vh"\n`include "sub/width.vh"\n`ifdef NEVER\n`include "none.vh"\n`endif\n'
        'module m(input [`W-1:0] a, output y);\n  `include "body.vh"\nendmodule\n'
    )
    assert rows(read(path)) == {"y": "01101001"}
    (tmp_path / "body.vh").write_text("\n  assign y = ^a & q;\n")
    assert refused(lambda: read(path)) == (
        f"{tmp_path / 'body.vh'}:2:19: error: net 'q' is not driven; declare it as an input, or drive it"
    )
    (tmp_path / "body.vh").write_text("\n  assign y = ^a & ;\n")
    assert refused(lambda: read(path)) == (
        f"{tmp_path / 'body.vh'}:2:1: error: yosys: syntax error, unexpected ';'"
    )


@needs("yosys")
@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            '`include "../secret.v"',
            "1:1: error: the included file '../secret.v' lies outside of the file's folder; move it "
            "there, or allow it: --allow-outside, or outside=True in Python",
        ),
        (
            '`define I `include "linked.v"',
            "1:11: error: the included file 'linked.v' lies outside of the file's folder; move it "
            "there, or allow it: --allow-outside, or outside=True in Python",
        ),
        (
            '`include "/dev/zero"',
            "1:1: error: the included file '/dev/zero' lies outside of the file's folder; move it "
            "there, or allow it: --allow-outside, or outside=True in Python",
        ),
        ('`include "."', "1:1: error: the included file '.' is not a regular file"),
        ('`include "none.v"', "1:1: error: the included file 'none.v' does not exist"),
        (
            "`include `FILE",
            '1:1: error: `include takes the name of a file in quotes; write `include "FILE"',
        ),
    ],
)
def test_other_files_are_not_included(line, message, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.v").write_text("// secret\n")
    (tmp_path / "in" / "linked.v").symlink_to(tmp_path / "secret.v")
    path = tmp_path / "in" / "m.v"
    path.write_text(f"{line}\n{HEAD}assign y = a;\nendmodule\n")
    assert refused(lambda: read(path)) == f"{path}:{message}"
    if "secret" in line:
        assert rows(read(path, outside=True)) == {"y": "0011"}


@needs("yosys")
def test_a_file_that_includes_itself_for_ever_is_refused(tmp_path):
    (tmp_path / "m.v").write_text('`include "self.vh"\n')
    (tmp_path / "self.vh").write_text('\n`include "self.vh"\n')
    assert refused(lambda: read(tmp_path / "m.v")) == (
        f"{tmp_path / 'self.vh'}:2:1: error: the included file 'self.vh' includes itself; guard its "
        "text by `ifndef, `define and `endif"
    )


@needs("yosys")
@pytest.mark.parametrize(
    ("body", "table"),
    [
        ("case ({a, b}) 0, 1: y = 1; 2, 3: y = a & b; endcase", "1101"),
        (
            "case ({a, b}) 0: y = 1; 1: y = 0; 2: y = 0; 3: y = 1; default: y = 1'bx; endcase",
            "1001",
        ),
        ("casez ({a, b}) 2'b1?: y = b; 2'b01: y = 1; 2'b00: y = 0; endcase", "0101"),
        ("(* full_case *) case ({a, b}) 0: y = 1; 3: y = 1; 1: y = 0; endcase", None),
        ("case ({a, b}) 0: y = 1; 3: y = 1; 1: y = 0; default: y = 1'bx; endcase", "refused"),
        ("if (a) y = b; else y = 1'bx;", "refused"),
        ("wire l; assign l = l & a; always @* if (l) y = b; else y = 1'bx;", "refused"),
    ],
)
def test_undefined_values_are_taken_only_where_no_case_has_them(body, table):
    code = body if body.startswith("wire") else f"always @* {body}"
    text = f"module m(input a, b, output reg y);\n{code}\nendmodule"
    if table == "refused":
        found = refused(lambda: loads(text, "verilog", file="f"))
        assert "'y' is given an undefined value (x); give it a value, or drive the net" in found
        return
    got = rows(loads(text, "verilog"))["y"]
    # Of the row that no case has nothing is said.
    assert got == table if table else got[:2] + got[3] == "101"


@needs("yosys")
def test_what_yosys_may_take_is_bounded(monkeypatch):
    hint = "make loops and vectors smaller, or take a smaller part of the circuit"
    wide = "module m #(parameter N = 1 << 28)(input [N-1:0] a, output y); assign y = ^a; endmodule"
    assert refused(lambda: loads(wide, "verilog", file="f")) == (
        f"f: error: yosys needs more than the 4 GiB of memory that it may have; {hint}"
    )
    monkeypatch.setattr("chaoscad.toolchain.yosys.LONGEST_RUN", 0.5)
    endless = (
        "module m(input a, output reg y); integer i;\nalways @* begin y = a;\n"
        "for (i = 0; i < 100000000; i = i + 1) y = ~y; end endmodule"
    )
    assert refused(lambda: loads(endless, "verilog", file="f")) == (
        f"f: error: yosys took longer than 0.5 s; {hint}"
    )


@needs("yosys")
@pytest.mark.parametrize(
    "text",
    [
        # Which leaf is used hangs on a parameter that only the top sets.
        "module one(input a, output y); assign y = ~a; endmodule\n"
        "module two(input a, output y); assign y = a; endmodule\n"
        "module sub #(parameter W = 1)(input a, output y);\n"
        "generate if (W > 4) one l(a, y); else two l(a, y); endgenerate endmodule\n"
        "module m(input a, output y); sub #(.W(8)) s(a, y); endmodule\n",
        # Borders that yosys is asked to keep.
        "(* keep_hierarchy *) module sub(input a, output y); assign y = ~a; endmodule\n"
        "module m(input a, output y); (* keep_hierarchy *) sub s(a, y); endmodule\n",
        # The text says which is the top.
        '(* top = "yes" *) module m(input a, output y); assign y = ~a; endmodule\n'
        "module n(input a, output y); assign y = a; endmodule\n",
    ],
    ids=["parameters", "borders", "attribute"],
)
def test_the_top_is_the_module_that_no_other_contains(text):
    logic = loads(text, "verilog")
    assert (logic.name, rows(logic)) == ("m", {"y": "10"})


@needs("yosys")
def test_every_input_row_of_an_adder_is_right():
    text = "module add(input [2:0] p, q, output [3:0] s); assign s = p + q; endmodule"
    logic = loads(text, "verilog")
    tables = rows(logic)
    for row, bits in enumerate(product((0, 1), repeat=6)):
        p, q = (sum(bit << k for k, bit in enumerate(part)) for part in (bits[:3], bits[3:]))
        got = sum(int(tables[f"s[{k}]"][row]) << k for k in range(4))
        assert got == p + q
