"""A reference circuit: what the outputs of a netlist must compute, given as another circuit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from chaoscad.logic.circuit import Logic, levelled


class Reference:
    """A circuit that says what every output must compute; its ports have the netlist's names.

    It remembers the outputs of the columns that it saw last, so that the targets of one block of
    rows evaluate it once. Columns are recognised by identity: don't change them in place.
    """

    def __init__(self, logic: Logic) -> None:
        self.logic = logic
        self._seen: tuple[list[Any], dict[str, Any]] | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reference) and self.logic == other.logic

    def __hash__(self) -> int:
        return hash((self.logic.name, self.logic.inputs, self.logic.outputs))

    def __repr__(self) -> str:
        return f"Reference({self.logic.name!r})"

    def __getstate__(self) -> Logic:
        return self.logic

    def __setstate__(self, logic: Logic) -> None:
        self.__init__(logic)

    def evaluate(self, output: str, bits: Mapping[str, Any], zero: Any) -> Any:
        """The words of one output.

        **Arguments:**

        - `bits`: a word, or an array of words, for every input that the output depends on.
        - `zero`: the all-zero word.
        """
        logic = self.logic
        if not all(name in bits for name in logic.inputs):
            return cone(logic, [output]).evaluate(bits, zero)[output]
        columns = [zero, *(bits[name] for name in logic.inputs)]
        seen = self._seen
        if seen is None or any(old is not new for old, new in zip(seen[0], columns, strict=True)):
            nets = logic.evaluate(bits, zero)
            seen = self._seen = columns, {name: nets[name] for name in logic.outputs}
        return seen[1][output]


def by_level(logic: Logic) -> Logic:
    """The same circuit with its nodes by level, which is how readers of files give them."""
    nodes = {node.name: node for node in logic.nodes}
    order = levelled({node.name: node.inputs for node in logic.nodes})
    return replace(logic, nodes=tuple(nodes[name] for name in order))


def cone(logic: Logic, outputs: Iterable[str]) -> Logic:
    """The part of a circuit that some of its outputs depend on, with only the inputs it reads."""
    wanted = tuple(outputs)
    found = set(wanted)
    for node in reversed(logic.nodes):
        if node.name in found:
            found.update(node.inputs)
    return replace(
        logic,
        inputs=tuple(name for name in logic.inputs if name in found),
        outputs=wanted,
        nodes=tuple(node for node in logic.nodes if node.name in found),
    )


def supports(logic: Logic) -> dict[str, tuple[str, ...]]:
    """For every output, the inputs that it can depend on, in the circuit's order."""
    masks = {name: 1 << index for index, name in enumerate(logic.inputs)}
    for node in logic.nodes:
        mask = 0
        for name in node.inputs:
            mask |= masks[name]
        masks[node.name] = mask
    return {
        output: tuple(name for index, name in enumerate(logic.inputs) if masks[output] >> index & 1)
        for output in logic.outputs
    }
