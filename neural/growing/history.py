"""What is recorded while a network grows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from neural.growing.growth import Architecture
from neural.growing.program import Measured
from neural.operations import parameters


@dataclass(frozen=True)
class History:
    """A run over time, from step 0 on. A retired trial's numbers are NaN from then on.

    **Arguments:**

    - `step`: steps taken before the record.
    - `task_loss`: mean over all training samples; `size_loss`: the controllers' part of the loss,
      lambda included, summed over layers. What is minimised is their sum.
    - `sizes`: the sum of each hidden layer's mask.
    - `parameters`: of the dense network that the masks leave, see `to_dense`.
    - `test_loss`, `test_accuracy`: on the test samples; NaN without them, or for regression.
    - `flops`: spent so far by one trial, by the account of `neural.operations`.
    - `widths`: units of each layer that were computed in the last step before the record. A layer
      moves to a larger bucket when it needs one, and to a smaller one only after a record.
    """

    step: Int[np.ndarray, " records"]
    task_loss: Float[np.ndarray, "records trials"]
    size_loss: Float[np.ndarray, "records trials"]
    sizes: Float[np.ndarray, "records trials layers"]
    parameters: Float[np.ndarray, "records trials"]
    test_loss: Float[np.ndarray, "records trials"]
    test_accuracy: Float[np.ndarray, "records trials"]
    flops: Float[np.ndarray, " records"]
    widths: Int[np.ndarray, "records layers"]


class Recorder:
    """Collects the records of a run."""

    def __init__(self, trials: int, architecture: Architecture) -> None:
        self._trials = trials
        self._architecture = architecture
        self._records: list[dict[str, Any]] = []
        self.flops = 0.0

    @property
    def empty(self) -> bool:
        """Whether nothing has been recorded."""
        return not self._records

    def add(self, step: int, found: Measured, alive: np.ndarray, widths: tuple[int, ...]) -> None:
        """Record an evaluation after `step` steps."""
        ends = (self._architecture.inputs, self._architecture.outputs)
        slots = np.asarray(self._architecture.slots)
        # A unit is left in the dense network as soon as its mask is above zero.
        units = np.minimum(np.ceil(np.asarray(found.extents)), slots)
        left = [parameters((ends[0], *map(int, row), ends[1])) for row in np.nan_to_num(units)]
        record = {
            "task_loss": found.task_loss,
            "size_loss": found.size_loss,
            "sizes": found.sizes,
            "parameters": np.asarray(left, np.float64),
            "test_loss": found.test_loss,
            "test_accuracy": found.test_accuracy,
        }
        for name, value in record.items():
            value = np.array(value)
            value[~alive] = np.nan
            record[name] = value
        record |= {"step": step, "flops": self.flops, "widths": np.asarray(widths, np.int64)}
        self._records.append(record)

    def history(self) -> History:
        """All records, stacked."""
        return History(
            **{name: np.stack([one[name] for one in self._records]) for name in _names()}
        )

    def restore(self, history: dict[str, np.ndarray], flops: float) -> None:
        """Take up the records of an interrupted run."""
        self._records = [
            {name: history[name][row] for name in _names()} for row in range(len(history["step"]))
        ]
        self.flops = flops


def _names() -> tuple[str, ...]:
    return tuple(History.__dataclass_fields__)
