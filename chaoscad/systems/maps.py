"""The built-in maps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from chaoscad.systems.model import Map, Parameter, State

HIGHEST_ORDER = 8
"""Highest order of the Chebyshev map."""


def _logistic(xp: Any, s: State, p: Mapping[str, Any]) -> State:
    (x,) = s
    return (p["a"] * x * (1 - x),)


def _tent(xp: Any, s: State, p: Mapping[str, Any]) -> State:
    (x,) = s
    return (p["mu"] * xp.minimum(x, 1 - x),)


def _sine(xp: Any, s: State, p: Mapping[str, Any]) -> State:
    (x,) = s
    return (p["r"] * xp.sin(math.pi * x),)


def _cubic(xp: Any, s: State, p: Mapping[str, Any]) -> State:
    (x,) = s
    return (p["r"] * x * (1 - x * x),)


def _gauss(xp: Any, s: State, p: Mapping[str, Any]) -> State:
    (x,) = s
    return (xp.exp(-p["alpha"] * x * x) + p["beta"],)


def _chebyshev(xp: Any, s: State, p: Mapping[str, Any]) -> State:
    # The polynomials by their recurrence: cos(k arccos x) has no derivative at the ends.
    (x,) = s
    before, current = x * 0 + 1, x
    chosen = x
    for order in range(2, HIGHEST_ORDER + 1):
        before, current = current, 2 * x * current - before
        chosen = xp.where(p["k"] == order, current, chosen)
    return (chosen,)


def _quadratic(xp: Any, s: State, p: Mapping[str, Any]) -> State:
    (x,) = s
    return (x * x + p["c"],)


def _circle(xp: Any, s: State, p: Mapping[str, Any]) -> State:
    (x,) = s
    turned = x + p["omega"] - p["k"] / (2 * math.pi) * xp.sin(2 * math.pi * x)
    return (turned - xp.floor(turned),)


def _bernoulli(xp: Any, s: State, p: Mapping[str, Any]) -> State:
    (x,) = s
    stretched = p["beta"] * x
    return (stretched - xp.floor(stretched),)


def _henon(xp: Any, s: State, p: Mapping[str, Any]) -> State:
    x, y = s
    return 1 - p["a"] * x * x + y, p["b"] * x


def _lozi(xp: Any, s: State, p: Mapping[str, Any]) -> State:
    x, y = s
    return 1 - p["a"] * xp.abs(x) + y, p["b"] * x


STEEPEST_CUBIC = 1.5 * math.sqrt(3.0)

MAPS: tuple[Map, ...] = (
    Map(
        name="logistic",
        title="logistic map",
        formula="a*x*(1 - x)",
        parameters=(Parameter("a", 4.0, 0.0, 4.0, "1", "growth rate"),),
        state=(0.0, 1.0),
        step=_logistic,
        lyapunov=math.log(2),
        citation="R. M. May, Nature 261, 459 (1976)",
    ),
    Map(
        name="tent",
        title="tent map",
        formula="mu*minimum(x, 1 - x)",
        parameters=(Parameter("mu", 2.0, 0.0, 2.0, "1", "slope of both sides"),),
        state=(0.0, 1.0),
        step=_tent,
        lyapunov=math.log(2),
        citation="E. Ott, Chaos in Dynamical Systems, 2nd ed., Cambridge (2002), section 2.1",
    ),
    Map(
        name="sine",
        title="sine map",
        formula="r*sin(pi*x)",
        parameters=(Parameter("r", 1.0, 0.0, 1.0, "1", "height of the maximum"),),
        state=(0.0, 1.0),
        step=_sine,
        lyapunov=0.689,
        citation="S. H. Strogatz, Nonlinear Dynamics and Chaos, 2nd ed., Westview (2015), "
        "section 10.6",
    ),
    Map(
        name="cubic",
        title="cubic map",
        formula="r*x*(1 - x^2)",
        parameters=(Parameter("r", STEEPEST_CUBIC, 0.0, STEEPEST_CUBIC, "1", "gain"),),
        state=(-1.0, 1.0),
        step=_cubic,
        lyapunov=0.680,
        citation="T. D. Rogers, D. C. Whitley, Math. Modelling 4, 9 (1983)",
    ),
    Map(
        name="gauss",
        title="Gauss (mouse) map",
        formula="exp(-alpha*x^2) + beta",
        parameters=(
            Parameter("alpha", 6.2, 0.0, 50.0, "1", "steepness of the bell"),
            Parameter("beta", -0.5, -1.0, 1.0, "1", "offset"),
        ),
        state=(-1.0, 1.0),
        step=_gauss,
        lyapunov=0.384,
        citation="R. C. Hilborn, Chaos and Nonlinear Dynamics, 2nd ed., Oxford (2000), section 5.7",
    ),
    Map(
        name="chebyshev",
        title="Chebyshev map",
        formula="cos(k*arccos(x))",
        parameters=(Parameter("k", 4.0, 2.0, float(HIGHEST_ORDER), "1", "order", whole=True),),
        state=(-1.0, 1.0),
        step=_chebyshev,
        lyapunov=math.log(4),
        citation="T. Geisel, V. Fairen, Phys. Lett. A 105, 263 (1984)",
    ),
    Map(
        name="quadratic",
        title="quadratic map",
        formula="x^2 + c",
        parameters=(Parameter("c", -2.0, -2.0, 0.25, "1", "offset"),),
        state=(-2.0, 2.0),
        step=_quadratic,
        lyapunov=math.log(2),
        citation="R. L. Devaney, An Introduction to Chaotic Dynamical Systems, 2nd ed., "
        "Addison-Wesley (1989), section 1.5",
    ),
    Map(
        name="circle",
        title="sine circle map",
        formula="x + omega - k/(2*pi)*sin(2*pi*x) modulo 1",
        parameters=(
            Parameter("omega", 0.4, 0.0, 1.0, "1", "turns per iterate without coupling"),
            Parameter("k", 6.0, 0.0, 20.0, "1", "strength of the coupling"),
        ),
        state=(0.0, 1.0),
        step=_circle,
        lyapunov=1.155,
        citation="M. H. Jensen, P. Bak, T. Bohr, Phys. Rev. A 30, 1960 (1984)",
    ),
    Map(
        name="bernoulli",
        title="Bernoulli shift",
        formula="beta*x modulo 1",
        parameters=(Parameter("beta", 2.0, 1.0, 16.0, "1", "stretching"),),
        state=(0.0, 1.0),
        step=_bernoulli,
        lyapunov=math.log(2),
        citation="H. G. Schuster, W. Just, Deterministic Chaos, 4th ed., Wiley (2005), section 2.1",
    ),
    Map(
        name="henon",
        title="Hénon map",
        formula="x' = 1 - a*x^2 + y, y' = b*x",
        parameters=(
            Parameter("a", 1.4, 0.0, 2.0, "1", "bending"),
            Parameter("b", 0.3, -1.0, 1.0, "1", "contraction"),
        ),
        state=(-1.0, 1.0),
        step=_henon,
        coordinates=("x", "y"),
        start=(0.0, 0.0),
        initial=(0.1, 0.1),
        lyapunov=0.419,
        citation="M. Hénon, Commun. Math. Phys. 50, 69 (1976)",
    ),
    Map(
        name="lozi",
        title="Lozi map",
        formula="x' = 1 - a*|x| + y, y' = b*x",
        parameters=(
            Parameter("a", 1.7, 0.0, 2.0, "1", "slope"),
            Parameter("b", 0.5, -1.0, 1.0, "1", "contraction"),
        ),
        state=(-1.0, 1.0),
        step=_lozi,
        coordinates=("x", "y"),
        start=(0.0, 0.0),
        initial=(0.1, 0.1),
        lyapunov=0.471,
        citation="R. Lozi, J. Phys. Colloques 39, C5-9 (1978)",
    ),
)
