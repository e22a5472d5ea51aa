"""The yield that ngspice finds in the Monte Carlo deck of a design, beside ours.

The full adder, and the AND of the three-transistor curve, 1000 devices each. With a number as its
argument, so many seeds: the share of them in which ngspice lies inside our 99 % interval.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import chaoscad
from chaoscad.design import Design

DESIGNS = Path(__file__).parent.parent / "tests" / "data" / "designs"
DEVICES = 1000


def one_gate(design: Design, name: str) -> Design:
    """A gate of a design, alone."""
    netlist = replace(
        design.netlist,
        gates=tuple(gate for gate in design.netlist.gates if gate.name == name),
        outputs=(name,),
    )
    return replace(design, netlist=netlist, gates=(design.gate(name),))


def main() -> None:
    seeds = range(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    adder = chaoscad.load_design(DESIGNS / "full_adder.json")
    curve = chaoscad.load_design(DESIGNS / "three_transistor.json")
    cases = [
        ("full adder", adder, "0.03"),
        ("full adder", adder, "0.05"),
        ("three-transistor AND", one_gate(curve, "and"), "0.02"),
        ("three-transistor AND", one_gate(curve, "and"), "0.1"),
    ]
    for what, design, tolerance in cases:
        inside = 0
        for seed in seeds:
            start = time.perf_counter()
            with tempfile.TemporaryDirectory() as folder:
                written = chaoscad.export_design(
                    design,
                    "spice",
                    Path(folder) / "out",
                    check=True,
                    monte_carlo=DEVICES,
                    tolerance=tolerance,
                    seed=seed,
                )
            assert written.log is not None
            inside += written.log.passed
            if len(seeds) == 1:
                seconds = time.perf_counter() - start
                print(f"{what}, sigma {tolerance}, {seconds:.1f} s with the check of every row")
                print("  " + "\n  ".join(written.log.text.splitlines()[-3:]))
        if len(seeds) > 1:
            print(f"{what}, sigma {tolerance}: inside for {inside} of {len(seeds)} seeds")


if __name__ == "__main__":
    main()
