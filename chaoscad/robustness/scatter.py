"""Devices around settings that move: what training a yield needs, differentiable in the settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PRNGKeyArray

from chaoscad.compile import CircuitPlan, Setpoints, plan_gates
from chaoscad.netlist import Gate, Tie
from chaoscad.netlist.deviations import Deviations, Spreads
from chaoscad.robustness.devices import (
    Blocks,
    Errors,
    drawn,
    errors_of,
    names_of,
    saturating,
    slots_of,
)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Scatter:
    """The spreads of the parameters of gates, whatever their values.

    **Arguments:**

    - `errors`: mismatch and global errors of every block of `Setpoints`; those that are relative
      are parts of the value.
    - `relative`: which of them are, in the same shape.
    """

    errors: Blocks
    relative: Mapping[str, tuple[Array, Array]]

    def devices(self, key: PRNGKeyArray, count: int, centre: Setpoints) -> Setpoints:
        """`count` devices around every trial, in antithetic pairs that all trials share.

        **Returns:** parameters whose last axis is trials times devices.
        """
        found: dict[str, Array] = {}
        for index, block in enumerate(Setpoints._fields):
            value = getattr(centre, block)[..., None]
            total = value
            for other, part in enumerate(self.errors[block]):
                if part is not None:
                    own = jax.random.fold_in(key, 2 * index + other)
                    half = drawn(own, part, count // 2, value.dtype)
                    error = jnp.concatenate([half, -half], axis=-1)[..., None, :]
                    total = total + error * self._unit(block, other, value)
            total = jnp.broadcast_to(total, (*value.shape[:-1], count))
            found[block] = total.reshape(*value.shape[:-2], -1)
        return Setpoints(**found)

    def sizes(self, block: str, other: int, centre: Array) -> Array:
        """The spreads of a block at every trial: mismatch (0) or global errors (1)."""
        part = self.errors[block][other]
        if part is None:
            return jnp.zeros_like(centre)
        return part.size[..., None] * self._unit(block, other, centre[..., None])[..., 0]

    def without(self, block: str, other: int) -> Scatter:
        """The same, with one kind of error of one block left out."""
        pair = list(self.errors[block])
        pair[other] = None
        return replace(self, errors={**self.errors, block: (pair[0], pair[1])})

    def _unit(self, block: str, other: int, value: Array) -> Array:
        # The slope of |value| at 0 is taken as 0: a weight there has no side to go to.
        return jnp.where(self.relative[block][other][..., None, None], jnp.abs(value), 1.0)


def scatter_of(gates: Sequence[Gate], ties: Sequence[Tie], deviations: Deviations) -> Scatter:
    """How devices of gates lie around any setting of theirs."""
    blocks = names_of(gates)
    slots = slots_of(gates, ties, blocks)
    errors: dict[str, tuple[Errors | None, Errors | None]] = {}
    relative: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for block, names in blocks.items():
        errors[block] = errors_of(names, np.ones(names.shape), slots[block], deviations)
        relative[block] = (
            _relative(names, deviations.tolerance),
            _relative(names, deviations.shared),
        )
    return Scatter(errors, relative)  # type: ignore[arg-type]


def _relative(names: np.ndarray, given: Spreads) -> np.ndarray:
    parts = [names == name for name, spread in given.items() if spread.relative]
    return np.any(parts, axis=0) if parts else np.zeros(names.shape, bool)


def bench_plan(gates: Sequence[Gate]) -> CircuitPlan:
    """The plan of gates whose measured curves keep the values of their ends beyond them."""
    return plan_gates([replace(gate, setting=saturating(gate.setting)) for gate in gates])
