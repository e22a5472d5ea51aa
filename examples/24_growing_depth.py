"""A depth that is learned: residual blocks whose units are grown, or priced away.

Run it with `python examples/24_growing_depth.py`; for two prices of a unit it prints how many units each
layer has in the end, the error, and what is left as a small dense network, beside one layer alone and four
full ones, and leaves `growing_depth.png`. The task is the third iterate of x -> 1 - 2 x^2, which turns
round seven times; a block adds to the units of the first layer, and one without units is not there.
`benchmarks/growing_depth.py` is the long version.
"""

import jax.numpy as jnp
import numpy as np

from chaoscad.tune import optimizer
from neural.architecture import Architecture
from neural.growing import Growth, grow, to_dense
from neural.growing.figures import draw_growth

UNITS, LAYERS, STEPS = 6, 4, 1500


def main() -> None:
    x = np.linspace(-1, 1, 200)[:, None]
    y = x
    for _ in range(3):
        y = 1 - 2 * y**2
    full = Architecture(1, [UNITS] * LAYERS, 1, residual=True)
    learned = Architecture(1, [UNITS] * LAYERS, 1, residual=True, form="mask")
    start = (4, 2, 2, 2)
    arms = {
        "1 layer": (Architecture(1, [UNITS], 1), None),
        "4 layers": (full, None),
        "price 1e-5": (learned, Growth("free", start=start, weight=1e-5, edge=3, pace=0.3)),
        "price 1e-3": (learned, Growth("free", start=start, weight=1e-3, edge=3, pace=0.3)),
    }
    histories = {}
    for name, (shape, growth) in arms.items():
        run = grow(
            shape,
            x[::2],
            y[::2],
            test=(x[1::2], y[1::2]),
            growth=growth,
            optimizer=optimizer("adam", 1e-2, schedule="cosine"),
            steps=STEPS,
            seeds=6,
        )
        best = int(np.nanargmin(run.history.task_loss[-1]))
        network = run.network(best)
        dense = to_dense(network)
        points = jnp.asarray(x, jnp.float32)
        away = np.abs(dense(points) - network(points)).max()
        sizes = " ".join(f"{size:.1f}" for size in np.median(run.history.sizes[-1], axis=0))
        print(f"{name}: median test error {np.median(run.history.test_loss[-1]):.2g}")
        print(f"  units by layer {sizes}; the best of 6 has {dense.parameter_count} parameters")
        left = f"{len(dense.assignments)} of {LAYERS} layers"
        print(f"  in {left}; its dense network computes the same: {away < 1e-4}")
        if growth is not None:
            histories[name] = run.history
    draw_growth(histories, title="units of four layers").savefig("growing_depth.png", dpi=150)


if __name__ == "__main__":
    main()
