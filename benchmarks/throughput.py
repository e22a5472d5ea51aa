"""Six functions x 1024 restarts x 5000 steps: gate-steps per second, and the whole process.

A gate-step is one gradient step of one restart of one two-input gate: its four rows, the projected
threshold, the derivatives and the optimizer's update. `--widths` prints the time of a step at other
numbers of restarts instead; pinned to one core (`taskset -c 0`) nothing is spent on sharing it out.
"""

import subprocess
import sys
import time
from dataclasses import replace

from chaoscad.netlist import NAMED, parse
from chaoscad.solve.gates import solve_problems
from chaoscad.solve.model import GATES
from chaoscad.solve.problem import Problem, problem

RESTARTS, STEPS = 1024, 5000

WIDTHS = (64, 256, 1024, 4096)


def posed() -> dict[str, Problem]:
    netlist, _ = parse(
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y]\ngates: {y: {inputs: [a, b], function: AND}}"
    )
    gate = netlist.gates[0]
    names = ("AND", "OR", "XOR", "NAND", "NOR", "XNOR")
    return {name: problem([gate], [NAMED[name].table(2)], []) for name in names}


def widths() -> None:
    problems = list(posed().values())
    print("| trials | a step, us of CPU | million gate-steps a second of CPU |\n|---|---|---|")
    for restarts in WIDTHS:
        search = replace(GATES, restarts=restarts, steps=STEPS)
        solve_problems(problems, search, seed=0, polish=False)
        used = []
        for seed in range(3):
            before = time.process_time()
            solve_problems(problems, search, seed=seed, polish=False)
            used.append((time.process_time() - before) / STEPS)
        step, trials = min(used), len(problems) * restarts
        print(f"| {trials} | {1e6 * step:.1f} | {trials / step / 1e6:.1f} |", flush=True)


def measure() -> None:
    named = posed()
    names, problems = list(named), list(named.values())
    search = replace(GATES, restarts=RESTARTS, steps=STEPS)
    # One chunk of steps compiles the program; every chunk of the run after it is the same program.
    start = time.perf_counter()
    solve_problems(problems, replace(search, steps=STEPS), seed=0, polish=False)
    first = time.perf_counter() - start
    if "--process" in sys.argv:
        return
    start, before = time.perf_counter(), time.process_time()
    answers, stages = solve_problems(problems, search, seed=1, polish=False)
    again, used = time.perf_counter() - start, time.process_time() - before
    work = len(names) * RESTARTS * STEPS
    print(f"first run, compilation included: {first:.2f} s")
    print(f"second run: {again:.2f} s, {work / again / 1e6:.1f} million gate-steps per second")
    print(f"of CPU: {used:.2f} s, {work / used / 1e6:.1f} million gate-steps per second")
    margins = (
        f"{name} {answers[item].margin[0]:.4f}" for name, item in zip(names, problems, strict=True)
    )
    print("margins:", ", ".join(margins))
    print("trials solved:", sum(stage.solved for stage in stages), "of", len(names) * RESTARTS)


def main() -> None:
    if "--widths" in sys.argv:
        widths()
        return
    measure()
    if "--process" in sys.argv:
        return
    times = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([sys.executable, __file__, "--process"], check=True)
        times.append(time.perf_counter() - start)
    times.sort()
    print(f"whole process: median {times[2]:.2f} s, least {times[0]:.2f} s, most {times[-1]:.2f} s")


if __name__ == "__main__":
    main()
