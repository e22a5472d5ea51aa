"""Noise: what gates bear, bit error rates of maps and flows, logical stochastic resonance.

Run it with `python benchmarks/noise.py`; it takes some minutes.
"""

import runpy
import time
from pathlib import Path

import numpy as np

import chaoscad
from chaoscad.gate import Setpoint
from chaoscad.robustness import Deviations, bit_error_rates, first_order_noise, tolerable_noise
from chaoscad.robustness.state_noise import tolerable_state_noise
from chaoscad.systems import setting

ROOT = Path(__file__).parent.parent
DESIGNS = ROOT / "tests" / "data" / "designs"

PUBLISHED = (0.0189, 0.0192, 0.0092, 0.0018, 0.00024)
RESONANCE = (0.72, 0.82, 0.997, 0.998, 0.98, 0.55, 0.25)


def family() -> None:
    """The gates of x0 = 0.325, delta = 1/4: sigma at which the worst row errs with 1e-3.

    The published values are of first order, with noise of one size on z, on every iterate, the one that
    is read included, and at the comparator: here that is a comparator noise of sqrt(2) sigma.
    """
    print(
        "| n | published | first order | off | sampled | state noise alone: sampled | on z alone |"
    )
    print("|---|---|---|---|---|---|---|")
    for n, published in enumerate(PUBLISHED, start=1):
        threshold = 0.4 if n == 5 else 0.75
        one = Setpoint(setting("logistic"), n, 0.325, (0.25, 0.25), threshold, ">")
        both = {"comparator": np.sqrt(2)}
        linear = first_order_noise(one, **both)
        full = tolerable_noise(one, trials=1_000_000, **both).sigma
        state = tolerable_noise(one, trials=1_000_000).sigma
        print(
            f"| {n} | {published:g} | {linear:.5f} | {linear / published - 1:+.1%} | {full:.5f} "
            f"| {state:.5f} | {tolerable_state_noise(one):.5f} |"
        )


def designs() -> None:
    """The worst row and output of designs, and the seconds that it takes."""
    print(
        "\n| design | noise | trials | worst row | rate | 99 % | worst output | seconds | NumPy |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for name, noise, trials in (
        ("full_adder", 0.05, 1_000_000),
        ("duffing_half_adder", 0.2, 100_000),
        ("lorenz", 0.2, 100_000),
    ):
        design = chaoscad.load_design(DESIGNS / f"{name}.json")
        started = time.perf_counter()
        found = bit_error_rates(design, Deviations(state_noise=noise), trials=trials)
        seconds = time.perf_counter() - started
        row, output = found.worst, found.worst_output
        low, high = row.errors.interval
        print(
            f"| {name} | {noise:g} | {trials} | {row.gate} {row.inputs} | {row.errors.value:.5f} "
            f"| {low:.5f} to {high:.5f} | {output.output} {output.inputs} {output.errors.value:.5f} "
            f"| {seconds:.1f} | {found.differ} of {found.checked} differ |"
        )


def flows() -> None:
    """The noise per square root of time at which the worst row of every flow's gate errs with 1e-3."""
    print("\n| gate | sigma | first order | row |")
    print("|---|---|---|---|")
    for name in ("duffing_half_adder", "lorenz"):
        for gate in chaoscad.load_design(DESIGNS / f"{name}.json").gates:
            found = tolerable_noise(gate.setpoint, trials=100_000)
            print(
                f"| {name}.{gate.name} | {found.sigma:.4f} | {found.first_order:.4f} | {found.inputs} |"
            )


def resonance() -> None:
    """P(OR) of the bistable element at seven strengths of the noise."""
    example = runpy.run_path(str(ROOT / "examples" / "17_stochastic_resonance.py"))
    found = example["probabilities"](2000)
    print("\n| D | P(OR) | reference |\n|---|---|---|")
    for strength, share, known in zip(example["STRENGTHS"], found, RESONANCE, strict=True):
        print(f"| {strength:g} | {share:.4f} | {known:g} |")


if __name__ == "__main__":
    family()
    designs()
    resonance()
    flows()
