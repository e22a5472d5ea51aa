"""The worst-case distance of gates as a function that can be climbed.

The worst-case distance of a row is how far its nearest failing device lies from the design, in sizes
of the spreads (H. E. Graeb, Analog Design Centering and Sizing, 2007). A row depends on its state, the
threshold and the system's parameters alone. Where the state and the parameters are off by given
amounts, the threshold fails when it is off by the margin that is left. So the distance is a minimum
over the first two, which are sampled. The gradient of a minimum is that at its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from chaoscad.compile import (
    CircuitPlan,
    Setpoints,
    per_gate,
    row_bits,
    states,
    take,
)
from chaoscad.robustness.comparable import Straight, comparable_values
from chaoscad.robustness.scatter import Scatter
from chaoscad.robustness.smooth_yield import centres, key_of_step
from chaoscad.solve.space import Raw, Space
from chaoscad.tune import Anneal, Evaluation, minimum

EXACT = 0.2
"""Least spread of a threshold, as a part of the largest of all spreads: of an exact one, only samples
that fail would be seen."""

FAR = 1e6
"""The margin of a row that does not matter; infinities would make gradients that are NaN."""

LEAST, MOST = 0.5, 1e3
"""Ends of the range in which failures are looked for, in sizes of the spreads."""


@dataclass(frozen=True)
class SmoothDistance:
    """Minus the least worst-case distance of every trial; data and fields as those of `SmoothYield`.

    **Arguments:**

    - `temperature`: of the smooth minimum over the rows, relative to the distance.
    """

    plan: CircuitPlan
    samples: int
    steps: int
    temperature: Anneal

    def __call__(
        self, raw: Raw, data: Any, progress: Float[Array, ""]
    ) -> tuple[Float[Array, " trials"], Evaluation]:
        """The loss; the score is the progress, so that the last setting is kept."""
        space, above, below, straight, scatter, seed = data
        key = key_of_step(seed, progress, self.steps)
        rows, reach = _distances(
            self.plan, centres(space, raw), above, below, straight, scatter, key, self.samples
        )
        width = self.temperature.at(progress) * reach
        least = minimum(rows, jnp.ones_like(rows, bool), width, axis=0)[1]
        return -least, Evaluation(jnp.full_like(least, progress), jnp.zeros_like(least, bool))


@partial(jax.jit, static_argnames=("plan", "samples", "chunks"))
def least_distances(
    plan: CircuitPlan,
    space: Space,  # noqa: ARG001
    parameters: Setpoints,
    above: dict[int, Array],
    below: dict[int, Array],
    straight: Straight,
    scatter: Scatter,
    key: PRNGKeyArray,
    *,
    samples: int,
    chunks: int,
) -> Float[Array, " trials"]:
    """The least worst-case distance of every trial, over all samples of all chunks: from above."""

    def of(own: Array) -> Array:
        found = _distances(plan, parameters, above, below, straight, scatter, own, samples)
        return found[0].min(0)

    return jax.lax.map(of, jax.random.split(key, chunks)).min(0)


def _distances(
    plan: CircuitPlan,
    centre: Setpoints,
    above: dict[int, Array],
    below: dict[int, Array],
    straight: Straight,
    scatter: Scatter,
    key: PRNGKeyArray,
    samples: int,
) -> tuple[Float[Array, "rows trials"], Float[Array, " trials"]]:
    """The worst-case distance of every row, and how far failures were looked for.

    A row that is wrong in the design has minus the distance to the threshold.
    """
    count = centre.system.shape[1]
    half = jax.random.uniform(key, (1 + count, samples // 2), minval=-1.0, maxval=1.0)
    away = jnp.concatenate([half, -half], axis=1)
    system_size = _both(scatter, "system", centre.system)
    threshold_size = jnp.maximum(
        _both(scatter, "threshold", centre.threshold), EXACT * _least(scatter)
    )
    at = states(plan, centre.x0, centre.delta)
    nominal = comparable_values(plan, at, centre.system, straight)

    def signed(arity: int, distance: Array, extra: int) -> Array:
        up, down = above[arity], below[arity]
        if extra:
            up, down = up[..., None], down[..., None]
        return jnp.where(up, distance, jnp.where(down, -distance, FAR))

    plain = {
        arity: signed(arity, table - per_gate(plan, centre.threshold, arity), 0)
        / per_gate(plan, threshold_size, arity)
        for arity, table in nominal.items()
    }
    # No row's nearest failure is farther than its threshold's.
    lowest = jnp.stack([table.min((0, 1)) for table in plain.values()]).min(0)
    reach = jax.lax.stop_gradient(jnp.clip(lowest, LEAST, MOST))
    scaled = away[:, None, :] * reach[:, None]
    system = centre.system[..., None] + system_size[..., None] * scaled[1:]
    moved = {}
    for arity, z in at.items():
        size = _state_sizes(plan, scatter, centre, arity)
        lanes = z[..., None] + size[..., None] * scaled[0]
        moved[arity] = lanes.reshape(*z.shape[:2], -1)
    tables = comparable_values(plan, moved, system.reshape(*system.shape[:2], -1), straight)
    # A parameter that has no spread is not moved, so no distance is counted for it.
    counted = jnp.where(system_size[..., None] > 0, scaled[1:] ** 2, 0.0).sum(1)
    found: list[Array] = []
    for arity, table in tables.items():
        one = table.reshape(*table.shape[:2], -1, samples)
        left = signed(arity, one - per_gate(plan, centre.threshold, arity)[..., None], 1)
        left = left / per_gate(plan, threshold_size, arity)[..., None]
        off = scaled[0] ** 2 + take(counted, plan.members(arity))[:, None]
        square = (off + jnp.maximum(left, 0.0) ** 2).min(-1)
        # At the design itself only the threshold is off.
        square = jnp.minimum(square, jnp.maximum(plain[arity], 0.0) ** 2)
        distance = jnp.where(plain[arity] > 0, _root(square), plain[arity])
        found.append(distance.reshape(-1, distance.shape[-1]))
    return jnp.concatenate(found), reach


def _both(scatter: Scatter, block: str, centre: Array) -> Array:
    """The size of mismatch and global errors together."""
    squares = (scatter.sizes(block, kind, centre) ** 2 for kind in (0, 1))
    return _root(sum(squares, jnp.zeros_like(centre)))


def _root(square: Array) -> Array:
    """The square root, whose slope at 0 is taken as 0."""
    return jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1.0)), 0.0)


def _least(scatter: Scatter) -> Array:
    """The largest size of any error, the unit of the least spread of a threshold."""
    sizes = [
        part.size.max() for pair in scatter.errors.values() for part in pair if part is not None
    ]
    return jnp.stack([jnp.asarray(size) for size in sizes]).max()


def _state_sizes(
    plan: CircuitPlan, scatter: Scatter, centre: Setpoints, arity: int
) -> Float[Array, "gates rows trials"]:
    """The spread of every row's state: that of x0 and of the weights of the inputs that are 1."""
    members = plan.members(arity)
    bits = row_bits(arity).astype(np.float32)
    offset = take(_both(scatter, "x0", centre.x0), members)
    own, common = (
        take(scatter.sizes("delta", kind, centre.delta), members)[:, :arity] for kind in (0, 1)
    )
    # Errors of their own add as squares, a global error of all weights as it is.
    square = jnp.einsum("rk,gkt->grt", bits, own**2)
    square = square + jnp.einsum("rk,gkt->grt", bits, common) ** 2
    return _root(square + (offset**2)[:, None])
