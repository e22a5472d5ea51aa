"""The steps of `docs/extending.md`, taken in a copy of the repository, lead to parts that pass their tests."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, gate_text

STEP = re.compile(r'^```python title="(\S+), (above|below) ([^"\n]+)"\n(.*?)^```$', re.M | re.S)
"""A block that is put into a file, above or below the first line that begins so."""


@pytest.fixture(scope="module")
def extended(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("extended")
    for name in ("chaoscad", "neural", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    steps = STEP.findall((ROOT / "docs" / "extending.md").read_text())
    assert len(steps) == 15
    for name, side, start, block in steps:
        lines = (folder / name).read_text().splitlines(keepends=True)
        at = next(index for index, line in enumerate(lines) if line.strip().startswith(start))
        lines.insert(at + (side == "below"), block)
        (folder / name).write_text("".join(lines))
    return folder


def run(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(folder)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_contracts_hold_for_the_new_map_loss_and_task(extended):
    files = ("systems/test_contract.py", "tune/test_losses.py", "neural/test_tasks.py")
    chosen = "ricker or hinge or chirp or values_are_those or every_system_of"
    said = run(extended, "pytest", "-n0", "-q", "-k", chosen, *(f"tests/{name}" for name in files))
    assert re.search(r"^1[0-9] passed", said, re.M), said


def test_a_gate_and_the_defaults_take_the_new_key_and_designs_keep_it(extended):
    keyed = gate_text("function: AND, least: 0.25", extra="defaults: {least: 0.5}\n")
    (extended / "k.yaml").write_text(
        keyed.replace("gates:\n", "gates:\n  x: {inputs: [a, b], function: OR}\n").replace(
            "[y]", "[x, y]"
        )
    )
    run(extended, "chaoscad", "optimize", "k.yaml", "-o", "k.json")
    gates = json.loads((extended / "k.json").read_text())["netlist"]["gates"]
    assert {name: gate["least"] for name, gate in gates.items()} == {"x": 0.5, "y": 0.25}
    code = "import chaoscad; print([g.source.least for g in chaoscad.load_design('k.json').gates])"
    (extended / "least.py").write_text(code)
    assert run(extended, "least") == "[0.5, 0.25]\n"


def test_netlists_name_the_new_map_and_proofs_cover_it(extended):
    (extended / "y.yaml").write_text(gate_text("function: XOR, system: ricker"))
    answer = json.loads(run(extended, "chaoscad", "feasible", "y.yaml", "--json"))
    found = answer["gates"]["y"]
    assert (found["verdict"], found["tight"]) == ("feasible", True)
    assert found["lower"] == pytest.approx(0.67, rel=0.01)
