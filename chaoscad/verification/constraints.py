"""Whether a design keeps what its netlist asks of the parameters: ranges, fixed values, ties."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chaoscad.design.model import DesignGate
from chaoscad.netlist import Gate, Netlist


def broken(netlist: Netlist, gates: Sequence[DesignGate]) -> Iterator[str]:
    """Every constraint that is broken, in words."""
    by_name = {gate.name: gate for gate in gates}
    for source in netlist.gates:
        yield from _gate(source, by_name[source.name])
    for tie in netlist.ties:
        members = [by_name[name] for name in tie.gates]
        values = {_tied(gate, tie.parameter) for gate in members}
        # Weights of gates with different numbers of inputs are tied only when they are shared.
        if tie.parameter == "delta" and len({gate.arity for gate in members}) > 1:
            values = {frozenset(gate.delta) for gate in members}
        if len(values) > 1:
            yield f"the gates {', '.join(tie.gates)} are tied in {tie.parameter} and differ in it"


def _tied(gate: DesignGate, parameter: str) -> object:
    if parameter in ("x0", "delta", "threshold"):
        return getattr(gate, parameter)
    return gate.setting.parameters[parameter]


def _gate(source: Gate, gate: DesignGate) -> Iterator[str]:
    what = f"gate {gate.name!r}"
    for name, values in (
        ("x0", (gate.x0,)),
        ("delta", gate.delta),
        ("threshold", (gate.threshold,)),
    ):
        allowed = getattr(source.bounds, name)
        for value in values:
            if allowed is not None and not allowed[0] <= value <= allowed[1]:
                yield f"{what}: {name} is {value!r}, outside its bounds {list(allowed)}"
        given = source.fixed.get(name)
        if given is not None:
            wanted = given * (len(values) if len(given) == 1 else 1)
            if tuple(values) != tuple(wanted):
                yield f"{what}: {name} is not at its fixed value"
    if source.weights == "shared" and len(set(gate.delta)) > 1:
        yield f"{what}: its weights are shared and differ"
    given_values = source.setting.parameters
    for name, value in gate.setting.parameters.items():
        low, high = source.train.get(name, (given_values[name], given_values[name]))
        if not low <= value <= high:
            yield f"{what}: {name} is {value!r}, outside [{low!r}, {high!r}]"
    if source.function is not None and source.function != gate.function:
        yield f"{what}: its function is not the declared one"
