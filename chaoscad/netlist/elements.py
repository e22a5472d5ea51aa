"""Elements: gates that are readings of one physical element, and whether they can be."""

from __future__ import annotations

from chaoscad.errors import shown
from chaoscad.netlist.complaints import Complaints
from chaoscad.netlist.model import Gate, Netlist
from chaoscad.netlist.source import Scalar
from chaoscad.systems import Setting


def check_elements(netlist: Netlist, complaints: Complaints) -> None:
    """Complain about readings of one element that differ in what the element has once."""
    for name, gates in netlist.elements.items():
        first = gates[0]
        if len(gates) == 1:
            at = Scalar.at(first.name, first.line, first.column, file=first.file)
            message = f"element {shown(name)} has one reading, gate {shown(first.name)}"
            complaints.inside(first.instance).warn(message, at)
        for gate in gates[1:]:
            _check(name, first, gate, complaints)


def _check(element: str, first: Gate, gate: Gate, complaints: Complaints) -> None:
    at = Scalar.at(gate.name, gate.line, gate.column, file=gate.file)
    for what, own, given in _once(first, gate):
        if own != given:
            told, its = _told(given), _told(own)
            message = (
                f"gate {shown(gate.name)} reads the element {shown(element)} and has {what} {told}, "
                f"and gate {shown(first.name)} has {its}"
            )
            hint = (
                "the readings of an element have the same inputs, system, weights and ranges; leave "
                "'element' out of one of them"
            )
            complaints.inside(gate.instance).complain(message, at, hint)
            return


def _once(first: Gate, gate: Gate) -> list[tuple[str, object, object]]:
    """What an element has once: in words, as the first gate has it, and as this one does."""
    return [
        ("the inputs", first.inputs, gate.inputs),
        ("the system", first.setting.element, gate.setting.element),
        ("weights", first.weights, gate.weights),
        ("states in", first.bounds.state, gate.bounds.state),
        ("x0 in", first.bounds.x0, gate.bounds.x0),
        ("delta in", first.bounds.delta, gate.bounds.delta),
        ("x0 fixed at", first.fixed.get("x0"), gate.fixed.get("x0")),
        ("delta fixed at", first.fixed.get("delta"), gate.fixed.get("delta")),
        ("to train", dict(first.train), dict(gate.train)),
    ]


def _told(value: object) -> str:
    """A value as a netlist would write it."""
    if isinstance(value, Setting):
        given = "".join(f", {name}: {number:g}" for name, number in value.parameters.items())
        return f"{value.system.name}{given}"
    if isinstance(value, tuple):
        return f"[{', '.join(str(item) for item in value)}]"
    if isinstance(value, dict):
        return ", ".join(f"{name} in {_told(item)}" for name, item in value.items()) or "nothing"
    return "no value" if value is None else str(value)
