"""The equations of systems as JavaScript, from the one graph of a step or a field."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from chaoscad.systems import Setting
from chaoscad.systems.curves import Curve, pieces
from chaoscad.systems.symbolic import Symbol, interpret, trace
from chaoscad.systems.symbolic.assignments import Assignments

MOST_CASES = 64
"""Most values of a whole parameter; its equations are traced for each of them."""

_RENAMED = {"power": "pow", "minimum": "min", "maximum": "max"}
"""Functions that `Math` has under another name; `Math.min` and `Math.max` keep NaN, as NumPy does."""


def _named(name: str) -> str:
    return f"Math.{_RENAMED.get(name, name)}"


def number(value: float) -> str:
    """A number as JavaScript; it reads back as the same double."""
    if math.isfinite(value):
        return repr(float(value))
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


@dataclass
class Equations:
    """The functions of a page's systems and the curves that they read, each once.

    A function is `(t, s, p) => [...]`: of the time, the state and the parameters in their order, the
    next state of a map or the rates of a flow. Nothing of a netlist's text stands in it but numbers.
    """

    functions: list[str] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)

    def place(self, setting: Setting) -> int:
        """The place of a system's function, which is added where it is new."""
        text = self._function(setting)
        if text not in self.functions:
            self.functions.append(text)
        return self.functions.index(text)

    def source(self) -> str:
        """The declarations of `SYSTEMS` and `CURVES`."""
        tables: list[str] = []
        for curve in self.curves:
            knots, cubics = pieces(curve)
            low, high = curve.domain
            # A state at the end of the domain may be off it by rounding, and by no more.
            slack = 8 * 2.0**-52 * max(abs(low), abs(high))
            ends = _list([low - slack, high + slack])
            rows = ",\n    ".join(_list(row) for row in (knots, *cubics))
            tables.append(f"  {{ends: {ends}, rows: [\n    {rows},\n  ]}}")
        return (
            "const SYSTEMS = [\n"
            + ",\n".join(self.functions)
            + ",\n];\nconst CURVES = [\n"
            + ",\n".join(tables)
            + "\n];\n"
        )

    def _function(self, setting: Setting) -> str:
        """Every parameter is an argument; one that is whole chooses among functions of its values."""
        whole = [item for item in setting.system.parameters if item.whole]
        if len(whole) != 1 or not whole[0].high - whole[0].low < MOST_CASES:
            return self._body(setting, "  ")
        parameter = whole[0]
        place = setting.system.parameters.index(parameter)
        lines = ["  (t, s, p) => ({"]
        for value in range(math.ceil(parameter.low), math.floor(parameter.high) + 1):
            case = self._body(setting.with_values({parameter.name: float(value)}), "    ")
            lines.append(f"    {value}: {case.strip()},")
        lines.append(f"  }})[p[{place}]](t, s, p)")
        return "\n".join(lines)

    def _body(self, setting: Setting, indent: str) -> str:
        system = setting.system
        named = [item.name for item in system.parameters if not item.whole]
        symbols = {Symbol("state", name): f"s[{i}]" for i, name in enumerate(system.coordinates)}
        symbols |= {
            Symbol("parameter", item.name): f"p[{i}]" for i, item in enumerate(system.parameters)
        }
        symbols[Symbol("time", "t")] = "t"
        graph = trace(setting, named)
        made = Assignments(_named, self._curve)
        values = interpret(graph, symbols, made.apply)
        needed = {values[place] for place in graph.needed()}
        lines = [f"{indent}(t, s, p) => {{"]
        lines += [
            f"{indent}  const {name} = {text};"
            for name, text in made.constants.items()
            if name in needed
        ]
        results = [values[place] for place in graph.results]
        found = ", ".join(
            item if isinstance(item, str) else number(float(item)) for item in results
        )
        return "\n".join([*lines, f"{indent}  return [{found}];", f"{indent}}}"])

    def _curve(self, curve: Curve, x: str) -> str:
        if curve not in self.curves:
            self.curves.append(curve)
        return f"interpolated({self.curves.index(curve)}, {x})"


def _list(values: Iterable[float]) -> str:
    return f"[{', '.join(number(float(value)) for value in values)}]"
