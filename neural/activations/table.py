"""A learned activation as a table: a natural cubic spline, in and out of CSV."""

import os
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.linalg import solve_banded

from chaoscad import instrument
from chaoscad.arguments import check_path, finite, function, real_array, whole
from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.files import LARGEST_FILE, write_text
from neural.activations.modules import Activation, Learned

COLUMNS = ("z", "value")


class Tabulated(Activation):
    """A natural cubic spline through values on a uniform grid.

    Outside the grid it goes on as the straight line that the spline ends in: its second derivative
    is continuous everywhere.

    **Arguments:**

    - `value`, `slope`: at the grid's points.
    - `low`, `high`: the grid's ends.
    """

    value: Float[Array, " points"]
    slope: Float[Array, " points"]
    low: float = eqx.field(static=True)
    high: float = eqx.field(static=True)
    label: str = eqx.field(static=True, default="table")  # pyright: ignore[reportIncompatibleMethodOverride]

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        points = self.value.shape[0]
        width = (self.high - self.low) / (points - 1)
        inside = jnp.clip(z, self.low, self.high)
        position = (inside - self.low) / width
        left = jnp.clip(jnp.floor(position).astype(int), 0, points - 2)
        t = position - left
        # Hermite's cubic through the values and slopes at both ends of the interval.
        y0, y1 = self.value[left], self.value[left + 1]
        m0, m1 = width * self.slope[left], width * self.slope[left + 1]
        cubic = y0 + t * (m0 + t * (3 * (y1 - y0) - 2 * m0 - m1 + t * (2 * (y0 - y1) + m0 + m1)))
        end = jnp.where(z < self.low, self.slope[0], self.slope[-1])
        return cubic + jnp.where(z == inside, 0.0, end * (z - inside))

    def to_data(self) -> dict[str, Any]:
        return {
            "kind": "table",
            "low": self.low,
            "high": self.high,
            "points": self.value.shape[-1],
            "label": self.label,
        }

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the columns z and value, with all digits.

        **Raises:** `ChaoscadError` when the file cannot be written.
        """
        z = np.linspace(self.low, self.high, len(self.value))
        rows = zip(z.tolist(), np.asarray(self.value).tolist(), strict=True)
        lines = [",".join(COLUMNS), *(f"{at!r},{value!r}" for at, value in rows)]
        write_text(path, "\n".join(lines) + "\n")


def spline(low: float, high: float, values: np.ndarray, label: str = "table") -> Tabulated:
    """The table of given values at equal distances from `low` to `high`.

    **Raises:** `ChaoscadError` when the numbers of JAX cannot tell the grid's points apart, or hold
    its values or slopes.
    """
    kind = jnp.result_type(float)
    with np.errstate(over="ignore", invalid="ignore"):
        z = np.linspace(low, high, len(values))
        apart = (np.diff(z.astype(kind)) > 0).all() and np.isfinite(z.astype(kind)).all()
        if not apart:
            raise ChaoscadError(
                f"{len(values)} points from {low:g} to {high:g} cannot be told apart in {kind}; "
                "take a range near 0, and fewer points"
            )
        slope = _slopes(np.asarray(values, np.float64), z[1] - z[0])
        if not np.isfinite(np.asarray([values, slope]).astype(kind)).all():
            raise ChaoscadError(f"the table's values or slopes are too large for {kind}")
    return Tabulated(
        value=jnp.asarray(values, kind),
        slope=jnp.asarray(slope, kind),
        low=float(low),
        high=float(high),
        label=label,
    )


def _slopes(values: np.ndarray, width: float) -> np.ndarray:
    """The slopes m of the natural cubic spline, by m_(i-1) + 4 m_i + m_(i+1) = 3 (y_(i+1) - y_(i-1)) / h.

    C. de Boor, A Practical Guide to Splines (1978), chapter IV; at the ends 2 m_0 + m_1 = 3 (y_1 - y_0) / h.
    """
    bands = np.ones((3, len(values)))
    bands[1] = [2.0, *[4.0] * (len(values) - 2), 2.0]
    # Differences of neighbours repeated at the ends are the right sides there, too.
    beyond = np.pad(values, 1, "edge")
    right = 3 * (beyond[2:] - beyond[:-2]) / width
    return solve_banded((1, 1), bands, right, check_finite=False)


def tabulate(
    activation: Callable[[Array], Array],
    low: float = -10.0,
    high: float = 10.0,
    points: int = 513,
    label: str | None = None,
) -> Tabulated:
    """An activation as a table of `points` values from `low` to `high`.

    **Raises:** `ChaoscadError` for fewer than 4 points, an empty range, or an activation whose values
    are not one finite real number for each point.
    """
    points = whole("the number of a table's points", points, 4, 10_000_000)
    low, high = finite("low", low), finite("high", high)
    if not low < high:
        raise ChaoscadError(
            f"a table from {low:g} to {high:g} was asked for; low must be below high"
        )
    values = sampled(activation, jnp.asarray(np.linspace(low, high, points)))
    if not np.isfinite(values).all():
        where = np.linspace(low, high, points)[~np.isfinite(values)][0]
        raise ChaoscadError(f"the activation is not finite at {where:g}; it cannot be tabulated")
    return spline(low, high, values, label or getattr(activation, "label", "table"))


FROZEN = (-32.0, 32.0, 4097)
"""The ends and points of the table that stands for a frozen activation while a network trains.

With 64 points for a unit the spline of a function whose fourth derivative is 1 is wrong by 1.6e-10,
less than float32 rounds.
"""


def as_table(activation: Activation) -> Activation:
    """The table of a learned activation that does not move, anything else as it is.

    It costs three products and sums in place of a network; beyond its ends it is a straight line.
    """
    if isinstance(activation, Learned) and not activation.trained:
        # One program for all of them, in place of one for every operation.
        return tabulate(eqx.filter_jit(activation), *FROZEN, activation.label)
    return activation


def sampled(activation: Callable[[Array], Array], z: Float[Array, " points"]) -> np.ndarray:
    """The activation's values in float64.

    **Raises:** `ChaoscadError` when they are not one real number for each point.
    """
    function("an activation", activation)
    values = real_array("the activation's values", activation(z))
    if values.shape != z.shape:
        raise ChaoscadError(
            f"the activation gives shape {values.shape} for {len(z)} points; it must act on each "
            f"point on its own, and give shape {z.shape}"
        )
    return values.astype(np.float64)


def read_table(path: str | os.PathLike[str]) -> Tabulated:
    """The table of a CSV file with the columns z and value, or of another file of an instrument.

    **Raises:** `ChaoscadError` with the line for missing columns, cells that are no finite numbers,
    fewer than 4 rows, or a z that is not at equal distances.
    """
    check_path(path)
    table = instrument.read_table(
        instrument.read_instrument_text(path, LARGEST_FILE), os.fspath(path)
    )
    numbers = table.numbers([table.place(name) for name in COLUMNS])
    z, values = map(np.asarray, numbers.values)
    if len(z) < 4:
        message = f"the table has {len(z)} rows; a spline needs at least 4"
        raise ChaoscadError(Diagnostic(message, table.file))
    steps = np.diff(z)
    uneven = np.flatnonzero(np.abs(steps - steps.mean()) > 1e-4 * abs(steps.mean()))
    if steps.mean() <= 0 or len(uneven):
        at = int(uneven[0]) + 1 if len(uneven) else 1
        table.fail("z must rise by equal steps", numbers.lines[at])
    try:
        return spline(z[0], z[-1], values)
    except ChaoscadError as error:
        raise ChaoscadError(Diagnostic(error.diagnostics[0].message, table.file)) from None
