"""Elementwise functions by name: bases of learned activations and nonlinearities of their networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from chaoscad.arguments import choice


@dataclass(frozen=True)
class Function:
    """A function of one real variable, applied element by element.

    **Arguments:**

    - `smooth`: whether its second derivative exists and is continuous. A Hamiltonian network
      differentiates its activations twice while it trains, and needs that.
    """

    name: str
    formula: str
    evaluate: Callable[[Float[Array, ...]], Float[Array, ...]]
    smooth: bool = True


FUNCTIONS: dict[str, Function] = {
    one.name: one
    for one in (
        Function("sin", "sin z", jnp.sin),
        Function("cos", "cos z", jnp.cos),
        Function("tanh", "tanh z", jnp.tanh),
        Function("sigmoid", "1/(1 + exp(-z))", jax.nn.sigmoid),
        Function("gelu", "z Phi(z), Phi the normal distribution", lambda z: jax.nn.gelu(z, False)),
        Function("swish", "z/(1 + exp(-z))", jax.nn.swish),
        Function("softplus", "log(1 + exp z)", jax.nn.softplus),
        Function("gaussian", "exp(-z^2/2)", lambda z: jnp.exp(-0.5 * z * z)),
        Function("identity", "z", lambda z: z),
        Function("relu", "max(z, 0)", jax.nn.relu, smooth=False),
        Function("elu", "z for z > 0, else exp(z) - 1", jax.nn.elu, smooth=False),
        Function("leaky_relu", "z for z > 0, else 0.01 z", jax.nn.leaky_relu, smooth=False),
    )
}
"""Every function that a base or a nonlinearity may name."""


def function(name: str, role: str = "activation function") -> Function:
    """The function of a name.

    **Raises:** `ChaoscadError` for an unknown one, with the nearest name; `role` says what it was
    wanted for.
    """
    return FUNCTIONS[choice(role, name, FUNCTIONS)]
