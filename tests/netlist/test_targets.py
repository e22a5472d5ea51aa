"""Targets from a reference circuit: matched by name, evaluated once, carried by the netlist."""

import json
from pathlib import Path

import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.logic import Logic, LogicNode, TruthTable
from chaoscad.netlist import Netlist, Reference, check, dump, load, parse, parse_data, to_data
from chaoscad.netlist.generators import ripple_adder

HALF_BLIF = """\
.model half
.inputs b a
.outputs c s
.names a b s
10 1
01 1
.names a b c
11 1
.end
"""

HALF = """\
chaoscad: 1
inputs: [a, b]
outputs: [s, c]
gates:
  s: {inputs: [a, b]}
  c: {inputs: [a, b]}
targets: {file: half.blif}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("half.blif").write_text(HALF_BLIF)
    return tmp_path


def write(name: str, text: str) -> str:
    Path(name).write_text(text)
    return name


def errors(text: str, name: str = "n.yaml") -> list[str]:
    with pytest.raises(ChaoscadError) as caught:
        parse(text, name)
    return [str(item) for item in caught.value.diagnostics if item.severity == "error"]


def table(netlist: Netlist, output: str) -> str:
    """The wanted column of an output over all rows, the first input most significant."""
    (target,) = (item for item in netlist.targets if item.output == output)
    count = len(netlist.inputs)
    rows = np.arange(1 << count)
    columns = {
        name: (rows >> (count - 1 - index) & 1).astype(bool)
        for index, name in enumerate(netlist.inputs)
    }
    ones, care = target.evaluate(columns, np.zeros(1 << count, bool))
    assert care.all()
    return "".join("1" if bit else "0" for bit in ones)


def test_ports_are_matched_by_name_in_any_order(folder):
    netlist = load(write("n.yaml", HALF))
    assert [target.output for target in netlist.targets] == ["s", "c"]
    assert [target.inputs for target in netlist.targets] == [("a", "b")] * 2
    assert (table(netlist, "s"), table(netlist, "c")) == ("0110", "0001")
    assert netlist.targets[0].text == "s of the reference half"
    assert netlist.files == ("n.yaml", "half.blif")


def test_references_are_read_in_other_formats_too(folder):
    write("half.bench", "INPUT(a)\nINPUT(b)\nOUTPUT(s)\nOUTPUT(c)\ns = XOR(a, b)\nc = AND(a, b)\n")
    netlist = load(write("n.yaml", HALF.replace("half.blif", "half.bench")))
    assert (table(netlist, "s"), table(netlist, "c")) == ("0110", "0001")


def test_the_netlist_carries_its_reference(folder):
    netlist = load(write("n.yaml", HALF))
    Path("half.blif").unlink()
    data = to_data(netlist)
    assert list(data["targets"]) == ["blif"]
    assert data["targets"]["blif"].lstrip().startswith(".model half\n")
    assert parse(dump(netlist))[0] == netlist
    assert parse_data(json.loads(json.dumps(data))) == netlist
    assert dump(parse_data(data)) == dump(netlist)


def test_netlists_with_other_references_are_other_netlists(folder):
    first = load(write("n.yaml", HALF))
    write("half.blif", HALF_BLIF.replace("11 1", "00 1"))
    second = load("n.yaml")
    assert first != second
    assert hash(first.targets[0]) == hash(second.targets[0])


def test_ports_that_only_one_side_has_are_listed(folder):
    text = HALF.replace("[a, b]\noutputs: [s, c]", "[a, b, x]\noutputs: [s, c, z]").replace(
        "targets", "  z: {inputs: [x], function: NOT}\ntargets"
    )
    write("half.blif", HALF_BLIF.replace("c s\n", "c s k\n").replace("b a\n", "b a q r\n"))
    write("half.blif", Path("half.blif").read_text().replace(".end", ".names q r k\n11 1\n.end"))
    assert errors(text) == [
        "n.yaml:8:17: error: these inputs of the netlist are not in the reference: 'x'; "
        "ports are matched by name",
        "n.yaml:8:17: error: these inputs of the reference are not in the netlist: 'q', 'r'; "
        "ports are matched by name",
        "n.yaml:8:17: error: these outputs of the netlist are not in the reference: 'z'; "
        "ports are matched by name",
        "n.yaml:8:17: error: these outputs of the reference are not in the netlist: 'k'; "
        "ports are matched by name",
    ]


def test_a_reference_gives_every_target(folder):
    assert errors(HALF.replace("half.blif}", "half.blif, s: a ^ b}")) == [
        "n.yaml:7:28: error: 'file' gives every target, and 's' is given too; leave one of them out"
    ]


def test_an_output_called_file_is_an_output(folder):
    text = "chaoscad: 1\ninputs: [a]\noutputs: [file, blif]\ngates:\n"
    text += "  file: {inputs: [a]}\n  blif: {inputs: [a]}\ntargets: {file: ~a, blif: a}\n"
    netlist, _ = parse(text)
    assert (table(netlist, "file"), table(netlist, "blif")) == ("10", "01")
    write("two.bench", "INPUT(a)\nOUTPUT(blif)\nOUTPUT(y)\nblif = NOT(a)\ny = BUFF(a)\n")
    text = "chaoscad: 1\ninputs: [a]\noutputs: [blif, y]\ngates:\n"
    text += "  y: {inputs: [a]}\n  blif: {inputs: [a]}\ntargets: {file: two.bench}\n"
    netlist, _ = parse(text, "n.yaml")
    assert parse(dump(netlist))[0] == netlist
    assert table(netlist, "blif") == "10"


def test_errors_of_the_reference_are_at_its_own_places(folder):
    write("half.blif", HALF_BLIF.replace("11 1", "1 1").replace("10 1", "1x 1"))
    assert errors(HALF.replace("function", "functon")) == [
        "half.blif:5:1: error: the cube '1x' of 's' holds letters other than 0 1 -",
        "half.blif:8:1: error: the cover line '1 1' of 'c' does not fit its 2 inputs; "
        "2 of the letters 0 1 -, a space and 0 or 1",
    ]


def test_an_error_in_the_carried_reference_names_the_key():
    text = HALF.replace("{file: half.blif}", r'{blif: ".model m\n.inputs a b\n.nams a\n"}')
    found = errors(text)
    assert found[0] == (
        "n.yaml:7:11: error: the reference in line 3: there is no statement '.nams'; "
        "did you mean '.names'?"
    )


def test_references_lie_in_the_netlist_s_folder(folder):
    inner = folder / "inner"
    inner.mkdir()
    (inner / "n.yaml").write_text(HALF.replace("half.blif", "../half.blif"))
    with pytest.raises(ChaoscadError) as caught:
        load("inner/n.yaml")
    assert str(caught.value) == (
        "inner/n.yaml:7:17: error: the reference file '../half.blif' lies outside of the netlist's "
        "folder; move it there, or allow it: --allow-outside, or outside=True in Python"
    )
    assert len(load("inner/n.yaml", outside=True).targets) == 2


def test_a_missing_reference_is_said_at_its_name(folder):
    (found,) = errors(HALF.replace("half.blif", "hlf.blif"))
    assert found.startswith("n.yaml:7:17: error: the reference 'hlf.blif': cannot read the file")
    (found,) = errors(HALF.replace("half.blif", "half.doc"))
    assert found.startswith("n.yaml:7:17: error: the reference 'half.doc': ")


WIDE = 20


def test_a_reference_may_have_more_inputs_than_rows_are_enumerated_for(folder):
    from chaoscad.formats.blif import dumps

    netlist = ripple_adder(WIDE)
    nodes = tuple(LogicNode(gate.name, gate.inputs, gate.function) for gate in netlist.gates)  # type: ignore[arg-type]
    write("wide.blif", dumps(Logic("wide", netlist.inputs, netlist.outputs, nodes)))
    data = to_data(netlist)
    del data["gates"]["p3"]["function"]
    data["targets"] = {"file": "wide.blif"}
    read, warnings = parse(json.dumps(data), "n.yaml")
    assert warnings == ()
    assert len(read.targets) == WIDE + 1


class Word:
    """A word that counts the operations on it."""

    operations = 0

    def __init__(self, value: int) -> None:
        self.value = value

    def _made(self, value: int) -> "Word":
        Word.operations += 1
        return Word(value & 0xFF)

    def __and__(self, other: "Word") -> "Word":
        return self._made(self.value & other.value)

    def __or__(self, other: "Word") -> "Word":
        return self._made(self.value | other.value)

    def __xor__(self, other: "Word") -> "Word":
        return self._made(self.value ^ other.value)

    def __invert__(self) -> "Word":
        return self._made(~self.value)


def full_adder() -> Logic:
    xor, conjunction, disjunction = TruthTable("0110"), TruthTable("0001"), TruthTable("0111")
    return Logic(
        "full_adder",
        ("a", "b", "c"),
        ("sum", "carry"),
        (
            LogicNode("p", ("a", "b"), xor),
            LogicNode("sum", ("p", "c"), xor),
            LogicNode("g", ("a", "b"), conjunction),
            LogicNode("t", ("p", "c"), conjunction),
            LogicNode("carry", ("g", "t"), disjunction),
        ),
    )


def test_one_block_of_rows_evaluates_the_reference_once():
    reference = Reference(full_adder())
    columns = {"a": Word(0b11110000), "b": Word(0b11001100), "c": Word(0b10101010)}
    zero = Word(0)
    assert reference.evaluate("sum", columns, zero).value == 0b10010110
    spent = Word.operations
    assert spent > 0
    assert reference.evaluate("carry", dict(columns), zero).value == 0b11101000
    assert Word.operations == spent
    assert reference.evaluate("carry", {**columns, "c": Word(0)}, zero).value == 0b11000000
    assert Word.operations > spent


def test_an_output_is_evaluated_without_the_inputs_that_it_does_not_depend_on():
    logic = full_adder()
    both = Logic("both", (*logic.inputs, "d"), ("sum", "d"), logic.nodes)
    reference = Reference(both)
    columns = {"a": 0b1100, "b": 0b1010, "c": 0b1111}
    assert reference.evaluate("sum", columns, 0) & 0b1111 == 0b1001
    part = both.cone(["sum"])
    assert (part.inputs, [node.name for node in part.nodes]) == (("a", "b", "c", "d"), ["p", "sum"])


def test_mixed_targets_are_a_mistake_of_the_program():
    free = ripple_adder(2, free=True)
    given, _ = parse(
        "chaoscad: 1\ninputs: [a]\noutputs: [y]\ngates: {y: {inputs: [a]}}\ntargets: {y: ~a}"
    )
    mixed = Netlist("m", "", free.inputs, free.outputs, free.gates, (*free.targets, *given.targets))
    with pytest.raises(ValueError, match="come from one reference, or none of them does"):
        to_data(mixed)


def test_a_design_with_a_reference_is_complete_in_itself(folder):
    from chaoscad.design import load as load_design
    from chaoscad.design import save
    from chaoscad.verification import claims, verify
    from chaoscad.workflow import optimize

    text = HALF.replace("s: {inputs: [a, b]}", "s: {inputs: [a, b], function: XOR}")
    text = text.replace("c: {inputs: [a, b]}", "c: {inputs: [a, b], function: AND}")
    netlist, _ = check(write("n.yaml", text))
    design = optimize(netlist)
    save(design, "half.design.json")
    Path("half.blif").unlink()
    again = load_design("half.design.json")
    assert again.netlist == netlist
    verification = verify(again)
    assert verification.passed
    assert verification.rows == 4
    assert claims(again, verification) == []
