"""Everything about switching a design: its controls, every pair of configurations, an order."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

from chaoscad.design.reconfigurable import Reconfigurable
from chaoscad.hardware import Hardware
from chaoscad.switching.changes import Control, Switch, controls, scale_of, switch_between
from chaoscad.switching.order import Order, cheapest_order


@dataclass(frozen=True)
class Switching:
    """Everything about switching a design.

    **Arguments:**

    - `switches`: of every pair of configurations, from the earlier in the netlist to the later; the
      way back changes as much.
    - `scale`: the hardware that gives volts and codes; `None` without one.
    """

    controls: tuple[Control, ...]
    switches: tuple[Switch, ...]
    order: Order
    scale: Hardware | None

    @property
    def own(self) -> tuple[Control, ...]:
        """The controls that are set by themselves."""
        return tuple(item for item in self.controls if not item.follows)

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "controls": [item.to_data(self.scale) for item in self.controls],
            "switches": [item.to_data() for item in self.switches],
            "cheapest_order": self.order.to_data(),
        }


def switching(design: Reconfigurable, hardware: Hardware | None = None) -> Switching:
    """The switches between all configurations, and the cheapest order that has each once.

    **Arguments:**

    - `hardware`: the scale of volts; by default that of the netlist, if it gives one.
    """
    names = list(design.configurations)
    every, scale = controls(design), scale_of(design, hardware)
    between = tuple(switch_between(every, *pair, scale) for pair in combinations(names, 2))
    order = cheapest_order(design, names, hardware=hardware)
    return Switching(every, between, order, scale)
