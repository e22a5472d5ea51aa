"""What it takes to switch a circuit between its configurations, and the cheapest order of several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any, TypeAlias

from chaoscad.design.model import DesignGate
from chaoscad.design.reconfigurable import Reconfigurable
from chaoscad.errors import ChaoscadError, Diagnostic, shown
from chaoscad.hardware import Hardware, hardware_of
from chaoscad.netlist import Gate, Netlist
from chaoscad.netlist.unrolled import controls_of

MOST_EXACT = 12
"""Most configurations whose cheapest order is found exactly: 2^n n^2 steps."""

VOLTAGES = ("x0", "delta", "threshold")
"""The controls that stand as voltages in a circuit."""

Cost: TypeAlias = tuple[int, float]
"""The controls that change, and the largest step of a voltage among them, in the system's unit."""


@dataclass(frozen=True)
class Control:
    """One number of one gate that may differ between configurations.

    **Arguments:**

    - `name`: x0, threshold, iterates, time or a parameter of the system; a weight is `delta1`, `delta2`, ...
      as its input, or `delta` where all inputs share one.
    - `parameter`: what the netlist calls it: its name, without the number of an input.
    - `values`: in every configuration, in the system's unit.
    - `follows`: the gate that has the same control by a tie or as a reading of the same element; empty
      for a control that is set by itself.
    """

    gate: str
    name: str
    parameter: str
    values: Mapping[str, float]
    follows: str = ""

    def volts(self, value: float, hardware: Hardware) -> float | None:
        """The voltage of a value: of a weight a difference, of anything but a voltage `None`."""
        if self.parameter not in VOLTAGES:
            return None
        return (
            hardware.volts_per_unit * value if self.parameter == "delta" else hardware.volts(value)
        )

    def zero(self, hardware: Hardware) -> float:
        """The voltage that the code 0 of a DAC sets: a weight is a difference of voltages."""
        assert hardware.dac_range is not None
        return 0.0 if self.parameter == "delta" else hardware.dac_range[0]

    def code(self, value: float, hardware: Hardware) -> int | None:
        """The nearest code of a DAC; `None` without one, and for what is no voltage."""
        volts = self.volts(value, hardware)
        if volts is None or hardware.dac_bits is None:
            return None
        return round((volts - self.zero(hardware)) / hardware.dac_step)

    def to_data(self, hardware: Hardware | None) -> dict[str, Any]:
        """As JSON-ready data, with volts and codes where the hardware has a scale for them."""
        found: dict[str, Any] = {"gate": self.gate, "control": self.name, "follows": self.follows}
        found["values"] = dict(self.values)
        if hardware is not None and self.parameter in VOLTAGES:
            found["volts"] = {key: self.volts(item, hardware) for key, item in self.values.items()}
            found["codes"] = {key: self.code(item, hardware) for key, item in self.values.items()}
        return found


@dataclass(frozen=True)
class Change:
    """One control that a switch changes.

    **Arguments:**

    - `volts`: the size of the step; `None` without a scale, and for what is no voltage.
    """

    gate: str
    control: str
    before: float
    after: float
    volts: float | None

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "gate": self.gate,
            "control": self.control,
            "before": self.before,
            "after": self.after,
            "step_volts": self.volts,
        }


@dataclass(frozen=True)
class Switch:
    """From one configuration to another.

    **Arguments:**

    - `changes`: the controls that are set anew; what follows another control is not among them.
    - `largest_step`: of x0, weights and thresholds, in the system's unit; 0 where none changes.
    - `largest_volts`: the same in volts; `None` where the hardware gives no scale.
    """

    before: str
    after: str
    changes: tuple[Change, ...]
    largest_step: float
    largest_volts: float | None

    @property
    def cost(self) -> Cost:
        """By which orders are compared."""
        return len(self.changes), self.largest_step

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "from": self.before,
            "to": self.after,
            "controls_changed": len(self.changes),
            "largest_step": self.largest_step,
            "largest_step_volts": self.largest_volts,
            "changes": [item.to_data() for item in self.changes],
        }


@dataclass(frozen=True)
class Order:
    """Configurations one after another.

    **Arguments:**

    - `names`: as often as they were given, equal ones together.
    - `switches`: between neighbours that differ.
    - `exact`: whether no order is cheaper; otherwise none was found.
    """

    names: tuple[str, ...]
    switches: tuple[Switch, ...]
    exact: bool

    @property
    def cost(self) -> Cost:
        """The controls that change in all switches, and the largest step of any."""
        return (
            sum(len(item.changes) for item in self.switches),
            max((item.largest_step for item in self.switches), default=0.0),
        )

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        changed, step = self.cost
        volts = [item.largest_volts for item in self.switches if item.largest_volts is not None]
        return {
            "order": list(self.names),
            "exact": self.exact,
            "controls_changed": changed,
            "largest_step": step,
            "largest_step_volts": max(volts, default=None),
            "switches": [item.to_data() for item in self.switches],
        }


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
    every, scale = controls(design), _scale(design, hardware)
    between = tuple(_switch(every, *pair, scale) for pair in combinations(names, 2))
    order = cheapest_order(design, names, hardware=hardware)
    return Switching(every, between, order, scale)


def controls(design: Reconfigurable) -> tuple[Control, ...]:
    """Every number that may differ between configurations, gate by gate, whether it does or not."""
    netlist = design.netlist
    leaders = _leaders(netlist)
    found: list[Control] = []
    for gate in netlist.gates:
        settings = {name: one.gate(gate.name) for name, one in design.configurations.items()}
        for parameter in controls_of(netlist, gate):
            numbers = {name: _numbers(gate, one, parameter) for name, one in settings.items()}
            leader = leaders.get((gate.name, parameter), gate.name)
            leader = "" if leader == gate.name else leader
            for label in next(iter(numbers.values())):
                values = {name: one[label] for name, one in numbers.items()}
                found.append(Control(gate.name, label, parameter, values, leader))
    return tuple(found)


def switch(
    design: Reconfigurable, before: str, after: str, hardware: Hardware | None = None
) -> Switch:
    """What changes from one configuration to another.

    **Raises:** `ChaoscadError` for a configuration that the design has not.
    """
    for name in (before, after):
        design.configuration(name)
    return _switch(controls(design), before, after, _scale(design, hardware))


def _switch(every: Sequence[Control], before: str, after: str, scale: Hardware | None) -> Switch:
    changes: list[Change] = []
    largest = 0.0
    for control in every:
        was, becomes = control.values[before], control.values[after]
        if control.follows or was == becomes:
            continue
        # Two values with one code are one setting of the circuit.
        code = None if scale is None else control.code(was, scale)
        if scale is not None and code is not None and code == control.code(becomes, scale):
            continue
        volts = None
        if control.parameter in VOLTAGES:
            largest = max(largest, abs(becomes - was))
            volts = None if scale is None else abs(scale.volts_per_unit) * abs(becomes - was)
        changes.append(Change(control.gate, control.name, was, becomes, volts))
    in_volts = None if scale is None else abs(scale.volts_per_unit) * largest
    return Switch(before, after, tuple(changes), largest, in_volts)


def cheapest_order(
    design: Reconfigurable,
    names: Sequence[str],
    *,
    start: str | None = None,
    hardware: Hardware | None = None,
) -> Order:
    """The order of some configurations in which the fewest controls change.

    Among orders that change as many, one whose largest step is least. Up to `MOST_EXACT` different
    configurations it is found by dynamic programming over subsets (Held and Karp, 1962, J. SIAM 10,
    196); of more, the best of the orders that go on to the nearest, one from each start.

    **Arguments:**

    - `names`: those that are wanted; one that is wanted several times is visited once, for as long.
    - `start`: the one that the circuit is in before, and that is first; it need not be wanted.

    **Raises:** `ChaoscadError` for no configurations, and for one that the design has not.
    """
    if not names:
        hint = f"its configurations are {', '.join(design.configurations)}"
        message = f"no configurations of {design.name} were given to order"
        raise ChaoscadError(Diagnostic(message, hint=hint))
    if isinstance(names, str):
        message = f"{shown(names)} is one name, and an order is of several"
        raise ChaoscadError(Diagnostic(message, hint="give a list of names"))
    counts = Counter(names)
    distinct = list(counts)
    if start is not None and start not in counts:
        distinct.insert(0, start)
    for name in distinct:
        design.configuration(name)
    every, scale = controls(design), _scale(design, hardware)
    known = {pair: _switch(every, *pair, scale) for pair in combinations(distinct, 2)}
    costs = [[_cost(known, one, other) for other in distinct] for one in distinct]
    first = None if start is None else distinct.index(start)
    exact = len(distinct) <= MOST_EXACT
    places = _held_karp(costs, first) if exact else _nearest_first(costs, first)
    path = [distinct[place] for place in places]
    # The start stands in the order even where only the switch from it is wanted.
    repeated = tuple(name for name in path for _ in range(max(1, counts[name])))
    switches = tuple(_switch(every, *pair, scale) for pair in pairwise(path))
    return Order(repeated, switches, exact)


def _cost(known: Mapping[tuple[str, str], Switch], one: str, other: str) -> Cost:
    found = known.get((one, other)) or known.get((other, one))
    return (0, 0.0) if found is None else found.cost


def _joined(one: Cost, other: Cost) -> Cost:
    # Never decreasing in either part, so the best way to a subset is part of a best way through it.
    return one[0] + other[0], max(one[1], other[1])


def _held_karp(costs: Sequence[Sequence[Cost]], first: int | None) -> list[int]:
    """The cheapest path through all places; of equal ones the first that is found."""
    count = len(costs)
    starts = range(count) if first is None else [first]
    best: dict[tuple[int, int], tuple[Cost, int]] = {
        (1 << place, place): ((0, 0.0), -1) for place in starts
    }
    for members in range(1, 1 << count):
        for last in range(count):
            here = best.get((members, last))
            if here is None:
                continue
            for then in range(count):
                if members >> then & 1:
                    continue
                cost = _joined(here[0], costs[last][then])
                key = (members | 1 << then, then)
                if key not in best or cost < best[key][0]:
                    best[key] = (cost, last)
    members = (1 << count) - 1
    last = min(
        (place for place in range(count) if (members, place) in best),
        key=lambda place: best[members, place][0],
    )
    path: list[int] = []
    while last >= 0:
        path.append(last)
        members, last = members & ~(1 << last), best[members, last][1]
    # A free path costs the same both ways, and begins with the earlier of its ends.
    return path if first is None else path[::-1]


def _nearest_first(costs: Sequence[Sequence[Cost]], first: int | None) -> list[int]:
    paths = [_greedy(costs, place) for place in (range(len(costs)) if first is None else [first])]

    def total(path: list[int]) -> Cost:
        found = (0, 0.0)
        for one, other in pairwise(path):
            found = _joined(found, costs[one][other])
        return found

    return min(paths, key=total)


def _greedy(costs: Sequence[Sequence[Cost]], first: int) -> list[int]:
    path, left = [first], [place for place in range(len(costs)) if place != first]
    while left:
        path.append(min(left, key=lambda place: costs[path[-1]][place]))
        left.remove(path[-1])
    return path


def _numbers(gate: Gate, found: DesignGate, parameter: str) -> dict[str, float]:
    """The numbers of one parameter, by their names."""
    if parameter == "delta":
        if gate.weights == "shared":
            return {"delta": found.delta[0]}
        return {f"delta{place}": item for place, item in enumerate(found.delta, 1)}
    if parameter in ("x0", "threshold", "iterates"):
        return {parameter: getattr(found, parameter)}
    if parameter == "time":
        return {} if found.setting.time is None else {parameter: found.setting.time}
    # A control of the whole netlist is none of a gate whose system has no such parameter.
    parameters = found.setting.parameters
    return {parameter: parameters[parameter]} if parameter in parameters else {}


def _leaders(netlist: Netlist) -> dict[tuple[str, str], str]:
    """By gate and parameter, the first gate that shares it through one tie or several."""
    place = {gate.name: number for number, gate in enumerate(netlist.gates)}
    found: dict[tuple[str, str], str] = {}
    for tie in netlist.sharing:
        joined = {found.get((gate, tie.parameter), gate) for gate in tie.gates}
        lead = min(joined, key=place.__getitem__)
        members = {key for key, one in found.items() if key[1] == tie.parameter and one in joined}
        found |= dict.fromkeys(members | {(gate, tie.parameter) for gate in tie.gates}, lead)
    return found


def _scale(design: Reconfigurable, hardware: Hardware | None) -> Hardware | None:
    if hardware is not None or "volts_per_unit" not in (design.netlist.hardware or {}):
        return hardware
    return hardware_of(next(iter(design.configurations.values())))
