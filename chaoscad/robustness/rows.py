"""The rows of gates, each with the independent errors that move it.

A row's bit depends on few numbers: its state, which is x0 and the weights of its ones, the threshold,
and the parameters of the system. Each is moved by errors of its own, mismatch and global ones, so a row
has a small space of errors whatever the size of the circuit, and ties change nothing in it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from chaoscad.design import Design, DesignGate
from chaoscad.robustness.circuit import Judge
from chaoscad.robustness.devices import Population
from chaoscad.robustness.error_space import places
from chaoscad.systems import Setting

STATE, THRESHOLD = "state", "threshold"
"""The two quantities of a row that every gate has; the others are its system's parameters."""


@dataclass(frozen=True)
class Source:
    """An independent error: its place in the list of all, its size, and whether it is uniform."""

    place: int
    size: float
    uniform: bool


@dataclass(frozen=True, eq=False)
class Row:
    """A local row of a gate that matters.

    **Arguments:**

    - `index`: of the row among those of all gates, as `Judge` numbers them.
    - `gate`: in the order of the design; `number`: of the row in it.
    - `setting`: the system as a bench has it.
    - `bit`: what the row gives in the design.
    - `sources`: of every quantity: the state, the threshold, the parameters by name.
    - `sizes`: of all errors of x0 together, and of those of every weight.
    """

    index: int
    gate: DesignGate
    number: int
    setting: Setting
    bit: bool
    sources: Mapping[str, tuple[Source, ...]]
    sizes: tuple[float, ...]

    @property
    def inputs(self) -> str:
        """The row as bits of the gate's inputs."""
        return format(self.number, f"0{self.gate.arity}b")

    @property
    def ones(self) -> tuple[int, ...]:
        """The inputs that are 1."""
        return tuple(place for place, bit in enumerate(self.inputs) if bit == "1")

    @property
    def state(self) -> float:
        """z = x0 + sum(delta_k I_k)."""
        return float(self.gate.setpoint.states()[self.number])

    @property
    def above(self) -> bool:
        """Whether the value must stay above the threshold."""
        return self.bit == (self.gate.compare == ">")


def rows_that_matter(judge: Judge, devices: Population) -> list[Row]:
    """Every local row whose bit may matter, gate after gate, with its errors."""
    design = judge.design
    return [
        Row(
            index=index,
            gate=gate,
            number=index - judge.offsets[position],
            setting=devices.settings[position],
            bit=bool(judge.nominal[index]),
            sources=_sources(devices, design, position, index - judge.offsets[position]),
            sizes=(
                _size(devices, "x0", (position,)),
                *(_size(devices, "delta", (position, place)) for place in range(gate.arity)),
            ),
        )
        for position, gate in enumerate(design.gates)
        for index in range(judge.offsets[position], judge.offsets[position + 1])
        if judge.relevant[index]
    ]


def grouped(rows: Iterable[Row]) -> list[list[Row]]:
    """Rows whose system and number of iterates are the same, whatever its parameters."""
    found: dict[Hashable, list[Row]] = {}
    for row in rows:
        found.setdefault((row.setting.key, row.gate.iterates), []).append(row)
    return list(found.values())


def _sources(
    devices: Population, design: Design, position: int, number: int
) -> dict[str, tuple[Source, ...]]:
    gate = design.gates[position]
    ones = [place for place in range(gate.arity) if number >> (gate.arity - 1 - place) & 1]
    found = {
        STATE: _block(devices, "x0", [(position,)])
        + _block(devices, "delta", [(position, place) for place in ones]),
        THRESHOLD: _block(devices, "threshold", [(position,)]),
    }
    for place, name in enumerate(gate.setting.parameters):
        found[name] = _block(devices, "system", [(position, place)])
    return found


def _block(devices: Population, block: str, numbers: list[tuple[int, ...]]) -> tuple[Source, ...]:
    """The errors that move the sum of some numbers of a block."""
    begin, _ = places(devices.errors)
    sizes: dict[int, tuple[float, bool]] = {}
    for other, part in enumerate(devices.errors[block]):
        if part is None:
            continue
        slots = part.slot if part.slot is not None else np.arange(part.size.size)
        slots = np.asarray(slots).reshape(part.size.shape)
        for number in numbers:
            size = float(part.size[number])
            if size == 0:
                continue
            place = begin[block, other] + int(slots[number])
            uniform = part.uniform is not None and bool(part.uniform[number])
            # One error that moves several numbers, as a global one does, moves their sum as often.
            sizes[place] = (sizes.get(place, (0.0, False))[0] + size, uniform)
    return tuple(Source(place, size, uniform) for place, (size, uniform) in sizes.items())


def _size(devices: Population, block: str, number: tuple[int, ...]) -> float:
    return sum(float(part.size[number]) for part in devices.errors[block] if part is not None)
