"""Wall time of the commands that must answer at once: medians of five processes."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NETLISTS = Path(__file__).parent.parent / "netlists"


def large(gates: int) -> str:
    lines = ["chaoscad: 1", "inputs: [a, b]", f"outputs: [g{gates - 1}]", "gates:"]
    for index in range(gates):
        left = f"g{index - 1}" if index > 0 else "a"
        right = f"g{index - 2}" if index > 1 else "b"
        lines.append(f"  g{index}: {{inputs: [{left}, {right}], function: NAND}}")
    return "\n".join(lines) + "\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.yaml"
        path.write_text(large(10_000))
        print("| command | median of 5, s |")
        print("|---|---|")
        for title, arguments in (
            ("--help", ["--help"]),
            ("check, 5 gates", ["check", str(NETLISTS / "full_adder.yaml")]),
            ("check, 10,000 gates", ["check", str(path)]),
        ):
            times = []
            for _ in range(5):
                start = time.perf_counter()
                command = [sys.executable, "-m", "chaoscad", *arguments]
                subprocess.run(command, check=True, capture_output=True)
                times.append(time.perf_counter() - start)
            print(f"| `chaoscad {title}` | {statistics.median(times):.2f} |", flush=True)


if __name__ == "__main__":
    main()
