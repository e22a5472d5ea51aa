"""The cell library of the logistic map: coverage, margins, and how fast it is read, used and checked.

With --build, it is searched anew first, with a given seed, and compared with the shipped one.
"""

import sys
import time

from chaoscad.cells import Library, check, coverage, library, load
from chaoscad.cells.shelf import SHIPPED
from chaoscad.logic import TruthTable


def table(found: Library) -> None:
    print("| comparator | n | functions | worst margin | median | margin 0.1 | fewest n |")
    print("|---|---|---|---|---|---|---|")
    for compare, words in ((None, "either"), (">", ">")):
        for item in coverage(found, 0.1, compare):
            share = f"{item.covered} ({item.covered / item.functions:.1%})"
            reached = f"{item.reached} ({item.reached / item.functions:.1%})"
            print(
                f"| {words} | {item.iterates} | {share} | {item.worst or 0:.4f} "
                f"| {item.median or 0:.4f} | {reached} | {item.first} |"
            )


def main() -> None:
    found = library()
    assert found is not None
    if "--build" in sys.argv:
        from chaoscad.solve.cells.search import build

        begin = time.perf_counter()
        built = build(found.setting, found.state, seed=found.provenance["seed"])
        print(f"built in {time.perf_counter() - begin:.0f} s")
        print(f"the same as the shipped one: {built.entries == found.entries}\n")
    table(found)
    begin = time.perf_counter()
    fresh = load(SHIPPED / "logistic_a4.json")
    print(f"\nread in {1e3 * (time.perf_counter() - begin):.0f} ms")
    tables = [TruthTable(format(6 * index, "016b")) for index in range(10_000)]
    for what in ("10,000 different functions", "the same again"):
        begin = time.perf_counter()
        for item in tables:
            fresh.fewest(item, 0.1)
        print(f"{what} looked up in {time.perf_counter() - begin:.3f} s")
    begin = time.perf_counter()
    result = check(found)
    print(
        f"{result.functions} cells, {result.rows} rows, checked in "
        f"{time.perf_counter() - begin:.1f} s: {result.wrong} wrong"
    )


if __name__ == "__main__":
    main()
