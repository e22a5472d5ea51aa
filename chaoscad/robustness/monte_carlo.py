"""The yield of a design by sampling devices: how many compute every row that matters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import jax
import numpy as np
from jaxtyping import Bool, Int, PRNGKeyArray

from chaoscad.arguments import whole, within
from chaoscad.compile import Setpoints
from chaoscad.compile.precision import double
from chaoscad.design import Design
from chaoscad.engine import Engine, engine
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

USUAL, MOST_CELLS = 256, 1 << 24
"""Devices that a chunk has at least, so long as their values at local rows are not more than this, which
with all that is made of them take about a gigabyte."""

KEPT = 1 << 28
"""Bytes of bits of devices whose verdicts are kept, so that equal devices are judged once."""

MANY, MANY_OF_FLOWS = 1 << 31, 1 << 25
"""Values of gates at local rows from which on processes of their own are worth starting: half a minute
of one core."""

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
    workers: int | None = 0,
    scheduler: str | None = None,
) -> YieldEstimate:
    """Draw devices of a verified design, and count those that compute every row that matters.

    **Arguments:**

    - `deviations`: their spreads; noise is not drawn (see `bit_error_rates`).
    - `devices`: how many.
    - `by_parameter`: also the yield when only one parameter deviates, for each of them.
    - `workers`: processes that share out the devices, `None` for one for each core; 0 draws them here.
      The numbers are the same.
    - `scheduler`: the address of a Dask scheduler whose workers do; `workers` is then `None`.

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
    ask = partial(drawn, judge, devices=devices, seed=seed, confidence=confidence)
    with engine(workers, scheduler) as workshop:
        found = ask(deviations, workshop, progress=progress)
        if not by_parameter:
            return found
        names = deviations.names()
        alone = {name: ask(deviations.only(name), workshop).yield_ for name in names}
    return replace(found, parameters=alone)


def drawn(
    judge: Judge,
    deviations: Deviations,
    workshop: Engine,
    *,
    devices: int,
    seed: int,
    confidence: float,
    progress: Progress | None = None,
) -> YieldEstimate:
    """The yield of devices that workers draw."""
    wanted = _sampled(judge, population(judge.design, deviations), seed, devices)
    counts = _Counts(judge, wanted)
    chunks = range(-(-devices // wanted.chunk))
    report = progress or Silent()
    report.start(devices, 1)
    try:
        for one in workshop.in_order(partial(_counted, wanted), chunks):
            counts.add(one)
            report.advance(counts.devices, 0, 0)
    finally:
        report.finish()
    return counts.estimate(deviations, seed, confidence)


def worth_sharing(design: Design | Evidence, devices: int) -> bool:
    """Whether a sample is so large that sharing it out over processes pays."""
    gates = (design.design if isinstance(design, Evidence) else design).gates
    flows = any(isinstance(gate.setting.system, Flow) for gate in gates)
    values = devices * sum(1 << gate.arity for gate in gates)
    return values >= (MANY_OF_FLOWS if flows else MANY)


def _sampled(judge: Judge, devices: Population, seed: int, count: int) -> _Sample:
    rows = judge.offsets[-1]
    # Powers of two, so that samples of several sizes share programs.
    flows = any(isinstance(one.system, Flow) for one in devices.settings)
    most = CELLS_OF_FLOWS if flows else CELLS
    chunk = max(most // rows, min(USUAL, MOST_CELLS // rows), 1)
    return _Sample(
        population=devices,
        nominal=judge.nominal,
        relevant=judge.relevant,
        starts=judge.offsets[:-1],
        seed=seed,
        chunk=1 << (chunk.bit_length() - 1),
        devices=count,
        checks=CHECKED_FLOWS if flows else CHECKED,
    )


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


@dataclass(frozen=True)
class _Sample:
    """Devices as chunks, each drawn from a key of its own: it does not matter where.

    **Arguments:**

    - `nominal`, `relevant`: of every local row, the design's bit and whether it matters.
    - `starts`: the first row of every gate.
    - `chunk`, `devices`: devices of a chunk, and of all.
    - `checks`: devices of the first chunk whose bits are handed back.
    """

    population: Population
    nominal: Bool[np.ndarray, " rows"]
    relevant: Bool[np.ndarray, " rows"]
    starts: tuple[int, ...]
    seed: int
    chunk: int
    devices: int
    checks: int

    def key(self, number: int) -> PRNGKeyArray:
        """The key of a chunk. Called within `double`."""
        return jax.random.fold_in(jax.random.key(self.seed), number)


@dataclass(frozen=True)
class _Counted:
    """What is counted in a chunk.

    **Arguments:**

    - `differing`, `beyond`: by row, devices with another bit, and with a state outside of its range.
    - `gates`: by gate, devices with another bit in one of its rows.
    - `patterns`, `counts`: the different bits of devices that are not the design's, packed, and in how
      many devices.
    - `first`: bits of the first devices of the sample.
    """

    devices: int
    differing: Int[np.ndarray, " rows"]
    beyond: Int[np.ndarray, " rows"]
    outside: int
    gates: Int[np.ndarray, " gates"]
    patterns: tuple[bytes, ...]
    counts: tuple[int, ...]
    first: Bool[np.ndarray, "rows devices"]


def _counted(wanted: _Sample, number: int) -> _Counted:
    """Draw a chunk of devices, and count."""
    with double():
        bits, outside = sample(wanted.population, wanted.key(number), wanted.chunk)
    taken = min(wanted.chunk, wanted.devices - number * wanted.chunk)
    bits, outside = bits[:, :taken], outside[:, :taken]
    wrong = (bits != wanted.nominal[:, None]) & wanted.relevant[:, None]
    suspects = np.flatnonzero(wrong.any(0))
    patterns, counts, gates = np.zeros(0, np.void), np.zeros(0, int), np.zeros(0, int)
    if len(suspects):
        marks = np.add.reduceat(wrong[:, suspects], wanted.starts, axis=0, dtype=int)
        gates = (marks > 0).sum(1)
        packed = np.ascontiguousarray(np.packbits(bits[:, suspects], axis=0).T)
        words = packed.view(np.dtype((np.void, packed.shape[1])))
        patterns, counts = np.unique(words, return_counts=True)
    return _Counted(
        devices=taken,
        differing=wrong.sum(1),
        beyond=outside.sum(1),
        outside=int(outside.any(0).sum()),
        gates=gates if len(suspects) else np.zeros(len(wanted.starts), int),
        patterns=tuple(item.tobytes() for item in patterns),
        counts=tuple(counts.tolist()),
        first=bits[:, : wanted.checks] if number == 0 else bits[:, :0],
    )


class _Counts:
    """What is counted over chunks of devices."""

    def __init__(self, judge: Judge, wanted: _Sample) -> None:
        self.judge, self.sample = judge, wanted
        rows = judge.offsets[-1]
        self.devices = self.right = self.undecided = self.outside = 0
        self.differing, self.beyond = np.zeros(rows, int), np.zeros(rows, int)
        self.gates = np.zeros(len(judge.design.gates), int)
        self.outputs = np.zeros(len(judge.design.netlist.outputs), int)
        self.checked = self.differ = self.judged = 0
        self.waiting: list[tuple[bytes, int]] = []
        self.known: dict[bytes, tuple[int, np.ndarray]] = {}

    def add(self, found: _Counted) -> None:
        """Count the next chunk; its patterns are judged each once, in the order of the chunks."""
        if self.devices == 0:
            self._check(found.first)
        self.devices += found.devices
        self.differing += found.differing
        self.beyond += found.beyond
        self.outside += found.outside
        self.gates += found.gates
        self.right += found.devices - sum(found.counts)
        self.waiting += zip(found.patterns, found.counts, strict=True)
        # A judgement passes through all gates, of however few devices.
        if self.devices - self.judged >= USUAL:
            self._judge()

    def _judge(self) -> None:
        self.judged = self.devices
        fresh = list(dict.fromkeys(name for name, _ in self.waiting if name not in self.known))
        if fresh:
            packed = np.frombuffer(b"".join(fresh), np.uint8).reshape(len(fresh), -1)
            patterns = np.unpackbits(packed, axis=1, count=self.judge.offsets[-1]).astype(bool)
            verdicts, outputs = self.judge.judge(patterns)
            self.known |= dict(
                zip(fresh, zip(verdicts.tolist(), outputs, strict=True), strict=True)
            )
        for name, count in self.waiting:
            verdict, outputs = self.known[name]
            self.right += count * (verdict == RIGHT)
            self.undecided += count * (verdict == UNDECIDED)
            self.outputs += count * outputs
        self.waiting.clear()
        # Of a large circuit hardly two devices are equal, and their bits would fill the memory.
        if fresh and len(self.known) * len(fresh[0]) > KEPT:
            self.known.clear()

    def _check(self, bits: Bool[np.ndarray, "rows devices"]) -> None:
        """Evaluate the first devices again by NumPy."""
        wanted = self.sample
        self.checked = bits.shape[1]
        with double():
            drawn = _parameters(
                wanted.key(0), wanted.chunk, wanted.population.centre, wanted.population.errors
            )
        first = Setpoints(*(np.asarray(part)[..., : self.checked] for part in drawn))
        again = numpy_bits(self.judge.design, wanted.population, first)
        self.differ = int((again != bits).any(0).sum())

    def estimate(self, deviations: Deviations, seed: int, confidence: float) -> YieldEstimate:
        """What the counts say."""
        self._judge()
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
