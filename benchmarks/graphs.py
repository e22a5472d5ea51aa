"""A circuit of 10,000 gates as a graph: the program's own passes over nets, and networkx."""

import subprocess
import sys
import time
from collections.abc import Callable

import networkx

from chaoscad.logic.graph import by_level, cone, levels, supports
from chaoscad.netlist.generators import random_circuit


def best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(5):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def importing(module: str) -> float:
    return best(lambda: subprocess.run([sys.executable, "-c", f"import {module}"], check=True))


def main() -> None:
    netlist = random_circuit(64, gates=10_000)
    graph, first = netlist.graph(), netlist.outputs[0]
    print(f"{len(netlist.gates)} gates in {netlist.depth} levels")
    print("| what | chaoscad, ms | networkx, ms |")
    print("|---|---|---|")
    rows: tuple[tuple[str, Callable[[], object], Callable[[], object]], ...] = (
        ("order by level", lambda: by_level(netlist.gates), lambda: topological(graph)),
        ("levels", lambda: levels(netlist.drivers), lambda: generations(graph)),
        (
            "cone of an output",
            lambda: cone(netlist.drivers, [first]),
            lambda: networkx.ancestors(graph, first),
        ),
    )
    for title, own, other in rows:
        print(f"| {title} | {best(own):.1f} | {best(other):.1f} |")
    print(
        f"| inputs of all nets | {best(lambda: supports(netlist.drivers, netlist.inputs)):.1f} | |"
    )
    print(f"| the graph, made | | {best(netlist.graph):.1f} |")
    extra = importing("networkx") - importing("sys")
    print(f"| networkx, imported | | {extra:.1f} |")


def topological(graph: networkx.DiGraph) -> list[str]:
    return list(networkx.lexicographical_topological_sort(graph))


def generations(graph: networkx.DiGraph) -> list[list[str]]:
    return list(networkx.topological_generations(graph))


if __name__ == "__main__":
    main()
