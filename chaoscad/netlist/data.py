"""A `Netlist` back to the netlist language, with every default written out."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from chaoscad.netlist.model import Configuration, Gate, Netlist, Target
from chaoscad.netlist.reference import Reference
from chaoscad.netlist.targets import TEXT
from chaoscad.systems import Interval


def to_data(netlist: Netlist) -> dict[str, Any]:
    """The netlist as JSON-ready data in the netlist language, version 1.

    `parse(dump(netlist))` gives an equal netlist.
    """
    data: dict[str, Any] = {"chaoscad": 1, "name": netlist.name}
    if netlist.description:
        data["description"] = netlist.description
    data["inputs"] = list(netlist.inputs)
    data["outputs"] = list(netlist.outputs)
    data["gates"] = {gate.name: _gate(gate) for gate in netlist.gates}
    if netlist.targets:
        data["targets"] = _targets(netlist.targets)
    if netlist.configurations:
        data["configurations"] = {
            item.name: _configuration(item) for item in netlist.configurations
        }
        data["controls"] = list(netlist.controls)
    if netlist.ties:
        data["tie"] = [
            {"parameter": tie.parameter, "gates": list(tie.gates)} for tie in netlist.ties
        ]
    if netlist.hardware is not None:
        data["hardware"] = dict(netlist.hardware)
    return data


def _configuration(item: Configuration) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if item.targets:
        data["targets"] = _targets(item.targets)
    if item.functions:
        data["functions"] = {name: table.rows for name, table in item.functions.items()}
    return data


def _targets(targets: Sequence[Target]) -> dict[str, str]:
    references = [item.function for item in targets if isinstance(item.function, Reference)]
    if not references:
        return {target.output: target.text for target in targets}
    first = references[0]
    if len(references) < len(targets) or any(item != first for item in references):
        raise ValueError("the targets of a netlist come from one reference, or none of them does")
    from chaoscad.formats.blif import dumps

    return {TEXT: dumps(first.logic)}


def dump(netlist: Netlist) -> str:
    """The netlist as text that `parse` reads; JSON, which is YAML."""
    text = json.dumps(to_data(netlist), ensure_ascii=False, indent=1) + "\n"
    # JSON lets these stand in a string, YAML does not.
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


_UNPRINTABLE = re.compile("[\x7f-\x84\x86-\x9f\u0085\u2028\u2029\ufeff\ufffe\uffff]")


def _gate(gate: Gate) -> dict[str, Any]:
    data: dict[str, Any] = {"inputs": list(gate.inputs)}
    if gate.function is not None:
        data["function"] = gate.function.rows
    data |= {
        "system": gate.setting.to_data(),
        "iterates": _chosen(gate.iterates, gate.choices.iterates),
        "weights": gate.weights,
        "compare": _chosen(gate.compare, gate.choices.compare),
    }
    if gate.choices.time:
        data["time"] = list(gate.choices.time)
    bounds = gate.bounds
    ranges = {"x0": bounds.x0, "delta": bounds.delta, "threshold": bounds.threshold}
    data["bounds"] = {
        name: _interval(value)
        for name, value in (*ranges.items(), ("state", bounds.state))
        if value is not None
    }
    if gate.fixed:
        data["fixed"] = {
            name: list(values) if name == "delta" else values[0]
            for name, values in gate.fixed.items()
        }
    if gate.train:
        data["train"] = {name: _interval(value) for name, value in gate.train.items()}
    if gate.element:
        data["element"] = gate.element
    if gate.controls is not None:
        data["controls"] = list(gate.controls)
    return data


def _chosen(own: int | str, among: Sequence[int | str]) -> int | str | list[int | str]:
    """The gate's own value, or a list of all that may be chosen, its own first."""
    return list(dict.fromkeys((own, *among))) if among else own


def _interval(value: Interval) -> list[float | str]:
    # JSON has no infinity; the reader takes these two words quoted as well.
    return [item if math.isfinite(item) else ".inf" if item > 0 else "-.inf" for item in value]
