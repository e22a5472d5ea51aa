"""The Lanczos method for a symmetric operator, with full re-orthogonalisation, as one scan.

G. H. Golub, C. F. Van Loan, Matrix Computations (4th ed., 2013), sections 10.1 and 10.3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float64, Int

Vector = Float[Array, " size"]


class Tridiagonal(NamedTuple):
    """What the operator is on the Krylov space of a start vector.

    **Arguments:**

    - `diagonal`: shape (steps,); zero after a breakdown.
    - `below`: shape (steps,); `below[j]` couples steps j and j + 1, and the last one is the norm of
      what the space leaves out. Zero from a breakdown on: the space is then invariant.
    - `basis`: shape (steps, size), orthonormal rows; zero after a breakdown.
    - `size`: steps before a breakdown.
    """

    diagonal: Float[Array, " steps"]
    below: Float[Array, " steps"]
    basis: Float[Array, "steps size"]
    size: Int[Array, ""]


def lanczos(product: Callable[[Vector], Vector], start: Vector, steps: int) -> Tridiagonal:
    """`steps` steps of the Lanczos method from a start vector, which need not have length 1.

    Every new vector is made orthogonal to all earlier ones, twice. When what remains of it is
    rounding, the earlier ones span an invariant subspace: all later entries are zero.

    **Arguments:**

    - `product`: applies the symmetric operator. Pure JAX.
    - `steps`: at most the size of the vectors makes sense.
    """
    size = start.shape[0]
    # A larger threshold would end at the bulk of a spectrum whose outliers are 10^5 times larger; a
    # breakdown that is missed only lets the method go on from a random vector.
    rounding = 8 * float(jnp.finfo(start.dtype).eps)

    def step(
        state: tuple[Array, Array, Array, Bool[Array, ""]], index: Array
    ) -> tuple[tuple[Array, Array, Array, Array], tuple[Array, Array, Array]]:
        basis, vector, scale, going = state
        basis = basis.at[index].set(vector)
        applied = product(vector)
        diagonal = jnp.vdot(vector, applied)
        for _ in range(2):
            applied = applied - basis.T @ (basis @ applied)
        below = jnp.linalg.norm(applied)
        scale = jnp.maximum(scale, jnp.maximum(jnp.abs(diagonal), below))
        # Written so that what is not finite goes on, and is found in the result.
        stays = going & ~(below <= rounding * scale)
        unit = jnp.where(stays, applied / jnp.where(stays, below, 1), 0)
        return (basis, unit, scale, stays), (diagonal, jnp.where(stays, below, 0), going)

    first = start / jnp.linalg.norm(start)
    empty = jnp.zeros((steps, size), start.dtype)
    begin = (empty, first, jnp.zeros((), start.dtype), jnp.asarray(True))
    (basis, _, _, _), (diagonal, below, going) = jax.lax.scan(step, begin, jnp.arange(steps))
    return Tridiagonal(diagonal, below, basis, going.sum())


def ritz(
    diagonal: Float[np.ndarray, " steps"], below: Float[np.ndarray, " steps"], size: int
) -> tuple[Float64[np.ndarray, " values"], Float64[np.ndarray, "values values"]]:
    """The Ritz values of the first `size` steps, rising, and their vectors as columns, in float64."""
    alpha = np.asarray(diagonal, np.float64)[:size]
    beta = np.asarray(below, np.float64)[: size - 1]
    return np.linalg.eigh(np.diag(alpha) + np.diag(beta, 1) + np.diag(beta, -1))
