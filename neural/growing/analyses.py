"""Looking at grown networks: where they decide what.

Source of the questions: Radhakrishnan et al., Proc R Soc A 481 (2025), doi 10.1098/rspa.2025.0222.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from chaoscad.arguments import whole
from chaoscad.errors import ChaoscadError, Diagnostic, shown

Model = Callable[[Any], Any]
"""(samples, features) to (samples, outputs): a network, of one trial."""


@dataclass(frozen=True, eq=False)
class Regions:
    """The class that a network gives to every point of a grid.

    **Arguments:**

    - `x`, `y`: the grid's coordinates, (points,) each.
    - `classes`: the class at (x[j], y[i]), of shape (points, points), in row i and column j.
    - `margin`: the largest logit less the next one, likewise; small where the network hesitates.
    """

    x: Float[np.ndarray, " points"]
    y: Float[np.ndarray, " points"]
    classes: Int[np.ndarray, "points points"]
    margin: Float[np.ndarray, "points points"]


def decision_regions(
    model: Model, *, low: float = -1.0, high: float = 1.0, points: int = 200
) -> Regions:
    """The classes of a network of two inputs on an even grid over a square, both ends included.

    **Arguments:**

    - `model`: its outputs are one number per class, of which the largest decides.

    **Raises:** `ChaoscadError` for an empty square, fewer than 2 points, a network of one output, and
    outputs that are not finite.
    """
    points = whole("the number of points", points, 2, 4096)
    if not (np.isfinite([low, high]).all() and low < high):
        raise ChaoscadError(f"the grid must go from a number to a larger one, not {low} to {high}")
    line = np.linspace(low, high, points, dtype=np.float32)
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    outputs = _outputs(model, grid)
    if outputs.ndim != 2 or outputs.shape[1] < 2:
        raise ChaoscadError(
            f"the outputs have the shape {outputs.shape}; regions need one column for each of 2 or "
            "more classes"
        )
    ordered = np.sort(outputs, axis=1)
    shape = (points, points)
    return Regions(
        line,
        line,
        outputs.argmax(1).astype(np.int32).reshape(shape),
        (ordered[:, -1] - ordered[:, -2]).reshape(shape),
    )


def _outputs(model: Model, inputs: Any) -> np.ndarray:
    """A network's outputs in float64, if they are finite."""
    if not callable(model):
        raise ChaoscadError(f"a network is a function of its inputs, not {shown(repr(model))}")
    given = np.asarray(inputs)
    try:
        outputs = np.asarray(model(given), np.float64)
    except (TypeError, ValueError) as error:
        reason = str(error).split("\n", 1)[0]
        message = f"the network cannot take inputs of shape {given.shape}: {reason[:120]}"
        raise ChaoscadError(message) from None
    bad = ~np.isfinite(outputs)
    if bad.any():
        message = f"{int(bad.sum())} of {bad.size} outputs of the network are not finite"
        raise ChaoscadError(Diagnostic(message, hint="take a trial that was not retired"))
    return outputs
