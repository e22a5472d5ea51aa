"""10^5 gates through every command: CPU seconds and peak memory of whole processes.

python benchmarks/scale.py [--kind KIND] [--width WIDTH] [--only COMMAND,...] [FILE...]

Without files, a circuit of `chaoscad generate`, of WIDTH bits, as BLIF. Children (ABC, compilers) are counted
with their parents: the seconds are added, and of the memory the greatest of any one process is shown.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from chaoscad.formats import dumps
from chaoscad.netlist import load, to_logic

LIMIT = 900
"""Seconds of a command, after which it is stopped and the row says so."""

MEASURED = """
import os, resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


def measured(*arguments: str) -> tuple[int | None, float, float, float]:
    """Exit status (none at the limit), CPU seconds, wall seconds, and peak MB of a command."""
    command = [sys.executable, "-c", MEASURED, sys.executable, "-m", "chaoscad", *arguments]
    start = time.perf_counter()
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=True)
    except subprocess.TimeoutExpired:
        return None, float("nan"), float(LIMIT), float("nan")
    code, cpu, kilobytes = done.stdout.split()
    return int(code), float(cpu), time.perf_counter() - start, float(kilobytes) / 1024


def commands(source: str, folder: str) -> list[tuple[str, tuple[str, ...]]]:
    """What a circuit goes through, with the files that each command leaves."""
    mapped, design = f"{folder}/mapped.yaml", f"{folder}/mapped.json"
    imported = f"{folder}/imported.yaml"
    rows: list[tuple[str, tuple[str, ...]]] = []
    if not source.endswith(".yaml"):
        rows.append(("import", ("import", source, "-o", imported)))
    rows += [
        ("check", ("check", imported if rows else source)),
        ("map", ("map", source, "-o", mapped)),
        ("optimize", ("optimize", mapped, "-o", design)),
        ("verify", ("verify", design)),
        ("verify --against", ("verify", design, "--against", source)),
        ("show", ("show", design)),
        ("draw, refused", ("draw", design, "-o", f"{folder}/drawn.svg")),
        ("yield", ("yield", design, "--tolerance", "0.01", "--devices", "1000")),
    ]
    for target in ("blif", "verilog", "c", "table", "spice"):
        rows.append(
            (
                f"export --target {target}",
                ("export", design, "--target", target, "-o", f"{folder}/{target}"),
            )
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", default="array_multiplier")
    parser.add_argument("--width", default="128")
    parser.add_argument("--only", help="commands, as the table has them")
    parser.add_argument("files", nargs="*", metavar="FILE")
    given = parser.parse_args()
    print(f"{os.cpu_count()} cores; peak of this process {_own():.0f} MB")
    print("| circuit | command | status | CPU, s | wall, s | peak, MB |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        files = list(given.files)
        if not files:
            made = f"{folder}/{given.kind}{given.width}.yaml"
            options = ("generate", given.kind, "--width", given.width, "-o", made)
            _row(Path(made).stem, "generate", options)
            files = [made.replace(".yaml", ".blif")]
            Path(files[0]).write_text(dumps(to_logic(load(made)), "blif"))
        for file in files:
            for title, arguments in commands(file, folder):
                if given.only is None or title in given.only.split(","):
                    _row(Path(file).stem, title, arguments)


def _row(circuit: str, title: str, arguments: tuple[str, ...]) -> None:
    force = ("--force",) if "-o" in arguments else ()
    code, cpu, wall, memory = measured(*arguments, *force)
    said = "stopped" if code is None else code
    print(f"| {circuit} | {title} | {said} | {cpu:.1f} | {wall:.1f} | {memory:.0f} |", flush=True)


def _own() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
