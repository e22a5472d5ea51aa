"""Verilog modules of steps and gates, made of the integer form of a map."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chaoscad.export.fixed_point import GateWords, Word
from chaoscad.export.fixed_point_form import Form, Instruction, bits, to_grid
from chaoscad.export.model import Form as Architecture
from chaoscad.export.names import comment
from chaoscad.systems import Map, Setting

_UNFIT = re.compile(r"[^A-Za-z0-9 _.,()+*/^|'=-]")


@dataclass(frozen=True)
class Kind:
    """Gates that are instances of one module: they differ in x0, weights, threshold, comparator.

    **Arguments:**

    - `module`, `step`: the names of the gate's module and of its step's.
    - `form`: the step in integers.
    """

    module: str
    step: str
    setting: Setting
    iterates: int
    arity: int
    form: Form

    @property
    def coordinates(self) -> tuple[str, ...]:
        """The coordinates of the map."""
        return self.setting.system.coordinates

    def wires(self, iterate: int) -> list[str]:
        """The wires of a gate that hold the coordinates after some iterates; 0 is the state."""
        return [f"{name}_{iterate}" for name in self.coordinates]

    @property
    def settings(self) -> list[str]:
        """The parameters of the module, in the order of the registers."""
        return ["X0", *(f"DELTA_{index + 1}" for index in range(self.arity)), "THRESHOLD", "BELOW"]


def constants(words: GateWords) -> list[int]:
    """A gate's integers, in the order of `Kind.settings`."""
    return [words.x0, *words.delta, words.threshold, int(words.below)]


def literal(value: int, width: int) -> str:
    """A signed constant of `width` bits."""
    return f"{'-' if value < 0 else ''}{width}'sd{abs(value)}"


def step_module(name: str, setting: Setting, form: Form, word: Word) -> list[str]:
    """The module of one iterate, without a register."""
    system = setting.system
    assert isinstance(system, Map)
    word_type = f"signed [{word.length - 1}:0]"
    ports = [f"input  wire {word_type} {item}" for item in system.coordinates]
    ports += [f"output wire {word_type} {item}_next" for item in system.coordinates]
    lines = [*_about(setting, form), f"module {name} (", *_listed(ports), ");"]
    ranges = form.ranges([word.range] * len(system.coordinates))
    for index, table in enumerate(form.tables):
        lines += _table(index, table)
    named: list[str] = []
    for place, item in enumerate(form.instructions):
        width = bits(ranges[place])
        if item.operation == "state":
            named.append(system.coordinates[item.number])
            continue
        named.append(f"v{place}")
        operands = [named[operand] for operand in item.operands]
        value = _expression(item, operands, width, form)
        what = "localparam" if item.operation == "constant" else "wire"
        lines.append(f"  {what} signed [{width - 1}:0] v{place} = {value};")
    for coordinate, place in zip(system.coordinates, form.results, strict=True):
        item = form.instructions[place]
        wide = bits(ranges[place]) > word.length and item.operation != "state"
        part = f"[{word.length - 1}:0]" if wide else ""
        lines.append(f"  assign {coordinate}_next = {named[place]}{part};")
    return [*lines, "endmodule", ""]


def _about(setting: Setting, form: Form) -> list[str]:
    """What the step computes, as comments."""
    system = setting.system
    values = ", ".join(f"{name} = {value!r}" for name, value in setting.parameters.items())
    how = "computed exactly, rounded once"
    if form.kind == "table":
        assert form.domain is not None
        low, high = form.domain
        how = (
            f"a table of {len(form.tables[0])} entries over [{low:g}, {high:g}]"
            + (", straight lines between them" if len(form.tables) > 1 else "")
            + "; states beyond it count as its ends"
        )
    where = f" with {values} on the grid" if values else ""
    return [
        f"// One iterate of the {comment(system.title)}:",
        f"//   {formula(system.formula)}{comment(where)}",
        f"// {how}.",
    ]


def formula(text: str) -> str:
    """A map's formula as it may stand behind `//`: one line of harmless characters."""
    return _UNFIT.sub("?", " ".join(text.split()))[:200]


def _table(index: int, table: Sequence[int]) -> list[str]:
    width = bits((min(table), max(table)))
    address = max(1, (len(table) - 1).bit_length())
    lines = [
        f"  function signed [{width - 1}:0] table_{index};",
        f"    input [{address - 1}:0] index;",
        "    case (index)",
    ]
    lines += [
        f"      {address}'d{place}: table_{index} = {literal(value, width)};"
        for place, value in enumerate(table[:-1])
    ]
    lines += [f"      default: table_{index} = {literal(table[-1], width)};", "    endcase"]
    return [*lines, "  endfunction"]


def _expression(item: Instruction, operands: list[str], width: int, form: Form) -> str:
    number = item.number
    match item.operation:
        case "constant":
            return literal(number, width)
        case "add":
            return f"{operands[0]} + {operands[1]}"
        case "subtract":
            return f"{operands[0]} - {operands[1]}"
        case "multiply":
            return f"{operands[0]} * {operands[1]}"
        case "minimum":
            return f"({operands[0]} < {operands[1]}) ? {operands[0]} : {operands[1]}"
        case "maximum":
            return f"({operands[0]} > {operands[1]}) ? {operands[0]} : {operands[1]}"
        case "absolute":
            return f"({operands[0]} < 0) ? -{operands[0]} : {operands[0]}"
        case "shift_left":
            return f"{operands[0]} <<< {number}"
        case "shift_right":
            return f"{operands[0]} >>> {number}"
        case "low_bits":
            return f"{operands[0]} & {literal((1 << number) - 1, number + 1)}"
        case "look_up":
            address = max(1, (len(form.tables[number]) - 1).bit_length())
            return f"table_{number}({operands[0]}[{address - 1}:0])"
        case "state":
            raise AssertionError("a state is a port")


def gate_module(kind: Kind, word: Word, architecture: Architecture) -> list[str]:
    """The module of a gate: the sum, the iterates, the comparator."""
    clocked = architecture != "combinational"
    width = word.length
    bus = architecture == "reconfigurable"
    lines = _gate_about(kind, architecture)
    parameters = [f"parameter signed [{width - 1}:0] {name} = 0" for name in kind.settings[:-1]]
    parameters.append("parameter BELOW = 0")
    if bus:
        parameters.append("parameter ADDRESS_BITS = 8")
        parameters.append("parameter [ADDRESS_BITS-1:0] BASE = 0")
    ports = ["input  wire clk"] if clocked else []
    if bus:
        ports += [
            "input  wire rst",
            "input  wire write",
            "input  wire [ADDRESS_BITS-1:0] address",
            f"input  wire signed [{width - 1}:0] data",
        ]
    ports += [f"input  wire in_{index + 1}" for index in range(kind.arity)]
    ports.append("output wire y")
    lines += [f"module {kind.module} #(", *_listed(parameters), ") (", *_listed(ports), ");"]
    names = list(kind.settings)
    if bus:
        names = [name.lower() for name in kind.settings]
        lines += _registers(kind, names, width)
    lines += _state(kind, names, word)
    for iterate in range(1, kind.iterates + 1):
        lines += _iterate(kind, iterate, width, architecture == "pipelined")
    value = f"{kind.setting.read}_{kind.iterates}"
    threshold = names[-2]
    lines.append(f"  assign y = {names[-1]} ? ({value} < {threshold}) : ({value} > {threshold});")
    return [*lines, "endmodule", ""]


def _gate_about(kind: Kind, architecture: Architecture) -> list[str]:
    count = kind.iterates
    iterates = f"{count} iterate" + ("s" if count > 1 else "")
    inputs = f"{kind.arity} input" + ("s" if kind.arity > 1 else "")
    latency = f", {count} clock cycle{'s' if count > 1 else ''} of latency"
    return [
        f"// A chaogate of {inputs} and {iterates} of {kind.step}"
        f"{latency if architecture == 'pipelined' else ''}.",
    ]


def _registers(kind: Kind, names: Sequence[str], width: int) -> Iterator[str]:
    """The registers, which the bus writes, and which a reset sets to the parameters."""
    for name in names[:-1]:
        yield f"  reg signed [{width - 1}:0] {name};"
    yield f"  reg {names[-1]};"
    yield "  always @(posedge clk)"
    yield "    if (rst) begin"
    for name, parameter in zip(names[:-1], kind.settings[:-1], strict=True):
        yield f"      {name} <= {parameter};"
    yield f"      {names[-1]} <= (BELOW != 0);"
    yield "    end else if (write) begin"
    for offset, name in enumerate(names):
        value = "data" if name != names[-1] else "data[0]"
        where = "BASE" if not offset else f"BASE + {offset}"
        yield f"      if (address == {where}) {name} <= {value};"
    yield "    end"


def _state(kind: Kind, names: Sequence[str], word: Word) -> Iterator[str]:
    width = word.length
    zero = literal(0, width)
    setting = kind.setting
    encoded = [name for name in kind.coordinates if name in setting.encode]
    for coordinate, start in zip(kind.coordinates, setting.start, strict=True):
        declared = f"  wire signed [{width - 1}:0] {coordinate}_0 ="
        if coordinate == encoded[0]:
            terms = [
                f"(in_{index + 1} ? {names[index + 1]} : {zero})" for index in range(kind.arity)
            ]
            yield " + ".join([f"{declared} {names[0]}", *terms]) + ";"
        elif coordinate not in setting.encode:
            yield f"{declared} {literal(to_grid(start, word.fraction_bits), width)};"
    for coordinate in encoded[1:]:
        yield f"  wire signed [{width - 1}:0] {coordinate}_0 = {encoded[0]}_0;"


def _iterate(kind: Kind, iterate: int, width: int, registered: bool) -> Iterator[str]:
    before, after = kind.wires(iterate - 1), kind.wires(iterate)
    following = [f"{name}_d" for name in after] if registered else after
    for name in following:
        yield f"  wire signed [{width - 1}:0] {name};"
    pins = [f".{name}({wire})" for name, wire in zip(kind.coordinates, before, strict=True)]
    pins += [
        f".{name}_next({wire})" for name, wire in zip(kind.coordinates, following, strict=True)
    ]
    yield f"  {kind.step} iterate_{iterate} ({', '.join(pins)});"
    if registered:
        for name in after:
            yield f"  reg signed [{width - 1}:0] {name};"
        sets = " ".join(f"{name} <= {name}_d;" for name in after)
        yield f"  always @(posedge clk) begin {sets} end"


def _listed(items: Sequence[str]) -> list[str]:
    return [f"  {item}{',' if index < len(items) - 1 else ''}" for index, item in enumerate(items)]
