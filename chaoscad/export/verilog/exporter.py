"""The export to Verilog: synthesizable fixed-point RTL with a bench that checks every integer of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaoscad.design.reconfigurable import Reconfigurable
from chaoscad.errors import Refused
from chaoscad.evidence import Evidence
from chaoscad.export.model import CheckLog, Export
from chaoscad.export.names import comment
from chaoscad.export.options import Option, Options
from chaoscad.export.readme import readme
from chaoscad.export.verilog import OPTIONS
from chaoscad.export.verilog.bench import bench, rows_file
from chaoscad.export.verilog.bench_switched import compared, switched_bench, switched_rows
from chaoscad.export.verilog.check import lint, simulate, synthesize
from chaoscad.export.verilog.gate import about_gate, gate_module
from chaoscad.export.verilog.plan import VerilogPlan, plan
from chaoscad.export.verilog.registers import (
    functions_file,
    functions_of,
    functions_shown,
    registers_file,
)
from chaoscad.export.verilog.step import about_step, step_module
from chaoscad.export.verilog.switched import (
    Switched,
    about_switch,
    configurations_file,
    switch_module,
    switched,
)
from chaoscad.export.verilog.text import file_text
from chaoscad.export.verilog.top import top_module
from chaoscad.fixed_point.orbits import ElementOrbit, Word
from chaoscad.fixed_point.word import complaints, word_of

_ABOUT = {
    "combinational": "Combinational: no clock.",
    "pipelined": "Pipelined: one iterate a clock cycle; a new row may enter in every cycle.",
    "reconfigurable": "Reconfigurable: the integers of every gate are registers on a bus.",
    "pipelined-reconfigurable": "Pipelined and reconfigurable: one iterate a clock cycle, a new row "
    "in every cycle, and the integers of every gate are registers on a bus.",
}


@dataclass(frozen=True)
class VerilogExporter:
    """Fixed-point RTL in Verilog-2001, its test bench and the rows that it walks."""

    name: str = "verilog"
    title: str = "synthesizable fixed-point Verilog with a test bench"
    options: tuple[Option[Any], ...] = OPTIONS

    def prepare(self, evidence: Evidence, options: Options) -> VerilogPlan:
        """The plan in a word in which no row breaks."""
        refused = complaints(evidence, word_of(evidence, options.hardware))
        if refused:
            raise Refused(refused)
        return plan(evidence, options)

    def prepare_configurations(
        self, evidence: Mapping[str, Evidence], design: Reconfigurable, options: Options
    ) -> Switched:
        """The plan of a circuit that is told its configuration, in a form with registers on a bus."""
        return switched(evidence, design, options)

    def export(self, made: VerilogPlan | Switched) -> Export:
        """The modules, the bench, its rows, and in the reconfigurable forms the tables of registers."""
        if isinstance(made, Switched):
            return Export(self.name, _switched_files(made), dict(made.core.nets))
        top = made.top
        functions = functions_of(made) if made.bus else {}
        files = {
            **rtl(made),
            f"{top}_tb.v": bench(made, made.rows, functions),
            f"{top}_rows.hex": rows_file(made, made.rows),
        }
        if made.bus:
            files["registers.csv"] = registers_file(made)
            files["functions.csv"] = functions_file(made, functions)
        files["README.md"] = _readme(made, functions)
        return Export(self.name, files, dict(made.nets))

    def check(self, made: VerilogPlan | Switched, export: Export, folder: Path) -> CheckLog:
        """Simulate the bench with Icarus Verilog, lint with Verilator, synthesize with yosys.

        Without Verilator the log says so, and nothing fails.
        """
        rows = export.files[f"{made.top}_rows.hex"].count("\n")
        steps: list[tuple[bool, list[str]]] = []
        if isinstance(made, Switched):
            steps, rows = [simulate(made.core, folder)], compared(made)
            made = made.whole
        steps += [run(made, folder) for run in (simulate, lint, synthesize)]
        text = "\n".join([*(line for _, said in steps for line in said), ""])
        return CheckLog(all(passed for passed, _ in steps), text, rows)


EXPORTER = VerilogExporter()
"""The exporter of the target `verilog`."""


def rtl(made: VerilogPlan) -> dict[str, str]:
    """The synthesizable files, one module each: steps, gates, and the circuit at the end."""
    found: dict[str, str] = {}
    for module in made.distinct():
        found[f"{module.step}.v"] = file_text(
            about_step(module.setting, module.form),
            step_module(module.step, module.setting, module.form, made.word),
        )
        found[f"{module.name}.v"] = file_text(
            about_gate(module, made.architecture),
            gate_module(module, made.word, made.architecture, made.address_bits),
        )
    return {**found, f"{made.top}.v": file_text(_header(made), top_module(made))}


def _switched_files(made: Switched) -> dict[str, str]:
    """The circuit with its own bench, and around it what loads a configuration."""
    core, top = made.core, made.top
    found, own = functions_of(core), made.settings()
    functions = {name: [*own[name], *found[name]] for name in own}
    return {
        **rtl(core),
        f"{core.top}_tb.v": bench(core, core.rows, functions),
        f"{core.top}_rows.hex": rows_file(core, core.rows),
        f"{top}.v": file_text(about_switch(made), switch_module(made)),
        f"{top}_tb.v": switched_bench(made),
        f"{top}_rows.hex": switched_rows(made),
        "registers.csv": registers_file(core),
        "functions.csv": functions_file(core, found),
        "configurations.csv": configurations_file(made),
        "README.md": _switched_readme(made),
    }


def _switched_readme(made: Switched) -> str:
    core, top, sources = made.core, made.top, " ".join(made.whole.sources)
    return readme(
        core.design,
        core.nets,
        title="fixed-point Verilog of all configurations",
        files={
            f"{top}.v": f"the circuit that is told its configuration; the top module is `{top}`",
            f"{core.top}.v": "the circuit without that, its integers registers on a bus",
            **dict.fromkeys(core.sources[:-1], "a module of it"),
            f"{top}_tb.v": "a test bench: every configuration after others, each in "
            f"{core.rows.said()}",
            f"{core.top}_tb.v": "a test bench of the bus and of every intermediate integer",
            f"{top}_rows.hex": "the rows of every configuration: inputs, then outputs",
            f"{core.top}_rows.hex": "the rows of the first configuration",
            "registers.csv": "address, gate, meaning, value after a reset and module of registers",
            "functions.csv": "the registers with which a gate of a module becomes a function",
            "configurations.csv": "the registers that differ between configurations",
        },
        run=[
            f"iverilog -g2005 -Wall -o bench {sources} {top}_tb.v && vvp bench",
            f"verilator --lint-only -Wall --top-module {top} {sources}",
        ],
        notes=[
            "The table of gates is that of the first configuration; the others differ from it as "
            "configurations.csv says.",
            " ".join(about_switch(made)),
            _ABOUT[core.architecture],
            " ".join(_arithmetic(core.word)),
            " ".join(_bus(core)),
        ],
    )


def _header(made: VerilogPlan) -> list[str]:
    lines = [
        f"{comment(made.design.name)}: a circuit of {len(made.design.gates)} chaogates.",
        _ABOUT[made.architecture],
        *_arithmetic(made.word),
    ]
    if made.pipelined:
        lines.append(f"Latency: {made.latency} clock cycles from the inputs to the outputs.")
    return [*lines, *(_bus(made) if made.bus else [])]


def _bus(made: VerilogPlan) -> list[str]:
    """How the registers are written, in words."""
    lines = [
        "rst = 1 at a rising edge of clk sets every register to the design's value; write = 1 puts data",
        f"into the shadow register at address (there are {made.registers}: registers.csv), and read_data "
        "shows the",
        "one at address. commit = 1 hands all shadow registers to all gates at once; until then they "
        "compute",
    ]
    if not made.pipelined:
        return [
            *lines,
            "with the values before. A write at the edge of a commit is for the next one.",
        ]
    return [
        *lines,
        "with the values before. A commit travels with the rows: those that entered up to its edge finish",
        "with the old values, those after it have the new ones. busy = 1 for the "
        f"{made.settling} cycles that this takes;",
        "a write at the edge of a commit or while busy is not carried out. A reset is for all rows at "
        "once.",
    ]


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


def _readme(made: VerilogPlan, functions: Mapping[str, Sequence[ElementOrbit]]) -> str:
    top = made.top
    files = {
        f"{top}.v": f"the circuit, synthesizable Verilog-2001; the top module is `{top}`",
        **dict.fromkeys(made.sources[:-1], "a module of it"),
        f"{top}_tb.v": f"a test bench: the outputs in {made.rows.said()}, and every intermediate integer of "
        "every gate; its last line begins with PASS or FAIL",
        f"{top}_rows.hex": "its rows: inputs, then outputs, the first most significant",
    }
    notes = [_ABOUT[made.architecture], " ".join(_arithmetic(made.word))]
    if made.pipelined:
        notes.append(f"The outputs are {made.latency} clock cycles behind the inputs.")
    if made.bus:
        files["registers.csv"] = "address, gate, meaning, design value and module of every register"
        files["functions.csv"] = "the registers with which a gate of a module becomes a function"
        notes += [" ".join(_bus(made)), *functions_shown(made, functions)]
    sources = " ".join(made.sources)
    return readme(
        made.design,
        made.nets,
        title="fixed-point Verilog",
        files=files,
        run=[
            f"iverilog -g2005 -Wall -o bench {sources} {top}_tb.v && vvp bench",
            f"verilator --lint-only -Wall --top-module {top} {sources}",
            f'yosys -p "read_verilog {sources}; synth_ice40 -top {top}; stat"',
        ],
        notes=notes,
    )
