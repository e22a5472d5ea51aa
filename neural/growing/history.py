"""What is recorded while a network grows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Bool, Float, Int

from neural.architecture import Architecture
from neural.growing.program import Measured
from neural.operations import parameters


@dataclass(frozen=True)
class History:
    """A run over time, from step 0 on. A retired trial's numbers are NaN from then on.

    **Arguments:**

    - `step`: steps taken before the record.
    - `task_loss`: mean over all training samples; `size_loss`: the controllers' part of the loss,
      lambda included, summed over layers. What is minimised is their sum.
    - `sizes`: the sum of each hidden layer's mask; of an auxiliary weight the weight itself, which is
      the same at whole numbers and may lie outside of them.
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


Record: TypeAlias = dict[str, Any]
"""One record: the fields of `History` at one step."""


def record(
    architecture: Architecture,
    step: int,
    found: Measured,
    alive: Bool[np.ndarray, " trials"],
    widths: tuple[int, ...],
    flops: float,
) -> Record:
    """The record of an evaluation after `step` steps; NaN where a trial is not alive."""
    slots = np.asarray(architecture.hidden)
    # A unit is left in the dense network as soon as its mask is above zero.
    units = np.nan_to_num(np.clip(np.ceil(np.asarray(found.extents)), 0, slots))
    left = [
        parameters(
            (architecture.inputs, *map(int, row), architecture.outputs), architecture.residual
        )
        for row in units
    ]
    kept = {name: np.array(value) for name, value in found._asdict().items() if name != "extents"}
    kept["parameters"] = np.array(left, np.float64)
    for value in kept.values():
        value[~alive] = np.nan
    return kept | {"step": step, "flops": flops, "widths": np.asarray(widths, np.int64)}


def history(records: Iterable[Record | None]) -> History:
    """All records, stacked; a chunk without one is passed over."""
    rows = [one for one in records if one is not None]
    return History(
        **{name: np.stack([row[name] for row in rows]) for name in History.__dataclass_fields__}
    )
