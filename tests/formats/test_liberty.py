"""Netlists of library cells, their functions read from Liberty; yosys is the judge."""

import pytest

from chaoscad.formats import blif, liberty, loads, read
from chaoscad.formats.liberty_function import pin_function
from chaoscad.toolchain import require
from tests.conftest import ROOT, needs
from tests.formats.compare import refused, rows

LIBRARY = ROOT / "tests" / "data" / "cells.lib"
NETLIST = """module m(input a, b, c, d, output y, s, co, o, z);
  wire w, one;
  NAND2_X1 u1 (.A1(a), .A2(b), .ZN(w));
  AOI21_X1 u2 (.A(w), .B1(c), .B2(d), .ZN(y));
  FA u3 (.A(a), .B(b), .CI(c), .S(s), .CO(co));
  TIE1 u4 (.Z(one));
  INV_X1 u5 (.A(one), .ZN(o));
  MIX u6 (.A(a), .B(b), .C(c), .D(d), .Z(z));
endmodule
"""
HEAD = ".model m\n.inputs a b\n.outputs y\n"


@pytest.fixture(scope="module")
def cells():
    return liberty.load([LIBRARY])


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("A B", "0001"),
        ("A*B'", "0010"),
        ("(A+B)''", "0111"),
        ("!A ^ !B", "0110"),
        ("A ^ B & A", "0010"),
        ("A + B ^ A", "0111"),
        ("(A)(B) | !A!B", "1001"),
        ("1 ^ B", "10"),
        ("0", "0"),
    ],
)
def test_functions_are_read_with_the_precedence_of_liberty(text, table):
    assert pin_function(text, ("A", "B")).table.rows == table


@needs("yosys")
def test_verilog_and_blif_of_cells_compute_what_yosys_says(cells, tmp_path):
    (tmp_path / "m.v").write_text(NETLIST)
    (tmp_path / "cells.lib").write_text(LIBRARY.read_text())
    script = (
        "read_liberty -lib cells.lib; read_verilog m.v; hierarchy -top m; write_blif subckt.blif; "
        "write_blif -gates gate.blif; design -reset; "
        "read_liberty cells.lib; read_verilog m.v; hierarchy -top m; flatten; techmap; opt_clean; "
        "write_blif flat.blif"
    )
    done = require("yosys").run(["-q", "-p", script], folder=tmp_path)
    assert done.status == 0, done.output
    wanted = rows(read(tmp_path / "flat.blif"))
    logic = read(tmp_path / "m.v", liberty=[LIBRARY])
    assert rows(logic) == wanted
    assert [(node.name, node.inputs, node.line) for node in logic.nodes][:3] == [
        ("w", ("a", "b"), 3),
        ("s", ("a", "b", "c"), 5),
        ("co", ("a", "b", "c"), 5),
    ]
    for form in ("subckt", "gate"):
        assert rows(read(tmp_path / f"{form}.blif", liberty=[LIBRARY], top="m")) == wanted


@needs("yosys")
def test_cells_and_operators_stand_side_by_side(cells):
    text = (
        "module m(input [2:0] a, b, output [3:0] s, output n); wire w; assign s = a + b;\n"
        "NAND2_X1 u (.A1(s[3]), .A2(a < b), .ZN(w), .VDD(1'b1)); INV_X1 v (.A(w), .ZN(n));"
        "endmodule"
    )
    got = rows(loads(text, "verilog", cells=cells))
    plain = text.replace("NAND2_X1 u (.A1(s[3]), .A2(a < b), .ZN(w), .VDD(1'b1))", "").replace(
        "INV_X1 v (.A(w), .ZN(n))", "assign n = s[3] & (a < b)"
    )
    assert got == rows(loads(plain, "verilog"))


@needs("yosys")
@pytest.mark.parametrize(
    ("instance", "message"),
    [
        (
            "NAND2_X1 u (y, a, b);",
            "'u' connects the cell 'NAND2_X1' by the order of its pins; a library has no order; "
            "write .PIN(net)",
        ),
        (
            "NAND2_X1 u (.A1(a), .A2({a, b}), .ZN(y));",
            "the pin 'A2' of 'u' is given 2 bits; a pin of a cell has one",
        ),
        (
            "NAND2_X1 u (.A1(a), .A2(), .ZN(y));",
            "the input 'A2' of the cell 'NAND2_X1' is open",
        ),
        (
            "NAND2_X2 u (.A1(a), .A2(b), .ZN(y));",
            "'u' is an instance of 'NAND2_X2', which is no module here; did you mean 'NAND2_X1'?",
        ),
    ],
)
def test_wrong_instances_in_verilog_are_refused(cells, instance, message):
    text = f"module m(input a, b, output y);\n{instance}\nendmodule"
    found = refused(lambda: loads(text, "verilog", file="f", cells=cells))
    assert found.startswith("f:2:")
    assert found.partition("error: ")[2] == message


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            ".gate NAND2 A1=a A2=b ZN=y",
            "f:4:1: error: there is no cell 'NAND2'; did you mean 'NAND2_X1'?",
        ),
        (
            ".gate NAND2_X1 A1=a B2=b ZN=y",
            "f:4:1: error: the cell 'NAND2_X1' has no pin 'B2'; its pins are A1, A2, ZN\n"
            "f:4:1: error: the input 'A2' of the cell 'NAND2_X1' is open",
        ),
        (
            ".gate DFF_X1 D=a CK=b Q=y",
            "f:4:1: error: the cell 'DFF_X1' stores a bit (ff): the circuit is sequential; it stands "
            f"at {LIBRARY}:42",
        ),
    ],
)
def test_wrong_cells_in_blif_are_refused(cells, line, message):
    assert refused(lambda: blif.loads(f"{HEAD}{line}\n.end\n", "f", cells=cells)) == message


@needs("yosys-abc")
def test_what_abc_maps_to_a_library_is_read(tmp_path):
    (tmp_path / "m.blif").write_text(
        ".model m\n.inputs a b c\n.outputs y z\n.names a b c y\n1-1 1\n01- 1\n.names z\n.end\n"
    )
    (tmp_path / "m.lib").write_text(
        "library (l) {\n"
        + "".join(
            f"cell ({name}) {{ area : 1;\n"
            + "".join(f"pin ({pin}) {{ direction : input; }}\n" for pin in pins)
            + f'pin (Z) {{ direction : output; function : "{function}"; }} }}\n'
            for name, pins, function in (
                ("BUF", "A", "A"),
                ("INV", "A", "!A"),
                ("NAND", "AB", "!(A & B)"),
                ("OAI", "ABC", "!((A | B) & C)"),
            )
        )
        + "}\n"
    )
    commands = "read_lib -w m.lib; read_blif m.blif; strash; map; write_blif o.blif"
    require("yosys-abc").run(["-c", commands], folder=tmp_path)
    assert "_const0_" in (tmp_path / "o.blif").read_text()
    wanted = rows(read(tmp_path / "m.blif"))
    assert rows(read(tmp_path / "o.blif", liberty=[tmp_path / "m.lib"])) == wanted


CELL = "library (l) {{\n cell (C) {{\n  pin (A) {{ direction : input; }}\n  pin (Z) {{ {} }}\n }}\n}}\n"


@pytest.mark.parametrize(
    ("pin", "message"),
    [
        (
            'direction : output; function : "A & Q";',
            "l:4:1: error: the function 'A & Q' of the pin 'Z' names 'Q', which is no input of the "
            "cell; the inputs are A",
        ),
        (
            'direction : output; function : "(A";',
            "l:4:1: error: the function '(A' of the pin 'Z' has no closing ')'",
        ),
        (
            'direction : output; function : "A & | A";',
            "l:4:1: error: the function 'A & | A' of the pin 'Z' has '|' where it cannot stand; a "
            "function is written with pins and ! ' & * | + ^ ( ) 0 1",
        ),
        (
            'direction : output; three_state : "A"; function : "A";',
            "f:4:1: error: the cell 'C' has the tri-state output 'Z'; gates drive 0 or 1; it stands "
            "at l:2",
        ),
        (
            "direction : output;",
            "f:4:1: error: the output 'Z' of the cell 'C' has no function; the cell stands at l:2",
        ),
        (
            "direction : inout;",
            "f:4:1: error: the cell 'C' has a pin 'Z' whose direction is 'inout'; gates have inputs "
            "and outputs; it stands at l:2",
        ),
    ],
)
def test_cells_that_are_no_gates_are_refused_where_they_are_used(pin, message):
    cells = liberty.loads(CELL.format(pin), "l")
    assert rows(blif.loads(f"{HEAD}.short a y\n.end\n", "f", cells=cells)) == {"y": "0011"}
    text = f"{HEAD}.gate C A=a Z=y\n.end\n"
    assert refused(lambda: blif.loads(text, "f", cells=cells)) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "",
            "l: error: the library has no cells; it reads library (NAME) { cell (NAME) { pin (NAME) "
            "{ ... } } }",
        ),
        (
            "library (l) {\n cell (C) {\n }\n",
            "l:1:1: error: the group library (l) has no closing '}'",
        ),
        ("library (l) { } }", "l:1:1: error: the '}' closes no group"),
        ("library (l) {\n area 3; }", "l:2:1: error: after 'area' stands no ':' or '('"),
        ('library (l) {\n\n a : "b;\n }', "l:3:1: error: the string is not closed"),
        (
            "cell (C) { }",
            "l:1:1: error: the outermost group is 'cell'; a Liberty file reads library (NAME) { ... }",
        ),
        (
            "library (l) {\n cell (C) { }\n cell (C) { } }",
            "l:3:1: error: the cell 'C' stands already at l:2; rename or remove one of them",
        ),
        (
            "library (l) {\n include_file (x.lib); }",
            "l:2:1: error: include_file is not followed; give that file to --liberty too",
        ),
    ],
)
def test_a_library_that_cannot_be_read_is_refused_at_its_line(text, message):
    assert refused(lambda: liberty.loads(text, "l")) == message


def test_a_cell_of_two_libraries_is_refused():
    assert refused(lambda: liberty.load([LIBRARY, LIBRARY])) == (
        f"{LIBRARY}:5:1: error: the cell 'INV_X1' stands already at {LIBRARY}:5; give one library of "
        "every cell, for instance of one corner"
    )
