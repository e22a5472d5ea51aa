"""CPU seconds of exports: the export itself, and the whole command with its imports.

Medians of three processes each. With the folder of another checkout as its argument, that one beside
this: `git worktree add ../before COMMIT && python benchmarks/export_cost.py ../before`.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
DESIGNS = ROOT / "tests" / "data" / "designs"
TARGETS = ("verilog", "spice", "c", "table", "blif")
CASES = [("lorenz", "c"), *(("full_adder", target) for target in TARGETS)]

ALONE = """
import sys, time
import scipy.integrate
import chaoscad
from chaoscad.export import EXPORTERS
_, design, target, folder = sys.argv
loaded, _ = chaoscad.load_design(design), EXPORTERS[target]
chaoscad.export_design  # imports what it needs
start = time.process_time()
chaoscad.export_design(loaded, target, folder)
print(time.process_time() - start)
"""


def alone(checkout: Path, design: str, target: str, folder: str) -> float:
    """The export of a design that is loaded, all modules imported."""
    command = [sys.executable, "-c", ALONE, design, target, f"{folder}/out"]
    return float(subprocess.check_output(command, **started(checkout, folder)))


def whole(checkout: Path, design: str, target: str, folder: str) -> float:
    """The command, with the start of Python and all imports."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "chaoscad", "export", design, "--target", target, "-o", "out"]
    subprocess.check_output(command, **started(checkout, folder))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def started(checkout: Path, folder: str) -> dict[str, Any]:
    """In an empty folder: Python looks for modules in the one in which it starts, too."""
    own = {**os.environ, "PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}
    return {"cwd": folder, "env": own, "text": True}


def main() -> None:
    checkouts = [*(Path(given).resolve() for given in sys.argv[1:]), ROOT]
    columns = [f"{way}, {checkout.name}" for way in ("export", "command") for checkout in checkouts]
    print("| design | target | " + " | ".join(columns) + " |")
    print("|---|---|" + "---|" * len(columns))
    for design, target in CASES:
        cells: list[str] = []
        for way in (alone, whole):
            for checkout in checkouts:
                times: list[float] = []
                for _ in range(3):
                    with tempfile.TemporaryDirectory() as scratch:
                        path = str(DESIGNS / f"{design}.json")
                        times.append(way(checkout, path, target, scratch))
                cells.append(f"{statistics.median(times):.3f} s")
        print(f"| {design} | {target} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
