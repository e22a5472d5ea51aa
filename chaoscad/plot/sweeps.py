"""Results of sweeps: heat maps, families of curves with intervals, small multiples."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from chaoscad.arguments import choice
from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown
from chaoscad.plot.style import COLOURS, FAINT, INK, MAP_OF_COLOURS, PAGE, head, styled
from chaoscad.robustness.interval import clopper_pearson

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

NOT_MEASURES = ("status", "method", "reason")
SEEDS = ("seed", "settings.seed")
FAILED = 2
"""What `status` says of a point that failed."""

CONFIDENCE = 0.95
"""Of the intervals of success rates."""

BAND = (0.1, 0.9)
"""The part of other values that a band holds."""

MOST_LINES, MOST_PANELS = 12, 36
"""Curves of a panel, and panels of a figure: more cannot be told apart."""

MARKERS = "osD^vP"


@dataclass(frozen=True)
class Roles:
    """What the axes of a sweep are in a figure.

    **Arguments:**

    - `x`, `y`: of the panels; with `y` they are heat maps, else `line` has a curve for each value.
    - `panels`: has a panel for each value.
    - `over`: the rest, of which a curve shows the middle and the spread.
    """

    measure: str
    x: str
    y: str | None
    line: str | None
    panels: str | None
    over: tuple[str, ...]


def measures_of(results: Dataset) -> list[str]:
    """The variables that can be drawn."""
    ends = ("_low", "_high", "_error")
    names = [str(name) for name in results.data_vars]
    return [
        name
        for name in names
        if name not in NOT_MEASURES
        and not any(name.endswith(end) and name.removesuffix(end) in names for end in ends)
    ]


def selected(results: Dataset, at: Mapping[str, Any]) -> Dataset:
    """The results at one value of some axes: of numbers at the nearest, of text at that text.

    **Raises:** `ChaoscadError` for an axis or a text that there is not, and a number beyond the axis.
    """
    for name, value in at.items():
        axis = choice("axis", name, [str(one) for one in results.dims])
        coordinates = results[axis].values
        if coordinates.dtype.kind in "iuf":
            try:
                wanted = float(value)
            except (TypeError, ValueError):
                raise ChaoscadError(
                    f"{axis} has numbers, and {shown(str(value))} is none"
                ) from None
            low, high = coordinates.min(), coordinates.max()
            if not low <= wanted <= high:
                raise ChaoscadError(f"{axis} goes from {low:g} to {high:g}, and has no {wanted:g}")
            place = int(np.abs(coordinates - wanted).argmin())
        else:
            known = [str(one) for one in coordinates]
            if str(value) not in known:
                hint = nearest(str(value), known) or "it has " + ", ".join(known[:12])
                message = f"{axis} has no value {shown(str(value))}"
                raise ChaoscadError(Diagnostic(message, hint=hint))
            place = known.index(str(value))
        results = results.isel({axis: place})
    return results


def roles_of(
    results: Dataset,
    measure: str | None = None,
    x: str | None = None,
    y: str | None = None,
    line: str | None = None,
    panels: str | None = None,
) -> Roles:
    """The roles that are given, and for those that are not what suits.

    **Raises:** `ChaoscadError` for a measure or an axis that there is not, an axis in two roles, and a
    figure of too many curves or panels.
    """
    known = measures_of(results)
    if measure is None:
        measure = "margin" if "margin" in known else known[0]
    measure = choice("measure", measure, known)
    dims = [str(name) for name in results.dims]
    if not dims:
        raise ChaoscadError("there is one point, and nothing to draw it against")
    given = {"x": x, "y": y, "line": line, "panels": panels}
    used = [choice(f"axis of {role}", name, dims) for role, name in given.items() if name]
    for name in used:
        if used.count(name) > 1:
            raise ChaoscadError(f"the axis {name} has two roles; give it one")
    left = [name for name in dims if name not in used]
    # Seeds are what is averaged over, unless they are all that there is.
    numeric = [name for name in left if results[name].dtype.kind in "iuf" and name not in SEEDS]
    if x is None:
        x = max(numeric or left, key=lambda name: results.sizes[name])
        left.remove(x)
        numeric = [name for name in numeric if name != x]
    many = [name for name in left if name not in (*numeric, *SEEDS) and results.sizes[name] > 1]
    if y is None and line is None:
        wide = [name for name in numeric if results.sizes[name] > 6]
        if wide and measure != "solved":
            y = wide[0]
        elif many:
            line = many.pop(0)
        elif few := [name for name in numeric if results.sizes[name] > 1]:
            line = few[0]
        left = [name for name in left if name not in (y, line)]
    if panels is None and many:
        panels = next((name for name in many if name in left), None)
        left = [name for name in left if name != panels]
    for what, name, most in (("curves", line, MOST_LINES), ("panels", panels, MOST_PANELS)):
        if name is not None and results.sizes[name] > most:
            hint = "choose another axis, or one value of it by --at"
            message = (
                f"{name} has {results.sizes[name]} values, and a figure has at most {most} {what}"
            )
            raise ChaoscadError(Diagnostic(message, hint=hint))
    return Roles(measure, x, y, line, panels, tuple(left))


def draw_sweep(
    results: Dataset,
    measure: str | None = None,
    *,
    x: str | None = None,
    y: str | None = None,
    line: str | None = None,
    panels: str | None = None,
    at: Mapping[str, Any] | None = None,
    title: str = "",
) -> Figure:
    """A measure of a sweep against its axes.

    With `y` every panel is a heat map. Else it has curves: of a truth, such as `solved`, the success rate
    over the axes that have no role, with its exact binomial interval (C. J. Clopper and E. S. Pearson,
    Biometrika 26, 404 (1934)); of a number its median, with the band that holds 80 % of the values, or the
    interval that the results themselves give. Failed points are left out.

    **Arguments:**

    - `at`: the value of axes that are not drawn; the rest is averaged over.

    **Raises:** as `roles_of` and `selected`.
    """
    results = selected(results, at or {})
    roles = roles_of(results, measure, x, y, line, panels)
    values = results[roles.measure].where(results["status"] != FAILED)
    if results[roles.measure].dtype.kind == "b":
        values = values.astype(float)
    places = range(results.sizes[roles.panels]) if roles.panels else [0]
    columns = min(len(places), 3 if len(places) != 4 else 2)
    rows = math.ceil(len(places) / columns)
    with styled():
        made = Figure(figsize=(PAGE, 0.6 + 2.5 * rows), layout="constrained")
        grid = made.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        colours: list[Any] = []
        for place, axes in zip(places, grid.flat, strict=False):
            part, whole = values, results
            if roles.panels:
                part = values.isel({roles.panels: place})
                whole = results.isel({roles.panels: place})
                axes.set_title(_named(results, roles.panels, place))
            if roles.y:
                colours.append(_map(axes, part, roles))
            else:
                _curves(axes, part, whole, roles)
            axes.label_outer()
        for axes in list(grid.flat)[len(places) :]:
            axes.set_visible(False)
        if colours:
            _one_scale(made, grid, colours, results, roles)
        head(made, _heading(results, roles, title, at or {}))
        return made


def _heading(results: Dataset, roles: Roles, title: str, at: Mapping[str, Any]) -> str:
    told = _label(results, roles.measure)
    if roles.measure != results[roles.measure].attrs.get("long_name", roles.measure):
        told += f": {results[roles.measure].attrs['long_name']}"
    parts = [f"{name} = {value}" for name, value in at.items()]
    if roles.over and not roles.y:
        if results[roles.measure].dtype.kind == "b":
            how = f"share with its {100 * CONFIDENCE:g} % binomial interval"
        else:
            how = "median and the band of 80 % of the values"
        parts.append(f"over {', '.join(roles.over)}: {how}")
    elif roles.over:
        parts.append(f"mean over {', '.join(roles.over)}")
    return "\n".join(one for one in (title, told, "; ".join(parts)) if one)


def _label(results: Dataset, name: str) -> str:
    unit = results[name].attrs.get("units", "1")
    return name if unit == "1" else f"{name} ({unit})"


def _named(results: Dataset, axis: str, place: int) -> str:
    value = results[axis].values[place]
    told = f"{value:.6g}" if results[axis].dtype.kind == "f" else str(value)
    return f"{axis.rpartition('.')[2]} {told}"


def _positions(results: Dataset | DataArray, axis: str) -> np.ndarray:
    values = results[axis].values
    return values.astype(float) if values.dtype.kind in "iuf" else np.arange(len(values)) + 0.0


def _scaled(axes: Axes, results: Dataset | DataArray, axis: str, which: str) -> None:
    """The scale of an axis: logarithmic where its values are spaced so, ticks with texts for texts."""
    values = results[axis].values
    if values.dtype.kind not in "iuf":
        getattr(axes, f"set_{which}ticks")(range(len(values)), [str(one) for one in values])
    elif _logarithmic(values):
        getattr(axes, f"set_{which}scale")("log")
    elif values.dtype.kind in "iu" and len(values) <= 10:
        getattr(axes, f"set_{which}ticks")(values.tolist())


def _logarithmic(values: np.ndarray) -> bool:
    if len(values) < 4 or values.dtype.kind != "f" or not (values > 0).all():
        return False
    ratios = values[1:] / values[:-1]
    return bool(np.allclose(ratios, ratios[0], rtol=1e-6) and abs(ratios[0] - 1) > 1e-3)


def _curves(axes: Axes, part: DataArray, whole: Dataset, roles: Roles) -> None:
    count = part.sizes[roles.line] if roles.line else 1
    for place in range(count):
        curve = part.isel({roles.line: place}) if roles.line else part
        own = whole.isel({roles.line: place}) if roles.line else whole
        label = _named(whole, roles.line, place) if roles.line else None
        numbers = np.asarray(curve.transpose(roles.x, *roles.over).values, np.float64).reshape(
            curve.sizes[roles.x], -1
        )
        middle, low, high = _spread(numbers, own, roles)
        at = _positions(curve, roles.x)
        colour, marker = COLOURS[place % len(COLOURS)], MARKERS[place % len(MARKERS)]
        dashed = "-" if place < len(COLOURS) else "--"
        axes.plot(*(at, middle), dashed, color=colour, marker=marker, markersize=2.5, label=label)
        if low is not None and high is not None:
            axes.fill_between(at, low, high, color=colour, alpha=0.18, linewidth=0)
    _scaled(axes, part, roles.x, "x")
    axes.set(xlabel=_label(whole, roles.x), ylabel=_label(whole, roles.measure))
    if whole[roles.measure].dtype.kind == "b":
        axes.set_ylim(-0.03, 1.03)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    if roles.line:
        axes.legend(loc="best", ncols=2 if count > 4 else 1)


def _spread(
    numbers: np.ndarray, own: Dataset, roles: Roles
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    """The middle of each row of values, and the ends of its interval where there is one."""
    if own[roles.measure].dtype.kind == "b":
        share, low, high = success(numbers)
        return share, low, high
    ends = f"{roles.measure}_low", f"{roles.measure}_high"
    with np.errstate(all="ignore"):
        if numbers.shape[1] == 1:
            low, high = (
                own[name].transpose(roles.x, *roles.over).values.ravel() if name in own else None
                for name in ends
            )
            return numbers[:, 0], low, high
        # Rows without any value have no quantile: they get one of zeros, and lose it again.
        empty = np.isnan(numbers).all(axis=1, keepdims=True)
        found = np.nanquantile(np.where(empty, 0.0, numbers), (0.5, *BAND), axis=1)
        middle, low, high = np.where(empty.T, np.nan, found)
        return middle, low, high


def success(
    numbers: np.ndarray, confidence: float = CONFIDENCE
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The share of ones in every row, with the ends of its exact binomial interval; NaN is left out."""
    of = np.isfinite(numbers).sum(1)
    count = np.nansum(numbers, axis=1)
    low, high = clopper_pearson(count, of, confidence)
    with np.errstate(all="ignore"):
        share = np.where(of > 0, count / of, np.nan)
    return share, np.where(of > 0, low, np.nan), np.where(of > 0, high, np.nan)


def _map(axes: Axes, part: DataArray, roles: Roles) -> Any:
    assert roles.y is not None
    across = part.mean(roles.over, skipna=True) if roles.over else part
    axes.set_facecolor(FAINT)
    drawn = axes.pcolormesh(
        _positions(part, roles.x),
        _positions(part, roles.y),
        np.ma.masked_invalid(across.transpose(roles.y, roles.x).values.astype(float)),
        cmap=MAP_OF_COLOURS,
        shading="nearest",
        rasterized=True,
    )
    for axis, which in ((roles.x, "x"), (roles.y, "y")):
        _scaled(axes, part, axis, which)
    axes.set(xlabel=roles.x, ylabel=roles.y)
    return drawn


def _one_scale(
    made: Figure, grid: np.ndarray, drawn: Sequence[Any], results: Dataset, roles: Roles
) -> None:
    """One colour bar for all panels; what has no value is grey."""
    values = [one.get_array().compressed() for one in drawn]
    every = np.concatenate(values)
    if every.size:
        for one in drawn:
            one.set_clim(every.min(), every.max())
    bar = made.colorbar(drawn[0], ax=grid.ravel().tolist(), fraction=0.046, pad=0.02)
    bar.set_label(_label(results, roles.measure), color=INK)
