"""What one element can do by one control: verdicts with proof, and how long they take.

`python benchmarks/family_proofs.py` asks for AND, OR and XOR by x0 alone and by the threshold alone, on
maps after 1 to 4 iterates, on the three-transistor curve, and on flows read at four times; weights
shared and independent. Then for all 16 functions of two inputs by x0 alone on the logistic map, and after
three iterates, where no setting does all, for the 15 that one does.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from chaoscad.family import Family
from chaoscad.feasibility import (
    TWO_INPUT,
    Feasibility,
    family_feasibility,
    feasible_family,
    with_family_remedies,
)
from chaoscad.netlist import Gate, TruthTable, check, title
from chaoscad.netlist.model import Bounds, Weights
from chaoscad.systems import Setting, setting

MORPHING = (TruthTable("0001"), TruthTable("0111"), TruthTable("0110"))
EVERY: tuple[TruthTable, ...] = (TruthTable("0000"), *TWO_INPUT, TruthTable("1111"))
NETLISTS = Path(__file__).parents[1] / "netlists"


def family(
    functions: Sequence[TruthTable],
    control: str,
    system: Setting,
    weights: Weights,
    iterates: int = 1,
) -> Family:
    """Gates of one element that differ in one control."""
    gates = tuple(
        Gate(
            name=title(function),
            inputs=("a", "b"),
            function=function,
            setting=system,
            iterates=iterates,
            weights=weights,
            compare=">",
            bounds=Bounds(state=system.system.state),
        )
        for function in functions
    )
    own, shared = tuple(range(len(gates))), (0,) * len(gates)
    x0 = own if control == "x0" else shared
    threshold = own if control == "threshold" else shared
    return Family(gates, tuple(functions), x0, shared, threshold)


def told(found: Feasibility) -> str:
    """The verdict with its margins."""
    if found.verdict == "infeasible":
        return "infeasible" + (f"; possible with {found.remedies[0]}" if found.remedies else "")
    bound = f", at most {found.upper:.5g}" if found.upper < float("inf") else ""
    return found.verdict + (
        f", worst margin {found.lower:.5g}{bound}" if found.setpoints else bound
    )


def ask(words: str, one: Family) -> None:
    """Print the verdict about a family, and its seconds."""
    begin = time.perf_counter()
    found = with_family_remedies(one, feasible_family(one))
    print(f"{words:42} {told(found):62} {time.perf_counter() - begin:5.2f} s", flush=True)


def morphing() -> None:
    """AND, OR and XOR by one control."""
    curve = check(str(NETLISTS / "three_transistor.yaml"))[0].gates[0].setting
    asked: list[tuple[str, Setting, int]] = []
    for name in ("logistic", "tent", "sine"):
        asked += [(f"{name} n = {count}", setting(name), count) for count in (1, 2, 3, 4)]
    asked.append(("three-transistor curve", curve, 1))
    for name in ("lorenz", "duffing"):
        flow = setting(name)
        for times in (1, 2, 3, 4):
            at = (flow.time or 0.0) * times / 2
            asked.append((f"{name} t = {at:g}", replace(flow, time=at), 1))
    weights: tuple[Weights, ...] = ("shared", "independent")
    for control in ("x0", "threshold"):
        print(f"AND, OR and XOR by {control} alone")
        for words, system, iterates in asked:
            for kind in weights:
                one = family(MORPHING, control, system, kind, iterates)
                ask(f"  {words}, {kind} weights", one)


def every() -> None:
    """All two-input functions by x0 alone, and after three iterates all but one."""
    print("all 16 functions of two inputs by x0 alone, logistic, independent weights")
    asked: list[tuple[int, tuple[TruthTable, ...], float | None, str]]
    asked = [(iterates, EVERY, None, "") for iterates in (1, 2, 4)]
    asked += [(3, EVERY, 0.01, ""), (3, EVERY, 0.005, "")]
    for left in ("0000", "0110", "1001", "1111"):
        functions = tuple(table for table in EVERY if table.rows != left)
        asked.append((3, functions, 0.02, f" without {title(TruthTable(left))}"))
    for iterates, functions, epsilon, words in asked:
        one = family(functions, "x0", setting("logistic"), "independent", iterates)
        begin = time.perf_counter()
        found = family_feasibility(one, epsilon=epsilon, boxes=20_000_000)
        took = f"{found.boxes} intervals, {time.perf_counter() - begin:.1f} s"
        limit = f" with margin {found.epsilon:.3g}" if found.verdict == "infeasible" else ""
        print(f"  n = {iterates}{words}: {told(found)}{limit}; {took}", flush=True)


if __name__ == "__main__":
    morphing()
    every()
