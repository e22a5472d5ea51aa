"""Five arms of a spiral: static, growing, and growing diverse classifiers, and what they decide where.

Run it with `python examples/15_growing_spirals.py`; it prints the comparison and the confusions of a
diverse network that grew, half of its units tanh and half sin, and leaves `growing_spirals.md` and the
decision regions `growing_spirals.png`.
"""

from pathlib import Path

import jax.numpy as jnp

from chaoscad.tune import optimizer
from neural.compare import compare, to_markdown
from neural.diverse import Divided
from neural.growing import Architecture, Growth, grow
from neural.growing.analyses import confusion, decision_regions
from neural.growing.arms import growing_arm
from neural.growing.figures import draw_regions
from neural.tasks import task

STEPS = 800


def main() -> None:
    spirals = task("spirals", classes=5, samples=500)
    adam = optimizer("adam", 1e-2)
    growth = Growth("size_only")
    kinds = {"tanh": jnp.tanh, "tanh and sin": Divided((jnp.tanh, jnp.sin), (0, 1) * 5)}
    shapes = {
        f"{form}, {name}": Architecture(2, (10,), 5, activation=kind, form=form)
        for name, kind in kinds.items()
        for form in ("static", "mask")
    }
    result = compare(
        [
            growing_arm(name, shape, growth, spirals, optimizer=adam, factors=(0.3, 1, 3))
            for name, shape in shapes.items()
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
    grown = grow(
        shapes["mask, tanh and sin"],
        train.inputs,
        train.targets,
        growth=growth,
        optimizer=adam,
        steps=STEPS,
    )
    network = grown.network(0)
    counts = confusion(network, test.inputs, test.targets)
    print(f"confusions, classes in rows, of {counts.sum()} test points:\n{counts}")
    draw_regions(
        decision_regions(network, low=-1.1, high=1.1),
        test.inputs,
        test.targets,
        title=f"a diverse network grown to {float(network.sizes[0]):.1f} units",
    ).savefig("growing_spirals.png", dpi=150)


if __name__ == "__main__":
    main()
