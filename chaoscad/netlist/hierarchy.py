"""Instances of circuits, flattened: an inner net `p` of the instance `fa0` becomes `fa0.p`.

A port of a circuit is one of its nets. A connected output is therefore the outer net itself, driven
by the gate inside, and a port that is both input and output is the net at that input: flattening
never adds a gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from chaoscad.errors import nearest, shown
from chaoscad.logic import Cycle, by_level
from chaoscad.logic.graph import arrows
from chaoscad.netlist import connect
from chaoscad.netlist.gates import GateReader
from chaoscad.netlist.library import Circuit, Library
from chaoscad.netlist.model import Gate, Instance, Tie
from chaoscad.netlist.schema import InstanceSchema
from chaoscad.netlist.shape import Shape, Shapes
from chaoscad.netlist.source import Scalar, place
from chaoscad.netlist.systems import SystemReader
from chaoscad.netlist.ties import TieReader


@dataclass(frozen=True)
class Flat:
    """A circuit without instances.

    **Arguments:**

    - `order`: the same by level, then in their own order; empty for an instance of instances.
    - `instances`: those that were flattened.
    """

    inputs: tuple[str, ...]
    gates: tuple[Gate, ...]
    order: tuple[Gate, ...]
    ties: tuple[Tie, ...]
    instances: tuple[Instance, ...]


def flatten(library: Library) -> Flat | None:
    """The netlist without instances; `None`, all being complained about, where that is impossible.

    Every circuit of every file is checked, also those that no instance is made of.
    """
    top = library.top.own
    shapes = Shapes(library)
    whole, alone = _Flattener(shapes, expand=True), _Flattener(shapes, expand=False)
    flat = (whole if shapes.of(top).sound else alone).flat(top, None)
    around: dict[Circuit, GateReader] = {}
    for circuit in library.written():
        if circuit in whole.seen or circuit in alone.seen:
            continue
        own = circuit.document.own
        if own not in around:
            around[own] = whole.reader(own, None)
        flattener = whole if shapes.of(circuit).sound else alone
        flattener.flat(circuit, None if circuit is own else around[own])
    return flat


class _Flattener:
    """Flattens circuits, each once for all of its instances that have the same defaults around.

    Without `expand`, each circuit is only checked by itself, once.
    """

    def __init__(self, shapes: Shapes, expand: bool) -> None:
        self.shapes, self.expand = shapes, expand
        self.seen: set[Circuit] = set()
        self.flats: dict[tuple[Circuit, GateReader | None], Flat | None] = {}

    def flat(self, circuit: Circuit, around: GateReader | None, inner: bool = False) -> Flat | None:
        """The circuit inside one whose gates `around` reads.

        With `inner`, it is an instance, and cycles through its own instances are left to be found
        in the whole.
        """
        context = around.context if around is not None and self.expand else None
        key = (circuit, context)
        if key not in self.flats:
            self.seen.add(circuit)
            self.flats[key] = None
            self.flats[key] = self._flat(circuit, self.reader(circuit, around), inner)
        return self.flats[key]

    def reader(self, circuit: Circuit, around: GateReader | None) -> GateReader:
        """The reader of a circuit's own gates."""
        complain = circuit.complaints.complain
        document = circuit.document
        systems = SystemReader(
            complain, self.shapes.library.opened, document.folder, document.systems
        )
        outer = None if around is None else around.context
        if circuit.system is not None and circuit.defaults and circuit.defaults.system:
            message = "nothing reads this 'system'; the one under 'defaults' stands for all gates"
            circuit.complaints.warn(message, place(circuit.system))
        return GateReader(complain, circuit.defaults, circuit.system, systems, outer)

    def _flat(self, circuit: Circuit, reader: GateReader, inner: bool) -> Flat | None:
        shape, complaints = self.shapes.of(circuit), circuit.complaints
        pins = {
            name: _pins(circuit, name, schema, shape.parts[str(name)])
            for name, schema in circuit.instances.items()
            if str(name) in shape.parts
        }
        sound = connect.check(_wiring(circuit, shape, pins), complaints)
        sound = sound and not circuit.damage and len(pins) == len(circuit.instances)
        own = [reader.gate(name, schema) for name, schema in circuit.gates.items()]
        gates = [gate for gate in own if gate is not None]
        ties: list[Tie] = []
        instances: list[Instance] = []
        lost = {str(name) for name in circuit.gates} - {gate.name for gate in gates}
        for name, schema in circuit.instances.items():
            part = shape.parts.get(str(name))
            flat = None if part is None else self.flat(part, reader, inner=True)
            if part is None or flat is None or not pins[name].sound or not self.expand:
                lost |= {str(name), *(str(net) for net in schema.connect.values())}
                continue
            nets = {str(port): str(net) for port, net in schema.connect.items()}
            part_of = _inside(str(name), flat, nets)
            gates += part_of.gates
            ties += part_of.ties
            instances += [Instance(str(name), str(schema.circuit)), *part_of.instances]
        if sound and not lost and _collide(circuit, gates):
            sound = False
        order = None
        if sound and not lost:
            order = () if inner and instances else _order(circuit, gates)
        aliases = {
            f"{name}.{port}": str(net)
            for name, found in pins.items()
            for port, net in found.drives.items()
        }
        known = {gate.name: gate for gate in gates}
        unknown = frozenset(lost) | circuit.damage.names | circuit.damage.instances
        tie_reader = TieReader(complaints.complain, known, unknown, aliases)
        before = len(ties)
        ties += tie_reader.ties(circuit.tie)
        if order is None or len(ties) - before < len(circuit.tie):
            return None
        inputs = tuple(str(name) for name in circuit.inputs)
        return Flat(inputs, tuple(gates), order, tuple(ties), tuple(instances))


def _pins(circuit: Circuit, name: Scalar, schema: InstanceSchema, part: Circuit) -> connect.Pins:
    """How an instance is connected, with complaints about its ports."""
    complain = circuit.complaints.complain
    inputs = dict.fromkeys(part.inputs)
    outputs = [port for port in dict.fromkeys(part.outputs) if port not in inputs]
    sound = True
    for port in schema.connect:
        if port not in inputs and port not in outputs:
            if not part.damage.names & {"inputs", "outputs"}:
                hint = nearest(port, [*inputs, *outputs])
                hint = hint or f"its ports are {', '.join([*inputs, *outputs][:16])}"
                complain(f"circuit {shown(schema.circuit)} has no port {shown(port)}", port, hint)
            sound = False
    for port in inputs:
        if port not in schema.connect:
            message = f"input {shown(port)} of instance {name} is not connected"
            complain(message, name, f"add it to 'connect': {{{port}: NET}}")
            sound = False
    drives: dict[str, Scalar] = {}
    for port in outputs:
        inner = Scalar.at(f"{name}.{port}", name.line, name.column, file=name.file)
        drives[str(port)] = schema.connect.get(port, inner)
    reads = tuple(net for port, net in schema.connect.items() if port in inputs)
    return connect.Pins(reads, drives, sound)


def _wiring(circuit: Circuit, shape: Shape, pins: Mapping[Scalar, connect.Pins]) -> connect.Wiring:
    damage = circuit.damage
    blind = frozenset(str(name) for name in circuit.instances if str(name) not in shape.parts)
    unknown = {
        str(net)
        for name, schema in circuit.instances.items()
        if str(name) in blind or not pins[name].sound
        for net in schema.connect.values()
    }
    return connect.Wiring(
        inputs=circuit.inputs,
        outputs=circuit.outputs,
        gates={name: tuple(gate.inputs) for name, gate in circuit.gates.items()},
        instances=pins,
        unknown=damage.names | unknown,
        blind=blind,
        complete=not damage.blind,
    )


def _inside(name: str, flat: Flat, connected: Mapping[str, str]) -> Flat:
    """A flat circuit as the instance `name`, whose ports are the nets in `connected`."""
    nets = {port: connected[port] for port in flat.inputs}
    for gate in flat.gates:
        nets[gate.name] = connected.get(gate.name) or f"{name}.{gate.name}"
    gates = tuple(
        replace(
            gate,
            name=nets[gate.name],
            inputs=tuple(nets[net] for net in gate.inputs),
            instance=f"{name}.{gate.instance}" if gate.instance else name,
            element=gate.element and f"{name}.{gate.element}",
        )
        for gate in flat.gates
    )
    ties = tuple(replace(tie, gates=tuple(nets[gate] for gate in tie.gates)) for tie in flat.ties)
    instances = tuple(replace(item, name=f"{name}.{item.name}") for item in flat.instances)
    return Flat((), gates, (), ties, instances)


def _collide(circuit: Circuit, gates: list[Gate]) -> bool:
    """Complain about nets inside instances whose flat name another net has already."""
    complaints = circuit.complaints
    inputs = {str(name): name for name in circuit.inputs}
    seen: dict[str, Gate] = {}
    found = False
    for gate in gates:
        first = seen.setdefault(gate.name, gate)
        other = inputs.get(gate.name)
        if first is gate and other is None:
            continue
        found = True
        place = f"{gate.file}:{gate.line}" if gate.file else f"line {gate.line}"
        message = (
            f"net {shown(gate.name)} has two drivers: this {'gate' if other is None else 'input'} "
            f"and a gate in instance {gate.instance} at {place}"
        )
        at = other or Scalar.at(first.name, first.line, first.column, file=first.file)
        complaints.complain(message, at, "rename one of them")
    return found


def _order(circuit: Circuit, gates: list[Gate]) -> tuple[Gate, ...] | None:
    """The gates by level, or `None` and a complaint about a cycle."""
    try:
        return by_level(gates)
    except Cycle as error:
        first = next(gate for gate in gates if gate.name == error.path[0])
        message = f"the gates form a cycle: {arrows(error.path)}"
        hint = "a chaogate circuit is combinational: every path leads forward"
        at = Scalar.at(first.name, first.line, first.column, file=first.file)
        circuit.complaints.inside(first.instance).complain(message, at, hint)
        return None
