"""How different activation functions are, where their units use them.

Activations that differ by an affine function a + b z are the same to a network, whose layers before
and after can make up for it. So distances are taken between what the best affine fit leaves, in the
root mean square over the density of the pre-activations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Array, Float64, Real

from chaoscad.arguments import are_real, first_line, reals
from chaoscad.errors import ChaoscadError, told
from neural.analysis.density import Density

Activation = Callable[[Any], Any]
"""A function of real numbers, applied element by element to arrays."""

Samples = Real[Array | np.ndarray, " points"]

Activations = Sequence[Activation | Samples] | Real[Array | np.ndarray, "functions points"]
"""Functions, or their values on a density's grid."""


@dataclass(frozen=True)
class Spread:
    """Diversity over a series of snapshots, such as the outer steps of meta-learning.

    **Arguments:**

    - `mean`, `least`, `most`: of the distances between pairs; 0 where there is one function.
    - `effective`: the effective number of functions.
    """

    mean: Float64[np.ndarray, " snapshots"]
    least: Float64[np.ndarray, " snapshots"]
    most: Float64[np.ndarray, " snapshots"]
    effective: Float64[np.ndarray, " snapshots"]


def affine_free(
    activations: Activations, density: Density
) -> Float64[np.ndarray, "functions points"]:
    """What the weighted least-squares fit a + b z leaves of every function, on the density's grid.

    **Raises:** `ChaoscadError` when there are no functions, and for values that are not finite or of
    another shape than the grid.
    """
    return _without_affine(_values(activations, density), density)


def distance_matrix(
    activations: Activations, density: Density
) -> Float64[np.ndarray, "functions functions"]:
    """Root mean square differences of the affine-free parts, over the density.

    Functions evaluated in float32 have distances no smaller than its rounding, about 1e-7.

    **Raises:** `ChaoscadError`, as for `affine_free`.
    """
    return _distances(affine_free(activations, density), density)


def effective_number(activations: Activations, density: Density) -> float:
    """How many functions there are, counting by their directions: (tr G)^2 / tr G^2.

    G is the Gram matrix of the affine-free parts under the density. Equal functions, or multiples
    of each other, count as 1; K orthogonal ones of equal size as K; small ones hardly at all.

    **Returns:** 0 when all functions are affine, to the rounding of the type they give.

    **Raises:** `ChaoscadError`, as for `affine_free`.
    """
    values = _values(activations, density)
    values = values / (np.abs(values).max() or 1.0)
    parts = _without_affine(values, density)
    gram = np.einsum("ip,jp,p->ij", parts, parts, density.weights)
    # Values may come from float32, whatever type they have now.
    rounding = 32 * float(np.finfo(np.float32).eps)
    if np.trace(gram) <= rounding**2 * len(values):
        return 0.0
    return float(np.trace(gram) ** 2 / np.sum(gram**2))


def spread(snapshots: Sequence[Activations], density: Density) -> Spread:
    """How diverse the functions are in every snapshot.

    **Arguments:**

    - `snapshots`: the functions at each of them, in any number.

    **Raises:** `ChaoscadError` when there are no snapshots, and as for `affine_free`.
    """
    if not (found := list(snapshots)):
        raise ChaoscadError("no snapshots are given; give at least one")
    rows = []
    for snapshot in found:
        matrix = distance_matrix(snapshot, density)
        pairs = matrix[np.triu_indices(len(matrix), 1)]
        pairs = pairs if len(pairs) else np.zeros(1)
        rows.append((pairs.mean(), pairs.min(), pairs.max(), effective_number(snapshot, density)))
    return Spread(*np.array(rows, np.float64).T)


def _values(activations: Activations, density: Density) -> Float64[np.ndarray, "functions points"]:
    """The functions on the grid, every one checked."""
    if not isinstance(density, Density):
        raise ChaoscadError(
            f"the density is {told(density)}; make one with gaussian_density or sampled_density"
        )
    if hasattr(activations, "shape"):
        values = reals("the activations", activations, "functions points")
        if values.shape[1] != len(density.grid):
            raise ChaoscadError(
                f"the activations have {values.shape[1]} points, and the density's grid has "
                f"{len(density.grid)}"
            )
        return values
    if callable(activations) or not isinstance(activations, Iterable):
        raise ChaoscadError("the activations must be a list of functions, also when there is one")
    rows = [_on_grid(item, index, density) for index, item in enumerate(activations)]
    if not rows:
        raise ChaoscadError("no activations are given; give at least one")
    return np.stack(rows)


def _on_grid(item: Any, index: int, density: Density) -> Float64[np.ndarray, " points"]:
    # What is not a function is a row of samples: a list of rows will do for an array.
    try:
        found = np.asarray(item(density.grid) if callable(item) else item)
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


def _without_affine(
    values: Float64[np.ndarray, "functions points"], density: Density
) -> Float64[np.ndarray, "functions points"]:
    z = (density.grid - density.mean) / density.deviation
    rest = values
    # The second pass removes what rounding leaves of a large affine part.
    for _ in range(2):
        rest = rest - (rest @ density.weights)[:, None]
        rest = rest - (rest @ (density.weights * z))[:, None] * z
    return rest


def _distances(
    parts: Float64[np.ndarray, "functions points"], density: Density
) -> Float64[np.ndarray, "functions functions"]:
    found = np.empty((len(parts), len(parts)))
    size = float(np.abs(parts).max()) or 1.0
    unit = parts / size
    for index, part in enumerate(unit):
        found[index] = size * np.sqrt((unit - part) ** 2 @ density.weights)
    return found
