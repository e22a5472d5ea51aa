"""Every netlist of the gallery is solved, verified, exported, and checked in the real tools."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from chaoscad.cli.export import TARGETS
from chaoscad.cli.main import status
from chaoscad.design import Design, Reconfigurable, dumps, load, load_any, loads_any
from chaoscad.errors import ChaoscadError
from chaoscad.evidence import Evidence
from chaoscad.export import EXPORTERS, Options
from chaoscad.export.handover import hand_over
from chaoscad.hardware import hardware_of
from chaoscad.systems import Flow
from chaoscad.verification import claims, verify
from tests.conftest import ROOT
from tests.export.conftest import tools_for

AT_THE_END = ("three_transistor",)
"""Designs with states at the end of a measured curve."""

GALLERY = sorted((ROOT / "netlists").glob("*.yaml"))


def test_the_gallery_has_what_it_promises():
    assert {path.stem for path in GALLERY} >= {
        "two_input_functions",
        "three_input_gates",
        "half_adder",
        "full_adder",
        "full_adder_two_gates",
        "xnor_of_nands",
        "mux2",
        "c17",
        "multiplier_2x2",
        "tied_half_adder",
        "user_map",
        "lorenz",
        "duffing_half_adder",
        "three_transistor",
        "tunnel_diode",
        "adder4_hierarchical",
        "half_adder_element",
        "full_adder_element",
        "morphing_gate",
        "functions_by_time",
        "functions_by_x0_and_threshold",
        "comparator",
        "alu_slice",
        "jerk",
        "colpitts",
        "memristive_map",
    }


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_it_is_solved_and_verified(path: Path, tmp_path: Path, capsys):
    output = tmp_path / "out.design.json"
    assert status(["optimize", str(path), "-o", str(output)]) == 0
    assert f"written to {output}" in capsys.readouterr().out
    loaded = load_any(output)
    if isinstance(loaded, Reconfigurable):
        check_configurations(loaded)
        return
    design = loaded
    verification = verify(design)
    assert design.solved
    assert verification.passed
    assert claims(design, verification) == []
    assert verification.worst_margin > 0.05
    for target in TARGETS:
        check_export(design, target, tmp_path / target)


def check_configurations(design: Reconfigurable) -> None:
    """One hardware, right in every configuration."""
    assert design.solved
    assert design.differences == ()
    assert loads_any(dumps(design)) == design
    for one in design.configurations.values():
        verification = verify(one)
        assert verification.passed
        assert claims(one, verification) == []
        assert verification.worst_margin > 0.05
    if design.netlist.name == "functions_by_time":
        # Iterates are a control, and only they.
        gates = [one.gate("y") for one in design.configurations.values()]
        assert len({(gate.x0, gate.delta, gate.threshold) for gate in gates}) == 1
        assert len({gate.iterates for gate in gates}) > 1


def check_export(design: Design, target: str, folder: Path) -> None:
    """The design, written for a target, gives the same in the real tool, row by row."""
    if not tools_for(target):
        return
    exporter, options = EXPORTERS[target], Options(hardware_of(design))
    if target == "table" and design.name in AT_THE_END:
        # No series holds these states; tests/export/test_table.py has what a rounded one says.
        options = replace(options, hardware=replace(options.hardware, resistors="ideal"))
    try:
        made = exporter.prepare(Evidence(design), options)
    except ChaoscadError:
        # Only flows may have no form, and only where time is discrete.
        assert target in ("verilog", "c")
        assert any(isinstance(gate.setting.system, Flow) for gate in design.gates)
        return
    written = hand_over(exporter, made, folder, check=True)
    assert written.log is not None
    assert written.log.passed, written.log.text
    assert written.log.rows > 0
    assert {"README.md", "design.json", "names.csv", "check.log"} < set(written.files)
    found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert found == sorted(written.files)
    assert load(folder / "design.json") == design
    assert (folder / "check.log").read_text() == written.log.text


def test_the_file_does_not_depend_on_the_hash_seed_or_the_place(tmp_path: Path):
    texts = []
    for seed in ("1", "2"):
        output = tmp_path / f"{seed}.json"
        subprocess.run(
            [
                sys.executable,
                "-m",
                "chaoscad",
                "optimize",
                str(ROOT / "netlists" / "half_adder.yaml"),
                "-o",
                str(output),
            ],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        texts.append(output.read_bytes())
    assert texts[0] == texts[1]
    assert json.loads(texts[0])["provenance"]["command"] == (
        "chaoscad optimize half_adder.yaml --seed 0"
    )
