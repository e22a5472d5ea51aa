"""What a system can do: every two-input function, with shared and independent weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chaoscad.feasibility.flows import best_found
from chaoscad.feasibility.model import Feasibility
from chaoscad.feasibility.search import feasibility
from chaoscad.netlist import Gate, TruthTable, title
from chaoscad.netlist.model import Bounds, Weights
from chaoscad.systems import Flow, Interval, Setting

TWO_INPUT = tuple(TruthTable(format(number, "04b")) for number in range(1, 15))
"""The 14 two-input functions that are not constant."""

SIX = tuple(TruthTable(rows) for rows in ("0001", "0111", "0110", "1110", "1000", "1001"))
"""AND, OR, XOR, NAND, NOR, XNOR."""

SURVEY_BOXES = 100_000
"""Budget of one cell of the table."""


@dataclass(frozen=True)
class Cell:
    """One function on one system."""

    function: TruthTable
    weights: Weights
    iterates: int
    answer: Feasibility

    def to_data(self) -> dict[str, Any]:
        """The cell as JSON-ready data."""
        return {
            "function": self.function.rows,
            "name": title(self.function),
            "weights": self.weights,
            "iterates": self.iterates,
            **self.answer.to_data(),
        }


def survey(
    setting: Setting,
    functions: Sequence[TruthTable] = TWO_INPUT,
    weights: Sequence[Weights] = ("shared", "independent"),
    iterates: Sequence[int] = (1, 2, 3, 4, 5),
    *,
    state: Interval | None = None,
    boxes: int = SURVEY_BOXES,
) -> Iterator[Cell]:
    """Ask for every function, kind of weights and number of iterates whether it can be.

    Maps are answered with proofs, flows (which have one read-out, and no iterates) by the best
    setting found.

    **Arguments:**

    - `state`: the range of the states; the system's own where it is left out.
    """
    flow = isinstance(setting.system, Flow)
    for function in functions:
        for kind in weights:
            for count in (1,) if flow else iterates:
                gate = _gate(setting, function, kind, count, state or setting.system.state)
                answer = best_found(gate) if flow else feasibility(gate, boxes=boxes)
                yield Cell(function, kind, count, answer)


def _gate(
    setting: Setting, function: TruthTable, weights: Weights, iterates: int, state: Interval
) -> Gate:
    return Gate(
        name=title(function),
        inputs=tuple(f"i{position}" for position in range(function.arity)),
        function=function,
        setting=setting,
        iterates=iterates,
        weights=weights,
        compare=">",
        bounds=Bounds(state=state),
    )
