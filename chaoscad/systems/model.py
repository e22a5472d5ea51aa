"""What a system is: its equations written once, over an array namespace, with its parameters as data.

A state is a tuple of arrays, one per coordinate. A gate puts z on the coordinates of `encode`, lets
the system run, and takes the coordinate `read`: F is a function from a number to a number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np

    from chaoscad.systems.curves import Curve
    from chaoscad.systems.equations import Equations

Interval = tuple[float, float]

State = tuple[Any, ...]
"""One array per coordinate."""

MOST_ITERATES = 1000
"""Most iterates of a gate; an orbit of a chaotic map is rounding noise long before that."""

Method = Literal["euler", "midpoint", "heun", "bosh3", "tsit5", "dopri5", "dopri8"]

METHODS: tuple[Method, ...] = ("euler", "midpoint", "heun", "bosh3", "tsit5", "dopri5", "dopri8")
"""The Runge-Kutta methods by which flows are trained, by rising order."""

ADAPTIVE: tuple[Method, ...] = ("heun", "bosh3", "tsit5", "dopri5", "dopri8")
"""Those that estimate their own error, and so can choose their steps."""

MOST_STEPS = 100_000
"""Most steps of one integration; a trajectory that needs more is given up."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a system.

    **Arguments:**

    - `name`: the symbol used in netlists.
    - `default`: the value where a netlist gives none.
    - `low`, `high`: the closed range of allowed values.
    - `unit`: `"1"` for a dimensionless parameter.
    - `meaning`: one phrase.
    - `whole`: whether only whole numbers make sense; such a parameter is not trained.
    """

    name: str
    default: float
    low: float
    high: float
    unit: str
    meaning: str
    whole: bool = False

    def accepts(self, value: float) -> bool:
        """Whether `value` is finite and inside the range."""
        inside = math.isfinite(value) and self.low <= value <= self.high
        return inside and (not self.whole or float(value).is_integer())


class Parametric:
    """What has parameters: a map or a flow."""

    parameters: tuple[Parameter, ...]

    def parameter(self, name: str) -> Parameter | None:
        """The parameter called `name`, or `None`."""
        return next((item for item in self.parameters if item.name == name), None)

    def defaults(self) -> dict[str, float]:
        """Every parameter at its default."""
        return {item.name: item.default for item in self.parameters}


@dataclass(frozen=True)
class Map(Parametric):
    """A map: x -> f(x), in one coordinate or more.

    `step(xp, state, parameters)` is elementwise over arrays of `xp`, which is `numpy`, `jax.numpy`,
    or a namespace of jets or of symbols: the same line is certified, trained, enclosed and exported.

    **Arguments:**

    - `state`: the range of z in which gates work unless a netlist says otherwise.
    - `coordinates`, `encode`, `read`: all of them, those that start at z, and the one that is read.
    - `start`: where the coordinates start that do not start at z, one number per coordinate.
    - `initial`: a state on the way to the attractor, for exploring the dynamics.
    - `lyapunov`: the largest Lyapunov exponent at the default parameters, in nats per iterate.
    - `unit`: the unit of the state.
    - `citation`: where the map is described.
    - `equations`: those of a system of one's own, else `None`.
    - `curve`: the measured curve that the map is, else `None`.
    """

    name: str
    title: str
    formula: str
    parameters: tuple[Parameter, ...]
    state: Interval
    step: Callable[[Any, State, Mapping[str, Any]], State]
    citation: str
    coordinates: tuple[str, ...] = ("x",)
    encode: tuple[str, ...] = ("x",)
    read: str = "x"
    start: tuple[float, ...] = (0.0,)
    initial: tuple[float, ...] = (0.3,)
    lyapunov: float | None = None
    unit: str = "1"
    equations: Equations | None = None
    curve: Curve | None = None

    @property
    def expression(self) -> str | None:
        """The text of a user's map of one coordinate."""
        single = self.equations is not None and self.coordinates == ("x",)
        return self.formula if single else None


@dataclass(frozen=True)
class Flow(Parametric):
    """A flow: dx/dt = f(t, x), started at t = 0 and read after a time.

    `field(xp, t, state, parameters)` is elementwise over arrays of `xp` (`numpy`, `jax.numpy`).

    **Arguments** as for `Map`, and:

    - `time`: how long a gate runs unless a netlist says otherwise.
    - `step`: a step of the fifth-order method `tsit5` that resolves the dynamics: its error over one
      unit of time is below 1e-4 of the attractor's size.
    - `period`: of the forcing in time as a function of the parameters, `None` for an autonomous flow.
    - `lyapunov`: in nats per unit of time.
    - `linear`: whether the field is linear in the state, so that F is affine in z.
    - `time_unit`: the unit of time.
    """

    name: str
    title: str
    formula: str
    parameters: tuple[Parameter, ...]
    state: Interval
    field: Callable[[Any, Any, State, Mapping[str, Any]], State]
    citation: str
    coordinates: tuple[str, ...]
    encode: tuple[str, ...]
    read: str
    start: tuple[float, ...]
    initial: tuple[float, ...]
    time: float
    step: float
    lyapunov: float | None = None
    period: Callable[[Mapping[str, float]], float] | None = None
    linear: bool = False
    unit: str = "1"
    time_unit: str = "1"
    equations: Equations | None = None

    @property
    def driven(self) -> bool:
        """Whether the field depends on the time."""
        return self.period is not None or (self.equations is not None and self.equations.driven)


System = Map | Flow


@dataclass(frozen=True)
class Solver:
    """How a flow is integrated while it is trained; certification chooses for itself.

    Exactly one of `step` (a fixed step, in the flow's unit of time) and `tolerance` (adaptive
    steps, relative and absolute) is given.
    """

    method: Method = "tsit5"
    step: float | None = None
    tolerance: float | None = None

    def steps(self, time: float) -> int:
        """How many equal steps span `time`."""
        assert self.step is not None
        return max(1, math.ceil(time / self.step - 1e-9))

    def to_data(self) -> dict[str, Any]:
        """The solver as the netlist language writes it."""
        data: dict[str, Any] = {"method": self.method}
        if self.step is not None:
            data["step"] = self.step
        else:
            data["tolerance"] = self.tolerance
        return data


@dataclass(frozen=True)
class Setting:
    """A system with a value for each of its parameters, and how z goes in and v comes out.

    Two settings are equal when they compute the same thing: own systems compare by equations,
    measured curves by their points. What is left out is the system's default.

    **Arguments:**

    - `values`: of the parameters, in the system's order.
    - `encode`, `read`, `start`: as in `Map`.
    - `time`, `solver`: of a flow; `None` for a map.
    """

    system: System
    values: tuple[float, ...]
    encode: tuple[str, ...] = ()
    read: str = ""
    start: tuple[float, ...] = ()
    time: float | None = None
    solver: Solver | None = None

    def __post_init__(self) -> None:
        system = self.system
        for name in ("encode", "read", "start"):
            if not getattr(self, name):
                object.__setattr__(self, name, getattr(system, name))
        if isinstance(system, Flow):
            if self.time is None:
                object.__setattr__(self, "time", system.time)
            if self.solver is None:
                object.__setattr__(self, "solver", Solver("tsit5", step=system.step))

    @property
    def parameters(self) -> dict[str, float]:
        """The values by name."""
        return {
            item.name: value
            for item, value in zip(self.system.parameters, self.values, strict=True)
        }

    @cached_property
    def key(self) -> tuple[object, ...]:
        """What identifies F, whatever the parameters' values."""
        names = tuple(item.name for item in self.system.parameters)
        own = self.system.equations
        kind: tuple[object, ...] = (self.system.name,) if own is None else (own,)
        if isinstance(self.system, Map):
            curve = self.system.curve
            kind += (curve.points if curve is not None else None,)
        return (*kind, names, self.encode, self.read, self.start, self.time, self.solver)

    @property
    def element(self) -> Setting:
        """The setting without what is a reading's own: time and coordinate are the same for all of them.

        They are no defaults: what a netlist of own equations says of them is the reading's too.
        """
        system = self.system
        time = system.step if isinstance(system, Flow) else None
        return replace(self, read=system.coordinates[0], time=time)

    @property
    def one_dimensional(self) -> bool:
        """Whether the system is a map of one coordinate."""
        return isinstance(self.system, Map) and len(self.system.coordinates) == 1

    def __eq__(self, other: object) -> bool:
        # Values first: they differ more often.
        return isinstance(other, Setting) and self.values == other.values and self.key == other.key

    def __hash__(self) -> int:
        return hash((self.key, self.values))

    def with_values(self, values: Mapping[str, float]) -> Setting:
        """The same system with some parameters at other values."""
        merged = {**self.parameters, **values}
        return replace(self, values=tuple(merged[item.name] for item in self.system.parameters))

    def launch(self, xp: Any, z: Any) -> State:
        """The state in which the system starts: z on the encoded coordinates."""
        return tuple(
            z if name in self.encode else xp.zeros_like(z) + value
            for name, value in zip(self.system.coordinates, self.start, strict=True)
        )

    @property
    def reading(self) -> int:
        """The position of the coordinate that is read."""
        return self.system.coordinates.index(self.read)

    def value(
        self, z: np.ndarray, iterates: int = 1, parameters: Mapping[str, Any] | None = None
    ) -> np.ndarray:
        """F(z) in float64 by NumPy and SciPy: iterates of a map, or a flow's read-out.

        **Arguments:**

        - `z`: an array of any shape.
        - `parameters`: values or arrays that replace those of the setting.

        **Returns:** an array of the shape of `z`, NaN or infinite where the orbit escapes.
        """
        import numpy as np

        z = np.asarray(z, np.float64)
        given = {**self.parameters, **(parameters or {})}
        if isinstance(self.system, Flow):
            # Imported here, because it loads SciPy's integrators.
            from chaoscad.systems.evaluate import integrate

            return integrate(self, z, parameters=given).values
        state = self.launch(np, z)
        with np.errstate(all="ignore"):
            for _ in range(iterates):
                state = self.system.step(np, state, given)
        return np.broadcast_to(np.asarray(state[self.reading], np.float64), z.shape)

    def to_data(self) -> dict[str, Any]:
        """The setting as the netlist language writes it; what is a default is left out."""
        system = self.system
        if isinstance(system, Map) and system.curve is not None:
            return system.curve.to_data()
        if system.equations is not None:
            return system.equations.to_data(self)
        data: dict[str, Any] = {"name": system.name, "parameters": self.parameters}
        if self.encode != system.encode:
            data["encode"] = list(self.encode)
        if self.read != system.read:
            data["read"] = self.read
        if self.start != system.start:
            data["start"] = dict(zip(system.coordinates, self.start, strict=True))
        if isinstance(system, Flow):
            assert self.solver is not None
            data["time"] = self.time
            data["solver"] = self.solver.to_data()
        return data
