"""From a measurement to a system: `chaoscad fit` and `chaoscad.fit`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from chaoscad.arguments import check_path, instance, number, positive
from chaoscad.errors import ChaoscadError, Diagnostic, listed, nearest, shown
from chaoscad.fitting.curve import CurveFit, fit_curve
from chaoscad.fitting.shooting import Record, fit_record
from chaoscad.fitting.system import SystemFit, fit_map, free_parameters
from chaoscad.instrument import Table, read_instrument_text, read_table
from chaoscad.systems import Flow, Map, Setting, setting
from chaoscad.systems.curve_file import read_sweeps
from chaoscad.systems.sweeps import Sweep


@dataclass(frozen=True)
class Scale:
    """How a measurement stands for a system: a state x is offset_volts + volts_per_unit * x volts, and a
    unit of a flow's time takes seconds_per_unit seconds.
    """

    volts_per_unit: float = 1.0
    offset_volts: float = 0.0
    seconds_per_unit: float = 1.0

    def __post_init__(self) -> None:
        number("volts_per_unit", self.volts_per_unit, "a number other than 0", lambda x: x != 0)
        number("offset_volts", self.offset_volts, "a finite number", lambda _: True)
        positive("seconds_per_unit", self.seconds_per_unit)

    def state(self, volts: np.ndarray) -> np.ndarray:
        """The states of voltages."""
        return (volts - self.offset_volts) / self.volts_per_unit


def fit(
    path: str | os.PathLike[str],
    system: Setting | str | None = None,
    *,
    free: Sequence[str] | None = None,
    input: str | None = None,
    measured: str | Mapping[str, str] | None = None,
    sweep: Sweep | None = None,
    series: bool = False,
    scale: Scale | None = None,
) -> CurveFit | SystemFit:
    """A system that does what was measured.

    Without `system`, a smooth curve through the points of a transfer curve. A map is fitted to a
    transfer curve or, with `series`, to its iterates one after the other; a flow to a record in time.

    **Arguments:**

    - `path`: a file of an instrument or of SPICE (see `chaoscad.instrument`).
    - `system`: with the parameters at which the search starts.
    - `free`: the parameters that are fitted; all where it is left out.
    - `input`: the column of the inputs, or of time, by its name or number; else the first.
    - `measured`: the column of the outputs, else the second; of a record, columns by coordinates.
    - `series`: whether every row is the next iterate of a map; `input` is then not read.
    - `sweep`: of a curve with an upward and a downward sweep, one of them or their mean; a map is
      fitted to all points where it is left out.

    **Raises:** `ChaoscadError` with the line of the file for what cannot be read, and for points that
    do not determine the parameters.
    """
    check_path(path)
    file = os.fspath(path)
    text = read_instrument_text(file)
    if isinstance(system, str):
        system = setting(system)
    if series and (system is None or not isinstance(system.system, Map)):
        raise ChaoscadError("a series is of the iterates of a map; a flow has a record in time")
    if system is None or (isinstance(system.system, Map) and not series):
        if isinstance(measured, Mapping):
            hint = "name one column"
            raise ChaoscadError(Diagnostic("a transfer curve has no coordinates", file, hint=hint))
        sweeps = read_sweeps(text, file, input, measured)
        if system is None:
            _refuse_for_curves(free, scale)
            return fit_curve(sweeps, file, sweep)
    else:
        instance("the system", system, Setting, "chaoscad.systems.setting('lorenz')")
        if sweep is not None:
            raise ChaoscadError(
                "a sweep is of a transfer curve, and a flow is fitted to a record in time"
            )
        given = measured if isinstance(measured, Mapping) else None
        if isinstance(measured, str):
            given = {system.read: measured}
        try:
            return _fit_record(read_table(text, file), system, free, input, given, scale or Scale())
        except ChaoscadError as error:
            raise _about(error, file) from None
    try:
        points = sweeps.points
        if sweep is not None:
            chosen = {"up": [sweeps.up], "down": [sweeps.down], "mean": [sweeps.up, sweeps.down]}[
                sweep
            ]
            if None in chosen:
                raise ChaoscadError(f"there is no sweep {sweep!r}: the points are of one sweep")
            parts = [part for part in chosen if part is not None]
            points = (
                [x for part in parts for x in part[0]],
                [y for part in parts for y in part[1]],
            )
        own = scale or Scale()
        inputs, outputs = (own.state(np.array(values)) for values in points)
        found = fit_map(system, inputs, outputs, free_parameters(system, free))
        return replace(found, remarks=sweeps.remarks)
    except ChaoscadError as error:
        raise _about(error, file) from None


def _refuse_for_curves(free: Sequence[str] | None, scale: Scale | None) -> None:
    if free is not None:
        raise ChaoscadError("a curve has no parameters to fit; name a system")
    if scale not in (None, Scale()):
        raise ChaoscadError("a curve is in the units of its file; a scale is of a named system")


def _about(error: ChaoscadError, file: str) -> ChaoscadError:
    """The error about the file, where it is not yet about one."""
    return ChaoscadError(replace(item, file=item.file or file) for item in error.diagnostics)


def _fit_record(
    table: Table,
    system: Setting,
    free: Sequence[str] | None,
    time: str | None,
    measured: Mapping[str, str] | None,
    scale: Scale,
) -> SystemFit:
    flow, coordinates = isinstance(system.system, Flow), system.system.coordinates
    if flow and len(table.columns) < 2:
        message = "the file has 1 column, and a record needs a time and a coordinate"
        table.fail(message, table.names_line)
    clock = 0 if time is None else table.place(time)
    if measured is None:
        measured = {
            system.read: table.columns[1 if clock == 0 and len(table.columns) > 1 else 0].head
        }
    for name in measured:
        if name not in coordinates:
            hint = nearest(name, coordinates) or "they are " + listed(coordinates)
            message = f"{system.system.name} has no coordinate {shown(name)}"
            raise ChaoscadError(Diagnostic(message, hint=hint))
    places = [table.place(column) for column in measured.values()]
    numbers = table.numbers([clock, *places] if flow else places)
    columns = [np.array(column) for column in numbers.values]
    times = columns.pop(0) / scale.seconds_per_unit if flow else np.arange(float(len(columns[0])))
    back = np.flatnonzero(np.diff(times) <= 0)
    if len(back):
        at = int(back[0]) + 1
        message = f"the time {times[at]:g} does not lie after the one above it, {times[at - 1]:g}"
        table.fail(message, numbers.lines[at], 1, "keep one record, in the order of time")
    record = Record(
        times,
        np.stack([scale.state(column) for column in columns], axis=1),
        tuple(coordinates.index(name) for name in measured),
    )
    return replace(fit_record(system, record, free), remarks=numbers.remarks)
