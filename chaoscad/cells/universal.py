"""Universal elements: one piece of hardware that x0 alone makes every function of its inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from typing import Any

from chaoscad.errors import counted
from chaoscad.family import Family
from chaoscad.gate import Setpoint, margins
from chaoscad.logic.truth import TruthTable
from chaoscad.netlist.model import Bounds, Configuration, Gate, Netlist, Weights
from chaoscad.systems import Interval, Setting

NAMES = "abcdef"
"""The inputs of an element's netlist."""

OUTPUT = "y"
"""Its gate."""


def every(inputs: int, weights: Weights) -> tuple[TruthTable, ...]:
    """The functions of so many inputs, in order; with shared weights those of the number of ones alone."""
    tables = (TruthTable("".join(bits)) for bits in product("01", repeat=1 << inputs))
    return tuple(table for table in tables if weights == "independent" or symmetric(table))


def symmetric(table: TruthTable) -> bool:
    """Whether a function depends on nothing but how many of its inputs are 1."""
    seen: dict[int, str] = {}
    pairs = ((row.bit_count(), bit) for row, bit in enumerate(table.rows))
    return all(seen.setdefault(ones, bit) == bit for ones, bit in pairs)


def called(setting: Setting) -> str:
    """The system's name; of a measured curve its file's, without the ending."""
    curve = setting.to_data().get("curve")
    return setting.system.name if curve is None else str(curve).rpartition(".")[0]


@dataclass(frozen=True)
class Universal:
    """An element with the x0 of every function.

    **Arguments:**

    - `state`: the closed range in which all states lie.
    - `delta`: one weight for every input.
    - `x0`: by the rows of the function, for the comparator `>`.
    - `margin`: the least of all functions.
    """

    setting: Setting
    state: Interval
    weights: Weights
    iterates: int
    delta: tuple[float, ...]
    threshold: float
    x0: Mapping[str, float]
    margin: float

    @property
    def inputs(self) -> int:
        """How many inputs it has."""
        return len(self.delta)

    @property
    def name(self) -> str:
        """What its system is called."""
        return called(self.setting)

    @property
    def title(self) -> str:
        """Its name, inputs, weights and iterates, which tell it from every other."""
        return element_title(self.name, self.inputs, self.weights, self.iterates)

    @property
    def complete(self) -> bool:
        """Whether it has every function of its inputs and weights, and no other."""
        return {table.rows for table in every(self.inputs, self.weights)} == set(self.x0)

    def setpoint(self, rows: str, compare: str = ">") -> Setpoint:
        """The setting for a function; with `<` it is that of the complement with `>`."""
        if compare == "<":
            rows = TruthTable(rows).complement().rows
        place = self.setting, self.iterates, self.x0[rows], self.delta, self.threshold
        return Setpoint(*place, compare)  # type: ignore[arg-type]

    def with_margin(self) -> Universal:
        """The element with the margin that it has."""
        worst = min(self.setpoint(rows).margin(TruthTable(rows)) for rows in self.x0)
        return replace(self, margin=worst)

    def netlist(self) -> Netlist:
        """The element as a netlist: a configuration for every function, and x0 as the control."""
        inputs = tuple(NAMES[: self.inputs])
        gate = Gate(
            name=OUTPUT,
            inputs=inputs,
            function=None,
            setting=self.setting,
            iterates=self.iterates,
            weights=self.weights,
            compare=">",
            bounds=Bounds(state=self.state),
        )
        what = "symmetric function" if self.weights == "shared" else "function"
        return Netlist(
            name=f"{self.name}_{self.weights}_{self.inputs}_{self.iterates}",
            description=f"One element that x0 makes every {what} of {counted(self.inputs, 'input')}.",
            inputs=inputs,
            outputs=(OUTPUT,),
            gates=(gate,),
            configurations=tuple(
                Configuration(f"f{rows}", (), {OUTPUT: TruthTable(rows)})
                for rows in sorted(self.x0)
            ),
            controls=("x0",),
        )

    def to_data(self) -> dict[str, Any]:
        """What it is, without the x0 of its functions."""
        return {
            "name": self.name,
            "system": self.setting.to_data(),
            "state": list(self.state),
            "inputs": self.inputs,
            "weights": self.weights,
            "iterates": self.iterates,
            "functions": len(self.x0),
            "delta": list(self.delta),
            "threshold": self.threshold,
            "margin": self.margin,
        }


@dataclass(frozen=True)
class Elements:
    """A library of universal elements.

    **Arguments:**

    - `provenance`: how it was made.
    """

    elements: tuple[Universal, ...]
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def chosen(
        self,
        *,
        name: str | None = None,
        inputs: int | None = None,
        weights: str | None = None,
        iterates: Iterable[int] = (),
        margin: float = 0.0,
    ) -> tuple[Universal, ...]:
        """The elements that are as asked for, in the order of the file."""
        counts = tuple(iterates)
        return tuple(
            one
            for one in self.elements
            if name in (None, one.name)
            and inputs in (None, one.inputs)
            and weights in (None, one.weights)
            and (not counts or one.iterates in counts)
            and one.margin >= margin
        )

    def of_family(self, family: Family) -> Universal | None:
        """The element whose settings answer a family, or `None`.

        It has one where all members have the element's system, states, weights, iterates and one
        comparator, nothing is fixed, bounded or trained, x0 is the only control, and they are all of
        the functions: fewer have better hardware of their own.
        """
        first = family.gates[0]
        own = tuple(range(len(family.gates)))
        plain = all(
            gate.bounds == Bounds(state=first.bounds.state)
            and not gate.fixed
            and not gate.train
            and (gate.iterates, gate.compare) == (first.iterates, first.compare)
            for gate in family.gates
        )
        if not plain or family.x0 != own or any(family.threshold):
            return None
        wanted = {table.rows for table in family.wanted}
        return next(
            (one for one in self._known.get(_key(first), ()) if set(one.x0) == wanted), None
        )

    @cached_property
    def _known(self) -> dict[tuple[object, ...], list[Universal]]:
        found: dict[tuple[object, ...], list[Universal]] = {}
        for one in self.elements:
            found.setdefault(_key(one.netlist().gates[0]), []).append(one)
        return found


def _key(gate: Gate) -> tuple[object, ...]:
    return gate.setting, gate.bounds.state, gate.iterates, gate.weights, gate.arity


def element_title(name: str, inputs: int, weights: Weights, iterates: int) -> str:
    """What an element is called among all, found or only looked for."""
    return f"{name}, {counted(inputs, 'input')}, {weights} weights, n = {iterates}"


def found_wrong(one: Universal) -> list[str]:
    """What of an element is not as it claims, evaluated anew in float64: a sentence each."""
    name = one.title
    wrong = [] if one.complete else [f"{name}: its functions are not all of its inputs"]
    if one.weights == "shared" and len(set(one.delta)) > 1:
        wrong.append(f"{name}: its weights differ")
    low, high = one.state
    worst = float("inf")
    for rows in one.x0:
        point = one.setpoint(rows)
        states = point.states()
        if not ((states >= low) & (states <= high)).all():
            wrong.append(f"{name}: {rows}: a state is out of range")
        own = margins(point.distances(), TruthTable(rows))
        worst = min(worst, float(own.min()))
        if not (own > 0).all():
            row = format(int((~(own > 0)).argmax()), f"0{one.inputs}b")
            wrong.append(f"{name}: {rows}: row {row} is not on its side of the threshold")
    if not wrong and worst != one.margin:
        wrong.append(f"{name}: the worst margin is {worst!r}, not {one.margin!r}")
    return wrong
