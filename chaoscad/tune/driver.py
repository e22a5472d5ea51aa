"""The one loop over a run: chunks of steps, retirement, an early end, progress, checkpoints.

It knows neither gates nor networks, nor what a step is. `chaoscad.tune.train` runs on it, and so does
every training of `neural`. What it adds to a compiled chunk is Python between two programs, so a
chunk should take milliseconds or more.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from jaxtyping import Bool

from chaoscad.arguments import instance
from chaoscad.tune.progress import Progress, Silent

State = TypeVar("State")
Record = TypeVar("Record")


class Outcome(enum.Enum):
    """How a run ended."""

    SOLVED = "Enough trials were solved, and the run stopped early."
    STEPS = "All steps were taken."
    RETIRED = "Every trial became non-finite and was retired; try a smaller learning rate."


class Standing(NamedTuple):
    """What has become of the trials: those not yet retired, and those solved, if any can be."""

    alive: Bool[np.ndarray, " trials"]
    solved: Bool[np.ndarray, " trials"] | None = None


@dataclass(frozen=True)
class Reached(Generic[State, Record]):
    """How far a run has come; all that a checkpoint must hold.

    **Arguments:**

    - `state`: after `taken` steps, from which the next chunk starts.
    - `records`: one for every chunk.
    """

    state: State
    taken: int = 0
    records: tuple[Record, ...] = ()


def every(count: int, last: int) -> Iterator[int]:
    """The multiples of `count` below `last`, and `last`: where chunks of that many steps end."""
    yield from range(count, last, count)
    yield last


def drive(
    chunk: Callable[[State, int, int], tuple[State, Record]],
    start: Reached[State, Record],
    marks: Iterable[int],
    *,
    steps: int,
    standing: Callable[[State], Standing],
    stop: Callable[[Standing], bool] | None = None,
    save: Callable[[Reached[State, Record]], None] | None = None,
    progress: Progress | None = None,
) -> tuple[Reached[State, Record], Outcome]:
    """Take a run from mark to mark until the last one, or until nothing is left to do.

    **Arguments:**

    - `chunk`: (state, steps taken, mark) to the state at the mark and a record. It may use the state up.
    - `start`: a fresh run, or what `save` was given: the run then goes on bit for bit, since a chunk
      is told nothing but the state and its steps.
    - `marks`: the steps at which chunks end, rising. Those that are behind are passed over.
    - `steps`: of the whole run, for the progress; the last mark may come before.
    - `standing`: of a state. A run whose trials are all retired ends, also before its first chunk.
    - `stop`: asked after every chunk whether that is enough.
    - `save`: is given the run after every chunk, before the progress hears of it. What it writes must
      be whole at any time, since an interrupt or a kill may come in between; see `Checkpoint`.
    - `progress`: is told of every chunk, and of the end also when an exception ends the run.

    **Returns:** where the run has come, and why it went no further.
    """
    report = Silent() if progress is None else progress
    instance("the progress", report, Progress, "Silent()")
    at, found, outcome = start, standing(start.state), Outcome.STEPS
    records = list(start.records)
    report.start(steps, len(found.alive))
    try:
        for mark in marks:
            if not found.alive.any():
                break
            if mark <= at.taken:
                continue
            state, record = chunk(at.state, at.taken, mark)
            records.append(record)
            at, found = Reached(state, mark, tuple(records)), standing(state)
            if save is not None:
                save(at)
            solved = 0 if found.solved is None else int(found.solved.sum())
            report.advance(mark, solved, int((~found.alive).sum()))
            if stop is not None and stop(found):
                outcome = Outcome.SOLVED
                break
    finally:
        report.finish()
    if outcome is Outcome.STEPS and not found.alive.any():
        outcome = Outcome.RETIRED
    return at, outcome
