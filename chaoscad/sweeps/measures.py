"""What is measured at every point of a sweep, and which variables of the results hold it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chaoscad.sweeps.points import Point


@dataclass(frozen=True)
class Variable:
    """One array of the results.

    **Arguments:**

    - `unit`: `"1"` for a number without one; `{value}` stands for the unit of the gates' values.
    - `kind`: `number` (float64, NaN where there is none) or `truth`.
    """

    name: str
    meaning: str
    unit: str = "1"
    kind: str = "number"


@dataclass(frozen=True)
class Measure:
    """One measure.

    **Arguments:**

    - `of`: whether it is of the `design` that is found at a point, or of its `system` alone.
    - `take`: the values of the variables at a point, in their order; raises `ChaoscadError`.
    """

    name: str
    variables: tuple[Variable, ...]
    of: str
    take: Callable[[Point], tuple[Any, ...]]


def _solved(point: Point) -> tuple[Any, ...]:
    return (point.solved,)


def _margin(point: Point) -> tuple[Any, ...]:
    assert point.found is not None
    return (point.found.verification.worst_margin if point.solved else float("nan"),)


def _bound(point: Point) -> tuple[Any, ...]:
    assert point.found is not None
    bounds = [gate.bound for gate in point.found.solution.gates.values()]
    least = min(bounds, default=float("inf"))
    return (least if point.solved and least < float("inf") else float("nan"),)


def _yield(point: Point) -> tuple[Any, ...]:
    from chaoscad.robustness import deviations_of, measure

    if not point.solved:
        return (float("nan"),) * 3
    design = point.design
    found = measure(
        design, deviations_of(design), devices=point.choices.devices, seed=point.choices.seed
    ).yield_
    return (found.value, *found.interval)


def _bit_error_rate(point: Point) -> tuple[Any, ...]:
    from chaoscad.robustness import bit_error_rates, deviations_of

    if not point.solved:
        return (float("nan"),) * 3
    design = point.design
    found = bit_error_rates(
        design, deviations_of(design), trials=point.choices.trials, seed=point.choices.seed
    )
    worst = found.worst_output.errors if found.outputs else found.worst.errors
    return (worst.value, *worst.interval)


def _lyapunov(point: Point) -> tuple[Any, ...]:
    return max(point.exponents(gate.setting) for gate in point.netlist.gates)


def _word_length(point: Point) -> tuple[Any, ...]:
    from chaoscad.evidence import Evidence
    from chaoscad.fixed_point.widths import widths

    if not point.solved:
        return (float("nan"),)
    settled = widths(Evidence(point.design)).settled
    return (float("nan") if settled is None else settled,)


def _run_time(point: Point) -> tuple[Any, ...]:
    return (point.seconds,)


_ALL = (
    Measure(
        "solved",
        (
            Variable(
                "solved", "whether every row is right, by verification in float64", kind="truth"
            ),
        ),
        "design",
        _solved,
    ),
    Measure(
        "margin",
        (Variable("margin", "least distance from a threshold over all gates and rows", "{value}"),),
        "design",
        _margin,
    ),
    Measure(
        "bound",
        (Variable("bound", "proven: no setting has a greater margin", "{value}"),),
        "design",
        _bound,
    ),
    Measure(
        "yield",
        (
            Variable("yield", "share of devices that compute every row"),
            Variable("yield_low", "lower end of its exact 99 % interval"),
            Variable("yield_high", "upper end of its exact 99 % interval"),
        ),
        "design",
        _yield,
    ),
    Measure(
        "bit_error_rate",
        (
            Variable(
                "bit_error_rate", "of the output and the row that noise makes wrong most often"
            ),
            Variable("bit_error_rate_low", "lower end of its exact 99 % interval"),
            Variable("bit_error_rate_high", "upper end of its exact 99 % interval"),
        ),
        "design",
        _bit_error_rate,
    ),
    Measure(
        "lyapunov",
        (
            Variable("lyapunov", "largest Lyapunov exponent of the gates' systems", "{exponent}"),
            Variable("lyapunov_error", "its standard error", "{exponent}"),
        ),
        "system",
        _lyapunov,
    ),
    Measure(
        "word_length",
        (
            Variable(
                "word_length",
                "fraction bits from which on every width of a word computes it",
                "bit",
            ),
        ),
        "design",
        _word_length,
    ),
    Measure(
        "run_time",
        (
            Variable(
                "run_time",
                "time that the point took, its share of its batch; another one in every run",
                "s",
            ),
        ),
        "design",
        _run_time,
    ),
)

MEASURES = {item.name: item for item in _ALL}
"""The measures by name, in the order of the results."""
