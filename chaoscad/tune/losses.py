"""Losses on logits, masked and averaged over rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float

Loss = Callable[[Array, Array, Array], Array]
"""(logits, wanted in [0, 1], weights) -> scalar; all three of one shape."""


def _mean(values: Float[Array, "*rows"], weights: Float[Array, "*rows"]) -> Float[Array, ""]:
    return (values * weights).sum() / jnp.maximum(weights.sum(), 1e-12)


def cross_entropy(
    logits: Float[Array, "*rows"], wanted: Float[Array, "*rows"], weights: Float[Array, "*rows"]
) -> Float[Array, ""]:
    """Binary cross-entropy, log(1 + exp(-s l)) with s = +-1, evaluated from the logits.

    It grows linearly for a wrong row, however far off: its gradient never saturates.
    """
    return _mean(optax.sigmoid_binary_cross_entropy(logits, wanted), weights)


def squared(
    logits: Float[Array, "*rows"], wanted: Float[Array, "*rows"], weights: Float[Array, "*rows"]
) -> Float[Array, ""]:
    """Squared error of the probability, (sigmoid(l) - w)^2 (the Brier score)."""
    return _mean(jnp.square(jax.nn.sigmoid(logits) - wanted), weights)


def huber(
    logits: Float[Array, "*rows"], wanted: Float[Array, "*rows"], weights: Float[Array, "*rows"]
) -> Float[Array, ""]:
    """Huber loss of the distance by which a signed logit falls short of 1."""
    short = jnp.maximum(1.0 - logits * (2 * wanted - 1), 0.0)
    return _mean(optax.huber_loss(short, jnp.zeros_like(short)), weights)


def focal(
    logits: Float[Array, "*rows"], wanted: Float[Array, "*rows"], weights: Float[Array, "*rows"]
) -> Float[Array, ""]:
    """Cross-entropy times (1 - p)^2, which dims the rows that are right already (Lin et al. 2017)."""
    return _mean(optax.sigmoid_focal_loss(logits, wanted, gamma=2.0), weights)


def margin(
    logits: Float[Array, "*rows"], wanted: Float[Array, "*rows"], weights: Float[Array, "*rows"]
) -> Float[Array, ""]:
    """Minus the smooth minimum of the signed logits: log sum exp(-s l) over the weighted rows.

    As the logits grow it tends to minus the worst signed logit, so it maximises the margin.
    """
    signed = logits * (2 * wanted - 1)
    return jax.nn.logsumexp(jnp.where(weights > 0, -signed, -jnp.inf))


def minimum(
    values: Float[Array, "*values"],
    where: Bool[Array, "*values"],
    temperature: Array | float,
    axis: int,
) -> tuple[Float[Array, "*rest"], Float[Array, "*rest"]]:
    """The minimum along an axis over the selected elements, exact and smooth.

    The smooth one is a lower bound, -t log sum exp(-v / t), that tends to the exact one as the
    temperature t goes to 0; its gradient is spread over the elements near the minimum.

    **Arguments:**

    - `where`: which elements count.
    - `temperature`: positive, broadcasts against the result.

    **Returns:** both; plus infinity where nothing is selected.
    """
    exact = jnp.where(where, values, jnp.inf).min(axis)
    some = jnp.isfinite(exact)
    base = jax.lax.stop_gradient(jnp.where(some, exact, 0.0))
    width = jnp.expand_dims(jnp.broadcast_to(jnp.asarray(temperature), base.shape), axis)
    above = jnp.where(where, values - jnp.expand_dims(base, axis), 0.0)
    total = jnp.where(where, jnp.exp(-above / width), 0.0).sum(axis)
    smooth = base - jnp.squeeze(width, axis) * jnp.log(jnp.where(some, total, 1.0))
    return exact, jnp.where(some, smooth, jnp.inf)


LOSSES: dict[str, Loss] = {
    "cross-entropy": cross_entropy,
    "squared": squared,
    "huber": huber,
    "focal": focal,
    "margin": margin,
}
"""Losses by the names that `--objective` takes."""


def weighted(
    terms: Sequence[tuple[str, float]],
    logits: Float[Array, "*rows"],
    wanted: Float[Array, "*rows"],
    weights: Float[Array, "*rows"],
) -> Float[Array, ""]:
    """The sum of losses, given as names and weights, for the given rows."""
    return sum(
        (weight * LOSSES[name](logits, wanted, weights) for name, weight in terms),
        start=jnp.zeros(()),
    )
