"""Cells and mapped circuits by yield: the noise that cells stand, and yields of circuits, side by side.

python benchmarks/cells_by_yield.py [--sigma SIGMA] [--devices N] [FILE...]

Without files, the noise only. Of every file (.bench, BLIF, ...), the yield of the circuit mapped by
margin and of the one mapped by yield, where x0, every delta and the threshold of every gate have errors
of SIGMA and a has errors of SIGMA of its value.
"""

import argparse
import resource
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from chaoscad.cells import Library, library, reached, tolerance_of, yield_libraries
from chaoscad.cells.failures import Failures
from chaoscad.formats import read
from chaoscad.logic import TruthTable
from chaoscad.mapping import map_logic
from chaoscad.robustness import deviations_of, measure
from chaoscad.systems import setting
from chaoscad.workflow import optimize

LOGISTIC, UNIT = setting("logistic"), (0.0, 1.0)


def with_reaches(found: Library) -> Library:
    """A library of margins with the state noise that its cells stand."""
    noise = tolerance_of(LOGISTIC, noise={"state": 1.0})
    entries = {}
    for count, classes in found.entries.items():
        failures = Failures(LOGISTIC, UNIT, count, noise)
        entries[count] = {
            rows: replace(
                entry, reach=failures.reach(entry.cell(TruthTable(rows), LOGISTIC, count))
            )
            for rows, entry in classes.items()
            if len(rows) <= 16
        }
    return replace(found, entries=entries, objective=noise)


def noise() -> None:
    margin, (best,) = library(), yield_libraries(LOGISTIC, UNIT)
    assert margin is not None
    of_margin = with_reaches(margin)
    print("State noise at which the worst row fails with 1e-3, medians over functions of 4 inputs")
    print("| n | cells of margin >= .1 | the same functions by yield | least | best n of |")
    print("|---|---|---|---|---|")
    for figures in reached(best):
        count = figures.iterates
        above, below = (margin.margins(4, count, side)[1:-1] for side in (">", "<"))
        reaches = [of_margin.merits(4, count, side)[1:-1] for side in (">", "<")]
        # As a look-up takes them: the comparator of the better margin.
        today = np.where(above >= below, *reaches)
        good = np.maximum(above, below) >= 0.1
        mine = best.merits(4, count)[1:-1][good]
        print(
            f"| {count} | {np.median(today[good]):.4f} (least {today[good].min():.5f}) "
            f"| {np.median(mine):.4f} | {mine.min():.5f} | {figures.best} functions |"
        )
    every = [best.merits(4, count)[1:-1] for count in best.iterates]
    greatest = np.max(every, axis=0)
    print(f"with the best n: median {np.median(greatest):.4f}, least {greatest.min():.5f}")


def circuit(path: str, sigma: float, devices: int) -> None:
    logic = read(path)
    stands = tolerance_of(LOGISTIC, tolerance=sigma)
    for words, tolerance in (("margin", None), ("yield", stands)):
        begin = time.perf_counter()
        netlist = map_logic(logic, 4, tolerance=tolerance)
        design = optimize(netlist)
        designed = time.perf_counter() - begin
        begin, spent = time.perf_counter(), time.process_time()
        found = measure(design, deviations_of(design, tolerance=sigma), devices=devices)
        spent = time.process_time() - spent
        counts = Counter(gate.iterates for gate in netlist.gates)
        by_iterates = ", ".join(f"{counts[n]} of n = {n}" for n in sorted(counts))
        low, high = found.yield_.interval
        print(
            f"| {Path(path).stem} | {words} | {len(netlist.gates)} ({by_iterates}) "
            f"| {found.yield_.value:.4f} ({low:.4f} to {high:.4f}) | {designed:.1f} "
            f"| {time.perf_counter() - begin:.1f} ({spent:.1f} of CPU) |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sigma", type=float, default=0.003)
    parser.add_argument("--devices", type=int, default=100_000)
    parser.add_argument("files", nargs="*")
    given = parser.parse_args()
    if not given.files:
        noise()
        return
    print(f"sigma {given.sigma:g}, {given.devices} devices")
    print("| circuit | cells by | gates | yield | map and design, s | measured in, s |")
    print("|---|---|---|---|---|---|")
    for path in given.files:
        circuit(path, given.sigma, given.devices)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"\nmemory at most {peak:.2f} GB")


if __name__ == "__main__":
    main()
