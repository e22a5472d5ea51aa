"""A reference circuit: what the outputs of a netlist must compute, given as another circuit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chaoscad.logic.circuit import Logic


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
            known = tuple(name for name in logic.inputs if name in bits)
            part = replace(logic.cone([output]), inputs=known)
            return part.evaluate(bits, zero)[output]
        columns = [zero, *(bits[name] for name in logic.inputs)]
        seen = self._seen
        if seen is None or any(old is not new for old, new in zip(seen[0], columns, strict=True)):
            nets = logic.evaluate(bits, zero)
            seen = self._seen = columns, {name: nets[name] for name in logic.outputs}
        return seen[1][output]
