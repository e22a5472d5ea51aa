"""Networks whose output is an energy: what they predict is a Hamiltonian vector field.

S. Greydanus, M. Dzamba, J. Yosinski, Hamiltonian Neural Networks, NeurIPS 2019, arXiv 1906.01563.

States are (q_1 .. q_d, p_1 .. p_d) on the last axis.
"""

from __future__ import annotations

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Real

from chaoscad.arguments import first_line, real_array
from chaoscad.errors import ChaoscadError

States = Real[Array | np.ndarray, "*batch coordinates"]
"""States of a system, one per row, or a single one."""

Model = Callable[[Array], Array]
"""A callable pytree from (..., features) to (..., 1) that treats every row on its own."""


class HamiltonianNetwork(eqx.Module):
    """A scalar model H(q, p) read as an energy; calling it gives the rates (dH/dp, -dH/dq).

    The gradient is that of the energies' sum over the batch, which is every row's own because the
    model treats rows independently. A model that mixes rows (batch normalisation) is not one.

    Its activations must be smooth: with ReLUs the predicted field would be piecewise constant.

    **Arguments:**

    - `model`: from (..., 2 d) to (..., 1). A plain function, such as an exact energy, will do.
    """

    model: Model

    def energy(self, x: States) -> Float[Array, "*batch"]:
        """The energy of every state.

        **Raises:** `ChaoscadError` for states of an odd or no number of coordinates, and for a model
        whose output is not one number per state.
        """
        return scalars(self.model, phase_space(x), "the energy's model")

    def __call__(self, x: States) -> Float[Array, "*batch coordinates"]:
        """(dH/dp, -dH/dq) at every state, in the order of its coordinates.

        **Raises:** as `energy` does.
        """
        slope = gradient(self.model, phase_space(x), "the energy's model")
        slope_q, slope_p = jnp.split(slope, 2, axis=-1)
        return jnp.concatenate([slope_p, -slope_q], axis=-1)


def floating(x: States) -> Float[Array, "*batch coordinates"]:
    """`x` as a JAX array of real floating-point numbers, of the type that it has if it has one."""
    array = jnp.asarray(x if isinstance(x, jax.Array) else real_array("the states", x))
    if jnp.issubdtype(array.dtype, jnp.floating):
        return array
    if not jnp.issubdtype(array.dtype, jnp.integer):
        raise ChaoscadError(f"states are real numbers, and {array.dtype} is given")
    return array.astype(jnp.result_type(float))


def phase_space(x: States) -> Float[Array, "*batch coordinates"]:
    """`x` as an array, when its last axis holds as many momenta as positions."""
    array = floating(x)
    if array.ndim == 0 or array.shape[-1] < 2 or array.shape[-1] % 2:
        raise ChaoscadError(
            f"the states have shape {array.shape}, and the last axis must hold d positions and then "
            "d momenta, an even number"
        )
    return array


def scalars(model: Model, x: Float[Array, "*batch coordinates"], what: str) -> Array:
    """The model's output without its last axis of length 1."""
    try:
        values = jnp.asarray(model(x))
    except (TypeError, ValueError) as error:
        raise ChaoscadError(
            f"{what} does not take states of shape {x.shape}: {first_line(error)}"
        ) from error
    wanted = (*x.shape[:-1], 1)
    if values.shape != wanted or not jnp.issubdtype(values.dtype, jnp.floating):
        raise ChaoscadError(
            f"{what} gives {values.dtype} of shape {values.shape} for states of shape {x.shape}, and "
            f"must give one real number per state, shape {wanted}"
        )
    return values[..., 0]


def gradient(model: Model, x: Float[Array, "*batch coordinates"], what: str) -> Array:
    """The gradient of the summed energies, which is that of every row's own energy."""
    return jax.grad(lambda y: scalars(model, y, what).sum())(x)
