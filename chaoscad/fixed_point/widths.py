"""How many fraction bits a design needs: every width tried, for every gate.

Whether a gate works is not monotone in the width: a chaotic orbit that happens to be right at 5 bits may
be wrong at 6 and 7. So nothing is bisected, and two widths are told apart: the least that works, and the
one from which on all work.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from chaoscad.errors import Diagnostic, Refused, shown
from chaoscad.evidence import Evidence, once
from chaoscad.fixed_point.form import Rounding
from chaoscad.fixed_point.orbits import (
    FEWEST_BITS,
    LONGEST_WORD,
    MOST_BITS,
    alike,
    integer_bits,
    orbits,
)
from chaoscad.systems import Flow

WIDTHS = range(FEWEST_BITS, MOST_BITS + 1)
"""The numbers of fraction bits that are tried, each of them."""

RESERVE = 2
"""Fraction bits beyond the width from which on all work, where an export chooses for itself."""


@dataclass(frozen=True)
class GateWidths:
    """One gate at every width.

    **Arguments:**

    - `margins`: by fraction bits, the least distance on the right side in the unit of the state;
      negative when a row is wrong.
    """

    name: str
    margins: Mapping[int, float]

    @property
    def works(self) -> tuple[int, ...]:
        """The widths at which every row is right."""
        return tuple(width for width, margin in self.margins.items() if margin > 0)

    @property
    def least(self) -> int | None:
        """The least width that works."""
        return least(self.works)

    @property
    def settled(self) -> int | None:
        """The least width from which on every one that is tried works."""
        return settled(self.works, WIDTHS[-1])


@dataclass(frozen=True)
class Widths:
    """A design at every width.

    **Arguments:**

    - `gates`: in the order of the design.
    - `integer_bits`: by fraction bits, the integer bits that all values of all gates need.
    """

    gates: tuple[GateWidths, ...]
    integer_bits: Mapping[int, int]
    rounding: Rounding

    def margin(self, width: int) -> float:
        """The least margin of any gate at a width."""
        return min((gate.margins[width] for gate in self.gates), default=math.inf)

    @property
    def works(self) -> tuple[int, ...]:
        """The widths at which every gate works and a word is not too long."""
        return tuple(
            width
            for width in WIDTHS
            if self.margin(width) > 0 and 1 + self.integer_bits[width] + width <= LONGEST_WORD
        )

    @property
    def least(self) -> int | None:
        """The least width that works for the whole design."""
        return least(self.works)

    @property
    def settled(self) -> int | None:
        """The least width from which on every one whose words are short enough works."""
        fitting = [
            width for width in WIDTHS if 1 + self.integer_bits[width] + width <= LONGEST_WORD
        ]
        return settled(self.works, fitting[-1]) if fitting else None

    @property
    def chosen(self) -> int | None:
        """The width that an export takes when none is asked for.

        `RESERVE` more than `settled`; where wide words fail too, the width of the best margin.
        """
        if self.settled is None:
            return max(self.works, key=lambda width: (self.margin(width), -width), default=None)
        return min(self.settled + RESERVE, self.works[-1])


@once
def widths(evidence: Evidence, rounding: Rounding = "truncate") -> Widths:
    """Try every width from 2 to 24 fraction bits on every gate of a design.

    Rows that a gate's function leaves open do not count.

    **Raises:** `Refused` for gates on flows, which have no fixed-point form, and for maps
    without one.
    """
    design = evidence.design
    flows = [gate for gate in design.gates if isinstance(gate.setting.system, Flow)]
    if flows:
        raise Refused([no_form(gate.name, gate.setting.system.name) for gate in flows[:20]])
    first = {
        other.name: gate.name
        for elements in alike(evidence)
        for element in elements
        for gate, other in zip(elements[0].readings, element.readings, strict=True)
    }
    kinds = {gate.name: (first[gate.name], gate.function.rows) for gate in design.gates}
    margins: dict[tuple[str, str], dict[int, float]] = {kind: {} for kind in kinds.values()}
    needed: dict[int, int] = {}
    for width in WIDTHS:
        found = orbits(evidence, width, rounding)
        for name, rows in margins:
            margins[name, rows][width] = found[name].margin(rows) / (1 << width)
        distinct = {name: found[name] for name, _ in margins}
        needed[width] = integer_bits(list(distinct.values()), width)
    gates = tuple(GateWidths(name, margins[kind]) for name, kind in kinds.items())
    return Widths(gates, needed, rounding)


def no_form(gate: str, system: str) -> Diagnostic:
    """The refusal of a flow."""
    return Diagnostic(
        f"gate {shown(gate)} is on the flow {system}, which has no fixed-point form",
        hint="the targets spice and c (in floating point) take flows",
    )


def least(works: tuple[int, ...]) -> int | None:
    """The first of the widths that work, or `None`."""
    return works[0] if works else None


def settled(works: tuple[int, ...], last: int) -> int | None:
    """The first of the widths that work without a gap up to `last`; `None` when `last` fails."""
    if last not in works:
        return None
    found = works[-1]
    for width in reversed(works[:-1]):
        if width != found - 1:
            break
        found = width
    return found
