"""What training gives: networks of many seeds, their losses and scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import numpy as np

from chaoscad.arguments import whole
from neural.data import Kind, metric
from neural.packages import frame


@dataclass(frozen=True, repr=False)
class Fitted:
    """Networks trained from many seeds.

    **Arguments:**

    - `networks`: every array has the seeds in front; `network(i)` is one of them.
    - `losses`: of every seed's batches, (seeds, steps).
    - `steps`: where the scores were taken.
    - `scores`: part of the task ("train", "validation", "test") to (seeds, len(steps)).
    - `diverged`: seeds whose loss or weights became NaN or infinite; their scores are NaN.
    """

    kind: Kind
    seeds: np.ndarray
    networks: Any
    losses: np.ndarray
    steps: tuple[int, ...]
    scores: dict[str, np.ndarray]
    diverged: np.ndarray

    def __repr__(self) -> str:
        about = f"Fitted({len(self.seeds)} seeds, {self.steps[-1]} steps: "
        if self.diverged.all():
            return f"{about}none stayed finite)"
        last = ", ".join(
            f"{part} {np.median(values[~self.diverged, -1]):.4g}"
            for part, values in self.scores.items()
        )
        bad = f", {self.diverged.sum()} diverged" if self.diverged.any() else ""
        return f"{about}median {metric(self.kind)} {last}{bad})"

    def network(self, index: int) -> Any:
        """The network of one seed, by its place in `seeds`.

        **Raises:** `ChaoscadError` when there is no such place.
        """
        return network_of(self.networks, index, len(self.seeds))

    def frame(self) -> Any:
        """A data frame of pandas: a row for every seed and every step of `steps`, scores in columns.

        **Raises:** `ToolMissing` without pandas.
        """
        count = len(self.steps)
        return frame(
            {
                "seed": np.repeat(self.seeds, count),
                "step": np.tile(self.steps, len(self.seeds)),
                **{part: values.ravel() for part, values in self.scores.items()},
                "diverged": np.repeat(self.diverged, count),
            }
        )


def network_of(networks: Any, index: int, count: int) -> Any:
    """One of `count` networks whose arrays have the seeds in front.

    **Raises:** `ChaoscadError` when there is no such place.
    """
    index = whole("the place of a seed", index, 0, count - 1)
    return jax.tree.map(lambda leaf: leaf[index] if eqx.is_array(leaf) else leaf, networks)
