"""A sum of Bessel functions by ten units: static, gated as a whole, and masked unit by unit.

Run it with `python examples/14_growing_bessel.py`; it prints the comparison at one small rate, with
controls, and that with the rivals of growing at equal operations, with the rate tuned for every arm: a
static network, a wide one that is pruned, and a search over widths. It leaves both as `growing_bessel.md`,
with their boxes in `growing_bessel.png` and `growing_rivals.png`, and a masked network's growth in
`growth.png`. The controls take growing apart: a mask that is whole from the start has no growth but the
input of its size, a mask or a gate without that input has nothing but growth. A network that has not
grown to its end is then cut to the small dense one that computes the same.
"""

from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from chaoscad.tune import optimizer
from neural.architecture import Architecture
from neural.compare import Arm, compare, draw_boxes, to_markdown
from neural.compare.comparison import Equal
from neural.growing import Growth, grow, to_dense
from neural.growing.arms import growing_arm
from neural.growing.baselines import pruning_arm, width_search_arm
from neural.growing.figures import draw_growth
from neural.tasks import task


def main() -> None:
    bessel = task("bessel", samples=256)
    growth, whole = Growth("size_only"), Growth("size_only", start=10)
    shapes = {form: Architecture(1, [10], 1, form=form) for form in ("static", "gate", "mask")}
    unseen = {form: replace(shapes[form], size_input=False) for form in ("gate", "mask")}
    three = {form: (shape, growth) for form, shape in shapes.items()}
    small, tuned = optimizer("adam", 1e-3), optimizer("adam", 1e-2)
    controls = {
        "full mask, no growth": (shapes["mask"], whole),
        "mask, no size input": (unseen["mask"], growth),
        "gate, no size input": (unseen["gate"], growth),
    }
    forms = [
        growing_arm(name, shape, own, bessel, optimizer=small, factors=(1,))
        for name, (shape, own) in (three | controls).items()
    ]
    slowly = Growth("schedule", start=1)
    static = shapes["static"]
    widths = [replace(static, hidden=[units]) for units in (5, 10, 20)]
    rivals = [
        growing_arm("growing", shapes["mask"], slowly, bessel, optimizer=tuned, buckets=2),
        growing_arm("static", static, None, bessel, optimizer=tuned),
        pruning_arm("pruned from 20", static, bessel, wide=20, optimizer=tuned),
        width_search_arm("search, 5 to 20", widths, bessel, optimizer=tuned),
    ]
    tables = []
    compared: tuple[tuple[list[Arm], Equal, str, str], ...] = (
        (forms, "steps", "1500 steps, rate 1e-3", "growing_bessel.png"),
        (rivals, "flops", "equal operations, tuned rates", "growing_rivals.png"),
    )
    for arms, equal, title, file in compared:
        result = compare(
            arms,
            seeds=6,
            tune_seeds=6,  # as many as seeds, so that both are one program
            steps=1500,
            equal=equal,
            metric="mse",
            trivial=bessel.trivial,
            trivial_predictor=bessel.trivial_predictor,
            title=f"Bessel functions, 10 units, {title}",
        )
        tables.append(to_markdown(result, resamples=1999))
        print(tables[-1])
        draw_boxes(result, log=True).savefig(file, dpi=150)
    Path("growing_bessel.md").write_text("\n".join(tables))

    halfway, slow = (
        grow(
            shapes["mask"],
            bessel.train.inputs,
            bessel.train.targets,
            growth=one,
            optimizer=optimizer("adam", rate),
            steps=1500,
            seeds=range(6),
        )
        for one, rate in ((Growth("schedule", start=1, target=5), 1e-2), (growth, 1e-3))
    )
    draw_growth(
        {"schedule, 1 to 5": halfway.history, "size_only, rate 1e-3": slow.history}
    ).savefig("growth.png", dpi=150)
    network, inputs = halfway.network(0), jnp.asarray(bessel.test.inputs)
    dense = to_dense(network)
    away = np.abs(dense(inputs) - network(inputs)).max()
    print(f"to_dense: {network.slots[0]} slots -> {dense.sizes[1]} units")
    print(f"{dense.parameter_count} parameters; outputs differ by less than 1e-5: {away < 1e-5}")


if __name__ == "__main__":
    main()
