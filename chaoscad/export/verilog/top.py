"""The top level of a Verilog export."""

from __future__ import annotations

from collections.abc import Sequence

from chaoscad.design import Element
from chaoscad.export.verilog.plan import WRITES, VerilogPlan
from chaoscad.export.verilog.text import constant, listed, literal, unread, wrapped


def top_module(made: VerilogPlan) -> list[str]:
    """The circuit: one instance per element, its integers as parameters."""
    design, netlist = made.design, made.design.netlist
    ports = ["input  wire clk"] if made.clocked else []
    if made.bus:
        word_type = f"signed [{made.word.length - 1}:0]"
        ports += ["input  wire rst", "input  wire write", "input  wire commit"]
        ports += [
            f"input  wire [{made.address_bits - 1}:0] address",
            f"input  wire {word_type} data",
            f"output wire {word_type} read_data",
        ]
        ports += ["output wire busy"] if made.pipelined else []
    ports += [f"input  wire {made.nets[name]}" for name in netlist.inputs]
    ports += [f"output wire {made.ports[name]}" for name in netlist.outputs]
    lines = [f"module {made.top} (", *listed(ports), ");"]
    declared = set(made.ports.values())
    inner = [made.nets[gate.name] for gate in design.gates]
    lines += [f"  wire {name};" for name in inner if name not in declared]
    if made.pipelined:
        lines += _shift_registers(made)
    if made.bus:
        lines += _bus(made)
    for element in design.elements:
        lines += _instance(made, element)
    for name in netlist.outputs:
        wire = _delayed(made, name, made.latency)
        if wire != made.ports[name]:
            lines.append(f"  assign {made.ports[name]} = {wire};")
    return [*lines, *unread(made.own["unused"], _unread(made)), "endmodule", ""]


def _unread(made: VerilogPlan) -> list[str]:
    """Inputs and gates that nothing reads."""
    netlist = made.design.netlist
    read = {*netlist.outputs, *(name for gate in made.design.gates for name in gate.inputs)}
    names = [*netlist.inputs, *(gate.name for gate in made.design.gates)]
    return [made.nets[name] for name in names if name not in read]


def _instance(made: VerilogPlan, element: Element) -> list[str]:
    module, key = made.modules[element.key], element.key
    integers, width = made.orbits[key].integers, made.word.length
    settings = [
        f".{name}({constant(value, bits) if bits else literal(value, width)})"
        for name, value, bits in zip(module.settings, integers, module.bits, strict=True)
    ]
    pins = [".clk(clk)"] if made.clocked else []
    start = made.start(element)
    if made.bus:
        settings.append(f".BASE({made.address_bits}'d{made.bases[key]})")
        wires = {name: name for name in WRITES}
        if made.pipelined:
            wires["write"] = made.own["writing"]
            wires["commit"] = _commit(made, start)
            for suffix, tap in zip(module.suffixes, module.taps, strict=True):
                wires[f"commit_compare{suffix}"] = _commit(made, start + tap.longest)
        wires["read_data"] = made.reads[key]
        pins += [f".{name}({wire})" for name, wire in wires.items()]
    pins += [
        f".in_{index + 1}({_delayed(made, name, start)})"
        for index, name in enumerate(element.inputs)
    ]
    pins += [
        f".{output}({made.nets[gate.name]})"
        for output, gate in zip(module.outputs, made.readings(element), strict=True)
    ]
    return [
        *wrapped(f"  {module.name} #(", settings, ")"),
        *wrapped(f"    {made.instances[key]} (", pins, ");"),
    ]


def _commit(made: VerilogPlan, cycle: int) -> str:
    """The commit as it arrives with the rows of some cycles ago."""
    return f"{made.own['committing']}[{cycle - 1}]" if cycle else "commit"


def _bus(made: VerilogPlan) -> list[str]:
    """What the elements answer, and in a pipeline the commits that travel with the rows."""
    width, reads = made.word.length, list(made.reads.values())
    lines = [f"  wire signed [{width - 1}:0] {name};" for name in reads]
    lines += wrapped("  assign read_data = ", reads, ";", " | ")
    if not made.pipelined:
        return lines
    cycles = made.settling
    committing, writing = made.own["committing"], made.own["writing"]
    before = f"{{{committing}[{cycles - 2}:0], commit}}" if cycles > 1 else "commit"
    return [
        *lines,
        "  // A commit travels with the rows, so that those before it finish with the old integers.",
        f"  reg [{cycles - 1}:0] {committing};",
        "  always @(posedge clk)",
        f"    {committing} <= rst ? {cycles}'d0 : {before};",
        f"  assign busy = |{committing};",
        f"  wire {writing} = write & ~commit & ~busy;",
    ]


def _delayed(made: VerilogPlan, name: str, cycle: int) -> str:
    """The wire that has a net's value of `cycle - arrival` cycles before."""
    late = cycle - made.arrival[name]
    return made.delays[name, late] if made.pipelined and late else made.nets[name]


def _shift_registers(made: VerilogPlan) -> Sequence[str]:
    if not made.delays:
        return []
    lines = [f"  reg {register};" for register in made.delays.values()]
    lines.append("  always @(posedge clk) begin")
    for (name, cycle), register in made.delays.items():
        before = made.nets[name] if cycle == 1 else made.delays[name, cycle - 1]
        lines.append(f"    {register} <= {before};")
    return [*lines, "  end"]
