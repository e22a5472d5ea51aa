"""Free circuits from their outputs alone: seeds solved, and the wall time of whole processes.

python benchmarks/circuits.py [SEEDS]
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NETLISTS = Path(__file__).parent.parent / "netlists"
CIRCUITS = ("full_adder", "xnor_of_nands", "c17", "multiplier_2x2", "mux2", "full_adder_mixed")


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    print("| circuit | seeds solved | wall time of the process, median (max) in s |")
    print("|---|---|---|")
    for name in sys.argv[2:] or CIRCUITS:
        times: list[float] = []
        solved = 0
        with tempfile.TemporaryDirectory() as folder:
            for seed in range(seeds):
                output = Path(folder) / f"{seed}.design.json"
                command = [sys.executable, "-m", "chaoscad", "optimize"]
                command += [str(NETLISTS / f"{name}.yaml"), "--seed", str(seed), "-o", str(output)]
                start = time.perf_counter()
                result = subprocess.run(command, capture_output=True, check=False)
                times.append(time.perf_counter() - start)
                verify = [sys.executable, "-m", "chaoscad", "verify", str(output)]
                verified = subprocess.run(verify, capture_output=True, check=False)
                solved += result.returncode == 0 and verified.returncode == 0
        print(
            f"| {name} | {solved} of {seeds} | {statistics.median(times):.1f} ({max(times):.1f}) |",
            flush=True,
        )


if __name__ == "__main__":
    main()
