"""Systems that a netlist, or a program, defines by equations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from chaoscad.errors import shown
from chaoscad.expression import ARITHMETIC, ExpressionError, parse
from chaoscad.systems.equations import (
    MOST_COORDINATES,
    NAME,
    STATE,
    STATES,
    Equations,
    Field,
    Step,
    equation,
    name_refusal,
    own_title,
)
from chaoscad.systems.model import Flow, Interval, Map, Parameter, Setting
from chaoscad.systems.periods import Period, found_period


def user_map(
    equations: str | Mapping[str, str],
    parameters: Mapping[str, float | Parameter] | None = None,
    *,
    encode: Sequence[str] = (),
    read: str = "",
    start: Mapping[str, float] | None = None,
    initial: Mapping[str, float] | None = None,
    state: Interval | None = None,
    name: str = NAME,
    title: str = "",
    citation: str = "",
    unit: str = "1",
    lyapunov: float | None = None,
) -> Setting:
    """A map x -> `equations`, for example `r*x*(1-x)` with `{"r": 3.9}`, or of several coordinates.

    **Arguments:**

    - `equations`: the next value of `x`, or of each coordinate by its name.
    - `parameters`: their values, or `Parameter`s with ranges and units.
    - `encode`, `read`: the coordinates that start at z and the one that is read; by default the first.
    - `start`: where the other coordinates start, by default at 0.
    - `initial`: a state on the way to the attractor; what it leaves out starts at 0.1.
    - `state`: the range of z; by default [0, 1] of one expression, and [-1, 1] of several.
    - `lyapunov`: the largest exponent at these parameters, where it is known.

    **Raises:** `ExpressionError` for text outside the grammar, a name that is neither a coordinate nor
    a parameter, a name that stands for something else, or a constant part that is no finite number.
    """
    texts = {STATE: equations} if isinstance(equations, str) else dict(equations)
    own = _parameters(parameters or {})
    made = equations_of(texts, own, of_flow=False)
    if isinstance(equations, str) and STATE not in made.used:
        raise ExpressionError("the expression does not depend on the state x", 1)
    first = made.coordinates[0]
    formula = equations if isinstance(equations, str) else _formula(texts)
    system = Map(
        name=name,
        title=title or own_title(name, formula, of_flow=False),
        formula=formula,
        parameters=own,
        state=state or ((0.0, 1.0) if isinstance(equations, str) else STATES),
        step=Step(made),
        coordinates=made.coordinates,
        encode=_ordered(made, encode or (first,)),
        read=_coordinate(made, read or first),
        start=_state(made, start or {}, 0.0),
        initial=(0.3,) if isinstance(equations, str) and not initial else _initial(made, initial),
        citation=citation or "defined in the netlist",
        unit=unit,
        lyapunov=lyapunov,
        equations=made,
    )
    return Setting(system, tuple(item.default for item in own))


def user_flow(
    equations: Mapping[str, str],
    parameters: Mapping[str, float | Parameter] | None = None,
    *,
    read: str,
    time: float,
    step: float,
    encode: Sequence[str] = (),
    start: Mapping[str, float] | None = None,
    initial: Mapping[str, float] | None = None,
    state: Interval = STATES,
    period: str | None = None,
    name: str = NAME,
    title: str = "",
    citation: str = "",
    unit: str = "1",
    time_unit: str = "1",
    lyapunov: float | None = None,
) -> Setting:
    """A flow by the derivative of each coordinate, in which `t` is the time.

    **Arguments** as for `user_map`, and:

    - `time`: after which a gate is read.
    - `step`: a step of the fifth-order method that resolves the flow.
    - `period`: of a drive, an expression over the parameters; it is found where `t` stands in sines,
      cosines and tangents of `c*t + d` alone.

    **Raises:** `ExpressionError` as `user_map` does.
    """
    own = _parameters(parameters or {})
    made = equations_of(equations, own, of_flow=True)
    if not (math.isfinite(time) and math.isfinite(step) and time > 0 and step > 0):
        raise ExpressionError("the time and the step of a flow are positive", 1)
    formula = _formula(equations)
    system = Flow(
        name=name,
        title=title or own_title(name, formula, of_flow=True),
        formula=formula,
        parameters=own,
        state=state,
        field=Field(made),
        coordinates=made.coordinates,
        encode=_ordered(made, encode or (made.coordinates[0],)),
        read=_coordinate(made, read),
        start=_state(made, start or {}, 0.0),
        initial=_initial(made, initial),
        time=float(time),
        step=float(step),
        period=found_period(made) if period is None else period_of(period, own),
        linear=made.linear,
        citation=citation or "defined in the netlist",
        unit=unit,
        time_unit=time_unit,
        lyapunov=lyapunov,
        equations=made,
    )
    return Setting(system, tuple(item.default for item in own))


def equations_of(
    texts: Mapping[str, str], parameters: Sequence[Parameter], of_flow: bool
) -> Equations:
    """The equations of some coordinates, checked.

    **Raises:** `ExpressionError`.
    """
    kind = "flow" if of_flow else "map"
    if not texts:
        raise ExpressionError(f"a {kind} has at least one coordinate", 1)
    if len(texts) > MOST_COORDINATES:
        raise ExpressionError(f"a {kind} has at most {MOST_COORDINATES} coordinates", 1)
    for name in texts:
        if why := name_refusal(name, "coordinate", (), of_flow):
            raise ExpressionError(why, 1)
    folded = [name.lower() for name in texts]
    if len(set(folded)) < len(folded):
        raise ExpressionError("two coordinates differ by upper and lower case only", 1)
    values = {item.name: item.default for item in parameters}
    for name in values:
        if why := name_refusal(name, "parameter", texts, of_flow):
            raise ExpressionError(why, 1)
    trees = tuple(equation(text, texts, values, of_flow) for text in texts.values())
    return Equations(tuple(texts), tuple(texts.values()), tuple(values), of_flow, trees)


def period_of(text: str, parameters: Sequence[Parameter]) -> Period:
    """The period of a drive.

    **Raises:** `ExpressionError`.
    """
    values = {item.name: item.default for item in parameters}
    equation(text, (), values, of_flow=False)
    return Period(text, parse(text, ARITHMETIC))


def _parameters(given: Mapping[str, float | Parameter]) -> tuple[Parameter, ...]:
    return tuple(
        value
        if isinstance(value, Parameter)
        else Parameter(name, float(value), -math.inf, math.inf, "1", "given in the netlist")
        for name, value in given.items()
    )


def _formula(equations: Mapping[str, str]) -> str:
    return ", ".join(f"{name}' = {text}" for name, text in equations.items())


def _coordinate(made: Equations, name: str) -> str:
    if name not in made.coordinates:
        raise ExpressionError(f"there is no coordinate {shown(name)}", 1)
    return name


def _ordered(made: Equations, given: Sequence[str]) -> tuple[str, ...]:
    chosen = {_coordinate(made, name) for name in given}
    return tuple(name for name in made.coordinates if name in chosen)


def _state(made: Equations, given: Mapping[str, float], rest: float) -> tuple[float, ...]:
    for name in given:
        _coordinate(made, name)
    return tuple(float(given.get(name, rest)) for name in made.coordinates)


def _initial(made: Equations, given: Mapping[str, float] | None) -> tuple[float, ...]:
    return _state(made, given or {}, 0.1)
