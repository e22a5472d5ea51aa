"""Success per start of the circuit search: what gates pass on, and how steep the comparator is.

256 starts of each circuit, 1500 Adam steps at 0.05, no early stop. `expected` passes on the expected
bit of independent inputs; `straight-through` the hard bit with the smooth gradient.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

import chaoscad
from chaoscad.compile import plan_circuit
from chaoscad.solve.circuit import CircuitObjective
from chaoscad.solve.model import CIRCUIT
from chaoscad.solve.rows import training_rows
from chaoscad.solve.slots import build_space
from chaoscad.solve.space import spread, start
from chaoscad.tune import Anneal, train

NETLISTS = Path(__file__).parent.parent / "netlists"


def rate(name: str, relaxation: str, steepness: Anneal) -> float:
    netlist = chaoscad.load(NETLISTS / f"{name}.yaml")
    plan = plan_circuit(netlist)
    space = build_space(netlist.gates, netlist.ties)
    rows = training_rows(netlist, plan, 0)
    search = replace(CIRCUIT, relaxation=relaxation, steepness=steepness)
    trained = train(
        CircuitObjective(plan, search.loss, search.steepness, search.relaxation),
        start(space, np.random.default_rng(0), 256),
        data=(spread([space], 1), rows.on_device(), {}, {}, None),
        optimizer=search.optimizer,
        steps=search.steps,
        trial_axis=-1,
    )
    return float(trained.solved.mean())


def main() -> None:
    circuits = ("full_adder", "xnor_of_nands", "c17", "multiplier_2x2")
    print("| relaxation | steepness | " + " | ".join(circuits) + " |")
    print("|---|---|" + "---|" * len(circuits))
    for relaxation in ("expected", "straight-through"):
        for steepness in (Anneal(2.0, 20.0), Anneal(5.0, 40.0)):
            rates = [rate(name, relaxation, steepness) for name in circuits]
            cells = " | ".join(f"{one:.2f}" for one in rates)
            print(
                f"| {relaxation} | {steepness.start:g} to {steepness.end:g} | {cells} |", flush=True
            )


if __name__ == "__main__":
    main()
