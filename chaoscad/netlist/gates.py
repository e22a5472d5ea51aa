"""One gate's options: defaults merged, system resolved, ranges checked against each other."""

from __future__ import annotations

import math
from typing import Any, Protocol

from pydantic import BaseModel
from pydantic_core import PydanticCustomError

from chaoscad.errors import nearest, shown
from chaoscad.expression import ExpressionError
from chaoscad.netlist.bounds import room
from chaoscad.netlist.functions import Refusal, gate_table
from chaoscad.netlist.model import Bounds, Gate
from chaoscad.netlist.schema import GateSchema, OptionsSchema, finite
from chaoscad.netlist.source import Mapping, Node, Scalar, Sequence, describe
from chaoscad.netlist.truth import WIDEST_GATE, TruthTable
from chaoscad.systems import SYSTEMS, Interval, Setting, user_map
from chaoscad.systems.registry import out_of_range

DEFAULT_SYSTEM = Scalar.at("logistic", 0, 0)


class Complain(Protocol):
    """Reports a message at a scalar, or at a column of its text."""

    def __call__(
        self, message: str, at: Scalar, hint: str | None = None, column: int = 0
    ) -> None: ...


class GateReader:
    """Reads gates one after another; systems and defaults are resolved once for all of them."""

    def __init__(
        self, complain: Complain, defaults: OptionsSchema | None, system: Node | None
    ) -> None:
        self.complain = complain
        self.defaults = defaults or OptionsSchema()
        self.system: Node = self.defaults.system or system or DEFAULT_SYSTEM
        self.settings: dict[int, Setting | None] = {}

    def gate(self, name: Scalar, schema: GateSchema) -> Gate | None:
        """The gate, or `None` when something about it was refused."""
        what = f"gate {shown(name)}"
        inputs = tuple(str(net) for net in schema.inputs)
        if len(inputs) > WIDEST_GATE:
            message = f"{what} has {len(inputs)} inputs; a gate may have at most {WIDEST_GATE}"
            self.complain(message, name, "build it from smaller gates")
            return None
        setting = self.setting(schema.system or self.system)
        function: TruthTable | None = None
        sound = setting is not None and bool(inputs)
        if schema.function is not None and inputs:
            try:
                function = gate_table(schema.function, inputs, what)
            except Refusal as refusal:
                self.complain(refusal.message, schema.function, refusal.hint, refusal.column)
                sound = False
        if setting is None or not sound:
            return None
        defaults = self.defaults
        fixed = self.fixed(what, len(inputs), schema)
        train = self.train(setting, schema)
        if fixed is None or train is None:
            return None
        gate = Gate(
            name=str(name),
            inputs=inputs,
            function=function,
            setting=setting,
            iterates=schema.iterates or defaults.iterates or 1,
            weights=schema.weights or defaults.weights or "independent",  # type: ignore[arg-type]
            compare=schema.compare or defaults.compare or ">",  # type: ignore[arg-type]
            bounds=self.bounds(schema, setting),
            fixed=fixed,
            train=train,
            line=name.line,
            column=name.column,
        )
        return gate if self.has_room(gate, name) else None

    def setting(self, node: Node) -> Setting | None:
        """The system that a `system` value stands for; each value is read, and refused, once."""
        key = id(node)
        if key not in self.settings:
            self.settings[key] = self._setting(node)
        return self.settings[key]

    def _setting(self, node: Node) -> Setting | None:
        if isinstance(node, Scalar):
            return self._named(node, Mapping())
        assert isinstance(node, Mapping)
        if Scalar("map") in node:
            return self._user(node)
        name = node.get(Scalar("name"))
        if not isinstance(name, Scalar):
            here = name or next(iter(node), Scalar.at("", node.line, node.column))
            place = Scalar.at("", here.line, here.column)
            message = "a system is a name, or a mapping with the key 'name' or 'map'"
            self.complain(message, place, "for example {name: logistic, a: 3.9}")
            return None
        values = Mapping((key, value) for key, value in node.items() if key != "name")
        given = values.pop(Scalar("parameters"), None)
        if isinstance(given, Mapping):
            values.update(given)
        elif given is not None:
            place = Scalar.at("", given.line, given.column)
            self.complain(f"'parameters' is a mapping, not {describe(given)}", place)
            return None
        return self._named(name, values)

    def _named(self, name: Scalar, values: Mapping) -> Setting | None:
        if name not in SYSTEMS:
            hint = nearest(name, SYSTEMS) or "the systems are " + ", ".join(SYSTEMS)
            self.complain(f"unknown system {shown(name)}", name, hint)
            return None
        system = SYSTEMS[str(name)]
        merged = system.defaults()
        sound = True
        for key, node in values.items():
            parameter = system.parameter(key)
            value = self.number(key, node)
            if parameter is None:
                allowed = [item.name for item in system.parameters]
                hint = nearest(key, allowed) or "it has " + ", ".join(allowed)
                self.complain(f"{name} has no parameter {shown(key)}", key, hint)
                sound = False
            elif value is None:
                sound = False
            elif not parameter.accepts(value):
                message = out_of_range(name, key, value, parameter.low, parameter.high)
                self.complain(message, _place(node))
                sound = False
            else:
                merged[str(key)] = value
        return Setting(system, tuple(merged.values())) if sound else None

    def _user(self, node: Mapping) -> Setting | None:
        expression = node[Scalar("map")]
        if not isinstance(expression, Scalar):
            self.complain(f"a map is an expression, not {describe(expression)}", _place(expression))
            return None
        for key in node:
            if key not in ("map", "parameters"):
                hint = nearest(key, ["map", "parameters"]) or "the keys here are map, parameters"
                self.complain(f"unknown key {shown(key)}", key, hint)
                return None
        given = node.get(Scalar("parameters"), Mapping())
        if not isinstance(given, Mapping):
            self.complain(f"'parameters' is a mapping, not {describe(given)}", _place(given))
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

    def number(self, key: Scalar, node: Node) -> float | None:
        """A finite number, or a complaint and `None`."""
        try:
            return finite(node)
        except PydanticCustomError as error:
            context = error.context or {}
            self.complain(f"{shown(key)}: {context['message']}", _place(node), context["hint"])
            return None

    def bounds(self, schema: GateSchema, setting: Setting) -> Bounds:
        merged: dict[str, Interval] = {"state": setting.system.state}
        for source in (self.defaults.bounds, schema.bounds):
            if source is not None:
                merged.update(source.model_dump(exclude_none=True))
        return Bounds(**merged)

    def fixed(
        self, what: str, arity: int, schema: GateSchema
    ) -> dict[str, tuple[float, ...]] | None:
        merged: dict[Scalar, Node] = {**(self.defaults.fixed or {}), **(schema.fixed or {})}
        weights = schema.weights or self.defaults.weights
        found: dict[str, tuple[float, ...]] = {}
        allowed = ("x0", "delta", "threshold")
        for key, node in merged.items():
            if key not in allowed:
                hint = nearest(key, allowed) or "a system parameter's value stands under 'system'"
                message = f"{shown(key)} cannot be fixed: fixed takes {', '.join(allowed)}"
                self.complain(message, key, hint)
                return None
            items = list(node) if isinstance(node, Sequence) and key == "delta" else [node]
            values = [self.number(key, item) for item in items]
            if any(value is None for value in values):
                return None
            numbers = tuple(value for value in values if value is not None)
            if key == "delta" and len(numbers) not in (1, arity):
                message = f"delta fixes {len(numbers)} weights, and {what} has {arity} inputs"
                self.complain(message, key, "give one weight, or one for each input")
                return None
            if key == "delta" and weights == "shared" and len(set(numbers)) > 1:
                self.complain("shared weights are equal, and the fixed ones differ", key)
                return None
            found[str(key)] = numbers
        return found

    def train(self, setting: Setting, schema: GateSchema) -> dict[str, Interval] | None:
        merged: dict[Scalar, Interval] = {**(self.defaults.train or {}), **(schema.train or {})}
        for key, (low, high) in merged.items():
            parameter = setting.system.parameter(key)
            if parameter is None:
                allowed = [item.name for item in setting.system.parameters]
                hint = nearest(key, allowed) or "its parameters are " + (
                    ", ".join(allowed) or "none"
                )
                message = f"{setting.system.name} has no parameter {shown(key)} to train"
                self.complain(message, key, hint)
                return None
            if not (parameter.accepts(low) and parameter.accepts(high)):
                message = (
                    f"{key} is trained in [{low:g}, {high:g}], outside its range "
                    f"[{parameter.low:g}, {parameter.high:g}]"
                )
                self.complain(message, key)
                return None
        return {str(key): value for key, value in merged.items()}

    def has_room(self, gate: Gate, name: Scalar) -> bool:
        for key in ("x0", "delta", "threshold"):
            allowed = getattr(gate.bounds, key)
            for value in gate.fixed.get(key, ()):
                if allowed is not None and not allowed[0] <= value <= allowed[1]:
                    message = (
                        f"gate {shown(gate.name)} fixes {key} at {value:g}, outside its bounds "
                        f"[{allowed[0]:g}, {allowed[1]:g}]"
                    )
                    self.complain(message, name)
                    return False
        space = room(gate)
        if space.x0[0] <= space.x0[1]:
            return True
        low, high = space.state
        reach = [f"[{bottom:g}, {top:g}]" for bottom, top in dict.fromkeys(space.delta)]
        message = (
            f"the bounds of gate {shown(gate.name)} leave no room: no x0 keeps the states in "
            f"[{low:g}, {high:g}] with delta in {', '.join(reach)}"
        )
        if gate.bounds.x0 is not None or "x0" in gate.fixed:
            message += f" and x0 in [{_x0(gate)[0]:g}, {_x0(gate)[1]:g}]"
        self.complain(message, name, "widen a range, or declare 'state' wider")
        return False


def _x0(gate: Gate) -> Interval:
    if "x0" in gate.fixed:
        return gate.fixed["x0"][0], gate.fixed["x0"][0]
    return gate.bounds.x0 or (-math.inf, math.inf)


def _place(node: Node) -> Scalar:
    return node if isinstance(node, Scalar) else Scalar.at("", node.line, node.column)


def plain_data(schema: BaseModel) -> dict[str, Any]:
    """A validated block as plain data: exact `str`, `int`, `float`, `list` and `dict`."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {str(key): plain(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [plain(item) for item in value]
        return str(value) if isinstance(value, str) else value

    return plain(schema.model_dump(exclude_none=True))
