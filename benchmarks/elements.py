"""One element, every function: the worst margin over all functions that x0 alone selects.

Logistic map, a = 4, states in [0, 1]; weights, threshold and iterates are the same in every setting.
Each line is `chaoscad optimize` of its own process, its start included: the median of three seeds.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FAMILIES = [("shared", n) for n in (3, 4, 5)] + [("independent", n) for n in (4, 5, 6)]
SEEDS = (0, 1, 2)


def netlist(weights: str, iterates: int) -> str:
    """Every two-input function, or every symmetric one, as gates that differ in x0."""
    tables = [format(number, "04b") for number in range(16)]
    if weights == "shared":
        tables = [table for table in tables if table[1] == table[2]]
    names = ", ".join(f"f{table}" for table in tables)
    gates = "".join(f'  f{table}: {{inputs: [a, b], function: "{table}"}}\n' for table in tables)
    ties = "".join(
        f"  - {{parameter: {name}, gates: [{names}]}}\n" for name in ("delta", "threshold")
    )
    return (
        "chaoscad: 1\nname: family\nsystem: logistic\n"
        f"defaults: {{weights: {weights}, iterates: {iterates}}}\ninputs: [a, b]\n"
        f"outputs: [{names}]\ngates:\n{gates}tie:\n{ties}"
    )


def main() -> None:
    print("| weights | functions | iterates | worst margin | least of the seeds | seconds |")
    print("|---|---|---|---|---|---|")
    for weights, iterates in FAMILIES:
        margins, seconds = [], []
        for seed in SEEDS:
            with tempfile.TemporaryDirectory() as folder:
                source, design = Path(folder, "family.yaml"), Path(folder, "family.design.json")
                source.write_text(netlist(weights, iterates))
                command = [sys.executable, "-m", "chaoscad", "optimize", str(source)]
                begin = time.perf_counter()
                subprocess.run(
                    [*command, "--seed", str(seed), "-o", str(design)],
                    check=True,
                    capture_output=True,
                )
                seconds.append(time.perf_counter() - begin)
                margins.append(json.loads(design.read_text())["verification"]["worst_margin"])
        print(
            f"| {weights} | {8 if weights == 'shared' else 16} | {iterates} "
            f"| {statistics.median(margins):.4f} | {min(margins):.4f} "
            f"| {statistics.median(seconds):.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
