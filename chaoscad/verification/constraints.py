"""Whether a design keeps what its netlist asks of the parameters: ranges, fixed values, ties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chaoscad.gate import Setpoint, Solved
from chaoscad.netlist import Gate, Netlist


def broken(netlist: Netlist, found: Mapping[str, Solved]) -> Iterator[str]:
    """Every constraint that is broken, in words."""
    for gate in netlist.gates:
        yield from _gate(gate, found[gate.name])
    for tie in netlist.sharing:
        members = [found[name].setpoint for name in tie.gates]
        values = {_tied(setpoint, tie.parameter) for setpoint in members}
        # Weights of gates with different numbers of inputs are tied only when they are shared.
        if tie.parameter == "delta" and len({len(setpoint.delta) for setpoint in members}) > 1:
            values = {frozenset(setpoint.delta) for setpoint in members}
        if len(values) > 1:
            yield f"the gates {', '.join(tie.gates)} are tied in {tie.parameter} and differ in it"


def _tied(setpoint: Setpoint, parameter: str) -> object:
    if parameter in ("x0", "delta", "threshold"):
        return getattr(setpoint, parameter)
    return setpoint.setting.parameters[parameter]


def _gate(gate: Gate, found: Solved) -> Iterator[str]:
    what, setpoint = f"gate {gate.name!r}", found.setpoint
    for name, values in (
        ("x0", (setpoint.x0,)),
        ("delta", setpoint.delta),
        ("threshold", (setpoint.threshold,)),
    ):
        allowed = getattr(gate.bounds, name)
        for value in values:
            if allowed is not None and not allowed[0] <= value <= allowed[1]:
                yield f"{what}: {name} is {value!r}, outside its bounds {list(allowed)}"
        given = gate.fixed.get(name)
        if given is not None:
            wanted = given * (len(values) if len(given) == 1 else 1)
            if tuple(values) != tuple(wanted):
                yield f"{what}: {name} is not at its fixed value"
    if gate.weights == "shared" and len(set(setpoint.delta)) > 1:
        yield f"{what}: its weights are shared and differ"
    given_values = gate.setting.parameters
    for name, value in setpoint.setting.parameters.items():
        low, high = gate.train.get(name, (given_values[name], given_values[name]))
        if not low <= value <= high:
            yield f"{what}: {name} is {value!r}, outside [{low!r}, {high!r}]"
    if gate.function is not None and gate.function != found.function:
        yield f"{what}: its function is not the declared one"
