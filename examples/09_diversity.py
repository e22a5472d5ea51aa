"""MNIST-1D: how two activation functions part while they are learned, and what they are.

Run it with `python examples/09_diversity.py`; it prints the distance between the two functions over
the outer steps, their closed forms and the curvature of a trained network's loss, and leaves
`diversity.png`, the spectrum of the Hessian `hessian.png`, the table `diversity.csv` and the functions
as spline tables, `a1.csv` and `a2.csv`.
"""

from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neural import objective
from neural.activations import closed_form, tabulate
from neural.analysis import distance_matrix, participation_ratio, sampled_density, spectral_density
from neural.architecture import Architecture
from neural.figures import draw_curves, draw_learning
from neural.metalearn import MetaSettings, metalearn
from neural.perceptron import trainable
from neural.tasks import task
from neural.training import Training, fit


def of_weights(weights: Any, rest: Any, inputs: Any, targets: Any) -> Any:
    """The loss of a network of these weights."""
    return objective.loss("classification", eqx.combine(weights, rest)(inputs), targets)


def main() -> None:
    mnist1d = task("mnist1d")
    shape = Architecture(mnist1d.features, [40], mnist1d.outputs)
    training = Training(steps=40, batch=50)
    settings = MetaSettings(hidden=10, inner=training, outer_steps=80)
    learned = metalearn(shape, mnist1d, settings, meta_seeds=2, snapshot_every=20)

    # Distances count where pre-activations lie, after an affine part that a layer could undo.
    fitted = fit(shape, learned.of(0), mnist1d, training, seeds=1)
    density = sampled_density(fitted.network(0).preactivations(mnist1d.train.inputs)[0])
    distances = np.array(
        [
            [distance_matrix(learned.of(seed, snapshot), density)[0, 1] for snapshot in range(4)]
            for seed in range(2)
        ]
    )
    lines = ["meta_seed,outer_step,distance"]
    for seed, row in enumerate(distances):
        for step, value in zip(learned.snapshot_steps, row, strict=True):
            lines.append(f"{seed},{step},{value:.6f}")
    Path("diversity.csv").write_text("\n".join(lines) + "\n")
    print(f"distance between a1 and a2: {distances[0, 0]:.3f} -> {distances[0, -1]:.3f}")
    draw_learning(learned, distances=distances).savefig("diversity.png", dpi=150)

    for name, activation in zip(("a1", "a2"), learned.of(0), strict=True):
        tabulate(activation).to_csv(f"{name}.csv")
        formula = closed_form(activation, most=4)
        print(f"{name}(z) = {formula}   (rms error {formula.error:.3f})")

    curves = {}
    plain = fit(shape, "sin", mnist1d, training, seeds=1)
    for name, network in {"sin": plain.network(0), "a1 and a2": fitted.network(0)}.items():
        weights, rest = eqx.partition(network, trainable(network))
        part = [jnp.asarray(one[:500]) for one in (mnist1d.train.inputs, mnist1d.train.targets)]
        loss = jax.tree_util.Partial(of_weights, rest=rest, inputs=part[0], targets=part[1])
        found = spectral_density(loss, weights, jax.random.key(0), probes=1, steps=16)
        curves[name] = (found.grid, found.density + 1e-6)
        print(f"{name}: the largest eigenvalue of the Hessian is {found.nodes[-1]:.2f}")
    axes = {"xlabel": "eigenvalue of the Hessian", "ylabel": "density", "log": True}
    draw_curves(curves, **axes).savefig("hessian.png", dpi=150)

    hidden = fitted.network(0).hidden(mnist1d.test.inputs)[0]
    found = participation_ratio(np.asarray(jax.device_get(hidden)))
    print(f"participation ratio of {found.units} units: {found.corrected:.1f}")


if __name__ == "__main__":
    main()
