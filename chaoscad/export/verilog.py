"""The export to Verilog: synthesizable fixed-point RTL with a bench that checks every integer of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chaoscad.design.model import Design
from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.export.fixed_point import Word
from chaoscad.export.fixed_point_word import complaints, word_of
from chaoscad.export.model import CheckLog, Export, Options
from chaoscad.export.names import comment
from chaoscad.export.readme import readme
from chaoscad.export.rows import expected
from chaoscad.export.verilog_bench import bench, registers_file, rows_file
from chaoscad.export.verilog_check import simulate, synthesize
from chaoscad.export.verilog_modules import gate_module, step_module
from chaoscad.export.verilog_top import Plan, plan, top_module

_ABOUT = {
    "combinational": "Combinational: no clock.",
    "pipelined": "Pipelined: one iterate a clock cycle; a new row may enter in every cycle.",
    "reconfigurable": "Reconfigurable: the integers of every gate are registers on a bus.",
}


@dataclass(frozen=True)
class VerilogExporter:
    """Fixed-point RTL in Verilog-2001, its test bench and the rows that it walks."""

    name: str = "verilog"
    title: str = "synthesizable fixed-point Verilog with a test bench"

    def refuse(self, design: Design, options: Options) -> list[Diagnostic]:
        """Why the design cannot be exported in this word."""
        try:
            return complaints(design, word_of(design, options.hardware))
        except ChaoscadError as error:
            return list(error.diagnostics)

    def export(self, design: Design, options: Options) -> Export:
        """The module, the bench, its rows, and in the reconfigurable form the list of registers."""
        made = plan(design, word_of(design, options.hardware), options.form)
        rows = expected(design, options)
        top = made.top
        files = {
            f"{top}.v": rtl(made),
            f"{top}_tb.v": bench(made, rows),
            f"{top}_rows.hex": rows_file(made, rows),
        }
        if options.form == "reconfigurable":
            files["registers.csv"] = registers_file(made)
        files["README.md"] = _readme(made, rows.said())
        return Export(self.name, files, dict(made.nets))

    def check(self, export: Export, design: Design, options: Options, folder: Path) -> CheckLog:
        """Simulate the bench with Icarus Verilog, then synthesize the module with yosys."""
        made = plan(design, word_of(design, options.hardware), options.form)
        rows = export.files[f"{made.top}_rows.hex"].count("\n")
        simulated, text = simulate(made, folder)
        synthesized, more = synthesize(made, folder)
        return CheckLog(simulated and synthesized, "\n".join([*text, *more, ""]), rows)


EXPORTER = VerilogExporter()
"""The exporter of the target `verilog`."""


def rtl(made: Plan) -> str:
    """The synthesizable text: steps, gates, and the circuit at the end."""
    lines = _header(made)
    done: set[str] = set()
    for kind in made.distinct():
        if kind.step not in done:
            done.add(kind.step)
            lines += step_module(kind.step, kind.setting, kind.form, made.word)
        lines += gate_module(kind, made.word, made.architecture)
    return "\n".join([*lines, *top_module(made)])


def _header(made: Plan) -> list[str]:
    word = made.word
    lines = [
        f"// {comment(made.design.name)}: a circuit of {len(made.design.gates)} chaogates.",
        f"// {_ABOUT[made.architecture]}",
        *(f"// {line}" for line in _arithmetic(word)),
    ]
    if made.architecture == "pipelined":
        lines.append(f"// Latency: {made.latency} clock cycles from the inputs to the outputs.")
    if made.architecture == "reconfigurable":
        lines += [
            "// rst = 1 at a rising edge of clk sets every register to the design's value; write = 1",
            f"// sets the register at address to data. There are {made.registers}: registers.csv.",
        ]
    return [*lines, ""]


def _arithmetic(word: Word) -> list[str]:
    """The number format, the rounding and the order of operations, in words."""
    how = (
        "towards minus infinity (an arithmetic shift to the right)"
        if word.rounding == "truncate"
        else "to the nearest word, halves up (half is added, then an arithmetic shift to the right)"
    )
    return [
        f"Words are signed, {word.length} bits, {word.title}: 1 sign, {word.integer_bits} integer, "
        f"{word.fraction_bits} fraction.",
        f"The integer i stands for i / {1 << word.fraction_bits}. x0, weights, threshold and the map's "
        "parameters are rounded to it.",
        "state = x0 + the weights of the inputs that are 1; an iterate is computed in full width and",
        f"rounded once, {how};",
        "the output is 1 where the value is above the threshold (below it where BELOW is 1), never at it.",
        "A value beyond the word would wrap; no row of any gate has one.",
    ]


def _readme(made: Plan, said: str) -> str:
    top = made.top
    files = {
        f"{top}.v": f"the circuit, synthesizable Verilog-2001; the top module is `{top}`",
        f"{top}_tb.v": f"a test bench: the outputs in {said}, and every intermediate integer of "
        "every gate; its last line begins with PASS or FAIL",
        f"{top}_rows.hex": "its rows: inputs, then outputs, the first most significant",
    }
    notes = [_ABOUT[made.architecture], " ".join(_arithmetic(made.word))]
    if made.architecture == "pipelined":
        notes.append(f"The outputs are {made.latency} clock cycles behind the inputs.")
    if made.architecture == "reconfigurable":
        files["registers.csv"] = "address, gate, meaning and design value of every register"
        notes.append(
            "`rst` = 1 at a rising edge of `clk` sets every register to the design's value; `write` = "
            "1 sets the register at `address` to `data`. Every gate of a module becomes any other."
        )
    return readme(
        made.design,
        made.nets,
        title="fixed-point Verilog",
        files=files,
        run=[
            f"iverilog -g2005 -Wall -o bench {top}.v {top}_tb.v && vvp bench",
            f'yosys -p "read_verilog {top}.v; synth -flatten -top {top}; stat"',
        ],
        notes=notes,
    )
