"""A design as a Verilog module: which gates share a module, what everything is called, the top level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chaoscad.design.model import Design, DesignGate
from chaoscad.export.fixed_point import GateOrbit, Word, domains, orbits
from chaoscad.export.fixed_point_trace import form
from chaoscad.export.model import Form as Architecture
from chaoscad.export.names import VERILOG, Namespace
from chaoscad.export.verilog_modules import Kind, constants, literal
from chaoscad.systems import Setting

RESERVED = ("clk", "rst", "write", "address", "data")
"""Ports that the clocked forms add."""


@dataclass(frozen=True)
class Plan:
    """What the files say about a design, settled before any text is made.

    **Arguments:**

    - `top`: the name of the top module.
    - `nets`: the wire of every net of the design; `instances`: of every gate.
    - `ports`: the port of every output; where a net drives it directly, they are one.
    - `kinds`, `orbits`: of every gate.
    - `arrival`: in the pipelined form, the clock cycle in which a net has its value.
    - `bases`: in the reconfigurable form, the first register of every gate.
    """

    design: Design
    word: Word
    architecture: Architecture
    top: str
    nets: Mapping[str, str]
    instances: Mapping[str, str]
    ports: Mapping[str, str]
    kinds: Mapping[str, Kind]
    orbits: Mapping[str, GateOrbit]
    arrival: Mapping[str, int]
    bases: Mapping[str, int]
    delays: Mapping[tuple[str, int], str]

    @property
    def clocked(self) -> bool:
        """Whether there is a clock."""
        return self.architecture != "combinational"

    @property
    def latency(self) -> int:
        """Clock cycles from the inputs to the outputs."""
        return max((self.arrival[name] for name in self.design.netlist.outputs), default=0)

    @property
    def registers(self) -> int:
        """How many registers the bus reaches."""
        return sum(len(self.kinds[gate.name].settings) for gate in self.design.gates)

    @property
    def address_bits(self) -> int:
        """The width of the bus's address."""
        return max(1, (self.registers - 1).bit_length())

    def start(self, gate: DesignGate) -> int:
        """The clock cycle in which all inputs of a gate have their values."""
        return max((self.arrival[name] for name in gate.inputs), default=0)

    def distinct(self) -> list[Kind]:
        """Every kind of gate once, in the order of the design."""
        return list({kind.module: kind for kind in self.kinds.values()}.values())


def plan(design: Design, word: Word, architecture: Architecture) -> Plan:
    """Settle names, modules, delays and registers of a design in Verilog."""
    netlist = design.netlist
    space = Namespace(VERILOG, RESERVED)
    nets = space.take_all([*netlist.inputs, *(gate.name for gate in design.gates)])
    arrival = _arrivals(design, architecture)
    latency = max((arrival[name] for name in netlist.outputs), default=0)
    gates = {gate.name for gate in design.gates}
    ports: dict[str, str] = {}
    for name in netlist.outputs:
        direct = name in gates and arrival[name] == latency
        ports[name] = nets[name] if direct else space.take(f"{nets[name]}_out")
    instances = {gate.name: space.take(f"gate_{nets[gate.name]}") for gate in design.gates}
    delays = {key: space.take(f"{nets[key[0]]}_after_{key[1]}") for key in _delays(design, arrival)}
    modules = Namespace(VERILOG)
    top = modules.take(design.name)
    modules.take(f"{top}_tb")
    kinds = _kinds(design, word, modules)
    bases: dict[str, int] = {}
    place = 0
    for gate in design.gates:
        bases[gate.name] = place
        place += len(kinds[gate.name].settings)
    return Plan(
        design=design,
        word=word,
        architecture=architecture,
        top=top,
        nets=nets,
        instances=instances,
        ports=ports,
        kinds=kinds,
        orbits=orbits(design, word.fraction_bits, word.rounding),
        arrival=arrival,
        bases=bases,
        delays=delays,
    )


def _arrivals(design: Design, architecture: Architecture) -> dict[str, int]:
    found = dict.fromkeys(design.netlist.inputs, 0)
    for gate in design.gates:
        before = max((found[name] for name in gate.inputs), default=0)
        found[gate.name] = before + gate.iterates if architecture == "pipelined" else 0
    return found


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


def _kinds(design: Design, word: Word, modules: Namespace) -> dict[str, Kind]:
    reach = domains(design)
    steps: dict[Setting, str] = {}
    known: dict[tuple[Setting, int, int], Kind] = {}
    found: dict[str, Kind] = {}
    for gate in design.gates:
        setting = gate.setting
        if setting not in steps:
            steps[setting] = modules.take(f"step_{setting.system.name}")
        key = (setting, gate.iterates, gate.arity)
        if key not in known:
            stem = steps[setting].removeprefix("step_")
            name = modules.take(f"gate_{stem}_n{gate.iterates}_k{gate.arity}")
            step = form(setting, word.fraction_bits, word.rounding, domain=reach[setting])
            known[key] = Kind(name, steps[setting], setting, gate.iterates, gate.arity, step)
        found[gate.name] = known[key]
    return found


def top_module(made: Plan) -> list[str]:
    """The circuit: one instance per gate, its integers as parameters."""
    design, width = made.design, made.word.length
    netlist = design.netlist
    ports = ["input  wire clk"] if made.clocked else []
    if made.architecture == "reconfigurable":
        ports += [
            "input  wire rst",
            "input  wire write",
            f"input  wire [{made.address_bits - 1}:0] address",
            f"input  wire signed [{width - 1}:0] data",
        ]
    ports += [f"input  wire {made.nets[name]}" for name in netlist.inputs]
    ports += [f"output wire {made.ports[name]}" for name in netlist.outputs]
    lines = [f"module {made.top} ("]
    lines += [
        f"  {port}{',' if index < len(ports) - 1 else ''}" for index, port in enumerate(ports)
    ]
    lines.append(");")
    declared = set(made.ports.values())
    inner = [made.nets[gate.name] for gate in design.gates]
    lines += [f"  wire {name};" for name in inner if name not in declared]
    lines += _shift_registers(made)
    for gate in design.gates:
        lines += _instance(made, gate)
    for name in netlist.outputs:
        wire = _delayed(made, name, made.latency)
        if wire != made.ports[name]:
            lines.append(f"  assign {made.ports[name]} = {wire};")
    return [*lines, "endmodule", ""]


def _instance(made: Plan, gate: DesignGate) -> list[str]:
    kind, words = made.kinds[gate.name], made.orbits[gate.name].words
    width = made.word.length
    values = [literal(value, width) for value in constants(words)[:-1]] + [str(int(words.below))]
    settings = [f".{name}({value})" for name, value in zip(kind.settings, values, strict=True)]
    pins = [".clk(clk)"] if made.clocked else []
    if made.architecture == "reconfigurable":
        bits = made.address_bits
        settings += [f".ADDRESS_BITS({bits})", f".BASE({bits}'d{made.bases[gate.name]})"]
        pins += [f".{name}({name})" for name in RESERVED[1:]]
    start = made.start(gate)
    pins += [
        f".in_{index + 1}({_delayed(made, name, start)})" for index, name in enumerate(gate.inputs)
    ]
    pins.append(f".y({made.nets[gate.name]})")
    return [
        f"  {kind.module} #({', '.join(settings)})",
        f"    {made.instances[gate.name]} ({', '.join(pins)});",
    ]


def _delayed(made: Plan, name: str, cycle: int) -> str:
    """The wire that has a net's value of `cycle - arrival` cycles before."""
    late = cycle - made.arrival[name]
    return (
        made.nets[name] if made.architecture != "pipelined" or not late else made.delays[name, late]
    )


def _shift_registers(made: Plan) -> Sequence[str]:
    if made.architecture != "pipelined" or not made.delays:
        return []
    lines = [f"  reg {register};" for register in made.delays.values()]
    lines.append("  always @(posedge clk) begin")
    for (name, cycle), register in made.delays.items():
        before = made.nets[name] if cycle == 1 else made.delays[name, cycle - 1]
        lines.append(f"    {register} <= {before};")
    return [*lines, "  end"]
