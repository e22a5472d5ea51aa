"""What it takes to switch a circuit from one configuration to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from chaoscad.design import DesignGate, Reconfigurable
from chaoscad.hardware import Hardware, hardware_of
from chaoscad.netlist import Netlist
from chaoscad.netlist.unrolled import controls_of

MOST_EXACT = 12
"""Most configurations whose cheapest order is found exactly: 2^n n^2 steps; of more, a good one."""

VOLTAGES = frozenset({"x0", "threshold"})
"""Controls that are voltages of the scale; others are numbers of their own kind."""


@dataclass(frozen=True)
class Control:
    """One number that is set anew: a gate's control, or one weight of it.

    **Arguments:**

    - `volts`: the value in every configuration where it is a voltage, `None` where it is none.
    - `codes`: of the converter where the hardware has one.
    """

    gate: str
    name: str
    values: dict[str, float]
    volts: dict[str, float] | None
    codes: dict[str, int] | None

    def to_data(self) -> dict[str, Any]:
        """The control as JSON-ready data."""
        return {
            "gate": self.gate,
            "control": self.name,
            "values": self.values,
            "volts": self.volts,
            "codes": self.codes,
        }


@dataclass(frozen=True)
class Switch:
    """From one configuration to another.

    **Arguments:**

    - `changes`: how many numbers change: DAC codes where there are codes, values elsewhere.
    - `largest_step`: the largest change of a voltage, in volts; 0 where none changes.
    """

    before: str
    after: str
    changes: int
    largest_step: float

    def to_data(self) -> dict[str, Any]:
        """The switch as JSON-ready data."""
        return {
            "from": self.before,
            "to": self.after,
            "changes": self.changes,
            "largest_step_volts": self.largest_step,
        }


@dataclass(frozen=True)
class SwitchingPlan:
    """The controls of a design in every configuration, and what switching between them changes."""

    configurations: tuple[str, ...]
    controls: tuple[Control, ...]

    def switch(self, before: str, after: str) -> Switch:
        """What changes from one configuration to another."""
        changes, largest = 0, 0.0
        for control in self.controls:
            told = control.codes if control.codes is not None else control.values
            changes += told[before] != told[after]
            if control.volts is not None:
                largest = max(largest, abs(control.volts[after] - control.volts[before]))
        return Switch(before, after, changes, largest)

    def sequence(self, names: Sequence[str]) -> tuple[Switch, ...]:
        """The switches of a sequence of configurations."""
        return tuple(self.switch(before, after) for before, after in pairwise(names))

    def cheapest_order(self, names: Sequence[str] | None = None) -> tuple[str, ...]:
        """An order of configurations, the first in its place, that changes the fewest numbers in all.

        Of orders with as many changes, the one with the least sum of largest steps. Up to `MOST_EXACT`
        configurations no order is better (Held and Karp, J. SIAM 10, 196 (1962)); of more, each is
        followed by its nearest.

        **Arguments:**

        - `names`: which ones; all of them where it is left out.
        """
        asked = list(self.configurations if names is None else names)
        if len(asked) > MOST_EXACT:
            return self._nearest(asked)
        if len(asked) < 2:
            return tuple(asked)
        cost = {
            (one, other): self._cost(asked[one], asked[other])
            for one in range(len(asked))
            for other in range(len(asked))
        }
        best: dict[tuple[int, int], tuple[tuple[int, float], tuple[int, ...]]]
        best = {(1, 0): ((0, 0.0), (0,))}
        for _ in range(len(asked) - 1):
            longer: dict[tuple[int, int], tuple[tuple[int, float], tuple[int, ...]]] = {}
            for (visited, last), (spent, path) in best.items():
                for place in range(len(asked)):
                    if visited >> place & 1:
                        continue
                    step = cost[last, place]
                    found = ((spent[0] + step[0], spent[1] + step[1]), (*path, place))
                    key = (visited | 1 << place, place)
                    longer[key] = min(longer.get(key, found), found)
            best = longer
        return tuple(asked[place] for place in min(best.values())[1])

    def _nearest(self, names: list[str]) -> tuple[str, ...]:
        order, left = names[:1], names[1:]
        while left:
            following = min(left, key=lambda name: self._cost(order[-1], name))
            order.append(following)
            left.remove(following)
        return tuple(order)

    def _cost(self, before: str, after: str) -> tuple[int, float]:
        found = self.switch(before, after)
        return found.changes, found.largest_step

    def to_data(self) -> dict[str, Any]:
        """The plan as JSON-ready data, with the switches between every two configurations."""
        names = self.configurations
        return {
            "controls": [control.to_data() for control in self.controls],
            "switches": [
                self.switch(one, other).to_data()
                for place, one in enumerate(names)
                for other in names[place + 1 :]
            ],
            "cheapest_order": list(self.cheapest_order()),
        }


def switching_plan(design: Reconfigurable, hardware: Hardware | None = None) -> SwitchingPlan:
    """The controls of a design, in volts and codes where its hardware says them.

    Gates that share a control, by a tie or as readings of one element, have it once.

    **Arguments:**

    - `hardware`: in place of what the netlist says.

    **Raises:** `ChaoscadError` for hardware that contradicts itself.
    """
    names = tuple(design.configurations)
    given = hardware or hardware_of(design.configurations[names[0]])
    controls: list[Control] = []
    for gate in design.netlist.gates:
        for name in controls_of(design.netlist, gate):
            if _again(design.netlist, gate.name, name):
                continue
            rows = {
                key: _values(one.gate(gate.name), name)
                for key, one in design.configurations.items()
            }
            for place in range(len(rows[names[0]])):
                values = {key: row[place] for key, row in rows.items()}
                called = f"{name}[{place}]" if name == "delta" else name
                controls.append(_control(gate.name, called, values, given))
    return SwitchingPlan(names, tuple(controls))


def _again(netlist: Netlist, gate: str, name: str) -> bool:
    """Whether the control is one of another gate, which stands for it."""
    ties = [tie.gates for tie in netlist.sharing if tie.parameter == name and gate in tie.gates]
    order = [item.name for item in netlist.gates]
    return any(min(gates, key=order.index) != gate for gates in ties)


def _values(gate: DesignGate, name: str) -> tuple[float, ...]:
    if name == "delta":
        return tuple(gate.delta)
    if name in ("x0", "threshold", "iterates"):
        return (getattr(gate, name),)
    return (gate.setting.parameters[name],) if name in gate.setting.parameters else ()


def _control(gate: str, name: str, values: dict[str, float], hardware: Hardware) -> Control:
    if name not in VOLTAGES:
        return Control(gate, name, values, None, None)
    volts = {key: hardware.volts(value) for key, value in values.items()}
    if hardware.dac_bits is None or hardware.dac_range is None:
        return Control(gate, name, values, volts, None)
    low, step = hardware.dac_range[0], hardware.dac_step
    codes = {key: round((value - low) / step) for key, value in volts.items()}
    return Control(gate, name, values, volts, codes)
