"""The bench of all configurations: every one after every other, each in every row."""

from __future__ import annotations

from itertools import pairwise

from chaoscad.export.verilog.bench import rows_file
from chaoscad.export.verilog.bench_text import SHOWN, memory
from chaoscad.export.verilog.switched import Switched
from chaoscad.export.verilog.text import wrapped

MOST_PAIRS = 16
"""Configurations up to which each is chosen after each other; of more, each after the one before."""


def sequence(count: int) -> list[int]:
    """Numbers of configurations, from 0 on, in which every ordered pair stands side by side.

    It is a walk through all edges of the complete graph with loops: from each number, all pairs with
    the higher ones, there and back.
    """
    if count > MOST_PAIRS:
        return [*range(count), 0]
    found = [0]
    for low in range(count):
        found += [low]
        for high in range(low + 1, count):
            found += [high, low]
        found += [low + 1] if low + 1 < count else []
    return found


def switched_rows(made: Switched) -> str:
    """The rows of every configuration, one configuration after the other."""
    return "".join(rows_file(one, one.rows) for one in made.plans.values())


def compared(made: Switched) -> int:
    """How many rows the bench compares."""
    steps = list(pairwise(sequence(len(made.plans))))
    return made.core.rows.rows * (len(steps) + 1)


def switched_bench(made: Switched) -> str:
    """The text of the bench, which ends with a line that begins with PASS or FAIL."""
    core, netlist = made.core, made.core.design.netlist
    inputs, outputs = len(netlist.inputs), len(netlist.outputs)
    width, count = core.word.length, len(made.plans)
    order = sequence(count)
    pins = [f".{name}({name})" for name in ("clk", "rst", "select", "configuration", "busy")]
    pins += [f".{name}({name})" for name in ("write", "commit", "address", "data", "read_data")]
    pins += [f".{core.nets[name]}(in[{inputs - 1 - i}])" for i, name in enumerate(netlist.inputs)]
    pins += [
        f".{core.ports[name]}(out[{outputs - 1 - i}])" for i, name in enumerate(netlist.outputs)
    ]
    every = [value for values in made.registers.values() for value in values]
    full = f"rows[now * ROWS + tick{' - LATENCY' if core.pipelined else ''}]"
    stimulus = f"in = rows[now * ROWS + tick][{inputs + outputs - 1}:{outputs}];"
    if core.pipelined:
        stimulus = f"@(negedge clk); if (tick < ROWS) {stimulus}"
    end = "ROWS + LATENCY" if core.pipelined else "ROWS"
    when = "if (tick >= LATENCY) " if core.pipelined else ""
    lines = [
        f"// Test bench of {made.top}: {count} configurations, {core.rows.said()} of each.",
        "`default_nettype none",
        "",
        f"module {made.top}_tb;",
        f"  localparam ROWS = {core.rows.rows};",
        f"  localparam LATENCY = {core.latency};",
        f"  localparam REGISTERS = {core.registers};",
        f"  reg [{inputs + outputs - 1}:0] rows [0:{count}*ROWS-1];",
        f"  reg [{inputs - 1}:0] in;",
        f"  wire [{outputs - 1}:0] out;",
        "  reg clk, rst, select, write, commit;",
        f"  reg [{made.number_bits - 1}:0] configuration;",
        f"  reg [{core.address_bits - 1}:0] address;",
        f"  reg [{width - 1}:0] data;",
        f"  wire [{width - 1}:0] read_data;",
        "  wire busy;",
        "  integer tick, now, step, place, failures, compared;",
        *memory("settings", width, every),
        *memory("order", 32, order),
        *wrapped(f"  {made.top} dut (", pins, ");"),
        "  always #5 clk = !clk;",
        "  task fail;",
        "    begin",
        "      failures = failures + 1;",
        f'      if (failures <= {SHOWN}) $display("FAIL configuration %0d, row %0d", now, tick);',
        "    end",
        "  endtask",
        "  task walk;",
        f"    for (tick = 0; tick < {end}; tick = tick + 1) begin",
        f"      {stimulus}",
        f"      #1 {when}begin",
        "        compared = compared + 1;",
        f"        if (out !== {full}[{outputs - 1}:0]) fail;",
        "      end",
        "    end",
        "  endtask",
        "  task registers;",
        "    for (place = 0; place < REGISTERS; place = place + 1) begin",
        "      address = place;",
        "      #1 if (read_data !== settings[now * REGISTERS + place]) fail;",
        "    end",
        "  endtask",
        "  initial begin",
        f'    $readmemh("{made.top}_rows.hex", rows);',
        "    failures = 0; compared = 0; now = 0; tick = 0; clk = 0; in = 0;",
        "    rst = 1; select = 0; configuration = 0; write = 0; commit = 0; address = 0; data = 0;",
        "    @(negedge clk); @(negedge clk);",
        "    rst = 0;",
        "    walk;",
        f"    for (step = 1; step < {len(order)}; step = step + 1) begin",
        "      @(negedge clk);",
        "      select = 1; configuration = order[step];",
        "      @(negedge clk);",
        "      select = 0; configuration = ~configuration;",
        "      // The controls are on their way: the circuit is the one before.",
        "      #1 if (busy !== 1'b1) fail;",
        "      write = 1; address = 0; data = ~settings[0];",
        f"      repeat ({len(made.moving)}) begin",
        *(
            []
            if core.pipelined
            else [
                "        in = rows[now * ROWS + compared % ROWS]"
                f"[{inputs + outputs - 1}:{outputs}];",
                f"        #1 if (out !== rows[now * ROWS + compared % ROWS][{outputs - 1}:0]) fail;",
            ]
        ),
        "        @(negedge clk);",
        "      end",
        "      while (busy) @(negedge clk);",
        "      write = 0;",
        "      now = order[step];",
        "      registers;",
        "      walk;",
        "    end",
        '    if (failures == 0) $display("PASS: %0d rows, each configuration after '
        f'{"every other" if count <= MOST_PAIRS else "the one before"}", compared);',
        '    else $display("FAIL: %0d failures in %0d rows", failures, compared);',
        "    $finish;",
        "  end",
        "endmodule",
        "`default_nettype wire",
        "",
    ]
    return "\n".join(lines)
