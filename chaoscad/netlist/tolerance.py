"""The spread of a parameter: a size, absolute or in per cent of the value, and a distribution."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from chaoscad.files import number_of

Distribution = Literal["normal", "uniform"]

DISTRIBUTIONS: tuple[Distribution, ...] = ("normal", "uniform")


@dataclass(frozen=True)
class Spread:
    """How far a parameter of a device lies from its design value.

    **Arguments:**

    - `size`: the standard deviation of a normal spread, the half-width of a uniform one; in the
      parameter's unit, or as a part of its value where `relative` is true.
    """

    size: float
    relative: bool = False
    distribution: Distribution = "normal"

    def absolute(self, value: float) -> float:
        """The size at a parameter's value, in the parameter's unit."""
        return self.size * abs(value) if self.relative else self.size

    def scaled(self, factor: float) -> Spread:
        """The same spread, so many times as wide."""
        return Spread(factor * self.size, self.relative, self.distribution)

    def __str__(self) -> str:
        """As the netlist language writes it: `0.01`, `2 %`, `2 % uniform`."""
        size = f"{100 * self.size:.12g} %" if self.relative else f"{self.size!r}"
        return size if self.distribution == "normal" else f"{size} {self.distribution}"

    def to_data(self) -> float | str:
        """As the netlist language writes it, a plain number where that says it all."""
        plain = not self.relative and self.distribution == "normal"
        return self.size if plain else str(self)


def spread_of(given: float | str) -> Spread:
    """The spread that a number or a text such as `2 % uniform` writes.

    **Raises:** `ValueError`, which says what the text is instead: `no tolerance` or `negative`.
    """
    text, _, last = str(given).strip().rpartition(" ")
    distribution: Distribution = "normal"
    if last in DISTRIBUTIONS:
        distribution = last
    else:
        text = str(given).strip()
    size = text.removesuffix("%").rstrip()
    value = number_of(size)
    if value is None or not math.isfinite(value):
        raise ValueError("no tolerance")
    if value < 0:
        raise ValueError("negative")
    relative = text.endswith("%")
    return Spread(value / 100 if relative else value, relative, distribution)
