"""Yields of the closed-form logistic gates beside published ones, and the speed of sampling.

python benchmarks/yields.py          six functions at three sizes, a million devices each
python benchmarks/yields.py speed    devices a second of the full adder
"""

from __future__ import annotations

import resource
import sys
import time

from chaoscad.design import Design
from chaoscad.netlist import parse
from chaoscad.robustness import deviations_of, measure
from chaoscad.workflow import optimize

SETTINGS = {
    "AND": (0, (1 / 6, 1 / 6), 13 / 18),
    "OR": (0, (1 / 3, 1 / 3), 4 / 9),
    "XOR": (0, (1 / 2, 1 / 2), 1 / 2),
    "NAND": (1 / 3, (1 / 3, 1 / 3), 4 / 9),
    "NOR": (1 / 3, (-1 / 6, -1 / 6), 13 / 18),
    "XNOR": (1 / 2, (1 / 2, -1 / 2), 1 / 2),
}
"""x0, weights and threshold of the best margin, one iterate, a = 4."""

EXPECTED = {
    0.02: {"AND": 0.9761, "NOR": 0.9803},
    0.03: {
        "AND": 0.8552,
        "OR": 0.9999,
        "XOR": 0.9971,
        "NAND": 0.9918,
        "NOR": 0.8924,
        "XNOR": 0.9992,
    },
    0.05: {
        "AND": 0.5792,
        "OR": 0.9776,
        "XOR": 0.9485,
        "NAND": 0.9211,
        "NOR": 0.6754,
        "XNOR": 0.9555,
    },
}
"""Yields computed independently, with standard errors below .0003; at .02 the others are above .999."""


def gate(function: str) -> Design:
    """The gate at its closed-form setting, verified."""
    x0, delta, threshold = SETTINGS[function]
    text = (
        f"chaoscad: 1\nname: {function.lower()}\ninputs: [a, b]\noutputs: [y]\ngates:\n"
        f"  y: {{inputs: [a, b], function: {function}, system: logistic, fixed: "
        f"{{x0: {x0!r}, delta: {list(delta)!r}, threshold: {threshold!r}}}}}\n"
    )
    return optimize(parse(text)[0])


def main(devices: int = 1_000_000) -> None:
    """Print the table."""
    print("function  sigma   yield   expected  standard errors apart")
    for function in SETTINGS:
        design = gate(function)
        for size, known in EXPECTED.items():
            found = measure(design, deviations_of(design, tolerance=size), devices=devices).yield_
            wanted = known.get(function)
            if wanted is None:
                print(f"{function:8} {size:6} {found.value:8.4f}   > .999    {found.value > 0.999}")
                continue
            # The expected value has an error of its own, of a sample of four million.
            error = (wanted * (1 - wanted) * (1 / devices + 1 / 4e6)) ** 0.5
            apart = abs(found.value - wanted) / error
            print(f"{function:8} {size:6} {found.value:8.4f} {wanted:8.4f} {apart:8.2f}")


def speed(devices: int = 1_000_000) -> None:
    """Devices a second of the full adder, after compilation."""
    from chaoscad.design import load

    design = load("tests/data/designs/full_adder.json")
    deviations = deviations_of(design, tolerance=0.03)
    measure(design, deviations, devices=1000)
    took = []
    for seed in range(5):
        begin = time.perf_counter()
        measure(design, deviations, devices=devices, seed=seed)
        took.append(time.perf_counter() - begin)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{devices} devices of the full adder: median {sorted(took)[2]:.2f} s, peak {peak:.2f} GB"
    )


if __name__ == "__main__":
    speed() if sys.argv[1:] == ["speed"] else main()
