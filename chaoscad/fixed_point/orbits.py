"""Gates in fixed point: the bit-exact model of what the exported Verilog and C compute.

A word is signed and holds a multiple of 2^-fraction_bits, `Q(integer_bits.fraction_bits)` with a sign
bit before it. x0, the weights and the threshold are rounded to the grid; states are summed in integers;
each iterate is a `Form`, rounded once; the comparison is strict.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from chaoscad.design.elements import Element
from chaoscad.design.model import Design
from chaoscad.evidence import Evidence, once
from chaoscad.fixed_point.form import Form, Rounding, to_grid
from chaoscad.fixed_point.lowering import form
from chaoscad.gate import Setpoint, local_states
from chaoscad.logic import Logic, LogicNode, TruthTable
from chaoscad.systems import Flow, Interval, Setting

LONGEST_WORD = 32
"""Most bits of a word, the sign included."""

ESCAPED = 1 << 40
"""Orbits are held here: far beyond every word, and short enough to go on with."""

FEWEST_BITS, MOST_BITS = 2, 24
"""The numbers of fraction bits that are tried."""


@dataclass(frozen=True)
class Word:
    """A signed word of fixed point.

    **Arguments:**

    - `integer_bits`, `fraction_bits`: without the sign; a word holds -2^integer_bits up to but not
      including 2^integer_bits.
    - `rounding`: how an iterate is rounded to the grid: `truncate` is towards minus infinity,
      `nearest` takes halves up.
    """

    integer_bits: int
    fraction_bits: int
    rounding: Rounding = "truncate"

    @property
    def length(self) -> int:
        """Bits in all."""
        return 1 + self.integer_bits + self.fraction_bits

    @property
    def range(self) -> tuple[int, int]:
        """The least and the greatest integer of the word."""
        return -(1 << (self.length - 1)), (1 << (self.length - 1)) - 1

    @property
    def title(self) -> str:
        """`Q2.8`, the sign bit not counted."""
        return f"Q{self.integer_bits}.{self.fraction_bits}"


@dataclass(frozen=True)
class GateWords:
    """A gate's parameters as integers on the grid."""

    x0: int
    delta: tuple[int, ...]
    threshold: int
    below: bool

    @property
    def states(self) -> tuple[int, ...]:
        """The state of every local row, lexicographic with the first input most significant."""
        return tuple(local_states(self.x0, self.delta))


@dataclass(frozen=True)
class GateOrbit:
    """A gate in integers, at every local row.

    **Arguments:**

    - `words`: its parameters.
    - `orbit`: for every iterate from 0 (the state) on, for every coordinate, one integer per row.
    - `reading`: the coordinate that is compared.
    """

    words: GateWords
    orbit: tuple[tuple[tuple[int, ...], ...], ...]
    reading: int

    @property
    def values(self) -> tuple[int, ...]:
        """The integers that are compared with the threshold."""
        return self.orbit[-1][self.reading]

    @property
    def bits(self) -> tuple[bool, ...]:
        """The output of every row."""
        limit = self.words.threshold
        if self.words.below:
            return tuple(value < limit for value in self.values)
        return tuple(value > limit for value in self.values)

    @property
    def table(self) -> str:
        """The output of every row as a truth table."""
        return "".join("1" if bit else "0" for bit in self.bits)

    def distances(self) -> tuple[int, ...]:
        """Value minus threshold, turned for the comparator `<`; the output is 1 where positive."""
        sign = -1 if self.words.below else 1
        return tuple(sign * (value - self.words.threshold) for value in self.values)

    def margin(self, function: str) -> float:
        """The least distance on the wanted side, in steps of the grid; negative when a bit is wrong.

        The threshold counts as lying half a step above a value that equals it (below, for the
        comparator `<`), so a bit is right exactly when its distance is positive. Minus infinity where a
        value is beyond every word.
        """
        low, high = self.range
        if low < -(1 << (LONGEST_WORD - 1)) or high >= 1 << (LONGEST_WORD - 1):
            return -math.inf
        return min(
            (
                distance - 0.5 if want == "1" else 0.5 - distance
                for distance, want in zip(self.distances(), function, strict=True)
                if want != "-"
            ),
            default=math.inf,
        )

    @property
    def range(self) -> tuple[int, int]:
        """The least and the greatest integer that a word of the gate has to hold."""
        words = self.words
        found = [words.x0, *words.delta, words.threshold]
        found += [value for states in self.orbit for row in states for value in row]
        return min(found), max(found)


@dataclass(frozen=True)
class ElementOrbit:
    """An element in integers: what its readings have in common once, and a comparator for each.

    **Arguments:**

    - `readings`: parts of one orbit.
    - `orbit`: as in `GateOrbit`, as far as the hardware runs.
    - `chosen`: of every reading, whether the hardware is told the number of its iterates.
    """

    readings: tuple[GateOrbit, ...]
    orbit: tuple[tuple[tuple[int, ...], ...], ...]
    chosen: tuple[bool, ...]

    @property
    def integers(self) -> tuple[int, ...]:
        """x0, the weights, and of every reading the threshold, whether it compares by `<`, the iterates.

        The iterates of a reading are among them where they are chosen.
        """
        words = self.readings[0].words
        found = [words.x0, *words.delta]
        for reading, chosen in zip(self.readings, self.chosen, strict=True):
            found += [reading.words.threshold, int(reading.words.below)]
            found += [len(reading.orbit) - 1] if chosen else []
        return tuple(found)

    @property
    def bits(self) -> tuple[tuple[bool, ...], ...]:
        """For every row, the output of every reading."""
        return tuple(zip(*(reading.bits for reading in self.readings), strict=True))


def rounded(setpoint: Setpoint, fraction_bits: int) -> GateWords:
    """A gate's parameters, each at the nearest point of the grid."""
    return GateWords(
        to_grid(setpoint.x0, fraction_bits),
        tuple(to_grid(weight, fraction_bits) for weight in setpoint.delta),
        to_grid(setpoint.threshold, fraction_bits),
        setpoint.compare == "<",
    )


def orbit(words: GateWords, setting: Setting, iterates: int, step: Form) -> GateOrbit:
    """Run a gate on every local row, in Python's integers or, where they fit, in int64.

    **Arguments:**

    - `step`: the integer form of the setting's map.
    """
    found = iterated(launched(words.states, setting, step.fraction_bits), iterates, step)
    return GateOrbit(words, found, setting.reading)


def launched(states: Sequence[int], setting: Setting, fraction_bits: int) -> list[Sequence[int]]:
    """Every coordinate at the start: the states where it is encoded, else its own start."""
    return [
        states if name in setting.encode else (to_grid(value, fraction_bits),) * len(states)
        for name, value in zip(setting.system.coordinates, setting.start, strict=True)
    ]


def iterated(
    start: Sequence[Sequence[int]], iterates: int, step: Form
) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """The orbit of many states: for every iterate, for every coordinate, one integer per state."""
    found = iterated_arrays([_array(values) for values in start], iterates, step)
    return tuple(tuple(tuple(values.tolist()) for values in state) for state in found)


def iterated_arrays(
    start: Sequence[np.ndarray], iterates: int, step: Form
) -> list[list[np.ndarray]]:
    """The same as arrays of int64, by way of Python's integers where an intermediate does not fit."""
    state = [np.clip(values, -ESCAPED, ESCAPED) for values in start]
    found = [state]
    for _ in range(iterates):
        wide = not _narrow(step, state)
        before = [values.astype(object) for values in state] if wide else state
        after = [np.clip(values, -ESCAPED, ESCAPED) for values in step.step(before)]
        state = [np.broadcast_to(np.asarray(item, np.int64), state[0].shape) for item in after]
        found.append(state)
    return found


def _array(values: Sequence[int]) -> np.ndarray:
    return np.array([min(max(value, -ESCAPED), ESCAPED) for value in values], np.int64)


def _narrow(step: Form, state: Sequence[np.ndarray]) -> bool:
    """Whether no intermediate integer of the step leaves int64."""
    ranges = [(int(values.min()), int(values.max())) for values in state]
    # A bit below the end of int64, so that no sum of two wraps around.
    limit = 1 << 62
    return all(-limit < low and high < limit for low, high in step.ranges(ranges))


@once
def domains(evidence: Evidence) -> Mapping[Setting, Interval]:
    """For every map, the range of states that its gates may have: where a table has to reach.

    The declared ranges of the gates, and the float64 orbits of all rows. Of a setting of several
    coordinates it does not matter which is read: the keys are `Setting.element`.
    """
    found: dict[Setting, Interval] = {}
    known: set[Hashable] = set()
    for gate in evidence.design.gates:
        if isinstance(gate.setting.system, Flow):
            continue
        bounds = gate.source.bounds.state
        key = (gate.setting, gate.iterates, gate.x0, gate.delta, bounds)
        if key in known:
            continue
        known.add(key)
        ends = [end for end in bounds if math.isfinite(end)]
        states = gate.setpoint.states()
        for iterate in range(gate.iterates):
            values = states if not iterate else gate.setting.value(states, iterate)
            ends += [float(value) for value in values if math.isfinite(value)]
        before = found.get(gate.setting.element, (math.inf, -math.inf))
        found[gate.setting.element] = (min(before[0], *ends), max(before[1], *ends))
    return MappingProxyType(
        {setting: _within(setting, domain) for setting, domain in found.items()}
    )


def _within(setting: Setting, domain: Interval) -> Interval:
    """A measured curve has no value beyond its ends."""
    curve = getattr(setting.system, "curve", None)
    if curve is None:
        return domain
    return max(domain[0], curve.domain[0]), min(domain[1], curve.domain[1])


@once
def alike(evidence: Evidence) -> tuple[tuple[Element, ...], ...]:
    """The elements on maps, those together that compute the same, whatever nets they read.

    The readings of one stand in the order of those of the others.
    """
    found: dict[Hashable, list[Element]] = {}
    for element in evidence.design.elements:
        if isinstance(element.longest.setting.system, Flow):
            continue
        readings = tuple((gate.setting, gate.setpoint) for gate in element.readings)
        found.setdefault(readings, []).append(element)
    return tuple(tuple(elements) for elements in found.values())


@once
def orbits(
    evidence: Evidence, fraction_bits: int, rounding: Rounding = "truncate"
) -> Mapping[str, GateOrbit]:
    """Every map gate of a design at a number of fraction bits.

    Readings of one element are parts of one orbit, and equal gates are computed once.

    **Raises:** `ChaoscadError` for a map without an integer form.
    """
    reach = domains(evidence)
    known: dict[Hashable, GateOrbit] = {}
    states: dict[Hashable, tuple[tuple[tuple[int, ...], ...], ...]] = {}
    found: dict[str, GateOrbit] = {}
    for elements in alike(evidence):
        element = elements[0]
        setting = element.setting
        step = form(setting, fraction_bits, rounding, domain=reach[setting])
        for place, gate in enumerate(element.readings):
            words = rounded(gate.setpoint, fraction_bits)
            start = (setting, element.iterates, words.x0, words.delta)
            if start not in states:
                launch = launched(words.states, setting, fraction_bits)
                states[start] = iterated(launch, element.iterates, step)
            key = (gate.setting, gate.iterates, words)
            if key not in known:
                part = states[start][: gate.iterates + 1]
                known[key] = GateOrbit(words, part, gate.setting.reading)
            for other in elements:
                found[other.readings[place].name] = known[key]
    order = (gate.name for gate in evidence.design.gates)
    return MappingProxyType({name: found[name] for name in order if name in found})


def element_orbit(
    readings: Sequence[GateOrbit], chosen: Sequence[bool], iterates: int, step: Form, word: Word
) -> ElementOrbit:
    """An element whose hardware runs for so many iterates, whatever is read of it.

    Beyond the longest reading a coordinate that leaves the word wraps around, as the hardware does.
    """
    found = list(max((reading.orbit for reading in readings), key=len))
    half = 1 << (word.length - 1)
    while len(found) <= iterates:
        after = step.step([np.array(values, object) for values in found[-1]])
        rows = len(found[-1][0])
        wrapped = [np.broadcast_to((values + half) % (2 * half) - half, rows) for values in after]
        found.append(tuple(tuple(map(int, values)) for values in wrapped))
    return ElementOrbit(tuple(readings), tuple(found), tuple(chosen))


def integer_bits(found: Sequence[GateOrbit], fraction_bits: int) -> int:
    """The fewest integer bits with which every parameter and every iterate fits the word."""
    needed = 0
    for item in found:
        low, high = item.range
        # Two's complement: -2^k needs as many bits as 2^k - 1, the sign apart.
        widest = max(high.bit_length(), (-low - 1).bit_length() if low < 0 else 0)
        needed = max(needed, widest - fraction_bits)
    return needed


def fixed_logic(design: Design, found: Mapping[str, GateOrbit]) -> Logic:
    """The design as logic, with the bits that its gates have in fixed point."""
    nodes = tuple(
        LogicNode(gate.name, gate.inputs, TruthTable(found[gate.name].table))
        for gate in design.gates
    )
    return Logic(design.name, design.netlist.inputs, design.netlist.outputs, nodes)
