"""Weighted sums of losses, and the text that stands for one. The losses are loaded when they are used."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaoscad.errors import ChaoscadError, nearest, shown, told

if TYPE_CHECKING:
    from jaxtyping import Array, Float

_TERM = re.compile(r"(?:(?P<weight>\d+\.?\d*(?:[eE][-+]?\d+)?)\s*\*\s*)?(?P<name>[A-Za-z-]+)")


@dataclass(frozen=True)
class WeightedSum:
    """A sum of losses with weights; hashable, so that it can select a compiled program."""

    terms: tuple[tuple[str, float], ...]

    def __call__(
        self,
        logits: Float[Array, "*rows"],
        wanted: Float[Array, "*rows"],
        weights: Float[Array, "*rows"],
    ) -> Float[Array, ""]:
        """The sum for the given rows."""
        from chaoscad.tune.losses import weighted

        return weighted(self.terms, logits, wanted, weights)

    def __str__(self) -> str:
        return " + ".join(
            name if weight == 1 else f"{weight:g}*{name}" for name, weight in self.terms
        )


def parse_loss(text: str) -> WeightedSum:
    """The loss that a text like `cross-entropy + 0.1*margin` stands for.

    **Raises:** `ChaoscadError` that names the allowed losses.
    """
    from chaoscad.tune.losses import LOSSES

    if not isinstance(text, str):
        message = f"the objective is {told(text)}; it must be a text such as 'cross-entropy'"
        raise ChaoscadError(message)
    terms: list[tuple[str, float]] = []
    for part in text.split("+"):
        match = _TERM.fullmatch(part.strip())
        if match is None or match["name"] not in LOSSES:
            given = match["name"] if match else part.strip()
            hint = nearest(given, LOSSES) or "the losses are " + ", ".join(LOSSES)
            raise ChaoscadError(f"unknown objective {shown(given)}; {hint}")
        weight = float(match["weight"] or 1.0)
        if not 0 < weight < float("inf"):
            raise ChaoscadError(f"the weight of {match['name']} must be positive and finite")
        terms.append((match["name"], weight))
    return WeightedSum(tuple(terms))
