"""What a yield is: how many devices are right, and which rows, gates and outputs fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chaoscad.netlist.deviations import Deviations
from chaoscad.robustness.interval import Share


@dataclass(frozen=True)
class RowFailures:
    """How often the bit of a gate's local row differs from the design's.

    **Arguments:**

    - `inputs`: the row, as bits of the gate's inputs.
    - `devices`: in how many devices.
    - `outside`: in how many its state lies outside of the declared range.
    """

    gate: str
    inputs: str
    devices: int
    outside: int


@dataclass(frozen=True)
class YieldEstimate:
    """The yield of a design, by sampling.

    **Arguments:**

    - `deviations`: what was drawn.
    - `yield_`: devices that are right; those that were not decided count as wrong in it, and as
      right in the upper end of its interval.
    - `undecided`: devices for which no proof was found in time.
    - `rows`: local rows that matter, those that differ most often first.
    - `gates`: by gate, devices in which one of its rows that matter differs.
    - `outputs`: by output, devices in which it was seen to be wrong.
    - `outside`: devices in which the state of some row lies outside of the declared range, where
      formulas are evaluated and measured curves keep the value of their end.
    - `checked`, `differ`: devices that NumPy evaluated again, and those of them in which it finds
      other bits.
    """

    deviations: Deviations
    yield_: Share
    undecided: int
    rows: tuple[RowFailures, ...]
    gates: Mapping[str, int]
    outputs: Mapping[str, int]
    outside: int
    checked: int
    differ: int
    seed: int = 0
    parameters: Mapping[str, Share] = field(default_factory=dict)

    @property
    def devices(self) -> int:
        """How many were drawn."""
        return self.yield_.of

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "devices": self.devices,
            "seed": self.seed,
            "confidence": self.yield_.confidence,
            "yield": self.yield_.to_data(),
            "undecided": self.undecided,
            "deviations": self.deviations.to_data(),
            "rows": [
                {
                    "gate": row.gate,
                    "inputs": row.inputs,
                    "devices": row.devices,
                    "outside": row.outside,
                }
                for row in self.rows
            ],
            "gates": dict(self.gates),
            "outputs": dict(self.outputs),
            "outside": self.outside,
            "checked": self.checked,
            "differ": self.differ,
            "parameters": {name: found.to_data() for name, found in self.parameters.items()},
        }
