"""The yield that ngspice finds in a Monte Carlo deck, beside that of our own devices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chaoscad.export.rows import Expected
from chaoscad.export.spice.monte_carlo import Sampling
from chaoscad.systems import Flow
from chaoscad.toolchain import Tool

LONGEST_RUN = 600.0

OURS = 100_000
"""Devices of our own yield."""

OURS_OF_FLOWS = 2000
"""The same, where a gate is a flow, or as many as ngspice's where these are more."""

CONFIDENCE = 0.99
"""Of all intervals."""

_COUNTED = re.compile(r"^(devices|unsolved|right)\s*=\s*(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Agreement:
    """Whether the two yields agree, and the lines of the log."""

    passed: bool
    lines: tuple[str, ...]


def agreement(tool: Tool, sampled: Sampling, rows: Expected, deck: str, folder: Path) -> Agreement:
    """Run the deck and test its yield against ours.

    The test is two-sided and binomial: as many devices must be right as 99 % of samples of that size
    have, at a yield anywhere in the 99 % interval of ours. Where the deck walks a sample of the
    rows, it may miss what is wrong in others, and only too few right ones are a disagreement.
    """
    from chaoscad.robustness import measure
    from chaoscad.robustness.interval import share

    done = tool.run(
        ["-b", deck],
        folder=folder,
        timeout=LONGEST_RUN,
        hint="draw fewer devices with --monte-carlo",
    )
    said = [f"$ ngspice -b {deck}"]
    found = counted(done.stdout)
    if found.get("devices") != sampled.devices or "right" not in found:
        words = [line for line in done.output.splitlines() if line.strip()]
        said += [
            *words[-20:],
            f"ngspice drew no {sampled.devices} devices; its status is {done.status}",
        ]
        return Agreement(False, tuple(said))
    flows = any(isinstance(gate.setting.system, Flow) for gate in sampled.evidence.design.gates)
    ours = measure(
        sampled.evidence,
        sampled.deviations,
        devices=max(OURS_OF_FLOWS, sampled.devices) if flows else OURS,
        seed=sampled.seed % 2**32,
        confidence=CONFIDENCE,
    ).yield_
    theirs = share(found["right"], sampled.devices, CONFIDENCE)
    low, high = expected_counts(sampled.devices, ours.interval)
    inside = low <= theirs.count and (theirs.count <= high or not rows.exhaustive)
    for who, item in (("ngspice", theirs), ("chaoscad", ours)):
        ends = f"{item.interval[0]:.5f} to {item.interval[1]:.5f}"
        said.append(
            f"{who}: {item.count} of {item.of} devices are right, a yield of {item.value:.5f} "
            f"(99 % interval {ends})"
        )
    said.append(
        f"two-sided binomial test at 99 %: with the yield of chaoscad {low} to {high} of {sampled.devices} "
        f"devices are right; ngspice's {theirs.count} {'are' if inside else 'are NOT'} among them"
    )
    if not rows.exhaustive:
        said.append(
            f"the deck walks {rows.said()}, and a device that is wrong in another is right to it: more "
            "right ones are no disagreement"
        )
    if not inside:
        said.append("1 sample in 100 lies outside by chance; another --seed draws another")
    if found["unsolved"]:
        said.append(
            f"ngspice found no solution for {found['unsolved']} devices, which count as wrong"
        )
    return Agreement(inside and not found["unsolved"], tuple(said))


def counted(output: str) -> Mapping[str, int]:
    """What the deck's loop prints at its end."""
    return {name: round(float(value)) for name, value in _COUNTED.findall(output)}


def expected_counts(
    devices: int, interval: tuple[float, float], confidence: float = CONFIDENCE
) -> tuple[int, int]:
    """Between which counts of right devices 99 % of samples lie, at some yield of an interval."""
    from scipy.stats import binom

    tail = (1 - confidence) / 2
    return (
        int(binom.ppf(tail, devices, interval[0])),
        int(binom.ppf(1 - tail, devices, interval[1])),
    )
