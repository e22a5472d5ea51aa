"""What is known of a system, and how it moves: an orbit or a trajectory, and its attractor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from chaoscad.reports.chart import Chart, text_of
from chaoscad.systems import Flow, Setting
from chaoscad.systems.evaluate import ESCAPED, advanced

ORBIT = 60
"""Iterates of an orbit that is drawn."""

ATTRACTOR = 1500
"""States of an attractor that is drawn."""

PASSED = 200
"""States that are passed over, on the way to the attractor."""


@dataclass(frozen=True)
class Fact:
    """A name and what is said of it."""

    name: str
    text: str


@dataclass(frozen=True)
class SystemView:
    """A system as a page shows it; `figures` are SVG, each with its caption."""

    title: str
    formula: str
    citation: str
    facts: tuple[Fact, ...]
    parameters: tuple[tuple[str, str, str, str], ...]
    figures: tuple[tuple[str, str], ...]


def view(setting: Setting) -> SystemView:
    """Everything about a system at the parameters of a design."""
    system = setting.system
    flow = isinstance(system, Flow)
    facts = [Fact("kind", "flow, integrated in time" if flow else "map, iterated")]
    if len(system.coordinates) > 1:
        facts += [
            Fact("coordinates", ", ".join(system.coordinates)),
            Fact("starts at z", ", ".join(setting.encode)),
            Fact("is read", setting.read),
        ]
    if flow:
        facts.append(Fact("time of a gate", _with_unit(setting.time or 0.0, system.time_unit)))
    if system.lyapunov is not None and setting.parameters == system.defaults():
        per = "unit of time" if flow else "iterate"
        facts.append(Fact("largest Lyapunov exponent", f"{text_of(system.lyapunov)} per {per}"))
    parameters = tuple(
        (
            item.name,
            _with_unit(value, item.unit),
            f"{text_of(item.low)} to {text_of(item.high)}",
            item.meaning,
        )
        for item, value in zip(system.parameters, setting.values, strict=True)
    )
    # The formula stands below: an own system that has no title of its own is called by it.
    title = system.title.replace(system.formula, "").rstrip(" :") or system.title
    title = title[:1].upper() + title[1:]
    return SystemView(
        title, system.formula, system.citation, tuple(facts), parameters, _figures(setting)
    )


def _with_unit(value: float, unit: str) -> str:
    return text_of(value) if unit == "1" else f"{text_of(value)} {unit}"


@np.errstate(all="ignore")
def _figures(setting: Setting) -> tuple[tuple[str, str], ...]:
    states = _states(setting)
    if len(states) < 2:
        return ()
    if isinstance(setting.system, Flow):
        return _of_flow(setting, states)
    return _of_map(setting, states)


def _states(setting: Setting) -> Float64[np.ndarray, "states coordinates"]:
    """States of an orbit, or of a trajectory at the steps of its method; it ends where it escapes."""
    system, parameters = setting.system, setting.parameters
    y = np.array(system.initial, np.float64)
    found: list[np.ndarray] = []

    def derivative(t: float, state: np.ndarray) -> np.ndarray:
        assert isinstance(system, Flow)
        return np.array(system.field(np, t, tuple(state), parameters), np.float64)

    # An orbit of a map on a line is drawn from its start: doublings rest when the digits are used up.
    passed, kept = (0, ORBIT) if setting.one_dimensional else (PASSED, ATTRACTOR)
    for step in range(passed + kept):
        if not (np.abs(y) < ESCAPED).all():
            break
        if step >= passed:
            found.append(y)
        if isinstance(system, Flow):
            y = advanced(derivative, step * system.step, y, system.step)
        else:
            y = np.array(system.step(np, tuple(y), parameters), np.float64)
    return np.array(found)


def _of_map(
    setting: Setting, states: Float64[np.ndarray, "states coordinates"]
) -> tuple[tuple[str, str], ...]:
    system = setting.system
    x = states[:, 0]
    first = min(ORBIT, len(x))
    orbit = Chart((0.0, float(first)), _ends(x[:first]), ("iterate", system.coordinates[0]))
    orbit.line(range(first), x[:first].tolist(), "thin")
    orbit.dots(range(first), x[:first].tolist(), "points")
    made = [(orbit.svg(f"An orbit of the {system.title}"), f"{first} iterates of an orbit")]
    if len(system.coordinates) > 1:
        second = states[:, 1]
        chart = Chart(_ends(x), _ends(second), system.coordinates[:2])
        chart.dots(x.tolist(), second.tolist(), "cloud")
        told = f"{len(x)} states of the attractor"
        return (*made, (chart.svg(f"The attractor of the {system.title}"), told))
    low, high = system.state
    if not np.isfinite([low, high]).all():
        low, high = _ends(x)
    z = np.linspace(low, high, 301)
    image = setting.value(z)
    chart = Chart((low, high), _ends(np.append(image[np.isfinite(image)], x)), ("x", "next x"))
    chart.line([low, high], [low, high], "diagonal")
    # A cobweb: up to the curve, across to the diagonal.
    count = min(24, len(x) - 1)
    across = np.repeat(x[:count], 2)
    up = np.append(x[0], np.repeat(x[1:count], 2))
    chart.line(across.tolist(), [*up.tolist(), float(x[count])][: len(across)], "thin")
    chart.line(z.tolist(), image.tolist(), "curve")
    told = f"the map with {count} iterates of the orbit"
    return (*made, (chart.svg(f"The {system.title} and an orbit on it"), told))


def _of_flow(
    setting: Setting, states: Float64[np.ndarray, "states coordinates"]
) -> tuple[tuple[str, str], ...]:
    system = setting.system
    assert isinstance(system, Flow)
    times = system.step * np.arange(len(states))
    read = states[:, setting.reading]
    unit = "" if system.time_unit == "1" else f" ({system.time_unit})"
    series = Chart((0.0, float(times[-1])), _ends(read), (f"time{unit}", setting.read))
    series.line(times.tolist(), read.tolist(), "curve")
    first, last = states[:, 0], states[:, -1]
    portrait = Chart(_ends(first), _ends(last), (system.coordinates[0], system.coordinates[-1]))
    portrait.line(first.tolist(), last.tolist(), "curve")
    return (
        (series.svg(f"A time series of the {system.title}"), f"{setting.read} over time"),
        (portrait.svg(f"A trajectory of the {system.title}"), "a trajectory on the attractor"),
    )


def _ends(values: Float64[np.ndarray, " values"]) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    room = 0.05 * (high - low)
    return low - room, high + room
