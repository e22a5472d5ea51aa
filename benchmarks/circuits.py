"""Free circuits from their outputs alone: seeds solved, and the CPU time of whole processes.

python benchmarks/circuits.py [SEEDS [CIRCUIT...]]
"""

import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from chaoscad.netlist import load
from chaoscad.workflow import optimize

NETLISTS = Path(__file__).parent.parent / "netlists"
CIRCUITS = ("full_adder", "xnor_of_nands", "c17", "multiplier_2x2", "mux2", "full_adder_mixed")

PROCESSES = 5


def process(path: Path, seed: int) -> float:
    """CPU seconds of one whole process."""

    def used() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return children.ru_utime + children.ru_stime

    before = used()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "chaoscad", "optimize", str(path)]
        command += ["--seed", str(seed), "-o", f"{folder}/made.design.json"]
        subprocess.run(command, capture_output=True, check=True)
    return used() - before


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    print("| circuit | seeds solved | least margins | whole process, median CPU s (greatest) |")
    print("|---|---|---|---|")
    for name in sys.argv[2:] or CIRCUITS:
        path = NETLISTS / f"{name}.yaml"
        netlist = load(path)
        designs = [optimize(netlist, seed=seed) for seed in range(seeds)]
        solved = sum(design.solved for design in designs)
        least = [min(gate.margin for gate in design.gates) for design in designs]
        times = [process(path, seed) for seed in range(PROCESSES)]
        print(
            f"| {name} | {solved} of {seeds} | {min(least):.4f} to {max(least):.4f} "
            f"| {statistics.median(times):.2f} ({max(times):.2f}) |",
            flush=True,
        )


if __name__ == "__main__":
    main()
