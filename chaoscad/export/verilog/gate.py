"""The Verilog module of an element: registers where it has any, the sum, the iterates, comparators."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chaoscad.errors import counted
from chaoscad.export.coordinates import legal
from chaoscad.export.verilog import Architecture
from chaoscad.export.verilog.text import constant, listed, literal, lowest, unread
from chaoscad.fixed_point.form import Form, to_grid
from chaoscad.fixed_point.orbits import Word
from chaoscad.systems import Setting

CLOCKED: tuple[Architecture, ...] = ("pipelined", "reconfigurable", "pipelined-reconfigurable")
PIPELINED: tuple[Architecture, ...] = ("pipelined", "pipelined-reconfigurable")
WITH_BUS: tuple[Architecture, ...] = ("reconfigurable", "pipelined-reconfigurable")
"""The forms with a clock, with a register after every iterate, with registers on a bus."""


@dataclass(frozen=True)
class Tap:
    """A reading of an orbit.

    **Arguments:**

    - `counts`: after how many iterates, rising; of several, a register says which.
    - `coordinate`: which is compared.
    """

    counts: tuple[int, ...]
    coordinate: str

    @property
    def longest(self) -> int:
        """The most iterates."""
        return self.counts[-1]

    @property
    def chosen(self) -> bool:
        """Whether a register says after how many."""
        return len(self.counts) > 1

    @property
    def bits(self) -> int:
        """The width of that register, which holds the number of iterates."""
        return self.longest.bit_length()

    def told(self) -> str:
        """After how many iterates, in words."""
        *before, last = map(str, self.counts)
        if not before:
            return counted(self.longest, "iterate")
        return f"{', '.join(before)} or {last} iterates"


@dataclass(frozen=True)
class GateModule:
    """The module of elements that differ in x0, weights, thresholds and comparators only.

    **Arguments:**

    - `name`, `step`: what the module and that of its step are called.
    - `taps`: one of a gate; several of an element that is read several times.
    - `form`: the step in integers.
    """

    name: str
    step: str
    setting: Setting
    taps: tuple[Tap, ...]
    arity: int
    form: Form

    @property
    def iterates(self) -> int:
        """The iterates of the longest reading."""
        return max(tap.longest for tap in self.taps)

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
    def suffixes(self) -> list[str]:
        """With which the names of every reading end: nothing where there is one, else its number."""
        if len(self.taps) == 1:
            return [""]
        return [f"_{number}" for number in range(1, len(self.taps) + 1)]

    @property
    def outputs(self) -> list[str]:
        """The output of every reading."""
        return [f"y{suffix}" for suffix in self.suffixes]

    @property
    def values(self) -> list[str]:
        """The wire that every reading compares."""
        return [
            f"chosen{suffix}" if tap.chosen else f"{tap.coordinate}_{tap.longest}"
            for tap, suffix in zip(self.taps, self.suffixes, strict=True)
        ]

    @property
    def state_settings(self) -> list[str]:
        """The parameters of the module that make the state."""
        return ["X0", *(f"DELTA_{index + 1}" for index in range(self.arity))]

    @property
    def comparators(self) -> list[list[str]]:
        """The parameters of every reading: threshold, sense, and the iterates where they are chosen."""
        return [
            [f"{name}{suffix}" for name in ("THRESHOLD", "BELOW", "ITERATES")[: 2 + tap.chosen]]
            for tap, suffix in zip(self.taps, self.suffixes, strict=True)
        ]

    @property
    def settings(self) -> list[str]:
        """The parameters of the module, in the order of the registers."""
        return [*self.state_settings, *(name for own in self.comparators for name in own)]

    @property
    def bits(self) -> list[int]:
        """The bits of every setting; 0 of one that is a signed word."""
        own = [[0, 1, *([tap.bits] if tap.chosen else [])] for tap in self.taps]
        return [*(0 for _ in self.state_settings), *(bits for each in own for bits in each)]


def gate_module(
    module: GateModule, word: Word, architecture: Architecture, address_bits: int
) -> list[str]:
    """The module of an element: the sum, the iterates, a comparator for every reading."""
    width = word.length
    bus, pipelined = architecture in WITH_BUS, architecture in PIPELINED
    word_type = f"signed [{width - 1}:0]"
    zero = literal(0, width)
    parameters = [
        f"parameter [{bits - 1}:0] {name} = {constant(0, bits)}"
        if bits
        else f"parameter {word_type} {name} = {zero}"
        for name, bits in zip(module.settings, module.bits, strict=True)
    ]
    if bus:
        parameters.append(f"parameter [{address_bits - 1}:0] BASE = {address_bits}'d0")
    ports = ["input  wire clk"] if architecture in CLOCKED else []
    if bus:
        ports += ["input  wire rst", "input  wire write", "input  wire commit"]
        if pipelined:
            ports += [f"input  wire commit_compare{suffix}" for suffix in module.suffixes]
        ports += [
            f"input  wire [{address_bits - 1}:0] address",
            f"input  wire {word_type} data",
            f"output wire {word_type} read_data",
        ]
    ports += [f"input  wire in_{index + 1}" for index in range(module.arity)]
    ports += [f"output wire {name}" for name in module.outputs]
    lines = [f"module {module.name} #(", *listed(parameters), ") (", *listed(ports), ");"]
    called = {name: name.lower() if bus else name for name in module.settings}
    if bus:
        lines += _registers(module, width, address_bits, pipelined)
    lines += _state(module, [called[name] for name in module.state_settings], word)
    for iterate in range(1, module.iterates + 1):
        lines += _iterate(module, iterate, width, pipelined)
    lines += _late(module, width) if pipelined else []
    for output, value, tap, comparator in zip(
        module.outputs, module.values, module.taps, module.comparators, strict=True
    ):
        threshold, below, *chosen = (called[name] for name in comparator)
        for iterates in chosen:
            lines += _choice(value, tap, iterates, width, pipelined)
        lines.append(
            f"  assign {output} = {below} ? ({value} < {threshold}) : ({value} > {threshold});"
        )
    last = module.wires(module.iterates)
    read = {f"{tap.coordinate}_{count}" for tap in module.taps for count in tap.counts}
    lines += unread("unused", [wire for wire in last if wire not in read])
    return [*lines, "endmodule", ""]


def about_gate(module: GateModule, architecture: Architecture) -> list[str]:
    """What a gate is, in words."""
    inputs = counted(module.arity, "input")
    which = ["Of several numbers of iterates, the register iterates holds the one that is read."]
    which = which if any(tap.chosen for tap in module.taps) else []
    if len(module.taps) == 1:
        cycles = counted(module.iterates, "clock cycle")
        latency = f", {cycles} of latency" if architecture in PIPELINED else ""
        told = module.taps[0].told()
        return [f"A chaogate of {inputs} and {told} of {module.step}{latency}.", *which]
    read = ", ".join(
        f"{output} after {tap.told()}"
        for output, tap in zip(module.outputs, module.taps, strict=True)
    )
    latency = ", a clock cycle each" if architecture in PIPELINED else ""
    text = f"An element of {inputs} whose orbit of {module.step} is read as {read}{latency}."
    return [text, *which]


def _registers(module: GateModule, width: int, address_bits: int, pipelined: bool) -> Iterator[str]:
    """Shadow registers, which the bus writes and reads, and those that the gate computes with."""
    names = [name.lower() for name in module.settings]
    where = ["BASE", *(f"BASE + {address_bits}'d{index}" for index in range(1, len(names)))]
    for name, bits in zip(names, module.bits, strict=True):
        vector = ("" if bits == 1 else f"[{bits - 1}:0] ") if bits else f"signed [{width - 1}:0] "
        yield f"  reg {vector}shadow_{name};"
        yield f"  reg {vector}{name};"
    yield "  always @(posedge clk)"
    yield from _reset(module.settings, "shadow_")
    yield "    end else if (write) begin"
    for name, place, bits in zip(names, where, module.bits, strict=True):
        yield f"      if (address == {place}) shadow_{name} <= data{lowest(bits)};"
    yield "    end"
    groups = [(module.settings, "commit")]
    if pipelined:
        # A row is compared as many cycles after it was summed as its reading has iterates at most.
        groups = [(module.state_settings, "commit")]
        groups += [
            (own, f"commit_compare{suffix}")
            for own, suffix in zip(module.comparators, module.suffixes, strict=True)
        ]
    for group, strobe in groups:
        yield "  always @(posedge clk)"
        yield from _reset(group)
        yield f"    end else if ({strobe}) begin"
        for name in group:
            yield f"      {name.lower()} <= shadow_{name.lower()};"
        yield "    end"
    yield "  assign read_data ="
    for name, place, bits in zip(names, where, module.bits, strict=True):
        rest = f"{width - bits}'d0, " if bits < width else ""
        value = f"{{{rest}shadow_{name}}}" if bits else f"shadow_{name}"
        yield f"    (address == {place}) ? {value} :"
    yield f"    {width}'d0;"


def _reset(parameters: Sequence[str], prefix: str = "") -> Iterator[str]:
    yield "    if (rst) begin"
    for parameter in parameters:
        yield f"      {prefix}{parameter.lower()} <= {parameter};"


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


def _late(module: GateModule, width: int) -> Iterator[str]:
    """In a pipeline, the values of rows that a reading takes early, until they are compared."""
    latest: dict[tuple[str, int], int] = {}
    for tap in module.taps:
        for count in tap.counts:
            key = (tap.coordinate, count)
            latest[key] = max(latest.get(key, 0), tap.longest - count)
    for (coordinate, count), cycles in latest.items():
        before = f"{coordinate}_{count}"
        for cycle in range(1, cycles + 1):
            after = f"{coordinate}_{count}_after_{cycle}"
            yield f"  reg signed [{width - 1}:0] {after};"
            yield f"  always @(posedge clk) {after} <= {before};"
            before = after


def _choice(value: str, tap: Tap, iterates: str, width: int, pipelined: bool) -> Iterator[str]:
    """The value after as many iterates as a register says; the last one where it says another number."""

    def wire(count: int) -> str:
        late = tap.longest - count
        return f"{tap.coordinate}_{count}" + (f"_after_{late}" if pipelined and late else "")

    yield f"  wire signed [{width - 1}:0] {value} ="
    for count in tap.counts[:-1]:
        yield f"    ({iterates} == {tap.bits}'d{count}) ? {wire(count)} :"
    yield f"    {wire(tap.longest)};"


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
