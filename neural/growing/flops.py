"""What a perceptron costs: its parameters, and the floating-point operations of a training step."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise


def parameters(sizes: Sequence[int]) -> int:
    """Weights and biases of a dense perceptron.

    **Arguments:**

    - `sizes`: inputs, units of every hidden layer, outputs.
    """
    return sum((before + 1) * after for before, after in pairwise(sizes))


def forward_flops(sizes: Sequence[int], batch: int) -> int:
    """Operations of one forward pass over `batch` samples.

    A product of a weight counts 2 (multiply, add); bias, activation and mask count 1 each for every
    unit and sample, whatever function the activation is.
    """
    products = sum(2 * before * after for before, after in pairwise(sizes))
    return batch * (products + 3 * sum(sizes[1:-1]) + sizes[-1])


def step_flops(sizes: Sequence[int], batch: int) -> int:
    """Operations of the loss and its gradient over `batch` samples.

    The backward pass takes two products of the forward pass's size in each layer (for the weights
    and for the units before), one in the first, where the inputs need no gradient, and 4 more for
    every hidden unit and sample. The optimizer's own few operations for each parameter are left out.
    The count of XLA for the compiled program is within 20 % for layers of many units; it is lower
    next to a layer of one unit, where a product is counted 1 and sums are fused away.
    """
    products = sum(4 * before * after for before, after in pairwise(sizes))
    products -= 2 * sizes[0] * sizes[1]
    backward = batch * (products + 4 * sum(sizes[1:-1]) + 5 * sizes[-1])
    return forward_flops(sizes, batch) + backward
