"""How long proofs of equality take: circuits against what a synthesis tool makes of them.

    python benchmarks/equivalence.py [FILE...]

Needs python-sat, and yosys-abc for the restructured circuits. With files, each is mapped by
`chaoscad map`, and proven equal to its cover by us and by ABC's `cec`; seconds of CPU, of the proof and
of the whole process of ABC, which reads both circuits too.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from chaoscad.formats import dumps, loads, read
from chaoscad.logic import Logic, LogicNode, TruthTable
from chaoscad.mapping import map_logic
from chaoscad.netlist import to_logic
from chaoscad.netlist.generators import array_multiplier, lookahead_adder, ripple_adder
from chaoscad.toolchain import require
from chaoscad.verification import equivalent

SCRIPT = "read_blif one.blif; strash; dch; if -K 4; write_blif two.blif"


def remapped(logic: Logic) -> Logic:
    """The circuit, restructured by ABC into four-input tables."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "one.blif").write_text(dumps(logic, "blif"))
        done = require("yosys-abc").run(["-q", SCRIPT], folder=folder, timeout=600)
        assert done.status == 0, done.output
        return loads((Path(folder) / "two.blif").read_text(), "blif")


def random_logic(inputs: int, gates: int, arity: int, seed: int) -> Logic:
    """Random tables over random earlier nets; every net that nothing reads is an output."""
    random = np.random.default_rng(seed)
    nets = [f"x{index}" for index in range(inputs)]
    nodes: list[LogicNode] = []
    for index in range(gates):
        reads = tuple(nets[place] for place in random.choice(len(nets), arity, replace=False))
        rows = "".join(str(bit) for bit in random.integers(0, 2, 1 << arity))
        if len(set(rows)) > 1:
            nodes.append(LogicNode(f"n{index}", reads, TruthTable(rows)))
            nets.append(f"n{index}")
    read = {name for node in nodes for name in node.inputs}
    outputs = tuple(node.name for node in nodes if node.name not in read)
    return Logic("random", tuple(nets[:inputs]), outputs, tuple(nodes))


def against_remapped(logic: Logic) -> tuple[Logic, Logic]:
    """A circuit beside its restructured self."""
    return logic, remapped(logic)


CASES: dict[str, Callable[[], tuple[Logic, Logic]]] = {
    "64-bit ripple and lookahead adders": lambda: (
        to_logic(ripple_adder(64, cin=True)),
        to_logic(lookahead_adder(64, cin=True)),
    ),
    "16x16 multiplier, restructured": lambda: against_remapped(to_logic(array_multiplier(16))),
    "400 three-input tables, 60 inputs, restructured": lambda: against_remapped(
        random_logic(60, 400, 3, 1)
    ),
    "10,000 four-input tables, 200 inputs, restructured": lambda: against_remapped(
        random_logic(200, 10_000, 4, 1)
    ),
}


def beside_abc(files: Sequence[str]) -> None:
    """Print one line for each file: its cover proven by us, and by ABC."""
    print("| circuit | gates | cover | verdict | reading, CPU s | proof, CPU s | ABC, CPU s |")
    print("|---|---|---|---|---|---|---|")
    for file in files:
        one = read(file)
        other = to_logic(map_logic(one))
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / name for name in ("one.blif", "other.blif")]
            for path, logic in zip(paths, (one, other), strict=True):
                plain = logic.numbered(one.inputs, one.outputs)
                path.write_text(dumps(plain, "blif"))
            began = time.process_time()
            pair = [read(str(path)) for path in paths]
            between = time.process_time()
            found = equivalent(*pair)
            ended = time.process_time()
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            require("yosys-abc").run(["-q", "cec one.blif other.blif"], folder=folder, timeout=600)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
        abc = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(
            f"| {Path(file).stem} | {len(one.nodes)} | {len(other.nodes)} | {found.verdict} "
            f"| {between - began:.1f} | {ended - between:.1f} | {abc:.1f} |",
            flush=True,
        )


def main() -> None:
    """Print one line for each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--method", choices=["auto", "sat", "abc"], default="auto")
    parser.add_argument("files", nargs="*", metavar="FILE")
    given = parser.parse_args()
    if given.files:
        beside_abc(given.files)
        return
    method = given.method
    for name, make in CASES.items():
        one, other = make()
        began = time.perf_counter()
        found = equivalent(one, other, method=method)
        took = time.perf_counter() - began
        print(
            f"{name}: {len(one.nodes)} and {len(other.nodes)} gates: {found.verdict} in {took:.2f} s "
            f"({found.method})",
            flush=True,
        )


if __name__ == "__main__":
    main()
