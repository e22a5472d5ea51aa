"""A hidden layer whose size is one more trainable weight.

Source: A. Radhakrishnan, J. F. Lindner, S. T. Miller, S. Sinha, W. L. Ditto, "Growing Neural
Networks: Dynamic Evolution through Gradient Descent", Proc. R. Soc. A 481 (2025),
doi 10.1098/rspa.2025.0222, the algorithm with an auxiliary weight.
"""

from __future__ import annotations

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from chaoscad.arguments import whole, within
from chaoscad.errors import ChaoscadError
from neural.keys import check_key

MOST = 2**20
"""Most units, trials, and epochs of a chunk."""

LARGEST = 2**28
"""Most weights of all trials together."""


class AuxiliaryNetwork(eqx.Module):
    """One hidden tanh layer of `slots` neurons, of which the first `size` are present.

        y_k(x) = b3_k + sum over m = 1..slots of w3_km theta(N - m + 1) tanh(b2_m + c N u_m + w_m x)

    with the size N, which is trained together with the weights. Neuron m is absent for N <= m - 1,
    whole for N >= m and fractional between. Build it with `init`. A batch of trials is the same
    pytree with one more axis in front of every array.

    **Arguments:**

    - `hidden_bias`: b2, shape (slots,).
    - `size_weight`: u, the hidden neurons' weights of the size, shape (slots,).
    - `input_weight`: w, shape (slots, features).
    - `output_weight`: w3, shape (outputs, slots).
    - `output_bias`: b3, shape (outputs,).
    - `size`: N, a scalar, in neurons. Nothing keeps it between 0 and `slots`.
    - `scale`: c, how strongly the hidden neurons see the size; 1 in the source, 0 to hide it. It is
      not trained, and each value is a program of its own.
    """

    hidden_bias: Float[Array, "*trials slots"]
    size_weight: Float[Array, "*trials slots"]
    input_weight: Float[Array, "*trials slots features"]
    output_weight: Float[Array, "*trials outputs slots"]
    output_bias: Float[Array, "*trials outputs"]
    size: Float[Array, "*trials"]
    scale: float = eqx.field(static=True, default=1.0)

    def __call__(self, x: Float[Array, "*batch features"]) -> Float[Array, "*batch outputs"]:
        """The outputs of one trial's network, logits for classification.

        **Raises:** `ChaoscadError` for a network of several trials, and for points of other features.
        """
        if self.size.ndim:
            raise ChaoscadError(
                f"the network has trials of shape {self.size.shape}; this takes one trial; "
                "outputs_of_trials(networks, x) gives those of all trials"
            )
        features = self.input_weight.shape[-1]
        if jnp.ndim(x) < 1 or x.shape[-1] != features:
            raise ChaoscadError(
                f"the points have the shape {jnp.shape(x)}; they must have (..., {features})"
            )
        drive = self.hidden_bias + self.scale * self.size * self.size_weight
        hidden = jnp.tanh(drive + x @ self.input_weight.T)
        weight = self.output_weight * presence(self.size, self.slots)
        return self.output_bias + hidden @ weight.T

    @property
    def slots(self) -> int:
        """The most neurons that the layer can have."""
        return self.hidden_bias.shape[-1]

    @property
    def effective_size(self) -> Float[Array, "*trials"]:
        """How many neurons are present, as `effective_size` counts them."""
        return effective_size(self.size, self.slots)


def init(
    key: PRNGKeyArray,
    slots: int,
    start_size: float,
    *,
    features: int = 1,
    outputs: int = 1,
    scale: float = 1.0,
    trials: int | None = None,
) -> AuxiliaryNetwork:
    """A network with weights and biases from the uniform distribution U(-1, 1).

    The weights depend on the key, not on `start_size`: one key gives paired starts, for example
    "growing" from 0 and "grown" from the target size.

    **Arguments:**

    - `slots`: the most neurons that the layer can have.
    - `start_size`: the size N at the start, from 0 to `slots`.
    - `features`, `outputs`: the numbers of inputs and outputs.
    - `scale`: the factor c of the size as an input.
    - `trials`: how many independent networks, on a new first axis of every array; none adds no
      axis. Trial i is the same whatever their number.

    **Raises:** `ChaoscadError` for a key that is none, and for a count, a size or a scale out of
    range.
    """
    check_key(key)
    slots, features = whole("slots", slots, 1, MOST), whole("features", features, 1, MOST)
    outputs = whole("outputs", outputs, 1, MOST)
    trials = None if trials is None else whole("trials", trials, 1, MOST)
    numbers = (trials or 1) * slots * (features + outputs + 2)
    if numbers > LARGEST:
        raise ChaoscadError(
            f"the weights would be {numbers} numbers; at most {LARGEST} are allowed"
        )
    size = within("the start size", start_size, 0, slots, why="the number of slots")
    factor = within("the scale of the size input", scale, -1e6, 1e6)
    each = jnp.arange(1 if trials is None else trials)
    networks = _init(key, each, size, slots, features, outputs, factor, trials is None)
    return networks if trials is not None else jax.tree.map(lambda leaf: leaf[0], networks)


# One program: draw by draw, most of the time would go into compiling each of them.
@partial(jax.jit, static_argnums=(3, 4, 5, 6, 7))
def _init(
    key: PRNGKeyArray,
    trials: Int[Array, " trials"],
    start_size: Float[Array, ""] | float,
    slots: int,
    features: int,
    outputs: int,
    scale: float,
    alone: bool,
) -> AuxiliaryNetwork:
    def one(index: Array) -> AuxiliaryNetwork:
        keys = iter(jax.random.split(key if alone else jax.random.fold_in(key, index), 5))

        def uniform(*shape: int) -> Array:
            return jax.random.uniform(next(keys), shape, jnp.float32, -1.0, 1.0)

        return AuxiliaryNetwork(
            hidden_bias=uniform(slots),
            size_weight=uniform(slots),
            input_weight=uniform(slots, features),
            output_weight=uniform(outputs, slots),
            output_bias=uniform(outputs),
            size=jnp.asarray(start_size, jnp.float32),
            scale=scale,
        )

    return jax.vmap(one)(trials)


def theta(n: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The smooth step: 0 for n < 0, sin^2(pi n / 2) for 0 <= n <= 1, 1 above.

    Its slope is 0 at both ends, so an absent neuron and a whole one do not pull at the size.
    """
    return jnp.sin(jnp.pi / 2 * jnp.clip(n, 0.0, 1.0)) ** 2


def presence(size: Float[Array, "*trials"], slots: int) -> Float[Array, "*trials slots"]:
    """How far each neuron is present, from 0 to 1: theta(N - m + 1) for m = 1..slots."""
    size = jnp.asarray(size)
    return theta(size[..., None] - jnp.arange(slots, dtype=size.dtype))


def effective_size(size: Float[Array, "*trials"], slots: int) -> Float[Array, "*trials"]:
    """The sum of the neurons' presences: 0 to `slots`, equal to N where N is a whole number."""
    return presence(size, slots).sum(-1)


def check_arrays(starts: AuxiliaryNetwork) -> None:
    """Refuse an `AuxiliaryNetwork` without a trials axis or with arrays that are wrong.

    **Raises:** `ChaoscadError`.
    """
    trials: tuple[int, ...] = np.shape(starts.size)
    if len(trials) != 1 or trials[0] < 1:
        raise ChaoscadError(
            f"the sizes of the starts have the shape {trials}; they must have one axis, the trials; "
            "init(..., trials=1) makes one network with that axis"
        )
    slots, features = (
        np.shape(starts.input_weight)[-2:] if np.ndim(starts.input_weight) > 1 else (1, 1)
    )
    outputs = np.shape(starts.output_bias)[-1] if np.ndim(starts.output_bias) else 1
    expected = {
        "hidden_bias": (slots,),
        "size_weight": (slots,),
        "input_weight": (slots, features),
        "output_weight": (outputs, slots),
        "output_bias": (outputs,),
        "size": (),
    }
    for name, shape in expected.items():
        value = getattr(starts, name)
        if np.shape(value) != trials + shape:
            raise ChaoscadError(
                f"{name} of the starts has the shape {np.shape(value)}; "
                f"the other arrays need {trials + shape}"
            )
        if value.dtype != starts.size.dtype or value.dtype not in (np.float32, np.float64):
            raise ChaoscadError(
                f"{name} of the starts has the type {value.dtype}; "
                "all arrays must be float32, or all float64"
            )
        if not np.isfinite(np.asarray(value)).all():
            raise ChaoscadError(f"{name} of the starts has values that are not finite")
