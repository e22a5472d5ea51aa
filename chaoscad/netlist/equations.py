"""A `system` value that is equations: a map or a flow of one's own, every part checked at its place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chaoscad.errors import shown
from chaoscad.expression import ExpressionError, names
from chaoscad.netlist.ports import OF_FLOWS, PORTS, Ports
from chaoscad.netlist.scalars import text
from chaoscad.netlist.source import MappingNode, Node, Scalar, describe, place
from chaoscad.systems import Flow, Parameter, Setting, user_flow, user_map
from chaoscad.systems.equations import (
    MOST_COORDINATES,
    NAME,
    STATE,
    equation,
    name_refusal,
    system_name_refusal,
)

ABOUT = ("name", "title", "citation", "unit", "state", "initial", "lyapunov")
"""What may be said of every system of one's own, beside its equations and parameters."""

OF_OWN_FLOWS = ("time", "step", "solver", "period", "time_unit")

KEYS = ("flow", "map", "parameters", *PORTS, *ABOUT, *OF_OWN_FLOWS)
"""All keys of a system of one's own."""

OF_PARAMETERS = ("default", "bounds", "unit", "meaning")


class OwnReader(Ports):
    """Reads a system of one's own from a mapping with the key `flow` or `map`."""

    def setting(self, node: MappingNode, name: str = NAME) -> Setting | None:
        """The system, or `None` when something of it was refused.

        **Arguments:**

        - `name`: what it is called where it does not say so itself.
        """
        of_flow = Scalar("flow") in node
        kind = "flow" if of_flow else "map"
        given = node[Scalar(kind)]
        plain = isinstance(given, Scalar) and not of_flow
        if not plain and not isinstance(given, MappingNode):
            what = "a flow is a mapping of derivatives" if of_flow else "a map is an expression"
            example = (
                'such as {x: "y", y: "-x"}' if of_flow else "or a mapping of one to a coordinate"
            )
            self.complain(f"{what}, not {describe(given)}", place(given), example)
            return None
        allowed = ["parameters", *ABOUT]
        allowed += [] if plain else PORTS
        allowed += OF_OWN_FLOWS if of_flow else []
        if not self._keys(node, kind, allowed):
            return None
        texts = MappingNode({Scalar(STATE): given}) if plain else given
        assert isinstance(texts, MappingNode)
        parameters = self._parameters(node.get(Scalar("parameters"), MappingNode()))
        if parameters is None or not self._names(texts, parameters, of_flow):
            return None
        used = self._equations(texts, parameters, of_flow, plain)
        if used is None:
            return None
        about = self._about(node)
        period = self._period(node, parameters)
        if about is None or period is None:
            return None
        used |= period[1]
        for key in parameters:
            if key not in used:
                message = f"no equation uses the parameter {shown(key)}"
                self.complain(message, key, "leave it out, or use it", severity="warning")
        about = {"name": name, **about}
        missing = [] if plain or (not of_flow and len(texts) == 1) else ["read"]
        missing += ["time", "step"] if of_flow else []
        for key in missing:
            if key not in node:
                self._missing(key, node, texts)
                return None
        plainly = {str(key): str(item) for key, item in texts.items()}
        values = {str(key): item for key, item in parameters.items()}
        try:
            if of_flow:
                found = self._flow(node, plainly, values, {**about, **period[0]})
            else:
                equations = str(given) if plain else plainly
                found = user_map(equations, values, **about)  # type: ignore[arg-type]
        except ExpressionError as error:
            self.complain(error.message, place(given), error.hint, error.column)
            return None
        return None if found is None else self._complete(found, node)

    def _keys(self, node: MappingNode, kind: str, allowed: Sequence[str]) -> bool:
        for key in node:
            if key in ("time", "solver", "step", "period", "time_unit") and key not in allowed:
                message = f"a map has no {shown(key)}"
                self.complain(message, key, "'iterates' says how long a map runs")
                return False
        return self.only(node, (kind, *allowed))

    def _missing(self, key: str, node: MappingNode, texts: MappingNode) -> None:
        what = "flow" if "flow" in node else "map"
        why = {
            "read": "the coordinate that is the value of a gate: " + ", ".join(texts),
            "time": "when it is read, such as 'time: 2'",
            "step": "a step that resolves it, such as 'step: 0.01'",
        }[key]
        at = next(item for item in node if item == what)
        self.complain(f"this {what} has no {shown(key)}", at, f"give it {why}")

    def _flow(
        self,
        node: MappingNode,
        texts: Mapping[str, str],
        parameters: Mapping[str, Parameter],
        about: dict[str, Any],
    ) -> Setting | None:
        step = self.positive(
            Scalar("step"), node[Scalar("step")], "give it a step that resolves the flow"
        )
        if step is None:
            return None
        first = next(iter(texts))
        return user_flow(texts, parameters, read=first, time=step, step=step, **about)

    def _complete(self, found: Setting, node: MappingNode) -> Setting | None:
        """The ports as the netlist has them, which are the system's own defaults."""
        sound: Setting | None = found
        for key, item in node.items():
            if key in (*PORTS, *OF_FLOWS) and sound is not None:
                sound = self.change(sound, key, item)
        if sound is None:
            return None
        starts = node.get(Scalar("start"))
        for key in starts if isinstance(starts, MappingNode) else ():
            if key in sound.encode:
                message = f"{shown(key)} starts at z, and 'start' gives it a value too"
                self.complain(message, key, "leave it out here or in 'encode'")
                return None
        system = replace(sound.system, encode=sound.encode, read=sound.read, start=sound.start)
        if isinstance(system, Flow):
            assert sound.time is not None
            system = replace(system, time=sound.time)
        if Scalar("initial") in node:
            example = "a state near the attractor, such as {x: 0.1}"
            key = Scalar("initial")
            values = self.coordinates(system, key, node[key], example)
            if values is None:
                return None
            merged = {**dict(zip(system.coordinates, system.initial, strict=True)), **values}
            system = replace(system, initial=tuple(merged.values()))
        return replace(sound, system=system)

    def _parameters(self, node: Node) -> dict[Scalar, Parameter] | None:
        example = "such as {A: 2} or {A: {default: 2, bounds: [1, 3]}}"
        given = self.mapping(Scalar("parameters"), node, example)
        if given is None:
            return None
        found: dict[Scalar, Parameter] = {}
        for key, item in given.items():
            parameter = self._parameter(key, item)
            if parameter is None:
                return None
            found[key] = parameter
        return found

    def _parameter(self, key: Scalar, node: Node) -> Parameter | None:
        given = node if isinstance(node, MappingNode) else MappingNode({Scalar("default"): node})
        if not self.only(given, OF_PARAMETERS):
            return None
        if Scalar("default") not in given:
            self.complain(f"the parameter {shown(key)} has no 'default'", key, "give it a value")
            return None
        default = self.number(key, given[Scalar("default")])
        if default is None:
            return None
        bounds = (-math.inf, math.inf)
        if Scalar("bounds") in given:
            ends = self.interval(Scalar("bounds"), given[Scalar("bounds")])
            if ends is None:
                return None
            bounds = ends
        words: dict[str, str] = {}
        for name in ("unit", "meaning"):
            if Scalar(name) in given:
                word = self._word(Scalar(name), given[Scalar(name)])
                if word is None:
                    return None
                words[name] = word
        if not bounds[0] <= default <= bounds[1]:
            message = f"{key} is {default:g}, outside its bounds [{bounds[0]:g}, {bounds[1]:g}]"
            self.complain(message, place(given[Scalar("default")]))
            return None
        meaning = words.get("meaning", "given in the netlist")
        return Parameter(str(key), default, *bounds, words.get("unit", "1"), meaning)

    def _word(self, key: Scalar, node: Node) -> str | None:
        """A short text of one line."""
        word = self.taken(text, key, node)
        if word is None:
            return None
        if not word or len(word) > 200 or not word.isprintable():
            message = f"{shown(key)}: {describe(word)} is no text of one line"
            self.complain(message, place(node), "write at most 200 printable characters")
            return None
        return str(word)

    def _names(
        self, texts: MappingNode, parameters: Mapping[Scalar, Parameter], of_flow: bool
    ) -> bool:
        """Whether coordinates and parameters may have their names."""
        kind = "flow" if of_flow else "map"
        if not texts:
            self.complain(f"a {kind} has at least one coordinate", place(texts), 'such as x: "-x"')
            return False
        if len(texts) > MOST_COORDINATES:
            at = list(texts)[MOST_COORDINATES]
            self.complain(f"a {kind} has at most {MOST_COORDINATES} coordinates", at)
            return False
        seen: dict[str, str] = {}
        for name in texts:
            why = name_refusal(name, "coordinate", (), of_flow)
            other = seen.setdefault(name.lower(), name)
            if why is None and other != name:
                why = f"the coordinates {other} and {name} differ by upper and lower case only"
            if why is not None:
                self.complain(why, name, "rename it")
                return False
        for name in parameters:
            why = name_refusal(name, "parameter", texts, of_flow)
            if why is not None:
                self.complain(why, name, "rename it")
                return False
        return True

    def _equations(
        self,
        texts: MappingNode,
        parameters: Mapping[Scalar, Parameter],
        of_flow: bool,
        plain: bool,
    ) -> set[str] | None:
        """The names that the equations use, or `None` when one was refused."""
        values = {str(name): item.default for name, item in parameters.items()}
        used: set[str] = set()
        sound = True
        for name, node in texts.items():
            if not isinstance(node, Scalar):
                what = f"the {'derivative' if of_flow else 'next value'} of {name}"
                self.complain(f"{what} is an expression, not {describe(node)}", place(node))
                sound = False
                continue
            try:
                tree = equation(node, texts, values, of_flow)
            except ExpressionError as error:
                self.complain(error.message, node, error.hint, error.column)
                sound = False
                continue
            used |= {item.name for item in names(tree)}
            if plain and STATE not in used:
                self.complain("the expression does not depend on the state x", node, column=1)
                sound = False
        return used if sound else None

    def _period(
        self, node: MappingNode, parameters: Mapping[Scalar, Parameter]
    ) -> tuple[dict[str, str], set[str]] | None:
        """The period of a drive, and the names that it uses."""
        given = node.get(Scalar("period"))
        if given is None:
            return {}, set()
        if not isinstance(given, Scalar):
            self.complain(f"'period' is an expression, not {describe(given)}", place(given))
            return None
        values = {str(name): item.default for name, item in parameters.items()}
        try:
            tree = equation(given, (), values, of_flow=False)
        except ExpressionError as error:
            self.complain(error.message, given, error.hint, error.column)
            return None
        return {"period": str(given)}, {item.name for item in names(tree)}

    def _about(self, node: MappingNode) -> dict[str, Any] | None:
        """What is said of a system beside what it computes, as arguments of `user_flow` or `user_map`."""
        found: dict[str, Any] = {}
        for key, item in node.items():
            match str(key):
                case "name" | "title" | "citation" | "unit" | "time_unit":
                    value = self._word(key, item)
                    if key == "name" and value is not None:
                        why = system_name_refusal(value)
                        if why is not None:
                            self.complain(why, place(item))
                            return None
                case "lyapunov":
                    value = self.number(key, item)
                case "state":
                    value = self.interval(key, item)
                    if value is not None and not 0 < value[1] - value[0] < math.inf:
                        message = (
                            f"'state': [{value[0]:g}, {value[1]:g}] is no range of finite width"
                        )
                        self.complain(message, place(item), "write [low, high]")
                        return None
                case _:
                    continue
            if value is None:
                return None
            found[str(key)] = value
        return found
