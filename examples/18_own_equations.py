"""A flow of your own: the jerk flow, its gates, and how the margin of XOR depends on when it is read.

Run it with `python examples/18_own_equations.py`; it prints the Lyapunov exponents, the gates and the
margins over the time, and draws the value curves with the states of the XOR gate (own_equations.png).
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

import chaoscad
from chaoscad.analysis import lyapunov
from chaoscad.feasibility import survey

NETLIST = Path(__file__).parent.parent / "netlists" / "jerk.yaml"
TIMES = (2.0, 3.0, 4.0)


def main() -> None:
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    netlist = chaoscad.load(NETLIST)
    jerk = netlist.gates[0].setting
    exponents = ", ".join(f"{value:.3f}" for value in lyapunov(jerk, 2000.0).exponents)
    print(f"{jerk.system.formula}: Lyapunov exponents {exponents}")

    design = chaoscad.optimize(netlist, seed=0)
    for gate in design.gates:
        print(f"{gate.name:5} margin {gate.margin:.3f}")

    xor = chaoscad.TruthTable("0110")
    figure, axes = plt.subplots(figsize=(5, 3.2), layout="constrained")
    z = np.linspace(*jerk.system.state, 200)
    for time in TIMES:
        setting = replace(jerk, time=time)
        (cell,) = survey(setting, (xor,), ("independent",), (1,))
        best = f"{cell.answer.lower:.3f}" if cell.answer.lower > 0 else "none"
        print(f"time {time:g}: best margin of XOR that was found: {best}")
        axes.plot(z, setting.value(z), label=f"time {time:g}")
    gate = design.by_name["xor"]
    states = gate.setpoint.states()
    axes.plot(states, gate.setpoint.values(), "o", color="black", label="rows of XOR")
    axes.axhline(gate.threshold, color="black", linewidth=0.8, linestyle="--", label="threshold")
    axes.set(title="The jerk flow as a gate", xlabel="state z", ylabel="value x(time)")
    axes.legend()
    figure.savefig("own_equations.png", dpi=150)
    print("drawn to own_equations.png")


if __name__ == "__main__":
    main()
