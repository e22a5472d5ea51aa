"""Rare failures: importance sampling around the worst cases.

Devices are drawn from a mixture: one part as they are, the others as they are around a point at which a
row fails. Each counts with the ratio of its true density to the mixture's, which for standard normal
errors x and points mu_k of shares a_k is

    w(x) = 1 / (a_0 + sum_k a_k exp(mu_k . x - |mu_k|^2 / 2)),

so that the weighted share of failures is that of the devices as they are, whatever the points; and as
the first part is never left out, no weight is above 1 / a_0 (A. Owen, Y. Zhou, J. Am. Stat. Assoc. 95, 135
(2000)). Points only decide how many devices it takes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from chaoscad.arguments import whole, within
from chaoscad.compile.precision import double
from chaoscad.design import Design
from chaoscad.errors import ChaoscadError
from chaoscad.evidence import Evidence
from chaoscad.netlist.deviations import Deviations
from chaoscad.robustness.circuit import RIGHT, UNDECIDED, Judge
from chaoscad.robustness.devices import Population, population
from chaoscad.robustness.error_space import bits_at, places
from chaoscad.robustness.monte_carlo import CELLS, judge_of
from chaoscad.robustness.worst_case import WorstCases, worst_cases
from chaoscad.systems import Flow

MOST_SAMPLES = 10**7
"""Most devices of a sample."""

NOMINAL = 0.2
"""The share of devices that are drawn as they are."""

LEAST = 1e-3
"""Points that are less likely than the most likely one by this factor get no devices of their own."""

MOST_POINTS = 400
"""Points that get devices of their own, at most."""

ENOUGH = 100.0
"""The least effective number of failing devices of an estimate that is trusted."""

HEAVIEST = 0.1
"""The largest share of an estimate that a single device may have."""

FLOWS = 1 << 14
"""Values of flows that are computed at a time."""


@dataclass(frozen=True)
class RareFailures:
    """The share of failing devices, by importance sampling.

    **Arguments:**

    - `failure`: the estimate; devices that were not decided count as failing, with `undecided` their part
      in it.
    - `interval`: normal, around the estimate; `None` where it is not to be trusted, and `reason` says why.
    - `samples`, `failing`: devices that were drawn, and those of them that fail.
    - `effective`: (sum w)^2 / sum w^2 over the failing devices: so many equally heavy ones say as much.
    - `points`: around so many points of failure they were drawn.
    """

    deviations: Deviations
    failure: float
    interval: tuple[float, float] | None
    confidence: float
    samples: int
    failing: int
    effective: float
    points: int
    undecided: float
    seed: int
    reason: str | None

    @property
    def trusted(self) -> bool:
        """Whether the estimate and its interval mean something."""
        return self.reason is None

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        data = {**vars(self), "deviations": self.deviations.to_data(), "trusted": self.trusted}
        data["interval"] = None if self.interval is None else list(self.interval)
        return data


def rare_failures(
    design: Design | Evidence,
    deviations: Deviations,
    *,
    samples: int = 20_000,
    seed: int = 0,
    confidence: float = 0.99,
    cases: WorstCases | None = None,
) -> RareFailures:
    """The share of devices that fail, however rare, from some thousand of them.

    It rests on the worst cases: a region of failures that no point leads to, and that the devices drawn as
    they are do not hit, is not in the estimate.

    **Arguments:**

    - `samples`: how many devices are drawn.
    - `confidence`: of the interval.
    - `cases`: the worst cases under the same deviations; they are searched for where they are not given.

    **Raises:** `ChaoscadError`, as `measure`.
    """
    evidence = design if isinstance(design, Evidence) else Evidence(design)
    samples = whole("the number of samples", samples, 100, MOST_SAMPLES)
    seed = whole("the seed", seed, 0, 2**32 - 1)
    confidence = within("the confidence", confidence, 0.5, 0.999999)
    if cases is None:
        cases = worst_cases(evidence, deviations)
    elif cases.deviations != deviations:
        raise ChaoscadError("the worst cases are of other deviations than those that are sampled")
    judge = judge_of(evidence)
    drawn = population(evidence.design, deviations)
    points, counts = _mixture(cases, places(drawn.errors)[1], samples)
    weights, verdicts = _sampled(judge, drawn, points, counts, seed)
    failing = np.where(verdicts != RIGHT, weights, 0.0)
    total = float(failing.sum())
    failure = total / samples
    square = float((failing**2).sum())
    error = math.sqrt(max(0.0, square / samples - failure**2) / samples)
    effective = total**2 / square if square > 0 else 0.0
    reach = float(ndtri(0.5 + confidence / 2) * error)
    reason = _reason(failing, samples, effective, total)
    interval = (max(0.0, failure - reach), min(1.0, failure + reach))
    return RareFailures(
        deviations=deviations,
        failure=failure,
        interval=interval if reason is None else None,
        confidence=confidence,
        samples=samples,
        failing=int((failing > 0).sum()),
        effective=effective,
        points=len(points) - 1,
        undecided=float(weights[verdicts == UNDECIDED].sum()) / samples,
        seed=seed,
        reason=reason,
    )


def _reason(failing: np.ndarray, samples: int, effective: float, total: float) -> str | None:
    """Why an estimate is not to be trusted, if it is not."""
    more = "draw more samples"
    if total == 0:
        return f"none of {samples} devices fails; {more}, or take a larger tolerance"
    if effective < ENOUGH:
        return (
            f"the failing devices say as much as {effective:.3g} equally heavy ones, and "
            f"{ENOUGH:g} are asked for; {more}"
        )
    share = float(failing.max()) / total
    if share > HEAVIEST:
        return f"one device makes {100 * share:.3g} % of the estimate; {more}"
    return None


def _mixture(cases: WorstCases, errors: int, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """The points `[points, errors]`, the first of them the design, and the devices around each."""
    found = [point for points in cases.points for point in points]
    shares = np.array([float(ndtr(-point.distance)) for point in found])
    # Beyond 38 standard deviations a share is 0 in float64.
    kept = [index for index in np.argsort(-shares, kind="stable") if shares[index] > 0][
        :MOST_POINTS
    ]
    kept = [index for index in kept if shares[index] >= LEAST * shares[kept[0]]]
    points = np.zeros((1 + len(kept), errors))
    for row, index in enumerate(kept, 1):
        for place, error in found[index].errors.items():
            points[row, place] = error
    if not kept:
        return points, np.array([samples])
    # The square root gives the less likely points their part of devices too.
    roots = np.sqrt(shares[kept])
    counts = np.floor((1 - NOMINAL) * samples * roots / roots.sum()).astype(int)
    return points, np.array([samples - counts.sum(), *counts])


def _sampled(
    judge: Judge, drawn: Population, points: np.ndarray, counts: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """The weight of every device of the mixture, and the verdict on it."""
    random = np.random.default_rng(seed)
    owner = np.repeat(np.arange(len(points)), counts)
    flows = any(isinstance(setting.system, Flow) for setting in drawn.settings)
    # One chunk size, so that one program does: the last chunk has devices too many.
    chunk = 1 << max(7, ((FLOWS if flows else CELLS) // judge.offsets[-1]).bit_length() - 1)
    chunk = min(chunk, 1 << (len(owner) - 1).bit_length())
    log_shares = np.log(np.maximum(counts, 1e-300) / len(owner))[:, None]
    log_shares = log_shares - 0.5 * (points**2).sum(1, keepdims=True)
    weights: list[np.ndarray] = []
    patterns: list[np.ndarray] = []
    relevant = judge.relevant[:, None]
    for first in range(0, len(owner), chunk):
        own = owner[first : first + chunk]
        errors = random.standard_normal((points.shape[1], chunk))
        errors[:, : len(own)] += points[own].T
        exponents = log_shares + points @ errors[:, : len(own)]
        largest = exponents.max(0)
        weights.append(np.exp(-largest) / np.exp(exponents - largest).sum(0))
        with double():
            bits = bits_at(drawn, errors)[:, : len(own)]
        bits = np.where(relevant, bits, judge.nominal[:, None])
        patterns.append(np.packbits(bits, axis=0).T)
    return np.concatenate(weights), _verdicts(judge, np.concatenate(patterns))


def _verdicts(judge: Judge, packed: np.ndarray) -> np.ndarray:
    """The verdict on every device; equal patterns, packed to bytes, are judged once."""
    width = packed.shape[1]
    whole_rows = np.ascontiguousarray(packed).view(np.dtype((np.void, width))).reshape(-1)
    _, first, where = np.unique(whole_rows, return_index=True, return_inverse=True)
    bits = np.unpackbits(packed[first], axis=1, count=judge.offsets[-1]).astype(bool)
    verdicts, _ = judge.judge(bits)
    return verdicts[where.reshape(-1)]
