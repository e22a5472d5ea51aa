"""The search for universal elements: x0 alone makes all functions of one element, by its iterates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from chaoscad.cells import Elements, Universal, every, found_wrong
from chaoscad.cells.universal import called, element_title
from chaoscad.compile import unstack
from chaoscad.engine import engine
from chaoscad.errors import ChaoscadError
from chaoscad.family import Family
from chaoscad.feasibility import refuted
from chaoscad.feasibility.drawings import WIDEST
from chaoscad.gate import Setpoint
from chaoscad.netlist.model import Bounds, Gate, Weights
from chaoscad.solve.families import searched
from chaoscad.systems import Flow, Setting

ITERATES: dict[tuple[int, Weights], tuple[int, ...]] = {
    (1, "independent"): (1, 2, 3),
    (2, "shared"): (2, 3, 4, 5),
    (2, "independent"): (3, 4, 5, 6),
    (3, "shared"): (4, 5, 6, 7),
    (3, "independent"): (8, 9),
}
"""Numbers of iterates that are tried, by inputs and weights: from fewer than are enough on."""

MANY = 32
"""Elements of more functions are searched twice, since searches find better and worse ones: by themselves,
and as `optimize` does, so that a look-up is never worse than it."""

SYSTEMS = ("logistic", "sine", "tent")
"""Maps of the shipped library, beside the measured curve that it holds."""

__all__ = ["ITERATES", "SYSTEMS", "WIDEST", "build_elements"]

DECIMALS = (6, 9, 12, 17)
"""Parameters are rounded to the fewest of these decimals by which the margin loses less than `LOST`."""

LOST = 1e-3
"""As a share of the margin."""

Report = Callable[[str], None]
"""Takes a sentence about every element that was found or not."""


def build_elements(
    settings: Sequence[Setting],
    *,
    inputs: Sequence[int] = (1, 2, 3),
    weights: Sequence[Weights] = ("shared", "independent"),
    iterates: Sequence[int] = (),
    seed: int = 0,
    command: str | None = None,
    report: Report = lambda _: None,
    workers: int | None = 0,
    scheduler: str | None = None,
) -> Elements:
    """Universal elements of maps, those that were found: of every system, inputs, weights and iterates.

    **Arguments:**

    - `iterates`: those of `ITERATES` where none are given.
    - `workers`: processes that share out systems, weights and iterates, `None` for one for each core; 0
      searches in this process. The library is the same.
    - `scheduler`: the address of a Dask scheduler whose workers do; `workers` is then `None`.

    **Raises:** `ChaoscadError` for a flow, and for a map without a bounded range of states.
    """
    for one in settings:
        flow = isinstance(one.system, Flow)
        if flow or not np.isfinite(one.system.state).all() or not one.one_dimensional:
            why = "is a flow" if flow else "has no bounded range of states, or several coordinates"
            raise ChaoscadError(f"{one.system.name} {why}; universal elements are made of maps")
    kinds = [kind for kind in ITERATES if kind[0] in inputs and kind[1] in weights]
    found: dict[_Asked, Universal] = {}
    lacking: set[tuple[int, int, Weights]] = set()
    with engine(workers, scheduler) as workshop:
        for count in sorted({count for count, _ in kinds}):
            now: list[tuple[int, int, Weights]] = [
                (place, own, kind)
                for place in range(len(settings))
                for own, kind in kinds
                if own == count
            ]
            # With an input held at 0, an element of more inputs is one of fewer.
            lacking |= {one for one in now if (one[0], count - 1, one[2]) in lacking}
            asked = [
                _Asked(*one, n)
                for one in now
                if one not in lacking
                for n in iterates or ITERATES[one[1], one[2]]
            ]
            results = workshop.in_order(partial(_element, settings, seed), asked)
            for one, (element, sentence) in zip(asked, results, strict=True):
                report(sentence)
                if element is not None:
                    found[one] = element
            lacking |= {one for one in now if not any(item[:3] == one for item in found)}
    order = [
        _Asked(place, *kind, n)
        for place in range(len(settings))
        for kind in kinds
        for n in iterates or ITERATES[kind]
    ]
    elements = tuple(found[one] for one in order if one in found)
    provenance = {"seed": seed} if command is None else {"seed": seed, "command": command}
    return Elements(elements, provenance)


class _Asked(NamedTuple):
    """What is searched: the number of the system among those given, and of what kind."""

    system: int
    inputs: int
    weights: Weights
    iterates: int


def _element(settings: Sequence[Setting], seed: int, asked: _Asked) -> tuple[Universal | None, str]:
    """The element, where one is found, and a sentence about the search."""
    setting, (_, inputs, weights, iterates) = settings[asked.system], asked
    tables = every(inputs, weights)
    gates = tuple(
        Gate(
            name=table.rows,
            inputs=tuple(f"i{k}" for k in range(inputs)),
            function=table,
            setting=setting,
            iterates=iterates,
            weights=weights,
            compare=">",
            bounds=Bounds(state=setting.system.state),
        )
        for table in tables
    )
    none = (0,) * len(gates)
    family = Family(gates, tables, tuple(range(len(gates))), none, none)
    name = element_title(called(setting), inputs, weights, iterates)
    if (proof := refuted(family)) is not None:
        return None, f"{name}: {proof.reason}"
    reached, elements = 0, list[Universal]()
    seeds = [[seed, inputs, iterates, 0], [seed, 0, 0, 1]]
    for own_seed in seeds if len(gates) > MANY else seeds[:1]:
        found = searched(family, np.random.default_rng(own_seed))
        if found is None:
            continue
        reached = max(reached, sum(found.reached))
        own = _tidy(family, unstack(found.setpoints, gates)) if found.whole else None
        elements += [] if own is None else [own]
    element = max(elements, key=lambda one: one.margin, default=None)
    margin = f", margin {element.margin:.4g}" if element is not None else ""
    return element, f"{name}: {reached} of {len(tables)} functions{margin}"


def _tidy(family: Family, points: Sequence[Setpoint]) -> Universal | None:
    """The element with few decimals, and what its margin is with them."""
    gate, first = family.gates[0], points[0]

    def rounded(decimals: int) -> Universal:
        def short(values: Iterable[float]) -> list[float]:
            return [round(float(value), decimals) + 0.0 for value in values]

        made = Universal(
            gate.setting,
            (float(gate.bounds.state[0]), float(gate.bounds.state[1])),
            gate.weights,
            gate.iterates,
            tuple(short(first.delta)),
            short([first.threshold])[0],
            dict(
                zip(
                    (table.rows for table in family.wanted),
                    short(p.x0 for p in points),
                    strict=True,
                )
            ),
            0.0,
        )
        return made.with_margin()

    exact = rounded(DECIMALS[-1])
    for decimals in DECIMALS:
        one = rounded(decimals)
        if one.margin > exact.margin * (1 - LOST) and not found_wrong(one):
            return one
    return None
