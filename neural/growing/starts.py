"""What the trials of a growing run start from."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from chaoscad.errors import ChaoscadError
from neural.activations import Activation, Own
from neural.architecture import Architecture
from neural.growing.growth import Growth
from neural.masks import control_of
from neural.perceptron import Perceptron


def begun(
    architecture: Architecture,
    growth: Growth,
    activations: tuple[Activation, ...],
    seeds: np.ndarray,
    given: Perceptron | None,
) -> tuple[Perceptron, jax.Array]:
    """The networks of all trials, new or given, at the start sizes, and the keys of their batches.

    **Raises:** `ChaoscadError` as `start`, and for given networks of another shape.
    """
    numbers, keys = _draw(architecture, seeds.astype(np.uint32))
    fresh = start(architecture, growth, activations, numbers)
    if given is None:
        return fresh, keys
    return _sized(_fitting(given, fresh), architecture, growth, len(seeds)), keys


def start(
    architecture: Architecture, growth: Growth, activations: tuple[Activation, ...], numbers: Any
) -> Perceptron:
    """The networks of all trials with their controllers at the start sizes, in NumPy arrays.

    **Arguments:**

    - `numbers`: of `Architecture.draw`, (trials, numbers).

    **Raises:** `ChaoscadError` for sizes that the slots do not allow, and as `Architecture.assemble`.
    """
    return _sized(
        _assembled(architecture, activations, numbers), architecture, growth, len(numbers)
    )


def _sized(
    networks: Perceptron, architecture: Architecture, growth: Growth, trials: int
) -> Perceptron:
    slots = tuple(architecture.hidden)
    control = control_of(growth.sizes(slots)[0], slots, architecture.form)
    networks = jax.tree.map(lambda leaf: np.asarray(leaf) if eqx.is_array(leaf) else leaf, networks)
    return replace(
        networks,
        control=np.broadcast_to(control, (trials, len(slots))).copy(),
        edge=growth.edge,
    )


def _fitting(given: Perceptron, like: Perceptron) -> Perceptron:
    """The networks that were given, when they are of the shape of new ones."""
    one, other = (replace(each, control=None, edge=1.0) for each in (given, like))
    same = jax.tree.structure(one) == jax.tree.structure(other)
    if not same or [np.shape(leaf) for leaf in jax.tree.leaves(one)] != [
        np.shape(leaf) for leaf in jax.tree.leaves(other)
    ]:
        raise ChaoscadError(f"the networks are {_outline(given)}; the run needs {_outline(like)}")
    return given


def _outline(networks: Perceptron) -> str:
    weight = networks.layers[0].weight
    trials = f"{len(weight)} trials" if weight.ndim == 3 else "those of one trial alone,"
    labels = ", ".join(one.label for one in networks.activations)
    widths = " ".join(map(str, networks.sizes))
    return f"{trials} of the form {networks.form} with the sizes {widths} of {labels}"


@partial(jax.jit, static_argnames=("architecture",))
def _draw(architecture: Architecture, seeds: np.ndarray) -> tuple[jax.Array, jax.Array]:
    """The numbers that every trial starts from, and the keys of its batches."""
    split = jax.vmap(lambda seed: jax.random.split(jax.random.key(seed)))(seeds)
    return jax.vmap(architecture.draw)(split[:, 0]), split[:, 1]


@partial(jax.jit, static_argnames=("architecture",))
def _assembled(architecture: Architecture, activations: Any, numbers: jax.Array) -> Perceptron:
    return jax.vmap(lambda own: architecture.assemble(own, activations))(numbers)


def fingerprint(activation: Activation) -> str:
    """The label and a hash of what an activation is, equal from run to run.

    Of a user's own code the hash is over the traced program and its constants, so that two lambdas
    differ when they compute different things.
    """
    if isinstance(activation, Own):
        traced = jax.make_jaxpr(activation)(jnp.zeros((1, 1), jnp.float32))
        constants: list[Any] = list(traced.consts)
        text = re.sub(r" at 0x[0-9a-f]+", "", str(traced.jaxpr))
    else:
        constants, text = jax.tree.leaves(activation), json.dumps(activation.to_data())
    digest = hashlib.sha256(text.encode())
    for constant in constants:
        digest.update(np.asarray(constant).tobytes())
    return f"{activation.label} {digest.hexdigest()[:12]}"
