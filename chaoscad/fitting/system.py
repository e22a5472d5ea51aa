"""What a fit of a system's parameters gives, and the fit of a map to a transfer curve."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float64

from chaoscad.errors import ChaoscadError, Diagnostic, listed, nearest, shown
from chaoscad.fitting.residuals import Structure, structure_of
from chaoscad.instrument import Remark
from chaoscad.systems import Flow, Parameter, Setting

FLAT = 1e-10
"""The part of the largest singular value below which the data say nothing of a direction."""

MOST_EVALUATIONS = 200
"""Most evaluations of one least-squares problem."""


@dataclass(frozen=True)
class SystemFit:
    """A system whose parameters were fitted to a measurement.

    **Arguments:**

    - `setting`: with the parameters that were found.
    - `errors`: by the parameters that were fitted, the standard error.
    - `covariance`: of these parameters, in their order.
    - `residual`: the standard deviation of the residuals, in the system's unit.
    - `axis`: the inputs, the times in the system's unit, or the numbers of the iterates; `outputs`,
      `model`: what was measured there, and what the system gives.
    - `kind`: of the axis.
    - `structure`: of the residuals.
    - `jump`: of a record in time, the largest jump between pieces of its trajectory, as a part of the noise.
    - `warnings`: what is wrong with the fit, in sentences.
    """

    setting: Setting
    errors: Mapping[str, float]
    covariance: Float64[np.ndarray, "p p"]
    residual: float
    axis: Float64[np.ndarray, " n"]
    outputs: Float64[np.ndarray, " n"]
    model: Float64[np.ndarray, " n"]
    kind: Literal["input", "time", "iterate"]
    structure: Structure
    jump: float | None = None
    remarks: tuple[Remark, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def residuals(self) -> Float64[np.ndarray, " n"]:
        """What was measured less what the system gives."""
        return self.outputs - self.model

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters that were fitted."""
        return {name: self.setting.parameters[name] for name in self.errors}

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "system": self.setting.to_data(),
            "parameters": self.parameters,
            "errors": dict(self.errors),
            "covariance": self.covariance.tolist(),
            "residual": self.residual,
            "points": len(self.axis),
            "residuals": self.structure.to_data(),
            "jump": self.jump,
            "remarks": [str(remark) for remark in self.remarks],
            "warnings": list(self.warnings),
        }


def free_parameters(setting: Setting, names: Sequence[str] | None) -> list[Parameter]:
    """The parameters that are fitted: those named, or all that are not whole numbers.

    **Raises:** `ChaoscadError` for a name that is no parameter, a whole one, and for none at all.
    """
    own = {item.name: item for item in setting.system.parameters}
    if names is None:
        found = [item for item in own.values() if not item.whole]
        if not found:
            raise ChaoscadError(f"{setting.system.name} has no parameters to fit")
        return found
    for name in names:
        if name not in own:
            hint = nearest(name, own) or "it has " + (listed(own) or "none")
            message = f"{setting.system.name} has no parameter {shown(name)}"
            raise ChaoscadError(Diagnostic(message, hint=hint))
        if own[name].whole:
            raise ChaoscadError(f"{name} is a whole number, and is not fitted")
    return [own[name] for name in dict.fromkeys(names)]


def fit_map(
    setting: Setting,
    inputs: Float64[np.ndarray, " n"],
    outputs: Float64[np.ndarray, " n"],
    free: Sequence[Parameter],
) -> SystemFit:
    """The parameters of a map for which F(input) is nearest to the outputs, by least squares.

    The covariance is s^2 (J^T J)^-1 with s^2 the sum of squares over the degrees of freedom (G. A. F.
    Seber, C. J. Wild, Nonlinear Regression, Wiley (1989), section 2.1.2); it supposes that the model is
    right and that the residuals are independent.

    **Raises:** `ChaoscadError` for too few points, and for points that do not determine a parameter.
    """
    if isinstance(setting.system, Flow):
        raise ChaoscadError(f"{setting.system.name} is a flow, and is fitted to a record in time")
    order = np.argsort(inputs, kind="stable")
    x, y = inputs[order], outputs[order]
    names = [item.name for item in free]

    def residuals(values: np.ndarray) -> np.ndarray:
        found = setting.value(x, 1, dict(zip(names, values.tolist(), strict=True)))
        # Far off, where the map is not finite, the search is turned back.
        return np.nan_to_num(found - y, nan=1e12, posinf=1e12, neginf=-1e12)

    start = np.array([setting.parameters[name] for name in names])
    found = solved(residuals, start, free)
    count = len(x) - len(names)
    if count < 1:
        raise ChaoscadError(f"{len(x)} points do not determine {len(names)} parameters and noise")
    variance = float(found.residuals @ found.residuals) / count
    covariance = variance * inverse(found.jacobian, names)
    errors = dict(zip(names, np.sqrt(np.diag(covariance)).tolist(), strict=True))
    fitted = setting.with_values(dict(zip(names, found.values.tolist(), strict=True)))
    model = fitted.value(x)
    structure = structure_of(y - model)
    return SystemFit(
        setting=fitted,
        errors=errors,
        covariance=covariance,
        residual=math.sqrt(variance),
        axis=x,
        outputs=y,
        model=model,
        kind="input",
        structure=structure,
        warnings=tuple(warnings_of(structure, fitted, free)),
    )


@dataclass(frozen=True)
class Solved:
    """A least-squares solution."""

    values: np.ndarray
    residuals: np.ndarray
    jacobian: np.ndarray


def solved(
    residuals: Callable[[np.ndarray], np.ndarray],
    start: np.ndarray,
    free: Sequence[Parameter],
    jacobian: Callable[[np.ndarray], np.ndarray] | None = None,
    tolerance: float = 1e-12,
    most: int = MOST_EVALUATIONS,
) -> Solved:
    """Least squares from a start, within the ranges of the first values, which are `free`."""
    from scipy.optimize import least_squares

    low, high = np.full(len(start), -np.inf), np.full(len(start), np.inf)
    low[: len(free)] = [item.low for item in free]
    high[: len(free)] = [item.high for item in free]
    # A start at a bound has no way to go.
    inside = np.clip(start, low, high)
    room = np.where(np.isfinite(high - low), 1e-3 * (high - low), 0.0)
    inside = np.clip(inside, low + room, high - room)
    with np.errstate(all="ignore"):
        found = least_squares(
            residuals,
            inside,
            jac=jacobian or "3-point",  # type: ignore[arg-type]
            bounds=(low, high),
            x_scale="jac",
            xtol=tolerance,
            ftol=tolerance,
            gtol=tolerance,
            max_nfev=most,
        )
    return Solved(found.x, np.asarray(found.fun), np.asarray(found.jac))


def inverse(jacobian: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """The block of (J^T J)^-1 that belongs to the first unknowns, which are `names`.

    **Raises:** `ChaoscadError` where the data do not determine one of them.
    """
    scale = np.linalg.norm(jacobian, axis=0)
    dead = [name for name, size in zip(names, scale, strict=False) if not size > 0]
    if not dead:
        _, values, rows = np.linalg.svd(
            jacobian / np.where(scale > 0, scale, 1.0), full_matrices=False
        )
        weak = np.abs(rows[values < FLAT * values[0]][:, : len(names)]).max(0, initial=0.0)
        dead = [name for name, size in zip(names, weak, strict=False) if size > 0.1]
        if not dead:
            sound = values > FLAT * values[0]
            part = rows[sound][:, : len(names)] / values[sound, None]
            return (part.T @ part) / np.outer(scale[: len(names)], scale[: len(names)])
    hint = "fix some by their values, and name the others by --free"
    raise ChaoscadError(Diagnostic(f"the points do not determine {listed(dead)}", hint=hint))


def warnings_of(structure: Structure, fitted: Setting, free: Sequence[Parameter]) -> list[str]:
    """What is wrong with a fit: residuals with structure, parameters at the ends of their ranges."""
    found = [_wrong_model(structure)] if structure.structured else []
    for item in free:
        value = fitted.parameters[item.name]
        size = item.high - item.low
        if math.isfinite(size) and min(value - item.low, item.high - value) < 1e-6 * size:
            found.append(f"{item.name} is at the end of its range, [{item.low:g}, {item.high:g}]")
    return found


def _wrong_model(structure: Structure) -> str:
    return (
        f"the residuals are not noise but resemble their neighbours ({structure}): the model is wrong, or "
        "the noise is not independent, and the standard errors are too small"
    )
