"""BLIF: what a design computes, as logic, for synthesis and equivalence checkers."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaoscad.errors import ChaoscadError, Diagnostic, Refused, counted, shown
from chaoscad.evidence import Evidence
from chaoscad.export.blif import OPTIONS
from chaoscad.export.model import CheckLog, Export
from chaoscad.export.names import VERILOG, Namespace
from chaoscad.export.options import Option, Options
from chaoscad.export.readme import readme
from chaoscad.formats import blif, verilog
from chaoscad.logic import Logic, LogicNode, TruthTable
from chaoscad.toolchain import require
from chaoscad.verification import equivalent

FILE = "circuit.blif"

WRITTEN = "read_back.v"
"""What yosys writes of the file that it has read."""


@dataclass(frozen=True)
class Blif:
    """Designs as BLIF, one `.names` per gate."""

    name: str = "blif"
    title: str = "BLIF, the logic of every gate"
    options: tuple[Option[Any], ...] = OPTIONS

    def prepare(self, evidence: Evidence, options: Options) -> Evidence:  # noqa: ARG002
        """Refused: outputs that are inputs, for tools read such a port in different ways."""
        netlist = evidence.design.netlist
        refused = [
            Diagnostic(
                f"output {shown(name)} is an input, and BLIF has no way to write that",
                hint="let a BUF drive the output",
            )
            for name in netlist.outputs
            if name in netlist.inputs
        ]
        if refused:
            raise Refused(refused)
        return evidence

    def export(self, made: Evidence) -> Export:
        """`circuit.blif`."""
        design, logic = made.design, made.logic
        space = Namespace(VERILOG)
        model = space.take(design.name)
        nets = space.take_all([*logic.inputs, *(node.name for node in logic.nodes)])
        files = {
            FILE: blif.dumps(_renamed(logic, model, nets)),
            "README.md": readme(
                design,
                nets,
                title="BLIF netlist",
                files={FILE: "the function that every gate has, as logic"},
                run=[f'yosys -p "read_blif {FILE}; stat"'],
            ),
        }
        return Export(self.name, files, nets)

    def check(self, made: Evidence, export: Export, folder: Path) -> CheckLog:
        """Let yosys read the file and write it again, and prove that equal to the design."""
        tool = require("yosys")
        said = [f'$ yosys -p "read_blif {FILE}; write_verilog -noattr {WRITTEN}"']
        with tempfile.TemporaryDirectory(prefix="chaoscad-") as scratch:
            written = Path(scratch) / WRITTEN
            (Path(scratch) / FILE).write_bytes((folder / FILE).read_bytes())
            script = f"read_blif {FILE}; write_verilog -noattr {WRITTEN}"
            done = tool.run(["-q", "-p", script], folder=scratch)
            said += [line for line in done.output.splitlines() if line.strip()][-20:]
            if done.status != 0 or not written.is_file():
                said.append(f"yosys stopped with status {done.status}")
                return CheckLog(False, "\n".join(said) + "\n", 0)
            text = written.read_text("utf-8", "replace")
        logic = made.logic
        try:
            found = verilog.loads(text, WRITTEN)
            answer = equivalent(found, _renamed(logic, found.name, export.names))
        except ChaoscadError as error:
            return CheckLog(False, "\n".join([*said, str(error)]) + "\n", 0)
        outputs = counted(len(logic.outputs), "output")
        said.append(f"{outputs}: {answer.verdict}, by {answer.method}")
        if answer.counterexample is not None:
            inputs = " ".join(f"{key}={bit}" for key, bit in answer.counterexample.inputs.items())
            said.append(f"they differ in {inputs}: {', '.join(answer.counterexample.differing)}")
        return CheckLog(answer.equal, "\n".join(said) + "\n", answer.rows)


EXPORTER = Blif()


def _renamed(logic: Logic, model: str, nets: Mapping[str, str]) -> Logic:
    """The circuit with other names; a constant reads nothing, as most tools want it."""
    nodes: list[LogicNode] = []
    for node in logic.nodes:
        reads, function = tuple(nets[name] for name in node.inputs), node.function
        if len(set(function.rows)) == 1:
            reads, function = (), TruthTable(function.rows[0])
        nodes.append(LogicNode(nets[node.name], reads, function))
    inputs, outputs = (
        tuple(nets[name] for name in ports) for ports in (logic.inputs, logic.outputs)
    )
    return Logic(model, inputs, outputs, tuple(nodes))
