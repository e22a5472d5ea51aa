"""The BLIF reader and writer."""

import pytest

from chaoscad.formats import blif, read
from chaoscad.formats.blif_hierarchy import DEEPEST_HIERARCHY
from chaoscad.logic import Logic, LogicNode, TruthTable
from chaoscad.logic.truth import WIDEST_GATE
from chaoscad.toolchain import require
from tests.conftest import ROOT, needs
from tests.formats.compare import refused, rows

HEAD = ".model m\n.inputs a b\n.outputs y\n"
BOX = ".end\n.model box\n.inputs i\n.outputs o\n.names i o\n0 1\n.end\n"


def test_a_file_is_read_with_continued_lines_dont_cares_and_models():
    logic = read(ROOT / "tests" / "data" / "priority.blif")
    assert (logic.name, logic.inputs) == ("priority", ("r2", "r1", "r0"))
    assert rows(logic) == {
        "code1": "00111111",
        "code0": "01001111",
        "valid": "01111111",
        "idle": "10000000",
    }
    node = logic.node("idle")
    assert (node.line, node.column) == (14, 2)


def test_another_model_is_the_circuit_when_it_is_named():
    logic = read(ROOT / "tests" / "data" / "priority.blif", top="any")
    assert (logic.name, rows(logic)) == ("any", {"y": "01111111"})


@pytest.mark.parametrize(
    ("cover", "table"),
    [
        ("a b y\n11 1", "0001"),
        ("a b y\n00 0\n11 0", "0110"),
        ("a b y\n-1 1\n1- 1", "0111"),
        ("a b y\n-- 0", "0000"),
        ("a b y", "0"),
        ("y\n1", "1"),
        ("y\n0", "0"),
        ("y", "0"),
        ("a \\\nb y\n10 1", "0010"),
    ],
)
def test_every_kind_of_cover(cover, table):
    logic = blif.loads(f"{HEAD}.names {cover}\n.end\n")
    assert logic.node("y").function.rows == table


TIMING = """
.area 2\n.delay a INV 1 2 3 4 5 6\n.wire_load_slope 1\n.wire 1 2\n.input_arrival a 0 0
.default_input_arrival 0 0\n.output_required y 1 1\n.default_output_required 1 1\n.input_required a 1
.input_drive a 1 1\n.default_input_drive 1 1\n.output_load y 1\n.default_output_load 1
.max_input_load a 1\n.default_max_input_load 1\n.and_gate_delay 31.65\n.cycle 10\n.attrib a b
"""


@needs("yosys-abc")
def test_timing_changes_nothing_and_a_short_is_a_wire(tmp_path):
    text = HEAD + TIMING + ".names a b p\n00 1\n.short p y\n.end\n"
    assert rows(blif.loads(text)) == {"y": "1000"}
    (tmp_path / "abc.blif").write_text(text.replace(TIMING, "\n.and_gate_delay 31.65\n"))
    (tmp_path / "nor.blif").write_text(HEAD + ".names a b y\n00 1\n.end\n")
    done = require("yosys-abc").run(["-c", "cec abc.blif nor.blif"], folder=tmp_path)
    assert "Networks are equivalent" in done.output, done.output


@pytest.mark.parametrize("separator", ["\u2028", "\x85", "\x0c", "\x1c"])
def test_only_lf_cr_and_crlf_end_a_line(separator):
    text = f"# one{separator}.names a b y\r.model m\r\n.inputs a\n.outputs y\n.names a y\n1 1\n"
    assert [node.name for node in blif.loads(text).nodes] == ["y"]


def test_instances_are_copied_under_names_of_their_own():
    text = HEAD + ".subckt box i=a o=p\n.subckt box i=p o=y\n" + BOX.replace("0 1", "0 1\n.names t")
    logic = blif.loads(text)
    assert [node.name for node in logic.nodes] == ["p", "box1.t", "box2.t", "y"]
    assert rows(logic) == {"y": "0011"}


def test_a_wide_cover_becomes_a_tree():
    inputs = [f"i{k}" for k in range(14)]
    cubes = ["1" * 14 + " 1", "0" * 13 + "- 1", "-" * 13 + "1 1"]
    text = f".inputs {' '.join(inputs)}\n.outputs y\n.names {' '.join(inputs)} y\n"
    logic = blif.loads(text + "\n".join(cubes) + "\n")
    assert all(len(node.inputs) <= WIDEST_GATE for node in logic.nodes)
    got = rows(logic)["y"]
    wanted = "".join(
        "1" if row in ((1 << 14) - 1, 0, 1) or row & 1 else "0" for row in range(1 << 14)
    )
    assert got == wanted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f: error: the file holds no circuit; a circuit starts with .model"),
        (".model x\n.end\n", "f: error: the file holds no circuit"),
        (".model x\n.inputs a\n.end\n", "f: error: the circuit has no output"),
        (
            HEAD + ".names a b y\n1 1\n.end\n",
            "f:5:1: error: the cover line '1 1' of 'y' does not fit its 2 inputs; 2 of the letters "
            "0 1 -, a space and 0 or 1",
        ),
        (
            HEAD + ".names a b y\n12 1\n",
            "f:5:1: error: the cube '12' of 'y' holds letters other than 0 1 -",
        ),
        (
            '# chaoscad name q = "a"\n' + HEAD + ".names q b y\n11 1\n",
            "f:1:17: error: 'q' has the name 'a', and so has another net; give every net a name of "
            "its own",
        ),
        (
            HEAD + ".inputs a\n.outputs y\n.names a y\n1 1\n",
            "f:4:9: error: the input 'a' is listed twice; it stands already at line 2\n"
            "f:5:10: error: the output 'y' is listed twice; it stands already at line 3",
        ),
        (
            HEAD + ".mv a 4\n.names a y\n1 1\n",
            "f:4:1: error: '.mv' is refused; this is BLIF-MV; nets with more values are not read",
        ),
        (HEAD + ".names a b y\n11 x\n", "f:5:1: error: the value of 'y' is 'x'; it is 0 or 1"),
        (
            HEAD + ".names a b y\n11 1\n00 0\n",
            "f:6:1: error: the cover of 'y' has lines of both values; a cover lists the rows of 1, "
            "or those of 0",
        ),
        (
            HEAD + ".latch a y re clk 0\n",
            "f:4:1: error: 'y' is a latch, which stores a bit: the circuit is sequential; make its "
            "output an input of the circuit, and its input an output",
        ),
        (
            HEAD + ".gate nand2 A=a B=b F=y\n",
            "f:4:1: error: there is no cell 'nand2'; give the library of its cells: --liberty FILE, "
            "or liberty= in Python",
        ),
        (
            HEAD + ".nmaes a y\n1 1\n",
            "f:4:1: error: there is no statement '.nmaes'; did you mean '.names'?",
        ),
        (
            HEAD + "11 1\n.names a y\n1 1\n",
            "f:4:1: error: '11' stands outside of a .names; a statement starts with a dot",
        ),
        (
            HEAD + ".subckt bxo i=a o=y\n" + BOX,
            "f:4:1: error: there is no model 'bxo'; did you mean 'box'?",
        ),
        (
            HEAD + ".subckt box i=a out=y\n" + BOX,
            "f:4:17: error: the model 'box' has no port 'out'; its ports are i, o",
        ),
        (
            HEAD + ".subckt box o=y\n" + BOX,
            "f:4:1: error: the input 'i' of 'box' is open",
        ),
        (
            HEAD + ".subckt m a=a b=b y=y\n",
            "f:4:1: error: the model 'm' contains itself: m -> m",
        ),
        (
            HEAD + ".subckt box i=a o=y\n" + BOX.replace(".names i o\n0 1", ".blackbox"),
            "f:6:1: error: the model 'box' is a black box; give it its logic, or remove it",
        ),
        (
            HEAD + ".names y\n.subckt box =a o\n" + BOX,
            "f:5:1: error: the input 'i' of 'box' is open\n"
            "f:5:13: error: '=a' connects no port; write .subckt MODEL PORT=NET ...\n"
            "f:5:16: error: 'o' connects no port; write .subckt MODEL PORT=NET ...",
        ),
        (
            HEAD + ".names y\n.names b y\n1 1\n",
            "f:5:10: error: net 'y' has two drivers: this one and the one at line 4; rename or "
            "remove one of them",
        ),
        (
            HEAD + ".names p y\n1 1\n.names y p\n0 1\n",
            "f:4:10: error: the nets form a loop: y -> p -> y; a combinational circuit has none: "
            "every path leads from inputs to outputs",
        ),
        (
            HEAD + ".names y\n.model m\n.end\n",
            "f:5:1: error: the model 'm' stands already at line 1; rename one of them",
        ),
        (
            HEAD + ".names y\n.exdc\n",
            "f:5:1: error: '.exdc' is refused; external don't-cares are not read; remove the section",
        ),
        (
            HEAD + ".names\n.names y\n",
            "f:4:1: error: .names has no net; write .names INPUT... OUTPUT",
        ),
        (HEAD + ".names y \\", "f:4:0: error: the file ends after a backslash"),
    ],
)
def test_what_is_refused(text, message):
    assert refused(lambda: blif.loads(text, "f")) == message


def test_models_within_models_without_end_are_refused():
    deep = "".join(
        f".model m{k}\n.inputs a\n.outputs y\n.subckt m{k + 1} a=a y=y\n.end\n"
        for k in range(DEEPEST_HIERARCHY + 5)
    )
    last = f".model m{DEEPEST_HIERARCHY + 5}\n.inputs a\n.outputs y\n.names a y\n1 1\n.end\n"
    assert "models are nested deeper than 100 levels" in refused(lambda: blif.loads(deep + last))


def test_an_exploding_hierarchy_is_refused():
    text = "".join(
        f".model m{k}\n.inputs a\n.outputs y\n.subckt m{k + 1} a=a y=p\n"
        f".subckt m{k + 1} a=p y=y\n.end\n"
        for k in range(40)
    )
    message = refused(
        lambda: blif.loads(text + ".model m40\n.inputs a\n.outputs y\n.names a y\n1 1\n")
    )
    assert message == (
        "error: the circuit has more than 2000000 nodes or 100000 instances once it is flattened; "
        "import a smaller part of it"
    )


def test_a_circuit_is_written_with_small_covers():
    logic = Logic(
        "m",
        ("a", "b", "c"),
        ("y", "z", "one", "all"),
        (
            LogicNode("y", ("a", "b", "c"), TruthTable("11111110")),
            LogicNode("z", ("a", "b", "c"), TruthTable("00011111")),
            LogicNode("one", (), TruthTable("1")),
            LogicNode("all", ("a",), TruthTable("11")),
        ),
    )
    text = blif.dumps(logic)
    assert text == (
        ".model m\n.inputs a b c\n.outputs y z one all\n.names a b c y\n111 0\n"
        ".names a b c z\n1-- 1\n-11 1\n.names one\n1\n.names a all\n- 1\n.end\n"
    )
    again = blif.loads(text)
    assert again == Logic(again.name, logic.inputs, logic.outputs, again.nodes)
    assert set(again.nodes) == set(logic.nodes)
