"""The axes of a sweep: which keys of the netlist take which values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chaoscad.errors import Diagnostic, nearest, shown
from chaoscad.files import number_of
from chaoscad.netlist.source import MappingNode, Node, Scalar, SequenceNode, describe, place
from chaoscad.netlist.yaml_text import flow
from chaoscad.sweeps.measures import MEASURES

if TYPE_CHECKING:
    import numpy as np

MOST_VALUES = 1_000_000
"""Most values of one axis."""

FIGURES = 12
"""Significant digits of the values of a range: 3.51 and not 3.5100000000000002."""

TAKEN = {
    *(variable.name for measure in MEASURES.values() for variable in measure.variables),
    *("method", "status", "reason", "zarr.json"),
}
"""Names that axes may not have, as the results have them."""

LONGEST = 200
"""Bytes of an axis's name, which is a folder's."""

RANGE_KEYS = ("from", "to", "count", "spacing")
SPACINGS = ("linear", "logarithmic")


@dataclass(frozen=True, eq=False)
class Axis:
    """One axis.

    **Arguments:**

    - `name`: of the dimension of the results.
    - `paths`: the keys that take the value, dotted, as they stand in the netlist or in the settings.
    - `values`: what is written in their place, in order.
    - `key`: where the axis stands in the file.
    - `ranged`: whether the values are those of a range, which are numbers with none between the ends that
      is not like them.
    """

    name: str
    paths: tuple[Scalar, ...]
    values: tuple[Node, ...]
    key: Scalar
    ranged: bool = False

    def __len__(self) -> int:
        return len(self.values)

    @property
    def labels(self) -> tuple[str, ...]:
        """Every value as text."""
        return tuple(label(value) for value in self.values)

    def coordinates(self) -> np.ndarray:
        """The values as numbers, where all of them are, else as text."""
        import numpy as np

        texts = self.labels
        numbers = [number_of(text) if _plain(value) else None for text, value in self._pairs()]
        if any(number is None or not math.isfinite(number) for number in numbers):
            return np.array(texts)
        if all(text.lstrip("-").isdigit() for text in texts):
            return np.array([int(text) for text in texts])
        return np.array(numbers, np.float64)

    def _pairs(self) -> list[tuple[str, Node]]:
        return list(zip(self.labels, self.values, strict=True))

    def to_data(self) -> dict[str, Any]:
        """The axis as JSON-ready data, for the provenance of results."""
        return {"path": [str(path) for path in self.paths], "values": list(self.labels)}


def label(value: Node) -> str:
    """A value as the netlist language writes it."""
    return str(value) if isinstance(value, Scalar) else flow(_data(value))


def _plain(value: Node) -> bool:
    return isinstance(value, Scalar) and value.plain


def _data(node: Node) -> Any:
    if isinstance(node, MappingNode):
        return {str(key): _data(value) for key, value in node.items()}
    if isinstance(node, SequenceNode):
        return [_data(value) for value in node]
    return str(node)


class AxisReader:
    """Reads `axes` of a spec; complaints are added to `found`."""

    def __init__(self, file: str | None, found: list[Diagnostic]) -> None:
        self.file, self.found = file, found

    def read(self, node: Node) -> tuple[Axis, ...]:
        """The axes in the order of the file."""
        if not isinstance(node, MappingNode) or not node:
            hint = "write them as PATH: [values] or PATH: {from: 0, to: 1, count: 11}"
            message = f"axes is a mapping of paths, not {describe(node)}"
            self._complain("there are no axes" if node == {} else message, place(node), hint)
            return ()
        axes = [axis for key, value in node.items() if (axis := self._axis(key, value))]
        taken: dict[str, Scalar] = {}
        for axis in axes:
            for path in axis.paths:
                if str(path) in taken:
                    self._complain(f"two axes set {shown(path)}", path, "leave one of them out")
                taken[str(path)] = path
        return tuple(axes)

    def _axis(self, key: Scalar, node: Node) -> Axis | None:
        if not key or any(not word for word in key.split(".")):
            self._complain(f"{shown(key)} is no path of keys", key, "for example system.a")
            return None
        if key in TAKEN or any(mark in key for mark in "/\\") or not key.isprintable():
            fault = (
                "is what results call something else" if key in TAKEN else "is no name of a folder"
            )
            hint = "write another name, with path: and the key of the netlist"
            self._complain(f"the axis {shown(key)} {fault}", key, hint)
            return None
        if len(key.encode()) > LONGEST:
            self._complain(f"the axis {shown(key)} is longer than {LONGEST} bytes", key)
            return None
        if isinstance(node, SequenceNode):
            return self._listed(key, (key,), node)
        if not isinstance(node, MappingNode):
            hint = "write [values] or {from: 0, to: 1, count: 11}"
            self._complain(f"axis {shown(key)} has no values: {describe(node)}", place(node), hint)
            return None
        keys = ("path", "values", *RANGE_KEYS)
        for own in node:
            if own not in keys:
                hint = nearest(own, keys) or "the keys here are " + ", ".join(keys)
                self._complain(f"unknown key {shown(own)}", own, hint)
                return None
        paths = self._paths(key, node.get(Scalar("path")))
        if paths is None:
            return None
        if Scalar("values") in node:
            if any(Scalar(name) in node for name in RANGE_KEYS):
                self._complain(f"axis {shown(key)} has values and a range", key, "leave one out")
                return None
            values = node[Scalar("values")]
            if not isinstance(values, SequenceNode):
                message = f"values: a list is expected, not {describe(values)}"
                self._complain(message, place(values))
                return None
            return self._listed(key, paths, values)
        return self._range(key, paths, node)

    def _paths(self, key: Scalar, node: Node | None) -> tuple[Scalar, ...] | None:
        if node is None:
            return (key,)
        paths = node if isinstance(node, SequenceNode) else SequenceNode([node])
        for path in paths:
            if not isinstance(path, Scalar) or any(not word for word in path.split(".")):
                self._complain(f"path: {describe(path)} is no path of keys", place(path))
                return None
        return tuple(path for path in paths if isinstance(path, Scalar))

    def _listed(self, key: Scalar, paths: tuple[Scalar, ...], node: SequenceNode) -> Axis | None:
        at = Scalar.at("", node.line or key.line, node.column or key.column)
        if not node:
            self._complain(f"axis {shown(key)} has no values", at, "give at least one")
            return None
        known: set[str | float] = set()
        for value in node:
            number = number_of(label(value)) if _plain(value) else None
            same = label(value) if number is None else number
            if same in known:
                message = f"axis {shown(key)} has the value {shown(label(value))} twice"
                self._complain(message, place(value), "leave one out")
                return None
            known.add(same)
        return Axis(str(key), paths, tuple(node), key)

    def _range(self, key: Scalar, paths: tuple[Scalar, ...], node: MappingNode) -> Axis | None:
        missing = [name for name in ("from", "to", "count") if Scalar(name) not in node]
        if missing:
            hint = "a range is {from: 0, to: 1, count: 11}, a list [0, 0.5, 1]"
            self._complain(f"axis {shown(key)} has no {missing[0]!r}", key, hint)
            return None
        ends = [self._number(name, node[Scalar(name)]) for name in ("from", "to", "count")]
        if any(end is None for end in ends):
            return None
        first, last, count = (float(end or 0.0) for end in ends)
        at = place(node[Scalar("count")])
        if count < 1 or not count.is_integer():
            message = f"axis {shown(key)} has no values: count is {describe(at)}"
            self._complain(message, at, "give a whole number of at least 1")
            return None
        if count > MOST_VALUES:
            message = f"axis {shown(key)} has {int(count)} values, and may have {MOST_VALUES}"
            self._complain(message, at)
            return None
        spacing = node.get(Scalar("spacing"), Scalar("linear"))
        if spacing not in SPACINGS:
            hint = nearest(str(spacing), SPACINGS) if isinstance(spacing, Scalar) else None
            hint = hint or "it is linear or logarithmic"
            self._complain(f"unknown spacing {describe(spacing)}", place(spacing), hint)
            return None
        if spacing == "logarithmic" and not (first > 0 and last > 0):
            message = (
                f"axis {shown(key)}: a logarithmic range goes from one positive number to another"
            )
            self._complain(message, place(node[Scalar("from")]))
            return None
        if first == last and count > 1:
            message = f"axis {shown(key)} goes from {first:g} to {last:g}, which is one value"
            self._complain(message, at, "give another end, or count: 1")
            return None
        texts = _spread(first, last, int(count), spacing == "logarithmic")
        if len(set(texts)) < count:
            message = f"axis {shown(key)} has values that are equal to {FIGURES} digits"
            self._complain(message, at, "give ends farther apart, or fewer values")
            return None
        values = [Scalar.at(text, key.line, key.column, file=self.file) for text in texts]
        return Axis(str(key), paths, tuple(values), key, ranged=True)

    def _number(self, name: str, node: Node) -> float | None:
        value = number_of(node) if isinstance(node, Scalar) and node.plain else None
        if value is None or not math.isfinite(value):
            self._complain(
                f"{name}: a finite number is expected, not {describe(node)}", place(node)
            )
            return None
        return value

    def _complain(self, message: str, at: Scalar, hint: str | None = None) -> None:
        self.found.append(Diagnostic(message, self.file, at.line, at.column, hint))


def _spread(first: float, last: float, count: int, logarithmic: bool) -> list[str]:
    """The values of a range as text, the ends exact."""
    found = []
    for index in range(count):
        share = index / (count - 1) if count > 1 else 0.0
        if index in (0, count - 1):
            value = last if index and index == count - 1 else first
        elif logarithmic:
            value = first * (last / first) ** share
        else:
            value = first + (last - first) * share
        rounded = float(f"{value:.{FIGURES}g}")
        found.append(
            str(int(rounded)) if rounded.is_integer() and abs(rounded) < 1e15 else repr(rounded)
        )
    return found


def product(axes: tuple[Axis, ...]) -> int:
    """The number of points."""
    return math.prod(len(axis) for axis in axes)


Chosen = Mapping[str, int]
"""The number of the value of every axis, by name."""
