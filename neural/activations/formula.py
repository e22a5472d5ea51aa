"""A learned activation in closed form: a short sum of known functions, fitted where the units work."""

import itertools
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from chaoscad.arguments import finite, not_negative, positive, whole
from chaoscad.errors import ChaoscadError
from neural.activations.modules import Activation
from neural.activations.table import sampled


def _terms() -> dict[str, Callable[[Array], Array]]:
    found: dict[str, Callable[[Array], Array]] = {
        "1": jnp.ones_like,
        "z": lambda z: z,
        "z^2": jnp.square,
        "z^3": lambda z: z**3,
        "exp(-z^2/2)": lambda z: jnp.exp(-0.5 * z * z),
        "z exp(-z^2/2)": lambda z: z * jnp.exp(-0.5 * z * z),
    }
    for rate in (0.5, 1.0, 1.5, 2.0, 3.0):
        inner = "z" if rate == 1 else f"{rate:g}z"
        found[f"sin({inner})"] = lambda z, rate=rate: jnp.sin(rate * z)
        found[f"cos({inner})"] = lambda z, rate=rate: jnp.cos(rate * z)
        found[f"tanh({inner})"] = lambda z, rate=rate: jnp.tanh(rate * z)
    return found


TERMS = _terms()
"""The functions that a closed form may be a sum of; all are smooth."""

MOST = 6
"""Most terms of a formula: all sets of so many are compared."""


class Formula(Activation):
    """sum_i coefficient_i term_i(z).

    **Arguments:**

    - `error`: the root mean square of what is left, over the density that it was fitted under;
      `largest`: the largest deviation on the grid.
    """

    coefficients: Float[Array, " terms"]
    names: tuple[str, ...] = eqx.field(static=True)
    error: float = eqx.field(static=True)
    largest: float = eqx.field(static=True)
    label: str = eqx.field(static=True, default="formula")  # pyright: ignore[reportIncompatibleMethodOverride]

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return sum(
            (self.coefficients[index] * TERMS[name](z) for index, name in enumerate(self.names)),
            start=jnp.zeros_like(z),
        )

    def __str__(self) -> str:
        text = ""
        for value, name in zip(np.asarray(self.coefficients), self.names, strict=True):
            sign = ("-" if value < 0 else "") if not text else (" - " if value < 0 else " + ")
            text += f"{sign}{abs(value):.4g}" + ("" if name == "1" else f" {name}")
        return text

    def to_data(self) -> dict[str, Any]:
        return {
            "kind": "formula",
            "names": list(self.names),
            "error": self.error,
            "largest": self.largest,
            "label": self.label,
        }


def closed_form(
    activation: Callable[[Array], Array],
    *,
    low: float = -4.0,
    high: float = 4.0,
    spread: float = 1.5,
    most: int = 6,
    tolerance: float = 0.01,
) -> Formula:
    """The shortest sum of `TERMS` near an activation, in weighted least squares.

    All sets of one term are compared, then all of two, until the best set's error is small enough:
    best-subset selection, without a greedy choice to regret.

    **Arguments:**

    - `low`, `high`: the range of z; `spread`: the standard deviation of the normal density of
      pre-activations under which the squared error is weighted.
    - `most`: terms at most; `tolerance`: rms error to stop at.

    **Raises:** `ChaoscadError` for an empty range, one that the density does not reach, no terms, or
    an activation whose values are not one finite real number for each z.
    """
    low, high = finite("low", low), finite("high", high)
    spread, tolerance = positive("spread", spread), not_negative("tolerance", tolerance)
    most = whole("the number of a fit's terms", most, 1, MOST)
    if not low < high:
        raise ChaoscadError(f"a fit from {low:g} to {high:g} was asked for; low must be below high")
    grid = np.linspace(low, high, 801)
    wanted = sampled(activation, jnp.asarray(grid))
    if not np.isfinite(wanted).all():
        where = grid[~np.isfinite(wanted)][0]
        raise ChaoscadError(f"the activation is not finite at {where:g}; it cannot be fitted")
    weight = np.exp(-0.5 * (grid / spread) ** 2)
    if not weight.sum():
        raise ChaoscadError(
            f"a density of spread {spread:g} has no weight from {low:g} to {high:g}; "
            "take a wider one, or a range that holds 0"
        )
    root = np.sqrt(weight / weight.sum())
    names, z = list(TERMS), jnp.asarray(grid)
    columns = np.stack([np.asarray(TERMS[name](z), np.float64) for name in names], axis=1)
    scaled = columns * root[:, None]
    norms = np.linalg.norm(scaled, axis=0)
    norms[norms == 0] = 1.0
    chosen = _best(scaled / norms, wanted * root, 1)
    for count in range(2, most + 1):
        if _left(scaled, wanted * root, chosen) <= tolerance:
            break
        chosen = _best(scaled / norms, wanted * root, count)
    coefficients = np.linalg.lstsq(scaled[:, chosen], wanted * root, rcond=None)[0]
    return Formula(
        coefficients=jnp.asarray(coefficients, jnp.result_type(float)),
        names=tuple(names[index] for index in chosen),
        error=_left(scaled, wanted * root, chosen),
        largest=float(np.abs(wanted - columns[:, chosen] @ coefficients).max()),
        label=getattr(activation, "label", "formula"),
    )


def _best(columns: np.ndarray, wanted: np.ndarray, count: int) -> list[int]:
    """The `count` columns whose span comes nearest."""
    sets = np.array(list(itertools.combinations(range(columns.shape[1]), count)))
    products = columns.T @ columns
    onto = columns.T @ wanted
    squares = products[sets[:, :, None], sets[:, None, :]] + 1e-12 * np.eye(count)
    solved = np.linalg.solve(squares, onto[sets][..., None])[..., 0]
    explained = (solved * onto[sets]).sum(1)
    return sets[int(explained.argmax())].tolist()


def _left(columns: np.ndarray, wanted: np.ndarray, chosen: list[int]) -> float:
    """The root mean square that the chosen columns leave."""
    solution = np.linalg.lstsq(columns[:, chosen], wanted, rcond=None)[0]
    return float(np.linalg.norm(wanted - columns[:, chosen] @ solution))
