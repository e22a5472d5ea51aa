"""Standard circuits through import, mapping, design and proof: gates, levels and seconds.

python benchmarks/mapping.py [-k K] [--effort area] FILE...

Without files, circuits of `chaoscad generate`. Every step is a process of its own.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GENERATED = (
    ("array_multiplier", 16),
    ("ripple_adder", 64),
    ("lookahead_adder", 64),
    ("barrel_shifter", 32),
    ("alu", 16),
    ("random", 64),
)


class Failed(Exception):
    """A command did not do what it was asked for."""


def chaoscad(*arguments: str) -> tuple[float, str]:
    command = [sys.executable, "-m", "chaoscad", *arguments]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"`{arguments[0]}`: {(done.stderr or done.stdout).strip().splitlines()[-1]}")
    return time.perf_counter() - start, done.stdout


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("-k", default="4")
    parser.add_argument("--effort", default="depth")
    parser.add_argument("files", nargs="*")
    given = parser.parse_args()
    print(
        "| circuit | gates | mapped, levels | map, s | design, s | worst margin | proof, s | by |"
    )
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        files = list(given.files)
        if not files:
            for kind, width in GENERATED:
                path = str(Path(folder) / f"{kind}{width}.yaml")
                extra = ("--gates", "10000") if kind == "random" else ()
                chaoscad("generate", kind, "--width", str(width), *extra, "-o", path)
                files.append(path)
        for file in files:
            try:
                row = through(file, folder, ("-k", given.k, "--effort", given.effort))
            except Failed as failure:
                row = str(failure)
            print(f"| {Path(file).stem} | {row} |", flush=True)


def through(file: str, folder: str, options: tuple[str, ...]) -> str:
    """A circuit mapped, designed and proven: its row of the table."""
    mapped = str(Path(folder) / "mapped.yaml")
    design = str(Path(folder) / "mapped.design.json")
    spent, text = chaoscad("map", file, *options, "--force", "--json", "-o", mapped)
    data = json.loads(text)
    designed, text = chaoscad("optimize", mapped, "-o", design, "--force", "--json")
    margin = json.loads(text)["design"]["verification"]["worst_margin"]
    proved, text = chaoscad("verify", design, "--against", file)
    how = text.strip().splitlines()[-1].split("proven by ")[-1]
    return (
        f"{data['original_gates']} | {data['gates']}, {data['levels']} | {spent:.1f} | "
        f"{designed:.1f} | {margin:.3f} | {proved:.1f} | {how}"
    )


if __name__ == "__main__":
    main()
