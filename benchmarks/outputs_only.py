"""Circuits of free two-input gates from their outputs alone, by exact search and by training.

python benchmarks/outputs_only.py [METHOD] [SEEDS]

Every run is a whole process, `chaoscad optimize` of what `chaoscad generate --free` writes, followed by
`chaoscad verify`. METHOD is sat, gradient, or auto (the default).
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CIRCUITS = {
    "auto": (("ripple_adder", 8), ("ripple_adder", 16), ("ripple_adder", 64)),
    "gradient": (("ripple_adder", 8), ("ripple_adder", 16)),
}
CIRCUITS["auto"] += (("array_multiplier", 3), ("array_multiplier", 4), ("comparator", 8))
CIRCUITS["sat"] = CIRCUITS["auto"]
CIRCUITS["gradient"] += (("array_multiplier", 3), ("array_multiplier", 4))


def chaoscad(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chaoscad", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def main() -> None:
    method = sys.argv[1] if len(sys.argv) > 1 else "auto"
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    print(
        f"| circuit ({method}) | gates | seeds solved | process, median (max), s | verification |"
    )
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for kind, width in CIRCUITS[method]:
            netlist = str(Path(folder) / f"{kind}{width}.yaml")
            made = chaoscad("generate", kind, "--width", str(width), "--free", "-o", netlist)
            gates = (made.stdout + made.stderr).split(" gates")[0].split()[-1]
            times: list[float] = []
            solved = 0
            said = ""
            for seed in range(seeds):
                design = str(Path(folder) / f"{seed}.json")
                start = time.perf_counter()
                run = chaoscad(
                    "optimize", netlist, "--method", method, "--seed", str(seed), "-o", design
                )
                times.append(time.perf_counter() - start)
                check = chaoscad("verify", design)
                solved += run.returncode == 0 and check.returncode == 0
                said = check.stdout.strip().split(": ")[-1]
            print(
                f"| {kind} {width} | {gates} | {solved} of {seeds} | "
                f"{statistics.median(times):.1f} ({max(times):.1f}) | {said} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
