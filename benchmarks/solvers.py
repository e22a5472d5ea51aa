"""Which solver trains flows: seconds for values and derivatives at equal accuracy.

`python benchmarks/solvers.py` integrates a batch of trajectories of several flows through diffrax,
forward derivative included, with fixed steps of several methods and with adaptive steps, and prints
the cheapest setting of each that keeps the error below a thousandth of the values' size, as a ratio
to the best. Errors are against SciPy's DOP853 in float64.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from chaoscad.compile import response
from chaoscad.systems import Setting, Solver, setting

TRAJECTORIES = 768
REPEATS = 15
ALLOWED = 1e-3
FLOWS = ("lorenz", "rossler", "duffing", "chen", "hyper_rossler")
FIXED = ("heun", "bosh3", "tsit5", "dopri5")
ADAPTIVE = ("bosh3", "tsit5", "dopri5", "dopri8")


def measure(choice: Setting, z: np.ndarray, exact: np.ndarray) -> tuple[float, float]:
    """Milliseconds of one value-and-derivative of the batch, and the 90th percentile of its error."""
    parameters = {name: jnp.asarray(value) for name, value in choice.parameters.items()}
    ones = jnp.ones(z.shape, jnp.float32)

    @jax.jit
    def both(states):
        return jax.jvp(lambda s: response(choice, 1, False, s, parameters), (states,), (ones,))

    states = jnp.asarray(z, jnp.float32)
    value, _ = jax.block_until_ready(both(states))
    error = np.quantile(np.abs(np.asarray(value, np.float64) - exact), 0.9) / np.abs(exact).max()
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        jax.block_until_ready(both(states))
        seconds.append(time.perf_counter() - start)
    return 1e3 * statistics.median(seconds), float(error)


def cheapest(base: Setting, z: np.ndarray, exact: np.ndarray, solvers: list[Solver]) -> str | None:
    """The first solver, from the coarsest on, that is accurate enough, with its time."""
    for solver in solvers:
        took, error = measure(replace(base, solver=solver), z, exact)
        if error < ALLOWED:
            knob = f"step {solver.step:g}" if solver.step else f"tolerance {solver.tolerance:g}"
            return f"{took:8.2f} ms  {knob}, error {error:.1e}"
    return None


def main() -> None:
    random = np.random.default_rng(0)
    for name in FLOWS:
        base = setting(name)
        assert base.time is not None
        low, high = base.system.state
        z = random.uniform(low, high, (3, TRAJECTORIES // 3))
        exact = base.value(z)
        print(f"{name}, time {base.time:g}")
        for method in FIXED:
            steps = [base.time / count for count in (12, 25, 50, 100, 200, 400)]
            solvers = [Solver(method, step=step) for step in steps]
            print(f"  {method:7} fixed     {cheapest(base, z, exact, solvers)}", flush=True)
        for method in ADAPTIVE:
            solvers = [Solver(method, tolerance=10.0**-power) for power in range(2, 7)]
            print(f"  {method:7} adaptive  {cheapest(base, z, exact, solvers)}", flush=True)


if __name__ == "__main__":
    main()
