"""How much of all functions a library serves, and how well: by the margin, and by the reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from chaoscad.cells.model import Library
from chaoscad.netlist.model import Compare


@dataclass(frozen=True)
class Coverage:
    """The functions of some number of inputs at one number of iterates.

    **Arguments:**

    - `functions`: how many there are, constants left out.
    - `covered`: how many have a cell.
    - `reached`: how many have a cell with at least the wanted margin.
    - `first`: how many of these have none with fewer iterates.
    - `worst`, `median`: margins over the covered ones; `None` when there are none.
    """

    iterates: int
    functions: int
    covered: int
    reached: int
    first: int
    worst: float | None
    median: float | None

    def to_data(self) -> dict[str, Any]:
        """The figures as JSON-ready data."""
        return dict(vars(self))


def coverage(
    library: Library, margin: float = 0.1, compare: Compare | None = None
) -> tuple[Coverage, ...]:
    """The figures for every number of iterates.

    **Arguments:**

    - `margin`: the margin that is wanted.
    - `compare`: only this comparator; by default, the one with the better margin for each function.
    """
    found: list[Coverage] = []
    behind = np.zeros((1 << (1 << library.inputs)) - 2, bool)
    for iterates in library.iterates:
        margins = library.margins(library.inputs, iterates, compare)[1:-1]
        present = margins[margins > 0]
        reached = margins >= margin
        found.append(
            Coverage(
                iterates=iterates,
                functions=len(margins),
                covered=len(present),
                reached=int(reached.sum()),
                first=int((reached & ~behind).sum()),
                worst=float(present.min()) if len(present) else None,
                median=float(np.median(present)) if len(present) else None,
            )
        )
        behind |= reached
    return tuple(found)


@dataclass(frozen=True)
class Reached:
    """The functions of some number of inputs at one number of iterates, in a library for yield.

    **Arguments:**

    - `functions`, `covered`: as of `Coverage`.
    - `best`: for how many of them this is the number of iterates of the greatest reach.
    - `worst`, `median`: reaches over the covered ones; `None` when there are none.
    """

    iterates: int
    functions: int
    covered: int
    best: int
    worst: float | None
    median: float | None

    def to_data(self) -> dict[str, Any]:
        """The figures as JSON-ready data."""
        return dict(vars(self))


def reached(library: Library, compare: Compare | None = None) -> tuple[Reached, ...]:
    """The figures for every number of iterates; by default with the better comparator.

    **Arguments:**

    - `library`: one with an `objective`.
    """
    reaches = [
        library.merits(library.inputs, iterates, compare)[1:-1] for iterates in library.iterates
    ]
    # Of equal ones the fewest iterates.
    best = np.argmax(reaches, axis=0) if reaches else np.zeros(0, int)
    found: list[Reached] = []
    for index, iterates in enumerate(library.iterates):
        present = reaches[index][reaches[index] > 0]
        found.append(
            Reached(
                iterates=iterates,
                functions=len(reaches[index]),
                covered=len(present),
                best=int(((best == index) & (reaches[index] > 0)).sum()),
                worst=float(present.min()) if len(present) else None,
                median=float(np.median(present)) if len(present) else None,
            )
        )
    return tuple(found)
