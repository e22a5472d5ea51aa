"""MNIST-1D: how two activation functions part while they are learned, and what they are.

Run it with `python examples/09_diversity.py`; it prints the distance between the two functions over
the outer steps and their closed forms, and leaves `diversity.png`, the table `diversity.csv` and the
functions as spline tables, `a1.csv` and `a2.csv`.
"""

from pathlib import Path

import jax
import numpy as np

from neural.activations import closed_form, tabulate
from neural.analysis import distance_matrix, participation_ratio, sampled_density
from neural.diverse import architecture
from neural.figures import draw_learning
from neural.metalearn import MetaSettings, metalearn
from neural.tasks import task
from neural.training import Training, fit


def main() -> None:
    mnist1d = task("mnist1d")
    shape = architecture(mnist1d.features, [40], mnist1d.outputs)
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

    hidden = fitted.network(0).hidden(mnist1d.test.inputs)[0]
    found = participation_ratio(np.asarray(jax.device_get(hidden)))
    print(f"participation ratio of {found.units} units: {found.corrected:.1f}")


if __name__ == "__main__":
    main()
