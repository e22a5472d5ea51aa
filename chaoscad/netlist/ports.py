"""How a gate uses its system: where z goes in, what is read, when, and how a flow is integrated."""

from __future__ import annotations

import math
from dataclasses import replace

from chaoscad.errors import nearest, shown
from chaoscad.netlist.source import MappingNode, Node, Scalar, SequenceNode, describe, place
from chaoscad.netlist.values import Values
from chaoscad.systems import Flow, Setting, Solver
from chaoscad.systems.equations import NAME
from chaoscad.systems.model import ADAPTIVE, METHODS, MOST_STEPS, System

PORTS = ("encode", "read", "start")
"""Keys of every system, beside its parameters."""

OF_FLOWS = ("time", "solver")
"""Keys of flows only."""

SMALLEST_TOLERANCE = 1e-12
LARGEST_TOLERANCE = 0.1


class Ports(Values):
    """Changes a setting by the values of `PORTS` and `OF_FLOWS`."""

    def change(self, setting: Setting, key: Scalar, node: Node) -> Setting | None:
        """The setting with one value changed, or `None` when it was refused."""
        system = setting.system
        if key in OF_FLOWS and not isinstance(system, Flow):
            message = f"{system.name} is a map and has no {shown(key)}"
            self.complain(message, key, "'iterates' says how long a map runs")
            return None
        match str(key):
            case "encode":
                return self._encode(setting, key, node)
            case "read":
                if isinstance(node, Scalar) and node in system.coordinates:
                    return replace(setting, read=str(node))
                self._no_coordinate(system, node)
                return None
            case "start":
                return self._start(setting, key, node)
            case "time":
                if isinstance(node, SequenceNode):
                    message = "a system runs for one time, and this is a list"
                    hint = "a gate takes a list to choose from, beside its system: time: [0.4, 0.8]"
                    self.complain(message, place(node), hint)
                    return None
                value = self.positive(key, node, "a flow runs for a positive time")
                return None if value is None else self.timed(setting, value, place(node))
            case _:
                return self._solver(setting, node)

    def positive(self, key: Scalar, node: Node, why: str) -> float | None:
        """A positive number."""
        value = self.number(key, node)
        if value is not None and value <= 0:
            self.complain(f"{shown(key)}: {value:g} is not positive", place(node), why)
            return None
        return value

    def coordinates(
        self, system: System, key: Scalar, node: Node, example: str
    ) -> dict[str, float] | None:
        """Numbers by coordinate."""
        given = self.mapping(key, node, example)
        if given is None:
            return None
        values: dict[str, float] = {}
        for name, item in given.items():
            if name not in system.coordinates:
                self._no_coordinate(system, name)
                return None
            value = self.number(name, item)
            if value is None:
                return None
            values[str(name)] = value
        return values

    def _encode(self, setting: Setting, key: Scalar, node: Node) -> Setting | None:
        system = setting.system
        items = list(node) if isinstance(node, SequenceNode) else [node]
        for item in items:
            if not isinstance(item, Scalar) or item not in system.coordinates:
                self._no_coordinate(system, item)
                return None
        names = [str(item) for item in items]
        if not names or len(set(names)) < len(names):
            self.complain("'encode' takes one or more different coordinates", key)
            return None
        ordered = tuple(name for name in system.coordinates if name in names)
        return replace(setting, encode=ordered)

    def _start(self, setting: Setting, key: Scalar, node: Node) -> Setting | None:
        system = setting.system
        given = self.coordinates(system, key, node, "such as {z: 10}")
        if given is None:
            return None
        values = {**dict(zip(system.coordinates, system.start, strict=True)), **given}
        return replace(setting, start=tuple(values.values()))

    def _no_coordinate(self, system: System, node: Node) -> None:
        hint = nearest(node, system.coordinates) if isinstance(node, Scalar) else None
        kind = "flow" if isinstance(system, Flow) else "map"
        name = f"this {kind}" if system.name == NAME else system.name
        message = f"{name} has no coordinate {describe(node)}"
        at = place(node)
        self.complain(message, at, hint or "it has " + ", ".join(system.coordinates))

    def _solver(self, setting: Setting, node: Node) -> Setting | None:
        values = node if isinstance(node, MappingNode) else MappingNode({Scalar("method"): node})
        assert isinstance(setting.system, Flow)
        method, step, tolerance = "tsit5", None, None
        for key, item in values.items():
            if key == "method":
                if not isinstance(item, Scalar) or item not in METHODS:
                    hint = nearest(item, METHODS) if isinstance(item, Scalar) else None
                    message = f"there is no solver {describe(item)}"
                    self.complain(message, place(item), hint or "there are " + ", ".join(METHODS))
                    return None
                method = str(item)
            elif key in ("step", "tolerance"):
                value = self.number(key, item)
                if value is None:
                    return None
                low, high = (0.0, math.inf)
                if key == "tolerance":
                    low, high = SMALLEST_TOLERANCE, LARGEST_TOLERANCE
                if not (low <= value <= high and value > 0):
                    message = f"{shown(key)}: {value:g} is outside its range"
                    allowed = "it is positive" if key == "step" else f"it is {low:g} to {high:g}"
                    self.complain(message, place(item), allowed)
                    return None
                if key == "step":
                    step = value
                else:
                    tolerance = value
            else:
                hint = nearest(key, ["method", "step", "tolerance"])
                message = f"unknown key {shown(key)}"
                self.complain(message, key, hint or "the keys here are method, step, tolerance")
                return None
        at = place(node)
        if step is not None and tolerance is not None:
            message = "a solver takes a step or a tolerance, not both"
            self.complain(message, at, "a fixed step, or steps that keep a tolerance")
            return None
        if tolerance is not None and method not in ADAPTIVE:
            message = f"{method} does not estimate its error and takes no tolerance"
            self.complain(message, at, "give it a step, or take one of " + ", ".join(ADAPTIVE))
            return None
        if method == "dopri8" and tolerance is None:
            self.complain("dopri8 chooses its own steps", at, "give it a tolerance")
            return None
        if step is None and tolerance is None:
            step = setting.system.step
        solver = Solver(method, step=step, tolerance=tolerance)  # type: ignore[arg-type]
        return self._resolved(replace(setting, solver=solver), place(node))

    def timed(self, setting: Setting, time: float, at: Scalar) -> Setting | None:
        """The setting of a flow that runs for another time, or `None` when that was refused."""
        return self._resolved(replace(setting, time=time), at)

    def _resolved(self, setting: Setting, at: Scalar) -> Setting | None:
        solver, time = setting.solver, setting.time
        assert solver is not None
        assert time is not None
        if solver.step is not None and time / solver.step > MOST_STEPS:
            message = f"a time of {time:g} takes {time / solver.step:.3g} steps of {solver.step:g}"
            hint = f"the most is {MOST_STEPS}; shorten the time"
            self.complain(message, at, hint)
            return None
        return setting
