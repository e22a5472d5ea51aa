"""How long proofs of equality take: circuits against what a synthesis tool makes of them.

    python benchmarks/equivalence.py

Needs python-sat, and yosys-abc for the restructured circuits.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from chaoscad.formats import dumps, loads
from chaoscad.logic import Logic, LogicNode, TruthTable
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


def main() -> None:
    """Print one line for each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--method", choices=["auto", "sat", "abc"], default="auto")
    method = parser.parse_args().method
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
