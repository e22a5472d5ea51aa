"""The price on an FPGA: cells of an iCE40 that adders of chaogates take, and that plain logic takes.

Every form of the Verilog export, in the word that the export chooses, synthesized whole by yosys's
`synth_ice40`. A LUT4 is a table of four inputs; multipliers are made of them. The last column is what
is left without carry chains, through which the optimiser does not see. Needs yosys.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path

from chaoscad import load, optimize
from chaoscad.design import Design
from chaoscad.evidence import Evidence
from chaoscad.export import EXPORTERS, Options
from chaoscad.export.verilog import FORM
from chaoscad.fixed_point.word import word_of
from chaoscad.hardware import hardware_of
from chaoscad.toolchain import require

ROOT = Path(__file__).parent.parent

PLAIN = {
    "half_adder": "module plain(input a, b, output s, c); assign {c, s} = a + b; endmodule\n",
    "full_adder": (
        "module plain(input a, b, d, output s, c);\n"
        "  assign s = a ^ b ^ d;\n  assign c = a & b | d & (a ^ b);\nendmodule\n"
    ),
}
"""The same circuits without a chaogate."""

KINDS = ("LUT4", "CARRY", "DFF")


def cells(files: dict[str, str], top: str, option: str = "") -> Counter[str]:
    """Tables, links of carry chains and flip-flops that yosys makes of Verilog files."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name, text in files.items():
            (folder / name).write_text(text)
        script = f"read_verilog {' '.join(files)}; synth_ice40 {option} -top {top}; write_json cells.json"
        done = require("yosys").run(["-q", "-p", script], folder=folder)
        if done.status:
            raise SystemExit(done.output)
        module = json.loads((folder / "cells.json").read_text())["modules"][top]
    kinds = [cell["type"] for cell in module["cells"].values()]
    return Counter(next((word for word in KINDS if word in kind), kind) for kind in kinds)


def counts(files: dict[str, str], top: str) -> list[int]:
    """The cells with carry chains, and the tables without."""
    found = cells(files, top)
    return [*(found[kind] for kind in KINDS), cells(files, top, "-nocarry")["LUT4"]]


def circuit(design: Design, options: Options) -> dict[str, str]:
    """The files of an export that are synthesized."""
    exporter = EXPORTERS["verilog"]
    files = exporter.export(exporter.prepare(Evidence(design), options)).files
    return {name: text for name, text in files.items() if name.endswith(".v") and "_tb" not in name}


def row(*values: object) -> str:
    return "| " + " | ".join(map(str, values)) + " |"


def main() -> None:
    print(row("circuit", "form", "word", "LUT4", "carries", "flip-flops", "LUT4 without carries"))
    print("|---|---|---|---|---|---|---|")
    for name, plain in PLAIN.items():
        print(row(name, "plain logic", "-", *counts({"plain.v": plain}, "plain")))
        design = optimize(load(str(ROOT / "netlists" / f"{name}.yaml")), seed=0)
        for form in FORM.choices:
            options = Options(hardware_of(design), own={"form": form})
            word = word_of(Evidence(design), options.hardware).title
            print(row(name, form, word, *counts(circuit(design, options), design.name)), flush=True)


if __name__ == "__main__":
    main()
