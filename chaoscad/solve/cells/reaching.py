"""Cells that fail least: the reach of every class of functions, as great as a local search makes it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy.optimize import minimize
from scipy.special import ndtri

from chaoscad.cells import Entry, Library, canonical, grid, orbits
from chaoscad.cells.failures import ALLOWED, RESOLVED, Failures, input_bits
from chaoscad.engine import engine
from chaoscad.errors import ChaoscadError, Diagnostic, counted
from chaoscad.logic.truth import TruthTable
from chaoscad.netlist.deviations import Deviations
from chaoscad.solve.cells.distances import Start, starts
from chaoscad.solve.cells.polish import constants
from chaoscad.solve.cells.search import LEAST_MARGIN, Report, check_searchable, provenance
from chaoscad.systems import Interval, Setting
from chaoscad.tune import Progress, Silent

RESTARTS = 8
"""Starts of every class that are improved, unless more or fewer are asked for."""

TOGETHER = 8
"""Classes that a worker improves at a time."""

FAR = 12.0
"""Rows farther from failing than so many standard deviations count as so far."""


def build_for(
    setting: Setting,
    state: Interval,
    tolerance: Deviations,
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
    """The library of all functions of up to `inputs` inputs, at most four, by their reach.

    **Arguments:**

    - `tolerance`: what the cells are to stand; the reach is in multiples of it.
    - `restarts`: starts of every class that are improved.
    - `command`: kept in the library's provenance.
    - `report`: is told, in a sentence, of every number of iterates that is done.
    - `workers`: processes that share out the classes; left out, it is this one. The library is the same
      where BLAS has one thread in this process, as it has in the command's: else last digits differ.
    - `scheduler`: the address of a Dask scheduler whose workers are used instead.

    **Raises:** `ChaoscadError` for a system that has no cells, more than `RESOLVED` iterates, where
    nothing deviates, and for sizes of x0 or delta in per cent.
    """
    check_searchable(setting, state)
    _check_sizes(tolerance)
    if max(iterates, default=1) > RESOLVED:
        message = f"cells for yield have at most {RESOLVED} iterates, not {max(iterates)}"
        raise ChaoscadError(Diagnostic(message, hint="each iterate magnifies errors of the state"))
    classes = [table for arity in range(inputs + 1) for table, _ in orbits(arity)]
    targets = list(dict.fromkeys(canonical(table)[0] for table in classes))
    wanted = [table for table in targets if table.arity > 0]
    counts = sorted(set(iterates))
    bar = progress or Silent()
    bar.start(len(counts) * len(wanted), 1)
    if scheduler is None and workers is None:
        workers = 0
    entries: dict[int, dict[str, Entry]] = {}
    away: deque[_Begun] = deque()

    def begun() -> Iterator[_Begun]:
        """The starts of every number of iterates, each batch of them kept while it is on its way."""
        for count in counts:
            failures = Failures(setting, state, count, tolerance)
            entries[count] = _ends(failures) if len(targets[0].rows) == 1 else {}
            for batch in _begun(failures, wanted, restarts, seed):
                away.append(batch)
                yield batch

    done = 0
    try:
        with engine(workers, scheduler) as workshop:
            asked = partial(_reached, setting, state, tolerance)
            for found in workshop.in_order(asked, begun()):
                batch = away.popleft()
                entries[batch.iterates] |= found
                done += len(batch.starts)
                bar.advance(done, 0, 0)
                if batch.last and report is not None:
                    told = f"{len(entries[batch.iterates])} classes have a cell"
                    report(f"{counted(batch.iterates, 'iterate')}: {told}")
    finally:
        bar.finish()
    record = provenance(seed, restarts, command)
    return Library(setting, state, inputs, entries, record, tolerance)


@dataclass(frozen=True)
class _Begun:
    """Starts of a few classes with one number of iterates.

    **Arguments:**

    - `scale`: the range of the values.
    - `starts`: of every class, by its representative's rows.
    - `last`: whether no more follow with these iterates.
    """

    iterates: int
    scale: float
    starts: dict[str, list[Start]]
    last: bool


def _begun(
    failures: Failures, wanted: Sequence[TruthTable], restarts: int, seed: int
) -> Iterator[_Begun]:
    values = failures.setting.value(np.linspace(*failures.state, 4097), failures.iterates)
    values = values[np.isfinite(values)]
    scale = float(np.ptp(values)) if values.size else 0.0
    found: dict[str, list[Start]] = {}
    if np.isfinite(scale) and scale > 0 and wanted:
        random = np.random.default_rng([seed, failures.iterates])
        found = starts(failures, wanted, restarts, random)
    items = list(found.items())
    for first in range(0, max(1, len(items)), TOGETHER):
        part = dict(items[first : first + TOGETHER])
        yield _Begun(failures.iterates, scale, part, first + TOGETHER >= len(items))


def _reached(
    setting: Setting, state: Interval, tolerance: Deviations, batch: _Begun
) -> dict[str, Entry]:
    """The entries of the classes whose margin is worth keeping."""
    failures = Failures(setting, state, batch.iterates, tolerance)
    found = {rows: _best(failures, mine, batch.scale) for rows, mine in batch.starts.items()}
    return {
        rows: entry
        for rows, entry in found.items()
        if entry is not None and entry.margin > LEAST_MARGIN * batch.scale
    }


def _check_sizes(tolerance: Deviations) -> None:
    """Refuse what is not the same for all functions of a class."""
    if not (tolerance.spread or tolerance.noisy):
        raise ChaoscadError("the objective yield needs a tolerance or noise: nothing deviates")
    given = (*tolerance.tolerance.items(), *tolerance.shared.items())
    for name, spread in given:
        if name in ("x0", "delta") and spread.relative:
            message = f"the tolerance {spread} of {name} is in per cent of its value"
            hint = (
                "a cell serves every function of a class, by other values of x0 and delta; give an "
                "absolute size"
            )
            raise ChaoscadError(Diagnostic(message, hint=hint))


def _ends(failures: Failures) -> dict[str, Entry]:
    found = constants(failures.setting, failures.state, failures.iterates)
    return {
        rows: replace(
            entry,
            reach=failures.reach(entry.cell(TruthTable(rows), failures.setting, failures.iterates)),
        )
        for rows, entry in found.items()
    }


def _best(failures: Failures, begun: Sequence[Start], scale: float) -> Entry | None:
    """The entry of the greatest reach that the starts lead to; of equal ones the first."""
    found = [improved(failures, start, scale) for start in begun]
    return max(
        (entry for entry in found if entry is not None),
        key=lambda entry: entry.reach or 0.0,
        default=None,
    )


def improved(failures: Failures, start: Start, scale: float) -> Entry | None:
    """The start, its reach increased as far as a local search does, on the grid of its library.

    The unknowns are the offset, the weights, the threshold and the logarithm of the factor on all
    deviations, which is maximised while no row fails more often than `ALLOWED`.
    """
    low, high = failures.state
    bits = input_bits(len(start.delta))
    wanted = np.array([row == "1" for row in start.function.rows])
    needed = -float(ndtri(ALLOWED))
    width = len(start.delta) + 1
    unit = high - low

    def reaches(point: np.ndarray) -> np.ndarray:
        weights = np.maximum(point[1:width], 0.0) * unit
        x0 = float(low + point[0] * unit)
        # As in `Failures.reach`: every row counts as if it added all weights.
        sizes = failures.sizes(weights, x0, np.ones_like(bits))
        factor = float(np.exp(np.clip(point[-1], -60.0, 20.0)))
        rows = failures.failures(x0 + bits @ weights, sizes, wanted, point[width] * scale, factor)
        # As standard deviations the probabilities are nearly linear in the unknowns.
        return np.clip(-ndtri(np.clip(rows, 1e-40, 1.0 - 1e-16)), -FAR, FAR) - needed

    entry = placed(failures, start, (start.x0, *start.delta), start.threshold)
    if entry is None or not 0 < (entry.reach or 0.0) < np.inf:
        return entry
    begin = np.array([start.x0 - low, *start.delta]) / unit
    begin = np.concatenate([begin, [start.threshold / scale, np.log(entry.reach or 1.0)]])
    room = np.concatenate([-np.ones(width), [0.0, 0.0]])
    objective = np.concatenate([np.zeros(width + 1), [-1.0]])
    with np.errstate(all="ignore"):
        result = minimize(
            lambda v: float(objective @ v),
            begin,
            jac=lambda _: objective,
            bounds=[(0.0, 1.0)] * width + [(None, None)] * 2,
            constraints=[
                {"type": "ineq", "fun": reaches},
                {"type": "ineq", "fun": lambda v: 1.0 + room @ v, "jac": lambda _: room},
            ],
            method="SLSQP",
            options={"maxiter": 60, "ftol": 1e-6},
        )
    point = result.x
    if not np.isfinite(point).all():
        return entry
    parameters = (low + point[0] * unit, *(point[1:width] * unit))
    better = placed(failures, start, parameters, point[width] * scale)
    return max((entry, better or entry), key=lambda one: one.reach or 0.0)


def placed(
    failures: Failures, start: Start, parameters: Sequence[float], threshold: float
) -> Entry | None:
    """Parameters on the grid, their states in range, or `None` where a row is wrong."""
    step = grid(failures.state)
    first, last = np.ceil(failures.state[0] / step), np.floor(failures.state[1] / step)
    x0 = min(max(np.round(parameters[0] / step), first), last)
    weights = np.maximum(np.round(np.array(parameters[1:]) / step), 0.0)
    excess = x0 + weights.sum() - last
    if excess > 0:
        weights[weights.argmax()] -= min(excess, weights.max())
    if x0 + weights.sum() > last:
        return None
    bits = input_bits(len(weights))
    values = failures.setting.value((x0 + bits @ weights) * step, failures.iterates)
    wanted = np.array([row == "1" for row in start.function.rows])
    if not np.isfinite(values).all():
        return None
    threshold = float(f"{threshold:.12g}")
    margin = float(np.where(wanted, values - threshold, threshold - values).min())
    if margin <= 0:
        return None
    representative, transform = canonical(start.function)
    offset, delta = transform.undo(float(x0 * step), tuple((weights * step).tolist()))
    entry = Entry(offset, delta, threshold, margin)
    reach = failures.reach(entry.cell(representative, failures.setting, failures.iterates))
    return replace(entry, reach=float(f"{reach:.9g}"))
