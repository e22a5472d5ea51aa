"""`hardware`: the scale and the tolerances of a realisation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainValidator

from chaoscad.errors import nearest, shown
from chaoscad.netlist.complaints import Complaints
from chaoscad.netlist.deviations import PARAMETERS
from chaoscad.netlist.model import Gate
from chaoscad.netlist.scalars import Interval, Number, Schema, Text, finite, integer, refuse
from chaoscad.netlist.source import Scalar, describe
from chaoscad.netlist.tolerance import spread_of


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
    try:
        return spread_of(node).to_data()
    except ValueError as error:
        if str(error) == "negative":
            raise refuse(f"{describe(node)} is negative", "give a size, 0 or more") from None
        raise refuse(f"a tolerance is expected, not {describe(node)}", hint) from None


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
    """On the state, at every iterate of a map; of a flow, per square root of its unit of time."""
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
    """The spread of parameters, drawn for every gate: `x0`, `delta`, `threshold`, or a system's."""
    shared: Tolerances | None = Field(default=None, alias="global")
    """The spread that all gates have in common, drawn once."""
    noise: Annotated[NoiseSchema | None, BeforeValidator(_kinds)] = None
    """Noise on the states and at the comparators, drawn at every evaluation."""


def check_hardware(schema: HardwareSchema, gates: Iterable[Gate], complaints: Complaints) -> None:
    """Complain about tolerances of what no gate has."""
    own = {item.name: item for gate in gates for item in gate.setting.system.parameters}
    allowed = [*PARAMETERS, *own]
    for given in (schema.tolerance, schema.shared):
        for name in given or {}:
            if name not in allowed:
                hint = nearest(name, allowed) or "the gates have " + ", ".join(allowed)
                complaints.complain(f"no gate has a parameter {shown(name)}", name, hint)
            elif name in own and own[name].whole:
                message = f"the parameter {shown(name)} is a whole number, which has no tolerance"
                complaints.complain(message, name, "leave it out")
