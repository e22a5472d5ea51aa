"""The yield of gates as a function that can be climbed, and a sharp estimate of it for many settings.

The yield is a mean of indicators, whose gradient is 0 almost everywhere. While a setting moves, the
indicator is a sigmoid of the device's least margin over a temperature that falls.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.scipy.special import logsumexp, ndtr
from jaxtyping import Array, Float, PRNGKeyArray

from chaoscad.compile import CircuitPlan, Setpoints, Tables, lowest_of, per_gate, states, take
from chaoscad.robustness.comparable import Straight, comparable_values
from chaoscad.robustness.scatter import Scatter
from chaoscad.solve.space import Raw, Space, gather, physical
from chaoscad.tune import Anneal, Evaluation

TINY = 1e-12
"""Spread of a threshold that is exact: its distribution function is then a step."""


def centres(space: Space, raw: Raw) -> Setpoints:
    """The setting of every trial; the states and the parameters are in their declared ranges."""
    x0, delta, system = physical(space, raw)
    assert raw.threshold is not None  # only margins project it out
    threshold = take(space.threshold.forward(raw.threshold), space.structure.threshold)
    return Setpoints(x0, delta, threshold, system)


def key_of_step(seed: Array, progress: Float[Array, ""], steps: int) -> PRNGKeyArray:
    """The key of a step's devices: every step draws fresh ones."""
    return jax.random.fold_in(jax.random.key(seed), jnp.round(progress * steps).astype(jnp.int32))


@dataclass(frozen=True)
class SmoothYield:
    """Minus the smoothed yield of every trial; its data are (space, rows above, below,
    straight gates, scatter, seed).

    **Arguments:**

    - `samples`: devices of every step, fresh ones each time.
    - `steps`: of the run, by which the devices of a step are drawn.
    - `temperature`: relative to the size of the gates' values.
    """

    plan: CircuitPlan
    samples: int
    steps: int
    temperature: Anneal

    def __call__(
        self, raw: Raw, data: Any, progress: Float[Array, ""]
    ) -> tuple[Float[Array, " trials"], Evaluation]:
        """The loss; the score is the progress, so that the last setting is kept, not a lucky one."""
        space, above, below, straight, scatter, seed = data
        key = key_of_step(seed, progress, self.steps)
        found = scatter.devices(key, self.samples, centres(space, raw))
        at = states(self.plan, found.x0, found.delta)
        tables = comparable_values(self.plan, at, found.system, straight)
        rows = _margins(self.plan, space, tables, found.threshold, above, below, self.samples)
        # sigmoid(softmin / temperature), with the soft minimum of the rows' margins at the same
        # temperature: 1 / (1 + sum of exp(-margin / temperature)).
        right = jax.nn.sigmoid(-logsumexp(-rows / self.temperature.at(progress), axis=0)).mean(-1)
        return -right, Evaluation(jnp.full_like(right, progress), jnp.zeros_like(right, bool))


def _margins(
    plan: CircuitPlan,
    space: Space,
    tables: Tables,
    threshold: Array,
    above: dict[int, Array],
    below: dict[int, Array],
    samples: int,
) -> Float[Array, "rows trials samples"]:
    """The relative margin of every row in every device; infinite where the row does not matter."""
    found: list[Array] = []
    for arity, table in tables.items():
        distance = table - per_gate(plan, threshold, arity)
        distance = distance.reshape(*distance.shape[:2], -1, samples)
        distance = distance / per_gate(plan, space.scale, arity)[..., None]
        up, down = above[arity][..., None], below[arity][..., None]
        signed = jnp.where(up, distance, jnp.where(down, -distance, jnp.inf))
        found.append(signed.reshape(-1, *signed.shape[2:]))
    return jnp.concatenate(found)


@partial(jax.jit, static_argnames=("plan", "samples", "chunks"))
def estimated(
    plan: CircuitPlan,
    space: Space,
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
    """The yield of every trial, with the mismatch of the thresholds integrated in closed form.

    Given all other errors, a gate is right when its threshold lies between the highest value below
    and the lowest above, whose probability is a difference of two distribution functions
    (conditional Monte Carlo, S. Asmussen, P. W. Glynn, Stochastic Simulation, 2007, section V.4):
    fewer samples than by counting, most of all where failures are rare.
    """
    sizes = scatter.sizes("threshold", 0, parameters.threshold)[..., None]
    mismatch = scatter.errors["threshold"][0]
    uniform = None if mismatch is None else mismatch.uniform
    others = scatter.without("threshold", 0)
    slots = space.structure.threshold
    first = [slots.index(slot) for slot in sorted(set(slots))]

    def chance(distance: Array) -> Array:
        share = distance / jnp.maximum(sizes, TINY)
        normal = ndtr(share)
        if uniform is None:
            return normal
        flat = jnp.clip((share + 1) / 2, 0.0, 1.0)
        return jnp.where(uniform[:, None, None], flat, normal)

    def of(own: Array) -> Array:
        found = others.devices(own, samples, parameters)
        at = states(plan, found.x0, found.delta)
        tables = comparable_values(plan, at, found.system, straight)
        lows, highs = {}, {}
        for arity, table in tables.items():
            one = table.reshape(*table.shape[:2], -1, samples)
            lows[arity] = jnp.where(above[arity][..., None], one, jnp.inf).min(1)
            highs[arity] = jnp.where(below[arity][..., None], one, -jnp.inf).max(1)
        at = found.threshold.reshape(len(slots), -1, samples)
        low = gather(plan, lows) - at
        high = gather(plan, highs) - at
        # Gates of one threshold share its error.
        low, high = lowest_of(low, slots), -lowest_of(-high, slots)
        low, high = take(low, slots), take(high, slots)
        right = jnp.maximum(chance(low) - chance(high), 0.0)
        return take(right, first).prod(0).mean(-1)

    return jax.lax.map(of, jax.random.split(key, chunks)).mean(0)
