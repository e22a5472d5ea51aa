"""Six Lorenz gates x 32 restarts x 1000 steps: seconds and memory of whole processes.

`python benchmarks/lorenz.py [RUNS]`; the published script needs 198 s and 4.2 GB for one gate and one
restart on a machine of two cores.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NETLIST = Path(__file__).parents[1] / "netlists" / "lorenz.yaml"


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    seconds: list[float] = []
    for seed in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder) / "lorenz.design.json"
            start = time.perf_counter()
            subprocess.run(
                [
                    *(
                        sys.executable,
                        "-m",
                        "chaoscad",
                        "optimize",
                        str(NETLIST),
                        "-o",
                        str(output),
                    ),
                    *("--restarts", "32", "--steps", "1000", "--seed", str(seed)),
                ],
                check=True,
                capture_output=True,
            )
            seconds.append(time.perf_counter() - start)
            margins = {
                name: gate["margin"]
                for name, gate in json.loads(output.read_text())["gates"].items()
            }
        told = ", ".join(f"{name} {margin:.3g}" for name, margin in margins.items())
        print(f"seed {seed}: {seconds[-1]:.1f} s; margins {told}", flush=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"median {statistics.median(seconds):.1f} s ({min(seconds):.1f} to {max(seconds):.1f}), "
        f"peak memory {peak:.0f} MiB"
    )


if __name__ == "__main__":
    main()
