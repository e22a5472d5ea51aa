"""What a report says of a design: everything that its page shows, as text, tables and figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from chaoscad.design import Design, DesignGate, Reconfigurable
from chaoscad.errors import counted
from chaoscad.evidence import Evidence
from chaoscad.logic import title
from chaoscad.logic.rows import all_rows, unpacked
from chaoscad.netlist.yaml_text import dump_yaml
from chaoscad.reports import curve, live, schematic
from chaoscad.reports.chart import text_of
from chaoscad.reports.curve import Curve
from chaoscad.reports.dynamics import Fact, SystemView, view
from chaoscad.reports.exported import ExportedFile
from chaoscad.reports.hardware import HardwareView, SwitchingView, hardware_view, switching_view
from chaoscad.reports.javascript import Equations
from chaoscad.reports.robustness import Asked, RobustnessView, robustness_view

MOST_CURVES = 60
"""Value curves of a configuration; of more gates those of the least margins are drawn."""

MOST_PICTURED = 24
"""Configurations with a schematic and curves; of more the first ones."""

MOST_SYSTEMS = 6
"""Systems, each with its parameters, whose dynamics are shown."""

MOST_ROWS = 1500
"""Gates of the table; of more those of the least margins."""

MOST_TABULATED = 6
"""Inputs of the widest circuit whose truth table is printed."""


@dataclass(frozen=True)
class GateRow:
    """A gate in the table.

    **Arguments:**

    - `numbers`: margin, input margin, room, iterates of a map or time of a flow, x0, threshold.
    """

    name: str
    anchor: str
    inputs: str
    function: str
    system: str
    weights: str
    numbers: tuple[float, ...]
    right: bool


@dataclass(frozen=True)
class CurveView:
    """A value curve and the gates that have it: they are set to the same numbers."""

    anchor: str
    gates: str
    function: str
    margin: float
    unit: str
    svg: str


@dataclass(frozen=True)
class ConfigurationView:
    """A design, or one configuration of one; `name` is empty where there is only one.

    **Arguments:**

    - `system`: that of all gates, empty where they have several.
    - `run`: what the column of iterates or times is called.
    - `pictured`: whether it has a schematic and curves, where its size allows them.
    - `unlisted`, `hidden`: how many gates are not in the table, and how many curves are not drawn.
    - `table`: the header and the rows of the circuit's truth table, empty for a wide one.
    """

    name: str
    anchor: str
    summary: str
    findings: tuple[str, ...]
    pictured: bool
    schematic: str | None
    gates: tuple[GateRow, ...]
    system: str
    run: str
    unit: str
    unlisted: int
    curves: tuple[CurveView, ...]
    hidden: int
    table: tuple[tuple[str, ...], ...]
    hardware: HardwareView | None
    robustness: RobustnessView | None


@dataclass(frozen=True)
class Chapter:
    """A file or a folder of the report.

    **Arguments:**

    - `anchor`: with which the ids of its parts begin.
    - `findings`: what is wrong beside what every configuration says of itself.
    - `more_systems`: how many are not shown, which differ in their parameters at least.
    - `live`: what the live gate computes with.
    - `exported`, `log`: of an export's folder, its files and the log of its check.
    """

    template: ClassVar[str] = "design.html"

    anchor: str
    name: str
    description: str
    kind: str
    source: str
    solved: bool
    findings: tuple[str, ...]
    facts: tuple[Fact, ...]
    parts: tuple[ConfigurationView, ...]
    systems: tuple[SystemView, ...]
    more_systems: int
    switching: SwitchingView | None
    netlist: str
    provenance: tuple[Fact, ...]
    live: Mapping[str, Any]
    designs: tuple[Design, ...] = field(repr=False)
    exported: tuple[ExportedFile, ...] = ()
    log: str = ""

    def exported_as(self, files: tuple[ExportedFile, ...], log: str) -> Chapter:
        """The chapter of the folder that an export of the design wrote."""
        return replace(self, kind=f"export of a {self.kind}", exported=files, log=log)


def chapter(
    design: Design | Reconfigurable,
    source: str,
    anchor: str,
    equations: Equations,
    asked: Asked,
) -> Chapter:
    """The chapter of a design.

    **Arguments:**

    - `source`: the name of its file.
    - `anchor`: with which the ids of its parts begin.
    - `equations`: of the page, to which those of its gates are added.
    - `asked`: what is measured of it.

    **Raises:** `ChaoscadError` for deviations that the design has not, and hardware that contradicts
    itself.
    """
    several = isinstance(design, Reconfigurable)
    designs = dict(design.configurations) if several else {"": design}
    evidence = {name: Evidence(one) for name, one in designs.items()}
    parts: list[ConfigurationView] = []
    configurations: list[dict[str, Any]] = []
    for place, (name, one) in enumerate(evidence.items()):
        own = f"{anchor}-c{place}" if several else anchor
        drawn = _drawn(one)
        parts.append(_configuration(name, own, one, drawn, asked, place < MOST_PICTURED))
        configurations.append(
            live.configuration(name, one, drawn, curve.integration(one), equations)
        )
    findings = design.differences if several else ()
    gates = next(iter(designs.values())).gates
    settings = list({gate.setting.element: gate.setting for gate in gates}.values())
    return Chapter(
        anchor=anchor,
        name=design.name,
        description=design.netlist.description,
        kind=counted(len(designs), "configuration") if several else "design",
        source=source,
        solved=all(one.verification.passed for one in evidence.values()) and not findings,
        findings=findings,
        facts=_facts(design, evidence),
        parts=tuple(parts),
        systems=tuple(view(setting) for setting in settings[:MOST_SYSTEMS]),
        more_systems=max(0, len(settings) - MOST_SYSTEMS),
        switching=switching_view(design) if several else None,
        netlist=dump_yaml(design.netlist),
        provenance=_provenance(design.provenance),
        live={"anchor": anchor, "configurations": configurations},
        designs=tuple(designs.values()),
    )


def _drawn(evidence: Evidence) -> dict[str, Curve]:
    """The curve of every gate; equal gates share theirs."""
    known: dict[Any, Curve] = {}
    found: dict[str, Curve] = {}
    steps = curve.integration(evidence)
    for gate in evidence.design.gates:
        key = (gate.setpoint, repr(gate.setpoint.to_data()), gate.source.bounds.state)
        if key not in known:
            known[key] = curve.curve_of(gate, evidence.rows[gate.name], steps.get(gate.name))
        found[gate.name] = known[key]
    return found


def _configuration(
    name: str,
    anchor: str,
    evidence: Evidence,
    drawn: Mapping[str, Curve],
    asked: Asked,
    pictured: bool,
) -> ConfigurationView:
    design, checked = evidence.design, evidence.verification
    curves, anchors, hidden = _curves(anchor, evidence, drawn, MOST_CURVES if pictured else 0)
    reach = {verdict.name: verdict for verdict in checked.gates}
    shown = live.least(design, MOST_ROWS)
    units = {gate.setting.system.unit for gate in design.gates} - {"1"}
    rows = tuple(
        GateRow(
            name=gate.name,
            anchor=anchors[gate.name],
            inputs=", ".join(gate.inputs),
            function=title(gate.function),
            system=_system(gate),
            weights=", ".join(map(text_of, gate.delta)),
            numbers=(
                reach[gate.name].margin,
                reach[gate.name].input_margin,
                reach[gate.name].room,
                gate.iterates if gate.setting.time is None else gate.setting.time,
                gate.x0,
                gate.threshold,
            ),
            right=reach[gate.name].margin > 0,
        )
        for gate in design.gates
        if gate.name in shown
    )
    systems = {row.system for row in rows}
    right = checked.rows - checked.wrong_rows
    how = "all rows" if checked.exhaustive else "a sample of rows"
    return ConfigurationView(
        name=name,
        anchor=anchor,
        summary=f"{right} of {checked.rows} rows right ({how}), least margin "
        f"{text_of(checked.worst_margin)}",
        findings=(*checked.findings(), *checked.warnings()),
        pictured=pictured,
        schematic=schematic.draw(design, anchors) if pictured else None,
        gates=rows,
        system=systems.pop() if len(systems) == 1 else "",
        run=" or ".join(sorted({_of_run(gate) for gate in design.gates})),
        unit=units.pop() if len(units) == 1 else "",
        unlisted=len(design.gates) - len(rows),
        curves=curves,
        hidden=hidden,
        table=_table(evidence),
        hardware=hardware_view(evidence),
        robustness=robustness_view(evidence, asked),
    )


def _of_run(gate: DesignGate) -> str:
    return "iterates" if gate.setting.time is None else "time"


def _system(gate: DesignGate) -> str:
    values = ", ".join(
        f"{name} = {text_of(value)}" for name, value in gate.setting.parameters.items()
    )
    return f"{gate.setting.system.name} ({values})" if values else gate.setting.system.name


def _curves(
    anchor: str, evidence: Evidence, drawn: Mapping[str, Curve], most: int
) -> tuple[tuple[CurveView, ...], dict[str, str], int]:
    """The curves, where the curve of every gate stands, and how many are left out."""
    groups: dict[Any, list[DesignGate]] = {}
    for gate in evidence.design.gates:
        key = (
            gate.setpoint,
            repr(gate.setpoint.to_data()),
            gate.function,
            gate.source.bounds.state,
        )
        groups.setdefault(key, []).append(gate)
    order = list(groups.values())
    shown = order
    if len(order) > most:
        shown = sorted(order, key=lambda gates: gates[0].margin)[:most]
    anchors = {gate.name: f"{anchor}-gates" for gate in evidence.design.gates}
    made: list[CurveView] = []
    for place, gates in enumerate(shown):
        first = gates[0]
        own = f"{anchor}-g{place}"
        anchors.update((gate.name, own) for gate in gates)
        unit = first.setting.system.unit
        made.append(
            CurveView(
                anchor=own,
                gates=", ".join(gate.name for gate in gates),
                function=title(first.function),
                margin=first.margin,
                unit="" if unit == "1" else unit,
                svg=curve.draw(first, evidence.rows[first.name], drawn[first.name]),
            )
        )
    return tuple(made), anchors, len(order) - len(shown)


def _table(evidence: Evidence) -> tuple[tuple[str, ...], ...]:
    """The circuit's truth table as it computes it, the header first."""
    logic = evidence.logic
    width = len(logic.inputs)
    if width > MOST_TABULATED:
        return ()
    columns = dict(zip(logic.inputs, all_rows(width), strict=True))
    nets = columns | logic.evaluate(columns, next(iter(columns.values())) * 0)
    names = (*logic.inputs, *logic.outputs)
    bits = unpacked(np.stack([nets[name] for name in names]))[:, : 1 << width]
    return (names, *(tuple("1" if bit else "0" for bit in row) for row in bits.T))


def _facts(design: Design | Reconfigurable, evidence: Mapping[str, Evidence]) -> tuple[Fact, ...]:
    netlist = design.netlist
    checks = [one.verification for one in evidence.values()]
    rows = sum(one.rows for one in checks)
    right = rows - sum(one.wrong_rows for one in checks)
    worst = min(one.worst_margin for one in checks)
    units = {gate.setting.system.unit for one in evidence.values() for gate in one.design.gates}
    unit = f" {units.pop()}" if len(units) == 1 and units != {"1"} else ""
    names = {gate.setting.system.title for gate in netlist.gates}
    found = [
        Fact("rows right", f"{right} of {rows}"),
        Fact("least margin", f"{text_of(worst)}{unit}"),
        Fact("gates", f"{len(netlist.gates)} in {counted(netlist.depth, 'level')}"),
        Fact("inputs and outputs", f"{len(netlist.inputs)} and {len(netlist.outputs)}"),
        Fact("system", ", ".join(sorted(names)) if len(names) < 4 else f"{len(names)} systems"),
    ]
    if isinstance(design, Reconfigurable):
        found.insert(0, Fact("configurations", str(len(design.configurations))))
    return tuple(found)


def _provenance(provenance: Mapping[str, Any]) -> tuple[Fact, ...]:
    known = ("command", "seed", "chaoscad", "jax", "netlist_sha256")
    called = {"netlist_sha256": "SHA-256 of the netlist", "chaoscad": "chaoscad", "jax": "JAX"}
    return tuple(
        Fact(called.get(name, name), str(provenance[name])) for name in known if name in provenance
    )
