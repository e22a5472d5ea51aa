"""Hénon-Heiles: a Hamiltonian network with learned activations, and how its roll-outs keep energy.

Run it with `python examples/11_henon_heiles.py`; it prints the errors of the rates and the energy
drift under the symplectic and the Runge-Kutta roll-out, and leaves `henon_heiles.md` and
`henon_heiles.png`.
"""

from pathlib import Path

import numpy as np

from chaoscad.tune import optimizer
from neural.activations import fixed
from neural.architecture import Architecture
from neural.figures import draw_curves
from neural.forecasts import forecast
from neural.hamiltonian import rollout
from neural.metalearn import MetaSettings, metalearn
from neural.optimizers import rmsprop
from neural.tasks import task
from neural.training import Training, fit


def main() -> None:
    system = task("henon_heiles", trajectories=40)
    shape = Architecture(4, [40], 4, hamiltonian=True)
    training = Training(steps=48, batch=100, optimizer=rmsprop(0.02, 0.1, momentum=0.6))
    settings = MetaSettings(
        hidden=10,
        scale=1.0,
        gradient="first_order",
        inner=training,
        outer=optimizer("rmsprop", 0.05, momentum=0.6),
        outer_steps=30,
    )
    pair = metalearn(shape, system, settings).of(0)

    lines = ["| activations | error of the rates (mse) | energy drift (relative, median) |"]
    lines += ["|---|---:|---:|", f"| none: zero rates | {system.trivial:.3f} | 0 |"]
    curves = {}
    for name, activations in {"sin": [fixed("sin")], "a1 and a2": pair}.items():
        fitted = fit(shape, activations, system, training, seeds=4)
        rolled = forecast(fitted, system, samples=50)
        error = np.median(fitted.scores["test"])
        lines.append(f"| {name} | {error:.4f} | {np.median(rolled.drift):.3f} |")
        network = fitted.network(0)
        start = system.test.inputs[:1]
        for method in ("midpoint", "rk4"):
            path = rollout(network, start, 0.5, 400, method).checked()
            energy = np.asarray(network.energy(path.states[0]))
            curves[f"{name}, {method}"] = (path.times, np.abs(energy - energy[0]) + 1e-8)
    table = "\n".join(lines) + "\n"
    print(table)
    Path("henon_heiles.md").write_text(table)
    draw_curves(
        curves,
        xlabel="time",
        ylabel="|change of the network's own energy|",
        log=True,
        title="the implicit midpoint rule keeps what Runge-Kutta loses",
    ).savefig("henon_heiles.png", dpi=150)


if __name__ == "__main__":
    main()
