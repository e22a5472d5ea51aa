"""What a step of a growing network costs, by the account of `neural.operations`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from neural.growing.growth import Architecture
from neural.operations import activation_flops, step_flops, trained_parameters


def growing_flops(
    architecture: Architecture, batch: int, *, train_activations: bool = True
) -> Callable[[Sequence[int]], float]:
    """Operations of a training step of one trial, as a function of what is trained of it.

    **Returns:** a function of the units of every hidden layer, absent ones among them.
    """
    layers = list(zip(architecture.activations, architecture.slots, strict=True))
    values = [activation_flops(*layer) for layer in layers]
    trained = [trained_parameters(*layer) if train_activations else 0.0 for layer in layers]

    def step(widths: Sequence[int]) -> float:
        return step_flops(
            (architecture.inputs, *widths, architecture.outputs),
            batch,
            float(np.dot(widths, values)),
            masked=architecture.form != "static",
            trained=float(np.dot(widths, trained)),
        )

    return step
