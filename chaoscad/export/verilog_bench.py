"""The test bench of a Verilog export: every row, and every intermediate integer of every gate."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from chaoscad.design.model import DesignGate
from chaoscad.export.fixed_point import GateOrbit
from chaoscad.export.rows import Expected
from chaoscad.export.verilog_modules import Kind, constants, literal
from chaoscad.export.verilog_top import Plan

SHOWN = 10
"""Failures that the bench prints; all are counted."""

LONGEST_TEXT = 80
"""Characters of what a failure may name."""


def rows_file(made: Plan, rows: Expected) -> str:
    """One line per row, in hexadecimal: the inputs and then the outputs, the first most significant."""
    netlist = made.design.netlist
    names = [*netlist.inputs, *netlist.outputs]
    digits = -(-len(names) // 4)
    columns = np.stack([rows.nets[name] for name in names])
    padding = np.zeros((4 * digits - len(names), columns.shape[1]), bool)
    nibbles = np.concatenate([padding, columns]).reshape(digits, 4, -1).astype(np.uint8)
    values = nibbles[:, 0] * 8 + nibbles[:, 1] * 4 + nibbles[:, 2] * 2 + nibbles[:, 3]
    letters = np.frombuffer(b"0123456789abcdef", np.uint8)[values]
    lines = np.concatenate([letters, np.full((1, letters.shape[1]), ord("\n"), np.uint8)])
    return lines.T.tobytes().decode()


def bench(made: Plan, rows: Expected) -> str:
    """The text of the test bench, which reads the rows from `TOP_rows.hex`."""
    netlist = made.design.netlist
    width, inputs, outputs = made.word.length, len(netlist.inputs), len(netlist.outputs)
    tables = _Tables(made)
    pins = [
        f".{made.nets[name]}(in[{inputs - 1 - index}])" for index, name in enumerate(netlist.inputs)
    ]
    pins += [
        f".{made.ports[name]}(out[{outputs - 1 - index}])"
        for index, name in enumerate(netlist.outputs)
    ]
    reconfigurable = made.architecture == "reconfigurable"
    if made.clocked:
        pins.insert(0, ".clk(clk)")
    if reconfigurable:
        pins[1:1] = [f".{name}({name})" for name in ("rst", "write", "address", "data")]
    lines = [
        f"// Test bench of {made.top}: {rows.said()}, and every intermediate integer of every gate.",
        f"module {made.top}_tb;",
        f"  localparam ROWS = {rows.rows};",
        f"  localparam LATENCY = {made.latency};",
        f"  reg [{inputs + outputs - 1}:0] rows [0:ROWS-1];",
        f"  reg [{inputs - 1}:0] in;",
        f"  wire [{outputs - 1}:0] out;",
        f"  reg [{outputs - 1}:0] wanted;",
        "  integer tick, failures, compared;",
        *(["  reg clk;"] if made.clocked else []),
    ]
    if reconfigurable:
        lines += [
            "  reg rst, write;",
            f"  reg [{made.address_bits - 1}:0] address;",
            f"  reg signed [{width - 1}:0] data;",
            "  integer place;",
            f"  reg signed [{width - 1}:0] settings [0:{made.registers - 1}];",
        ]
    lines += tables.declarations()
    for gate in made.design.gates:
        if made.architecture == "pipelined":
            size = gate.arity * (gate.iterates + 1)
            lines.append(f"  reg [{size - 1}:0] past_{made.instances[gate.name]};")
    lines.append(f"  {made.top} dut ({', '.join(pins)});")
    if reconfigurable:
        lines += _units(made)
    lines += _check_rows(made, tables)
    lines += _main(made, tables)
    return "\n".join([*lines, "endmodule", ""])


class _Tables:
    """The expected orbits: one memory for all gates with equal integers on one module."""

    def __init__(self, made: Plan) -> None:
        self.made = made
        self.names: dict[tuple[str, object], str] = {}
        self.members: dict[str, tuple[Kind, GateOrbit]] = {}
        for gate in made.design.gates:
            kind, orbit = made.kinds[gate.name], made.orbits[gate.name]
            key = (kind.module, orbit.words)
            if key not in self.names:
                name = f"orbit_{len(self.names)}"
                self.names[key] = name
                self.members[name] = (kind, orbit)

    def name(self, gate: DesignGate) -> str:
        """The memory of a gate."""
        return self.names[self.made.kinds[gate.name].module, self.made.orbits[gate.name].words]

    def declarations(self) -> Iterable[str]:
        """The memories: for every local row, all coordinates of all iterates, the state first."""
        width = self.made.word.length
        for name, (_, orbit) in self.members.items():
            flat = [values for state in orbit.orbit for values in state]
            size = width * len(flat)
            count = len(flat[0])
            yield f"  reg [{size - 1}:0] {name} [0:{count - 1}];"
            yield "  initial begin"
            for row in range(count):
                value = 0
                for values in flat:
                    value = (value << width) | (values[row] & ((1 << width) - 1))
                yield f"    {name}[{row}] = {size}'h{value:x};"
            yield "  end"


def _wires(kind: Kind, instance: str) -> list[str]:
    return [
        f"{instance}.{wire}" for count in range(kind.iterates + 1) for wire in kind.wires(count)
    ]


def _local(kind: Kind, instance: str) -> str:
    inputs = ", ".join(f"{instance}.in_{index + 1}" for index in range(kind.arity))
    return f"{{{inputs}}}"


def _check_rows(made: Plan, tables: _Tables) -> list[str]:
    """The task that compares outputs and intermediate integers at one tick."""
    lines = [
        "  task fail;",
        f"    input [{8 * LONGEST_TEXT - 1}:0] what;",
        "    begin",
        "      failures = failures + 1;",
        f'      if (failures <= {SHOWN}) $display("FAIL row %0d: %0s", tick - LATENCY, what);',
        "    end",
        "  endtask",
        "  task check;",
        "    begin",
    ]
    outputs = len(made.design.netlist.outputs)
    lines += [
        "      if (tick >= LATENCY) begin",
        f"        wanted = rows[tick - LATENCY][{outputs - 1}:0];",
        "        compared = compared + 1;",
        '        if (out !== wanted) fail("the outputs");',
        "      end",
    ]
    for gate in made.design.gates:
        lines += _check_gate(made, tables, gate)
    return [*lines, "    end", "  endtask"]


def _check_gate(made: Plan, tables: _Tables, gate: DesignGate) -> list[str]:
    kind, table = made.kinds[gate.name], tables.name(gate)
    instance = made.instances[gate.name]
    wires = _wires(kind, f"dut.{instance}")
    local = _local(kind, f"dut.{instance}")
    fail = f'fail("{instance}");'
    if made.architecture != "pipelined":
        return [f"      if ({{{', '.join(wires)}}} !== {table}[{local}]) {fail}"]
    past, arity, width = f"past_{instance}", gate.arity, made.word.length
    size = arity * (gate.iterates + 1)
    rest = f"{past}[{size - arity - 1}:0], " if size > arity else ""
    lines = [f"      {past} = {{{rest}{local}}};"]
    each = len(kind.coordinates)
    for iterate in range(gate.iterates + 1):
        here = wires[iterate * each : (iterate + 1) * each]
        low = width * each * (gate.iterates - iterate)
        part = f"[{low + width * each - 1}:{low}]"
        when = made.start(gate) + iterate
        row = f"{past}[{(iterate + 1) * arity - 1}:{iterate * arity}]"
        lines.append(
            f"      if (tick >= {when}) if ({{{', '.join(here)}}} !== {table}[{row}]{part}) {fail}"
        )
    return lines


def _units(made: Plan) -> Iterable[str]:
    """One gate of every module on its own, which the bus turns into all the others of its kind."""
    for index, kind in enumerate(made.distinct()):
        yield f"  reg [{kind.arity - 1}:0] drive_{index};"
        yield f"  wire y_{index};"
        yield f"  reg [{(1 << kind.arity) - 1}:0] function_{index};"
        pins = [".clk(clk)", *(f".{name}({name})" for name in ("rst", "write", "address", "data"))]
        pins += [
            f".in_{bit + 1}(drive_{index}[{kind.arity - 1 - bit}])" for bit in range(kind.arity)
        ]
        pins.append(f".y(y_{index})")
        bits = made.address_bits
        yield f"  {kind.module} #(.ADDRESS_BITS({bits})) unit_{index} ({', '.join(pins)});"


def _main(made: Plan, tables: _Tables) -> list[str]:
    inputs, outputs = len(made.design.netlist.inputs), len(made.design.netlist.outputs)
    stimulus = f"rows[tick][{inputs + outputs - 1}:{outputs}]"
    lines = []
    if made.clocked:
        lines += ["  always #5 clk = !clk;"]
    if made.architecture == "reconfigurable":
        lines += _bus(made)
    lines += [
        "  initial begin",
        f'    $readmemh("{made.top}_rows.hex", rows);',
        "    failures = 0;",
        "    compared = 0;",
    ]
    if made.architecture == "combinational":
        lines += [
            "    for (tick = 0; tick < ROWS; tick = tick + 1) begin",
            f"      in = {stimulus};",
            "      #1 check;",
            "    end",
        ]
    elif made.architecture == "pipelined":
        lines += [
            "    clk = 0;",
            "    for (tick = 0; tick < ROWS + LATENCY; tick = tick + 1) begin",
            "      @(negedge clk);",
            f"      if (tick < ROWS) in = {stimulus};",
            "      #1 check;",
            "    end",
        ]
    else:
        lines += _reconfigured(made, tables)
    report = (
        f'PASS: %0d rows and all intermediate integers of {len(made.design.gates)} gates", compared'
    )
    lines += [
        f'    if (failures == 0) $display("{report});',
        '    else $display("FAIL: %0d failures in %0d rows", failures, compared);',
        "    $finish;",
        "  end",
    ]
    return lines


def _bus(made: Plan) -> list[str]:
    width = made.word.length
    return [
        "  task write_register;",
        f"    input [{made.address_bits - 1}:0] where;",
        f"    input signed [{width - 1}:0] value;",
        "    begin",
        "      @(negedge clk);",
        "      write = 1; address = where; data = value;",
        "      @(negedge clk);",
        "      write = 0;",
        "    end",
        "  endtask",
        "  task walk;",
        "    for (tick = 0; tick < ROWS; tick = tick + 1) begin",
        f"      in = rows[tick][{_top_bit(made)}:{len(made.design.netlist.outputs)}];",
        "      #1 check;",
        "    end",
        "  endtask",
    ]


def _top_bit(made: Plan) -> int:
    return len(made.design.netlist.inputs) + len(made.design.netlist.outputs) - 1


def _reconfigured(made: Plan, tables: _Tables) -> list[str]:
    """After a reset, after all registers were spoilt and written again, and gate by gate."""
    width = made.word.length
    values = [
        value for gate in made.design.gates for value in constants(made.orbits[gate.name].words)
    ]
    lines = [
        f"    settings[{place}] = {literal(value, width)};" for place, value in enumerate(values)
    ]
    lines += [
        "    clk = 0; rst = 1; write = 0; address = 0; data = 0;",
        "    @(negedge clk); @(negedge clk);",
        "    rst = 0;",
        "    walk;",
        f"    for (place = 0; place < {made.registers}; place = place + 1)",
        "      write_register(place, ~settings[place]);",
        f"    for (place = 0; place < {made.registers}; place = place + 1)",
        "      write_register(place, settings[place]);",
        "    walk;",
    ]
    modules = [kind.module for kind in made.distinct()]
    for name, (kind, orbit) in tables.members.items():
        index = modules.index(kind.module)
        lines += [
            f"    write_register({offset}, {literal(value, width)});"
            for offset, value in enumerate(constants(orbit.words))
        ]
        wires = ", ".join(_wires(kind, f"unit_{index}"))
        function = "".join(reversed(orbit.table))
        lines += [
            f"    function_{index} = {1 << kind.arity}'b{function};",
            f"    for (place = 0; place < {1 << kind.arity}; place = place + 1) begin",
            f"      drive_{index} = place;",
            "      #1 tick = place;",
            f"      if ({{{wires}}} !== {name}[place] || y_{index} !== function_{index}[place]) "
            f'fail("unit_{index}");',
            "    end",
        ]
    return lines


def registers_file(made: Plan) -> str:
    """The registers of the reconfigurable form: address, gate, meaning, value after a reset."""
    found = ["address,gate,register,value"]
    for gate in made.design.gates:
        kind, base = made.kinds[gate.name], made.bases[gate.name]
        values = constants(made.orbits[gate.name].words)
        for offset, (name, value) in enumerate(zip(kind.settings, values, strict=True)):
            found.append(f"{base + offset},{made.nets[gate.name]},{name.lower()},{value}")
    return "\n".join([*found, ""])
