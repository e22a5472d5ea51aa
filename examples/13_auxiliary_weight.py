"""An auxiliary weight as the size of a layer: growing from nothing against a start at full size.

Run it with `python examples/13_auxiliary_weight.py`; it prints, for three weights lambda of the size
loss, both medians, their ratio and the failures, and leaves them as `auxiliary_weight.md` with the
growth in `auxiliary_weight.png`. It is a small version, in seconds;
`benchmarks/growing_auxiliary.py` is the long one.
"""

from pathlib import Path

import jax
import numpy as np

from chaoscad.tune import optimizer
from neural.compare.statistics import Interval
from neural.figures import draw_curves
from neural.growing.analyses import scan
from neural.growing.auxiliary import AuxiliaryResult, Data, init, train
from neural.tasks import task

TRIALS, EPOCHS, SLOTS, TARGET = 24, 6000, 9, 5.0


def points(part: str) -> Data:
    tasks = [task("small_bessel", seed=trial, validation=0).part(part) for trial in range(TRIALS)]
    return Data(np.stack([one.inputs for one in tasks]), np.stack([one.targets for one in tasks]))


def run(start: float, penalty: float) -> AuxiliaryResult:
    return train(
        init(jax.random.key(0), SLOTS, start, trials=TRIALS),
        points("train"),
        test=points("test"),
        target=TARGET,
        penalty=penalty,
        optimizer=optimizer("sgd", 1e-3),
        epochs=EPOCHS,
        chunk=200,
    )


def cell(found: Interval | None) -> str:
    return "" if found is None else f"{found.value:.3g} [{found.low:.3g}, {found.high:.3g}]"


def main() -> None:
    grown: dict[float, AuxiliaryResult] = {}

    def growing(penalty: float) -> np.ndarray:
        grown[penalty] = run(0.0, penalty)
        return grown[penalty].test_loss[:, -1]  # type: ignore[index]

    rows = scan(
        growing,
        (0.1, 0.6, 3.0),
        reference=lambda penalty: run(TARGET, penalty).test_loss[:, -1],  # type: ignore[index]
        failure=0.1,
        resamples=1999,
    )
    lines = [
        "| lambda | growing, median test loss | from full size | ratio | failed | from full size |"
    ]
    lines += ["|---:|---:|---:|---:|---:|---:|"]
    for row in rows:
        cells = [row.median, row.reference, row.ratio, row.failures, row.reference_failures]
        lines.append(f"| {row.weight:g} | " + " | ".join(map(cell, cells)) + " |")
    table = "\n".join(lines) + "\n"
    print(table)
    print(f"{TRIALS} trials of {EPOCHS} epochs, 95 % intervals; failed: a test loss above 0.1")
    Path("auxiliary_weight.md").write_text(table)
    draw_curves(
        {f"lambda {weight:g}": (one.epochs, one.size) for weight, one in grown.items()},
        xlabel="epoch",
        ylabel="size N",
        title="the size approaches its target as 1 - exp(-2 eta lambda epochs)",
    ).savefig("auxiliary_weight.png", dpi=150)


if __name__ == "__main__":
    main()
