"""The shape of a netlist: which keys stand where, and what kind of value each takes.

Pydantic walks the tree; every scalar is read by a function here, and every complaint becomes a
`Diagnostic` at the line and column of the value.
"""

from __future__ import annotations

import math
import re
import types
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError
from pydantic_core import PydanticCustomError

from chaoscad.errors import Diagnostic, nearest, shown
from chaoscad.netlist.source import Mapping, Node, Scalar, Sequence, describe
from chaoscad.systems.model import MOST_ITERATES

VERSION = "1"
"""The netlist language that this program reads."""

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_INFINITY = re.compile(r"([-+]?)\.?inf", re.IGNORECASE)
_INTEGER = re.compile(r"[-+]?\d{1,18}")
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


def refuse(message: str, hint: str | None = None) -> PydanticCustomError:
    """The exception by which a validator refuses a value."""
    return PydanticCustomError("refused", "{message}", {"message": message, "hint": hint})


def number(node: object) -> float:
    """A plain decimal number, or an infinity."""
    if isinstance(node, Scalar):
        if node.plain and _NUMBER.fullmatch(node):
            if math.isinf(float(node)):
                raise refuse("the number is too large for float64", "an infinity is written .inf")
            return float(node)
        infinite = _INFINITY.fullmatch(node)
        if infinite:
            return -math.inf if infinite[1] == "-" else math.inf
    hint = "write it without quotes" if isinstance(node, Scalar) and not node.plain else None
    raise refuse(f"a number is expected, not {describe(node)}", hint)


def finite(node: object) -> float:
    """A finite number."""
    value = number(node)
    if not math.isfinite(value):
        raise refuse(f"a finite number is expected, not {describe(node)}")
    return value


def interval(node: object) -> tuple[float, float]:
    """`[low, high]` with low <= high."""
    if not isinstance(node, Sequence) or len(node) != 2:
        raise refuse(f"a range [low, high] is expected, not {describe(node)}")
    low, high = number(node[0]), number(node[1])
    if low > high:
        message = f"the range [{low:g}, {high:g}] is upside down"
        raise refuse(message, f"write [{high:g}, {low:g}]")
    if math.isinf(low) and low == high:
        raise refuse(f"the range [{low:g}, {high:g}] holds no number")
    return low, high


def net(node: object) -> Scalar:
    """The name of a net: any text but the empty one, typed as written (`1` is a name)."""
    if not isinstance(node, Scalar) or not node:
        raise refuse(f"a name is expected, not {describe(node)}")
    return node


def part(node: object) -> Scalar:
    """The name of a circuit or an instance: without the dot that separates it from its nets."""
    name = net(node)
    if "." in name:
        raise refuse(
            f"the name {describe(node)} has a dot", "the dot separates an instance from its nets"
        )
    return name


def text(node: object) -> Scalar:
    """Any scalar."""
    if not isinstance(node, Scalar):
        raise refuse(f"text is expected, not {describe(node)}")
    return node


def mapping(node: object) -> Mapping:
    """Any mapping, read further where its system is known."""
    if not isinstance(node, Mapping):
        raise refuse(f"a mapping is expected, not {describe(node)}")
    return node


def _integer(least: int, most: int) -> Callable[[object], int]:
    def read(node: object) -> int:
        if not isinstance(node, Scalar) or not node.plain or not _INTEGER.fullmatch(node):
            raise refuse(f"a whole number is expected, not {describe(node)}")
        if not least <= int(node) <= most:
            raise refuse(f"{int(node)} is outside the allowed range {least} to {most}")
        return int(node)

    return read


def _choice(*allowed: str) -> Callable[[object], str]:
    def read(node: object) -> str:
        if isinstance(node, Scalar) and node in allowed:
            return str(node)
        hint = nearest(node, allowed) if isinstance(node, Scalar) else None
        one_of = " or ".join(allowed)
        raise refuse(f"{one_of} is expected, not {describe(node)}", hint)

    return read


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


def _system(node: object) -> Scalar | Mapping:
    if isinstance(node, Mapping) or (isinstance(node, Scalar) and node):
        return node
    raise refuse(f"a system's name or a mapping is expected, not {describe(node)}")


Number = Annotated[float, PlainValidator(finite)]
Interval = Annotated[tuple[float, float], PlainValidator(interval)]
Net = Annotated[Any, PlainValidator(net)]
Part = Annotated[Any, PlainValidator(part)]
Text = Annotated[Any, PlainValidator(text)]
Anything = Annotated[Any, PlainValidator(mapping)]
Function = Annotated[Any, PlainValidator(_function)]
System = Annotated[Any, PlainValidator(_system)]


class _Schema(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BoundsSchema(_Schema):
    """`bounds`: the ranges of a gate's parameters and of its states."""

    x0: Interval | None = None
    delta: Interval | None = None
    threshold: Interval | None = None
    state: Interval | None = None


class OptionsSchema(_Schema):
    """What a gate, or `defaults` for every gate, may say."""

    system: System | None = None
    iterates: Annotated[int, PlainValidator(_integer(1, MOST_ITERATES))] | None = None
    weights: Annotated[str, PlainValidator(_choice("independent", "shared"))] | None = None
    compare: Annotated[str, PlainValidator(_choice(">", "<"))] | None = None
    bounds: BoundsSchema | None = None
    fixed: Anything | None = None
    train: dict[Net, Interval] | None = None


class GateSchema(OptionsSchema):
    """One gate; its name, the key under `gates`, is the net that it drives."""

    inputs: list[Net]
    function: Function | None = None


class TieSchema(_Schema):
    """`tie`: gates that share a parameter."""

    parameter: Text
    gates: list[Net]


class InstanceSchema(_Schema):
    """One instance: the circuit it is one of, and the net that each of its ports is."""

    circuit: Text
    connect: dict[Net, Net] = Field(default_factory=dict)


class CircuitSchema(_Schema):
    """A circuit that instances are made of: the name of its file, or its own keys."""

    file: Text | None = None
    description: Text | None = None
    system: System | None = None
    defaults: OptionsSchema | None = None
    inputs: list[Net] = Field(default_factory=list)
    outputs: list[Net] = Field(default_factory=list)
    instances: dict[Part, InstanceSchema] | None = None
    gates: dict[Net, GateSchema] | None = None
    tie: list[TieSchema] | None = None


class DacSchema(_Schema):
    """`dac`: the converter that sets the gates' voltages."""

    bits: Annotated[int, PlainValidator(_integer(1, 32))]
    range: Interval


class FixedPointSchema(_Schema):
    """`fixed_point`: the word of a digital realisation."""

    integer_bits: Annotated[int, PlainValidator(_integer(0, 31))]
    fraction_bits: Annotated[int, PlainValidator(_integer(0, 31))]


class HardwareSchema(_Schema):
    """`hardware`: the scale and the tolerances of a realisation."""

    volts_per_unit: Number | None = None
    offset_volts: Number | None = None
    dac: DacSchema | None = None
    fixed_point: FixedPointSchema | None = None
    logic_levels: Interval | None = None
    supply: Interval | None = None
    tolerance: dict[Text, Number] | None = None
    noise: Number | None = None


class NetlistSchema(_Schema):
    """A whole netlist, version 1."""

    chaoscad: Annotated[Literal[1], PlainValidator(_version)]
    name: Annotated[str, PlainValidator(_file_name)] | None = None
    description: Text | None = None
    system: System | None = None
    defaults: OptionsSchema | None = None
    inputs: list[Net]
    outputs: list[Net]
    circuits: dict[Part, CircuitSchema] | None = None
    instances: dict[Part, InstanceSchema] | None = None
    gates: dict[Net, GateSchema] | None = None
    targets: dict[Net, Function] | None = None
    tie: list[TieSchema] | None = None
    hardware: HardwareSchema | None = None


LATER = ("configurations", "controls")
"""Keys of the language that this version of the program does not read yet."""


def validate(
    root: Mapping, file: str | None, diagnostics: list[Diagnostic]
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


def _incomplete(root: Mapping, file: str | None) -> Iterator[Diagnostic]:
    """Complaints about keys of which one or the other must be there."""

    def missing(node: Mapping, keys: tuple[str, ...]) -> Iterator[Diagnostic]:
        for key in keys:
            if key not in node and not (key == "gates" and "instances" in node):
                message = f"the key {shown(key)} is missing"
                yield Diagnostic(message, file, node.line, node.column)

    yield from missing(root, ("gates",))
    circuits = root.get(Scalar("circuits"))
    for name, body in circuits.items() if isinstance(circuits, Mapping) else ():
        if not isinstance(body, Mapping):
            continue
        if "file" not in body:
            yield from missing(body, ("inputs", "outputs", "gates"))
        for key in body if "file" in body else ():
            if key in CircuitSchema.model_fields and key not in ("file", "description"):
                message = f"circuit {shown(name)} has a file and {shown(key)}"
                hint = "the file says all about it; leave one of them out"
                yield Diagnostic(message, file, key.line, key.column, hint)


def _diagnose(root: Mapping, details: Any, file: str | None) -> Diagnostic:
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
    if of_key and isinstance(parent, Mapping):
        context = details["ctx"]
        key = next(seen for seen in parent if seen == loc[-1])
        return Diagnostic(context["message"], file, key.line, key.column, context["hint"])
    context = details.get("ctx", {})
    if kind == "refused":
        message, hint = str(context["message"]), context["hint"]
    else:
        wanted = "a list" if kind.startswith("list") else "a mapping"
        message, hint = f"{wanted} is expected, not {describe(node)}", None
    if isinstance(parent, Mapping):
        message = f"{shown(name)}: {message}"
    return Diagnostic(message, file, node.line, node.column, hint)


def _unknown_key(root: Mapping, loc: list[Any], file: str | None) -> Diagnostic:
    schema: Any = NetlistSchema
    parent: Node = root
    for item in loc[:-1]:
        if isinstance(schema, type) and issubclass(schema, BaseModel):
            schema = schema.model_fields[item].annotation
        else:
            schema = get_args(schema)[-1]
        if get_origin(schema) is types.UnionType:
            schema = next(part for part in get_args(schema) if part is not type(None))
        parent = parent[item]  # type: ignore[index]
    assert isinstance(parent, Mapping)
    key = next(seen for seen in parent if seen == loc[-1])
    allowed = list(schema.model_fields)
    if len(loc) == 1 and key in LATER:
        message = f"the key {shown(key)} belongs to the language but is not read yet"
        return Diagnostic(
            message, file, key.line, key.column, "this version reads circuits of one configuration"
        )
    hint = nearest(key, allowed) or "the keys here are " + ", ".join(allowed)
    return Diagnostic(f"unknown key {shown(key)}", file, key.line, key.column, hint)
