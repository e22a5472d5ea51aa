"""The test bench of a Verilog export: every row, and every intermediate integer of every gate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from chaoscad.design import Element
from chaoscad.export.rows import Expected
from chaoscad.export.verilog.bench_bus import bus_declarations, bus_phases, bus_tasks
from chaoscad.export.verilog.bench_text import SHOWN, concatenated, memory, orbit_words
from chaoscad.export.verilog.gate import GateModule
from chaoscad.export.verilog.plan import VerilogPlan
from chaoscad.export.verilog.text import wrapped
from chaoscad.fixed_point.orbits import ElementOrbit

LONGEST_TEXT = 80
"""Characters of what a failure may name."""


def rows_file(made: VerilogPlan, rows: Expected) -> str:
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


def bench(
    made: VerilogPlan, rows: Expected, functions: Mapping[str, Sequence[ElementOrbit]] | None = None
) -> str:
    """The text of the test bench, which reads the rows from `TOP_rows.hex`.

    **Arguments:**

    - `functions`: in the reconfigurable forms, the settings that every module is turned to as well.
    """
    netlist = made.design.netlist
    inputs, outputs = len(netlist.inputs), len(netlist.outputs)
    tables = _Tables(made)
    pins = [
        f".{made.nets[name]}(in[{inputs - 1 - index}])" for index, name in enumerate(netlist.inputs)
    ]
    pins += [
        f".{made.ports[name]}(out[{outputs - 1 - index}])"
        for index, name in enumerate(netlist.outputs)
    ]
    if made.bus:
        names = ("rst", "write", "commit", "address", "data", "read_data")
        pins[:0] = [f".{name}({name})" for name in names]
        pins += [".busy(busy)"] if made.pipelined else []
    if made.clocked:
        pins.insert(0, ".clk(clk)")
    lines = [
        f"// Test bench of {made.top}: {rows.said()}, and every intermediate integer of every gate.",
        "`default_nettype none",
        "",
        f"module {made.top}_tb;",
        f"  localparam ROWS = {rows.rows};",
        f"  localparam LATENCY = {made.latency};",
        f"  reg [{inputs + outputs - 1}:0] rows [0:ROWS-1];",
        f"  reg [{inputs - 1}:0] in;",
        f"  wire [{outputs - 1}:0] out;",
        f"  reg [{outputs - 1}:0] wanted;",
        "  integer tick, failures, compared;",
        *(["  reg clk;"] if made.clocked else []),
        *tables.declarations(),
    ]
    for key, module in made.modules.items():
        if made.pipelined:
            size = module.arity * (module.iterates + 1)
            lines.append(f"  reg [{size - 1}:0] past_{made.instances[key]};")
    given = _settings(made, tables, functions or {}) if made.bus else {}
    lines += bus_declarations(made, given) if made.bus else []
    lines += wrapped(f"  {made.top} dut (", pins, ");")
    lines += _check_rows(made, tables)
    lines += _walk(made)
    lines += bus_tasks(made) if made.bus else []
    lines += _main(made, bus_phases(made, given) if made.bus else [])
    return "\n".join([*lines, "endmodule", "`default_nettype wire", ""])


class _Tables:
    """The expected orbits: one memory for all elements with equal integers on one module."""

    def __init__(self, made: VerilogPlan) -> None:
        self.made = made
        self.names: dict[tuple[str, object], str] = {}
        self.members: dict[str, tuple[GateModule, ElementOrbit]] = {}
        for element, module in made.modules.items():
            orbit = made.orbits[element]
            key = (module.name, orbit.integers)
            if key not in self.names:
                name = f"orbit_{len(self.names)}"
                self.names[key] = name
                self.members[name] = (module, orbit)

    def name(self, element: str) -> str:
        """The memory of an element, by its key."""
        return self.names[self.made.modules[element].name, self.made.orbits[element].integers]

    def declarations(self) -> Iterable[str]:
        """The memories: for every local row, all coordinates of all iterates, the state first."""
        width = self.made.word.length
        for name, (module, orbit) in self.members.items():
            yield from memory(name, width * len(module.orbit), orbit_words(orbit, width))


def _settings(
    made: VerilogPlan, tables: _Tables, functions: Mapping[str, Sequence[ElementOrbit]]
) -> dict[str, list[ElementOrbit]]:
    """What every module is turned to: the elements of the design that it has, then the functions."""
    found: dict[str, list[ElementOrbit]] = {module.name: [] for module in made.distinct()}
    for module, orbit in tables.members.values():
        found[module.name].append(orbit)
    for module, orbits in functions.items():
        found[module] += orbits
    return found


def _check_rows(made: VerilogPlan, tables: _Tables) -> list[str]:
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
    for element in made.design.elements:
        lines += _check_element(made, tables, element)
    return [*lines, "    end", "  endtask"]


def _check_element(made: VerilogPlan, tables: _Tables, element: Element) -> list[str]:
    module, table = made.modules[element.key], tables.name(element.key)
    instance = made.instances[element.key]
    local = concatenated(f"dut.{instance}", [f"in_{index + 1}" for index in range(module.arity)])
    fail = f'fail("{instance}");'
    if not made.pipelined:
        wires = concatenated(f"dut.{instance}", module.orbit)
        return [f"      if ({wires} !== {table}[{local}]) {fail}"]
    past, arity, width = f"past_{instance}", module.arity, made.word.length
    size = arity * (module.iterates + 1)
    rest = f"{past}[{size - arity - 1}:0], " if size > arity else ""
    lines = [f"      {past} = {{{rest}{local}}};"]
    each = len(module.coordinates)
    for iterate in range(module.iterates + 1):
        here = concatenated(f"dut.{instance}", module.wires(iterate))
        low = width * each * (module.iterates - iterate)
        part = f"[{low + width * each - 1}:{low}]"
        when = made.start(element) + iterate
        row = f"{past}[{(iterate + 1) * arity - 1}:{iterate * arity}]"
        lines.append(f"      if (tick >= {when}) if ({here} !== {table}[{row}]{part}) {fail}")
    return lines


def _walk(made: VerilogPlan) -> list[str]:
    """The task that puts all rows through the circuit, in a pipeline one a clock cycle."""
    inputs, outputs = len(made.design.netlist.inputs), len(made.design.netlist.outputs)
    stimulus = f"in = rows[tick][{inputs + outputs - 1}:{outputs}];"
    if made.pipelined:
        steps = ["      @(negedge clk);", f"      if (tick < ROWS) {stimulus}"]
    else:
        steps = [f"      {stimulus}"]
    return [
        "  task walk;",
        f"    for (tick = 0; tick < ROWS{' + LATENCY' if made.pipelined else ''}; "
        "tick = tick + 1) begin",
        *steps,
        "      #1 check;",
        "    end",
        "  endtask",
    ]


def _main(made: VerilogPlan, phases: Sequence[str]) -> list[str]:
    count = len(made.design.gates)
    return [
        *(["  always #5 clk = !clk;"] if made.clocked else []),
        "  initial begin",
        f'    $readmemh("{made.top}_rows.hex", rows);',
        "    failures = 0;",
        "    compared = 0;",
        "    tick = 0;",
        *(["    clk = 0;"] if made.clocked else []),
        *(phases or ["    walk;"]),
        f'    if (failures == 0) $display("PASS: %0d rows and all intermediate integers of {count} '
        'gates", compared);',
        '    else $display("FAIL: %0d failures in %0d rows", failures, compared);',
        "    $finish;",
        "  end",
    ]
