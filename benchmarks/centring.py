"""Yields of designs of the best margin and of centred ones.

`python benchmarks/centring.py [gates] [iterates] [circuits] [slice] [flows]`, all of them by default.
Every size is the standard deviation of x0, each weight and the threshold, and of the system's
parameters as a part of their values; yields are of fresh devices, the same before and after.
"""

import sys
import time
from pathlib import Path

import chaoscad
from chaoscad.design import Design, load
from chaoscad.formats import read
from chaoscad.mapping import map_logic
from chaoscad.robustness import deviations_of
from chaoscad.robustness.centring import Centred, centre

ROOT = Path(__file__).parent.parent
FUNCTIONS = ("AND", "OR", "XOR", "NAND", "NOR", "XNOR")
SEEDS = range(10)


def gate(function: str, iterates: int, system: str = "logistic") -> Design:
    """A gate of two inputs with the best margin."""
    netlist, _ = chaoscad.parse(
        f"chaoscad: 1\nsystem: {system}\ninputs: [a, b]\noutputs: [y]\n"
        f"gates: {{y: {{inputs: [a, b], function: {function}, iterates: {iterates}}}}}"
    )
    return chaoscad.optimize(netlist)


def centred(design: Design, size: float, **options: object) -> tuple[Centred, str]:
    """The centred design, and its yields as cells of a table."""
    begin = time.perf_counter()
    found = centre(design, deviations_of(design, tolerance=size), **options)  # type: ignore[arg-type]
    seconds = time.perf_counter() - begin
    before, after = (one.yield_.value for one in (found.before, found.after))
    return found, f"{before:.4f} | {after:.4f} | {seconds:.1f}"


def gates() -> None:
    print("| function | iterates | size | margin | centred | s |\n|---|---|---|---|---|---|")
    for iterates in (1, 2):
        for function in FUNCTIONS:
            design = gate(function, iterates)
            for size in (0.03, 0.05):
                _, cells = centred(design, size, devices=10**6)
                print(f"| {function} | {iterates} | {size} | {cells} |", flush=True)


def iterates() -> None:
    print(
        "| function | size | margin, n = 1 | centred, n of 1, 2, 3 | s | n |\n|---|---|---|---|---|---|"
    )
    for function in ("AND", "NOR"):
        found, cells = centred(gate(function, 1), 0.03, iterates=(1, 2, 3), devices=10**6)
        print(f"| {function} | 0.03 | {cells} | {found.design.gates[0].iterates} |", flush=True)


def circuits() -> None:
    print("| circuit | seed | size | margin | centred | s |\n|---|---|---|---|---|---|")
    for name in ("full_adder", "c17", "multiplier_2x2"):
        netlist = chaoscad.load(ROOT / "netlists" / f"{name}.yaml")
        for seed in SEEDS:
            design = chaoscad.optimize(netlist, seed=seed)
            for size in (0.03, 0.05):
                _, cells = centred(design, size, seed=seed)
                print(f"| {name} | {seed} | {size} | {cells} |", flush=True)


def slice_() -> None:
    print("| alu_slice | size | margin | centred | s |\n|---|---|---|---|---|")
    logic = read(str(ROOT / "tests" / "data" / "alu_slice.v"))
    design = chaoscad.optimize(map_logic(logic, 4))
    for size in (0.01, 0.005, 0.003):
        _, cells = centred(design, size, iterates=(1, 2, 3, 4), compare=(">", "<"))
        print(f"| 17 gates | {size} | {cells} |", flush=True)


def flows() -> None:
    print("| gate | size | margin | centred | s |\n|---|---|---|---|---|")
    for name in ("lorenz", "duffing_half_adder"):
        design = load(ROOT / "tests" / "data" / "designs" / f"{name}.json")
        _, cells = centred(design, 0.01, devices=2000)
        print(f"| {name}, {len(design.gates)} gates | 0.01 | {cells} |", flush=True)


PARTS = {
    "gates": gates,
    "iterates": iterates,
    "circuits": circuits,
    "slice": slice_,
    "flows": flows,
}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
