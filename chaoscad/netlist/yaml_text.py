"""A `Netlist` as the YAML that a person would write: one line a gate, common options said once."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from chaoscad.errors import ChaoscadError
from chaoscad.logic.truth import NAMED, TruthTable
from chaoscad.netlist.data import to_data
from chaoscad.netlist.model import Gate, Netlist
from chaoscad.systems import Setting, setting

WIDTH = 100
"""Where long lists are broken, in characters."""

LONGEST_KEY = 800
"""Longest key that YAML's short form `key: value` holds with certainty; it ends at 1024."""

_PLAIN = re.compile(r"[A-Za-z0-9_$](?:[A-Za-z0-9_$./+-]*[A-Za-z0-9_$])?|-?\.inf")
_EXPRESSION = re.compile(r"[A-Za-z0-9_$(](?:[\w$.~&^|() ]*[\w$)])?", re.ASCII)
_TABLE = re.compile(r"[01-]{2,}")
_UNPRINTABLE = re.compile("[\x7f-\x84\x86-\x9f\u0085\u2028\u2029\ufeff\ufffe\uffff]")
_NOT_BLOCK = re.compile(r"[^\n -~]")
_OPTIONS = ("bounds", "fixed", "train")


def dump_yaml(netlist: Netlist) -> str:
    """The netlist as YAML to read and to edit; `dump` writes the same with every default spelled out.

    `parse(dump_yaml(netlist))` gives an equal netlist. Options that all gates share stand under
    `defaults`, functions have their names, and only text that YAML would take for something else is
    quoted.
    """
    data = to_data(netlist)
    common = _Common(netlist, data["gates"])
    lines = ["chaoscad: 1", f"name: {scalar(netlist.name)}"]
    if netlist.description:
        lines.append(f"description: {scalar(netlist.description)}")
    lines.append(f"system: {_system(common.setting)}")
    if common.defaults:
        lines.append(f"defaults: {flow(common.defaults)}")
    lines += _list("inputs", netlist.inputs)
    lines += _list("outputs", netlist.outputs)
    lines.append("gates:")
    for gate in netlist.gates:
        lines += _entry(gate.name, common.gate(gate))
    if netlist.targets:
        lines.append("targets:")
        for output, text in data["targets"].items():
            lines += _entry(output, _target(text))
    if netlist.configurations:
        lines.append("configurations:")
        for name, told in data["configurations"].items():
            lines += _entry(name, _configuration(told))
        lines.append(f"controls: {flow(data['controls'])}")
    if netlist.ties:
        lines.append("tie:")
        lines += [f"  - {flow(tie)}" for tie in data["tie"]]
    if netlist.hardware is not None:
        lines.append("hardware:")
        for key, value in data["hardware"].items():
            lines += _entry(key, flow(value))
    return "\n".join(lines) + "\n"


class _Common:
    """What all gates have in common, and what is left to say of each."""

    def __init__(self, netlist: Netlist, gates: Mapping[str, dict[str, Any]]) -> None:
        self.gates = gates
        self.setting = _most(gate.setting for gate in netlist.gates)
        self.defaults: dict[str, Any] = {}
        for key, builtin in (("iterates", 1), ("weights", "independent"), ("compare", ">")):
            value = _most(getattr(gate, key) for gate in netlist.gates)
            if value != builtin:
                self.defaults[key] = value
        for option in _OPTIONS:
            shared = self.shared(option)
            if option == "bounds" and all(_is_own_state(gate) for gate in netlist.gates):
                shared.pop("state", None)
            if shared:
                self.defaults[option] = shared

    def shared(self, option: str) -> dict[str, Any]:
        """The keys of an option that every gate has with the same value."""
        blocks = [gate.get(option, {}) for gate in self.gates.values()]
        first = blocks[0] if blocks else {}
        return {
            key: value
            for key, value in first.items()
            if all(key in block and block[key] == value for block in blocks)
        }

    def gate(self, gate: Gate) -> str:
        """One gate, in flow style."""
        data = self.gates[gate.name]
        parts = [f"inputs: {flow(data['inputs'])}"]
        if gate.function is not None:
            parts.append(f"function: {_function(gate.function)}")
        if gate.setting != self.setting:
            parts.append(f"system: {_system(gate.setting)}")
        flow_of_time = gate.setting.time is not None
        builtins = {"iterates": 1, "weights": "independent", "compare": ">"}
        for key, builtin in builtins.items():
            # A flow has one iterate, whatever the defaults say.
            default = (
                builtin if flow_of_time and key == "iterates" else self.defaults.get(key, builtin)
            )
            if data[key] != default:
                chosen = data[key]
                told = flow(chosen) if isinstance(chosen, list) else scalar(str(chosen))
                parts.append(f"{key}: {told}")
        if "time" in data:
            parts.append(f"time: {flow(data['time'])}")
        for option in _OPTIONS:
            said = self.defaults.get(option, {})
            own = {key: value for key, value in data.get(option, {}).items() if key not in said}
            if option == "bounds" and _is_own_state(gate):
                own.pop("state", None)
            if own:
                parts.append(f"{option}: {flow(own)}")
        if gate.element:
            parts.append(f"element: {scalar(gate.element)}")
        if gate.controls is not None:
            parts.append(f"controls: {flow(data['controls'])}")
        return "{" + ", ".join(parts) + "}"


def _is_own_state(gate: Gate) -> bool:
    return gate.bounds.state == gate.setting.system.state


def _most(values: Iterable[Any]) -> Any:
    """The most frequent value; of equally frequent ones the first."""
    return Counter(values).most_common(1)[0][0]


def _system(chosen: Setting) -> str:
    """A system by its name where all about it is its default."""
    try:
        plain = setting(chosen.system.name)
    except ChaoscadError:
        return flow(chosen.to_data())
    return scalar(chosen.system.name) if plain == chosen else flow(chosen.to_data())


def _function(function: TruthTable) -> str:
    """The name of a function, or its quoted table."""
    for name, named in NAMED.items():
        if named.accepts(function.arity) and named.table(function.arity) == function:
            return name
    return f'"{function.rows}"'


def _target(text: str) -> str:
    """A target: plain where YAML takes it as it is, a block where it has many lines."""
    if (
        "\n" in text
        and text.endswith("\n")
        and not _NOT_BLOCK.search(text)
        and text[0] not in " \n"
    ):
        body = text.removesuffix("\n").split("\n")
        if body[-1].strip() and not text.endswith("\n\n"):
            return "|\n" + "\n".join(
                f"    {line}".rstrip(" ") if not line else f"    {line}" for line in body
            )
    plain = _EXPRESSION.fullmatch(text) and not _TABLE.fullmatch(text)
    return text if plain else quoted(text)


def _configuration(told: Mapping[str, Mapping[str, str]]) -> str:
    """What a configuration says, in flow style; its functions and targets are quoted."""
    parts = [
        f"{key}: {{{', '.join(f'{scalar(name)}: {quoted(text)}' for name, text in texts.items())}}}"
        for key, texts in told.items()
    ]
    return "{" + ", ".join(parts) + "}"


def _entry(key: str, value: str) -> list[str]:
    """A key with its value inside a block."""
    written = scalar(key)
    if len(written) > LONGEST_KEY:
        return [f"  ? {written}", f"  : {value}"]
    return [f"  {written}: {value}"]


def _list(key: str, names: Iterable[str]) -> list[str]:
    """A list in flow style, over several lines where it is long."""
    lines, line = [], f"{key}: ["
    words = [scalar(name) for name in names]
    for index, word in enumerate(words):
        item = word + ("," if index < len(words) - 1 else "]")
        if len(line) + len(item) >= WIDTH and not line.endswith("["):
            lines.append(line.rstrip())
            line = "  "
        line += item + " "
    return [*lines, (line if words else line + "]").rstrip()]


def flow(data: object) -> str:
    """JSON-like data in flow style."""
    if isinstance(data, Mapping):
        parts = []
        for key, value in data.items():
            written = scalar(str(key))
            mark = "? " if len(written) > LONGEST_KEY else ""
            parts.append(f"{mark}{written}: {flow(value)}")
        return "{" + ", ".join(parts) + "}"
    if isinstance(data, list | tuple):
        return "[" + ", ".join(map(flow, data)) + "]"
    if isinstance(data, float):
        return repr(data).removesuffix(".0")
    return scalar(data) if isinstance(data, str) else repr(data)


def scalar(text: str) -> str:
    """Text as YAML holds it anywhere: plain where nothing in it means something else."""
    return text if _PLAIN.fullmatch(text) else quoted(text)


def quoted(text: str) -> str:
    """Text in double quotes, with the escapes that YAML shares with JSON."""
    escaped = json.dumps(text, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", escaped)
