"""A system's own equations as C in double precision: the step of a map, the field of a flow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chaoscad.systems import Flow, Setting
from chaoscad.systems.curves import Curve, pieces

_NAME = re.compile(r"\bv\d+\b")


@dataclass
class Body:
    """The constants of a C function, one operation each, and the curves that they read."""

    values: dict[str, str] = field(default_factory=dict)
    curves: list[Curve] = field(default_factory=list)

    def value(self, text: str) -> Value:
        """A new constant with a value."""
        name = f"v{len(self.values)}"
        self.values[name] = text
        return Value(name, self)

    def statements(self, results: Sequence[Any]) -> list[str]:
        """The definitions that the results need, in order."""
        needed = {written(item) for item in results}
        kept: list[str] = []
        for name, text in reversed(self.values.items()):
            if name in needed:
                needed.update(_NAME.findall(text))
                kept.append(f"const double {name} = {text};")
        return kept[::-1]


@dataclass(frozen=True, eq=False)
class Value:
    """A number in C."""

    text: str
    body: Body

    def _make(self, operator: str, left: Any, right: Any) -> Value:
        return self.body.value(f"{written(left)} {operator} {written(right)}")

    def __add__(self, other: Any) -> Value:
        return self._make("+", self, other)

    def __radd__(self, other: Any) -> Value:
        return self._make("+", other, self)

    def __sub__(self, other: Any) -> Value:
        return self._make("-", self, other)

    def __rsub__(self, other: Any) -> Value:
        return self._make("-", other, self)

    def __mul__(self, other: Any) -> Value:
        return self._make("*", self, other)

    def __rmul__(self, other: Any) -> Value:
        return self._make("*", other, self)

    def __truediv__(self, other: Any) -> Value:
        return self._make("/", self, other)

    def __rtruediv__(self, other: Any) -> Value:
        return self._make("/", other, self)

    def __neg__(self) -> Value:
        return self.body.value(f"-{self.text}")

    def __pos__(self) -> Value:
        return self

    def __pow__(self, power: Any) -> Value:
        if isinstance(power, int) and power == 2:
            return self * self
        return self.body.value(f"pow({self.text}, {written(power)})")

    def __rpow__(self, base: Any) -> Value:
        return self.body.value(f"pow({written(base)}, {self.text})")


def written(value: Any) -> str:
    """A value or a number as C; `repr` gives back the same double."""
    if isinstance(value, Value):
        return value.text
    number = repr(float(value))
    return f"({number})" if number.startswith("-") else number


_FUNCTIONS = {
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "tanh": "tanh",
    "exp": "exp",
    "log": "log",
    "sqrt": "sqrt",
    "abs": "fabs",
    "floor": "floor",
    "minimum": "fmin",
    "maximum": "fmax",
}


class _Namespace:
    """The functions of an array namespace in C."""

    def __init__(self, body: Body) -> None:
        self._body = body

    def __getattr__(self, name: str) -> Any:
        if name not in _FUNCTIONS:
            raise AttributeError(name)

        def call(*arguments: Any) -> Any:
            if not any(isinstance(item, Value) for item in arguments):
                return float(getattr(np, name)(*arguments))
            listed = ", ".join(map(written, arguments))
            return self._body.value(f"{_FUNCTIONS[name]}({listed})")

        return call

    def where(self, condition: Any, yes: Any, no: Any) -> Any:
        # Conditions of the built-in systems are on parameters, which are numbers here.
        return yes if bool(condition) else no

    def interpolate(self, x: Any, curve: Curve) -> Value:
        if curve not in self._body.curves:
            self._body.curves.append(curve)
        return self._body.value(f"curve_{self._body.curves.index(curve)}({written(x)})")


def step_function(name: str, setting: Setting, curves: list[Curve]) -> list[str]:
    """One iterate of a map in place, `static void NAME(double *s)`.

    **Arguments:**

    - `curves`: those of the file, to which the map's is added.
    """
    body = Body(curves=curves)
    system = setting.system
    assert not isinstance(system, Flow)
    state = tuple(Value(item, body) for item in system.coordinates)
    found = system.step(_Namespace(body), state, setting.parameters)
    return _function(f"static void {name}(double *s)", "s", system.coordinates, body, found)


def field_function(name: str, setting: Setting) -> list[str]:
    """The field of a flow, `static void NAME(double t, const double *s, double *d)`."""
    body = Body()
    system = setting.system
    assert isinstance(system, Flow)
    state = tuple(Value(item, body) for item in (f"s_{item}" for item in system.coordinates))
    rates = system.field(_Namespace(body), Value("t", body), state, setting.parameters)
    head = f"static void {name}(double t, const double *s, double *d)"
    names = [f"s_{item}" for item in system.coordinates]
    return _function(head, "d", names, body, rates, clock=True)


def _function(
    head: str,
    target: str,
    names: Sequence[str],
    body: Body,
    results: Sequence[Any],
    clock: bool = False,
) -> list[str]:
    lines = [head, "{"]
    lines += [f"    const double {name} = s[{index}];" for index, name in enumerate(names)]
    lines += [f"    {line}" for line in body.statements(results)]
    if clock:
        lines.append("    (void)t;")
    # Not every equation reads every coordinate.
    lines += [f"    (void){name};" for name in names]
    lines += [f"    {target}[{index}] = {written(item)};" for index, item in enumerate(results)]
    return [*lines, "}", ""]


def curve_function(index: int, curve: Curve, macro: str) -> list[str]:
    """A measured curve: the monotone cubic through its points, NAN beyond its ends.

    **Arguments:**

    - `macro`: with which the names of the header's macros begin.
    """
    knots, cubics = pieces(curve)
    count = len(knots) - 1
    low, high = curve.domain
    slack = 8 * float(np.finfo(np.float64).eps) * max(abs(low), abs(high))
    lines = [f"static const double knots_{index}[{count + 1}] {macro}_FLASH = {{"]
    lines += [f"    {float(value)!r}," for value in knots]
    lines += ["};", f"static const double cubics_{index}[{count}][4] {macro}_FLASH = {{"]
    lines += [
        "    {" + ", ".join(repr(float(value)) for value in cubics[:, place]) + "},"
        for place in range(count)
    ]
    lines += [
        "};",
        f"static double curve_{index}(double x)",
        "{",
        f"    int low = 0, high = {count - 1};",
        "    double t, value = 0.0;",
        f"    if (!(x >= {low - slack!r} && x <= {high + slack!r})) return NAN;",
        "    while (low < high) {",
        "        const int middle = (low + high + 1) / 2;",
        f"        if (x >= read_double(&knots_{index}[middle])) low = middle; else high = middle - 1;",
        "    }",
        f"    t = x - read_double(&knots_{index}[low]);",
        f"    for (high = 0; high < 4; high++) value = value * t + read_double(&cubics_{index}[low][high]);",
        "    return value;",
        "}",
        "",
    ]
    return lines


READ_DOUBLE = """\
static double read_double(const double *place)
{
#ifdef __AVR__
    double found;
    memcpy_P(&found, place, sizeof found);
    return found;
#else
    return *place;
#endif
}
"""
"""C code that reads a table, also from the flash of an AVR."""

RUNGE_KUTTA = """\
/* The classical Runge-Kutta method of order 4 with equal steps. */
typedef void (*field_t)(double t, const double *s, double *d);
static void run_flow(field_t field, int width, double *s, double time, long steps)
{
    const double h = time / (double)steps;
    double a[MOST_COORDINATES], b[MOST_COORDINATES], c[MOST_COORDINATES], d[MOST_COORDINATES];
    double moved[MOST_COORDINATES];
    long step;
    int i;
    for (step = 0; step < steps; step++) {
        const double t = (double)step * h;
        field(t, s, a);
        for (i = 0; i < width; i++) moved[i] = s[i] + 0.5 * h * a[i];
        field(t + 0.5 * h, moved, b);
        for (i = 0; i < width; i++) moved[i] = s[i] + 0.5 * h * b[i];
        field(t + 0.5 * h, moved, c);
        for (i = 0; i < width; i++) moved[i] = s[i] + h * c[i];
        field(t + h, moved, d);
        for (i = 0; i < width; i++) s[i] += h / 6.0 * (a[i] + 2.0 * b[i] + 2.0 * c[i] + d[i]);
    }
}
"""
"""C code that integrates a flow."""
