"""Seconds, CPU seconds and kB of reports, by the whole command, imports included.

    python benchmarks/reports.py [FOLDER]

FOLDER holds c432.bench of the ISCAS'85 circuits; without it c432 is left out. Medians of three runs.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml
from sweeps import FIXED

ROOT = Path(__file__).parent.parent
DESIGNS = ROOT / "tests" / "data" / "designs"
RUNS = 3

SWEEP = {
    **FIXED,
    "axes": {
        "system.a": {"from": 3.5, "to": 4, "count": 132},
        "gates.y.fixed.threshold": {"from": 0.5, "to": 0.9, "count": 76},
    },
}
"""132 x 76 points of a gate whose numbers are given."""


def command(*arguments: str, folder: str) -> None:
    """Run chaoscad in a folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    start = [sys.executable, "-m", "chaoscad", *arguments]
    subprocess.run(start, check=True, cwd=folder, env=environment, stdout=subprocess.DEVNULL)


def cases(folder: str) -> dict[str, list[str]]:
    """What is reported, by its title; designs that take long to solve are kept with the tests."""
    found = {
        "full adder": [str(DESIGNS / "full_adder.json")],
        "full adder, with yield and worst cases": [
            *(str(DESIGNS / "full_adder.json"), "--tolerance", "0.05"),
        ],
        "six Lorenz gates": [str(DESIGNS / "lorenz.json")],
        "three configurations": [str(DESIGNS / "morph.json")],
    }
    command("optimize", str(ROOT / "netlists" / "alu_slice.yaml"), "-o", "alu.json", folder=folder)
    found["ALU slice"] = ["alu.json"]
    Path(folder, "sweep.yaml").write_text(yaml.safe_dump(SWEEP, sort_keys=False))
    command("sweep", "sweep.yaml", "-o", "sweep.zarr", folder=folder)
    found["sweep of 10,032 points"] = ["sweep.zarr"]
    if len(sys.argv) > 1:
        circuit = str(Path(sys.argv[1], "c432.bench").resolve())
        command("map", circuit, "-k", "4", "-o", "c432.yaml", folder=folder)
        command("optimize", "c432.yaml", "-o", "c432.json", folder=folder)
        found["c432"] = ["c432.json"]
    return found


def main() -> None:
    """Print the table."""
    print("| report | seconds | CPU seconds | kB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for title, arguments in cases(folder).items():
            walls: list[float] = []
            loads: list[float] = []
            for _ in range(RUNS):
                began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
                command("report", *arguments, "-o", "r.html", "--force", folder=folder)
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                walls.append(time.perf_counter() - began)
                loads.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
            size = Path(folder, "r.html").stat().st_size
            wall, load = statistics.median(walls), statistics.median(loads)
            print(f"| {title} | {wall:.2f} | {load:.2f} | {size / 1000:.0f} |", flush=True)


if __name__ == "__main__":
    main()
