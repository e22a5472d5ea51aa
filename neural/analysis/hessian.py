"""The curvature of a loss: trace, extreme eigenvalues and spectral density of its Hessian.

A loss is a function of one pytree. Its floating-point arrays are the parameters; whatever else it
holds stays fixed. The data belong to the loss. In a closure they become constants of the compiled
program; `jax.tree_util.Partial(loss, x=x, y=y)` passes them as arrays, so that another batch of the
same shape needs no second compilation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float64

from chaoscad.arguments import first_line, function, whole
from chaoscad.errors import ChaoscadError
from neural.analysis.lanczos import lanczos, ritz
from neural.keys import keys

Loss = Callable[[Any], Array]
"""From a pytree of parameters to a scalar; pure JAX."""

MOST_NUMBERS = 500_000_000
"""Most numbers of a Lanczos basis: 2 GB in float32."""


POINTS = 1024
"""Points of a spectral density: nine for a width."""


class Trace(NamedTuple):
    """Hutchinson's estimate: the mean of v . H v over the probes, and its standard error."""

    value: float
    standard_error: float


class Extremes(NamedTuple):
    """The smallest and the largest eigenvalue that the Lanczos method has found.

    **Arguments:**

    - `smallest_residual`, `largest_residual`: |H y - theta y| of the unit Ritz vector y, so that an
      eigenvalue lies within it of theta; the error of an isolated extreme one is near its square
      over the gap to the next. Take more steps where it is not small.
    - `steps`: those taken; fewer than asked when the start's invariant subspace was found.
    """

    smallest: float
    largest: float
    smallest_residual: float
    largest_residual: float
    steps: int


@dataclass(frozen=True)
class SpectralDensity:
    """The density of the eigenvalues, each smeared to a Gaussian; its integral is 1.

    **Arguments:**

    - `grid`, `density`: shape (points,); the grid reaches 5 widths beyond the nodes.
    - `nodes`, `weights`: of the Gauss quadrature behind it; the weights sum to 1.
    - `width`: standard deviation of the Gaussians, a hundredth of the range of the nodes.
    - `parameters`: number of eigenvalues, by which the density is multiplied for counts.
    """

    grid: Float64[np.ndarray, " points"]
    density: Float64[np.ndarray, " points"]
    nodes: Float64[np.ndarray, " nodes"]
    weights: Float64[np.ndarray, " nodes"]
    width: float
    parameters: int


def hessian_trace(loss: Loss, parameters: Any, key: Array, probes: int = 32) -> Trace:
    """The trace, as the mean of v . H v over random signs v.

    M. F. Hutchinson, Commun. Stat. Simul. Comput. 19, 433 (1990).

    **Arguments:**

    - `probes`: 2 or more, each costing one Hessian-vector product.

    **Raises:** `ChaoscadError` for a loss that is not a scalar or a Hessian that is not finite, and
    for fewer than 2 probes.
    """
    probes = whole("probes", probes, 2)
    _size(loss, parameters)
    samples = np.asarray(_probe(loss, parameters, keys(key, probes)), np.float64)
    _need_finite(samples)
    error = float(samples.std(ddof=1)) / math.sqrt(probes)
    return Trace(float(samples.mean()), error)


def extreme_eigenvalues(loss: Loss, parameters: Any, key: Array, steps: int = 64) -> Extremes:
    """The smallest and the largest eigenvalue, by the Lanczos method from a random start.

    **Arguments:**

    - `steps`: Hessian-vector products, at most; more than there are parameters are never taken.

    **Raises:** `ChaoscadError` for a loss that is not a scalar or a Hessian that is not finite.
    """
    # Random signs can be orthogonal to an eigenvector, (1, 1) to (1, -1); a normal vector is not.
    diagonal, below, sizes, _ = _tridiagonals(loss, parameters, key, 1, steps, jax.random.normal)
    size = int(sizes[0])
    values, vectors = ritz(diagonal[0], below[0], size)
    residuals = np.abs(float(below[0, size - 1]) * vectors[-1])
    return Extremes(*map(float, (values[0], values[-1], residuals[0], residuals[-1])), steps=size)


def spectral_density(
    loss: Loss, parameters: Any, key: Array, *, probes: int = 8, steps: int = 64
) -> SpectralDensity:
    """The density of the Hessian's eigenvalues, by stochastic Lanczos quadrature.

    Every probe, a vector of random signs, has a Gauss quadrature of its spectral measure: nodes are
    the Ritz values, weights the squared first components of their vectors. L. Lin, Y. Saad, C. Yang,
    SIAM Rev. 58, 34 (2016); B. Ghorbani, S. Krishnan, Y. Xiao, ICML 2019, arXiv 1901.10159.

    **Arguments:**

    - `probes`, `steps`: their product is the number of Hessian-vector products.

    **Raises:** `ChaoscadError` for a loss that is not a scalar or a Hessian that is not finite, and a
    bad argument.
    """
    probes = whole("probes", probes)
    diagonals, belows, sizes, size = _tridiagonals(
        loss, parameters, key, probes, steps, jax.random.rademacher
    )
    found = [ritz(*one) for one in zip(diagonals, belows, sizes.tolist(), strict=True)]
    nodes = np.concatenate([values for values, _ in found])
    weights = np.concatenate([vectors[0] ** 2 for _, vectors in found]) / probes
    order = np.argsort(nodes, kind="stable")
    nodes, weights = nodes[order], weights[order]
    # Eigenvalues that are all the same have no range.
    width = 0.01 * max(float(np.ptp(nodes)), 1e-3 * float(np.abs(nodes).max())) or 0.01
    grid = np.linspace(nodes[0] - 5 * width, nodes[-1] + 5 * width, POINTS)
    density = np.zeros(POINTS)
    for node, weight in zip(nodes, weights, strict=True):
        density += weight * np.exp(-(((grid - node) / width) ** 2) / 2)
    density /= width * math.sqrt(2 * math.pi)
    return SpectralDensity(grid, density, nodes, weights, width, size)


def _split(parameters: Any) -> tuple[Any, Any]:
    """The floating-point arrays and the rest."""
    arrays = jax.tree.map(lambda x: jnp.asarray(x) if isinstance(x, np.ndarray) else x, parameters)
    return eqx.partition(arrays, eqx.is_inexact_array)


def _size(loss: Loss, parameters: Any) -> int:
    """The number of parameters, when the loss is a scalar of them."""
    trained, fixed = _split(parameters)
    function("the loss", loss)
    leaves = jax.tree.leaves(trained)
    size = sum(leaf.size for leaf in leaves)
    if not size:
        raise ChaoscadError("there are no floating-point arrays among the parameters")
    wrong = {str(leaf.dtype) for leaf in leaves if leaf.dtype not in (jnp.float32, jnp.float64)}
    if wrong:
        raise ChaoscadError(
            f"the parameters are {', '.join(sorted(wrong))}; curvature needs float32 or float64"
        )
    try:
        result = jax.eval_shape(lambda point: jnp.asarray(loss(eqx.combine(point, fixed))), trained)
    except (TypeError, ValueError) as error:
        raise ChaoscadError(
            f"the loss does not take these parameters: {first_line(error)}"
        ) from error
    if result.shape != () or not jnp.issubdtype(result.dtype, jnp.floating):
        raise ChaoscadError(
            f"the loss gives {result.dtype} of shape {result.shape}, and must give one real number"
        )
    return size


def _need_finite(*found: np.ndarray) -> None:
    if not all(np.isfinite(one).all() for one in found):
        raise ChaoscadError("the Hessian at these parameters is not finite")


def _flat(loss: Loss, parameters: Any) -> tuple[Callable[[Array], Array], Array]:
    """The Hessian as an operator on flat vectors, and the flat parameters.

    H v is the derivative of the gradient along v (B. A. Pearlmutter, Neural Comput. 6, 147 (1994)).
    """
    trained, fixed = _split(parameters)
    flat, unravel = ravel_pytree(trained)

    def gradient(point: Array) -> Array:
        return jax.grad(lambda vector: loss(eqx.combine(unravel(vector), fixed)))(point)

    return lambda vector: jax.jvp(gradient, (flat,), (vector,))[1], flat


@eqx.filter_jit
def _probe(loss: Loss, parameters: Any, split: Array) -> Array:
    product, flat = _flat(loss, parameters)

    def one(key: Array) -> Array:
        signs = jax.random.rademacher(key, flat.shape, flat.dtype)
        return jnp.vdot(signs, product(signs))

    return jax.lax.map(one, split)


def _tridiagonals(
    loss: Loss, parameters: Any, key: Array, probes: int, steps: int, draw: Callable[..., Array]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Diagonals, couplings and sizes of every probe, and the number of parameters.

    **Arguments:**

    - `draw`: a function of `jax.random`, of key, shape and type.
    """
    steps = whole("steps", steps)
    size = _size(loss, parameters)
    steps = min(steps, size)
    if steps * size > MOST_NUMBERS:
        raise ChaoscadError(
            f"{steps} Lanczos vectors of {size} numbers do not fit; take {MOST_NUMBERS // size} steps"
        )
    found = _krylov(loss, parameters, keys(key, probes), steps, draw)
    diagonals, belows, sizes = map(np.asarray, found)
    _need_finite(diagonals, belows)
    return diagonals, belows, sizes, size


@eqx.filter_jit
def _krylov(
    loss: Loss, parameters: Any, split: Array, steps: int, draw: Callable[..., Array]
) -> tuple[Array, Array, Array]:
    product, flat = _flat(loss, parameters)

    # One probe after another: a basis is the largest thing in memory, and only one is alive.
    def one(key: Array) -> tuple[Array, Array, Array]:
        found = lanczos(product, draw(key, flat.shape, flat.dtype), steps)
        return found.diagonal, found.below, found.size

    return jax.lax.map(one, split)
