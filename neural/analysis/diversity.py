"""How different activation functions are, where their units use them.

Activations that differ by an affine function a + b z are the same to a network, whose layers before
and after can make up for it. So distances are taken between what the best affine fit leaves, in the
root mean square over the density of the pre-activations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64

from chaoscad.arguments import are_real, first_line, function, instance
from chaoscad.errors import ChaoscadError
from neural.analysis.density import Density

Activation = Callable[[Any], Any]
"""A function of real numbers, applied element by element to arrays."""

Activations = Sequence[Activation]


def affine_free(
    activations: Activations, density: Density
) -> Float64[np.ndarray, "functions points"]:
    """What the weighted least-squares fit a + b z leaves of every function, on the density's grid.

    **Raises:** `ChaoscadError` when there are no functions, and for values that are not finite or of
    another shape than the grid.
    """
    rest = _values(activations, density)
    z = (density.grid - density.mean) / density.deviation
    # The second pass removes what rounding leaves of a large affine part.
    for _ in range(2):
        rest = rest - (rest @ density.weights)[:, None]
        rest = rest - (rest @ (density.weights * z))[:, None] * z
    return rest


def distance_matrix(
    activations: Activations, density: Density
) -> Float64[np.ndarray, "functions functions"]:
    """Root mean square differences of the affine-free parts, over the density.

    Functions evaluated in float32 have distances no smaller than its rounding, about 1e-7.

    **Raises:** `ChaoscadError`, as for `affine_free`.
    """
    parts = affine_free(activations, density)
    # Squares of the largest numbers overflow.
    size = float(np.abs(parts).max()) or 1.0
    unit = parts / size
    return np.stack([size * np.sqrt((unit - part) ** 2 @ density.weights) for part in unit])


def _values(activations: Activations, density: Density) -> Float64[np.ndarray, "functions points"]:
    """The functions on the grid, every one checked."""
    instance("the density", density, Density, "sampled_density(samples)")
    if callable(activations) or not isinstance(activations, Iterable):
        raise ChaoscadError("the activations must be a list of functions, also when there is one")
    rows = [_on_grid(item, index, density) for index, item in enumerate(activations)]
    if not rows:
        raise ChaoscadError("no activations are given; give at least one")
    return np.stack(rows)


def _on_grid(item: Any, index: int, density: Density) -> Float64[np.ndarray, " points"]:
    function(f"activation {index}", item)
    try:
        found = np.asarray(item(density.grid))
    except (TypeError, ValueError) as error:
        raise ChaoscadError(
            f"activation {index} does not take an array of shape {density.grid.shape}: "
            f"{first_line(error)}"
        ) from error
    if found.shape != density.grid.shape or not are_real(found):
        raise ChaoscadError(
            f"activation {index} gives {found.dtype} of shape {found.shape} on the grid of shape "
            f"{density.grid.shape}, and must give a real number for every point"
        )
    row = found.astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(row))
    if len(bad):
        raise ChaoscadError(f"activation {index} is {row[bad[0]]} at z = {density.grid[bad[0]]:g}")
    return row
