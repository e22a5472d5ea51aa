"""Success rates of the published single-gate recipe on the logistic map.

Sigmoid of f(x0 + delta (a + b)) - x*, binary cross-entropy, AdaBelief 1e-3, 5000 steps, start from
N(0, 1), no bounds, one shared weight (Radhakrishnan et al. 2025). A start is a success when all four
rows are right.
"""

from dataclasses import replace

from chaoscad.netlist import NAMED, parse
from chaoscad.solve import recipe
from chaoscad.solve.gates import solve_problems
from chaoscad.solve.problem import problem

TEXT = """
chaoscad: 1
defaults: {weights: WEIGHTS, bounds: {state: [-inf, inf]}}
inputs: [a, b]
outputs: [y]
gates: {y: {inputs: [a, b], function: AND}}
"""


def main() -> None:
    settings = recipe("published")
    search = replace(settings.gates, restarts=8192)
    print("| weights | AND | OR | NAND | NOR | XOR | XNOR |")
    print("|---|---|---|---|---|---|---|")
    for weights in ("shared", "independent"):
        netlist, _ = parse(TEXT.replace("WEIGHTS", weights))
        rates = []
        for name in ("AND", "OR", "NAND", "NOR", "XOR", "XNOR"):
            posed = problem([netlist.gates[0]], [NAMED[name].table(2)], [])
            _, stages = solve_problems(
                [posed], search, seed=0, bounded=settings.bounded, polish=False
            )
            rates.append(stages[0].solved / stages[0].trials)
        print(f"| {weights} | " + " | ".join(f"{rate:.3f}" for rate in rates) + " |", flush=True)


if __name__ == "__main__":
    main()
