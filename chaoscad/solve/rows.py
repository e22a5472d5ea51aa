"""The rows of a circuit on which its free gates are trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Bool, Float, UInt32

from chaoscad.compile import CircuitPlan
from chaoscad.netlist import Netlist

MOST_ROWS = 1024
"""Most rows that a circuit is trained on; of a larger truth table, a random sample."""

MOST_VALUES = 2**22
"""Most bits (nets x rows x trials) of one training step; it bounds the memory and the time."""

LEAST_RESTARTS = 8


class Rows(NamedTuple):
    """The rows that a circuit is trained on, as numbers and packed 32 to a word.

    **Arguments:**

    - `inputs`: bits of the circuit inputs.
    - `wanted`: bits of the heads, in the plan's order.
    - `weights`: 1 where a head's row matters.
    - `words`, `wanted_words`, `weight_words`: the same, bit r of word w being row 32 w + r.
    """

    inputs: Float[Array, "inputs rows"]
    wanted: Float[Array, "heads rows"]
    weights: Float[Array, "heads rows"]
    words: UInt32[Array, "inputs words"]
    wanted_words: UInt32[Array, "heads words"]
    weight_words: UInt32[Array, "heads words"]


@dataclass(frozen=True)
class TrainingRows:
    """The rows as NumPy bits; `exhaustive` when they are the whole truth table.

    `inputs` `[inputs, rows]`, `wanted` and `care` `[heads, rows]`.
    """

    inputs: Bool[np.ndarray, "inputs rows"]
    wanted: Bool[np.ndarray, "heads rows"]
    care: Bool[np.ndarray, "heads rows"]
    exhaustive: bool

    def on_device(self) -> Rows:
        """The rows as JAX arrays."""
        every = (self.inputs, self.wanted, self.care)
        return Rows(
            *(jax.device_put(bits.astype(np.float32)) for bits in every),
            *(jax.device_put(_pack(bits)) for bits in every),
        )


def _pack(bits: np.ndarray) -> np.ndarray:
    padded = np.zeros((len(bits), -(-bits.shape[1] // 32) * 32), bool)
    padded[:, : bits.shape[1]] = bits
    octets = np.packbits(padded, axis=1, bitorder="little")
    return octets.view("<u4").astype(np.uint32)


def training_rows(netlist: Netlist, plan: CircuitPlan, seed: int) -> TrainingRows:
    """Every row that matters to a target, or a random sample when the table is large."""
    width = len(netlist.inputs)
    most = max(256, min(MOST_ROWS, MOST_VALUES // (LEAST_RESTARTS * (width + plan.gates))))
    exhaustive = 1 << width <= most
    if exhaustive:
        numbers = np.arange(1 << width)
        bits = ((numbers >> np.arange(width - 1, -1, -1)[:, None]) & 1).astype(bool)
    else:
        bits = np.random.default_rng(seed).random((width, most)) < 0.5
    columns = dict(zip(netlist.inputs, bits, strict=True))
    targets = {target.output: target for target in netlist.targets}
    zero = np.zeros(bits.shape[1], bool)
    pairs = [targets[name].evaluate(columns, zero) for name in plan.outputs]
    wanted = np.array([pair[0] for pair in pairs])
    care = np.array([pair[1] for pair in pairs])
    matters = care.any(0)
    return TrainingRows(bits[:, matters], wanted[:, matters], care[:, matters], exhaustive)
