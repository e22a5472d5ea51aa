"""The check of a Verilog export: its bench in Icarus Verilog, Verilator's lint, its synthesis by yosys."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from chaoscad.errors import ChaoscadError
from chaoscad.export.verilog.plan import VerilogPlan
from chaoscad.toolchain import available, require

LONGEST_RUN = 600.0
"""Seconds that a simulation may take."""

LONGEST_SYNTHESIS = 60.0
"""Seconds after which the synthesis into cells is stopped; wide words of many iterates take long."""

ELABORATED = "elaborated without a latch"
"""What yosys logs once the module is read and checked, before it makes cells."""

_CELLS = ("LUT4", "CARRY", "DFF")
"""The cells that are counted: tables of four inputs, links of a carry chain, flip-flops of all kinds."""

_HARMLESS = "Unable to get version"
"""Icarus says this of its own parts where they cannot be asked, as in some packages."""


def simulate(made: VerilogPlan, folder: Path) -> tuple[bool, list[str]]:
    """Compile the written bench without a warning and run it; whether it passed, and what was said."""
    compiler, runner = require("iverilog"), require("vvp")
    files = [*made.sources, f"{made.top}_tb.v"]
    said = [f"$ iverilog -g2005 -Wall {' '.join(files)} && vvp"]
    with tempfile.TemporaryDirectory(prefix="chaoscad-") as scratch:
        program = str(Path(scratch) / "bench")
        arguments = ["-g2005", "-Wall", "-o", program, *files]
        compiled = compiler.run(arguments, folder=folder, timeout=LONGEST_RUN)
        warnings = [line for line in compiled.output.splitlines() if _HARMLESS not in line]
        said += warnings[:40]
        if compiled.status or warnings:
            return False, [*said, f"iverilog ended with status {compiled.status}, with warnings"]
        ran = runner.run(["-n", program], folder=folder, timeout=LONGEST_RUN)
    lines = [line for line in ran.output.splitlines() if line.strip()]
    passed = bool(lines) and lines[-1].startswith("PASS: ") and ran.status == 0
    passed = passed and not any(line.startswith(("FAIL", "WARNING", "ERROR")) for line in lines)
    return passed, [*said, *lines[-40:]]


def lint(made: VerilogPlan, folder: Path) -> tuple[bool, list[str]]:
    """Let Verilator read the written circuit with all its warnings, of which there are none."""
    arguments = ["--lint-only", "-Wall", "--top-module", made.top, *made.sources]
    said = [f"$ verilator {' '.join(arguments)}"]
    tool = available("verilator")
    if tool is None:
        return True, [*said, "verilator is not installed, so it was not asked"]
    done = tool.run(arguments, folder=folder, timeout=LONGEST_RUN)
    # New versions report on the run as well.
    complaints = [line for line in done.output.splitlines() if line.startswith("%")]
    if done.status or complaints:
        return False, [*said, *complaints[:40], f"verilator ended with status {done.status}"]
    return True, [*said, "no warning"]


def synthesize(made: VerilogPlan, folder: Path) -> tuple[bool, list[str]]:
    """Let yosys make cells of an iCE40 of the written circuit: no latch, no warning; how many.

    The gates keep their borders, so that equal ones are synthesized once, each with its integers
    folded in.
    """
    tool = require("yosys")
    kept = [f"setattr -mod -set keep_hierarchy 1 *{module.name}*" for module in made.distinct()]
    script = [
        f"read_verilog {' '.join(made.sources)}",
        f"hierarchy -check -top {made.top}",
        *kept,
        f"setattr -mod -unset keep_hierarchy {made.top}",
        "proc",
        "opt_clean",
        "check -assert",
        "select -assert-none t:$dlatch",
        f"log {ELABORATED}",
        f"synth_ice40 -top {made.top}",
        "select -assert-none t:$_DLATCH_*",
        "check -assert",
        "write_json circuit.json",
    ]
    said = [f"$ yosys: read_verilog {made.top}.v ...; synth_ice40 -top {made.top}, gate by gate"]
    with tempfile.TemporaryDirectory(prefix="chaoscad-") as scratch:
        place = Path(scratch)
        for name in made.sources:
            (place / name).write_bytes((folder / name).read_bytes())
        (place / "script.ys").write_text("\n".join([*script, ""]), encoding="utf-8")
        # Its log goes to a file, of which what was done before a stop is left.
        quiet = ["-q", "-l", "yosys.log", "-s", "script.ys"]
        try:
            done = tool.run(quiet, folder=scratch, timeout=LONGEST_SYNTHESIS)
        except ChaoscadError:
            log = place / "yosys.log"
            lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
            complaints = [line for line in lines if "Warning:" in line or line.startswith("ERROR:")]
            if complaints or ELABORATED not in lines:
                raise
            said.append(
                "no latch, no warning; the synthesis into cells was stopped after "
                f"{LONGEST_SYNTHESIS:g} s, so they were not counted"
            )
            return True, said
        # ABC has warnings of its own, about networks without registers.
        lines = [line for line in done.output.splitlines() if not line.startswith("ABC:")]
        complaints = [line for line in lines if "Warning:" in line or line.startswith("ERROR:")]
        if done.status or complaints:
            return False, [*said, *complaints[:40], f"yosys ended with status {done.status}"]
        modules = json.loads((place / "circuit.json").read_text("utf-8"))["modules"]
    cells = _count(modules, made.top, {})
    gates = len(made.design.gates)
    said.append(
        f"no latch, no warning; on an iCE40 {cells['LUT4']} LUT4 ({cells['LUT4'] / gates:.1f} a "
        f"gate), {cells['CARRY']} carries, {cells['DFF']} flip-flops"
    )
    return True, said


def _count(modules: dict[str, Any], name: str, known: dict[str, Counter[str]]) -> Counter[str]:
    """The cells of an iCE40 in a module and in all of its instances, by what they are."""
    if name not in known:
        found: Counter[str] = Counter()
        for cell in modules[name]["cells"].values():
            kind = cell["type"]
            if kind.startswith("SB_"):
                found[next((word for word in _CELLS if word in kind), kind)] += 1
            elif kind in modules:
                found += _count(modules, kind, known)
        known[name] = found
    return known[name]
