"""Damaged files and command lines, by the thousand: how many are accepted, refused, and how many are faults.

    python benchmarks/fuzz.py [--count 2000] [--first 0] [--target NAME]...

The tests run the first few of the same inputs; a fault is shown with its target and number.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.fuzz.readers import attack, targets


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--count", type=int, default=2000, help="Inputs of every target.")
    arguments.add_argument("--first", type=int, default=0, help="Number of the first input.")
    arguments.add_argument("--target", action="append", default=[], help="Only this target.")
    given = arguments.parse_args()
    total = 0
    print(
        f"{'target':14} {'inputs':>7} {'accepted':>9} {'refused':>8} {'faults':>7} {'seconds':>8}"
    )
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for target in targets(Path(folder)):
            if given.target and target.name not in given.target:
                continue
            start = time.perf_counter()
            accepted, faults = attack(target, range(given.first, given.first + given.count))
            seconds = time.perf_counter() - start
            refused = given.count - accepted - len(faults)
            print(
                f"{target.name:14} {given.count:7} {accepted:9} {refused:8} {len(faults):7} {seconds:8.1f}",
                flush=True,
            )
            for fault in faults[:20]:
                print(f"  {fault}", file=sys.stderr)
            total += len(faults)
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
