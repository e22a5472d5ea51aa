"""Arms without a network: scores with planted effects, the same for the same seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neural.compare import Arm, Comparison, Run, Scores, compare


def difficulty(seeds: np.ndarray) -> np.ndarray:
    """What the arms share at a seed: it is much larger than what sets them apart."""
    return np.array([np.random.default_rng(int(seed)).normal() for seed in seeds])


def noise(seeds: np.ndarray, arm: int) -> np.ndarray:
    return np.array([np.random.default_rng([int(seed), arm]).normal() for seed in seeds])


def planted(
    gain: float,
    arm: int = 1,
    best: float = 0.01,
    spread: float = 0.05,
    own: float = 0.005,
    broken: Sequence[int] = (),
    calls: list[tuple[list[int], float, int]] | None = None,
) -> Run:
    """Accuracies around 0.5 + gain that fall off on both sides of the rate `best`."""

    def run(seeds: np.ndarray, learning_rate: float, steps: int) -> Scores:
        if calls is not None:
            calls.append((seeds.tolist(), learning_rate, steps))
        loss = 0.05 * np.log10(learning_rate / best) ** 2
        test = 0.5 + gain - loss + spread * difficulty(seeds) + own * noise(seeds, arm)
        test = np.where(np.isin(seeds, broken), np.nan, np.clip(test, 0, 1))
        return Scores(test=test, validation=test)

    return run


def fixed(test: Sequence[float], **columns: object) -> Run:
    """Given scores, whatever the seeds and the rate."""
    return lambda seeds, learning_rate, steps: Scores(test, test, **columns)  # type: ignore[arg-type]


def arm(name: str, run: Run, *rates: float, **options: object) -> Arm:
    return Arm(name, run, rates or (0.01,), **options)  # type: ignore[arg-type]


def small(**options: object) -> Comparison:
    """Two arms of 8 seeds, one with a failure and names that need escaping."""
    errors = np.array([1, 2, 3, 4, 5, 6, 7, 8.0]) / 100
    broken = np.where(np.arange(8) == 2, np.nan, errors / 2)
    arms = (
        arm("sin", fixed(errors, extra={"size": np.arange(8)}), flops_per_step=10.0),
        arm("mix|ed, *a*", fixed(broken, train=errors), 0.01, 0.03, setup_flops=5e6),
    )
    return compare(
        arms,
        **{
            "seeds": 8,
            "steps": 100,
            "metric": "mse",
            "tune_seeds": 8,
            "failure": 0.035,
            "trivial": 0.057,
            "trivial_predictor": "zero",
            "title": "Learned <sin>",
        }
        | options,
    )
