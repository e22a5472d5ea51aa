"""The shape of a netlist: which keys stand where, and what kind of value each takes.

Pydantic walks the tree; every scalar is read by a function here, and every complaint becomes a
`Diagnostic` at the line and column of the value.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, Field, PlainValidator, ValidationError
from pydantic.fields import FieldInfo

from chaoscad.errors import Diagnostic, nearest, shown
from chaoscad.netlist.hardware import HardwareSchema
from chaoscad.netlist.scalars import (
    Anything,
    Interval,
    Net,
    Part,
    Schema,
    Text,
    choice,
    choices,
    integer,
    positive,
    refuse,
    text,
)
from chaoscad.netlist.source import MappingNode, Node, Scalar, describe
from chaoscad.systems.model import MOST_ITERATES

VERSION = "1"
"""The netlist language that this program reads."""

_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


def _version(node: object) -> int:
    if isinstance(node, Scalar) and node == VERSION:
        return 1
    message = f"netlist language version {describe(node)} is not known"
    raise refuse(message, f"this program reads version {VERSION}")


def _file_name(node: object) -> str:
    if isinstance(node, Scalar) and _FILE_NAME.fullmatch(node):
        return str(node)
    message = f"{describe(node)} cannot name a netlist"
    raise refuse(
        message, "use letters, digits, '_', '.' and '-', starting with one of the first three"
    )


def _function(node: object) -> Scalar:
    scalar = text(node)
    if scalar.plain and len(scalar) > 1 and not set(scalar) - set("01-"):
        raise refuse(f"the truth table {scalar} is not quoted", f'write "{scalar}"')
    return scalar


def _system(node: object) -> Scalar | MappingNode:
    if isinstance(node, MappingNode) or (isinstance(node, Scalar) and node):
        return node
    raise refuse(f"a system's name or a mapping is expected, not {describe(node)}")


Function = Annotated[Any, PlainValidator(_function)]
System = Annotated[Any, PlainValidator(_system)]


class BoundsSchema(Schema):
    """`bounds`: the ranges of a gate's parameters and of its states."""

    x0: Interval | None = None
    """The range of x0."""
    delta: Interval | None = None
    """The range of every weight."""
    threshold: Interval | None = None
    """The range of the threshold."""
    state: Interval | None = None
    """Where x0 plus the weights of the inputs that are 1 must lie; by default the system's range."""


class OptionsSchema(Schema):
    """What a gate, or `defaults` for every gate, may say."""

    system: System | None = None
    """The nonlinear system of the gate: a name, a name with parameters, equations, a curve, or a file of
    a system."""
    iterates: Annotated[Any, PlainValidator(choices(integer(1, MOST_ITERATES)))] | None = None
    """How often a map is iterated, by default once; of a list, `[1, 2, 3]`, the search chooses. A flow
    has a `time` instead."""
    time: Annotated[Any, PlainValidator(choices(positive))] | None = None
    """How long a flow runs before it is read, in the place of the `time` of its `system`; of a list,
    `[0.4, 0.8]`, the search chooses. Under `defaults` it leaves gates alone whose own `system` has a
    `time`. Maps have `iterates` instead."""
    weights: Annotated[str, PlainValidator(choice("independent", "shared"))] | None = None
    """One weight for every input (the default), or one that all inputs share."""
    compare: Annotated[Any, PlainValidator(choices(choice(">", "<")))] | None = None
    """The side of the threshold on which the output is 1; by default `>`, above; of `[">", "<"]`, the
    search chooses."""
    bounds: BoundsSchema | None = None
    """The ranges of the parameters and of the states."""
    fixed: Anything | None = None
    """Values of `x0`, `delta` and `threshold` that are not trained."""
    train: dict[Net, Interval] | None = None
    """Parameters of the system that are trained, each with its range."""


class GateSchema(OptionsSchema):
    """One gate; its name, the key under `gates`, is the net that it drives."""

    inputs: list[Net]
    """The nets that the gate reads, in the order of its truth table."""
    function: Function | None = None
    """What the gate computes; a gate without it is free, and found from the targets."""
    element: Net | None = None
    """The physical element that the gate is a reading of: its gates read the same inputs and share the
    system, `x0` and `delta`, and have iterates or a time, a threshold and a comparator of their own."""
    controls: list[Text] | None = None
    """What of the gate may differ between configurations; by default the netlist's `controls`."""


class ConfigurationSchema(Schema):
    """One of `configurations`: what the circuit computes in it."""

    targets: dict[Net, Function] | None = None
    """What outputs must compute, over the inputs; or `file`, a reference circuit."""
    functions: dict[Net, Function] | None = None
    """What gates compute."""


class TieSchema(Schema):
    """`tie`: gates that share a parameter."""

    parameter: Text
    """`x0`, `delta`, `threshold`, or a parameter of the system that is trained."""
    gates: list[Net]
    """The gates that share it."""


class InstanceSchema(Schema):
    """One instance: the circuit it is one of, and the net that each of its ports is."""

    circuit: Text
    """The circuit that it is one of, a key of `circuits`."""
    connect: dict[Net, Net] = Field(default_factory=dict)
    """The net that each of its ports is; an output left out is the net INSTANCE.PORT."""


class CircuitSchema(Schema):
    """A circuit that instances are made of: the name of its file, or its own keys."""

    file: Text | None = None
    """The netlist that holds the circuit; it takes the place of the keys below."""
    description: Text | None = None
    """A text for people; it changes nothing."""
    system: System | None = None
    """The system of every gate that names none; by default that around it."""
    defaults: OptionsSchema | None = None
    """Options of every gate that does not give its own."""
    inputs: list[Net] = Field(default_factory=list)
    """The circuit's input ports."""
    outputs: list[Net] = Field(default_factory=list)
    """The nets that are its output ports."""
    instances: dict[Part, InstanceSchema] | None = None
    """The circuits inside it, by name."""
    gates: dict[Net, GateSchema] | None = None
    """Its gates; the name of each is the net that it drives."""
    tie: list[TieSchema] | None = None
    """Parameters that gates share."""


class NetlistSchema(Schema):
    """A whole netlist, version 1."""

    chaoscad: Annotated[Literal[1], PlainValidator(_version)]
    """The version of the language."""
    name: Annotated[str, PlainValidator(_file_name)] | None = None
    """The circuit's name, which names the files made of it; by default that of the file."""
    description: Text | None = None
    """A text for people; the design keeps it."""
    system: System | None = None
    """The system of every gate that names none; by default `logistic`."""
    systems: dict[Part, System] | None = None
    """Systems by name, which `system` may then name; a file sees its own only."""
    defaults: OptionsSchema | None = None
    """Options of every gate that does not give its own."""
    inputs: list[Net]
    """The inputs of the circuit."""
    outputs: list[Net]
    """The nets that are its outputs."""
    circuits: dict[Part, CircuitSchema] | None = None
    """Circuits that instances are made of, by name."""
    instances: dict[Part, InstanceSchema] | None = None
    """Circuits inside the circuit, by name."""
    gates: dict[Net, GateSchema] | None = None
    """The gates; the name of each is the net that it drives."""
    targets: dict[Net, Function] | None = None
    """What the outputs must compute, over the inputs; or `file`, a reference circuit."""
    configurations: dict[Part, ConfigurationSchema] | None = None
    """What the circuit computes in each of its configurations, by name, beside what `targets` and the
    gates' functions say for all of them."""
    controls: list[Text] | None = None
    """What may differ between configurations, all else being built once: `x0`, `delta`, `threshold`,
    `iterates`, `time`, or a trained parameter of the system."""
    tie: list[TieSchema] | None = None
    """Parameters that gates share, as wires on a chip do."""
    hardware: HardwareSchema | None = None
    """The scale and the tolerances of a realisation."""


def validate(
    root: MappingNode, file: str | None, diagnostics: list[Diagnostic]
) -> NetlistSchema | None:
    """The tree as a `NetlistSchema`; `None`, with every complaint added, when it is not one."""
    schema: NetlistSchema | None = None
    try:
        schema = NetlistSchema.model_validate(root)
    except ValidationError as error:
        seen: set[tuple[int, int, str]] = set()
        for details in error.errors(include_url=False, include_context=True):
            diagnostic = _diagnose(root, details, file)
            place = (diagnostic.line, diagnostic.column, diagnostic.message)
            if place not in seen:
                seen.add(place)
                diagnostics.append(diagnostic)
    incomplete = list(_incomplete(root, file))
    diagnostics += incomplete
    return None if incomplete else schema


def _incomplete(root: MappingNode, file: str | None) -> Iterator[Diagnostic]:
    """Complaints about keys of which one or the other must be there."""

    def missing(node: MappingNode, keys: tuple[str, ...]) -> Iterator[Diagnostic]:
        for key in keys:
            if key not in node and not (key == "gates" and "instances" in node):
                message = f"the key {shown(key)} is missing"
                yield Diagnostic(message, file, node.line, node.column)

    yield from missing(root, ("gates",))
    circuits = root.get(Scalar("circuits"))
    for name, body in circuits.items() if isinstance(circuits, MappingNode) else ():
        if not isinstance(body, MappingNode):
            continue
        if "file" not in body:
            yield from missing(body, ("inputs", "outputs", "gates"))
        for key in body if "file" in body else ():
            if key in CircuitSchema.model_fields and key not in ("file", "description"):
                message = f"circuit {shown(name)} has a file and {shown(key)}"
                hint = "the file says all about it; leave one of them out"
                yield Diagnostic(message, file, key.line, key.column, hint)


def _diagnose(root: MappingNode, details: Any, file: str | None) -> Diagnostic:
    kind = details["type"]
    loc = list(details["loc"])
    # Pydantic's mark for a complaint about a key itself.
    of_key = kind != "extra_forbidden" and bool(loc) and loc[-1] == "[key]"
    if of_key:
        loc.pop()
    if kind == "extra_forbidden":
        return _unknown_key(root, loc, file)
    node: Node = root
    parent: Node = root
    for item in loc[: -1 if kind == "missing" else None]:
        parent = node
        node = node[item]  # type: ignore[index]
    name = str(loc[-1]) if loc else "netlist"
    if kind == "missing":
        message = f"the key {shown(name)} is missing"
        hint = f"write 'chaoscad: {VERSION}'" if name == "chaoscad" else None
        return Diagnostic(message, file, node.line, node.column, hint)
    if of_key and isinstance(parent, MappingNode):
        context = details["ctx"]
        key = next(seen for seen in parent if seen == loc[-1])
        return Diagnostic(context["message"], file, key.line, key.column, context["hint"])
    context = details.get("ctx", {})
    if kind == "refused":
        message, hint = str(context["message"]), context["hint"]
    else:
        wanted = "a list" if kind.startswith("list") else "a mapping"
        message, hint = f"{wanted} is expected, not {describe(node)}", None
    if isinstance(parent, MappingNode):
        message = f"{shown(name)}: {message}"
    return Diagnostic(message, file, node.line, node.column, hint)


def _unknown_key(root: MappingNode, loc: list[Any], file: str | None) -> Diagnostic:
    schema: Any = NetlistSchema
    parent: Node = root
    for item in loc[:-1]:
        if isinstance(schema, type) and issubclass(schema, BaseModel):
            schema = _fields(schema)[item].annotation
        else:
            schema = get_args(schema)[-1]
        if get_origin(schema) is types.UnionType:
            schema = next(part for part in get_args(schema) if part is not type(None))
        parent = parent[item]  # type: ignore[index]
    assert isinstance(parent, MappingNode)
    key = next(seen for seen in parent if seen == loc[-1])
    allowed = list(_fields(schema))
    hint = nearest(key, allowed) or "the keys here are " + ", ".join(allowed)
    return Diagnostic(f"unknown key {shown(key)}", file, key.line, key.column, hint)


def _fields(schema: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a schema by the keys that stand in a file."""
    return {item.alias or name: item for name, item in schema.model_fields.items()}
