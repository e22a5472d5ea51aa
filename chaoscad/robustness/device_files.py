"""Measured devices of a design: files of curves and of parameters, and what they say of every gate."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chaoscad.design import Design, DesignGate
from chaoscad.errors import ChaoscadError, Diagnostic, listed, nearest, shown
from chaoscad.instrument import Table, read_instrument_text, read_table
from chaoscad.systems import Map, Setting, curve_reading, curve_setting
from chaoscad.systems.registry import out_of_range
from chaoscad.systems.sweeps import Sweep

DEVICE = "device"
"""The column of a table of parameters that names its devices."""


@dataclass(frozen=True)
class Device:
    """One device of a design: the system that each of its gates really is.

    **Arguments:**

    - `settings`: by gate; those that were not measured are as in the design.
    """

    name: str
    settings: Mapping[str, Setting]


def read_devices(
    design: Design, paths: Sequence[str | os.PathLike[str]], sweep: Sweep | None = None
) -> list[Device]:
    """The devices of some files and folders.

    A file with columns that are called as parameters of the gates is a table with a device in every
    row: `a` is of all gates that have it, `p.a` of the gate p, and a column `device` names the devices.
    Another file is the curve of one device, which all of its gates with a curve have. A folder is one
    device with a curve for every gate, in a file whose name before the suffix is the gate's.

    **Arguments:**

    - `sweep`: of curves that were measured up and down.

    **Raises:** `ChaoscadError` with every finding about the files.
    """
    devices: list[Device] = []
    findings: list[Diagnostic] = []
    for path in paths:
        try:
            devices += _Files(design, sweep).read(Path(path))
        except ChaoscadError as error:
            findings += error.diagnostics
    names = [device.name for device in devices]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        hint = "rename one of the files"
        findings.append(Diagnostic(f"two devices are called {shown(name)}", hint=hint))
    if findings:
        raise ChaoscadError(findings)
    return devices


@dataclass(frozen=True)
class _Files:
    design: Design
    sweep: Sweep | None

    def read(self, path: Path) -> list[Device]:
        if path.is_dir():
            return [self._folder(path)]
        text = read_instrument_text(path)
        table = read_table(text, str(path))
        if self._parameters(table):
            return self._rows(table)
        curves = [gate for gate in self.design.gates if _curve(gate) is not None]
        if not curves or any(column.name == DEVICE for column in table.columns):
            own = listed(dict.fromkeys(n for g in self.design.gates for n in g.setting.parameters))
            hint = f"the parameters are {own}, or GATE.NAME for one gate"
            if not own:
                hint = "the gates have curves; give a file or a folder of curves for every device"
            table.fail("no column is called as a parameter of a gate", table.names_line, 1, hint)
        settings = {gate.name: gate.setting for gate in self.design.gates}
        settings |= {gate.name: self._measured(gate, text, table, str(path)) for gate in curves}
        return [Device(path.stem, settings)]

    def _folder(self, path: Path) -> Device:
        settings = {gate.name: gate.setting for gate in self.design.gates}
        files = sorted(item for item in path.iterdir() if not item.name.startswith("."))
        if not files:
            raise ChaoscadError(Diagnostic("the folder has no files", str(path)))
        findings: list[Diagnostic] = []
        for file in files:
            gate = self.design.by_name.get(file.stem)
            if gate is None or _curve(gate) is None:
                hint = nearest(file.stem, settings) or "the gates are " + listed(settings)
                message = f"there is no gate {shown(file.stem)} with a curve"
                findings.append(Diagnostic(message, str(file), hint=hint))
                continue
            try:
                text = read_instrument_text(file)
                table = read_table(text, str(file))
                settings[gate.name] = self._measured(gate, text, table, str(file))
            except ChaoscadError as error:
                findings += error.diagnostics
        if findings:
            raise ChaoscadError(findings)
        return Device(path.name, settings)

    def _measured(self, gate: DesignGate, text: str, table: Table, file: str) -> Setting:
        """The curve of a file, from the columns that the design's has, else from the first two."""
        curve = _curve(gate)
        assert curve is not None
        names = {column.name for column in table.columns}
        columns = (
            (curve.input, curve.output) if {curve.input, curve.output} <= names else (None, None)
        )
        return curve_setting(curve_reading(text, file, *columns, self.sweep).curve)

    def _parameters(self, table: Table) -> dict[int, list[tuple[str, str]]]:
        """By column of parameters, the gates and parameters that it is of."""
        found: dict[int, list[tuple[str, str]]] = {}
        for place, column in enumerate(table.columns):
            found[place] = [
                (gate.name, name)
                for gate in self.design.gates
                for name in gate.setting.parameters
                if column.name in (name, f"{gate.name}.{name}")
            ]
        return {place: pairs for place, pairs in found.items() if pairs}

    def _rows(self, table: Table) -> list[Device]:
        columns = self._parameters(table)
        others = [
            column.name
            for place, column in enumerate(table.columns)
            if place not in columns and column.name != DEVICE
        ]
        if others:
            hint = "leave it out, or name it GATE.NAME after a parameter of a gate"
            message = f"the column {shown(others[0])} is of no parameter"
            table.fail(message, table.names_line, 1, hint)
        numbers = table.numbers(tuple(columns))
        named = next((i for i, one in enumerate(table.columns) if one.name == DEVICE), None)
        devices: list[Device] = []
        findings: list[Diagnostic] = []
        for index, line in enumerate(numbers.lines):
            values: dict[str, dict[str, float]] = {}
            # A column of one gate says more than one of all gates.
            order = sorted(columns, key=lambda place: "." in table.columns[place].name)
            for place in order:
                value = numbers.values[list(columns).index(place)][index]
                for gate, name in columns[place]:
                    values.setdefault(gate, {})[name] = value
            settings: dict[str, Setting] = {}
            for gate in self.design.gates:
                given = values.get(gate.name, {})
                system = gate.setting.system
                for name, value in given.items():
                    item = system.parameter(name)
                    if item is not None and not item.accepts(value):
                        message = out_of_range(system.name, item, value)
                        findings.append(Diagnostic(message, table.file, line, 1))
                settings[gate.name] = gate.setting.with_values(given)
            stem = Path(table.file).stem
            name = f"{stem}:{line}" if named is None else table.rows[index].cells[named]
            devices.append(Device(name, settings))
        if findings:
            raise ChaoscadError(list(dict.fromkeys(findings))[:20])
        return devices


def _curve(gate: DesignGate):
    system = gate.setting.system
    return system.curve if isinstance(system, Map) else None
