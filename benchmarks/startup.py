"""Time of the commands that must answer at once: medians of five processes, with their imports."""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NETLISTS = Path(__file__).parent.parent / "netlists"
ADDER = str(NETLISTS / "full_adder.yaml")
SIXTEEN = str(NETLISTS / "two_input_functions.yaml")


def large(gates: int) -> str:
    lines = ["chaoscad: 1", "inputs: [a, b]", f"outputs: [g{gates - 1}]", "gates:"]
    for index in range(gates):
        left = f"g{index - 1}" if index > 0 else "a"
        right = f"g{index - 2}" if index > 1 else "b"
        lines.append(f"  g{index}: {{inputs: [{left}, {right}], function: NAND}}")
    return "\n".join(lines) + "\n"


def measured(*arguments: str) -> tuple[float, float]:
    """Wall and CPU seconds of one whole process."""

    def used() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return children.ru_utime + children.ru_stime

    start, before = time.perf_counter(), used()
    command = [sys.executable, "-m", "chaoscad", *arguments]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start, used() - before


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, design = Path(folder) / "large.yaml", Path(folder) / "full_adder.design.json"
        path.write_text(large(10_000))
        measured("optimize", ADDER, "-o", str(design))
        print("| command | wall, s | CPU, s |")
        print("|---|---|---|")
        for title, *arguments in (
            ("--help", "--help"),
            ("check, 5 gates", "check", ADDER),
            ("check, 10,000 gates", "check", str(path)),
            ("optimize, 16 gates by look-up", "optimize", SIXTEEN, "-o", f"{folder}/16"),
            ("verify, 5 gates", "verify", str(design)),
            ("show, 5 gates", "show", str(design)),
            (
                "export --target c, 5 gates",
                "export",
                str(design),
                "--target",
                "c",
                "-o",
                f"{folder}/c",
            ),
            ("map, a 4-bit adder", "map", str(NETLISTS / "adder4.blif"), "-o", f"{folder}/m.yaml"),
        ):
            force = ["--force"] if "-o" in arguments else []
            runs = [measured(*arguments, *force) for _ in range(5)]
            wall, cpu = (statistics.median(times) for times in zip(*runs, strict=True))
            print(f"| `chaoscad {title}` | {wall:.2f} | {cpu:.2f} |", flush=True)


if __name__ == "__main__":
    main()
