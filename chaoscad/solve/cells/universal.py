"""The search for universal elements: x0 alone makes all functions of one element, by its iterates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from chaoscad.cells import Elements, Universal, every, found_wrong
from chaoscad.compile import unstack
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
) -> Elements:
    """Universal elements of maps, those that were found: of every system, inputs, weights and iterates.

    **Arguments:**

    - `iterates`: those of `ITERATES` where none are given.

    **Raises:** `ChaoscadError` for a flow, and for a map without a bounded range of states.
    """
    for one in settings:
        flow = isinstance(one.system, Flow)
        if flow or not np.isfinite(one.system.state).all() or not one.one_dimensional:
            why = "is a flow" if flow else "has no bounded range of states, or several coordinates"
            raise ChaoscadError(f"{one.system.name} {why}; universal elements are made of maps")
    found: list[Universal] = []
    for one in settings:
        lacking: set[tuple[int, Weights]] = set()
        for (count, kind), usual in ITERATES.items():
            if count not in inputs or kind not in weights:
                continue
            # With an input held at 0, an element of more inputs is one of fewer.
            if (count - 1, kind) in lacking:
                lacking.add((count, kind))
                continue
            own = [_element(one, count, kind, n, seed, report) for n in iterates or usual]
            found += (element for element in own if element is not None)
            if not any(own):
                lacking.add((count, kind))
    provenance = {"seed": seed} if command is None else {"seed": seed, "command": command}
    return Elements(tuple(found), provenance)


def _element(
    setting: Setting, inputs: int, weights: Weights, iterates: int, seed: int, report: Report
) -> Universal | None:
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
    name = f"{setting.system.name}, {inputs} inputs, {weights} weights, n = {iterates}"
    if (proof := refuted(family)) is not None:
        report(f"{name}: {proof.reason}")
        return None
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
    report(f"{name}: {reached} of {len(tables)} functions{margin}")
    return element


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
