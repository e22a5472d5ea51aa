"""Whether the cases of a `case` cover every value, so that no input reaches what stands behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chaoscad.formats.cells import Bit, gates
from chaoscad.logic import input_column
from chaoscad.logic.circuit import evaluate_table

WIDEST_CASE = 16
"""Most bits on which the choice among cases may depend for it to be followed."""


def covered(
    choices: Sequence[Bit], driver: Mapping[Bit, str], cells: Mapping[str, dict[str, Any]]
) -> bool:
    """Whether one of the bits that choose a case is 1 at every value.

    **Arguments:**

    - `driver`: the cell that drives a bit.
    - `cells`: yosys's cells. Comparisons and gates are followed back; other bits may have any value.
    """
    cone = _Cone(driver, cells)
    for bit in choices:
        cone.follow(bit)
    if len(cone.leaves) > WIDEST_CASE:
        return False
    count = len(cone.leaves)
    # What is compared with x or z has no case.
    known: dict[Bit, int] = {"0": 0, "1": -1, "x": 0, "z": 0}
    known |= {bit: input_column(index, count) for index, bit in enumerate(cone.leaves)}
    found = 0
    for bit in choices:
        found |= cone.column(bit, known)
    rows = (1 << (1 << count)) - 1
    return found & rows == rows


@dataclass
class _Cone:
    """The comparisons and gates behind some bits, and the bits before them."""

    driver: Mapping[Bit, str]
    cells: Mapping[str, dict[str, Any]]
    leaves: dict[Bit, None] = field(default_factory=dict)
    seen: set[Bit] = field(default_factory=set)

    def inputs(self, bit: Bit) -> list[Bit] | None:
        """What a bit is computed of, or `None` where it is not followed."""
        cell = self.cells.get(self.driver.get(bit, ""))
        if cell is None:
            return None
        if cell["type"] == "$eq":
            left, right = cell["connections"]["A"], cell["connections"]["B"]
            return [*left, *right] if len(left) == len(right) else None
        found = [gate for gate in gates(cell, {}) or [] if gate.output == bit]
        return [*found[0].inputs] if found else None

    def follow(self, root: Bit) -> None:
        todo = [root]
        while todo:
            bit = todo.pop()
            if isinstance(bit, str) or bit in self.seen:
                continue
            self.seen.add(bit)
            inputs = self.inputs(bit)
            if inputs is None:
                self.leaves[bit] = None
            else:
                todo.extend(inputs)

    def column(self, root: Bit, known: dict[Bit, int]) -> int:
        """The values of a bit over all rows of the leaves."""
        todo, entered = [root], set[Bit]()
        while todo:
            bit = todo[-1]
            missing = [one for one in self.inputs(bit) or [] if one not in known]
            if bit in known or not missing or bit in entered:
                todo.pop()
                if bit not in known:
                    # What is still missing is part of a loop, which is refused elsewhere.
                    known[bit] = 0 if missing else self.value(bit, known)
            else:
                entered.add(bit)
                todo.extend(missing)
        return known[root]

    def value(self, bit: Bit, known: Mapping[Bit, int]) -> int:
        cell = self.cells[self.driver[bit]]
        if cell["type"] != "$eq":
            gate = next(gate for gate in gates(cell, {}) or [] if gate.output == bit)
            return evaluate_table(gate.function, [known[one] for one in gate.inputs], 0)
        equal = -1
        for one, other in zip(cell["connections"]["A"], cell["connections"]["B"], strict=True):
            equal &= ~(known[one] ^ known[other])
        return equal
