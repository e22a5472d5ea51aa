"""The yield of a design by sampling devices: how many compute every row that matters."""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np
from jaxtyping import Bool, PRNGKeyArray

from chaoscad.arguments import whole, within
from chaoscad.compile import Setpoints
from chaoscad.compile.precision import double
from chaoscad.design import Design
from chaoscad.errors import ChaoscadError
from chaoscad.evidence import Evidence
from chaoscad.netlist.deviations import Deviations
from chaoscad.robustness.circuit import RIGHT, UNDECIDED, Judge
from chaoscad.robustness.device_bits import numpy_bits, sample
from chaoscad.robustness.devices import Population, draw, population
from chaoscad.robustness.interval import share
from chaoscad.robustness.yield_estimate import RowFailures, YieldEstimate
from chaoscad.systems import Flow
from chaoscad.tune import Progress, Silent

MOST_DEVICES = 10**9
"""Most devices of a sample."""

CELLS = 1 << 20
"""Values of gates at local rows that are computed at a time: 8 MB in float64."""

CELLS_OF_FLOWS = 1 << 14
"""The same, where a gate is a flow: a second's integration."""

CHECKED = 1000
"""Devices that NumPy evaluates again."""

CHECKED_FLOWS = 20
"""The same, where a gate is a flow, whose integration takes a second for as many."""

SHOWN = 8
"""How many of the rows and gates that fail most are told."""


def measure(
    design: Design | Evidence,
    deviations: Deviations,
    *,
    devices: int = 100_000,
    seed: int = 0,
    confidence: float = 0.99,
    by_parameter: bool = False,
    progress: Progress | None = None,
) -> YieldEstimate:
    """Draw devices of a verified design, and count those that compute every row that matters.

    **Arguments:**

    - `deviations`: their spreads; noise is not drawn (see `bit_error_rates`).
    - `devices`: how many.
    - `by_parameter`: also the yield when only one parameter deviates, for each of them.

    **Raises:** `ChaoscadError` for a design that does not verify, for deviations without any spread,
    and for a number of devices below 1.
    """
    evidence = design if isinstance(design, Evidence) else Evidence(design)
    devices = whole("the number of devices", devices, 1, MOST_DEVICES)
    seed = whole("the seed", seed, 0, 2**32 - 1)
    confidence = within("the confidence", confidence, 0.5, 0.999999)
    judge = judge_of(evidence)
    if not deviations.spread:
        raise ChaoscadError(
            "nothing deviates: give a tolerance, or hardware.tolerance in the netlist"
        )
    counts = _Counts(judge, population(evidence.design, deviations))
    report = progress or Silent()
    report.start(devices, 1)
    try:
        while counts.devices < devices:
            counts.more(seed, devices)
            report.advance(counts.devices, 0, 0)
    finally:
        report.finish()
    found = counts.estimate(deviations, seed, confidence)
    if not by_parameter:
        return found
    alone = {
        name: measure(
            *(evidence, deviations.only(name)), devices=devices, seed=seed, confidence=confidence
        ).yield_
        for name in deviations.names()
    }
    return replace(found, parameters=alone)


def judge_of(evidence: Evidence) -> Judge:
    """The judge of a design's devices.

    **Raises:** `ChaoscadError` for a design that does not verify.
    """
    if not evidence.verification.passed:
        first = next(iter(evidence.verification.findings()), "it is not solved")
        raise ChaoscadError(
            f"the design {evidence.design.name!r} does not verify ({first}), so that no device of it "
            "is expected to work"
        )
    return Judge(evidence)


_parameters = jax.jit(draw, static_argnames=("devices",))


class _Counts:
    """What is counted over chunks of devices."""

    def __init__(self, judge: Judge, devices: Population) -> None:
        self.judge, self.population = judge, devices
        rows = judge.offsets[-1]
        # Powers of two, so that samples of several sizes share programs.
        flows = any(isinstance(one.system, Flow) for one in devices.settings)
        self.checks = CHECKED_FLOWS if flows else CHECKED
        most = CELLS_OF_FLOWS if flows else CELLS
        self.chunk = 1 << max(8, (most // rows).bit_length() - 1)
        self.devices = self.right = self.undecided = self.outside = 0
        self.differing, self.beyond = np.zeros(rows, int), np.zeros(rows, int)
        self.gates = np.zeros(len(judge.design.gates), int)
        self.outputs = np.zeros(len(judge.design.netlist.outputs), int)
        self.checked = self.differ = 0
        self.known: dict[bytes, tuple[int, np.ndarray]] = {}

    def more(self, seed: int, most: int) -> None:
        """Draw another chunk, and count its first devices up to `most` in all."""
        with double():
            key = jax.random.fold_in(jax.random.key(seed), self.devices // self.chunk)
            bits, outside = sample(self.population, key, self.chunk)
        taken = min(self.chunk, most - self.devices)
        bits, outside = bits[:, :taken], outside[:, :taken]
        if self.devices == 0:
            self._check(key, bits)
        self.devices += taken
        wrong = (bits != self.judge.nominal[:, None]) & self.judge.relevant[:, None]
        self.differing += wrong.sum(1)
        self.beyond += outside.sum(1)
        self.outside += int(outside.any(0).sum())
        suspects = np.flatnonzero(wrong.any(0))
        self.right += taken - len(suspects)
        if not len(suspects):
            return
        marks = np.add.reduceat(wrong[:, suspects], self.judge.offsets[:-1], axis=0, dtype=int)
        self.gates += (marks > 0).sum(1)
        self._judge(np.ascontiguousarray(np.packbits(bits[:, suspects], axis=0).T))

    def _judge(self, suspects: np.ndarray) -> None:
        """Judge the patterns of devices, each packed to a row of bytes, that are not known yet."""
        width = suspects.shape[1]
        found, counts = np.unique(suspects.view(np.dtype((np.void, width))), return_counts=True)
        names = [item.tobytes() for item in found]
        fresh = [name for name in names if name not in self.known]
        if fresh:
            packed = np.frombuffer(b"".join(fresh), np.uint8).reshape(-1, width)
            rows = self.judge.offsets[-1]
            patterns = np.unpackbits(packed, axis=1, count=rows).astype(bool)
            verdicts, outputs = self.judge.judge(patterns)
            self.known |= dict(
                zip(fresh, zip(verdicts.tolist(), outputs, strict=True), strict=True)
            )
        for name, count in zip(names, counts.tolist(), strict=True):
            verdict, outputs = self.known[name]
            self.right += count * (verdict == RIGHT)
            self.undecided += count * (verdict == UNDECIDED)
            self.outputs += count * outputs

    def _check(self, key: PRNGKeyArray, bits: Bool[np.ndarray, "rows devices"]) -> None:
        """Evaluate the first devices again by NumPy."""
        self.checked = min(bits.shape[1], self.checks)
        with double():
            drawn = _parameters(
                key,
                self.chunk,
                self.population.centre,
                self.population.errors,
            )
        first = Setpoints(*(np.asarray(part)[..., : self.checked] for part in drawn))
        again = numpy_bits(self.judge.design, self.population, first)
        self.differ = int((again != bits[:, : self.checked]).any(0).sum())

    def estimate(self, deviations: Deviations, seed: int, confidence: float) -> YieldEstimate:
        """What the counts say."""
        order = np.argsort(-self.differing, kind="stable")
        most = [int(row) for row in order[:SHOWN] if self.differing[row]]
        rows = (
            RowFailures(*self.judge.name(row), int(self.differing[row]), int(self.beyond[row]))
            for row in most
        )
        names = [gate.name for gate in self.judge.design.gates]
        return YieldEstimate(
            deviations=deviations,
            yield_=share(self.right, self.devices, confidence, most=self.right + self.undecided),
            undecided=self.undecided,
            rows=tuple(rows),
            gates=dict(zip(names, self.gates.tolist(), strict=True)),
            outputs=dict(
                zip(self.judge.design.netlist.outputs, self.outputs.tolist(), strict=True)
            ),
            outside=self.outside,
            checked=self.checked,
            differ=self.differ,
            seed=seed,
        )
