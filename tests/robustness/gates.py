"""Gates that stand alone, with some numbers of another gate."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from chaoscad.systems import Setting


@dataclass(frozen=True)
class Alone:
    """A gate of no design."""

    setting: Setting
    iterates: int = 1
    x0: float = 0.325
    delta: tuple[float, ...] = (0.25, 0.25)
    threshold: float = 0.75
    compare: str = ">"


def like(gate: Any, **changes: Any) -> Alone:
    """A gate with other numbers."""
    known = {field.name: getattr(gate, field.name) for field in fields(Alone)}
    return Alone(**known | changes)
