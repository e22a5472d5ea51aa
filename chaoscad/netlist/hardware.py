"""`hardware`: the scale and the tolerances of a realisation, and which of its keys nothing reads."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainValidator

from chaoscad.errors import nearest, shown
from chaoscad.files import number_of
from chaoscad.netlist.complaints import Complaints
from chaoscad.netlist.model import Gate
from chaoscad.netlist.scalars import Interval, Number, Schema, Text, finite, integer, refuse
from chaoscad.netlist.source import Node, Scalar, describe

UNREAD = ("tolerance", "global", "noise")
"""Keys of the language by which no command changes what it does, until one does."""

PARAMETERS = ("x0", "delta", "threshold")
"""Parameters that every gate has; `delta` stands for each of its weights."""

DISTRIBUTIONS = ("normal", "uniform")


def _level(node: object) -> float:
    value = finite(node)
    if value < 0:
        raise refuse(f"{describe(node)} is negative", "give a size, 0 or more")
    return value


def _tolerance(node: object) -> float | str:
    """A size of at least 0, absolute or in per cent, and the distribution after it."""
    hint = "write 0.01 or 2 %, and after it normal or uniform if you like"
    if not isinstance(node, Scalar):
        raise refuse(f"a tolerance is expected, not {describe(node)}", hint)
    text, _, last = node.rpartition(" ")
    if last not in DISTRIBUTIONS:
        text, last = str(node), ""
    size, percent = text.strip(), text.endswith("%")
    value = number_of(size.removesuffix("%").rstrip())
    if value is None or not math.isfinite(value):
        raise refuse(f"a tolerance is expected, not {describe(node)}", hint)
    if value < 0:
        raise refuse(f"{describe(node)} is negative", "give a size, 0 or more")
    plain = not percent and not last
    return (
        value if plain else " ".join(word for word in (f"{value!r}", "%" * percent, last) if word)
    )


def _kinds(node: object) -> object:
    if isinstance(node, Scalar) and node:
        hint = f"write {{state: {node}, comparator: {node}}}"
        raise refuse(f"a mapping of the kinds of noise is expected, not {describe(node)}", hint)
    return node


Tolerances = dict[Text, Annotated[Any, PlainValidator(_tolerance)]]


class DacSchema(Schema):
    """`dac`: the converter that sets the gates' voltages."""

    bits: Annotated[int, PlainValidator(integer(1, 32))]
    """Bits of the converter."""
    range: Interval
    """The voltages of its lowest and its highest code."""


class FixedPointSchema(Schema):
    """`fixed_point`: the word of a digital realisation."""

    integer_bits: Annotated[int, PlainValidator(integer(0, 31))]
    """Bits before the point, without the sign."""
    fraction_bits: Annotated[int, PlainValidator(integer(0, 31))]
    """Bits after the point."""


class NoiseSchema(Schema):
    """`noise`: its standard deviation on the state, at every iterate, and at the comparator."""

    state: Annotated[float, PlainValidator(_level)] | None = None
    """On the state, at every iterate."""
    comparator: Annotated[float, PlainValidator(_level)] | None = None
    """On the value, at the comparator."""


class HardwareSchema(Schema):
    """`hardware`: the scale and the tolerances of a realisation.

    `tolerance` is drawn for every gate, `global` once for all of them.
    """

    volts_per_unit: Number | None = None
    """How many volts more a state of 1 stands for than a state of 0."""
    offset_volts: Number | None = None
    """The volts that a state of 0 stands for."""
    dac: DacSchema | None = None
    """The converter that sets the gates' voltages."""
    fixed_point: FixedPointSchema | None = None
    """The word of a digital realisation."""
    logic_levels: Interval | None = None
    """The volts of a 0 and of a 1."""
    supply: Interval | None = None
    """The voltages between which the circuit runs."""
    tolerance: Tolerances | None = None
    """The spread of parameters from gate to gate; nothing reads it yet."""
    shared: Tolerances | None = Field(default=None, alias="global")
    """The spread that all gates have in common; nothing reads it yet."""
    noise: Annotated[NoiseSchema | None, BeforeValidator(_kinds)] = None
    """Noise on the states and at the comparators; nothing reads it yet."""


def check_hardware(
    schema: HardwareSchema, node: Node | None, gates: Iterable[Gate], complaints: Complaints
) -> None:
    """Complain about tolerances of what no gate has, and warn of the keys that nothing reads."""
    own = [item.name for gate in gates for item in gate.setting.system.parameters]
    allowed = list(dict.fromkeys([*PARAMETERS, *own]))
    for given in (schema.tolerance, schema.shared):
        for name in given or {}:
            if name not in allowed:
                hint = nearest(name, allowed) or "the gates have " + ", ".join(allowed)
                complaints.complain(f"no gate has a parameter {shown(name)}", name, hint)
    for key in node if isinstance(node, dict) else ():
        if key in UNREAD:
            complaints.warn(unread(key), key)


def unread(key: str) -> str:
    """What is said of a key of `hardware` that is in `UNREAD`."""
    return f"nothing reads {shown(key)} of 'hardware' yet; it changes no result"


def unread_of(hardware: Mapping[str, Any] | None) -> list[str]:
    """What is said of the keys of a netlist's `hardware` that nothing reads."""
    return [unread(key) for key in hardware or () if key in UNREAD]
