"""All configurations of a design in one circuit: a port names one, and its controls go over the bus."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

from chaoscad.design.reconfigurable import Reconfigurable
from chaoscad.errors import Diagnostic, Refused, shown
from chaoscad.evidence import Evidence
from chaoscad.export.names import comment
from chaoscad.export.options import Options
from chaoscad.export.verilog import FORM, Architecture
from chaoscad.export.verilog.gate import PIPELINED
from chaoscad.export.verilog.plan import Counts, VerilogPlan, plan
from chaoscad.export.verilog.text import listed, wrapped
from chaoscad.fixed_point.orbits import ElementOrbit, domains
from chaoscad.fixed_point.word import word_of_all
from chaoscad.systems import Interval, Setting

PORTS = ("select", "configuration", "busy")
"""The ports that are added to those of a circuit with a bus."""

_OWN = ("loading", "handing_over", "place", "chosen", "where", "value", "settling", "circuit")


@dataclass(frozen=True)
class Switched:
    """A design of several configurations on its way to Verilog.

    **Arguments:**

    - `plans`: of every configuration, all in one word and with one set of names.
    - `core`: the circuit with registers; a reset puts it into the first configuration.
    """

    design: Reconfigurable
    plans: Mapping[str, VerilogPlan]
    core: VerilogPlan

    @property
    def top(self) -> str:
        """The name of the top module."""
        return f"{self.core.top}_configured"

    @cached_property
    def whole(self) -> VerilogPlan:
        """The plan of the top module, as the tools are handed it."""
        parts: dict[str, Any] = {
            item.name: getattr(self.core, item.name) for item in fields(self.core)
        }
        return _Whole(**{**parts, "top": self.top})

    @cached_property
    def registers(self) -> Mapping[str, list[int]]:
        """By configuration, the value of every register of the bus."""
        return {
            name: [value for orbit in one.orbits.values() for value in orbit.integers]
            for name, one in self.plans.items()
        }

    @cached_property
    def moving(self) -> list[int]:
        """The registers that differ between configurations; the first one where none does."""
        columns = zip(*self.registers.values(), strict=True)
        return [place for place, values in enumerate(columns) if len(set(values)) > 1] or [0]

    @property
    def number_bits(self) -> int:
        """The width of the port `configuration`."""
        return max(1, (len(self.plans) - 1).bit_length())

    def settings(self) -> dict[str, list[ElementOrbit]]:
        """By module, every element of every configuration."""
        found: dict[str, list[ElementOrbit]] = {module.name: [] for module in self.core.distinct()}
        for one in self.plans.values():
            for key, orbit in one.orbits.items():
                listed_ones = found[self.core.modules[key].name]
                if all(orbit.integers != item.integers for item in listed_ones):
                    listed_ones.append(orbit)
        return found


class _Whole(VerilogPlan):
    """The circuit with its switch: one more file than the circuit."""

    @property
    def sources(self) -> list[str]:
        """The files of the circuit, the switch last."""
        before = super().sources
        return [*before[:-1], f"{self.top.removesuffix('_configured')}.v", before[-1]]


def switched(
    evidence: Mapping[str, Evidence], design: Reconfigurable, options: Options
) -> Switched:
    """Settle the word, the names and the registers of all configurations.

    **Raises:** `Refused` when a control is no register, or no word is right in every configuration.
    """
    _require_one_system(evidence)
    architecture: Architecture = "reconfigurable"
    if FORM.of(options) in PIPELINED:
        architecture = "pipelined-reconfigurable"
    options = replace(
        options,
        hardware=word_of_all(evidence, options.hardware),
        own={**options.own, "form": architecture},
    )
    counts = {
        gate.name: tuple(sorted({one.design.gate(gate.name).iterates for one in evidence.values()}))
        for gate in design.netlist.gates
    }
    # A table has to reach the states of every configuration.
    reach: dict[Setting, Interval] = {}
    for one in evidence.values():
        for setting, (low, high) in domains(one).items():
            before = reach.get(setting, (low, high))
            reach[setting] = min(low, before[0]), max(high, before[1])
    plans = {
        name: plan(one, options, (*PORTS, *_OWN), counts, reach) for name, one in evidence.items()
    }
    core = next(iter(plans.values()))
    _require_room(counts, core)
    return Switched(design, plans, core)


def _require_one_system(evidence: Mapping[str, Evidence]) -> None:
    (first, one), *others = evidence.items()
    found = [
        Diagnostic(
            f"gate {shown(gate.name)}: the system differs between the configurations {shown(first)} "
            f"and {shown(name)}, and is no register of the Verilog form",
            hint="controls can be x0, delta, threshold and iterates; --configuration NAME exports one",
        )
        for name, other in others
        for gate, there in zip(one.design.gates, other.design.gates, strict=True)
        if gate.setting.element != there.setting.element
    ]
    if found:
        raise Refused(found[:20])


def _require_room(counts: Counts, core: VerilogPlan) -> None:
    """A number of iterates that is chosen goes over the bus, in one word."""
    bits = core.word.length
    found = [
        Diagnostic(
            f"gate {shown(name)}: a word of {bits} bits does not hold its {own[-1]} iterates, which are "
            "written over the bus",
            hint=f"give integer_bits {own[-1].bit_length() - core.word.fraction_bits - 1}",
        )
        for name, own in counts.items()
        if len(own) > 1 and own[-1].bit_length() > bits
    ]
    if found:
        raise Refused(found[:20])


def about_switch(made: Switched) -> list[str]:
    """How a configuration is chosen, in words."""
    numbers = ", ".join(f"{number} {comment(name)}" for number, name in enumerate(made.plans))
    cycles = len(made.moving) + 1
    return [
        f"Configurations: {numbers}. A reset is number 0.",
        "select = 1 at a rising edge of clk chooses the one whose number stands at configuration. Its "
        "controls go",
        f"over the bus, one a clock cycle, and are committed at once: busy = 1 for {cycles} cycles"
        + (" and until the last row is through." if made.core.pipelined else "."),
        "The circuit computes with the controls before until then. While busy, and for a number that no "
        "configuration",
        "has, select does nothing; while busy, write and commit do nothing.",
    ]


def switch_module(made: Switched) -> list[str]:
    """The top module: the circuit, the controls of every configuration, and what loads them."""
    core, netlist = made.core, made.core.design.netlist
    width, bits, address = core.word.length, made.number_bits, core.address_bits
    word = f"signed [{width - 1}:0]"
    count, moving = len(made.plans), made.moving
    place = max(1, (len(moving) - 1).bit_length())
    inputs = [core.nets[name] for name in netlist.inputs]
    outputs = [core.ports[name] for name in netlist.outputs]
    ports = ["input  wire clk", "input  wire rst", "input  wire select"]
    ports += [f"input  wire [{bits - 1}:0] configuration", "output wire busy"]
    ports += ["input  wire write", "input  wire commit", f"input  wire [{address - 1}:0] address"]
    ports += [f"input  wire {word} data", f"output wire {word} read_data"]
    ports += [f"input  wire {name}" for name in inputs]
    ports += [f"output wire {name}" for name in outputs]
    known = "1'b1" if count == 1 << bits else f"(configuration < {bits}'d{count})"
    pins = [".clk(clk)", ".rst(rst)"]
    pins += [".write(loading | (write & ~busy))", ".commit(handing_over | (commit & ~busy))"]
    pins += [".address(loading ? where : address)", ".data(loading ? value : data)"]
    pins += [".read_data(read_data)", *([".busy(settling)"] if core.pipelined else [])]
    pins += [f".{name}({name})" for name in [*inputs, *outputs]]
    lines = [f"module {made.top} (", *listed(ports), ");"]
    lines += ["  reg loading, handing_over;", f"  reg [{place - 1}:0] place;"]
    lines += [f"  reg [{bits - 1}:0] chosen;", f"  reg [{address - 1}:0] where;"]
    lines += [f"  reg {word} value;"]
    lines += ["  wire settling;"] if core.pipelined else []
    lines += [f"  assign busy = loading | handing_over{' | settling' if core.pipelined else ''};"]
    lines += [
        "  always @(posedge clk)",
        "    if (rst) begin",
        "      loading <= 1'b0;",
        "      handing_over <= 1'b0;",
        f"      place <= {place}'d0;",
        f"      chosen <= {bits}'d0;",
        "    end else begin",
        f"      handing_over <= loading & (place == {place}'d{len(moving) - 1});",
        "      if (loading) begin",
        f"        place <= place + {place}'d1;",
        f"        if (place == {place}'d{len(moving) - 1}) loading <= 1'b0;",
        f"      end else if (select & ~busy & {known}) begin",
        "        loading <= 1'b1;",
        f"        place <= {place}'d0;",
        "        chosen <= configuration;",
        "      end",
        "    end",
        "  always @*",
        "    case (place)",
        *(f"      {place}'d{index}: where = {address}'d{at};" for index, at in enumerate(moving)),
        f"      default: where = {address}'d0;",
        "    endcase",
        "  always @*",
        "    case ({chosen, place})",
    ]
    full = (1 << width) - 1
    for number, values in enumerate(made.registers.values()):
        lines += [
            f"      {{{bits}'d{number}, {place}'d{index}}}: value = {width}'h{values[at] & full:x};"
            for index, at in enumerate(moving)
        ]
    lines += [f"      default: value = {width}'d0;", "    endcase"]
    lines += wrapped(f"  {core.top} circuit (", pins, ");")
    return [*lines, "endmodule", ""]


def configurations_file(made: Switched) -> str:
    """The controls: configuration, its number, address, gate, register and value."""
    names = made.core.register_names
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["configuration", "number", "address", "gate", "register", "value"])
    for number, (name, values) in enumerate(made.registers.items()):
        for place in made.moving:
            writer.writerow([name, number, place, *names[place], values[place]])
    return stream.getvalue()
