"""One setting of one gate: everything that its output depends on, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

from chaoscad.logic.truth import TruthTable
from chaoscad.netlist.model import Compare, Gate
from chaoscad.systems import Setting

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Bool, Float64

ROUNDING = 1e-12
"""Distances below this share of a gate's largest value count as 0."""

_SIDES = {"1": 1.0, "0": -1.0, "-": 0.0}

Number = TypeVar("Number", int, float, "np.ndarray")


def local_states(x0: Number, delta: Sequence[Number]) -> list[Number]:
    """z = x0 + sum(delta_k I_k) at every local row, lexicographic, the first input most significant.

    Summed from the first input to the last, since float64 sums depend on their order.
    """
    found = [x0]
    for weight in delta:
        found = [state for before in found for state in (before, before + weight)]
    return found


def margins(
    distances: Float64[np.ndarray, "rows ..."], wanted: TruthTable
) -> Float64[np.ndarray, "rows ..."]:
    """The distance on the wanted side; infinite in rows that do not matter.

    Minus infinity where a value that matters is not finite.
    """
    import numpy as np

    sides = np.array([_SIDES[want] for want in wanted.rows])
    sides = sides.reshape(-1, *(1,) * (distances.ndim - 1))
    with np.errstate(invalid="ignore"):
        signed = np.where(np.isfinite(distances), sides * distances, -np.inf)
    return np.where(sides == 0, np.inf, signed)


@dataclass(frozen=True)
class Setpoint:
    """A gate's system, parameters and comparator: y = [F(x0 + sum(delta_k I_k)) compare threshold].

    Everything is evaluated in float64 by NumPy and SciPy. The values of a flow are those of one
    integrator; whether others agree on them is the question of `chaoscad.verification`, which compares
    them.

    **Arguments:**

    - `setting`: the system with the values of its parameters.
    - `iterates`: F is the `iterates`-th image of a map; 1 for a flow.
    - `x0`, `delta`, `threshold`: in the unit of the system's state; `delta` has one per input.
    """

    setting: Setting
    iterates: int
    x0: float
    delta: tuple[float, ...]
    threshold: float
    compare: Compare

    @classmethod
    def of(
        cls,
        gate: Gate,
        x0: float,
        delta: Sequence[float],
        threshold: float,
        parameters: Mapping[str, float] | None = None,
    ) -> Setpoint:
        """A setpoint of a netlist's gate: its system, iterates and comparator, with these numbers.

        **Arguments:**

        - `parameters`: of the system, where they are not as declared.
        """
        setting = gate.setting.with_values(parameters) if parameters else gate.setting
        return cls(setting, gate.iterates, x0, tuple(delta), threshold, gate.compare)

    def states(self) -> Float64[np.ndarray, " rows"]:
        """z at every local row."""
        import numpy as np

        return np.array(local_states(self.x0, self.delta), np.float64)

    def values(self) -> Float64[np.ndarray, " rows"]:
        """F(z) at every local row; NaN or infinite where the orbit escapes."""
        return self.setting.value(self.states(), self.iterates)

    def distances(
        self, values: Float64[np.ndarray, " rows"] | None = None
    ) -> Float64[np.ndarray, " rows"]:
        """Value minus threshold, turned for the comparator `<`: the output is 1 where it is positive.

        **Arguments:**

        - `values`: where they are known.
        """
        import numpy as np

        values = self.values() if values is None else values
        with np.errstate(all="ignore"):
            found = values - self.threshold
        # Rounding could have made such a distance: at equal states a map's values differ by it.
        sizes = np.abs(np.append(values, self.threshold))
        size = sizes[np.isfinite(sizes)].max(initial=0.0)
        found = np.where(np.abs(found) <= ROUNDING * size, 0.0, found)
        return found if self.compare == ">" else -found

    def bits(self) -> Bool[np.ndarray, " rows"]:
        """The output at every local row; a value at the threshold gives 0."""
        return self.distances() > 0

    def margin(self, wanted: TruthTable) -> float:
        """The least distance on the wanted side over the rows that matter; negative if one is wrong."""
        return float(margins(self.distances(), wanted).min())

    def to_data(self) -> dict[str, Any]:
        """Everything but the system, as JSON-ready data."""
        return {
            "iterates": self.iterates,
            "x0": self.x0,
            "delta": list(self.delta),
            "threshold": self.threshold,
            "compare": self.compare,
        }


@runtime_checkable
class Solved(Protocol):
    """What was found for a gate: a setpoint, and the function that it was found for.

    `function` has `-` in the rows that do not occur or do not matter.
    """

    @property
    def setpoint(self) -> Setpoint:
        """The gate's setting."""
        ...

    @property
    def function(self) -> TruthTable:
        """What it was found to compute."""
        ...
