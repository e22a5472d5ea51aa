"""The `.bench` format of the ISCAS circuits: `OUTPUT(y)`, `y = NAND(a, b)`."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

from chaoscad.errors import counted, nearest, shown
from chaoscad.files import lines_of
from chaoscad.formats.draft import Draft, Place
from chaoscad.formats.names import name_comments, plain_names, restored
from chaoscad.formats.wide import reduction, table
from chaoscad.logic import NAMED, Logic, TruthTable
from chaoscad.logic.truth import WIDEST_GATE

# A blank is one of ASCII: any other character may be part of a name.
_WORDS = re.IGNORECASE | re.ASCII
_PORT = re.compile(r"\s*(INPUT|OUTPUT)\s*\(\s*([^\s(),=#]+)\s*\)\s*", _WORDS)
_GATE = re.compile(
    r"\s*([^\s(),=#]+)\s*=\s*([A-Za-z_]\w*)\s*(?:(0x[0-9a-f]+)\s*)?\(([^()=]*)\)\s*",
    _WORDS,
)
_CONSTANT = re.compile(r"\s*([^\s(),=#]+)\s*=\s*(vdd|gnd)\s*(?:\(\s*\))?\s*", _WORDS)
_NET = re.compile(r"[^\s,]+", re.ASCII)
_ANY = re.compile(r"[^\s(),=#]+", re.ASCII)
_DRIVEN = re.compile(r"\s*([^\s(),=#]+)\s*=", re.ASCII)
_BLANK = " \t\v\f"
_REDUCTIONS = ("AND", "OR", "NAND", "NOR", "XOR", "XNOR")
_GATES = {
    **{name: name for name in (*_REDUCTIONS, "NOT", "BUF", "MUX", "MAJ")},
    "INV": "NOT",
    "BUFF": "BUF",
}
_STORAGE = ("DFF", "DFFSR", "DFFRSE", "LATCH", "DLATCH", "FF", "SDFF")
_CONSTANTS = {"vdd": TruthTable("1"), "gnd": TruthTable("0")}


MuxOrder = Literal["low-first", "high-first"]
"""Whether the `a` of `MUX(s, a, b)` is chosen by s = 0 or by s = 1."""

MUX_ORDERS: tuple[MuxOrder, ...] = get_args(MuxOrder)


def loads(
    text: str,
    file: str | None = None,
    name: str = "circuit",
    mux_order: MuxOrder | None = None,
) -> Logic:
    """Read a circuit in `.bench` format.

    Gates are AND, NAND, OR, NOR, XOR, XNOR, NOT (INV), BUF (BUFF), MUX, MAJ and ABC's `LUT 0x8`,
    whose lowest bit is the row of zeros and whose first input is the least significant; `vdd` and
    `gnd` are constants, also where gates and outputs read them and nothing drives them. Words of the
    format may be in either case, names keep theirs.

    **Arguments:**

    - `mux_order`: `low-first`, as logic-locking tools write it, where `MUX(s, a, b)` is `a` at s = 0,
      or `high-first`, as ABC reads it, where it is `a` at s = 1. Without it, a file with a MUX is read
      `low-first`, and the circuit's warnings say so.

    **Raises:** `ChaoscadError` with every error of the file: a line that cannot be read, a gate that
    does not exist, stores a bit or has the wrong number of inputs, a net driven twice or never, a
    loop.
    """
    draft = Draft(file, "add INPUT({net}), or a gate that drives it")
    lines = [raw.split("#", 1)[0] for raw in lines_of(text)]
    names = restored(text, lambda line: _ANY.findall(line.split("#", 1)[0]), draft)
    draft.reserved = frozenset((*_ANY.findall("\n".join(lines)), *names.values()))
    reader = _Reader(draft, names, mux_order)
    for number, line in enumerate(lines, 1):
        if line.strip(_BLANK):
            reader.line(line, number)
    _supplies(draft, frozenset(names.values()))
    return draft.logic(name)


def _supplies(draft: Draft, restored: Container[str]) -> None:
    """Let `vdd` and `gnd` be constants where they are read and nothing drives them.

    A net that only a comment calls so is none.
    """
    read = {
        net: Place(node.line, node.column) for node in draft.nodes.values() for net in node.inputs
    }
    for net, at in (read | draft.outputs).items():
        if net.lower() in _CONSTANTS and net not in restored and not draft.taken(net):
            draft.node(net, (), _CONSTANTS[net.lower()], at)


@dataclass
class _Reader:
    """Lines to a draft."""

    draft: Draft
    names: Mapping[str, str]
    mux_order: MuxOrder | None

    def named(self, word: str) -> str:
        return self.names.get(word, word)

    def line(self, line: str, number: int) -> None:
        port = _PORT.fullmatch(line)
        if port:
            add = self.draft.input if port[1].lower() == "input" else self.draft.output
            add(self.named(port[2]), Place(number, port.start(2) + 1))
            return
        constant = _CONSTANT.fullmatch(line)
        if constant:
            at = Place(number, constant.start(1) + 1)
            self.draft.node(self.named(constant[1]), (), _CONSTANTS[constant[2].lower()], at)
            return
        gate = _GATE.fullmatch(line)
        if gate is None:
            self.malformed(line, number)
            return
        net = self.named(gate[1])
        if not self.gate(net, gate, Place(number, gate.start(1) + 1)):
            self.draft.damaged(net)

    def gate(self, net: str, gate: re.Match[str], at: Place) -> bool:
        """Add one gate; returns whether it was accepted."""
        draft, kind = self.draft, gate[2].upper()
        where = Place(at.line, gate.start(2) + 1)
        list_at = Place(at.line, gate.start(4) + 1)
        words = gate[4].split(",") if gate[4].strip(_BLANK) else []
        inputs: list[str] = []
        for word in words:
            found = _NET.findall(word)
            if len(found) != 1:
                message = f"the inputs of {shown(net)} are names with a comma between them"
                draft.complain(message, list_at, f"given was {shown(gate[4].strip(_BLANK))}")
                return False
            inputs.append(self.named(found[0]))
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
        if kind == "MUX" and len(inputs) == 3:
            inputs = self.multiplexer(inputs, where)
        return _named(draft, net, _GATES[kind], inputs, at, where)

    def multiplexer(self, inputs: list[str], where: Place) -> list[str]:
        """The inputs in the order of the function MUX: the second is chosen by 0."""
        if self.mux_order is None and not self.draft.warnings:
            message = (
                "MUX(s, a, b) is read as a at s = 0, as logic-locking tools write it; others, such "
                "as ABC, read a at s = 1"
            )
            self.draft.warn(message, where, "say which: --mux-order low-first, or high-first")
        select, first, second = inputs
        return [select, second, first] if self.mux_order == "high-first" else inputs

    def malformed(self, line: str, number: int) -> None:
        column = len(line) - len(line.lstrip(_BLANK)) + 1
        driven = _DRIVEN.match(line)
        if driven:
            self.draft.damaged(self.named(driven[1]))
        stripped, at = line.strip(_BLANK), Place(number, column)
        if stripped.count("(") > stripped.count(")"):
            self.draft.complain(f"the line {shown(stripped)} has no closing ')'", at)
            return
        hint = "a line is INPUT(net), OUTPUT(net) or net = GATE(net, ...)"
        self.draft.complain(f"the line {shown(stripped)} cannot be read", at, hint)


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
        message = (
            f"the table {shown(digits)} of {shown(net)} has more than the {1 << arity} rows of "
            f"{counted(arity, 'input')}"
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
