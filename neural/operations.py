"""What training costs: one account of floating-point operations, for every network of `neural`.

- An addition, a product, a comparison are 1 each, so a weight and its sum are 2 for each sample.
- Every unit's bias is 1; an output's loss and its gradient are 5.
- An activation costs what its value costs, `TRANSCENDENTAL` for a sin, tanh or exp, and each further
  derivative that training needs as much again; a parameter of it that is trained is 2 for each unit.
- A residual block's way back to the first layer is a layer like any other without activations: its sum
  stands for the bias.
- A mask is 1 for each hidden unit forwards and 2 backwards.
- The backward pass has the forward pass's products twice, for the weights and for the units before;
  once in the first layer, whose inputs need no gradient. Each hidden unit adds 2, for the product with
  its slope and for its bias.
- A Hamiltonian network's rates are a forward pass and one back to the inputs; their gradient takes
  both again, twice.
- The optimizer's own few operations for each parameter are left out.

The count of XLA for a compiled step, its transcendental functions counted as here, is within 20 % for
layers of many units. It is lower next to a layer of one unit, where a product is counted 1 and sums
are fused away, and for an activation whose slope is cheaper than its value.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neural.activations import Activation, Learned

if TYPE_CHECKING:
    from neural.architecture import Architecture

TRANSCENDENTAL = 10.0
"""Floating-point operations that one sin, tanh or exp is counted as."""

BLOCK = 8
"""Samples, and units, for which an activation is compiled to be counted: XLA folds some of a table's
operations away for a single number, and counts more of them for a single column."""


def parameters(sizes: Sequence[int], residual: bool = False) -> int:
    """Weights and biases of a dense perceptron.

    **Arguments:**

    - `sizes`: inputs, units of every hidden layer, outputs.
    - `residual`: whether hidden layers after the first are blocks, whose way back has no bias.
    """
    found = sum((before + 1) * after for before, after in pairwise(chain(sizes, residual)))
    return found - residual * sizes[1] * (len(sizes) - 3)


def chain(sizes: Sequence[int], residual: bool) -> tuple[int, ...]:
    """The widths that are passed one after another: a block has its units, and the way back."""
    if not residual:
        return tuple(sizes)
    inputs, first, *blocks, outputs = sizes
    return (inputs, first, *(width for units in blocks for width in (units, first)), outputs)


def step_flops(
    sizes: Sequence[int],
    batch: int,
    activations: float,
    *,
    masked: bool = False,
    trained: float = 0.0,
    hamiltonian: bool = False,
) -> float:
    """Operations of the loss and its gradient over `batch` samples.

    **Arguments:**

    - `sizes`: inputs, units of every hidden layer, outputs.
    - `activations`: operations of the values of all hidden units for one sample.
    - `masked`: whether hidden units are multiplied by a mask.
    - `trained`: parameters of the activations that are trained, summed over all hidden units.
    - `hamiltonian`: whether the one output is an energy, and its rates are what is compared.
    """
    hidden, first = sum(sizes[1:-1]), 2 * sizes[0] * sizes[1]
    if hamiltonian:
        # Value, slope and curvature; a bias and a product with the slope, forwards and twice backwards.
        units = 3 * activations + 6 * hidden + 2 * trained + 5 * sizes[0]
        return batch * (6 * _products(sizes) - first + units)
    forward = _products(sizes) + hidden * (2 if masked else 1) + sizes[-1] + activations
    backward = 2 * _products(sizes) - first + activations + 2 * trained
    backward += hidden * (4 if masked else 2) + 5 * sizes[-1]
    return batch * (forward + backward)


def network_flops(
    shape: Architecture, activations: Sequence[Activation], batch: int
) -> Callable[[Sequence[int]], float]:
    """Operations of one training step of one network, as a function of what is trained of it.

    **Returns:** a function of the units of every hidden layer, absent ones among them.
    """
    layers = shape.assigned(len(activations))
    values = np.array([activation_flops(one) for one in activations])
    trained = np.array([trained_parameters(one) * one.trained for one in activations])

    def step(widths: Sequence[int]) -> float:
        # A layer has its first units.
        cut = [part[:width] for part, width in zip(layers, widths, strict=True)]
        units = np.bincount(np.concatenate(cut).astype(int), minlength=len(activations))
        return step_flops(
            chain((shape.sizes[0], *widths, shape.sizes[-1]), shape.residual),
            batch,
            float(units @ values),
            masked=shape.form != "static",
            trained=float(units @ trained),
            hamiltonian=shape.hamiltonian,
        )

    return step


def activation_flops(activation: Callable[..., Any]) -> float:
    """Operations of the value of an activation, for one unit and sample."""
    if isinstance(activation, Learned):
        hidden = np.shape(activation.in_weight)[-1]
        return TRANSCENDENTAL + 2 + hidden * (4 + TRANSCENDENTAL)
    try:
        return _compiled_flops(activation)
    except TypeError:  # a module with arrays cannot be hashed
        return _compiled_flops.__wrapped__(activation)


def trained_parameters(activation: Callable[..., Any]) -> float:
    """The numbers in an activation, which all take part in every unit."""
    leaves = jax.tree.leaves(eqx.filter(activation, eqx.is_inexact_array))
    return float(sum(np.size(leaf) for leaf in leaves))


def _products(sizes: Sequence[int]) -> int:
    return sum(2 * before * after for before, after in pairwise(sizes))


@functools.lru_cache(maxsize=64)
def _compiled_flops(activation: Callable[..., Any]) -> float:
    """What XLA would execute, so that any kind of activation counts."""
    # Its numbers are arguments: XLA would leave out a product with a constant 1.
    numbers, rest = eqx.partition(activation, eqx.is_array)
    program = jax.jit(lambda numbers, z: eqx.combine(numbers, rest)(z))
    lowered = program.lower(numbers, jnp.zeros((BLOCK, BLOCK), jnp.float32))
    cost = lowered.compile().cost_analysis() or {}
    found = cost.get("flops", 0.0) + TRANSCENDENTAL * cost.get("transcendentals", 0.0)
    return float(found) / BLOCK**2
