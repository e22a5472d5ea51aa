"""Readers of single values in a netlist: numbers, ranges, names, each with its refusal."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainValidator
from pydantic_core import PydanticCustomError

from chaoscad.errors import nearest
from chaoscad.files import number_of
from chaoscad.netlist.source import MappingNode, Scalar, SequenceNode, describe

_INFINITY = re.compile(r"([-+]?)\.?inf", re.ASCII | re.IGNORECASE)
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")


def refuse(message: str, hint: str | None = None) -> PydanticCustomError:
    """The exception by which a validator refuses a value."""
    return PydanticCustomError("refused", "{message}", {"message": message, "hint": hint})


def number(node: object) -> float:
    """A plain decimal number, or an infinity."""
    if isinstance(node, Scalar):
        value = number_of(node) if node.plain else None
        if value is not None and any(letter.isdigit() for letter in node):
            if math.isinf(value):
                raise refuse("the number is too large for float64", "an infinity is written .inf")
            return value
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


def positive(node: object) -> float:
    """A finite number above 0."""
    value = finite(node)
    if value <= 0:
        raise refuse(f"{value:g} is not positive", "a flow runs for a positive time")
    return value


def interval(node: object) -> tuple[float, float]:
    """`[low, high]` with low <= high."""
    if not isinstance(node, SequenceNode) or len(node) != 2:
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


def mapping(node: object) -> MappingNode:
    """Any mapping, read further where its system is known."""
    if not isinstance(node, MappingNode):
        raise refuse(f"a mapping is expected, not {describe(node)}")
    return node


def integer(least: int, most: int) -> Callable[[object], int]:
    """Reads a whole number of a range."""

    def read(node: object) -> int:
        if not isinstance(node, Scalar) or not node.plain or not _INTEGER.fullmatch(node):
            raise refuse(f"a whole number is expected, not {describe(node)}")
        if not least <= int(node) <= most:
            raise refuse(f"{int(node)} is outside the allowed range {least} to {most}")
        return int(node)

    return read


def choice(*allowed: str) -> Callable[[object], str]:
    """Reads one of the allowed words."""

    def read(node: object) -> str:
        if isinstance(node, Scalar) and node in allowed:
            return str(node)
        hint = nearest(node, allowed) if isinstance(node, Scalar) else None
        one_of = " or ".join(allowed)
        raise refuse(f"{one_of} is expected, not {describe(node)}", hint)

    return read


def choices(read: Callable[[object], Any]) -> Callable[[object], tuple[Any, ...]]:
    """Reads one value, or a list of different ones, of which the search may choose."""

    def of(node: object) -> tuple[Any, ...]:
        if not isinstance(node, SequenceNode):
            return (read(node),)
        found = tuple(read(item) for item in node)
        if not found:
            raise refuse("an empty list leaves nothing to choose from", "give at least one value")
        for place, value in enumerate(found):
            if value in found[:place]:
                raise refuse(f"{value} is listed twice", "leave one out")
        return found

    return of


Number = Annotated[float, PlainValidator(finite)]
Interval = Annotated[tuple[float, float], PlainValidator(interval)]
Net = Annotated[Any, PlainValidator(net)]
Part = Annotated[Any, PlainValidator(part)]
Text = Annotated[Any, PlainValidator(text)]
Anything = Annotated[Any, PlainValidator(mapping)]


class Schema(BaseModel):
    """A mapping of known keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)
