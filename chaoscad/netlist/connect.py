"""Who drives what in a netlist, and over which inputs a target is enumerated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chaoscad.errors import nearest, shown
from chaoscad.logic.graph import members, supports
from chaoscad.netlist.complaints import Complaints
from chaoscad.netlist.model import Netlist
from chaoscad.netlist.source import Scalar

MOST_INPUTS = 24
"""Most inputs over which all rows are enumerated."""


@dataclass(frozen=True)
class Pins:
    """How an instance is connected.

    **Arguments:**

    - `reads`: the nets at its inputs.
    - `drives`: for each of its outputs, the net.
    - `sound`: whether its ports are those of its circuit.
    """

    reads: tuple[Scalar, ...]
    drives: Mapping[str, Scalar]
    sound: bool = True


@dataclass(frozen=True)
class Wiring:
    """The nets of a circuit as it is written.

    **Arguments:**

    - `unknown`: nets that may be driven by what was refused.
    - `blind`: instances of which nothing is known.
    """

    inputs: tuple[Scalar, ...]
    outputs: tuple[Scalar, ...]
    gates: Mapping[Scalar, tuple[Scalar, ...]]
    instances: Mapping[Scalar, Pins]
    unknown: frozenset[str]
    blind: frozenset[str] = frozenset()
    complete: bool = True

    def may_be_driven(self, net: str) -> bool:
        """Whether a driver of the net may be in a part that was refused."""
        return not self.complete or net in self.unknown or net.partition(".")[0] in self.blind


def check(wiring: Wiring, complaints: Complaints) -> bool:
    """Complain about the drivers and readers of nets; returns whether there was no error."""
    before = complaints.errors
    complain, warn = complaints.complain, complaints.warn
    drivers = _drivers(wiring, complain)
    if not wiring.outputs and "outputs" not in wiring.unknown:
        complaints.whole("the circuit has no output")
    parts = wiring.gates or wiring.instances or wiring.unknown or wiring.blind
    if not parts and wiring.complete:
        complaints.whole("the circuit has no gate")

    def undriven(net: Scalar, message: str, hint: str | None) -> None:
        if net not in drivers and not wiring.may_be_driven(net):
            complain(message, net, _inside(wiring, net) or nearest(net, drivers) or hint)

    seen: set[Scalar] = set()
    for name in wiring.outputs:
        if name in seen:
            complain(f"the output {shown(name)} is listed twice", name)
        seen.add(name)
        undriven(name, f"output {shown(name)} is not driven", None)
    used = set(wiring.outputs)
    hint = "add it to 'inputs', or add a gate of that name"
    for gate, inputs in wiring.gates.items():
        if not inputs:
            complain(f"gate {shown(gate)} has no input", gate, "a gate reads at least one net")
        for name in inputs:
            used.add(name)
            undriven(name, f"net {shown(name)} is not driven", hint)
    for pins in wiring.instances.values():
        for name in pins.reads:
            used.add(name)
            undriven(name, f"net {shown(name)} is not driven", hint)
    if not wiring.unknown and not wiring.blind and wiring.complete:
        for name, (kind, _) in drivers.items():
            if name not in used:
                warn(f"{kind} is not used", name)
    return complaints.errors == before


def _drivers(wiring: Wiring, complain: Callable[..., None]) -> dict[Scalar, tuple[str, str]]:
    """What drives every net, in words: as the subject of a sentence, and with its line."""
    drivers: dict[Scalar, tuple[str, str]] = {}
    for name in wiring.inputs:
        if name in drivers:
            complain(f"the input {shown(name)} is listed twice", name)
        drivers[name] = f"input {shown(name)}", f"the input at line {name.line}"
    for name in wiring.gates:
        if name in drivers:
            first = drivers[name][1]
            message = f"net {shown(name)} has two drivers: this gate and {first}"
            complain(message, name, "rename one of them")
        drivers[name] = f"gate {shown(name)}", f"the gate at line {name.line}"
    for instance, pins in wiring.instances.items():
        for port, net in pins.drives.items():
            words = f"output {shown(port)} of instance {instance}"
            if net in drivers:
                first = drivers[net][1]
                message = f"net {shown(net)} has two drivers: {words} and {first}"
                complain(message, net, "connect it to another net")
            else:
                drivers[net] = words, f"{words} at line {net.line}"
    return drivers


def _inside(wiring: Wiring, net: Scalar) -> str | None:
    """What to read instead of a net inside an instance."""
    name, dot, inner = net.partition(".")
    pins = wiring.instances.get(Scalar(name))
    if not dot or pins is None:
        return None
    if inner in pins.drives:
        return f"it is called {shown(pins.drives[inner])} here"
    free = [f"{name}.{port}" for port, net in pins.drives.items() if net == f"{name}.{port}"]
    if free:
        return f"of instance {name}, the nets that can be read are {', '.join(free)}"
    return f"every output of instance {name} is connected; read the nets that they are"


def enumerated(netlist: Netlist) -> dict[str, tuple[str, ...]]:
    """For every target, by its output, the circuit inputs over which its rows are enumerated.

    Those that the output, or what is wanted of it, can depend on, in the circuit's order.
    """
    masks = supports(netlist.drivers, netlist.inputs)
    found: dict[str, tuple[str, ...]] = {}
    for target in netlist.targets:
        mask = masks[target.output]
        for name in target.inputs:
            mask |= masks[name]
        found[target.output] = members(mask, netlist.inputs)
    return found
