"""The roles of learned activations: which of them is the even one.

Metalearning numbers its activations by their random start, so a1 is an odd function under one
meta-seed and an even one under another. Before runs of several meta-seeds are taken together, the
members of a set are put in an order that their shapes give.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from neural.activations.modules import Activation, activations_of

GRID = np.linspace(-4.0, 4.0, 401)


def even_share(activation: Activation) -> float:
    """The share of a function's variance that its even part has, over z normal with deviation 1.

    f = e + o with e(z) = (f(z) + f(-z))/2; both are orthogonal under an even density, so the shares
    of e and o sum to 1. The mean is left out: the next layer's bias takes it. A constant has 1/2.
    """
    values = np.asarray(activation(jnp.asarray(GRID)), np.float64)
    weight = np.exp(-0.5 * GRID**2)
    weight /= weight.sum()
    values = values - weight @ values
    even, odd = (values + values[::-1]) / 2, (values - values[::-1]) / 2
    parts = np.array([weight @ even**2, weight @ odd**2])
    return float(parts[0] / parts.sum()) if parts.sum() > 0 else 0.5


def by_role(activations: tuple[Activation, ...]) -> tuple[Activation, ...]:
    """The activations with the most even one first.

    **Raises:** `ChaoscadError` for what are no activations.
    """
    return tuple(sorted(activations_of(activations), key=even_share, reverse=True))
