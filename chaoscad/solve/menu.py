"""What a gate can compute: every function with the best margin that its bounds allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from chaoscad.cells import Library, canonical, library_for, support
from chaoscad.logic import TruthTable
from chaoscad.netlist import Gate
from chaoscad.solve.asked import searched
from chaoscad.solve.model import Ranking, Search, Stage
from chaoscad.solve.problem import Problem, problem
from chaoscad.solve.ranges import value_range
from chaoscad.solve.synthesis import Menu
from chaoscad.systems import Flow
from chaoscad.tune import Progress

WIDEST = 3
"""Gates of more inputs have no menu: what they are asked for is tried when it is asked."""

WIDEST_FLOW = 2
"""Menus of flows of more inputs are not at once: each function takes integrations."""

STARTS = 8
"""Starts of every function of a menu, where one is sampled: margins need few figures here."""

FIGURES = 3
"""Margins are compared to so many figures: what is equal by symmetry differs in the last ones."""

LEAST = 1e-3
"""The margin that counts, as a share of the range of the gate's values."""


def kind(gate: Gate) -> tuple[object, ...]:
    """What decides a gate's menu; gates of one kind have the same."""
    return (
        gate.arity,
        gate.setting.key,
        gate.setting.values,
        gate.iterates,
        gate.weights,
        gate.compare,
        gate.choices,
        gate.bounds,
        tuple(sorted(gate.fixed.items())),
        tuple(sorted(gate.train.items())),
    )


def at_once(gate: Gate) -> bool:
    """Whether a gate's menu takes no training: it is looked up or sampled."""
    low, high, _ = value_range(gate)
    widest = WIDEST_FLOW if isinstance(gate.setting.system, Flow) else WIDEST
    plain = gate.arity <= widest and not gate.train
    return plain and bool(np.isfinite([*gate.bounds.state, low, high]).all())


def menus(
    gates: Sequence[Gate],
    search: Search,
    *,
    seed: int,
    bounded: bool = True,
    look_up: bool = True,
    ranking: Ranking | None = None,
    progress: Progress | None = None,
) -> tuple[dict[str, Menu | None], list[Stage]]:
    """The menu of every gate, `None` for one of more than `WIDEST` inputs.

    Margins come from a cell library where one fits, else from a search for every function; with
    a ranking, what it says stands in their place.
    """
    kinds: dict[tuple[object, ...], list[Gate]] = {}
    for gate in gates:
        kinds.setdefault(kind(gate), []).append(gate)
    found: dict[str, Menu | None] = {}
    stages: list[Stage] = []
    for members in kinds.values():
        first = members[0]
        menu: Menu | None = None
        if first.arity <= WIDEST:
            menu = {}
            for variant in first.variants:
                library = library_for(variant) if look_up else None
                if library is not None and variant.iterates in library.iterates:
                    own = _from_library(variant, library)
                else:
                    own, more = _searched(variant, search, seed, bounded, progress)
                    stages += more
                menu |= {rows: max(margin, menu.get(rows, margin)) for rows, margin in own.items()}
            if ranking is not None:
                menu = _ranked(first, menu, ranking)
        found |= dict.fromkeys((gate.name for gate in members), menu)
    return found, stages


def _functions(arity: int) -> list[TruthTable]:
    rows = 1 << arity
    return [TruthTable(format(number, f"0{rows}b")) for number in range(1 << rows)]


def _from_library(gate: Gate, library: Library) -> Menu:
    menu: dict[str, float] = {}
    for table in _functions(gate.arity):
        cell = library.look_up(table, gate.iterates, gate.compare)
        if cell is not None:
            menu[table.rows] = _rounded(cell.margin, 1.0)
    return menu


def _searched(
    gate: Gate, search: Search, seed: int, bounded: bool, progress: Progress | None
) -> tuple[Menu, list[Stage]]:
    plain = replace(gate, name="gate", inputs=tuple(f"i{k}" for k in range(gate.arity)))
    bounds = gate.bounds
    symmetric = (
        gate.weights == "independent" and not gate.fixed and bounds.x0 is bounds.delta is None
    )
    posed: dict[str, Problem] = {}
    for table in _functions(gate.arity):
        asked, one = table, plain
        if symmetric and support(table):
            # Inputs can be exchanged and complemented, and one that does not matter has no weight.
            asked = canonical(table)[0]
            one = replace(plain, inputs=plain.inputs[: asked.arity])
        posed[table.rows] = problem([one], [asked], ())
    search = replace(search, restarts=min(search.restarts, STARTS)) if at_once(gate) else search
    answers, stages = searched(
        list(posed.values()), search, seed=seed, bounded=bounded, polish=False, progress=progress
    )
    scale = value_range(gate)[2]
    return {
        rows: _rounded(answers[item].score, scale)
        for rows, item in posed.items()
        if answers[item].score > LEAST * scale
    }, [replace(stage, name=f"functions of a gate with {gate.arity} inputs") for stage in stages]


def _ranked(gate: Gate, menu: Menu, ranking: Ranking) -> Menu:
    """The functions of a menu, by a ranking."""
    tables = [TruthTable(rows) for rows in menu]
    merits = ranking([replace(gate, function=table) for table in tables])
    return {
        table.rows: round(merit, FIGURES)
        for table, merit in zip(tables, merits, strict=True)
        if np.isfinite(merit)
    }


def _rounded(margin: float, scale: float) -> float:
    return round(margin / scale, FIGURES) * scale
