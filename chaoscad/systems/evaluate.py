"""Flows in float64 by NumPy and SciPy, independent of whatever trained them; `Setting.value` is F."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from jaxtyping import Float64

if TYPE_CHECKING:
    from chaoscad.systems.model import Flow, Map, Setting, Solver, State

TOLERANCE = 1e-11
"""Relative and absolute tolerance of the values that certify a flow's gate."""

MOST_CERTIFYING_STEPS = 20_000
"""Most steps of one integration; a trajectory that needs more is given up."""

FEW_STEPS = 4000
"""Most steps where a flow is only sampled."""

GIVEN_UP = "more than"

ESCAPED = 1e9
"""A coordinate beyond this has escaped."""

BATCH = 256
"""Most trajectories that are integrated as one system of equations."""

Integrator = Literal["DOP853", "RK45", "LSODA", "Radau"]


@dataclass(frozen=True)
class Integration:
    """Trajectories of a flow, read at the setting's time.

    `values` is NaN where a trajectory failed; `failures` says why, by the index in flattened z.
    """

    values: Float64[np.ndarray, "*points"]
    failures: Mapping[int, str]


def integrate(
    setting: Setting,
    z: Float64[np.ndarray, "*points"],
    *,
    parameters: Mapping[str, Any] | None = None,
    integrator: Integrator = "DOP853",
    tolerance: float = TOLERANCE,
    most_steps: int = MOST_CERTIFYING_STEPS,
) -> Integration:
    """Integrate from every z with an adaptive method of SciPy.

    A trajectory that escapes, or needs more than `most_steps` steps, is NaN.
    """
    return integrate_readings(
        [setting],
        z,
        parameters=parameters,
        integrator=integrator,
        tolerance=tolerance,
        most_steps=most_steps,
    )[0]


def integrate_readings(
    settings: Sequence[Setting],
    z: Float64[np.ndarray, "*points"],
    *,
    parameters: Mapping[str, Any] | None = None,
    integrator: Integrator = "DOP853",
    tolerance: float = TOLERANCE,
    most_steps: int = MOST_CERTIFYING_STEPS,
) -> list[Integration]:
    """Integrate once from every z, and read every setting: they differ in time and coordinate only.

    The integration ends at every reading and goes on from there, so the first does not depend on later ones.
    """
    setting, z = settings[0], np.asarray(z, np.float64)
    given = {**setting.parameters, **(parameters or {})}
    distinct, where = np.unique(z.reshape(-1), return_inverse=True)
    times = sorted({one.time or 0.0 for one in settings})
    states = np.full((len(times), len(setting.system.coordinates), *distinct.shape), np.nan)
    reasons: dict[int, _Failure] = {}

    def run(members: np.ndarray) -> None:
        found, escaped, failed = _trajectories(
            setting, times, distinct[members], given, integrator, tolerance, most_steps
        )
        if failed is not None and len(members) > 1 and not failed[1].startswith(GIVEN_UP):
            # One that fails stops all: find it by halves.
            for half in np.array_split(members, 2):
                run(half)
            return
        states[..., members] = found
        if failed is not None:
            reasons.update(dict.fromkeys(members.tolist(), failed))
        reasons.update({int(members[index]): why for index, why in escaped.items()})

    if any(np.ndim(item) for item in given.values()):
        raise ValueError("the parameters of an integration are numbers")
    sound = np.flatnonzero(np.isfinite(distinct))
    for first in range(0, len(sound), BATCH):
        run(sound[first : first + BATCH])
    found: list[Integration] = []
    for one in settings:
        stage = times.index(one.time or 0.0)
        failures = {
            index: reasons[place][1]
            for index, place in enumerate(where.reshape(-1).tolist())
            if place in reasons and reasons[place][0] <= stage
        }
        values = states[stage, one.reading][where].reshape(z.shape)
        found.append(Integration(values, failures))
    return found


def iterated_readings(
    settings: Sequence[Setting], z: Float64[np.ndarray, " points"], counts: Sequence[int]
) -> list[Float64[np.ndarray, " points"]]:
    """F(z) of settings of a map that differ in the coordinate they read: the map is iterated once.

    **Arguments:**

    - `counts`: after how many iterates each is read.
    """
    step, parameters = cast("Map", settings[0].system).step, settings[0].parameters
    state = settings[0].launch(np, z)
    after: dict[int, State] = {}
    with np.errstate(all="ignore"):
        for count in range(max(counts) + 1):
            state = step(np, state, parameters) if count else state
            if count in counts:
                after[count] = state
    return [
        np.array(np.broadcast_to(np.asarray(after[count][one.reading], np.float64), z.shape))
        for one, count in zip(settings, counts, strict=True)
    ]


_Failure = tuple[int, str]
"""Before which of some times a trajectory has failed, and why."""


def _trajectories(
    setting: Setting,
    times: Sequence[float],
    z: Float64[np.ndarray, " points"],
    parameters: Mapping[str, float],
    integrator: Integrator,
    tolerance: float,
    most_steps: int,
) -> tuple[Float64[np.ndarray, "times coordinates points"], dict[int, _Failure], _Failure | None]:
    """The states at some times, why some have none, and why the integration as a whole failed."""
    derivative, y = equations(setting, z, parameters)
    shape = (len(setting.system.coordinates), len(z))
    found = np.full((len(times), *shape), np.nan)
    reasons: dict[int, _Failure] = {}
    begin, left = 0.0, most_steps
    with np.errstate(all="ignore"):
        for stage, end in enumerate(times):
            solver = _scipy(integrator)(derivative, begin, y, end, rtol=tolerance, atol=tolerance)
            before = dict(reasons)
            while solver.status == "running" and left:
                left -= 1
                solver.step()
                state = np.asarray(solver.y).reshape(shape)
                why = f"the trajectory escapes at time {solver.t:.4g}"
                for index in np.flatnonzero(~(np.abs(state).max(0) < ESCAPED)):
                    reasons.setdefault(int(index), (stage, why))
                if solver.status == "failed":
                    return found, before, (stage, why)
            if solver.status != "finished":
                why = (
                    f"{GIVEN_UP} {most_steps} steps are needed; at time {solver.t:.4g} they are up"
                )
                return found, before, (stage, why)
            begin, y = end, solver.y
            state = np.asarray(y).reshape(shape)
            found[stage] = np.where(np.abs(state).max(0) < ESCAPED, state, np.nan)
    return found, reasons, None


def equations(
    setting: Setting, z: Float64[np.ndarray, " points"], parameters: Mapping[str, float]
) -> tuple[Callable[[float, np.ndarray], np.ndarray], Float64[np.ndarray, " equations"]]:
    """The flow from every z as one system of equations: its derivative and its start."""
    flow = cast("Flow", setting.system)
    width = len(flow.coordinates)

    def derivative(t: float, y: np.ndarray) -> np.ndarray:
        state = y.reshape(width, -1)
        rates = flow.field(np, t, tuple(state), parameters)
        if np.abs(y).max() < ESCAPED:
            return np.concatenate(rates)
        # One that has escaped stands still, so that it does not stop the others.
        alive = np.abs(state).max(0) < ESCAPED
        return np.concatenate([np.where(alive, rate, 0.0) for rate in rates])

    return derivative, np.concatenate(setting.launch(np, z))


@dataclass(frozen=True)
class _Tableau:
    """An explicit Runge-Kutta method: k_i = f(t + c_i h, y + h sum_j a_ij k_j), y + h sum b_i k_i."""

    a: tuple[tuple[float, ...], ...]
    b: tuple[float, ...]

    @property
    def c(self) -> tuple[float, ...]:
        return tuple(sum(row) for row in self.a)


def _scipy(name: str) -> Any:
    """An integrator of SciPy; a design of maps never loads them."""
    from scipy import integrate

    return getattr(integrate, name)


@cache
def _tableau(method: str) -> _Tableau:
    if method in _TABLEAUS:
        return _TABLEAUS[method]
    return _of_scipy(_scipy(_BY_SCIPY[method]))


def _of_scipy(method: Any) -> _Tableau:
    stages = len(method.B)
    return _Tableau(
        tuple(tuple(map(float, row[:index])) for index, row in enumerate(method.A[:stages])),
        tuple(map(float, method.B)),
    )


# C. Tsitouras, Comput. Math. Appl. 62, 770 (2011), table 1.
_TSIT5 = _Tableau(
    (
        (),
        (0.161,),
        (-0.008480655492356989, 0.335480655492357),
        (2.8971530571054935, -6.359448489975075, 4.3622954328695815),
        (5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525),
        (
            5.86145544294642,
            -12.92096931784711,
            8.159367898576159,
            -0.071584973281401,
            -0.028269050394068383,
        ),
    ),
    (
        0.09646076681806523,
        0.01,
        0.4798896504144996,
        1.379008574103742,
        -3.290069515436081,
        2.324710524099774,
    ),
)

_TABLEAUS = {
    "euler": _Tableau(((),), (1.0,)),
    "midpoint": _Tableau(((), (0.5,)), (0.0, 1.0)),
    "heun": _Tableau(((), (1.0,)), (0.5, 0.5)),
    "tsit5": _TSIT5,
}

_BY_SCIPY = {"bosh3": "RK23", "dopri5": "RK45"}


def with_fixed_steps(
    setting: Setting,
    z: Float64[np.ndarray, "*points"],
    solver: Solver,
    pushes: Float64[np.ndarray, "steps coordinates *points"] | None = None,
) -> Float64[np.ndarray, "*points"]:
    """F(z) as a solver of fixed steps computes it, in float64: what the solver is worth.

    **Arguments:**

    - `pushes`: `[steps, coordinates, *shape of z]`: what is added to the state during every step,
      evenly, as a Brownian path that is linear within the step adds it.

    **Raises:** `KeyError` for a method that only chooses its own steps.
    """
    return stepped_readings([setting], z, solver, pushes)[0]


def stepped_readings(
    settings: Sequence[Setting],
    z: Float64[np.ndarray, "*points"],
    solver: Solver,
    pushes: Float64[np.ndarray, "steps coordinates *points"] | None = None,
) -> list[Float64[np.ndarray, "*points"]]:
    """As `with_fixed_steps`, of settings that differ in time and coordinate: one orbit is read.

    The steps are equal between a reading and the next.
    """
    setting, tableau = settings[0], _tableau(solver.method)
    z = np.asarray(z, np.float64)
    flat = z.reshape(-1)
    derivative, y = equations(setting, flat, setting.parameters)
    found: dict[float, np.ndarray] = {}
    begin, first = 0.0, 0
    with np.errstate(all="ignore"):
        for end in sorted({one.time or 0.0 for one in settings}):
            count = min(solver.steps(end - begin), MOST_CERTIFYING_STEPS * 10)
            h = (end - begin) / count
            pushed = np.zeros((count, 1))
            if pushes is not None:
                pushed = pushes[first : first + count].reshape(count, -1) / h
            for step in range(count):
                push = pushed[step]
                y = advanced(
                    lambda t, moved, push=push: derivative(t, moved) + push,
                    begin + step * h,
                    y,
                    h,
                    tableau,
                )
            found[end] = y.reshape(-1, len(flat))
            begin, first = end, first + count
    return [found[one.time or 0.0][one.reading].reshape(z.shape) for one in settings]


def advanced(
    derivative: Callable[[Any, np.ndarray], np.ndarray],
    t: Any,
    y: np.ndarray,
    h: Any,
    tableau: _Tableau | None = None,
) -> np.ndarray:
    """The state one step later, by `tsit5` unless another tableau is given.

    **Arguments:**

    - `derivative`: of t and a state of the shape of `y`.
    - `t`, `h`: the time and the step; arrays that broadcast with a coordinate take every trajectory
      on its own way.
    """
    tableau = tableau or _TSIT5
    slopes: list[np.ndarray] = []
    for row, c in zip(tableau.a, tableau.c, strict=True):
        moved = y
        for weight, slope in zip(row, slopes, strict=True):
            moved = moved + h * weight * slope
        slopes.append(derivative(t + c * h, moved))
    for weight, slope in zip(tableau.b, slopes, strict=True):
        y = y + h * weight * slope
    return y


def slope(
    setting: Setting, z: Float64[np.ndarray, "*points"], iterates: int = 1
) -> Float64[np.ndarray, "*points"]:
    """dF/dz by central differences, in float64."""
    z = np.asarray(z, np.float64)
    h = 1e-6 * max(1.0, float(np.abs(z).max(initial=0.0)))
    both = setting.value(np.stack([z - h, z + h]), iterates)
    return (both[1] - both[0]) / (2 * h)
