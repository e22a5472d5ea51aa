"""The AIGER reader, both forms."""

import pytest

from chaoscad.formats import aiger, read
from tests.conftest import ROOT
from tests.formats.compare import refused, rows

DATA = ROOT / "tests" / "data"


def test_both_forms_of_one_graph_compute_the_same():
    ascii_form, binary = read(DATA / "majority.aag"), read(DATA / "majority.aig")
    assert ascii_form.inputs == binary.inputs == ("a", "b", "c")
    assert rows(ascii_form) == rows(binary) == {"most": "00010111", "few": "11101000"}
    assert ascii_form.outputs == binary.outputs == ("most", "few")


def test_complements_become_part_of_the_ands_and_outputs_name_them():
    logic = read(DATA / "majority.aag")
    assert [(node.name, node.inputs, node.function.rows, node.line) for node in logic.nodes] == [
        ("n4", ("b", "a"), "0001", 7),
        ("n5", ("b", "a"), "1000", 8),
        ("n6", ("n5", "c"), "0100", 9),
        ("few", ("n6", "n4"), "1000", 10),
        ("most", ("few",), "10", 14),
    ]


def test_an_and_of_which_only_the_complement_is_read_takes_it_in():
    logic = aiger.loads("aag 3 2 0 1 1\n2\n4\n7\n6 2 4\n")
    assert [(node.name, node.inputs, node.function.rows) for node in logic.nodes] == [
        ("o0", ("i0", "i1"), "1110")
    ]


def test_constants_inputs_and_degenerate_ands():
    logic = aiger.loads(
        "aag 6 1 0 7 4\n2\n0\n1\n2\n3\n6\n8\n12\n6 2 2\n8 2 3\n10 1 2\n12 11 1\ni0 a\no6 z\n"
    )
    assert rows(logic) == {
        "o0": "00", "o1": "11", "o2": "01", "o3": "10", "o4": "01", "o5": "00", "z": "10",
    }  # fmt: skip


def test_names_of_ports_and_nets_never_collide():
    logic = aiger.loads("aag 5 2 0 2 3\n2\n4\n10\n6\n6 2 4\n8 3 5\n10 7 9\ni0 n4\no0 i1\n")
    assert logic.inputs == ("n4", "i1_2")
    assert logic.outputs == ("i1", "o1")
    assert [node.name for node in logic.nodes] == ["o1", "n4_2", "i1"]
    assert rows(logic) == {"i1": "0110", "o1": "0001"}


def test_what_abc_writes_behind_the_c_of_a_binary_file_is_a_comment():
    graph = b"aig 5 2 0 1 3\n11\n\1\3\4\1\1\2i0 a\ni1 b\no0 y\n"
    logic = aiger.loads(graph + b"cn\0\0\0\5tiny\0\nwritten by a tool\n")
    assert rows(logic) == {"y": "0110"}
    assert logic.inputs == ("a", "b")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f: error: the file is empty; an AIGER file starts with 'aag M I L O A'"),
        (
            "aag 1 1 0 1\n",
            "f:1:1: error: this is not an AIGER header: 'aag 1 1 0 1'; it reads 'aag M I L O A' or "
            "'aig M I L O A', five numbers",
        ),
        ("aag 1 1 0 0 0\n2\n", "f: error: the circuit has no output"),
        (
            "aag 2 1 1 1 0\n2\n4 2\n4\nl0 count\n",
            "f:3:1: error: 'count' is a latch, which stores a bit: the circuit is sequential; make "
            "its output an input of the circuit, and its input an output",
        ),
        (
            "aag 1 1 0 1 0\n2\n9\n",
            "f:3:1: error: an output is the literal 9; the largest is 2*M + 1 = 3",
        ),
        (
            "aag 2 2 0 1 0\n2\n3\n2\n",
            "f:3:1: error: an input is the literal 3; it is even and not 0",
        ),
        (
            "aag 3 2 0 1 1\n2\n4\n6\n6 7 2\n",
            "f:5:1: error: the nets form a loop: o0 -> o0; a combinational circuit has none: every "
            "path leads from inputs to outputs",
        ),
        (
            "aag 3 2 0 1 1\n2\n4\n6\n",
            "f:4:1: error: the file ends where an AND is expected: 0 of 1 are there",
        ),
        (
            "aag 3 2 0 1 1\n2\n4\n6\n6 2\n",
            "f:5:1: error: an AND is 3 numbers, not '6 2'",
        ),
        (
            "aag 3 2 0 1 1\n2\n4\n6\n6 2 4\ni7 x\nfoo\ni0 a\ni0 b\n",
            "f:6:1: error: the symbol i7 names nothing: there are 2\n"
            "f:7:1: error: the line 'foo' cannot be read; a symbol is i0 NAME, l0 NAME or o0 NAME; "
            "comments follow a line 'c'\n"
            "f:9:1: error: the symbol i0 is given twice; it stands already at line 8",
        ),
        (
            b"aag 3 2 0 1 1\n2\n4\n6\n6 2 4\ni0  \ni1 \xff\ncn x\n",
            "f:6:1: error: the name of i0 is empty; remove the line\n"
            "f:7:1: error: the name of i1 is not valid UTF-8; write it as UTF-8 text\n"
            "f:8:1: error: the line 'cn x' cannot be read; a symbol is i0 NAME, l0 NAME or o0 NAME; "
            "comments follow a line 'c'",
        ),
        (
            "aag 2 2 0 2 0\n2\n4\n2\n4\ni0 a\ni1 a\no0 b\no1 b\n",
            "f:7:1: error: the input 'a' is listed twice; it stands already at line 6\n"
            "f:9:1: error: the output 'b' is listed twice; it stands already at line 8\n"
            "f:9:1: error: net 'b' has two drivers: this one and the one at line 8; rename or "
            "remove one of them",
        ),
        (
            "aag 9999999999 1 0 1 0\n2\n2\n",
            "f:1:1: error: the header counts 9999999999; at most 2000000 are read",
        ),
        (
            "aag 3 2 0 1 2\n2\n4\n6\n6 2 4\n6 2 2\n",
            "f:1:1: error: the header has M = 3, and I + L + A = 4; M >= I + L + A",
        ),
        (
            "aag 4 2 0 1 2\n2\n4\n6\n6 2 4\n6 2 2\n",
            "f:6:1: error: the variable 3 has two drivers",
        ),
        (
            "aag 4 2 0 1 1\n2\n4\n8\n6 2 4\n",
            "f:4:1: error: net 'variable 4' is not driven; its variable needs an input or an AND",
        ),
        (
            "aag 1 1 0 1 0 1\n2\n2\n2\n",
            "f:1:1: error: the file states 1 properties (B), which are not read; a combinational "
            "circuit has inputs, outputs and ANDs only",
        ),
        (
            "aag 3 2 0 1 1\n2\n4\n6\n6 2 4\ni0 a\no0 a\n",
            "f:5:1: error: net 'a' has two drivers: this one and the input at line 6; rename or "
            "remove one of them",
        ),
    ],
)
def test_what_is_refused(text, message):
    assert refused(lambda: aiger.loads(text, "f")) == message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"\x02", "f:3:1: error: the binary part ends within AND 0 of 1"),
        (b"\xff\xff\xff", "f:3:1: error: the binary part ends within AND 0 of 1"),
        (
            b"\x07\x00",
            "f:3:1: error: AND 0 of the binary part has no valid inputs; each literal is below the "
            "one before",
        ),
        (
            b"\x00\x02",
            "f:3:1: error: AND 0 of the binary part has no valid inputs; each literal is below the "
            "one before",
        ),
        (b"\x02\x02\nq0 x\n", "f:4:1: error: the line 'q0 x' cannot be read; a symbol is"),
    ],
)
def test_what_is_refused_in_the_binary_form(body, message):
    data = b"aig 3 2 0 1 1\n6\n" + body
    assert refused(lambda: aiger.loads(data, "f")).startswith(message)


def test_a_device_is_not_read():
    assert refused(lambda: read("/dev/zero", format="aiger")).startswith(
        "/dev/zero: error: cannot read the file: it is a device"
    )


def test_a_binary_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "picture.aig"
    path.write_bytes(bytes(range(256)) * 4)
    assert "this is not an AIGER header" in refused(lambda: read(path))
