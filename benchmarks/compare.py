"""What a user would take instead, beside chaoscad, in one run: CPU seconds, medians of RUNS.

    python benchmarks/compare.py [--runs RUNS] [--only gate|recipe|process|mapping] [FILE...]

Four tables: one gate to 99 % of its certified best margin; the published recipe; whole processes;
mapping and proofs beside ABC (needs yosys-abc), of the files or of generated circuits. Seconds are of
CPU, user and system, since other work on a machine changes them less than those of a clock.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from other_ways import (
    BEST,
    batched_jax,
    differential_evolution,
    published_loop,
    random_search,
)

from chaoscad.errors import ChaoscadError
from chaoscad.formats import dumps, read
from chaoscad.mapping import map_logic
from chaoscad.netlist import NAMED, parse, to_logic
from chaoscad.netlist.generators import array_multiplier, lookahead_adder, ripple_adder
from chaoscad.solve import GATES, Settings, recipe
from chaoscad.solve.model import Search
from chaoscad.solve.problem import problem
from chaoscad.toolchain import require
from chaoscad.verification import equivalent

SHARE = 0.99
"""Of the certified best margin."""

NETLISTS = Path(__file__).parent.parent / "netlists"

GATE = """
chaoscad: 1
defaults: {weights: WEIGHTS, bounds: {state: STATE}}
inputs: [a, b]
outputs: [y]
gates: {y: {inputs: [a, b], function: AND}}
"""


def cpu(action: Callable[[], object]) -> float:
    """CPU seconds of an action, those of its processes included."""

    def used() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.process_time() + children.ru_utime + children.ru_stime

    before = used()
    action()
    return used() - before


def spent(action: Callable[[int], object], runs: int) -> str:
    """The median over seeds, with the least and the most."""
    times = [cpu(lambda seed=seed: action(seed)) for seed in range(runs)]
    return f"{statistics.median(times):.3f} ({min(times):.3f} to {max(times):.3f})"


def gate(runs: int) -> None:
    """AND on the logistic map a = 4, states in [0, 1], independent weights: time to 99 % of 1/6."""
    from chaoscad.solve.gates import solve_problems

    netlist, _ = parse(GATE.replace("WEIGHTS", "independent").replace("STATE", "[0, 1]"))
    posed = problem([netlist.gates[0]], [NAMED["AND"].table(2)], [])

    def ours(search: Search, seed: int) -> None:
        answers, _ = solve_problems([posed], search, seed=seed)
        reached(float(answers[posed].margin[0]))

    def reached(margin: float) -> None:
        assert margin >= SHARE * BEST, margin

    sampled = Settings().gates
    few = Search(sampled.optimizer, sampled.steps, restarts=1)
    # Other steps than the usual ones ask for training, as all gates were until they were sampled.
    trained = Search(GATES.optimizer, GATES.steps + 1, restarts=64)
    # What is loaded once belongs to no way.
    ours(few, 0)
    ways: list[tuple[str, Callable[[int], object]]] = [
        ("chaoscad, samples for 1 start", lambda seed: ours(few, seed)),
        ("chaoscad, as usual", lambda seed: ours(sampled, seed)),
        ("chaoscad, 64 starts trained for 1000 steps", lambda seed: ours(trained, seed)),
        ("a script with JAX, 64 starts in one program", lambda seed: reached(batched_jax(seed))),
        ("SciPy `differential_evolution`", lambda seed: reached(differential_evolution(seed))),
        ("random search", lambda seed: reached(random_search(seed))),
    ]
    print(f"\n## One gate, to {100 * SHARE:.0f} % of the greatest margin, 1/6\n")
    print("| way | first run | runs after it |\n|---|---|---|")
    for name, way in ways:
        first = cpu(lambda way=way: way(0))
        print(f"| {name} | {first:.3f} | {spent(way, runs)} |", flush=True)


def published(runs: int) -> None:
    """The published recipe, one start after the other and all together."""
    from chaoscad.solve.gates import solve_problems

    netlist, _ = parse(GATE.replace("WEIGHTS", "shared").replace("STATE", "[-inf, inf]"))
    posed = problem([netlist.gates[0]], [NAMED["AND"].table(2)], [])
    search = recipe("published").gates

    def ours(seed: int) -> None:
        solve_problems([posed], search, seed=seed, bounded=False, polish=False)

    print("\n## The published recipe, AND with one shared weight, 5000 steps\n")
    print("| way | starts | first run | runs after it |\n|---|---|---|---|")
    for name, starts, way in (
        ("its own loop", 1, published_loop),
        ("`--recipe published`", search.restarts, ours),
    ):
        first = cpu(lambda way=way: way(0))
        print(f"| {name} | {starts} | {first:.3f} | {spent(way, runs)} |", flush=True)
    inside = sum(published_loop(seed)[1] for seed in range(runs))
    print(f"\nIts own loop leaves {inside} of {runs} gates with all states in [0, 1].")


def processes(runs: int) -> None:
    """Whole processes of the command line, without compiled programs on disk and with them."""
    print("\n## Whole processes\n")
    print("| `chaoscad` | first run | runs after it |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "XDG_CACHE_HOME": folder}
        design = f"{folder}/made.json"

        def run(*arguments: str) -> None:
            command = [sys.executable, "-m", "chaoscad", *arguments]
            subprocess.run(command, check=True, capture_output=True, env=environment)

        names = ("lorenz", "xnor_of_nands", "multiplier_2x2", "two_input_functions", "full_adder")
        for name in names:
            asked = ("optimize", str(NETLISTS / f"{name}.yaml"), "-o", design, "--force")
            first = cpu(lambda asked=asked: run(*asked))
            again = spent(lambda _, asked=asked: run(*asked), runs)
            print(f"| `optimize` {name} | {first:.2f} | {again} |", flush=True)
        for words in (("verify",), ("show",), ("export", "--target", "c", "-o", f"{folder}/c")):
            asked = (words[0], design, *words[1:], *(["--force"] if len(words) > 1 else []))
            first = cpu(lambda asked=asked: run(*asked))
            again = spent(lambda _, asked=asked: run(*asked), runs)
            print(f"| `{words[0]}` {names[-1]} | {first:.2f} | {again} |", flush=True)


def mapping(files: Sequence[str], runs: int) -> None:
    """Covers of four-input gates and their proofs beside ABC's."""
    try:
        abc = require("yosys-abc")
    except ChaoscadError as error:
        print(f"\nno table of mapping: {error}")
        return
    logics = [(Path(file).stem, read(file)) for file in files] or [
        ("16x16 multiplier", to_logic(array_multiplier(16))),
        ("64-bit ripple adder", to_logic(ripple_adder(64))),
        ("64-bit lookahead adder", to_logic(lookahead_adder(64))),
    ]
    print("\n## Mapping to gates of four inputs, and the proof of it\n")
    print(
        "| circuit | gates | ABC | map | ABC `if -K 4` | proof | ABC `cec` |\n" + "|---" * 7 + "|"
    )
    for name, logic in logics:
        cover = to_logic(map_logic(logic))
        with tempfile.TemporaryDirectory() as folder:
            for file, one in (("one", logic), ("other", cover)):
                plain = dumps(one.numbered(one.inputs, one.outputs), "blif")
                (Path(folder) / f"{file}.blif").write_text(plain)

            def by_abc(commands: str, folder: str = folder) -> str:
                return abc.run(["-q", commands], folder=folder, timeout=600).output

            script = "read_blif one.blif; strash; dch; if -K 4; print_stats"
            nodes = int(by_abc(script).split("nd =")[1].split()[0])
            columns = (
                lambda _, logic=logic: map_logic(logic),
                lambda _, script=script: by_abc(script),
                lambda _, pair=(logic, cover): equivalent(*pair),
                lambda _: by_abc("cec one.blif other.blif"),
            )
            times = " | ".join(spent(column, runs).split(" ")[0] for column in columns)
        print(f"| {name} | {len(cover.nodes)} | {nodes} | {times} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", choices=["gate", "recipe", "process", "mapping"])
    parser.add_argument("files", nargs="*", metavar="FILE")
    given = parser.parse_args()
    print(f"{os.cpu_count()} cores, NumPy {np.__version__}; CPU seconds, median (least to most)")
    tables = {
        "gate": lambda: gate(given.runs),
        "recipe": lambda: published(given.runs),
        "process": lambda: processes(given.runs),
        "mapping": lambda: mapping(given.files, given.runs),
    }
    for name, table in tables.items():
        if given.only in (None, name):
            table()


if __name__ == "__main__":
    main()
