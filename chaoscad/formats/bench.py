"""The `.bench` format of the ISCAS circuits: `OUTPUT(y)`, `y = NAND(a, b)`."""

from __future__ import annotations

import re
from functools import cache

from chaoscad.errors import nearest, shown
from chaoscad.formats.draft import Draft, Place
from chaoscad.formats.names import name_comments, plain_names, restored
from chaoscad.formats.wide import reduction, table
from chaoscad.logic import NAMED, Logic, TruthTable
from chaoscad.logic.truth import WIDEST_GATE

_PORT = re.compile(r"\s*(INPUT|OUTPUT)\s*\(\s*([^\s(),=#]+)\s*\)\s*", re.IGNORECASE)
_GATE = re.compile(
    r"\s*([^\s(),=#]+)\s*=\s*([A-Za-z_]\w*)\s*(?:(0x[0-9a-f]+)\s*)?\(([^()=]*)\)\s*",
    re.IGNORECASE,
)
_CONSTANT = re.compile(r"\s*([^\s(),=#]+)\s*=\s*(vdd|gnd)\s*(?:\(\s*\))?\s*", re.IGNORECASE)
_NET = re.compile(r"[^\s,]+")
_ANY = re.compile(r"[^\s(),=#]+")
_DRIVEN = re.compile(r"\s*([^\s(),=#]+)\s*=")
_REDUCTIONS = ("AND", "OR", "NAND", "NOR", "XOR", "XNOR")
_GATES = {
    **{name: name for name in (*_REDUCTIONS, "NOT", "BUF", "MUX", "MAJ")},
    "INV": "NOT",
    "BUFF": "BUF",
}
_STORAGE = ("DFF", "DFFSR", "DFFRSE", "LATCH", "DLATCH", "FF", "SDFF")
_CONSTANTS = {"vdd": TruthTable("1"), "gnd": TruthTable("0")}


def loads(text: str, file: str | None = None, name: str = "circuit") -> Logic:
    """Read a circuit in `.bench` format.

    Gates are AND, NAND, OR, NOR, XOR, XNOR, NOT (INV), BUF (BUFF), MUX, MAJ and ABC's `LUT 0x8`,
    whose lowest bit is the row of zeros and whose first input is the least significant; `vdd` and
    `gnd` are constants. Words of the format may be in either case, names keep theirs.

    **Raises:** `ChaoscadError` with every error of the file: a line that cannot be read, a gate that
    does not exist, stores a bit or has the wrong number of inputs, a net driven twice or never, a
    loop.
    """
    draft = Draft(file, "add INPUT({net}), or a gate that drives it")
    names = restored(text)
    lines = text.splitlines()
    draft.reserved = frozenset(match[0] for match in _ANY.finditer(text))
    for number, raw in enumerate(lines, 1):
        line = raw.split("#", 1)[0]
        if line.strip():
            _line(draft, line, number, names)
    return draft.logic(name)


def _line(draft: Draft, line: str, number: int, names: dict[str, str]) -> None:
    port = _PORT.fullmatch(line)
    if port:
        add = draft.input if port[1].lower() == "input" else draft.output
        add(names.get(port[2], port[2]), Place(number, port.start(2) + 1))
        return
    constant = _CONSTANT.fullmatch(line)
    if constant:
        at = Place(number, constant.start(1) + 1)
        draft.node(names.get(constant[1], constant[1]), (), _CONSTANTS[constant[2].lower()], at)
        return
    gate = _GATE.fullmatch(line)
    if gate is None:
        _malformed(draft, line, number, names)
        return
    net = names.get(gate[1], gate[1])
    at = Place(number, gate.start(1) + 1)
    if not _gate(draft, net, gate, at, names):
        draft.damaged(net)


def _gate(draft: Draft, net: str, gate: re.Match[str], at: Place, names: dict[str, str]) -> bool:
    """Add one gate; returns whether it was accepted."""
    kind = gate[2].upper()
    where = Place(at.line, gate.start(2) + 1)
    list_at = Place(at.line, gate.start(4) + 1)
    words = gate[4].split(",") if gate[4].strip() else []
    inputs: list[str] = []
    for word in words:
        found = _NET.findall(word)
        if len(found) != 1:
            message = f"the inputs of {shown(net)} are names with a comma between them"
            draft.complain(message, list_at, f"given was {shown(gate[4].strip())}")
            return False
        name: str = found[0]
        inputs.append(names.get(name, name))
    if kind == "LUT":
        return _lut(draft, net, gate[3], inputs, at, where)
    if gate[3] is not None:
        draft.complain(f"only LUT takes a table, and {kind} was given {shown(gate[3])}", where)
        return False
    if kind in _STORAGE:
        message = f"{shown(net)} is a {kind}, which stores a bit: the circuit is sequential"
        hint = "make its output an input of the circuit, and its input an output"
        draft.complain(message, where, hint)
        return False
    if kind not in _GATES:
        hint = nearest(kind, [*_GATES, "LUT"]) or "the gates are " + ", ".join([*_GATES, "LUT"])
        draft.complain(f"there is no gate {shown(gate[2])}", where, hint)
        return False
    return _named(draft, net, _GATES[kind], inputs, at, where)


def _named(draft: Draft, net: str, kind: str, inputs: list[str], at: Place, where: Place) -> bool:
    function, arity = NAMED[kind], len(inputs)
    if kind in _REDUCTIONS:
        if arity:
            reduction(draft, net, kind, inputs, at)
            return True
        allowed = "at least 1 input"
    elif function.accepts(arity) and arity <= WIDEST_GATE:
        draft.node(net, inputs, table(kind, arity), at)
        return True
    else:
        allowed = f"at most {WIDEST_GATE} inputs" if arity > WIDEST_GATE else function.arities()
    draft.complain(f"{kind} takes {allowed}, and {shown(net)} has {arity}", where)
    return False


def _lut(
    draft: Draft, net: str, digits: str | None, inputs: list[str], at: Place, where: Place
) -> bool:
    arity = len(inputs)
    if digits is None:
        message = f"the LUT {shown(net)} has no table"
        draft.complain(message, where, "write LUT 0x8 (a, b)")
        return False
    if arity > WIDEST_GATE:
        message = f"the LUT {shown(net)} has {arity} inputs; at most {WIDEST_GATE} are read"
        draft.complain(message, where, "build it from smaller ones")
        return False
    value = int(digits, 16)
    if value >> (1 << arity):
        noun = "input" if arity == 1 else "inputs"
        message = (
            f"the table {shown(digits)} of {shown(net)} has more than the {1 << arity} rows of "
            f"{arity} {noun}"
        )
        draft.complain(message, where)
        return False
    bits = format(value, f"0{1 << arity}b")[::-1]
    rows = "".join(bits[row] for row in mirrored(arity))
    draft.node(net, inputs, TruthTable(rows), at)
    return True


@cache
def mirrored(arity: int) -> tuple[int, ...]:
    """For every row, the row whose inputs are read in the opposite order."""
    order = [0]
    for bit in range(arity):
        order = [*order, *order]
        half = len(order) // 2
        for index in range(half, len(order)):
            order[index] |= 1 << (arity - 1 - bit)
    return tuple(order)


def _malformed(draft: Draft, line: str, number: int, names: dict[str, str]) -> None:
    column = len(line) - len(line.lstrip()) + 1
    driven = _DRIVEN.match(line)
    if driven:
        draft.damaged(names.get(driven[1], driven[1]))
    stripped = line.strip()
    if stripped.count("(") > stripped.count(")"):
        draft.complain(f"the line {shown(stripped)} has no closing ')'", Place(number, column))
        return
    hint = "a line is INPUT(net), OUTPUT(net) or net = GATE(net, ...)"
    draft.complain(f"the line {shown(stripped)} cannot be read", Place(number, column), hint)


def dumps(logic: Logic) -> str:
    """The circuit in `.bench` format.

    Functions without a name of the format become ABC's `LUT`. Names that the format cannot hold are
    written as plain ones, with comments that restore them. The file does not hold the circuit's
    name; it stands in a comment.
    """
    plain = plain_names(dict.fromkeys([*logic.inputs, *(node.name for node in logic.nodes)]))
    title = " ".join(logic.name.split()).encode("ascii", "backslashreplace").decode()
    lines = [f"# circuit {title}", *name_comments(plain), ""]
    lines += [f"INPUT({plain[net]})" for net in logic.inputs]
    lines += [f"OUTPUT({plain[net]})" for net in logic.outputs]
    lines.append("")
    for node in logic.nodes:
        inputs = ", ".join(plain[net] for net in node.inputs)
        lines.append(f"{plain[node.name]} = {_written(node.function, inputs)}")
    return "\n".join(lines) + "\n"


def _written(function: TruthTable, inputs: str) -> str:
    arity = function.arity
    if arity == 0:
        return "vdd" if function.rows == "1" else "gnd"
    for name in (*_REDUCTIONS, "NOT", "BUF"):
        if NAMED[name].accepts(arity) and table(name, arity) == function:
            return f"{'BUFF' if name == 'BUF' else name}({inputs})"
    bits = "".join(function.rows[row] for row in mirrored(arity))[::-1]
    return f"LUT 0x{int(bits, 2):0{max(1, (1 << arity) // 4)}x} ({inputs})"
