"""Levels written out against a scan over them: compilation and a training step, by depth.

python benchmarks/compilers.py [GATES]

Layered circuits of two-input gates, each layer reading the one before; loss and gradient over 256
rows and 16 trials. `training` is compilation and 1500 steps.
"""

import statistics
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np

import chaoscad
from chaoscad.compile import plan_circuit, plan_scan
from chaoscad.solve.circuit import CircuitObjective
from chaoscad.solve.model import CIRCUIT
from chaoscad.solve.rows import training_rows
from chaoscad.solve.slots import build_space
from chaoscad.solve.space import spread, start

INPUTS = 8
TRIALS = 16
STEPS = 1500


def layered(gates: int, depth: int) -> chaoscad.Netlist:
    """`gates` free gates in `depth` equal layers, wired at random."""
    random = np.random.default_rng(0)
    before = [f"i{index}" for index in range(INPUTS)]
    lines = ["chaoscad: 1", f"inputs: [{', '.join(before)}]"]
    body: list[str] = []
    for level in range(depth):
        layer = [f"g{level}_{index}" for index in range(gates // depth)]
        for index, name in enumerate(layer):
            first = before[index % len(before)]
            second = before[int(random.integers(len(before)))]
            body.append(f"  {name}: {{inputs: [{first}, {second}]}}")
        before = layer
    lines += [f"outputs: [{', '.join(before)}]", "gates:", *body]
    lines.append("targets: {" + ", ".join(f"{name}: i0 ^ i1" for name in before) + "}")
    return chaoscad.parse("\n".join(lines))[0]


def measure(netlist: chaoscad.Netlist, compiler: str) -> tuple[float, float, int]:
    """Seconds of compilation, median seconds of a step, lines of lowered code."""
    plan, topology = plan_scan(netlist) if compiler == "scan" else (plan_circuit(netlist), None)
    space = build_space(netlist.gates, netlist.ties)
    objective = CircuitObjective(plan, CIRCUIT.loss, CIRCUIT.steepness, CIRCUIT.relaxation)
    rows = training_rows(netlist, plan, 0).on_device()
    data = (spread([space], 1), rows, {}, {}, topology)
    raw = jax.tree.map(jnp.asarray, start(space, np.random.default_rng(0), TRIALS))

    def total(parameters, data):
        return objective(parameters, data, jnp.asarray(0.5))[0].sum()

    lowered = jax.jit(jax.value_and_grad(total)).lower(raw, data)
    began = time.perf_counter()
    program = lowered.compile()
    compiled = time.perf_counter() - began
    times = []
    for _ in range(9):
        began = time.perf_counter()
        jax.block_until_ready(program(raw, data))
        times.append(time.perf_counter() - began)
    return compiled, statistics.median(times), len(lowered.as_text().splitlines())


def main() -> None:
    gates = int(sys.argv[1]) if len(sys.argv) > 1 else 256
    print(f"{gates} gates | depth | compiler | compilation, s | step, ms | lines | training, s |")
    print("|---|---|---|---|---|---|")
    for depth in (4, 8, 16, 32, 64):
        netlist = layered(gates, depth)
        for compiler in ("levels", "scan"):
            compiled, step, lines = measure(netlist, compiler)
            print(
                f"| {depth} | {compiler} | {compiled:.1f} | {1e3 * step:.1f} | {lines} | "
                f"{compiled + STEPS * step:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
