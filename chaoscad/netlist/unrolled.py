"""A circuit of several configurations as circuits of one: each by itself, or all side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown
from chaoscad.netlist.controls import LENGTHS
from chaoscad.netlist.model import Configuration, Gate, Netlist, Target, Tie

AT = "@"
"""Stands between a net and its configuration in a circuit of all configurations."""


def configured(netlist: Netlist, name: str) -> Netlist:
    """The circuit as it is in one configuration.

    **Raises:** `ChaoscadError` when it has none of that name.
    """
    for item in netlist.configurations:
        if item.name == name:
            return _configured(netlist, item)
    known = [item.name for item in netlist.configurations]
    hint = nearest(name, known) or (
        f"its configurations are {', '.join(known)}" if known else "it has none"
    )
    message = f"{netlist.name} has no configuration {shown(name)}"
    raise ChaoscadError(Diagnostic(message, netlist.file, hint=hint))


def configurations(netlist: Netlist) -> Mapping[str, Netlist]:
    """The circuit as it is in every configuration, by name."""
    return {item.name: _configured(netlist, item) for item in netlist.configurations}


def _configured(netlist: Netlist, item: Configuration) -> Netlist:
    order = {name: place for place, name in enumerate(netlist.outputs)}
    targets = sorted((*netlist.targets, *item.targets), key=lambda one: order[one.output])
    return replace(
        netlist,
        gates=tuple(
            replace(gate, function=item.functions.get(gate.name, gate.function), controls=None)
            for gate in netlist.gates
        ),
        targets=tuple(targets),
        configurations=(),
        controls=(),
    )


def controls_of(netlist: Netlist, gate: Gate) -> tuple[str, ...]:
    """What of a gate may differ between the configurations of its circuit.

    A map has no time, and a flow no iterates, whatever the netlist says for all gates.
    """
    foreign = "time" if gate.setting.time is None else "iterates"
    own = netlist.controls if gate.controls is None else gate.controls
    return tuple(control for control in own if control != foreign)


def held(netlist: Netlist, gate: Gate) -> tuple[str, ...]:
    """The parameters of a gate that are the same in every configuration."""
    moving = controls_of(netlist, gate)
    every = ("x0", "delta", "threshold", *gate.train)
    return tuple(name for name in every if name not in moving)


def place(name: str, configuration: str) -> str:
    """The name of a net in the circuit of all configurations."""
    return f"{name}{AT}{configuration}"


def unrolled(netlist: Netlist) -> Netlist:
    """A circuit of one configuration that is solved where the given one is, in all of its configurations.

    The circuit stands there once for each configuration, side by side on the same inputs. Copies of a
    gate are tied in everything that is no control; the name of one is that of `place`. An output that
    is an input of the circuit is left out, as no gate changes it.
    """
    gates: list[Gate] = []
    targets: list[Target] = []
    outputs: list[str] = []
    ties: list[Tie] = []
    for name, one in configurations(netlist).items():
        nets = {net: net for net in one.inputs}
        nets |= {gate.name: place(gate.name, name) for gate in one.gates}
        gates += (
            replace(
                gate,
                name=nets[gate.name],
                inputs=tuple(nets[net] for net in gate.inputs),
                element=gate.element and place(gate.element, name),
            )
            for gate in one.gates
        )
        targets += (
            replace(target, output=nets[target.output], called=target.called or target.output)
            for target in one.targets
            if target.output not in one.inputs
        )
        outputs += (nets[output] for output in one.outputs if output not in one.inputs)
        ties += (Tie(tie.parameter, tuple(nets[gate] for gate in tie.gates)) for tie in one.ties)
    names = [item.name for item in netlist.configurations]
    if len(names) > 1:
        ties += (
            Tie(parameter, tuple(place(gate.name, name) for name in names))
            for gate in netlist.gates
            for parameter in held(netlist, gate)
        )
    copies = {gate: tuple(place(gate.name, name) for name in names) for gate in netlist.gates}
    together = {
        gate: names
        for gate, names in copies.items()
        if not set(LENGTHS) & set(controls_of(netlist, gate))
    }
    return replace(
        netlist,
        outputs=tuple(outputs),
        gates=tuple(gates),
        targets=tuple(targets),
        ties=tuple(ties),
        configurations=(),
        controls=(),
        together=tuple(together.values()),
        alike=tuple(names for gate, names in copies.items() if gate not in together),
        instances=(),
    )
