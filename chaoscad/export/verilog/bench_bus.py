"""What the bench of a reconfigurable form does on the bus: shadows, commits, reading back, all settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from chaoscad.errors import counted
from chaoscad.export.verilog.bench_text import SHOWN, concatenated, memory, orbit_words
from chaoscad.export.verilog.gate import GateModule
from chaoscad.export.verilog.plan import VerilogPlan
from chaoscad.export.verilog.text import lowest, wrapped
from chaoscad.fixed_point.orbits import ElementOrbit

Settings = Mapping[str, Sequence[ElementOrbit]]
"""By module, all that one element of it is turned to."""


def bus_declarations(made: VerilogPlan, settings: Settings) -> Iterator[str]:
    """The registers' values, one element of every module on its own, and what it is turned to."""
    width = made.word.length
    yield "  reg rst, write, commit;"
    yield f"  reg [{made.address_bits - 1}:0] address;"
    yield f"  reg [{width - 1}:0] data;"
    yield f"  wire [{width - 1}:0] read_data;"
    yield "  integer place, item;"
    yield "  // All bits of a register where the circuit is to hold the complement of every one."
    yield f"  reg [{width - 1}:0] spoil;"
    full = (1 << width) - 1
    values = [value for orbit in made.orbits.values() for value in orbit.integers]
    masks = [
        (1 << bits) - 1 if bits else full
        for module in made.modules.values()
        for bits in module.bits
    ]
    yield from memory("settings", width, values)
    yield from memory("masks", width, masks)
    if made.pipelined:
        yield "  wire busy;"
        yield f"  localparam SETTLING = {made.settling};"
        for gate in made.design.gates:
            size = 1 + width * len(gate.setting.system.coordinates)
            yield f"  reg [{size - 1}:0] seen_{made.nets[gate.name]} [0:2*ROWS-1];"
    for index, module in enumerate(made.distinct()):
        yield from _unit(made, index, module, settings[module.name])


def bus_tasks(made: VerilogPlan) -> list[str]:
    """Writing and reading registers, committing them, and comparing what gates compute with."""
    lines = [
        "  task write_register;",
        f"    input [{made.address_bits - 1}:0] where;",
        f"    input [{made.word.length - 1}:0] value;",
        "    begin",
        "      @(negedge clk);",
        "      write = 1; address = where; data = value;",
        "      @(negedge clk);",
        "      write = 0;",
        "      #1;",
        "    end",
        "  endtask",
        "  task read_register;",
        "    begin",
        "      address = place;",
        "      #1;",
        "      if (read_data !== ((settings[place] ^ spoil) & masks[place]))",
        '        fail("the register that is read");',
        "    end",
        "  endtask",
        "  task load;",
        "    begin",
        f"      for (place = 0; place < {made.registers}; place = place + 1) begin",
        "        write_register(place, settings[place] ^ spoil);",
        "        read_register;",
        "      end",
        f"      for (place = 0; place < {made.registers}; place = place + 1) read_register;",
        "    end",
        "  endtask",
        "  task commit_all;",
        "    begin",
        "      // The write at the edge of the commit is none of it.",
        "      @(negedge clk);",
        "      commit = 1; write = 1; address = 0; data = ~settings[0] ^ spoil;",
        "      @(negedge clk);",
        "      commit = 0; write = 0;",
        *(
            ["      repeat (SETTLING) @(negedge clk);"]
            if made.pipelined
            else ['      #1 if (read_data !== data) fail("the register that is read");']
        ),
        "      #1;",
        "    end",
        "  endtask",
        "  task check_registers;",
        f"    input [{made.word.length - 1}:0] kept;",
        "    begin",
        *_registers(made),
        "    end",
        "  endtask",
    ]
    if made.pipelined:
        lines += _crossing(made)
    for index, module in enumerate(made.distinct()):
        lines += _check_unit(made, index, module)
    return lines


def bus_phases(made: VerilogPlan, settings: Settings) -> list[str]:
    """After a reset; with all registers spoilt, before and after a commit; all settings of a gate."""
    all_ones = f"{{{made.word.length}{{1'b1}}}}"
    lines = [
        "    rst = 1; write = 0; commit = 0; address = 0; data = 0; spoil = 0;",
        "    @(negedge clk); @(negedge clk);",
        "    rst = 0;",
        "    check_registers(0);",
        "    walk;",
        "    // What is written counts from the commit on, and not before.",
        f"    spoil = {all_ones};",
        "    load;",
        "    check_registers(0);",
        "    walk;",
        "    commit_all;",
        f"    check_registers({all_ones});",
        *(["    record(1);"] if made.pipelined else []),
        "    spoil = 0;",
        "    load;",
        f"    check_registers({all_ones});",
        "    commit_all;",
        "    check_registers(0);",
        "    walk;",
    ]
    if made.pipelined:
        lines += [
            "    // Rows in flight finish with the integers that they began with.",
            "    record(0);",
            f"    spoil = {all_ones};",
            "    load;",
            "    cross(1);",
            f"    check_registers({all_ones});",
            "    spoil = 0;",
            "    load;",
            "    cross(0);",
            "    check_registers(0);",
        ]
    for index, module in enumerate(made.distinct()):
        lines += _turned(made, index, module, len(settings[module.name]))
    return lines


def _registers(made: VerilogPlan) -> Iterator[str]:
    """Compare the registers that gates compute with: `kept` is what differs from the design."""
    for key, module in made.modules.items():
        base, instance = made.bases[key], made.instances[key]
        names = [f"dut.{instance}.{name.lower()}" for name in module.settings]
        wanted = [
            f"settings[{place}]{lowest(bits)} ^ kept{lowest(bits)}"
            for place, bits in enumerate(module.bits, base)
        ]
        yield from wrapped("      if ({", names, "} !==")
        yield from wrapped("          {", wanted, f'}}) fail("{instance}");')


def _crossing(made: VerilogPlan) -> list[str]:
    """Stream rows under one setting and remember what readings say; then commit amid a stream."""
    inputs, outputs = len(made.design.netlist.inputs), len(made.design.netlist.outputs)
    stimulus = f"in = rows[tick % ROWS][{inputs + outputs - 1}:{outputs}];"
    recorded, compared = [], []
    for gate, instance, output, wires in _readings(made):
        value = concatenated(f"dut.{instance}", [output, *wires])
        seen, end = f"seen_{made.nets[gate]}", made.arrival[gate]
        row = f"(tick - {end})"
        recorded += [
            f"        if (tick >= {end} && {row} < ROWS) {seen}[which * ROWS + {row}] = {value};"
        ]
        compared += [
            f"        if (tick >= {end}) if ({value} !==",
            f"            {seen}[({row} < ROWS ? !which : which) * ROWS + {row} % ROWS]) "
            f'fail("{instance}");',
        ]
    last = f"{made.address_bits}'d{made.registers - 1}"
    return [
        "  task record;",
        "    input which;",
        "    for (tick = 0; tick < ROWS + SETTLING; tick = tick + 1) begin",
        "      @(negedge clk);",
        f"      {stimulus}",
        "      #1;",
        *(line[2:] for line in recorded),
        "    end",
        "  endtask",
        "  task cross;",
        "    input which;",
        "    begin",
        "      for (tick = 0; tick < 2 * ROWS + SETTLING; tick = tick + 1) begin",
        "        @(negedge clk);",
        f"        {stimulus}",
        "        commit = (tick == ROWS - 1);",
        "        // A write with a commit, or while one travels, is not carried out.",
        "        write = (tick >= ROWS - 1 && tick < ROWS + SETTLING);",
        f"        address = {last};",
        "        data = ~(settings[address] ^ spoil);",
        "        #1;",
        '        if (busy !== (tick >= ROWS && tick < ROWS + SETTLING)) fail("busy");',
        *compared,
        "      end",
        "      write = 0;",
        f"      for (place = 0; place < {made.registers}; place = place + 1) read_register;",
        "    end",
        "  endtask",
    ]


def _readings(made: VerilogPlan) -> Iterator[tuple[str, str, str, list[str]]]:
    """Every gate with its instance, its output there, and the wires of what it reads."""
    for element in made.design.elements:
        module, instance = made.modules[element.key], made.instances[element.key]
        readings = made.readings(element)
        for gate, output, tap in zip(readings, module.outputs, module.taps, strict=True):
            yield gate.name, instance, output, module.wires(tap.longest)


def _unit(
    made: VerilogPlan, index: int, module: GateModule, settings: Sequence[ElementOrbit]
) -> Iterator[str]:
    """One element of a module on its own, what it is turned to, and what it then computes."""
    width, arity = made.word.length, module.arity
    readings = len(module.taps)
    yield f"  reg [{arity - 1}:0] drive_{index};"
    yield f"  wire [{readings - 1}:0] y_{index};"
    yield f"  wire [{width - 1}:0] read_{index};"
    pins = [f".{name}({name})" for name in ("clk", "rst", "write", "commit")]
    if made.pipelined:
        pins += [f".commit_compare{suffix}(commit)" for suffix in module.suffixes]
    pins += [".address(address)", ".data(data)", f".read_data(read_{index})"]
    pins += [f".in_{bit + 1}(drive_{index}[{arity - 1 - bit}])" for bit in range(arity)]
    pins += [f".{name}(y_{index}[{bit}])" for bit, name in enumerate(module.outputs)]
    yield from wrapped(f"  {module.name} unit_{index} (", pins, ");")
    written = [value for item in settings for value in item.integers]
    yield from memory(f"unit_{index}_settings", width, written)
    size = width * len(module.orbit)
    said = [
        (int("".join(str(int(bit)) for bit in bits), 2) << size) | word
        for item in settings
        for bits, word in zip(item.bits, orbit_words(item, width), strict=True)
    ]
    yield from memory(f"unit_{index}_said", size + readings, said)


def _check_unit(made: VerilogPlan, index: int, module: GateModule) -> list[str]:
    """The task that compares all rows of a gate of its own with one of its settings."""
    rows = 1 << module.arity
    wait = f"repeat ({module.iterates}) @(negedge clk);" if made.pipelined else ""
    wires = concatenated(f"unit_{index}", [*module.outputs, *module.orbit])
    return [
        f"  task check_unit_{index};",
        "    input integer which;",
        f"    for (place = 0; place < {rows}; place = place + 1) begin",
        f"      drive_{index} = place;",
        *([f"      {wait}"] if wait else []),
        "      #1;",
        f"      if ({wires} !== unit_{index}_said[which * {rows} + place]) begin",
        "        failures = failures + 1;",
        f"        if (failures <= {SHOWN})",
        f'          $display("FAIL {module.name}, setting %0d, row %0d", which, place);',
        "      end",
        "    end",
        "  endtask",
    ]


def _turned(made: VerilogPlan, index: int, module: GateModule, count: int) -> list[str]:
    """Turn a gate of its own to one setting after the other."""
    size = len(module.settings)
    own = {made.orbits[key].integers for key, other in made.modules.items() if other == module}
    what = counted(len(own), "gate" if len(module.taps) == 1 else "element")
    said = f"{what} of the design and {count - len(own)} functions"
    return [
        f"    for (item = 0; item < {count}; item = item + 1) begin",
        f"      for (place = 0; place < {size}; place = place + 1) begin",
        f"        write_register(place, unit_{index}_settings[item * {size} + place]);",
        f"        if (read_{index} !== unit_{index}_settings[item * {size} + place])",
        '          fail("the register that is read");',
        "      end",
        f"      if (item > 0) check_unit_{index}(item - 1);",
        "      commit_all;",
        f"      check_unit_{index}(item);",
        "    end",
        f'    $display("one {module.name} became {said}");',
    ]
