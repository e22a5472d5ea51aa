"""One gate's options: defaults merged, system resolved, ranges checked against each other."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from chaoscad.errors import nearest, shown
from chaoscad.logic.truth import WIDEST_GATE, TruthTable
from chaoscad.netlist.bounds import room
from chaoscad.netlist.complaints import Complain
from chaoscad.netlist.controls import read_controls
from chaoscad.netlist.functions import Refusal, gate_table
from chaoscad.netlist.model import Bounds, Choices, Gate
from chaoscad.netlist.schema import GateSchema, OptionsSchema
from chaoscad.netlist.source import MappingNode, Node, Scalar, SequenceNode
from chaoscad.netlist.systems import SystemReader
from chaoscad.systems import Flow, Interval, Setting

DEFAULT_SYSTEM = Scalar.at("logistic", 0, 0)


class GateReader:
    """Reads the gates of a circuit; systems and defaults are resolved once for all of them.

    **Arguments:**

    - `defaults`, `system`: what the circuit says for all of its gates.
    - `outer`: the reader of the circuit that this one is an instance in; what it says holds where
      this one is silent.
    """

    def __init__(
        self,
        complain: Complain,
        defaults: OptionsSchema | None,
        system: Node | None,
        systems: SystemReader,
        outer: GateReader | None = None,
    ) -> None:
        self.complain = complain
        self.systems = systems
        self.outer = outer
        self.silent = defaults is None and system is None
        own = defaults or OptionsSchema()
        self.defaults = own if outer is None else _merged(outer.defaults, own)
        self.system: Node | None = own.system or system

    @property
    def context(self) -> GateReader:
        """The reader whose defaults hold here: this one, unless its circuit has none of its own."""
        return self.outer if self.silent and self.outer is not None else self

    def usual(self) -> Setting | None:
        """The system of gates that name none, or `None` when it was refused."""
        if self.system is not None:
            return self.systems.setting(self.system)
        return self.systems.setting(DEFAULT_SYSTEM) if self.outer is None else self.outer.usual()

    def gate(self, name: Scalar, schema: GateSchema) -> Gate | None:
        """The gate, or `None` when something about it was refused."""
        what = f"gate {shown(name)}"
        inputs = tuple(str(net) for net in schema.inputs)
        if len(inputs) > WIDEST_GATE:
            message = f"{what} has {len(inputs)} inputs; a gate may have at most {WIDEST_GATE}"
            self.complain(message, name, "build it from smaller gates")
            return None
        setting = self.systems.setting(schema.system) if schema.system else self.usual()
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
        counts = self.iterates(setting, schema)
        times = self.times(what, setting, schema, name)
        if times is None:
            return None
        setting = replace(setting, time=times[0]) if times else setting
        signs = schema.compare or defaults.compare or (">",)
        gate = Gate(
            name=str(name),
            inputs=inputs,
            function=function,
            setting=setting,
            iterates=counts[0],
            weights=schema.weights or defaults.weights or "independent",  # type: ignore[arg-type]
            compare=signs[0],
            bounds=self.bounds(schema, setting),
            fixed=fixed,
            train=train,
            element=str(schema.element or ""),
            controls=self.controls(schema, train),
            choices=Choices(
                counts if len(counts) > 1 else (),
                signs if len(signs) > 1 else (),
                times if len(times) > 1 else (),
            ),
            file=name.file,
            line=name.line,
            column=name.column,
        )
        sound = self.runs(gate, name) and self.has_room(gate, name)
        return gate if sound else None

    def controls(self, schema: GateSchema, train: Iterable[str]) -> tuple[str, ...] | None:
        """What of the gate may differ between configurations; `None` where it does not say it."""
        if schema.controls is None:
            return None
        return read_controls(schema.controls, train, self.complain)

    def iterates(self, setting: Setting, schema: GateSchema) -> tuple[int, ...]:
        """The iterates of a map; a flow has one read-out, whatever the defaults for maps say."""
        if isinstance(setting.system, Flow):
            return schema.iterates or (1,)
        return schema.iterates or self.defaults.iterates or (1,)

    def times(
        self, what: str, setting: Setting, schema: GateSchema, name: Scalar
    ) -> tuple[float, ...] | None:
        """The times of a flow, none where its system says it; `None` when one was refused."""
        if not isinstance(setting.system, Flow):
            if schema.time is None:
                return ()
            message = f"{what} has a time, and {setting.system.name} is a map"
            self.complain(message, name, "'iterates' says how long a map runs")
            return None
        own = schema.system
        says = isinstance(own, MappingNode) and Scalar("time") in own
        times = schema.time or (None if says else self.defaults.time) or ()
        ports = self.systems.ports
        sound = [ports.timed(setting, time, name) is not None for time in times]
        return times if all(sound) else None

    def runs(self, gate: Gate, name: Scalar) -> bool:
        """Whether the system can do what the gate asks: iterates of a flow, states of a curve."""
        what, system = f"gate {shown(gate.name)}", gate.setting.system
        most = max((gate.iterates, *gate.choices.iterates))
        if isinstance(system, Flow):
            if most > 1:
                message = f"{what} has {most} iterates, and {system.name} is a flow"
                self.complain(message, name, "give it a longer 'time'")
                return False
            return True
        if system.curve is None:
            return True
        low, high = system.curve.domain
        state = gate.bounds.state
        if not (low <= state[0] and state[1] <= high):
            message = (
                f"{what} has states in [{state[0]:g}, {state[1]:g}], and its curve is measured "
                f"in [{low:g}, {high:g}]"
            )
            self.complain(message, name, "a curve is not extrapolated; narrow 'state'")
            return False
        least, largest = system.curve.image
        if most > 1 and not (low <= least and largest <= high):
            message = (
                f"{what} iterates its curve, whose outputs [{least:g}, {largest:g}] leave the inputs "
                f"[{low:g}, {high:g}]"
            )
            self.complain(message, name, "a curve is not extrapolated; take one iterate")
            return False
        return True

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
            items = list(node) if isinstance(node, SequenceNode) and key == "delta" else [node]
            values = [self.systems.number(key, item) for item in items]
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
            if parameter.whole:
                message = f"{key} of {setting.system.name} is a whole number and cannot be trained"
                self.complain(message, key)
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


def _merged(outer: OptionsSchema, own: OptionsSchema) -> OptionsSchema:
    """Defaults of a circuit over those around it: ranges and values one by one."""
    changes = {key: value for key, value in own if value is not None}
    if outer.bounds is not None and own.bounds is not None:
        ranges = {key: value for key, value in own.bounds if value is not None}
        changes["bounds"] = outer.bounds.model_copy(update=ranges)
    for key in ("fixed", "train"):
        if getattr(outer, key) is not None and getattr(own, key) is not None:
            changes[key] = {**getattr(outer, key), **getattr(own, key)}
    return outer.model_copy(update=changes)


def _x0(gate: Gate) -> Interval:
    if "x0" in gate.fixed:
        return gate.fixed["x0"][0], gate.fixed["x0"][0]
    return gate.bounds.x0 or (-math.inf, math.inf)


def plain_data(schema: BaseModel) -> dict[str, Any]:
    """A validated block as plain data: exact `str`, `int`, `float`, `list` and `dict`."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {str(key): plain(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [plain(item) for item in value]
        return str(value) if isinstance(value, str) else value

    return plain(schema.model_dump(exclude_none=True, by_alias=True))
