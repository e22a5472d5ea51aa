"""The built-in one-dimensional maps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from chaoscad.systems.model import Map, Parameter


def _logistic(xp: Any, x: Any, p: Mapping[str, Any]) -> Any:
    return p["a"] * x * (1 - x)


def _tent(xp: Any, x: Any, p: Mapping[str, Any]) -> Any:
    return p["mu"] * xp.minimum(x, 1 - x)


def _sine(xp: Any, x: Any, p: Mapping[str, Any]) -> Any:
    return p["r"] * xp.sin(math.pi * x)


def _cubic(xp: Any, x: Any, p: Mapping[str, Any]) -> Any:
    return p["r"] * x * (1 - x * x)


MAPS: tuple[Map, ...] = (
    Map(
        name="logistic",
        title="logistic map",
        formula="a*x*(1 - x)",
        parameters=(Parameter("a", 4.0, 0.0, 4.0, "1", "growth rate"),),
        state=(0.0, 1.0),
        step=_logistic,
        citation="R. M. May, Nature 261, 459 (1976)",
    ),
    Map(
        name="tent",
        title="tent map",
        formula="mu*minimum(x, 1 - x)",
        parameters=(Parameter("mu", 2.0, 0.0, 2.0, "1", "slope of both sides"),),
        state=(0.0, 1.0),
        step=_tent,
        citation="E. Ott, Chaos in Dynamical Systems, 2nd ed., Cambridge (2002), section 2.1",
    ),
    Map(
        name="sine",
        title="sine map",
        formula="r*sin(pi*x)",
        parameters=(Parameter("r", 1.0, 0.0, 1.0, "1", "height of the maximum"),),
        state=(0.0, 1.0),
        step=_sine,
        citation="S. H. Strogatz, Nonlinear Dynamics and Chaos, 2nd ed., Westview (2015), "
        "section 10.6",
    ),
    Map(
        name="cubic",
        title="cubic map",
        formula="r*x*(1 - x^2)",
        parameters=(Parameter("r", 1.5 * math.sqrt(3.0), 0.0, 1.5 * math.sqrt(3.0), "1", "gain"),),
        state=(-1.0, 1.0),
        step=_cubic,
        citation="T. D. Rogers, D. C. Whitley, Math. Modelling 4, 9 (1983)",
    ),
)
