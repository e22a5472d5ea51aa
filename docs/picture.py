"""The pictures of the README: the five gates of a full adder, and an adder of 17 free gates.

python docs/picture.py
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import chaoscad
from chaoscad.netlist import title
from chaoscad.netlist.generators import ripple_adder
from chaoscad.plot import draw_circuit, save

HERE = Path(__file__).parent


def adder() -> None:
    design = chaoscad.optimize(ripple_adder(4, free=True), seed=0)
    save(draw_circuit(design), HERE / "ripple_adder4.png")


def full_adder() -> None:
    netlist = chaoscad.load(HERE.parent / "netlists" / "full_adder.yaml")
    design = chaoscad.optimize(netlist, seed=0)
    verdicts = chaoscad.verify(design).gates
    x = np.linspace(0, 1, 300)
    figure, panels = plt.subplots(
        1, len(design.gates), figsize=(11, 2.6), sharey=True, layout="constrained"
    )
    for axes, gate, verdict in zip(panels, design.gates, verdicts, strict=True):
        f = gate.setting.value(x, gate.iterates)
        axes.plot(x, f, color="0.7")
        axes.axhline(gate.threshold, color="tab:red", linewidth=1)
        axes.axhspan(
            gate.threshold - gate.margin, gate.threshold + gate.margin, color="tab:red", alpha=0.1
        )
        at: dict[float, list[str]] = {}
        for row, (state, want) in enumerate(
            zip(verdict.rows.states, gate.function.rows, strict=True)
        ):
            if want != "-":
                at.setdefault(round(float(state), 6), []).append(format(row, f"0{gate.arity}b"))
        for state, names in at.items():
            value = float(gate.setting.value(np.array(state), gate.iterates))
            one = value > gate.threshold
            axes.plot(state, value, "o", color="tab:blue", mfc="tab:blue" if one else "white")
            axes.annotate(
                " ".join(names),
                (state, value),
                textcoords="offset points",
                ha="center",
                xytext=(0, -12 if one else 6),
                fontsize=7,
            )
        axes.set_title(
            f"{gate.name} = {title(gate.function)}({', '.join(gate.inputs)})", fontsize=9
        )
        axes.set(xlabel="state", xlim=(-0.08, 1.08), ylim=(-0.06, 1.12))
    panels[0].set_ylabel("value of the map")
    figure.savefig(HERE / "full_adder.png", dpi=130)
    plt.close(figure)


if __name__ == "__main__":
    full_adder()
    adder()
