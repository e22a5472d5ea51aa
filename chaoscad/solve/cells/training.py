"""Training of cells: every class and every start as trials of one program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from chaoscad.solve.cells.starts import Trial
from chaoscad.systems import Interval, Setting
from chaoscad.tune import Anneal, Evaluation, Progress, minimum, optimizer, train

ADAM = optimizer("adam", 0.05, schedule="cosine")

SMALLEST_SHARE = 1e-4
"""Shares start at this at least: the logarithm of 0 is out of an optimizer's reach."""


@dataclass(frozen=True)
class GapObjective:
    """Minus the smooth gap between the lowest wanted-1 value and the highest wanted-0 value.

    Offset, weights and what is left of the range are shares of it: they stay positive and sum to 1,
    so all states are in range.
    """

    setting: Setting
    state: Interval
    iterates: int
    scale: float
    temperature: Anneal

    def __call__(
        self,
        raw: Float[Array, "shares trials"],
        data: tuple[Bool[Array, "rows trials"], Bool[Array, "shares trials"]],
        progress: Float[Array, ""],
    ) -> tuple[Float[Array, " trials"], Evaluation]:
        """The loss and the exact gap; `data` is the wanted bits and which shares there are."""
        wanted, present = data
        low, high = self.state
        shares = jax.nn.softmax(jnp.where(present, raw, -jnp.inf), axis=0)
        z = low + (high - low) * shares[:1]
        for k in range(1, raw.shape[0] - 1):
            moved = z + (high - low) * shares[k]
            z = jnp.stack([z, moved], axis=1).reshape(-1, raw.shape[1])
        state = self.setting.launch(jnp, z)
        for _ in range(self.iterates):
            state = self.setting.system.step(jnp, state, self.setting.parameters)  # type: ignore[union-attr]
        values = state[self.setting.reading] / self.scale
        temperature = self.temperature.at(progress)
        lowest, smooth_lowest = minimum(values, wanted, temperature, axis=0)
        highest, smooth_highest = minimum(-values, ~wanted, temperature, axis=0)
        gap = lowest + highest
        return -(smooth_lowest + smooth_highest), Evaluation(gap, gap > 0)


def trained(
    setting: Setting,
    state: Interval,
    iterates: int,
    trials: Sequence[Trial],
    *,
    scale: float,
    steps: int,
    temperature: Anneal,
    progress: Progress | None = None,
) -> tuple[list[Trial], np.ndarray]:
    """The trials moved to where their gap is largest, and these gaps in units of `scale`."""
    arity = max(trial.function.arity for trial in trials)
    raw = np.zeros((arity + 2, len(trials)), np.float32)
    present = np.zeros((arity + 2, len(trials)), bool)
    wanted = np.zeros((1 << arity, len(trials)), bool)
    for index, trial in enumerate(trials):
        own = trial.function.arity
        shares = np.log(np.maximum(trial.shares, SMALLEST_SHARE))
        raw[: own + 1, index], raw[-1, index] = shares[:-1], shares[-1]
        present[: own + 1, index] = present[-1, index] = True
        bits = np.frombuffer(trial.function.rows.encode(), np.uint8) == ord("1")
        wanted[:, index] = np.repeat(bits, 1 << (arity - own))
    result = train(
        GapObjective(setting, state, iterates, scale, temperature),
        jnp.asarray(raw),
        data=(jnp.asarray(wanted), jnp.asarray(present)),
        optimizer=ADAM,
        steps=steps,
        trial_axis=-1,
        progress=progress,
    )
    best = np.asarray(result.parameters, np.float64)
    weights = np.exp(best - best.max(0)) * present
    shares = (weights / weights.sum(0)).T
    moved = [
        replace(trial, shares=(*row[: trial.function.arity + 1].tolist(), float(row[-1])))
        for trial, row in zip(trials, shares, strict=True)
    ]
    return moved, result.score
