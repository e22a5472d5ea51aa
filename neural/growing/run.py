"""A run in progress: trained in buckets from record to record, and written to disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from chaoscad.tune import Checkpoint, Reached
from neural.architecture import Architecture
from neural.growing.buckets import Bucket, fitting, insert, narrow
from neural.growing.history import History, Record, history, record
from neural.growing.program import Program, State, advance, measure
from neural.perceptron import Perceptron


class Place(NamedTuple):
    """Where a run stands.

    **Arguments:**

    - `whole`: the state of all slots, in NumPy arrays.
    - `part`: the state of the units in the bucket, which is what is trained.
    - `flops`: spent so far by one trial.
    """

    whole: State
    part: State
    bucket: Bucket
    flops: float = 0.0

    @property
    def alive(self) -> np.ndarray:
        """The trials that are not retired."""
        return np.asarray(self.part.alive)


RunReached: TypeAlias = Reached[Place, Record | None]


@dataclass(frozen=True, eq=False)
class Run:
    """What does not change during a run.

    **Arguments:**

    - `rest`: the leaves of the networks that are not trained.
    - `widths`: from `bucket_widths`.
    - `keys`: of every trial's batches.
    - `between`: steps between two records, of which the last comes after `steps`.
    - `cost`: of one step of one trial at a bucket's widths.
    """

    program: Program
    rate: Array
    rest: Perceptron
    architecture: Architecture
    widths: tuple[tuple[int, ...], ...]
    keys: Array
    train: tuple[Array, Array]
    test: tuple[Array, Array] | None
    between: int
    cost: Callable[[Sequence[int]], float]

    def begin(self, whole: State, bucket: Bucket) -> RunReached:
        """A run before its first step, and the record of that."""
        place, found = self.note(Place(whole, narrow(whole, bucket.widths), bucket))
        return Reached(place, 0, (found,))

    def chunk(self, place: Place, taken: int, mark: int) -> tuple[Place, Record | None]:
        """Train up to a mark, in as many buckets as that takes, and record it if a record is due."""
        place = self.go(place, taken, mark)
        if mark % self.between and mark != self.program.steps:
            return place, None
        return self.note(place)

    def go(self, place: Place, taken: int, end: int) -> Place:
        """Train until step `end`, or until no trial is left."""
        whole, part, bucket, flops = place
        limit = jnp.asarray(end, jnp.int32)
        stuck = False
        while taken < end and np.asarray(part.alive).any():
            # The size before the first step is computed elsewhere and may differ in the last bit.
            needed = [size * (1 + 1e-5 * stuck) for size in bucket.needed]
            wanted = fitting(needed, self.widths, bucket.widths)
            if wanted != bucket.widths:
                whole = insert(whole, part)
                part = narrow(whole, wanted)
            part, extents = advance(
                self.program, self.rest, part, *self.train, self.keys, limit, self.rate
            )
            bucket = Bucket(wanted, tuple(np.asarray(extents).tolist()))
            before, taken = taken, int(part.step)
            stuck = taken == before
            flops += (taken - before) * self.cost(wanted)
        return Place(insert(whole, part), part, bucket, flops)

    def note(self, place: Place) -> tuple[Place, Record]:
        """The record of a place; a trial that has become non-finite is retired."""
        # All slots, in every bucket: one program serves them all.
        found = measure(self.program, self.rest, place.whole.parameters, *self.train, self.test)
        taken = int(place.whole.step)
        lost = place.alive & ~np.isfinite(np.asarray(found.task_loss + found.size_loss))
        if lost.any():
            retired: dict[str, Any] = {
                "alive": place.alive & ~lost,
                "retired_at": np.where(lost, np.int32(taken), place.whole.retired_at),
            }
            place = place._replace(
                whole=place.whole._replace(**retired), part=place.part._replace(**retired)
            )
        return place, record(
            self.architecture, taken, found, place.alive, place.bucket.widths, place.flops
        )

    def save(self, file: Checkpoint, reached: RunReached) -> None:
        """Write a run, whole or not at all.

        **Raises:** `ChaoscadError` when the file cannot be written.
        """
        place = reached.state
        header = {
            "widths": list(place.bucket.widths),
            "needed": list(place.bucket.needed),
            "flops": place.flops,
        }
        records = vars(history(reached.records))
        file.save(place.whole, header, {f"history.{key}": value for key, value in records.items()})

    def load(self, file: Checkpoint, like: State) -> RunReached:
        """The run of a file.

        **Arguments:**

        - `like`: a state of the shapes that are wanted.

        **Raises:** `ChaoscadError` for a missing or damaged file, and for one of another run.
        """
        header, arrays = file.load()
        whole = file.state(like, arrays)
        records = {name: arrays.get(f"history.{name}") for name in History.__dataclass_fields__}
        missing = [name for name, value in records.items() if value is None]
        if missing:
            raise file.damaged(f"its records of {', '.join(missing)} are missing")
        try:
            bucket = Bucket(tuple(header["widths"]), tuple(header["needed"]))
            allowed = map(tuple.__contains__, self.widths, bucket.widths)
            if not all(allowed) or len(bucket.needed) != len(self.widths):
                raise ValueError
            place = Place(whole, narrow(whole, bucket.widths), bucket, float(header["flops"]))
        except (KeyError, TypeError, ValueError):
            raise file.damaged("it does not say how wide its layers are") from None
        columns = zip(*records.values(), strict=True)
        rows = tuple(dict(zip(records, row, strict=True)) for row in columns)
        return Reached(place, int(whole.step), rows)
