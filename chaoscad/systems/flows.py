"""The built-in flows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from chaoscad.systems.model import Flow, Parameter, State


def _lorenz(xp: Any, t: Any, s: State, p: Mapping[str, Any]) -> State:
    x, y, z = s
    return p["sigma"] * (y - x), x * (p["rho"] - z) - y, x * y - p["beta"] * z


def _rossler(xp: Any, t: Any, s: State, p: Mapping[str, Any]) -> State:
    x, y, z = s
    return -y - z, x + p["a"] * y, p["b"] + z * (x - p["c"])


def _duffing(xp: Any, t: Any, s: State, p: Mapping[str, Any]) -> State:
    x, v = s
    drive = p["gamma"] * xp.cos(p["omega"] * t)
    return v, drive - p["delta"] * v - p["alpha"] * x - p["beta"] * x * x * x


def _chen(xp: Any, t: Any, s: State, p: Mapping[str, Any]) -> State:
    x, y, z = s
    return (
        p["a"] * (y - x),
        (p["c"] - p["a"]) * x - x * z + p["c"] * y,
        x * y - p["b"] * z,
    )


def _hyper_rossler(xp: Any, t: Any, s: State, p: Mapping[str, Any]) -> State:
    x, y, z, w = s
    return -y - z, x + p["a"] * y + w, p["b"] + x * z, p["d"] * w - p["c"] * z


def _hyper_chen(xp: Any, t: Any, s: State, p: Mapping[str, Any]) -> State:
    x, y, z, w = s
    return (
        p["a"] * (y - x) + w,
        p["d"] * x - x * z + p["c"] * y,
        x * y - p["b"] * z,
        y * z + p["r"] * w,
    )


def _chua(xp: Any, t: Any, s: State, p: Mapping[str, Any]) -> State:
    x, y, z = s
    diode = p["m1"] * x + 0.5 * (p["m0"] - p["m1"]) * (xp.abs(x + 1) - xp.abs(x - 1))
    return p["alpha"] * (y - x - diode), x - y + z, -p["beta"] * y


def _van_der_pol(xp: Any, t: Any, s: State, p: Mapping[str, Any]) -> State:
    x, v = s
    return v, p["mu"] * (1 - x * x) * v - x


def _sprott_b(xp: Any, t: Any, s: State, p: Mapping[str, Any]) -> State:
    x, y, z = s
    return y * z, x - y, 1 - x * y


def _henon_heiles(xp: Any, t: Any, s: State, p: Mapping[str, Any]) -> State:
    x, y, px, py = s
    coupling = p["lam"]
    return px, py, -x - 2 * coupling * x * y, -y - coupling * (x * x - y * y)


def _harmonic(xp: Any, t: Any, s: State, p: Mapping[str, Any]) -> State:
    x, v = s
    return v, -p["omega"] * p["omega"] * x


def _damped(xp: Any, t: Any, s: State, p: Mapping[str, Any]) -> State:
    x, v = s
    return v, -2 * p["zeta"] * p["omega"] * v - p["omega"] * p["omega"] * x


def _forcing(p: Mapping[str, float]) -> float:
    return 2 * math.pi / p["omega"] if p["omega"] else math.inf


FLOWS: tuple[Flow, ...] = (
    Flow(
        name="lorenz",
        title="Lorenz flow",
        formula="x' = sigma*(y - x), y' = x*(rho - z) - y, z' = x*y - beta*z",
        parameters=(
            Parameter("sigma", 10.0, 0.0, 100.0, "1", "Prandtl number"),
            Parameter("rho", 28.0, 0.0, 350.0, "1", "reduced Rayleigh number"),
            Parameter("beta", 8.0 / 3.0, 0.0, 20.0, "1", "geometry of the rolls"),
        ),
        state=(-20.0, 20.0),
        field=_lorenz,
        coordinates=("x", "y", "z"),
        encode=("x", "y", "z"),
        read="x",
        start=(0.0, 0.0, 0.0),
        initial=(1.0, 1.0, 20.0),
        time=1.0,
        step=0.025,
        lyapunov=0.906,
        citation="E. N. Lorenz, J. Atmos. Sci. 20, 130 (1963)",
    ),
    Flow(
        name="rossler",
        title="Rössler flow",
        formula="x' = -y - z, y' = x + a*y, z' = b + z*(x - c)",
        parameters=(
            Parameter("a", 0.2, 0.0, 1.0, "1", "growth of the spiral"),
            Parameter("b", 0.2, 0.0, 5.0, "1", "source of z"),
            Parameter("c", 5.7, 0.0, 50.0, "1", "radius at which the orbit folds"),
        ),
        state=(-20.0, 20.0),
        field=_rossler,
        coordinates=("x", "y", "z"),
        encode=("x", "y", "z"),
        read="x",
        start=(0.0, 0.0, 0.0),
        initial=(1.0, 1.0, 0.0),
        time=3.0,
        step=0.05,
        lyapunov=0.0714,
        citation="O. E. Rössler, Phys. Lett. A 57, 397 (1976)",
    ),
    Flow(
        name="duffing",
        title="driven Duffing oscillator",
        formula="x' = v, v' = gamma*cos(omega*t) - delta*v - alpha*x - beta*x^3",
        parameters=(
            Parameter("alpha", 1.0, -10.0, 10.0, "1", "linear stiffness"),
            Parameter("beta", 5.0, 0.0, 50.0, "1", "cubic stiffness"),
            Parameter("delta", 0.02, 0.0, 5.0, "1", "damping"),
            Parameter("gamma", 8.0, 0.0, 50.0, "1", "amplitude of the drive"),
            Parameter("omega", 0.5, 0.0, 20.0, "1", "angular frequency of the drive"),
        ),
        state=(-4.0, 4.0),
        field=_duffing,
        coordinates=("x", "v"),
        encode=("x",),
        read="x",
        start=(0.0, 0.0),
        initial=(0.5, 0.0),
        time=2.0,
        step=0.04,
        period=_forcing,
        # Of the chaotic transient, some thousand units of time long, after which orbits are periodic.
        lyapunov=0.038,
        citation="G. Duffing, Erzwungene Schwingungen bei veränderlicher Eigenfrequenz, Vieweg (1918)",
    ),
    Flow(
        name="chen",
        title="Chen flow",
        formula="x' = a*(y - x), y' = (c - a)*x - x*z + c*y, z' = x*y - b*z",
        parameters=(
            Parameter("a", 35.0, 0.0, 100.0, "1", "rate of x"),
            Parameter("b", 3.0, 0.0, 20.0, "1", "decay of z"),
            Parameter("c", 28.0, 0.0, 100.0, "1", "growth of y"),
        ),
        state=(-10.0, 10.0),
        field=_chen,
        coordinates=("x", "y", "z"),
        encode=("x", "y"),
        read="z",
        start=(0.0, 0.0, 0.0),
        initial=(1.0, 1.0, 10.0),
        time=0.5,
        step=0.01,
        lyapunov=2.024,
        citation="G. Chen, T. Ueta, Int. J. Bifurcation Chaos 9, 1465 (1999)",
    ),
    Flow(
        name="hyper_rossler",
        title="hyperchaotic Rössler flow",
        formula="x' = -y - z, y' = x + a*y + w, z' = b + x*z, w' = d*w - c*z",
        parameters=(
            Parameter("a", 0.25, 0.0, 1.0, "1", "growth of the spiral"),
            Parameter("b", 3.0, 0.0, 10.0, "1", "source of z"),
            Parameter("c", 0.5, 0.0, 5.0, "1", "coupling of w to z"),
            Parameter("d", 0.05, 0.0, 1.0, "1", "growth of w"),
        ),
        state=(-20.0, 20.0),
        field=_hyper_rossler,
        coordinates=("x", "y", "z", "w"),
        encode=("x", "y"),
        read="z",
        start=(0.0, 0.0, 0.0, 0.0),
        initial=(-10.0, -6.0, 0.0, 10.1),
        time=2.0,
        step=0.02,
        lyapunov=0.1117,
        citation="O. E. Rössler, Phys. Lett. A 71, 155 (1979)",
    ),
    Flow(
        name="hyper_chen",
        title="hyperchaotic Chen flow",
        formula="x' = a*(y - x) + w, y' = d*x - x*z + c*y, z' = x*y - b*z, w' = y*z + r*w",
        parameters=(
            Parameter("a", 35.0, 0.0, 100.0, "1", "rate of x"),
            Parameter("b", 3.0, 0.0, 20.0, "1", "decay of z"),
            Parameter("c", 12.0, 0.0, 100.0, "1", "growth of y"),
            Parameter("d", 7.0, -50.0, 50.0, "1", "coupling of x to y"),
            Parameter("r", 0.5, 0.0, 5.0, "1", "growth of w"),
        ),
        state=(-10.0, 10.0),
        field=_hyper_chen,
        coordinates=("x", "y", "z", "w"),
        encode=("x", "y"),
        read="z",
        start=(0.0, 0.0, 0.0, 0.0),
        initial=(1.0, 1.0, 10.0, 1.0),
        time=0.5,
        step=0.01,
        lyapunov=0.534,
        citation="Y. Li, W. K. S. Tang, G. Chen, Int. J. Bifurcation Chaos 15, 3367 (2005)",
    ),
    Flow(
        name="chua",
        title="Chua circuit",
        formula="x' = alpha*(y - x - h(x)), y' = x - y + z, z' = -beta*y, "
        "h(x) = m1*x + (m0 - m1)/2*(|x + 1| - |x - 1|)",
        parameters=(
            Parameter("alpha", 15.6, 0.0, 100.0, "1", "ratio of the capacitors"),
            Parameter("beta", 28.0, 0.0, 200.0, "1", "inductance"),
            Parameter("m0", -8.0 / 7.0, -5.0, 5.0, "1", "inner slope of the diode"),
            Parameter("m1", -5.0 / 7.0, -5.0, 5.0, "1", "outer slope of the diode"),
        ),
        state=(-4.0, 4.0),
        field=_chua,
        coordinates=("x", "y", "z"),
        encode=("x",),
        read="x",
        start=(0.0, 0.0, 0.0),
        initial=(0.7, 0.0, 0.0),
        time=1.0,
        step=0.01,
        lyapunov=0.429,
        citation="T. Matsumoto, IEEE Trans. Circuits Syst. 31, 1055 (1984)",
    ),
    Flow(
        name="van_der_pol",
        title="Van der Pol oscillator",
        formula="x' = v, v' = mu*(1 - x^2)*v - x",
        parameters=(Parameter("mu", 1.0, 0.0, 20.0, "1", "strength of the nonlinear damping"),),
        state=(-4.0, 4.0),
        field=_van_der_pol,
        coordinates=("x", "v"),
        encode=("x", "v"),
        read="x",
        start=(0.0, 0.0),
        initial=(0.5, 0.0),
        time=4.0,
        step=0.05,
        lyapunov=0.0,
        citation="B. van der Pol, Philos. Mag. 2, 978 (1926)",
    ),
    Flow(
        name="sprott_b",
        title="Sprott B flow",
        formula="x' = y*z, y' = x - y, z' = 1 - x*y",
        parameters=(),
        state=(-3.0, 3.0),
        field=_sprott_b,
        coordinates=("x", "y", "z"),
        encode=("x", "y", "z"),
        read="x",
        start=(0.0, 0.0, 0.0),
        initial=(0.05, 0.05, 0.05),
        time=2.0,
        step=0.05,
        lyapunov=0.210,
        citation="J. C. Sprott, Phys. Rev. E 50, R647 (1994)",
    ),
    Flow(
        name="henon_heiles",
        title="Hénon-Heiles system",
        formula="x' = px, y' = py, px' = -x - 2*lam*x*y, py' = -y - lam*(x^2 - y^2)",
        parameters=(Parameter("lam", 1.0, 0.0, 2.0, "1", "strength of the coupling"),),
        state=(-0.4, 0.4),
        field=_henon_heiles,
        coordinates=("x", "y", "px", "py"),
        encode=("x", "y"),
        read="y",
        start=(0.0, 0.0, 0.0, 0.0),
        initial=(0.0, -0.15, 0.5, 0.0),
        time=20.0,
        step=0.1,
        lyapunov=0.067,
        citation="M. Hénon, C. Heiles, Astron. J. 69, 73 (1964)",
    ),
    Flow(
        name="harmonic",
        title="simple harmonic oscillator",
        formula="x' = v, v' = -omega^2*x",
        parameters=(Parameter("omega", 1.0, 0.0, 20.0, "1", "angular frequency"),),
        state=(-1.0, 1.0),
        field=_harmonic,
        coordinates=("x", "v"),
        encode=("x",),
        read="x",
        start=(0.0, 0.0),
        initial=(1.0, 0.0),
        time=1.0,
        step=0.1,
        lyapunov=0.0,
        linear=True,
        citation="H. Goldstein, C. Poole, J. Safko, Classical Mechanics, 3rd ed. (2002), section 6",
    ),
    Flow(
        name="damped",
        title="damped harmonic oscillator",
        formula="x' = v, v' = -2*zeta*omega*v - omega^2*x",
        parameters=(
            Parameter("omega", 1.0, 0.0, 20.0, "1", "angular frequency"),
            Parameter("zeta", 0.1, 0.0, 5.0, "1", "damping ratio"),
        ),
        state=(-1.0, 1.0),
        field=_damped,
        coordinates=("x", "v"),
        encode=("x",),
        read="x",
        start=(0.0, 0.0),
        initial=(1.0, 0.0),
        time=1.0,
        step=0.1,
        lyapunov=-0.1,
        linear=True,
        citation="H. Goldstein, C. Poole, J. Safko, Classical Mechanics, 3rd ed. (2002), section 6",
    ),
)
