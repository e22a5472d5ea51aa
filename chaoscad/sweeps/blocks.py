"""How the points of a sweep are shared out: boxes of points of equal shape, each of them a batch.

A batch is a chunk of the stored arrays, too. So a batch that was written is whole, batches are written
without reading any other, and the stored bytes do not depend on who computed what and when.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.netlist.model import Netlist
from chaoscad.sweeps.axes import Axis
from chaoscad.sweeps.measures import MEASURES
from chaoscad.sweeps.spec import Choices, Spec, setting_of
from chaoscad.systems import Flow

FEW = 32
"""Batches that a sweep is shared out over at least, where batches do not become too small by it."""

LARGE, USUAL, SMALL, LEAST = 4096, 256, 32, 8
"""Points of a batch: of what takes a millisecond or less, of maps, of samples and proofs, of flows and
of circuits that are trained."""

DEVIATING = {"yield": ("tolerance", "global"), "bit_error_rate": ("noise",)}
"""Measures, and what the netlist's hardware says for them."""

TRIED = 200
"""Values of a list that are tried before anything runs, the first and the last ones."""


@dataclass(frozen=True)
class Block:
    """A box of points: for every axis, the numbers of its first value and of that after its last."""

    ends: tuple[tuple[int, int], ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values it has of every axis."""
        return tuple(last - first for first, last in self.ends)

    @property
    def size(self) -> int:
        """How many points it has."""
        return math.prod(self.shape)

    @property
    def slices(self) -> tuple[slice, ...]:
        """Where it lies in the arrays."""
        return tuple(slice(first, last) for first, last in self.ends)

    def points(self) -> Iterator[tuple[int, ...]]:
        """The numbers of the values of every point, in C order."""
        return product(*(range(first, last) for first, last in self.ends))


@dataclass(frozen=True)
class Blocks:
    """A grid of points as blocks of one size, those at the ends smaller.

    **Arguments:**

    - `shape`: of the grid.
    - `size`: of a block.
    """

    shape: tuple[int, ...]
    size: tuple[int, ...]

    @property
    def counts(self) -> tuple[int, ...]:
        """Blocks along every axis."""
        return tuple(-(-length // size) for length, size in zip(self.shape, self.size, strict=True))

    def __len__(self) -> int:
        return math.prod(self.counts)

    def placed(self) -> Iterator[tuple[tuple[int, ...], Block]]:
        """Every block with its numbers along the axes, in C order."""
        for place in product(*map(range, self.counts)):
            yield (
                place,
                Block(
                    tuple(
                        (size * number, min(size * (number + 1), length))
                        for number, size, length in zip(place, self.size, self.shape, strict=True)
                    )
                ),
            )

    def __iter__(self) -> Iterator[Block]:
        return (block for _, block in self.placed())


def blocks_of(spec: Spec) -> tuple[Blocks, Netlist, tuple[Diagnostic, ...]]:
    """The blocks of a sweep, its first netlist that can be read, and warnings about values.

    Every value of an axis is tried with the first ones of the others, so that a key that the netlist does
    not have is found before anything runs. Axes whose values change the structure of the netlist are cut
    at every value; the points of a block make one program.

    **Raises:** `ChaoscadError` when no value of some axis gives a netlist, and for a measure of what
    deviates where nothing does.
    """
    shapes, netlist, warnings = _tried(spec)
    _check_deviating(spec, netlist)
    lengths = tuple(len(axis) for axis in spec.axes)
    left = _most_points(spec, netlist)
    left = max(LEAST, min(left, math.prod(lengths) // FEW))
    size = [1] * len(lengths)
    for number in reversed(range(len(lengths))):
        if shapes[number] > 1:
            continue
        pieces = -(-lengths[number] // max(1, left))
        size[number] = -(-lengths[number] // pieces)
        left //= size[number]
    return Blocks(lengths, tuple(size)), netlist, warnings


def _check_deviating(spec: Spec, netlist: Netlist) -> None:
    """Refuse a measure that would fail at every point."""
    if any(path.startswith("hardware") for axis in spec.axes for path in axis.paths):
        return
    hardware = netlist.hardware or {}
    for measure, keys in DEVIATING.items():
        if measure in spec.measures and not any(hardware.get(key) for key in keys):
            message = (
                f"the measure {measure} needs hardware.{keys[0]}, which the netlist does not have"
            )
            hint = "write it there, or make an axis of it"
            raise ChaoscadError(Diagnostic(message, spec.file, hint=hint))


def _tried(spec: Spec) -> tuple[list[int], Netlist, tuple[Diagnostic, ...]]:
    """How many structures the values of every axis make, a netlist, and what is wrong with values."""
    base, base_netlist = _base(spec)
    found: list[Diagnostic] = []
    shapes: list[int] = []
    for number, axis in enumerate(spec.axes):
        kinds: set[Hashable] = set()
        for value in _asked(axis):
            values = (*base[:number], value, *base[number + 1 :])
            try:
                netlist, choices = spec.at(values)
            except ChaoscadError as error:
                found += [item for item in error.diagnostics if item.severity == "error"][:1]
                continue
            kinds.add(_structure(netlist, choices))
        shapes.append(len(axis) if _cut(axis) else len(kinds))
    warnings = tuple(
        Diagnostic(
            item.message,
            item.file,
            item.line,
            item.column,
            "its points are recorded as failed",
            "warning",
        )
        for item in dict.fromkeys(found)
    )
    return shapes, base_netlist, warnings


def _base(spec: Spec) -> tuple[tuple[int, ...], Netlist]:
    """The first point along the axes that gives a netlist; each axis is searched for itself."""
    values = [0] * len(spec.axes)
    failures: list[ChaoscadError] = []
    for _ in range(2):
        for number, axis in enumerate(spec.axes):
            for value in _asked(axis):
                values[number] = value
                try:
                    return tuple(values), spec.at(values)[0]
                except ChaoscadError as error:
                    failures.append(error)
            values[number] = len(axis) - 1
    raise failures[0]


def _asked(axis: Axis) -> Sequence[int]:
    """The values that are tried: of a range its ends, since what lies between is like them."""
    if axis.ranged and not _cut(axis):
        return sorted({0, len(axis) // 2, len(axis) - 1})
    everyone = range(len(axis))
    return everyone if len(axis) <= TRIED else [*everyone[: TRIED // 2], *everyone[-TRIED // 2 :]]


def _cut(axis: Axis) -> bool:
    """Whether an axis is cut at every value without asking: settings, and whole numbers."""
    whole = any(path.rpartition(".")[2] == "iterates" for path in axis.paths)
    return whole or any(setting_of(path) is not None for path in axis.paths)


def _structure(netlist: Netlist, choices: Choices) -> Hashable:
    gates = tuple(
        (gate.setting.key, gate.iterates, gate.arity, gate.weights) for gate in netlist.gates
    )
    return gates, choices


def _most_points(spec: Spec, netlist: Netlist) -> int:
    if all(MEASURES[name].of == "system" for name in spec.measures):
        return USUAL
    if any(isinstance(gate.setting.system, Flow) for gate in netlist.gates):
        return LEAST
    if netlist.sharing or any(gate.function is None for gate in netlist.gates):
        return LEAST
    if {"yield", "bit_error_rate", "bound"} & set(spec.measures):
        return SMALL
    settled = all({"x0", "delta", "threshold"} <= set(gate.fixed) for gate in netlist.gates)
    return LARGE if settled else USUAL
