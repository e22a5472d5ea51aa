"""A user's own network as what trains: any module of equinox that a function builds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from chaoscad.arguments import first_line
from chaoscad.errors import ChaoscadError
from neural.activations import Activation
from neural.architecture import Architecture

Build: TypeAlias = Callable[[PRNGKeyArray, tuple[Activation, ...]], Any]
"""(key, activations) to a module that turns inputs (batch, features) into outputs (batch, outputs).

The module may hold the activations anywhere in it; of their numbers those move that are trained."""


@dataclass(frozen=True)
class OwnNetwork:
    """A network that `build` makes; as an `Architecture` to those that train it.

    Two functions that are not the same object are two compiled programs.
    """

    construct: Build
    hamiltonian: bool = False

    def assigned(self, count: int) -> tuple[tuple[int, ...], ...]:  # noqa: ARG002
        """No units are assigned here: the module does what it does with its activations."""
        return ()

    def draw(self, key: PRNGKeyArray) -> PRNGKeyArray:
        """The key itself: the module draws its own numbers."""
        return key

    def assemble(self, numbers: PRNGKeyArray, activations: Sequence[Activation]) -> Any:
        """The module."""
        return self.construct(numbers, tuple(activations))

    build = assemble

    def to_data(self) -> dict[str, Any]:
        """What a checkpoint can tell of it: the name of the function."""
        return {"build": getattr(self.construct, "__qualname__", type(self.construct).__name__)}


Network: TypeAlias = Architecture | OwnNetwork


def network_of(given: Any) -> Network | None:
    """An architecture as it is, a function that builds modules as `OwnNetwork`, else nothing."""
    if isinstance(given, Architecture | OwnNetwork):
        return given
    return OwnNetwork(given) if callable(given) and not isinstance(given, eqx.Module) else None


def check_own(
    network: OwnNetwork, activations: Sequence[Activation], features: int, outputs: int | None
) -> None:
    """Refuse a network whose module cannot be built, or gives other shapes than the task has.

    **Arguments:**

    - `outputs`: columns that are wanted; `None` where the user's own loss takes what comes.

    **Raises:** `ChaoscadError`.
    """
    key = jax.eval_shape(lambda: jax.random.key(0))
    try:
        model = eqx.filter_eval_shape(network.assemble, key, tuple(activations))
    except Exception as error:
        raise ChaoscadError(
            f"the function that builds the network fails: {_said(error)}; it is given a key and a "
            "tuple of activations, and returns a module of equinox"
        ) from None
    if not jax.tree.leaves(eqx.filter(model, lambda one: isinstance(one, jax.ShapeDtypeStruct))):
        raise ChaoscadError("the network that was built has no arrays; there is nothing to train")
    inputs = jax.ShapeDtypeStruct((2, features), jnp.float32)
    try:
        found = eqx.filter_eval_shape(lambda own, x: own(x), model, inputs)
    except Exception as error:
        raise ChaoscadError(
            f"the network fails on inputs of the shape (2, {features}): {_said(error)}; it is given "
            "a batch, so a module for one sample is called through jax.vmap"
        ) from None
    shape = getattr(found, "shape", type(found).__name__)
    if outputs is not None and shape != (2, outputs):
        raise ChaoscadError(
            f"the network turns inputs of the shape (2, {features}) into {shape}, and the task wants "
            f"(2, {outputs})"
        )


def check_loss(loss: Any, outputs: Any, targets: Array) -> None:
    """Refuse a loss that does not turn outputs and targets into one number.

    **Raises:** `ChaoscadError`.
    """
    try:
        found = jax.eval_shape(loss, outputs, targets)
    except Exception as error:
        raise ChaoscadError(f"the loss fails on outputs and targets: {_said(error)}") from None
    shape = getattr(found, "shape", type(found).__name__)
    if shape != () or not jnp.issubdtype(jnp.result_type(found), jnp.floating):
        kind = f" of the type {found.dtype}" if shape == () else ""
        raise ChaoscadError(
            f"the loss gives {shape}{kind} for a batch; it must give one real number, as a mean"
        )


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {first_line(error)}"
