"""Gates of single bits to named nodes: names kept, primitives put together again."""

from __future__ import annotations

from collections.abc import Iterator

from chaoscad.formats.cells import Bit, BitGate, gates
from chaoscad.formats.draft import Draft, Place
from chaoscad.formats.module import Module, place
from chaoscad.logic import NAMED, Logic, TruthTable, from_column, input_column
from chaoscad.logic.circuit import evaluate_table
from chaoscad.logic.truth import WIDEST_GATE

_NOT, _BUF = NAMED["NOT"].table(1), NAMED["BUF"].table(1)


def build(module: Module, draft: Draft, name: str, optimised: bool) -> Logic:
    """The circuit of a module that was found sound.

    **Arguments:**

    - `optimised`: whether yosys mapped it; inverters of nets without a name then become part of the
      gates beside them. Otherwise the parts of one primitive (yosys makes an AND and a NOT of a NAND)
      become one node again.

    **Raises:** `ChaoscadError` for loops and ports of the same name.
    """
    return _Builder(module, draft, optimised).logic(name)


class _Builder:
    def __init__(self, module: Module, draft: Draft, optimised: bool) -> None:
        self.module, self.draft, self.optimised = module, draft, optimised
        self.gate: dict[Bit, BitGate] = {}
        for cell in module.live():
            for gate in gates(module.cells[cell], module.library) or []:
                self.gate[gate.output] = gate
        self.readers: dict[Bit, int] = {}
        for gate in self.gate.values():
            for bit in dict.fromkeys(gate.inputs):
                self.readers[bit] = self.readers.get(bit, 0) + 1
        self.name: dict[Bit, str] = dict(module.inputs)
        self.used: set[str] = {title for titles in module.titles.values() for title in titles}
        self.given: set[str] = set(module.inputs.values())
        self.made = 0

    def logic(self, name: str) -> Logic:
        draft, module = self.draft, self.module
        outputs = list(module.port_bits("output"))
        for _, title in module.port_bits("input"):
            draft.input(title, self.port_place(title))
        for bit, title in outputs:
            draft.output(title, self.port_place(title))
            if bit in self.gate and bit not in self.name:
                self.name[bit] = title
            self.given.add(title)
        for gate in self.ordered([bit for bit, _ in outputs]):
            self.add(gate)
        for bit, title in outputs:
            at = self.port_place(title)
            if isinstance(bit, str):
                draft.node(title, (), TruthTable(bit), at)
            elif self.name[bit] != title:
                draft.node(title, [self.name[bit]], _BUF, at)
        return draft.logic(name)

    def port_place(self, title: str) -> Place:
        return self.module.port_place(title.split("[")[0] if "[" in title else title)

    def ordered(self, roots: list[Bit]) -> Iterator[BitGate]:
        """The nodes that the roots need, parts put together, each after those it reads."""
        done: set[Bit] = set()
        todo: list[tuple[Bit, BitGate | None]] = [(bit, None) for bit in reversed(roots)]
        while todo:
            bit, gate = todo.pop()
            if gate is not None:
                yield gate
            elif bit in self.gate and bit not in done:
                done.add(bit)
                whole = self.whole(self.gate[bit])
                todo.append((bit, whole))
                todo.extend((needed, None) for needed in reversed(whole.inputs))

    def whole(self, gate: BitGate) -> BitGate:
        """The gate with the parts that belong to it, and without its constant inputs."""
        leaves = list(dict.fromkeys(gate.inputs))
        inner: dict[Bit, BitGate] = {gate.output: gate}
        index, source = 0, gate.source
        while index < len(leaves):
            part = self.gate.get(leaves[index])
            if part is not None and part.output not in inner and self.belongs(part, gate, source):
                rest = [*leaves[:index], *part.inputs, *leaves[index + 1 :]]
                longer = list(dict.fromkeys(rest))
                if len(longer) <= WIDEST_GATE and not inner.keys() & set(longer):
                    leaves = longer
                    inner[part.output] = part
                    source = source if place(source).line else part.source
                    continue
            index += 1
        inputs = [bit for bit in leaves if not isinstance(bit, str)]
        columns: dict[Bit, int] = {"0": 0, "1": -1}
        for position, bit in enumerate(inputs):
            columns[bit] = input_column(position, len(inputs))
        function = from_column(_column(gate.output, inner, columns), len(inputs))
        return BitGate(gate.output, tuple(inputs), function, source)

    def belongs(self, part: BitGate, gate: BitGate, source: str) -> bool:
        """Whether a part has no name of its own and is one with the gate that reads it.

        The parts of a primitive have its place, but older yosys gives its inverter none.
        """
        bit = part.output
        if bit in self.name or bit in self.module.titles:
            return False
        if self.optimised:
            return len(part.inputs) == 1 or (self.readers[bit] == 1 and gate.function == _NOT)
        one = part.source == source or (gate.function == _NOT and not place(source).line)
        return self.readers[bit] == 1 and one and place(part.source).line > 0

    def add(self, gate: BitGate) -> None:
        at = place(gate.source)
        if not at.line:
            at = self.module.place.get(gate.output, at)
        # A node's place is one of the circuit's own file.
        at = at if at.file is None else Place()
        names = [self.net(bit) for bit in gate.inputs]
        self.draft.node(self.net(gate.output), names, gate.function, at)

    def net(self, bit: Bit) -> str:
        """The name of a net: its port's, its own, or a new one."""
        if bit not in self.name:
            own = [title for title in self.module.titles.get(bit, []) if title not in self.given]
            self.name[bit] = own[0] if own else self.new_name()
            self.given.add(self.name[bit])
        return self.name[bit]

    def new_name(self) -> str:
        self.made += 1
        while f"n{self.made}" in self.used:
            self.made += 1
        return f"n{self.made}"


def _column(root: Bit, inner: dict[Bit, BitGate], columns: dict[Bit, int]) -> int:
    """The value of a gate over all rows of its leaves, its parts before it."""
    todo = [root]
    while todo:
        gate = inner[todo[-1]]
        missing = [bit for bit in gate.inputs if bit not in columns]
        if missing:
            todo.extend(missing)
            continue
        todo.pop()
        inputs = [columns[bit] for bit in gate.inputs]
        columns[gate.output] = evaluate_table(gate.function, inputs, 0)
    return columns[root]
