"""The Verilog module of a gate: its registers where it has any, the sum, the iterates, the comparator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chaoscad.errors import counted
from chaoscad.export.coordinates import legal
from chaoscad.export.verilog import Architecture
from chaoscad.export.verilog.text import listed, literal, unread
from chaoscad.fixed_point.form import Form, to_grid
from chaoscad.fixed_point.orbits import GateWords, Word
from chaoscad.systems import Setting

CLOCKED: tuple[Architecture, ...] = ("pipelined", "reconfigurable", "pipelined-reconfigurable")
PIPELINED: tuple[Architecture, ...] = ("pipelined", "pipelined-reconfigurable")
WITH_BUS: tuple[Architecture, ...] = ("reconfigurable", "pipelined-reconfigurable")
"""The forms with a clock, with a register after every iterate, with registers on a bus."""


@dataclass(frozen=True)
class GateModule:
    """The module of gates that differ in x0, weights, threshold and comparator only.

    **Arguments:**

    - `name`, `step`: what the module and that of its step are called.
    - `form`: the step in integers.
    """

    name: str
    step: str
    setting: Setting
    iterates: int
    arity: int
    form: Form

    @property
    def coordinates(self) -> tuple[str, ...]:
        """The coordinates of the map, as they are called in files."""
        return legal(self.setting).system.coordinates

    def wires(self, iterate: int) -> list[str]:
        """The wires of a gate that hold the coordinates after some iterates; 0 is the state."""
        return [f"{name}_{iterate}" for name in self.coordinates]

    @property
    def orbit(self) -> list[str]:
        """The wires of all iterates, the state first."""
        return [wire for count in range(self.iterates + 1) for wire in self.wires(count)]

    @property
    def settings(self) -> list[str]:
        """The parameters of the module, in the order of the registers."""
        return ["X0", *(f"DELTA_{index + 1}" for index in range(self.arity)), "THRESHOLD", "BELOW"]


def constants(words: GateWords) -> list[int]:
    """A gate's integers, in the order of `GateModule.settings`."""
    return [words.x0, *words.delta, words.threshold, int(words.below)]


def settings_of(words: GateWords, width: int) -> list[str]:
    """The same as constants of Verilog."""
    values = [literal(value, width) for value in constants(words)[:-1]]
    return [*values, f"1'b{int(words.below)}"]


def gate_module(
    module: GateModule, word: Word, architecture: Architecture, address_bits: int
) -> list[str]:
    """The module of a gate: the sum, the iterates, the comparator."""
    width = word.length
    bus, pipelined = architecture in WITH_BUS, architecture in PIPELINED
    word_type = f"signed [{width - 1}:0]"
    zero = literal(0, width)
    parameters = [f"parameter {word_type} {name} = {zero}" for name in module.settings[:-1]]
    parameters.append("parameter [0:0] BELOW = 1'b0")
    if bus:
        parameters.append(f"parameter [{address_bits - 1}:0] BASE = {address_bits}'d0")
    ports = ["input  wire clk"] if architecture in CLOCKED else []
    if bus:
        ports += ["input  wire rst", "input  wire write", "input  wire commit"]
        ports += ["input  wire commit_compare"] if pipelined else []
        ports += [
            f"input  wire [{address_bits - 1}:0] address",
            f"input  wire {word_type} data",
            f"output wire {word_type} read_data",
        ]
    ports += [f"input  wire in_{index + 1}" for index in range(module.arity)]
    ports.append("output wire y")
    lines = [f"module {module.name} #(", *listed(parameters), ") (", *listed(ports), ");"]
    names = list(module.settings)
    if bus:
        names = [name.lower() for name in module.settings]
        lines += _registers(module, names, width, address_bits, pipelined)
    lines += _state(module, names, word)
    for iterate in range(1, module.iterates + 1):
        lines += _iterate(module, iterate, width, pipelined)
    value = f"{legal(module.setting).read}_{module.iterates}"
    threshold = names[-2]
    lines.append(f"  assign y = {names[-1]} ? ({value} < {threshold}) : ({value} > {threshold});")
    lines += unread("unused", [wire for wire in module.wires(module.iterates) if wire != value])
    return [*lines, "endmodule", ""]


def about_gate(module: GateModule, architecture: Architecture) -> list[str]:
    """What a gate is, in words."""
    count = module.iterates
    latency = f", {counted(count, 'clock cycle')} of latency" if architecture in PIPELINED else ""
    inputs, iterates = counted(module.arity, "input"), counted(count, "iterate")
    return [f"A chaogate of {inputs} and {iterates} of {module.step}{latency}."]


def _registers(
    module: GateModule, names: Sequence[str], width: int, address_bits: int, pipelined: bool
) -> Iterator[str]:
    """Shadow registers, which the bus writes and reads, and those that the gate computes with."""
    where = ["BASE", *(f"BASE + {address_bits}'d{index}" for index in range(1, len(names)))]
    for name in names:
        vector = "" if name == names[-1] else f"signed [{width - 1}:0] "
        yield f"  reg {vector}shadow_{name};"
        yield f"  reg {vector}{name};"
    yield "  always @(posedge clk)"
    yield from _reset([f"shadow_{name}" for name in names], module.settings)
    yield "    end else if (write) begin"
    for name, place in zip(names, where, strict=True):
        value = "data" if name != names[-1] else "data[0]"
        yield f"      if (address == {place}) shadow_{name} <= {value};"
    yield "    end"
    state, comparator = names[:-2], names[-2:]
    groups = [(names, module.settings, "commit")]
    if pipelined:
        # A row is compared `iterates` cycles after it was summed.
        groups = [
            (state, module.settings[:-2], "commit"),
            (comparator, module.settings[-2:], "commit_compare"),
        ]
    for group, parameters, strobe in groups:
        yield "  always @(posedge clk)"
        yield from _reset(group, parameters)
        yield f"    end else if ({strobe}) begin"
        for name in group:
            yield f"      {name} <= shadow_{name};"
        yield "    end"
    yield "  assign read_data ="
    for name, place in zip(names, where, strict=True):
        value = f"shadow_{name}" if name != names[-1] else f"{{{width - 1}'d0, shadow_{name}}}"
        yield f"    (address == {place}) ? {value} :"
    yield f"    {width}'d0;"


def _reset(names: Sequence[str], parameters: Sequence[str]) -> Iterator[str]:
    yield "    if (rst) begin"
    for name, parameter in zip(names, parameters, strict=True):
        yield f"      {name} <= {parameter};"


def _state(module: GateModule, names: Sequence[str], word: Word) -> Iterator[str]:
    width = word.length
    zero = literal(0, width)
    setting = legal(module.setting)
    encoded = [name for name in module.coordinates if name in setting.encode]
    for coordinate, start in zip(module.coordinates, setting.start, strict=True):
        declared = f"  wire signed [{width - 1}:0] {coordinate}_0 ="
        if coordinate == encoded[0]:
            terms = [
                f"(in_{index + 1} ? {names[index + 1]} : {zero})" for index in range(module.arity)
            ]
            yield " + ".join([f"{declared} {names[0]}", *terms]) + ";"
        elif coordinate not in setting.encode:
            yield f"{declared} {literal(to_grid(start, word.fraction_bits), width)};"
    for coordinate in encoded[1:]:
        yield f"  wire signed [{width - 1}:0] {coordinate}_0 = {encoded[0]}_0;"


def _iterate(module: GateModule, iterate: int, width: int, registered: bool) -> Iterator[str]:
    before, after = module.wires(iterate - 1), module.wires(iterate)
    following = [f"{name}_d" for name in after] if registered else after
    for name in following:
        yield f"  wire signed [{width - 1}:0] {name};"
    pins = [f".{name}({wire})" for name, wire in zip(module.coordinates, before, strict=True)]
    pins += [
        f".{name}_next({wire})" for name, wire in zip(module.coordinates, following, strict=True)
    ]
    yield f"  {module.step} iterate_{iterate} ({', '.join(pins)});"
    if registered:
        for name in after:
            yield f"  reg signed [{width - 1}:0] {name};"
        sets = " ".join(f"{name} <= {name}_d;" for name in after)
        yield f"  always @(posedge clk) begin {sets} end"
