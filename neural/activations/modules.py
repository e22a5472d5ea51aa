"""Activation functions as modules: fixed, with trained parameters, or learned by a small network."""

import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from chaoscad.arguments import choice, finite, first_line, whole
from chaoscad.errors import ChaoscadError, told
from neural.activations.functions import FUNCTIONS, function
from neural.keys import check_key

MOST = 10_000_000
"""Most hidden units of an activation network, and most activations of a set."""


class Activation(eqx.Module):
    """A function of one variable, applied to arrays of any shape element by element."""

    @property
    def trained(self) -> bool:
        """Whether its parameters move with the weights of the network that it sits in."""
        return False

    @property
    def smooth(self) -> bool:
        """Whether the second derivative is continuous."""
        return True

    @property
    def label(self) -> str:
        """A name for legends and tables."""
        return getattr(self, "name", "activation")

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """The function's values."""
        raise NotImplementedError

    def to_data(self) -> dict[str, Any]:
        """What rebuilds the module apart from its arrays, JSON-ready."""
        raise NotImplementedError


class Fixed(Activation):
    """A function of the table `FUNCTIONS`, without parameters."""

    name: str = eqx.field(static=True)

    @property
    def smooth(self) -> bool:
        return function(self.name).smooth

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return function(self.name).evaluate(z)

    def to_data(self) -> dict[str, Any]:
        return {"kind": "fixed", "name": self.name}


PARAMETRIC: dict[str, tuple[Callable[[Array, Array], Array], float, bool]] = {
    "sin+az": (lambda z, a: jnp.sin(z) + a * z, 0.0, True),
    "tanh+az": (lambda z, a: jnp.tanh(z) + a * z, 0.0, True),
    "prelu": (lambda z, a: jnp.where(z > 0, z, a * z), 0.25, False),
    # sin^2(a z)/a without the division by zero at a = 0.
    "snake": (lambda z, a: z + a * jnp.square(z * jnp.sinc(a * z / jnp.pi)), 1.0, True),
}
"""Activations with one trained number a: the function, where a starts, whether it is smooth.

`prelu` is that of He et al. (2015), `snake` (z + sin^2(a z)/a) that of Liu, Hartwig and Ueda (2020).
"""


class Parametric(Activation):
    """A function with one number `a` that is trained together with the weights."""

    a: Float[Array, ""]
    name: str = eqx.field(static=True)
    trained: bool = eqx.field(static=True, default=True)  # pyright: ignore[reportIncompatibleMethodOverride]

    @property
    def smooth(self) -> bool:
        return PARAMETRIC[self.name][2]

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return PARAMETRIC[self.name][0](z, self.a)

    def to_data(self) -> dict[str, Any]:
        return {"kind": "parametric", "name": self.name, "trained": self.trained}


class Learned(Activation):
    """a(z) = base(z) + scale g(z), where g is a network with one hidden layer from R to R.

    g(z) = out_bias + sum_j out_weight_j f(in_weight_j z + in_bias_j), f the nonlinearity.
    Its parameters are held fixed while the network around it trains; metalearning moves them.
    """

    in_weight: Float[Array, " hidden"]
    in_bias: Float[Array, " hidden"]
    out_weight: Float[Array, " hidden"]
    out_bias: Float[Array, ""]
    base: str = eqx.field(static=True)
    nonlinearity: str = eqx.field(static=True)
    scale: float = eqx.field(static=True)
    trained: bool = eqx.field(static=True, default=False)  # pyright: ignore[reportIncompatibleMethodOverride]

    @property
    def label(self) -> str:
        """The same for all: a name of its own would give every activation its own program."""
        return "learned"

    @property
    def smooth(self) -> bool:
        return function(self.base).smooth and function(self.nonlinearity).smooth

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        f = function(self.nonlinearity).evaluate
        # The hidden units come first: XLA then runs along z, whose length vectorises.
        lead = (-1,) + (1,) * z.ndim
        hidden = f(self.in_weight.reshape(lead) * z + self.in_bias.reshape(lead))
        g = jnp.tensordot(self.out_weight, hidden, 1) + self.out_bias
        return function(self.base).evaluate(z) + self.scale * g

    def to_data(self) -> dict[str, Any]:
        return {
            "kind": "learned",
            "base": self.base,
            "nonlinearity": self.nonlinearity,
            "scale": self.scale,
            "hidden": self.in_weight.shape[-1],
            "trained": self.trained,
        }


class Own(Activation):
    """A user's own function, or module with numbers; the numbers train with the weights around it."""

    numbers: Any
    rest: Any = eqx.field(static=True)
    label: str = eqx.field(static=True, default="own")  # pyright: ignore[reportIncompatibleMethodOverride]
    trained: bool = eqx.field(static=True, default=True)  # pyright: ignore[reportIncompatibleMethodOverride]

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return eqx.combine(self.numbers, self.rest)(z)

    def to_data(self) -> dict[str, Any]:
        raise ChaoscadError(
            f"the activation {self.label} is code, which no file holds; tabulate it and save that"
        )


def fixed(name: str) -> Fixed:
    """The activation of that name, without parameters.

    **Raises:** `ChaoscadError` for an unknown name, with the nearest one.
    """
    return Fixed(function(name).name)


def parametric(name: str, a: float | None = None, *, trained: bool = True) -> Parametric:
    """An activation of `PARAMETRIC`, its number at `a` or at its usual start.

    **Raises:** `ChaoscadError` for an unknown name, with the nearest one, or a number that is not
    finite.
    """
    choice("parametric activation", name, PARAMETRIC)
    start = PARAMETRIC[name][1] if a is None else finite("the number a of an activation", a)
    return Parametric(jnp.asarray(start, jnp.result_type(float)), name, trained)


def learned(
    key: PRNGKeyArray,
    base: str = "sin",
    *,
    hidden: int = 20,
    nonlinearity: str = "tanh",
    scale: float = 1.0,
) -> Learned:
    """A new activation network, near its base.

    Its input weights and biases are standard normal, so that the units bend at different places, its
    output weights normal with standard deviation 1/sqrt(hidden).

    **Arguments:**

    - `base`, `nonlinearity`: names of `FUNCTIONS`.
    - `hidden`: units of g.
    - `scale`: s in base + s g.

    **Raises:** `ChaoscadError` for an unknown name, no units, or a scale that is not finite.
    """
    check_key(key)
    function(base, "base")
    function(nonlinearity, "nonlinearity")
    hidden = whole("the number of an activation network's hidden units", hidden, 1, MOST)
    scale = finite("the scale of an activation network", scale)
    drawn = jax.random.normal(key, (3, hidden))
    return Learned(
        in_weight=drawn[0],
        in_bias=drawn[1],
        out_weight=drawn[2] / math.sqrt(hidden),
        out_bias=jnp.zeros(()),
        base=base,
        nonlinearity=nonlinearity,
        scale=scale,
    )


def activations_of(given: Any) -> tuple[Activation, ...]:
    """Activations of what a user may write for them, one or several.

    A name of `FUNCTIONS` or `PARAMETRIC`; a function or a module of equinox that acts element by
    element; or an `Activation`.

    **Raises:** `ChaoscadError` for an unknown name, with the nearest one, and for what keeps no shape.
    """
    if isinstance(given, str) or callable(given):
        given = (given,)
    if not isinstance(given, list | tuple):
        raise ChaoscadError(
            f"the activations are {told(given)}; they must be a list or tuple, for example "
            "[fixed('sin')]"
        )
    return tuple(_activation(index, one) for index, one in enumerate(given))


def _activation(index: int, given: Any) -> Activation:
    if isinstance(given, Activation):
        return given
    if isinstance(given, str):
        return parametric(given) if given in PARAMETRIC else fixed(given)
    for known in FUNCTIONS.values():
        if given is known.evaluate:
            return fixed(known.name)
    if not callable(given):
        raise ChaoscadError(
            f"activation {index} is {told(given)}; it must be a name, a function, or one of "
            "neural.activations, for example 'sin', jnp.sin or tabulate(f)"
        )
    name = getattr(given, "__name__", type(given).__name__)
    row = jax.ShapeDtypeStruct((2, 3), jnp.float32)
    try:
        found = eqx.filter_eval_shape(given, row)
    except Exception as error:
        of_numpy = isinstance(error, jax.errors.TracerArrayConversionError)
        raise ChaoscadError(
            f"activation {index}, {name}, fails on an array of the shape (2, 3): "
            f"{type(error).__name__}: {first_line(error)}"
            f"{'; write it with jax.numpy' if of_numpy else ''}"
        ) from None
    if getattr(found, "shape", None) != (2, 3):
        shape = getattr(found, "shape", type(found).__name__)
        raise ChaoscadError(
            f"activation {index}, {name}, turns an array of the shape (2, 3) into {shape}; it must act "
            "on each element on its own"
        )
    numbers, rest = eqx.partition(given, eqx.is_array)
    return Own(numbers, rest, str(name))


def learned_set(
    key: PRNGKeyArray, count: int, base: str = "sin", **options: Any
) -> tuple[Learned, ...]:
    """`count` activation networks, each from its own key.

    Networks that start from one key start identical and never part.

    **Raises:** `ChaoscadError` for no activations, or as `learned` does.
    """
    check_key(key)
    count = whole("the number of activations in a set", count, 1, MOST)
    return tuple(learned(one, base, **options) for one in jax.random.split(key, count))
