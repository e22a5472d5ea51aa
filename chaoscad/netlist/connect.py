"""Who drives what: drivers, cycles, cones and the inputs that a net depends on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from chaoscad.errors import Diagnostic, nearest, shown
from chaoscad.logic.circuit import Cycle, levelled
from chaoscad.netlist.model import Netlist
from chaoscad.netlist.source import Scalar

MOST_INPUTS = 24
"""Most inputs over which all rows are enumerated."""


@dataclass(frozen=True)
class Wiring:
    """The nets of a file before its gates are read; `unknown` are names whose gates were refused."""

    inputs: tuple[Scalar, ...]
    outputs: tuple[Scalar, ...]
    gates: Mapping[Scalar, tuple[Scalar, ...]]
    unknown: frozenset[str]


def check(
    wiring: Wiring, file: str | None, diagnostics: list[Diagnostic]
) -> tuple[str, ...] | None:
    """Complain about the wiring; returns the gates by level, then by file order, if it is sound."""
    before = len(diagnostics)

    def complain(message: str, at: Scalar, hint: str | None = None) -> None:
        diagnostics.append(Diagnostic(message, file, at.line, at.column, hint))

    def warn(message: str, at: Scalar) -> None:
        diagnostics.append(Diagnostic(message, file, at.line, at.column, severity="warning"))

    drivers: dict[Scalar, Scalar] = {}
    for name in wiring.inputs:
        if name in drivers:
            complain(f"the input {shown(name)} is listed twice", name)
        drivers[name] = name
    for name in wiring.gates:
        if name in drivers:
            first = drivers[name]
            message = (
                f"net {shown(name)} has two drivers: this gate and the input at line {first.line}"
            )
            complain(message, name, "rename one of them")
        drivers[name] = name
    if not wiring.outputs and "outputs" not in wiring.unknown:
        diagnostics.append(Diagnostic("the circuit has no output", file))
    if not wiring.gates and not wiring.unknown:
        diagnostics.append(Diagnostic("the circuit has no gate", file))
    seen: set[Scalar] = set()
    for name in wiring.outputs:
        if name in seen:
            complain(f"the output {shown(name)} is listed twice", name)
        seen.add(name)
        if name not in drivers and name not in wiring.unknown:
            complain(f"output {shown(name)} is not driven", name, nearest(name, drivers))
    used = set(wiring.outputs)
    for gate, inputs in wiring.gates.items():
        if not inputs:
            complain(f"gate {shown(gate)} has no input", gate, "a gate reads at least one net")
        for name in inputs:
            used.add(name)
            if name not in drivers and name not in wiring.unknown:
                hint = nearest(name, drivers) or "add it to 'inputs', or add a gate of that name"
                complain(f"net {shown(name)} is not driven", name, hint)
    order = _levelled(wiring, complain)
    if not wiring.unknown:
        for name in drivers:
            if name not in used:
                kind = "gate" if name in wiring.gates else "input"
                warn(f"{kind} {shown(name)} is not used", name)
    found = any(item.severity == "error" for item in diagnostics[before:])
    return None if found else order


def _levelled(wiring: Wiring, complain: Callable[..., None]) -> tuple[str, ...] | None:
    try:
        return levelled({str(gate): inputs for gate, inputs in wiring.gates.items()})
    except Cycle as error:
        keys = {str(key): key for key in wiring.gates}
        turned = list(error.path)
        path = " -> ".join(turned if len(turned) <= 12 else [*turned[:6], "...", *turned[-5:]])
        hint = "a chaogate circuit is combinational: every path leads forward"
        complain(f"the gates form a cycle: {path}", keys[turned[0]], hint)
        return None


def levels(netlist: Netlist) -> dict[str, int]:
    """The level of every net: 0 for inputs, one more than the highest input for a gate."""
    level = dict.fromkeys(netlist.inputs, 0)
    for gate in netlist.gates:
        level[gate.name] = 1 + max(level[name] for name in gate.inputs)
    return level


def ancestors(netlist: Netlist, nets: Iterable[str]) -> set[str]:
    """The gates from which any of `nets` can be reached, themselves included."""
    found = set(nets)
    for gate in reversed(netlist.gates):
        if gate.name in found:
            found.update(gate.inputs)
    return found - set(netlist.inputs)


def supports(netlist: Netlist) -> dict[str, set[str]]:
    """For every output, the circuit inputs that it can depend on."""
    masks = {name: 1 << index for index, name in enumerate(netlist.inputs)}
    for gate in netlist.gates:
        mask = 0
        for name in gate.inputs:
            mask |= masks[name]
        masks[gate.name] = mask
    return {
        output: {name for index, name in enumerate(netlist.inputs) if masks[output] >> index & 1}
        for output in netlist.outputs
    }
