"""The space of a design's independent errors: one coordinate for each, whatever the parameters it moves.

A tie gives several numbers one error, a global error moves those of all gates. Coordinates are standard
normal numbers, so that the density of a device is a function of its distance from the origin.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from chaoscad.compile import CircuitPlan, Setpoints
from chaoscad.robustness.device_bits import gate_distances, in_order
from chaoscad.robustness.devices import Blocks, Errors, Population


def places(errors: Blocks) -> tuple[dict[tuple[str, int], int], int]:
    """Where the errors of every part (block; 0 mismatch, 1 global) begin, and how many there are."""
    found: dict[tuple[str, int], int] = {}
    total = 0
    for block in Setpoints._fields:
        for other, part in enumerate(errors[block]):
            if part is not None:
                found[block, other] = total
                total += part.count
    return found, total


def deviated(
    errors: Float[Array, "errors devices"],
    centre: Setpoints,
    blocks: Blocks,
) -> Setpoints:
    """Setpoints of the devices whose independent errors are given.

    **Arguments:**

    - `errors`: standard normal numbers. Of such a number x a uniform error is erf(x / sqrt 2) of its
      half-width: it is as likely as x (M. Rosenblatt, Ann. Math. Stat. 23, 470 (1952)).
    - `centre`, `blocks`: of the population.
    """
    begin, _ = places(blocks)
    found: dict[str, Array] = {}
    for block in Setpoints._fields:
        value = jnp.asarray(getattr(centre, block))
        for other, part in enumerate(blocks[block]):
            if part is not None:
                first = begin[block, other]
                value = value + _moved(part, errors[first : first + part.count])
        found[block] = jnp.broadcast_to(value, (*value.shape[:-1], errors.shape[-1]))
    return Setpoints(**found)


def _moved(part: Errors, errors: Array) -> Array:
    """What the errors of a part add to each of its numbers."""
    slots = np.arange(part.size.size) if part.slot is None else part.slot
    shape = (*part.size.shape, errors.shape[-1])
    # Tied numbers read one slot. In bounds by construction, which spares XLA a comparison a number.
    own = errors.at[jnp.asarray(slots).reshape(-1)].get(mode="promise_in_bounds").reshape(shape)
    if part.uniform is not None:
        even = jax.lax.erf(own / np.sqrt(2))
        own = jnp.where(jnp.asarray(part.uniform)[..., None], even, own)
    return jnp.asarray(part.size)[..., None] * own


def bits_at(
    drawn: Population, errors: Float[np.ndarray, "errors devices"]
) -> Bool[np.ndarray, "rows devices"]:
    """The bits of every local row, gate after gate, of the devices with these errors.

    Called within `double`.
    """
    found = _bits(drawn.plan, jnp.asarray(errors), drawn.centre, drawn.errors, drawn.below)
    return np.array(found)


@partial(jax.jit, static_argnames=("plan",))
def _bits(
    plan: CircuitPlan, errors: Array, centre: Setpoints, blocks: Blocks, below: Array
) -> Bool[Array, "rows devices"]:
    distances = gate_distances(plan, deviated(errors, centre, blocks), below)
    return in_order(plan, {arity: one > 0 for arity, one in distances.items()})
