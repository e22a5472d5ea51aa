"""The search for cells: the best setting of every class of functions on one system."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from chaoscad.cells import WIDEST_CELL, Entry, Library, canonical, orbits
from chaoscad.cells.model import has_grid
from chaoscad.engine import engine
from chaoscad.errors import ChaoscadError, Diagnostic, counted
from chaoscad.logic.truth import TruthTable
from chaoscad.solve.cells.polish import constants, polished
from chaoscad.solve.cells.starts import Trial, anywhere, sampled
from chaoscad.solve.cells.training import trained
from chaoscad.systems import Flow, Interval, Setting
from chaoscad.systems.enclosure import enclose
from chaoscad.tune import Anneal, Progress

RESTARTS = 64
"""Starts of every class, unless more or fewer are asked for."""

WIDE_RESTARTS = 32
"""How many times as many starts a function of more than four inputs gets: none is a good one."""

STEPS = 500
CANDIDATES = 3
"""How many of a class's best trials, different in their gap, are polished."""

ADDED = (1, 2, 3, 4, 5, 6)
"""Numbers of iterates that are searched for functions that a library lacks."""

PIECES = 4096
"""Pieces of the range of states in which the values are enclosed."""

LEAST_MARGIN = 1e-3
"""Margins below this share of the range of the values are not kept."""

Report = Callable[[str], None]


def search(
    setting: Setting,
    state: Interval,
    functions: Sequence[TruthTable],
    iterates: int,
    *,
    seed: int = 0,
    restarts: int = RESTARTS,
    progress: Progress | None = None,
) -> dict[str, Entry]:
    """The best setting of every class to which the functions belong, by its representative's rows.

    The best of many samples are the starts, trained together in one program by the gap; the best
    of them are finished in float64.

    **Arguments:**

    - `state`: the finite range of the states.
    - `functions`: complete tables that depend on at most six inputs.
    - `restarts`: starts of every class.

    **Returns:** the entries whose margin is more than a thousandth of the range of the values.

    **Raises:** `ChaoscadError` when the system is a flow, or the range of states is not finite.
    """
    check_searchable(setting, state)
    values = setting.value(np.linspace(*state, 4097), iterates)
    values = values[np.isfinite(values)]
    scale = float(np.ptp(values)) if values.size else 0.0
    classes = dict.fromkeys(canonical(function)[0] for function in functions)
    targets = [table for table in classes if table.arity > 0]
    found: dict[str, Entry] = {}
    if not (np.isfinite(scale) and scale > 0):
        return found
    if len(targets) < len(classes):
        ends = constants(setting, state, iterates)
        found |= {table.rows: ends[table.rows] for table in classes if table.rows in ends}
    for group in ([t for t in targets if t.arity <= 4], [t for t in targets if t.arity > 4]):
        if group:
            random = np.random.default_rng([seed, iterates, group[0].arity > 4])
            found |= _search(setting, state, group, iterates, scale, random, restarts, progress)
    return {rows: entry for rows, entry in found.items() if entry.margin > LEAST_MARGIN * scale}


def check_searchable(setting: Setting, state: Interval) -> None:
    """Refuse what has no cells.

    **Raises:** `ChaoscadError` for a flow and for states without finite bounds.
    """
    name = setting.system.name
    if isinstance(setting.system, Flow):
        message = f"the system {name} is a flow; cells are made of maps"
        raise ChaoscadError(Diagnostic(message, hint="chaoscad optimize solves gates of flows"))
    words = f"the range of states [{state[0]:g}, {state[1]:g}]"
    if np.isfinite(state).all() and state[0] < state[1] and not has_grid(state):
        raise ChaoscadError(Diagnostic(f"{words} is too narrow or too wide for float64"))
    if not (np.isfinite(state).all() and state[0] < state[1]):
        message = f"{words} is not a finite range"
        raise ChaoscadError(Diagnostic(message, hint="give two numbers, the lower one first"))


def _search(
    setting: Setting,
    state: Interval,
    targets: Sequence[TruthTable],
    iterates: int,
    scale: float,
    random: np.random.Generator,
    restarts: int,
    progress: Progress | None,
) -> dict[str, Entry]:
    good = sampled(setting, state, targets, iterates, restarts, random)
    met = {trial.target for trial in good}
    # Where sampling never met a class, starts anywhere may still lead to it.
    unmet = [index not in met for index in range(len(targets))]
    starts = restarts * len(targets) // max(sum(unmet), 1)
    counts = [
        0 if not alone else WIDE_RESTARTS * restarts if table.arity > 4 else starts
        for alone, table in zip(unmet, targets, strict=True)
    ]
    moved: list[Trial] = []
    gaps: list[np.ndarray] = []
    for trials, temperature in (
        (good, Anneal(0.05, 0.002)),
        (anywhere(targets, counts, random), Anneal(0.2, 0.002)),
    ):
        if trials:
            better, gap = trained(
                *(setting, state, iterates, trials),
                scale=scale,
                steps=STEPS,
                temperature=temperature,
                progress=progress,
            )
            moved += better
            gaps.append(gap)
    found: dict[str, Entry] = {}
    for trial in _candidates(moved, np.concatenate(gaps), len(targets)):
        result = polished(setting, state, iterates, trial, scale)
        if result is not None:
            rows, entry = result
            if rows not in found or entry.margin > found[rows].margin:
                found[rows] = entry
    return found


def _candidates(trials: Sequence[Trial], gaps: np.ndarray, targets: int) -> list[Trial]:
    """The best trials of every class whose gaps differ."""
    chosen: list[list[tuple[float, Trial]]] = [[] for _ in range(targets)]
    for index in np.argsort(-gaps, kind="stable").tolist():
        trial, gap = trials[index], float(gaps[index])
        mine = chosen[trial.target]
        new = all(abs(gap - other) > 1e-4 for other, _ in mine)
        if np.isfinite(gap) and gap > 0 and len(mine) < CANDIDATES and new:
            mine.append((gap, trial))
    return [trial for mine in chosen for _, trial in mine]


def build(
    setting: Setting,
    state: Interval,
    *,
    inputs: int = 4,
    iterates: Sequence[int] = (1, 2, 3, 4),
    seed: int = 0,
    restarts: int = RESTARTS,
    command: str | None = None,
    progress: Progress | None = None,
    report: Report | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
) -> Library:
    """The library of all functions of up to `inputs` inputs, at most four.

    **Arguments:**

    - `workers`: processes that share out the numbers of iterates; left out, it is this one, which
      tells its progress. The library is the same.
    - `scheduler`: the address of a Dask scheduler whose workers are used instead.
    - `command`: kept in the library's provenance.
    - `report`: is told, in a sentence, of every number of iterates that is done.

    **Raises:** `ChaoscadError` as `search` does.
    """
    functions = [table for arity in range(inputs + 1) for table, _ in orbits(arity)]
    entries: dict[int, dict[str, Entry]] = {}
    counts = sorted(set(iterates))
    asked = partial(search, setting, state, functions, seed=seed, restarts=restarts)
    if scheduler is None and workers is None:
        workers = 0
    with engine(workers, scheduler) as workshop:
        # A progress bar is of this process alone.
        one = partial(asked, progress=progress) if workshop.workers == 0 else asked
        results = workshop.in_order(one, counts)
        for count, found in zip(counts, results, strict=True):
            entries[count] = found
            if report is not None:
                report(f"{counted(count, 'iterate')}: {len(found)} classes have a cell")
    return Library(setting, state, inputs, entries, provenance(seed, restarts, command))


def add(
    library: Library,
    functions: Sequence[TruthTable],
    *,
    margin: float = 0.1,
    iterates: Sequence[int] = ADDED,
    seed: int = 0,
    restarts: int = RESTARTS,
    command: str | None = None,
    progress: Progress | None = None,
    report: Report | None = None,
) -> tuple[Library, list[TruthTable]]:
    """Cells of the functions that a library lacks, with the fewest iterates that reach the margin.

    **Returns:** a library of the new cells alone, and the functions for which none was found.

    **Raises:** `ChaoscadError` for functions that depend on more than six inputs, and as `search` does.
    """
    check_searchable(library.setting, library.state)
    left = library.missing(functions, margin)
    _check_widths(left)
    entries: dict[int, dict[str, Entry]] = {}
    record = provenance(seed, restarts, command)
    for count in sorted(set(iterates)):
        if not left:
            break
        # Either comparator will do: a function's cell for < is its complement's for >.
        wanted = [table for function in left for table in (function, function.complement())]
        found = search(
            *(library.setting, library.state, wanted, count),
            seed=seed,
            restarts=restarts,
            progress=progress,
        )
        new = Library(library.setting, library.state, library.inputs, {count: found})
        reached = [table for table in left if new.missing([table], margin) == []]
        classes = {
            canonical(table)[0].rows
            for function in reached
            for table in (function, function.complement())
        }
        kept = {rows: entry for rows, entry in found.items() if rows in classes}
        if kept:
            entries[count] = kept
        left = [table for table in left if table not in reached]
        if report is not None and reached:
            report(f"{counted(count, 'iterate')}: {len(reached)} functions reach the margin")
    return Library(library.setting, library.state, 0, entries, record), left


def greatest_margin(library: Library, iterates: Sequence[int] = ADDED) -> float:
    """What no margin of a cell exceeds, constants left out: half the range of F, enclosed."""
    edges = np.linspace(*library.state, PIECES + 1)
    most = 0.0
    for count in iterates:
        value = enclose(library.setting, edges[:-1], edges[1:], count).value
        most = np.fmax(most, (value.high.max() - value.low.min()) / 2)
    return float(most)


def _check_widths(functions: Sequence[TruthTable]) -> None:
    from chaoscad.cells import support

    found: list[Diagnostic] = []
    for table in functions:
        if "-" in table.rows:
            message = f"the function {table.rows[:64]} has open rows"
            found.append(Diagnostic(message, hint="write 0 or 1 for every -"))
        elif len(support(table)) > WIDEST_CELL:
            message = f"the function {table.rows[:64]} depends on {len(support(table))} inputs"
            hint = f"cells have at most {WIDEST_CELL}; make it of several gates"
            found.append(Diagnostic(message, hint=hint))
    if found:
        raise ChaoscadError(found)


def provenance(seed: int, restarts: int, command: str | None) -> dict[str, Any]:
    """How a library was made: seed, versions and command."""
    try:
        own = version("chaoscad")
    except PackageNotFoundError:
        own = "unknown"
    packages = {name: version(name) for name in ("jax", "numpy", "scipy")}
    record: dict[str, Any] = {"chaoscad": own, **packages, "seed": seed, "restarts": restarts}
    return record if command is None else {**record, "command": command}
