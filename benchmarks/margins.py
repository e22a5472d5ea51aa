"""Margins of all two-input functions on the logistic map, against their closed forms.

States in [0, 1], one iterate, independent weights. The best margin is a/24 for AND, NOR and the two
AND-NOT, a/9 for OR, NAND and the two OR-NOT, a/8 for XOR, XNOR, NOT and the projections.
"""

from pathlib import Path

import chaoscad
from chaoscad.netlist import title

CLOSED_FORM = {1: 4 / 24, 3: 4 / 9}
"""By the number of ones; functions with two ones have a/8."""


def main() -> None:
    netlist = chaoscad.load(Path(__file__).parent.parent / "netlists" / "two_input_functions.yaml")
    design = chaoscad.optimize(netlist, seed=0)
    print("| function | x0 | delta | threshold | margin | closed form | share |")
    print("|---|---|---|---|---|---|---|")
    for gate in design.gates:
        ones = gate.function.rows.count("1")
        best = None if ones in (0, 4) else CLOSED_FORM.get(ones, 4 / 8)
        share = "" if best is None else f"{gate.margin / best:.6f}"
        delta = " ".join(f"{weight:.4f}" for weight in gate.delta)
        print(
            f"| {title(gate.function)} ({gate.function}) | {gate.x0:.4f} | {delta} "
            f"| {gate.threshold:.4f} | {gate.margin:.6f} | {best or float('nan'):.6f} | {share} |"
        )
    print(f"\nverified: {chaoscad.verify(design).passed}")


if __name__ == "__main__":
    main()
