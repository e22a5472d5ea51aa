"""The `.bench` reader and writer."""

from itertools import product

import pytest

from chaoscad.formats import bench, read, write
from chaoscad.logic import Logic, LogicNode, TruthTable
from chaoscad.logic.truth import WIDEST_GATE
from chaoscad.toolchain import require
from tests.conftest import ROOT, needs
from tests.formats.compare import refused, rows

PORTS = "INPUT(a)\nINPUT(b)\nOUTPUT(y)\n"


def test_a_file_is_read_with_its_order_places_and_numeric_names():
    logic = read(ROOT / "tests" / "data" / "five_nands.bench")
    assert logic.name == "five_nands"
    assert logic.inputs == ("1", "2", "3", "4")
    assert logic.outputs == ("21", "22")
    assert [(node.name, node.inputs, node.line) for node in logic.nodes] == [
        ("11", ("1", "3"), 10),
        ("12", ("3", "4"), 11),
        ("15", ("2", "12"), 13),
        ("21", ("11", "15"), 12),
        ("22", ("15", "12"), 14),
    ]
    assert {node.function.rows for node in logic.nodes} == {"1110"}
    expected = {"21": "", "22": ""}
    for one, two, three, four in product((0, 1), repeat=4):
        low = 1 - three * four
        middle = 1 - two * low
        expected["21"] += str(1 - (1 - one * three) * middle)
        expected["22"] += str(1 - middle * low)
    assert rows(logic) == expected


@pytest.mark.parametrize(
    ("gate", "table"),
    [
        ("AND(a, b)", "0001"),
        ("nand(a,b)", "1110"),
        ("OR( a , b )", "0111"),
        ("NOR(a, b)", "1000"),
        ("XOR(a, b)", "0110"),
        ("XNOR(a, b)", "1001"),
        ("NOT(a)", "10"),
        ("INV(a)", "10"),
        ("BUFF(a)", "01"),
        ("NOR(a)", "10"),
        ("MUX(a, b, a)", "00110101"),
        ("LUT 0x2 (a, b)", "0010"),
        ("LUT 0xd4 (a, b, a)", "01110001"),
        ("vdd", "1"),
        ("gnd", "0"),
    ],
)
def test_every_gate(gate, table):
    logic = bench.loads(f"{PORTS}y = {gate}  # a comment\n")
    assert logic.nodes[0].function.rows == table


@needs("yosys-abc")
def test_a_multiplexer_is_read_in_either_order_and_abc_has_the_second(tmp_path):
    text = "INPUT(s)\n" + PORTS + "y = MUX(s, a, b)\n"
    low = bench.loads(text, "f")
    assert rows(low) == rows(bench.loads(text, mux_order="low-first")) == {"y": "00110101"}
    assert [str(warning) for warning in low.warnings] == [
        "f:5:5: warning: MUX(s, a, b) is read as a at s = 0, as logic-locking tools write it; "
        "others, such as ABC, read a at s = 1; say which: --mux-order low-first, or high-first"
    ]
    high = bench.loads(text, mux_order="high-first")
    assert (rows(high), high.warnings) == ({"y": "01010011"}, ())
    (tmp_path / "mux.bench").write_text(text)
    write(high, tmp_path / "high.blif")
    done = require("yosys-abc").run(["-c", "cec mux.bench high.blif"], folder=tmp_path)
    assert "Networks are equivalent" in done.output, done.output
    assert bench.loads(text.replace("MUX(s, a, b)", "AND(a, b)")).warnings == ()


def test_supplies_are_constants_where_nothing_drives_them():
    text = PORTS + "OUTPUT(gnd)\np = NOT(vdd)\nq = NAND(a, gnd)\ny = OR(p, q, b)\n"
    assert rows(bench.loads(text)) == {"y": "1111", "gnd": "0000"}
    assert rows(bench.loads("INPUT(vdd)\nOUTPUT(y)\ny = NOT(vdd)\n")) == {"y": "10"}


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1e"])
def test_only_lf_cr_and_crlf_end_a_line(separator):
    text = f"# one{separator}y2 = AND(a, a)\rINPUT(a)\r\nOUTPUT(y)\ny = NOT(a)"
    assert [node.name for node in bench.loads(text).nodes] == ["y"]
    # What is no blank of ASCII is part of a name.
    assert bench.loads("INPUT(a\u2028b)\nOUTPUT(a\u2028b)\n").inputs == ("a\u2028b",)


def test_a_wide_gate_becomes_a_tree_with_readable_names():
    inputs = [f"i{k}" for k in range(30)]
    text = "".join(f"INPUT({name})\n" for name in inputs)
    logic = bench.loads(f"{text}OUTPUT(y)\nINPUT(y_part2)\ny = NAND({', '.join(inputs)})\n")
    assert [node.name for node in logic.nodes] == ["y_part1", "y_part3", "y_part4", "y"]
    assert all(len(node.inputs) <= WIDEST_GATE for node in logic.nodes)
    ones = dict.fromkeys([*inputs, "y_part2"], -1)
    assert logic.evaluate(ones, 0)["y"] == 0
    for name in inputs:
        assert logic.evaluate({**ones, name: 0}, 0)["y"] == -1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f: error: the file holds no circuit"),
        ("# nothing\n", "f: error: the file holds no circuit"),
        ("INPUT(a)\n", "f: error: the circuit has no output"),
        (PORTS, "f:3:8: error: output 'y' is not driven"),
        (
            '# chaoscad name q = "a"\n' + PORTS + "y = AND(q, b)\n",
            "f:1:17: error: 'q' has the name 'a', and so has another net; give every net a name of "
            "its own",
        ),
        (
            '# chaoscad name p = "c d"\n# chaoscad name y = "c d"\n' + PORTS + "p = AND(a, b)\n",
            "f:2:17: error: 'y' has the name 'c d', and so has another net; give every net a name "
            "of its own",
        ),
        (
            '# chaoscad name y = "c"\n# chaoscad name y = "d"\n' + PORTS + "y = AND(a, b)\n",
            "f:2:17: error: 'y' has two names, this one and 'c'; remove one of the comments",
        ),
        *(
            (
                f"# chaoscad name y = {name}\n" + PORTS + "y = AND(a, b)\n",
                f"f:1:17: error: the name of 'y' {fault}; the comment reads # chaoscad name WORD = "
                '"NAME"; the name is written as in JSON',
            )
            for name, fault in (
                ('""', "is empty"),
                ('"a\\x"', "cannot be read"),
                ('"\\ud800"', "is '\\ud800', half of a character, which cannot be encoded"),
            )
        ),
        (
            PORTS + "y = AND(a, c1)\n",
            "f:4:1: error: net 'c1' is not driven; add INPUT(c1), or a gate that drives it",
        ),
        (
            "INPUT(alpha)\nOUTPUT(y)\ny = NOT(alhpa)\n",
            "f:3:1: error: net 'alhpa' is not driven; did you mean 'alpha'?",
        ),
        (
            PORTS + "y = AND(a b)\n",
            "f:4:9: error: the inputs of 'y' are names with a comma between them; given was 'a b'",
        ),
        (PORTS + "y = AND(a,\n", "f:4:1: error: the line 'y = AND(a,' has no closing ')'"),
        (PORTS + "y = NADN(a, b)\n", "f:4:5: error: there is no gate 'NADN'; did you mean 'NAND'?"),
        (
            PORTS + "q = DFF(y)\ny = NOT(q)\n",
            "f:4:5: error: 'q' is a DFF, which stores a bit: the circuit is sequential; make its "
            "output an input of the circuit, and its input an output",
        ),
        (PORTS + "y = NOT(a, b)\n", "f:4:5: error: NOT takes exactly 1 input, and 'y' has 2"),
        (PORTS + "y = AND()\n", "f:4:5: error: AND takes at least 1 input, and 'y' has 0"),
        (PORTS + "y = MUX(a, b)\n", "f:4:5: error: MUX takes exactly 3 inputs, and 'y' has 2"),
        (
            PORTS + "y = AND(a, b)\ny = OR(a, b)\n",
            "f:5:1: error: net 'y' has two drivers: this one and the one at line 4; rename or "
            "remove one of them",
        ),
        (
            PORTS + "a = NOT(b)\ny = NOT(a)\n",
            "f:4:1: error: net 'a' has two drivers: this one and the input at line 1; rename or "
            "remove one of them",
        ),
        (
            PORTS + "y = AND(a, p)\nq = BUF(y)\np = NOT(q)\n",
            "f:4:1: error: the nets form a loop: y -> q -> p -> y; a combinational circuit has none: "
            "every path leads from inputs to outputs",
        ),
        (PORTS + "y = LUT (a)\n", "f:4:5: error: the LUT 'y' has no table; write LUT 0x8 (a, b)"),
        (
            PORTS + "y = LUT 0x1ff (a, b)\n",
            "f:4:5: error: the table '0x1ff' of 'y' has more than the 4 rows of 2 inputs",
        ),
        (
            PORTS + f"y = LUT 0x0 ({', '.join('a' * 13)})\n",
            "f:4:5: error: the LUT 'y' has 13 inputs; at most 12 are read; build it from smaller ones",
        ),
        (
            PORTS + "y = AND 0x8 (a, b)\n",
            "f:4:5: error: only LUT takes a table, and AND was given '0x8'",
        ),
        (
            "INPUT(a)\nINPUT(a)\nOUTPUT(a)\nOUTPUT(a)\n",
            "f:2:7: error: the input 'a' is listed twice; it stands already at line 1\n"
            "f:4:8: error: the output 'a' is listed twice; it stands already at line 3",
        ),
        (
            PORTS + "y : a\ny = NOT(a)\nINPUT()\n",
            "f:4:1: error: the line 'y : a' cannot be read; a line is INPUT(net), OUTPUT(net) or "
            "net = GATE(net, ...)\n"
            "f:6:1: error: the line 'INPUT()' cannot be read; a line is INPUT(net), OUTPUT(net) or "
            "net = GATE(net, ...)",
        ),
    ],
)
def test_what_is_refused(text, message):
    assert refused(lambda: bench.loads(text, "f")) == message


def test_a_refused_gate_is_not_missed_where_it_is_read():
    text = PORTS + "p = FROB(a)\ny = AND(p, b)\n"
    assert refused(lambda: bench.loads(text)).count("error") == 1


def test_of_very_many_errors_the_rest_is_counted():
    message = refused(lambda: bench.loads("nonsense\n" * 1000, "f"))
    assert message.count("\n") == 100
    assert message.endswith("f: error: 900 more errors are not shown")


def test_a_circuit_is_written_with_names_gates_and_tables():
    logic = Logic(
        "two words",
        ("a", "b b"),
        ("y", "a", "one"),
        (
            LogicNode("y", ("a", "b b"), TruthTable("0110")),
            LogicNode("one", (), TruthTable("1")),
            LogicNode("unused", ("a", "b b"), TruthTable("0010")),
        ),
    )
    text = bench.dumps(logic)
    assert text == (
        '# circuit two words\n# chaoscad name b_b = "b b"\n\n'
        "INPUT(a)\nINPUT(b_b)\nOUTPUT(y)\nOUTPUT(a)\nOUTPUT(one)\n\n"
        "y = XOR(a, b_b)\none = vdd\nunused = LUT 0x2 (a, b_b)\n"
    )
    again = bench.loads(text, name=logic.name)
    assert set(again.nodes) == set(logic.nodes)
    assert (again.inputs, again.outputs) == (logic.inputs, logic.outputs)
