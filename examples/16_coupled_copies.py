"""Coupled copies of a chaogate: their mean carries the noise of one, divided by the root of their number.

Run it with `python examples/16_coupled_copies.py`; it prints a table and draws coupled_copies.png. The gate
is AND on two iterates of the logistic map (x0 = 0.325, delta = 1/4, threshold 3/4). Every copy has noise of
its own on the state before every iterate; after each iterate all copies take the mean of all. Sigma is
the noise of a copy at which the worst row errs once in a hundred. It rises as the root of the number of
copies, until the curvature of the map, which shifts the mean, takes over.
"""

import numpy as np
from matplotlib.figure import Figure

from chaoscad.gate import Setpoint
from chaoscad.plot.save import save
from chaoscad.plot.style import COLOURS, COLUMN, styled
from chaoscad.robustness import coupled, tolerable_noise
from chaoscad.systems import Setting, setting

COPIES = (1, 4, 9)


def and_gate(system: Setting) -> Setpoint:
    """The gate, on any number of copies."""
    return Setpoint(system, 2, 0.325, (0.25, 0.25), 0.75, ">")


def main() -> None:
    found = []
    print("copies  sigma     gain  sqrt(copies)")
    for copies in COPIES:
        gate = and_gate(coupled(setting("logistic"), copies))
        found.append(tolerable_noise(gate, 1e-2, trials=5_000).sigma)
        print(f"{copies:6}  {found[-1]:.5f}  {found[-1] / found[0]:5.2f}  {np.sqrt(copies):12.2f}")
    alone = and_gate(coupled(setting("logistic"), COPIES[-1], strength=0.0))
    sigma = tolerable_noise(alone, 1e-2, trials=5_000).sigma
    print(f"{COPIES[-1]} copies that only the reading averages: {sigma:.5f}")
    more = found[0] < sigma < 0.95 * found[-1]
    print(f"coupling bears more noise than averaging what is read: {'yes' if more else 'no'}")
    with styled():
        made = Figure(figsize=(COLUMN, 2.6), layout="constrained")
        axes = made.subplots()
        axes.loglog(COPIES, found, color=COLOURS[0], marker="o", label="coupled")
        axes.loglog(COPIES, found[0] * np.sqrt(COPIES), "--", color="black", label="root of N")
        axes.set(xlabel="copies, N", ylabel="noise of a copy at an error of 1 %")
        axes.legend()
    save(made, "coupled_copies.png")


if __name__ == "__main__":
    main()
