"""What a Verilog export says about a design: which elements share a module, and what all is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from chaoscad.design import Design, DesignGate, Element
from chaoscad.evidence import Evidence
from chaoscad.export.coordinates import legal
from chaoscad.export.names import VERILOG, Namespace
from chaoscad.export.options import Options
from chaoscad.export.rows import Expected, expected
from chaoscad.export.verilog import FORM, Architecture
from chaoscad.export.verilog.gate import CLOCKED, PIPELINED, WITH_BUS, GateModule, Tap
from chaoscad.fixed_point.lowering import form
from chaoscad.fixed_point.orbits import ElementOrbit, Word, domains, element_orbit, orbits
from chaoscad.fixed_point.word import word_of
from chaoscad.logic.graph import longest
from chaoscad.systems import Interval, Setting

Counts = Mapping[str, tuple[int, ...]]
"""By gate, the numbers of iterates after which it may be read, rising."""


WRITES = ("rst", "write", "commit", "address", "data")
"""The ports of the bus that go to every gate."""


@dataclass(frozen=True)
class VerilogPlan:
    """What the files say about a design, settled before any text is made.

    **Arguments:**

    - `top`: the name of the top module.
    - `nets`: the wire of every net of the design.
    - `ports`: the port of every output; where a net drives it directly, they are one.
    - `instances`, `modules`, `orbits`: of every element, by its key.
    - `arrival`: in the pipelined form, the clock cycle in which a net has its value.
    - `bases`: in the reconfigurable forms, the first register of every element.
    - `delays`: the register that has a net's value of some cycles ago.
    - `reads`: in the reconfigurable forms, the wire of what an element answers on the bus.
    - `own`: the wires `committing`, `writing` and `unused`, as they are called here.
    - `reach`: the states that the elements on a system may have.
    - `rows`: of the bench.
    - `counts`: the iterates after which every gate may be read; of several, a register says which.
    """

    design: Design
    word: Word
    architecture: Architecture
    top: str
    nets: Mapping[str, str]
    ports: Mapping[str, str]
    instances: Mapping[str, str]
    modules: Mapping[str, GateModule]
    orbits: Mapping[str, ElementOrbit]
    arrival: Mapping[str, int]
    bases: Mapping[str, int]
    delays: Mapping[tuple[str, int], str]
    reads: Mapping[str, str]
    own: Mapping[str, str]
    reach: Mapping[Setting, Interval]
    rows: Expected
    counts: Counts

    @property
    def clocked(self) -> bool:
        """Whether there is a clock."""
        return self.architecture in CLOCKED

    @property
    def pipelined(self) -> bool:
        """Whether there is a register after every iterate."""
        return self.architecture in PIPELINED

    @property
    def bus(self) -> bool:
        """Whether the integers of the gates are registers."""
        return self.architecture in WITH_BUS

    @property
    def sources(self) -> list[str]:
        """The files of the circuit, one module each, a module before those that use it."""
        names = [name for module in self.distinct() for name in (module.step, module.name)]
        return [f"{name}.v" for name in dict.fromkeys([*names, self.top])]

    @property
    def latency(self) -> int:
        """Clock cycles from the inputs to the outputs."""
        return max((self.arrival[name] for name in self.design.netlist.outputs), default=0)

    @property
    def registers(self) -> int:
        """How many registers the bus reaches."""
        return len(self.register_names)

    @property
    def register_names(self) -> list[tuple[str, str]]:
        """Of every register of the bus, by its address: the net or element that it is of, and its name."""
        found: list[tuple[str, str]] = []
        for element in self.design.elements:
            module = self.modules[element.key]
            own = self.nets[element.key]
            if element.shared:
                own = self.instances[element.key].removeprefix("element_")
            found += [(own, name.lower()) for name in module.state_settings]
            for gate, names in zip(self.readings(element), module.comparators, strict=True):
                found += [(self.nets[gate.name], name.lower()) for name in names]
        return found

    @property
    def address_bits(self) -> int:
        """The width of the bus's address."""
        return max(1, (self.registers - 1).bit_length())

    @property
    def settling(self) -> int:
        """In a pipeline, clock cycles from a commit until the last gate computes with it."""
        return max(self.arrival[gate.name] for gate in self.design.gates)

    def readings(self, element: Element) -> list[DesignGate]:
        """The readings of an element by rising number of iterates, of chosen ones by the most."""
        return _readings(element, self.counts)

    def start(self, element: Element) -> int:
        """The clock cycle in which all inputs of an element have their values."""
        return max((self.arrival[name] for name in element.inputs), default=0)

    def distinct(self) -> list[GateModule]:
        """The module of every kind of element once, in the order of the design."""
        return list({module.name: module for module in self.modules.values()}.values())


def plan(
    evidence: Evidence,
    options: Options,
    reserved: Sequence[str] = (),
    counts: Counts | None = None,
    reach: Mapping[Setting, Interval] | None = None,
) -> VerilogPlan:
    """Settle names, modules, delays and registers of a design in Verilog.

    **Arguments:**

    - `reserved`: more names that no net may have.
    - `counts`, `reach`: as in `VerilogPlan`, where they are more than the design's own.

    **Raises:** `ChaoscadError` when there is no word for it.
    """
    design = evidence.design
    word, architecture = word_of(evidence, options.hardware), FORM.of(options)
    netlist = design.netlist
    space = Namespace(VERILOG, [*_own_ports(architecture), *reserved])
    nets = space.take_all([*netlist.inputs, *(gate.name for gate in design.gates)])
    counts = counts or {gate.name: (gate.iterates,) for gate in design.gates}
    reach = reach or domains(evidence)
    arrival = _arrivals(design, architecture, counts)
    latency = max((arrival[name] for name in netlist.outputs), default=0)
    gates = {gate.name for gate in design.gates}
    ports: dict[str, str] = {}
    for name in netlist.outputs:
        direct = name in gates and arrival[name] == latency
        ports[name] = nets[name] if direct else space.take(f"{nets[name]}_out")
    instances = {
        element.key: space.take(
            f"element_{element.name}" if element.shared else f"gate_{nets[element.key]}"
        )
        for element in design.elements
    }
    delays = {key: space.take(f"{nets[key[0]]}_after_{key[1]}") for key in _delays(design, arrival)}
    reads = {key: space.take(f"read_{name.partition('_')[2]}") for key, name in instances.items()}
    own = {name: space.take(name) for name in ("committing", "writing", "unused")}
    top = Namespace(VERILOG).take(design.name)
    modules = _modules(design, word, top, counts, reach)
    bases: dict[str, int] = {}
    place = 0
    for key, module in modules.items():
        bases[key] = place
        place += len(module.settings)
    return VerilogPlan(
        design=design,
        word=word,
        architecture=architecture,
        top=top,
        nets=nets,
        instances=instances,
        ports=ports,
        modules=modules,
        orbits=_orbits(evidence, word, modules, counts),
        arrival=arrival,
        bases=bases,
        delays=delays,
        reads=reads,
        own=own,
        reach=reach,
        counts=counts,
        rows=expected(evidence, options.most_rows, options.seed),
    )


def _own_ports(architecture: Architecture) -> list[str]:
    """The ports that a form adds to those of the circuit."""
    found = ["clk"] if architecture in CLOCKED else []
    if architecture in WITH_BUS:
        found += [*WRITES, "read_data"]
        found += ["busy"] if architecture in PIPELINED else []
    return found


def _readings(element: Element, counts: Counts) -> list[DesignGate]:
    # In the order of the netlist where they are equal, so that it is the same in every configuration.
    return sorted(element.members, key=lambda gate: counts[gate.name][-1])


def _orbits(
    evidence: Evidence, word: Word, modules: Mapping[str, GateModule], counts: Counts
) -> dict[str, ElementOrbit]:
    """Every element in integers, up to the end of its module's chain."""
    found = orbits(evidence, word.fraction_bits, word.rounding)
    return {
        element.key: element_orbit(
            [found[gate.name] for gate in _readings(element, counts)],
            [tap.chosen for tap in modules[element.key].taps],
            modules[element.key].iterates,
            modules[element.key].form,
            word,
        )
        for element in evidence.design.elements
    }


def _arrivals(design: Design, architecture: Architecture, counts: Counts) -> dict[str, int]:
    """The clock cycle in which every net has its value."""
    pipelined = architecture in PIPELINED
    cycles = {name: own[-1] if pipelined else 0 for name, own in counts.items()}
    drivers = {gate.name: gate.inputs for gate in design.gates}
    return dict.fromkeys(design.netlist.inputs, 0) | longest(drivers, cycles)


def _delays(design: Design, arrival: Mapping[str, int]) -> list[tuple[str, int]]:
    """Every net and the cycles by which it has to be delayed somewhere, each from 1 on."""
    latest: dict[str, int] = {}
    for gate in design.gates:
        start = max((arrival[name] for name in gate.inputs), default=0)
        for name in gate.inputs:
            latest[name] = max(latest.get(name, 0), start - arrival[name])
    end = max((arrival[name] for name in design.netlist.outputs), default=0)
    for name in design.netlist.outputs:
        latest[name] = max(latest.get(name, 0), end - arrival[name])
    order = [*design.netlist.inputs, *(gate.name for gate in design.gates)]
    return [(name, cycle) for name in order for cycle in range(1, latest.get(name, 0) + 1)]


def _modules(
    design: Design, word: Word, top: str, counts: Counts, reach: Mapping[Setting, Interval]
) -> dict[str, GateModule]:
    """The module of every element; all names begin with the circuit's, so that circuits go together."""
    # Every module is a file, and not every file system tells a from A.
    modules = Namespace(replace(VERILOG, folds_case=True))
    steps: dict[Setting, str] = {}
    known: dict[tuple[Setting, tuple[Tap, ...], int], GateModule] = {}
    found: dict[str, GateModule] = {}
    for element in design.elements:
        setting = element.setting
        taps = tuple(
            Tap(counts[gate.name], legal(gate.setting).read) for gate in _readings(element, counts)
        )
        if setting not in steps:
            steps[setting] = modules.take(f"step_{setting.system.name}")
        key = (setting, taps, element.arity)
        if key not in known:
            stem = steps[setting].removeprefix("step_")
            read = "".join(
                f"_n{tap.counts[0]}to{tap.longest}" if tap.chosen else f"_n{tap.longest}"
                for tap in taps
            )
            name = modules.take(f"gate_{stem}{read}_k{element.arity}")
            step = form(setting, word.fraction_bits, word.rounding, domain=reach[setting])
            names = (f"{top}_{name}", f"{top}_{steps[setting]}")
            known[key] = GateModule(*names, setting, taps, element.arity, step)
        found[element.key] = known[key]
    return found
