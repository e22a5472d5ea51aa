"""One gate: which parameters make a logistic map an AND, and how far are they from failing?

Run it with `python examples/01_one_gate.py`; it prints the gate and leaves `01_one_gate.png`, the
map with the gate's four states on it and the threshold between their values.
"""

import matplotlib.pyplot as plt
import numpy as np

import chaoscad

TEXT = """
chaoscad: 1
name: and_gate
system: {name: logistic, a: 4}
defaults: {weights: shared}
inputs: [a, b]
outputs: [y]
gates:
  y: {inputs: [a, b], function: AND}
"""


def main() -> None:
    netlist, _ = chaoscad.parse(TEXT)
    design = chaoscad.optimize(netlist, seed=0)
    verification = chaoscad.verify(design)
    gate = design.gates[0]
    rows = verification.gates[0].rows

    print(f"x0 = {gate.x0:.4f}, delta = {gate.delta[0]:.4f}, threshold = {gate.threshold:.4f}")
    print("row  state   value   output")
    for row, name in enumerate(("00", "01", "10", "11")):
        print(f"{name}   {rows.states[row]:.4f}  {rows.values[row]:.4f}  {int(rows.bits[row])}")
    print(f"margin {gate.margin:.6f}; the best there is is a/24 = {4 / 24:.6f}")

    x = np.linspace(0, 1, 400)
    f = gate.setting.value(x, gate.iterates)
    figure, axes = plt.subplots(figsize=(5, 3.5), layout="constrained")
    axes.plot(x, f, color="0.5", label="f(x) = 4x(1 - x)")
    axes.axhline(gate.threshold, color="tab:red", linestyle="--", label="threshold")
    ones = rows.bits
    axes.plot(rows.states[ones], rows.values[ones], "o", color="tab:blue", label="output 1")
    axes.plot(
        rows.states[~ones], rows.values[~ones], "o", mfc="none", color="tab:blue", label="output 0"
    )
    axes.set(xlabel="state x0 + delta (a + b)", ylabel="value", title="A logistic map as an AND")
    axes.legend(fontsize="small")
    figure.savefig("01_one_gate.png", dpi=150)
    plt.close(figure)


if __name__ == "__main__":
    main()
