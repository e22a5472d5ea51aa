"""A system's own equations as C in double precision: the step of a map, the field of a flow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chaoscad.systems import Setting
from chaoscad.systems.curves import Curve, pieces
from chaoscad.systems.symbolic import FUNCTIONS, Symbol, interpret, trace
from chaoscad.systems.symbolic.assignments import Assignments, written


def _named(name: str) -> str:
    """A function of the equations in C."""
    return "pow" if name == "power" else FUNCTIONS[name].c


def step_function(name: str, setting: Setting, curves: list[Curve]) -> list[str]:
    """One iterate of a map in place, `static void NAME(double *s)`.

    **Arguments:**

    - `curves`: those of the file, to which the map's is added.
    """
    names = setting.system.coordinates
    return _function(f"static void {name}(double *s)", "s", names, setting, curves)


def field_function(name: str, setting: Setting) -> list[str]:
    """The field of a flow, `static void NAME(double t, const double *s, double *d)`."""
    head = f"static void {name}(double t, const double *s, double *d)"
    names = [f"s_{item}" for item in setting.system.coordinates]
    return _function(head, "d", names, setting, [], clock=True)


def _function(
    head: str,
    target: str,
    names: Sequence[str],
    setting: Setting,
    curves: list[Curve],
    clock: bool = False,
) -> list[str]:
    def curve(read: Curve, x: str) -> str:
        if read not in curves:
            curves.append(read)
        return f"curve_{curves.index(read)}({x})"

    graph = trace(setting)
    body = Assignments(_named, curve)
    symbols = {
        Symbol("state", item): name
        for item, name in zip(setting.system.coordinates, names, strict=True)
    }
    made = interpret(graph, {**symbols, Symbol("time", "t"): "t"}, body.apply)
    needed = {made[place] for place in graph.needed()}
    lines = [head, "{"]
    lines += [f"    const double {name} = s[{index}];" for index, name in enumerate(names)]
    lines += [
        f"    const double {name} = {text};"
        for name, text in body.constants.items()
        if name in needed
    ]
    if clock:
        lines.append("    (void)t;")
    # Not every equation reads every coordinate.
    lines += [f"    (void){name};" for name in names]
    lines += [
        f"    {target}[{index}] = {written(made[place])};"
        for index, place in enumerate(graph.results)
    ]
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
/* From one time to another by the classical Runge-Kutta method of order 4 with equal steps. */
typedef void (*field_t)(double t, const double *s, double *d);
static void run_flow(field_t field, int width, double *s, double begin, double end, long steps)
{
    const double h = (end - begin) / (double)steps;
    double a[MOST_COORDINATES], b[MOST_COORDINATES], c[MOST_COORDINATES], d[MOST_COORDINATES];
    double moved[MOST_COORDINATES];
    long step;
    int i;
    for (step = 0; step < steps; step++) {
        const double t = begin + (double)step * h;
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
