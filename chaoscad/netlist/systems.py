"""What a `system` value stands for: a built-in by name, a user's map, a measured curve."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from pydantic_core import PydanticCustomError

from chaoscad.errors import nearest, shown
from chaoscad.expression import ExpressionError
from chaoscad.netlist.complaints import Complain
from chaoscad.netlist.curves import KEYS, Locate, measured_curve
from chaoscad.netlist.scalars import finite
from chaoscad.netlist.source import MappingNode, Node, Scalar, SequenceNode, describe, place
from chaoscad.systems import SYSTEMS, Flow, Setting, Solver, curve_setting, user_map
from chaoscad.systems.model import ADAPTIVE, METHODS, MOST_STEPS, System
from chaoscad.systems.registry import out_of_range

PORTS = ("encode", "read", "start")
"""Keys of every built-in system, beside its parameters."""

OF_FLOWS = ("time", "solver")
"""Keys of flows only."""

SMALLEST_TOLERANCE = 1e-12
LARGEST_TOLERANCE = 0.1


class SystemReader:
    """Reads `system` values; each is read, and refused, once.

    `locate` finds the files of measured curves.
    """

    def __init__(self, complain: Complain, locate: Locate) -> None:
        self.complain, self.locate = complain, locate
        self.settings: dict[int, Setting | None] = {}

    def setting(self, node: Node) -> Setting | None:
        """The system that a value stands for, or `None` when it was refused."""
        key = id(node)
        if key not in self.settings:
            self.settings[key] = self._setting(node)
        return self.settings[key]

    def _setting(self, node: Node) -> Setting | None:
        if isinstance(node, Scalar):
            return self._named(node, MappingNode())
        assert isinstance(node, MappingNode)
        if Scalar("map") in node:
            return self._user(node)
        if Scalar("curve") in node:
            if not self._only(node, KEYS):
                return None
            curve = measured_curve(node, self.locate, self.complain, self.number)
            return None if curve is None else curve_setting(curve)
        name = node.get(Scalar("name"))
        if not isinstance(name, Scalar):
            here = name or next(iter(node), Scalar.at("", node.line, node.column))
            at = Scalar.at("", here.line, here.column)
            message = "a system is a name, or a mapping with the key 'name', 'map' or 'curve'"
            self.complain(message, at, "for example {name: logistic, a: 3.9}")
            return None
        values = MappingNode((key, value) for key, value in node.items() if key != "name")
        given = values.pop(Scalar("parameters"), None)
        if isinstance(given, MappingNode):
            for key, value in given.items():
                if key in values:
                    self.complain(f"{shown(key)} is given twice", key, "give it once")
                    return None
                values[key] = value
        elif given is not None:
            self.complain(f"'parameters' is a mapping, not {describe(given)}", place(given))
            return None
        return self._named(name, values)

    def _named(self, name: Scalar, values: MappingNode) -> Setting | None:
        if name not in SYSTEMS:
            hint = nearest(name, SYSTEMS) or "the systems are " + ", ".join(SYSTEMS)
            self.complain(f"unknown system {shown(name)}", name, hint)
            return None
        system = SYSTEMS[str(name)]
        options = {key: node for key, node in values.items() if key in (*PORTS, *OF_FLOWS)}
        merged = system.defaults()
        sound = True
        for key, node in values.items():
            if key in options:
                continue
            parameter = system.parameter(key)
            value = self.number(key, node)
            if parameter is None:
                allowed = [item.name for item in system.parameters]
                keys = [*allowed, *PORTS, *(OF_FLOWS if isinstance(system, Flow) else ())]
                hint = nearest(key, keys) or "it has " + (", ".join(allowed) or "none")
                self.complain(f"{name} has no parameter {shown(key)}", key, hint)
                sound = False
            elif value is None:
                sound = False
            elif not parameter.accepts(value):
                self.complain(out_of_range(name, parameter, value), place(node))
                sound = False
            else:
                merged[str(key)] = value
        setting = Setting(system, tuple(merged.values()))
        for key, node in options.items():
            changed = self._option(system, setting, key, node)
            if changed is None:
                sound = False
            else:
                setting = changed
        return setting if sound else None

    def _option(self, system: System, setting: Setting, key: Scalar, node: Node) -> Setting | None:
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
                value = self.number(key, node)
                if value is None:
                    return None
                if value <= 0:
                    message = f"'time': {value:g} is not positive"
                    self.complain(message, place(node), "a flow runs for a positive time")
                    return None
                return self._resolved(replace(setting, time=value), node)
            case _:
                return self._solver(setting, node)

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
        if not isinstance(node, MappingNode):
            self.complain(f"'start' is a mapping, not {describe(node)}", key, "such as {z: 10}")
            return None
        values = dict(zip(system.coordinates, system.start, strict=True))
        for name, item in node.items():
            if name not in system.coordinates:
                self._no_coordinate(system, name)
                return None
            value = self.number(name, item)
            if value is None:
                return None
            values[str(name)] = value
        return replace(setting, start=tuple(values.values()))

    def _no_coordinate(self, system: System, node: Node) -> None:
        hint = nearest(node, system.coordinates) if isinstance(node, Scalar) else None
        message = f"{system.name} has no coordinate {describe(node)}"
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
        return self._resolved(replace(setting, solver=solver), node)

    def _resolved(self, setting: Setting, node: Node) -> Setting | None:
        solver, time = setting.solver, setting.time
        assert solver is not None
        assert time is not None
        if solver.step is not None and time / solver.step > MOST_STEPS:
            message = f"a time of {time:g} takes {time / solver.step:.3g} steps of {solver.step:g}"
            hint = f"the most is {MOST_STEPS}; shorten the time"
            self.complain(message, place(node), hint)
            return None
        return setting

    def _user(self, node: MappingNode) -> Setting | None:
        expression = node[Scalar("map")]
        if not isinstance(expression, Scalar):
            self.complain(f"a map is an expression, not {describe(expression)}", place(expression))
            return None
        if not self._only(node, ("map", "parameters")):
            return None
        given = node.get(Scalar("parameters"), MappingNode())
        if not isinstance(given, MappingNode):
            self.complain(f"'parameters' is a mapping, not {describe(given)}", place(given))
            return None
        values: dict[str, float] = {}
        for key, item in given.items():
            value = self.number(key, item)
            if value is None:
                return None
            values[str(key)] = value
        try:
            return user_map(str(expression), values)
        except ExpressionError as error:
            self.complain(error.message, expression, error.hint, error.column)
            return None

    def _only(self, node: MappingNode, allowed: tuple[str, ...]) -> bool:
        for key in node:
            if key not in allowed:
                hint = nearest(key, allowed) or "the keys here are " + ", ".join(allowed)
                self.complain(f"unknown key {shown(key)}", key, hint)
                return False
        return True

    def number(self, key: Scalar, node: Node) -> float | None:
        """A finite number, or a complaint and `None`."""
        try:
            return finite(node)
        except PydanticCustomError as error:
            context: dict[str, Any] = error.context or {}
            self.complain(f"{shown(key)}: {context['message']}", place(node), context["hint"])
            return None
