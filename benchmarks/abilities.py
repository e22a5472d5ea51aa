"""What the systems can do, and how long the proofs take.

`python benchmarks/abilities.py` prints, for six systems of the literature and six functions, the best
margin found or proven with shared and independent weights and one read-out, the share of cells that
are solved, and the seconds; then the proofs about the logistic map and the three-transistor curve.
"""

from __future__ import annotations

import time
from pathlib import Path

from chaoscad.feasibility import SIX, TWO_INPUT, feasibility, survey
from chaoscad.netlist import check, parse, title
from chaoscad.systems import setting

SYSTEMS = ("logistic", "duffing", "lorenz", "rossler", "chen", "hyper_rossler")
NETLISTS = Path(__file__).parents[1] / "netlists"

ONE_GATE = """
chaoscad: 1
inputs: [a, b]
outputs: [y]
gates: {y: {inputs: [a, b], function: "FUNCTION", weights: WEIGHTS, iterates: ITERATES}}
"""


def matrix() -> None:
    begin = time.perf_counter()
    solved = barred = cells = 0
    for weights in ("shared", "independent"):
        print(f"{weights} weights     " + "  ".join(f"{title(table):>8}" for table in SIX))
        for name in SYSTEMS:
            row: list[str] = []
            for cell in survey(setting(name), SIX, (weights,), (1,)):
                cells += 1
                solved += cell.answer.verdict == "feasible"
                barred += cell.answer.verdict == "infeasible"
                lower = cell.answer.lower
                row.append(f"{lower:8.3g}" if lower > 0 else f"{cell.answer.verdict[:8]:>8}")
            print(f"{name:15}     " + "  ".join(row), flush=True)
    took = time.perf_counter() - begin
    print(
        f"{solved} of {cells} cells solved, certified and converged, {barred} proven infeasible; "
        f"{took:.1f} s\n"
    )


def logistic() -> None:
    for function, weights, iterates in (
        ("XNOR", "shared", 1),
        ("XNOR", "independent", 1),
        ("XNOR", "shared", 2),
    ):
        text = ONE_GATE.replace("FUNCTION", function).replace("WEIGHTS", weights)
        netlist, _ = parse(text.replace("ITERATES", str(iterates)))
        begin = time.perf_counter()
        found = feasibility(netlist.gates[0])
        print(
            f"{function}, {weights}, n = {iterates}: {found.verdict}, {found.reason}; {found.boxes} "
            f"boxes, {time.perf_counter() - begin:.3f} s"
        )
    worst, begin = 1.0, time.perf_counter()
    for cell in survey(setting("logistic"), TWO_INPUT, ("independent",), (1,)):
        closed = {1: 4 / 24, 2: 4 / 8, 3: 4 / 9}[cell.function.rows.count("1")]
        assert cell.answer.lower <= closed + 1e-12 <= cell.answer.upper + 2e-12
        worst = min(worst, cell.answer.lower / closed, closed / cell.answer.upper)
    print(
        f"14 functions: bounds within {100 * (1 - worst):.2f} % of the closed forms on either side; "
        f"{time.perf_counter() - begin:.1f} s\n"
    )


def three_transistors() -> None:
    netlist, _ = check(NETLISTS / "three_transistor.yaml")
    for gate in netlist.gates:
        assert gate.function is not None
        found = feasibility(gate)
        print(f"curve, {title(gate.function)}, {gate.weights}: {found.verdict}, {found.reason}")


if __name__ == "__main__":
    matrix()
    logistic()
    three_transistors()
