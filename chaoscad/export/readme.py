"""README.md of a hand-over folder: what the design is, in which units, and how to run it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from chaoscad.design.model import Design
from chaoscad.errors import counted
from chaoscad.export.digits import ROUNDED, tidied
from chaoscad.export.names import comment
from chaoscad.hardware import Hardware

MOST_LISTED = 40
"""Most gates that are listed; `design.json` has them all."""

DEVIATIONS = ("tolerance", "global", "noise")
"""What a netlist's `hardware` says of devices that differ from their design."""


def readme(
    design: Design,
    names: Mapping[str, str],
    *,
    title: str,
    files: Mapping[str, str],
    run: Sequence[str],
    notes: Sequence[str] = (),
    hardware: Hardware | None = None,
    deviations: Collection[str] = (),
) -> str:
    """The text of README.md.

    **Arguments:**

    - `names`: of the nets and gates in the export.
    - `title`: what the folder is, in a phrase.
    - `files`: what every file of the export is.
    - `run`: the commands that run it, in the folder.
    - `notes`: paragraphs on what to know.
    - `hardware`: where voltages occur, their scale.
    - `deviations`: which of `DEVIATIONS` the files model.
    """
    count = len(design.gates)
    lines = [
        f"# {comment(design.name)}: {title}",
        "",
        f"{counted(count, 'chaogate')}: each is one nonlinear system and a "
        "comparator. Its inputs are 0 or 1 and",
        "put the system in the state x0 + sum(delta_k * input_k); the system takes it to a value; the",
        "output is 1 where the value is above (`>`) or below (`<`) the threshold.",
        *_elements(design, names),
        "",
        "## Run",
        "",
        *(f"    {command}" for command in run),
        "",
        "## Files",
        "",
    ]
    listed = {
        **files,
        "design.json": "the design that all of this was made of",
        "names.csv": "the name of every net and gate in the design, and in these files; a name in "
        "double quotes is a JSON string",
    }
    lines += [f"- `{name}`: {what}" for name, what in listed.items()]
    lines += ["", "## Units", ""]
    if hardware is None:
        lines.append(
            "The files hold bits and whole numbers, without a unit. The tables below are in the system's "
            "own units."
        )
    else:
        lines.append(
            f"A state or value x of a system stands as {hardware.offset_volts!r} V + "
            f"{hardware.volts_per_unit!r} V * x. The tables below are in the system's own units."
        )
    lines += ["", "## Gates", ""]
    ports = {"Inputs": design.netlist.inputs, "Outputs": design.netlist.outputs}
    for kind, nets in ports.items():
        lines += [f"{kind}: {', '.join(names[name] for name in nets)}.", ""]
    lines.append("| gate | inputs | system | iterates | x0 | delta | output is 1 |")
    lines.append("|---|---|---|---|---|---|---|")
    for gate in tidied(replace(design, gates=design.gates[:MOST_LISTED])).gates:
        inputs = " ".join(names[name] for name in gate.inputs)
        delta = " ".join(map(repr, gate.delta))
        lines.append(
            f"| {names[gate.name]} | {inputs} | {_system(design, gate.name)} | {gate.iterates} | "
            f"{gate.x0!r} | {delta} | {gate.compare} {gate.threshold!r} |"
        )
    if count > MOST_LISTED:
        lines += ["", f"{count - MOST_LISTED} more are in design.json."]
    lines += ["", ROUNDED]
    for note in (*notes, *_exact(design, deviations)):
        lines += ["", note]
    return "\n".join(lines) + "\n"


def _elements(design: Design, names: Mapping[str, str]) -> list[str]:
    """Which gates are one element."""
    shared = [element for element in design.elements if element.shared]
    lines = [
        f"- {comment(element.name)}: {', '.join(names[gate.name] for gate in element.readings)}"
        for element in shared[:MOST_LISTED]
    ]
    if not shared:
        return []
    told = "These gates are readings of one element each: one system with a comparator for each of them."
    return ["", told, "", *lines]


def _exact(design: Design, modelled: Collection[str]) -> list[str]:
    """What the netlist says of devices and the files do not model."""
    given = design.netlist.hardware or {}
    found = [
        f"`{kind}` ({', '.join(f'{comment(name)} {size}' for name, size in given[kind].items())})"
        for kind in DEVIATIONS
        if given.get(kind) and kind not in modelled
    ]
    if not found:
        return []
    what = f"These files do not model what the netlist's `hardware` gives as {', '.join(found)}"
    if modelled:
        return [f"{what}. `chaoscad yield design.json` says what it does."]
    return [
        f"{what}: in them every device is the design. `chaoscad yield design.json` says how many "
        "devices are right."
    ]


def _system(design: Design, name: str) -> str:
    setting = design.gate(name).setting
    values = [f"{comment(key)} = {value!r}" for key, value in setting.parameters.items()]
    if setting.time is not None:
        values.append(f"time = {setting.time!r}")
    return ", ".join([comment(setting.system.title, 60), *values])
