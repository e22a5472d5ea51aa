"""The names of nodes and parameters in a deck."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from chaoscad.design.model import Design
from chaoscad.export.names import SPICE, Namespace, circuit_name
from chaoscad.export.spice.systems import parameter_names
from chaoscad.systems import Setting

LONGEST_NET = 32
"""Most characters of a net's name. ngspice takes more, but a name stands several times in a line, and
other simulators cut long ones off."""


@dataclass(frozen=True)
class Nodes:
    """The names of a deck.

    **Arguments:**

    - `stem`: of the circuit, with which the names of all its subcircuits begin.
    - `nets`, `states`, `values`: the nodes of the nets, and of every gate's state and value. Readings of
      one element have one state.
    - `numbers`: the parameters that are a gate's x0, deltas and threshold, in this order; but for the
      threshold they are those of its element.
    - `systems`: the subcircuit of every system.
    - `tunable`: by gate, the circuit's parameters that are its system's, by the names in the system's
      subcircuit. Gates of one system share them, apart from those that are each element's own.
    - `low`, `high`: the parameters that are the logic levels.
    - `controls`: by gate, which of its `local_numbers` are the voltages of nodes; these have the names
      that the parameters would have.
    - `counts`: by gate whose number of iterates is the voltage of a node, that node and the numbers.
    """

    stem: str
    nets: Mapping[str, str]
    states: Mapping[str, str]
    values: Mapping[str, str]
    numbers: Mapping[str, Sequence[str]]
    systems: Mapping[Setting, str]
    tunable: Mapping[str, Mapping[str, str]]
    low: str
    high: str
    namespace: Namespace
    controls: Mapping[str, Sequence[str]] = field(default_factory=dict)
    counts: Mapping[str, tuple[str, tuple[int, ...]]] = field(default_factory=dict)

    @property
    def control_nodes(self) -> dict[str, tuple[str, int]]:
        """By node, the first gate whose number it sets, and the place of that number.

        The place of the iterates is behind those of `numbers`.
        """
        found: dict[str, tuple[str, int]] = {}
        for gate, own in self.controls.items():
            for place, name in enumerate(self.numbers[gate]):
                if local_numbers(len(self.numbers[gate]) - 2)[place] in own:
                    found.setdefault(name, (gate, place))
            if gate in self.counts:
                found[self.counts[gate][0]] = (gate, len(self.numbers[gate]))
        return found


def local_numbers(arity: int, reading: str = "") -> list[str]:
    """What the numbers of a gate are called in its subcircuit.

    **Arguments:**

    - `reading`: with which the names of one of several readings end.
    """
    return ["x0", *(f"delta{index}" for index in range(1, arity + 1)), f"threshold{reading}"]


def name_nodes(
    design: Design,
    own: Collection[str] = (),
    controls: Mapping[str, Sequence[str]] | None = None,
    counts: Mapping[str, tuple[int, ...]] | None = None,
) -> Nodes:
    """Legal names for every net, gate and number.

    **Arguments:**

    - `own`: parameters of systems that differ from element to element.
    - `controls`: the numbers that are nodes, as in `Nodes`.
    - `counts`: of gates whose iterates are the voltage of a node, the numbers that there are.
    """
    space = Namespace(SPICE)
    names = [*design.netlist.inputs, *(gate.name for gate in design.gates)]
    nets = space.take_all(names, LONGEST_NET)
    of = {gate.name: element for element in design.elements for gate in element.readings}
    # A gate with an element of its own gives that its name.
    stems = {name: element.name if element.shared else nets[name] for name, element in of.items()}
    once: dict[tuple[str, str], str] = {}

    def shared_by_readings(gate: str, item: str) -> str:
        key = (of[gate].key, item)
        if key not in once:
            once[key] = space.take(f"{stems[gate]}_{item}")
        return once[key]

    gates = [gate.name for gate in design.gates]
    states = {name: shared_by_readings(name, "state") for name in gates}
    values = {name: space.take(f"{nets[name]}_value") for name in gates}
    numbers: dict[str, list[str]] = {}
    for gate in design.gates:
        *common, threshold = local_numbers(gate.arity)
        numbers[gate.name] = [shared_by_readings(gate.name, item) for item in common]
        numbers[gate.name].append(space.take(f"{nets[gate.name]}_{threshold}"))
    stem = circuit_name(design.name, SPICE, LONGEST_NET)
    settings = dict.fromkeys(element.setting for element in design.elements)
    systems = {item: f"{stem}_system{number}" for number, item in enumerate(settings, 1)}
    shared = {
        item: {
            name: space.take(f"system{number}_{name}")
            for key, name in parameter_names(item).items()
            if key not in own
        }
        for number, item in enumerate(settings, 1)
    }
    tunable = {
        gate.name: {
            name: shared_by_readings(gate.name, name)
            if key in own
            else shared[of[gate.name].setting][name]
            for key, name in parameter_names(gate.setting).items()
        }
        for gate in design.gates
    }
    low, high = space.take("v_low"), space.take("v_high")
    taps = {
        gate: (space.take(f"{nets[gate]}_iterates"), own) for gate, own in (counts or {}).items()
    }
    return Nodes(
        *(stem, nets, states, values, numbers, systems, tunable, low, high, space),
        controls or {},
        taps,
    )
