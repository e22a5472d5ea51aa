"""What circuits are made of: the circuit of every instance, none inside itself, none too large."""

from __future__ import annotations

from dataclasses import dataclass, field

from chaoscad.logic.graph import arrows
from chaoscad.netlist.library import Circuit, Library
from chaoscad.netlist.source import Scalar

DEEPEST_INSTANCE = 64
"""Deepest nesting of instances."""

MOST_FLAT_GATES = 200_000
"""Most gates that a netlist may have once its instances are flattened."""


@dataclass
class Shape:
    """What a circuit is made of.

    **Arguments:**

    - `parts`: the circuit of each instance, without those that were refused.
    - `gates`: how many it has once it is flat.
    - `height`: how deep its instances nest.
    - `sound`: whether it can be flattened.
    """

    parts: dict[str, Circuit] = field(default_factory=dict)
    gates: int = 0
    height: int = 0
    sound: bool = True


class Shapes:
    """The shape of every circuit, found once and complained about once."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.known: dict[Circuit, Shape] = {}
        # A chain that is too deep is said once, not again at every part of it.
        self.too_deep = False

    def of(self, circuit: Circuit, around: tuple[Circuit, ...] = ()) -> Shape:
        """The circuit's shape; `around` are the circuits that it is in, the outermost first."""
        if circuit in self.known:
            return self.known[circuit]
        found = Shape(gates=len(circuit.gates))
        for name in circuit.instances:
            part = self._part(circuit, name, around)
            inner = None if part is None else self.of(part, (*around, circuit))
            if part is None or inner is None:
                found.sound = False
                continue
            found.parts[str(name)] = part
            found.gates += inner.gates
            found.height = max(found.height, inner.height + 1)
            if not (found.sound and inner.sound):
                found.sound = False
            elif found.gates > MOST_FLAT_GATES:
                message = f"the instances make more than {MOST_FLAT_GATES} gates"
                hint = "make fewer instances, or split the netlist"
                circuit.complaints.complain(message, name, hint)
                found.sound = False
            elif found.height > DEEPEST_INSTANCE:
                self._too_deep(circuit, name, (circuit, part))
                found.sound = False
        self.known[circuit] = found
        return found

    def _part(self, circuit: Circuit, name: Scalar, around: tuple[Circuit, ...]) -> Circuit | None:
        """The circuit of an instance, or `None` when it was refused."""
        wanted = circuit.instances[name].circuit
        part = self.library.circuit(circuit.document, wanted)
        if part is None:
            return None
        path = (*around, circuit)
        complain = circuit.complaints.complain
        if part in path:
            names = [item.name for item in (*path[path.index(part) :], part)]
            message = f"a circuit contains itself: {arrows(names)}"
            complain(message, wanted, "instances end at circuits of gates only")
            return None
        if len(path) > DEEPEST_INSTANCE:
            self._too_deep(circuit, wanted, (*path, part))
            return None
        if part not in self.known and not part.complaints.where:
            where = circuit.complaints.where
            part.complaints.where = f"{where}.{name}" if where else str(name)
        return part

    def _too_deep(self, circuit: Circuit, at: Scalar, path: tuple[Circuit, ...]) -> None:
        if not self.too_deep:
            names = arrows([item.name for item in path])
            message = f"instances nest deeper than {DEEPEST_INSTANCE} levels: {names}"
            circuit.complaints.complain(message, at, "make fewer levels of them")
        self.too_deep = True
