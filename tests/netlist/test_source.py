import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.netlist.source import MappingNode, Scalar, SequenceNode, compose


def fails(text: str) -> str:
    with pytest.raises(ChaoscadError) as caught:
        compose(text, "f.yaml", [])
    return str(caught.value)


def test_half_a_character_is_refused_at_its_place():
    assert fails("chaoscad: 1\nname: a\udcff\n") == (
        "f.yaml:2:8: error: '\\udcff' is half of a character, which no file can hold"
    )


def test_every_value_keeps_its_place_and_its_text():
    diagnostics = []
    root = compose("a: 0110\nb: [on, '1e-3']\n", "f.yaml", diagnostics)
    assert not diagnostics
    number = root[Scalar("a")]
    assert isinstance(number, Scalar)
    assert (number, number.line, number.column, number.plain) == ("0110", 1, 4, True)
    items = root[Scalar("b")]
    assert isinstance(items, SequenceNode)
    quoted = items[1]
    assert isinstance(quoted, Scalar)
    assert (items[0], quoted, quoted.column, quoted.plain) == ("on", "1e-3", 9, False)


def test_aliases_are_followed():
    root = compose("a: &x {k: 1}\nb: *x\n", None, [])
    assert isinstance(root[Scalar("b")], MappingNode)
    assert root[Scalar("b")] == {"k": "1"}


def test_a_duplicate_key_is_reported_and_the_first_value_stays():
    diagnostics = []
    root = compose("a: 1\nb: 2\na: 3\n", "f.yaml", diagnostics)
    assert root[Scalar("a")] == "1"
    assert [str(item) for item in diagnostics] == [
        "f.yaml:3:1: error: duplicate key 'a'; it stands already at line 1"
    ]


def bomb() -> str:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    for level in range(1, 9):
        inner = ", ".join([f"*a{level - 1}"] * 10)
        lines.append(f"a{level}: &a{level} [{inner}]")
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f.yaml: error: the file is empty; a netlist starts with 'chaoscad: 1'"),
        (
            "# only a comment\n",
            "f.yaml: error: the file is empty; a netlist starts with 'chaoscad: 1'",
        ),
        (
            "- a\n",
            "f.yaml:1:1: error: a netlist is a mapping of keys, not a list; "
            "a netlist starts with 'chaoscad: 1'",
        ),
        (
            "hello\n",
            "f.yaml:1:1: error: a netlist is a mapping of keys, not 'hello'; "
            "a netlist starts with 'chaoscad: 1'",
        ),
        ("a: [1\n", "f.yaml:2:1: error: this is not valid YAML: did not find expected ',' or ']'"),
        (
            "a: b: c\n",
            "f.yaml:1:5: error: this is not valid YAML: "
            "mapping values are not allowed in this context",
        ),
        (
            "\ta: 1\n",
            "f.yaml:1:1: error: a tab stands where YAML takes only spaces; "
            "indent with spaces in place of the tab",
        ),
        (
            "a:\n  b: 1\n  \tc: 2\n",
            "f.yaml:3:3: error: a tab stands where YAML takes only spaces; "
            "indent with spaces in place of the tab",
        ),
        (
            "a: |\n  b\n\tc\n",
            "f.yaml:3:1: error: a tab stands where YAML takes only spaces; "
            "indent with spaces in place of the tab",
        ),
        (
            "a: `b\n",
            "f.yaml:1:4: error: this is not valid YAML: "
            "found character that cannot start any token",
        ),
        ("{[1]: 2}\n", "f.yaml:1:2: error: a key is a single word, not a list"),
        ("a: *x\n", "f.yaml:1:4: error: the alias *x has no anchor before it"),
        ("a: &x [*x]\n", "f.yaml:1:8: error: the alias *x contains itself"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2:1: error: a netlist file holds one document, not several"),
        (
            "a: \x01\n",
            "f.yaml: error: this is not valid YAML: unacceptable "
            "character #x0001: control characters are not allowed",
        ),
    ],
)
def test_what_is_no_netlist_is_refused(text: str, message: str):
    assert fails(text) == message


def test_an_alias_bomb_is_refused():
    assert fails(bomb()) == "f.yaml:7:30: error: aliases expand to more than 5000000 values"


@pytest.mark.parametrize("opening", ["[", "{a: "])
def test_a_million_brackets_are_refused(opening: str):
    message = fails(opening * 1_000_000)
    assert message.startswith("f.yaml:1:")
    assert message.endswith(": error: values are nested deeper than 32 levels")


@pytest.mark.parametrize("other", ["\x85", "\u2028", "\u2029"])
def test_only_lf_and_cr_end_a_line(other: str):
    # YAML 1.1 would read a key after the comment's first half.
    tree = compose(f"# one{other}b: 2\nc: '\ue000{other}'\nd: x{other}y\n", "f.yaml", [])
    assert dict(tree) == {"c": f"\ue000{other}", "d": f"x{other}y"}
    assert [key.line for key in tree] == [2, 3]
