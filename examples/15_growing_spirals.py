"""Five arms of a spiral: static, growing, and growing diverse classifiers, and what they decide where.

Run it with `python examples/15_growing_spirals.py`; it prints the comparison and the confusions of a
diverse network that grew, half of its units tanh and half sin, and leaves `growing_spirals.md` and the
decision regions `growing_spirals.png`.
"""

from pathlib import Path

import jax.numpy as jnp
import numpy as np
from sklearn.metrics import confusion_matrix

from chaoscad.tune import optimizer
from neural.architecture import Architecture
from neural.compare import compare, to_markdown
from neural.growing import Growth, grow
from neural.growing.analyses import decision_regions
from neural.growing.arms import growing_arm
from neural.growing.figures import draw_regions
from neural.tasks import task

STEPS = 800


def main() -> None:
    spirals = task("spirals", classes=5, samples=500)
    adam = optimizer("adam", 1e-2)
    growth = Growth("size_only")
    alternating = [[0, 1] * 5]  # so that both kinds grow alike
    kinds = {"tanh": (["tanh"], None), "tanh and sin": (["tanh", "sin"], alternating)}
    networks = {
        f"{form}, {name}": (Architecture(2, [10], 5, assignments=assigned, form=form), ones)
        for name, (ones, assigned) in kinds.items()
        for form in ("static", "mask")
    }
    result = compare(
        [
            growing_arm(
                name, shape, growth, spirals, optimizer=adam, activations=ones, factors=(0.3, 1, 3)
            )
            for name, (shape, ones) in networks.items()
        ],
        seeds=6,
        tune_seeds=6,  # as many as seeds, so that both are one program
        steps=STEPS,
        metric="accuracy",
        trivial=spirals.trivial,
        trivial_predictor=spirals.trivial_predictor,
        title=f"5 spirals, 10 units, {STEPS} steps",
    )
    table = to_markdown(result, resamples=1999)
    print(table)
    Path("growing_spirals.md").write_text(table)

    train, test = spirals.train, spirals.test
    shape, ones = networks["mask, tanh and sin"]
    grown = grow(
        shape,
        train.inputs,
        train.targets,
        activations=ones,
        growth=growth,
        optimizer=adam,
        steps=STEPS,
    )
    network = grown.network(0)
    counts = confusion_matrix(test.targets, np.argmax(network(jnp.asarray(test.inputs)), axis=1))
    print(f"confusions, classes in rows, of {counts.sum()} test points:\n{counts}")
    draw_regions(
        decision_regions(network, low=-1.1, high=1.1),
        test.inputs,
        test.targets,
        title=f"a diverse network grown to {float(network.effective_sizes[0]):.1f} units",
    ).savefig("growing_spirals.png", dpi=150)


if __name__ == "__main__":
    main()
