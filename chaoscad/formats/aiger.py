"""AIGER, and-inverter graphs: the ASCII form (`aag`) and the binary one (`aig`).

A. Biere, The AIGER And-Inverter Graph (AIG) Format, version 20071012.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from chaoscad.errors import counted, shown
from chaoscad.formats.draft import MOST_NODES, Draft, Place, fresh
from chaoscad.logic import Logic, TruthTable

_HEADER = re.compile(rb"(aag|aig)((?: \d{1,10}){5,9})")
_NUMBERS = re.compile(rb"\d{1,10}(?: \d{1,10})*")
_SYMBOL = re.compile(r"([ilobcjf])(\d{1,10}) ([^\n]+)", re.ASCII)
# ABC writes its own data, such as the circuit's name after "n", right behind the "c".
_EXTENSION = re.compile(rb"c\D")
_COUNTS = "MILOABCJF"

_AND = {
    # By whether the first and the second input are complemented.
    (False, False): TruthTable("0001"),
    (False, True): TruthTable("0010"),
    (True, False): TruthTable("0100"),
    (True, True): TruthTable("1000"),
}
_NOT, _BUF = TruthTable("10"), TruthTable("01")


@dataclass
class _Graph:
    """Literals: twice a variable, plus one for its complement; 0 and 1 are the constants."""

    most: int = 0
    inputs: list[tuple[int, Place]] = field(default_factory=list)
    latches: list[tuple[int, Place]] = field(default_factory=list)
    outputs: list[tuple[int, Place]] = field(default_factory=list)
    ands: list[tuple[int, int, int, Place]] = field(default_factory=list)
    symbols: dict[tuple[str, int], tuple[str, Place]] = field(default_factory=dict)


def loads(data: bytes | str, file: str | None = None, name: str = "circuit") -> Logic:
    """Read an and-inverter graph of either form.

    Every AND becomes a node of two inputs that takes their complements in; ports are called as the
    symbol table says, or `i0`, `o0`; other nets `n12` after their variable.

    **Raises:** `ChaoscadError` with every error of the file: a header that does not fit what follows,
    latches and properties, a variable driven twice or never, a loop.
    """
    draft = Draft(file, "its variable needs an input or an AND")
    raw = data.encode() if isinstance(data, str) else data
    graph = _Reader(draft, raw).graph()
    for index, (_, at) in enumerate(graph.latches):
        latch = graph.symbols.get(("l", index), (f"l{index}", at))[0]
        message = f"{shown(latch)} is a latch, which stores a bit: the circuit is sequential"
        hint = "make its output an input of the circuit, and its input an output"
        draft.complain(message, at, hint)
    draft.check()
    _Builder(draft, graph).build()
    return draft.logic(name)


class _Reader:
    """Bytes to a graph, line by line; the ANDs of the binary form are differences of literals."""

    def __init__(self, draft: Draft, data: bytes) -> None:
        self.draft, self.data = draft, data
        self.offset, self.line = 0, 0
        self.binary = False

    def next(self) -> bytes | None:
        """The next line, or `None` at the end."""
        if self.offset >= len(self.data):
            return None
        end = self.data.find(b"\n", self.offset)
        end = len(self.data) if end < 0 else end
        line = self.data[self.offset : end]
        self.offset, self.line = end + 1, self.line + 1
        return line.rstrip(b"\r")

    def stop(self, message: str, hint: str | None = None) -> NoReturn:
        """Give up at the present line: what follows cannot be placed."""
        self.draft.fail(message, Place(self.line, 1 if self.line else 0), hint)

    def graph(self) -> _Graph:
        first = self.next()
        if first is None or not first.strip():
            self.stop("the file is empty", "an AIGER file starts with 'aag M I L O A'")
        header = _HEADER.fullmatch(first or b"")
        if header is None:
            given = shown((first or b"").decode("utf-8", "replace"))
            self.stop(
                f"this is not an AIGER header: {given}",
                "it reads 'aag M I L O A' or 'aig M I L O A', five numbers",
            )
        counts = [int(number) for number in header[2].split()]
        counts += [0] * (9 - len(counts))
        most, inputs, latches, outputs, ands = counts[:5]
        for letter, count in zip(_COUNTS[5:], counts[5:], strict=True):
            if count:
                message = f"the file states {count} properties ({letter}), which are not read"
                self.stop(message, "a combinational circuit has inputs, outputs and ANDs only")
        if max(counts) > MOST_NODES:
            self.stop(f"the header counts {max(counts)}; at most {MOST_NODES} are read")
        self.binary = binary = header[1] == b"aig"
        if most < inputs + latches + ands or (binary and most != inputs + latches + ands):
            sign = "=" if binary else ">="
            message = (
                f"the header has M = {most}, and I + L + A = {inputs + latches + ands}; "
                f"M {sign} I + L + A"
            )
            self.stop(message)
        graph = _Graph(most)
        if binary:
            at = Place(1, 1)
            graph.inputs = [(2 * index, at) for index in range(1, inputs + 1)]
        else:
            graph.inputs = [(row[0], at) for row, at in self.rows(inputs, 1, "an input")]
        # A latch may state its initial value after its next state.
        first_latch = 2 * (inputs + 1)
        for index in range(latches):
            row, at = self.row(range(1, 3) if binary else range(2, 4), "a latch", index, latches)
            graph.latches.append((first_latch + 2 * index if binary else row[0], at))
        graph.outputs = [(row[0], at) for row, at in self.rows(outputs, 1, "an output")]
        if binary:
            self.differences(graph, ands, 2 * (inputs + latches + 1))
        else:
            graph.ands = [(r[0], r[1], r[2], at) for r, at in self.rows(ands, 3, "an AND")]
        self.check_literals(graph)
        self.symbols(graph)
        return graph

    def rows(self, count: int, width: int, what: str) -> list[tuple[list[int], Place]]:
        return [self.row(range(width, width + 1), what, index, count) for index in range(count)]

    def row(self, widths: range, what: str, index: int, count: int) -> tuple[list[int], Place]:
        line = self.next()
        if line is None:
            self.stop(f"the file ends where {what} is expected: {index} of {count} are there")
        numbers = [int(word) for word in line.split()] if _NUMBERS.fullmatch(line) else []
        if len(numbers) not in widths:
            given = shown(line.decode("utf-8", "replace"))
            self.stop(f"{what} is {counted(widths[0], 'number')}, not {given}")
        return numbers, Place(self.line, 1)

    def differences(self, graph: _Graph, count: int, first: int) -> None:
        at, start = Place(self.line + 1, 1), self.offset
        for index in range(count):
            left = first + 2 * index
            high = left - self.difference(index, count, at)
            low = high - self.difference(index, count, at)
            if low < 0 or high >= left:
                message = f"AND {index} of the binary part has no valid inputs"
                self.draft.fail(message, at, "each literal is below the one before")
            graph.ands.append((left, high, low, at))
        self.line += self.data.count(b"\n", start, self.offset)

    def difference(self, index: int, count: int, at: Place) -> int:
        """A number of 7 bits a byte, the lowest first; the last byte is below 128."""
        value = shift = 0
        while self.offset < len(self.data) and shift < 63:
            byte = self.data[self.offset]
            self.offset += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
        message = f"the binary part ends within AND {index} of {count}"
        return self.draft.fail(message, at)

    def check_literals(self, graph: _Graph) -> None:
        limit = 2 * graph.most + 1

        def check(literal: int, at: Place, what: str, defines: bool) -> None:
            if literal > limit:
                message = f"{what} is the literal {literal}; the largest is 2*M + 1 = {limit}"
                self.draft.complain(message, at)
            elif defines and (literal % 2 or not literal):
                message = f"{what} is the literal {literal}; it is even and not 0"
                self.draft.complain(message, at)

        for literal, at in graph.inputs:
            check(literal, at, "an input", True)
        for literal, at in graph.outputs:
            check(literal, at, "an output", False)
        for left, high, low, at in graph.ands:
            check(left, at, "an AND", True)
            check(high, at, "an AND's input", False)
            check(low, at, "an AND's input", False)
        self.draft.check()

    def symbols(self, graph: _Graph) -> None:
        counts = {"i": len(graph.inputs), "l": len(graph.latches), "o": len(graph.outputs)}
        while (raw := self.next()) is not None:
            at = Place(self.line, 1)
            if raw == b"c" or (self.binary and _EXTENSION.match(raw)):
                return
            if not raw.strip():
                continue
            line = raw.decode("utf-8", "replace")
            match = _SYMBOL.fullmatch(line)
            if match is None:
                hint = "a symbol is i0 NAME, l0 NAME or o0 NAME; comments follow a line 'c'"
                self.draft.complain(f"the line {shown(line)} cannot be read", at, hint)
                continue
            kind, index = match[1], int(match[2])
            if index >= counts.get(kind, 0):
                message = f"the symbol {kind}{index} names nothing: there are {counts.get(kind, 0)}"
                self.draft.complain(message, at)
            elif (kind, index) in graph.symbols:
                line_of = graph.symbols[kind, index][1].line
                message = f"the symbol {kind}{index} is given twice"
                self.draft.complain(message, at, f"it stands already at line {line_of}")
            elif not match[3].strip():
                self.draft.complain(f"the name of {kind}{index} is empty", at, "remove the line")
            elif not _encoded(raw):
                message = f"the name of {kind}{index} is not valid UTF-8"
                self.draft.complain(message, at, "write it as UTF-8 text")
            else:
                graph.symbols[kind, index] = (match[3], at)


def _encoded(raw: bytes) -> bool:
    """Whether bytes are UTF-8."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


class _Builder:
    """A graph to named nets."""

    def __init__(self, draft: Draft, graph: _Graph) -> None:
        self.draft, self.graph = draft, graph
        self.net: dict[int, str] = {}
        self.complemented: set[int] = set()

    def build(self) -> None:
        draft, graph = self.draft, self.graph
        ports = {name for name, _ in graph.symbols.values()}
        for index, (literal, at) in enumerate(graph.inputs):
            name, place = self.port("i", index, at, ports)
            self.define(literal, name, place)
            draft.input(name, place)
        outputs = [
            (literal, *self.port("o", index, at, ports))
            for index, (literal, at) in enumerate(graph.outputs)
        ]
        self.take_names(outputs)
        ports.update(name for _, name, _ in outputs)
        for left, _, _, at in graph.ands:
            if left in self.net and left not in self.named_ands:
                draft.complain(f"the variable {left // 2} has two drivers", at)
            elif left not in self.net:
                stem = f"n{left // 2}"
                self.net[left] = fresh(stem, lambda name: name in ports or draft.taken(name))
        # A second AND of one variable, named or not.
        seen: set[int] = set()
        for left, high, low, at in graph.ands:
            if left in seen:
                draft.complain(f"the variable {left // 2} has two drivers", at)
                continue
            seen.add(left)
            self.conjunction(left, high, low, at)
        for literal, name, place in outputs:
            draft.output(name, place)
            if self.net.get(literal & ~1) != name:
                self.copy(literal, name, place)

    def port(self, kind: str, index: int, at: Place, ports: set[str]) -> tuple[str, Place]:
        """The name of a port, from the symbol table or made up."""
        if (kind, index) in self.graph.symbols:
            return self.graph.symbols[kind, index]
        return fresh(f"{kind}{index}", ports.__contains__), at

    def define(self, literal: int, name: str, at: Place) -> None:
        if literal in self.net:
            self.draft.complain(f"the variable {literal // 2} has two drivers", at)
        self.net[literal] = name

    def take_names(self, outputs: Sequence[tuple[int, str, Place]]) -> None:
        """An AND that an output reads is called like it; complemented where only the output does."""
        uses: dict[int, int] = {}
        for _, high, low, _ in self.graph.ands:
            for literal in (high, low):
                uses[literal & ~1] = uses.get(literal & ~1, 0) + 1
        for literal, _, _ in outputs:
            uses[literal & ~1] = uses.get(literal & ~1, 0) + 1
        ands = {left for left, _, _, _ in self.graph.ands}
        self.named_ands: set[int] = set()
        for literal, name, _ in outputs:
            variable = literal & ~1
            if variable not in ands or variable in self.net:
                continue
            if literal % 2 and uses[variable] > 1:
                continue
            self.net[variable] = name
            self.named_ands.add(variable)
            if literal % 2:
                self.complemented.add(variable)

    def conjunction(self, left: int, high: int, low: int, at: Place) -> None:
        """One AND as a node over the nets it depends on."""
        name = self.net[left]
        rows: str
        inputs: list[int]
        if 0 in (high, low) or high == low ^ 1:
            inputs, rows = [], "0"
        elif high == 1 and low == 1:
            inputs, rows = [], "1"
        elif high == low or 1 in (high, low):
            literal = low if high == 1 else high
            inputs, rows = [literal], "10" if literal % 2 else "01"
        else:
            inputs, rows = [high, low], _AND[high % 2 == 1, low % 2 == 1].rows
        function = TruthTable(rows)
        if left in self.complemented:
            function = function.complement()
        self.draft.node(name, [self.read(literal) for literal in inputs], function, at)

    def copy(self, literal: int, name: str, at: Place) -> None:
        if literal < 2:
            self.draft.node(name, (), TruthTable(str(literal)), at)
        else:
            self.draft.node(name, [self.read(literal)], _NOT if literal % 2 else _BUF, at)

    def read(self, literal: int) -> str:
        """The net of a literal's variable; one that nothing drives keeps its number as its name."""
        return self.net.get(literal & ~1, f"variable {literal // 2}")
