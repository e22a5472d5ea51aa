"""The yield of a design by sampling devices: how many compute every row that matters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from chaoscad.arguments import whole, within
from chaoscad.compile import CircuitPlan, Setpoints, states, take
from chaoscad.compile import values as values_of
from chaoscad.compile.precision import double
from chaoscad.design import Design
from chaoscad.errors import ChaoscadError
from chaoscad.evidence import Evidence
from chaoscad.gate import local_states
from chaoscad.netlist.deviations import Deviations
from chaoscad.robustness.circuit import RIGHT, UNDECIDED, Judge
from chaoscad.robustness.devices import Blocks, Population, draw, population
from chaoscad.robustness.interval import Share, share
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


@dataclass(frozen=True)
class RowFailures:
    """How often the bit of a gate's local row differs from the design's.

    **Arguments:**

    - `inputs`: the row, as bits of the gate's inputs.
    - `devices`: in how many devices.
    - `outside`: in how many its state lies outside of the declared range.
    """

    gate: str
    inputs: str
    devices: int
    outside: int


@dataclass(frozen=True)
class YieldEstimate:
    """The yield of a design, by sampling.

    **Arguments:**

    - `deviations`: what was drawn.
    - `yield_`: devices that are right; those that were not decided count as wrong in it, and as
      right in the upper end of its interval.
    - `undecided`: devices for which no proof was found in time.
    - `rows`: local rows that matter, those that differ most often first.
    - `gates`: by gate, devices in which one of its rows that matter differs.
    - `outputs`: by output, devices in which it was seen to be wrong.
    - `outside`: devices in which the state of some row lies outside of the declared range, where
      formulas are evaluated and measured curves keep the value of their end.
    - `checked`, `differ`: devices that NumPy evaluated again, and those of them in which it finds
      other bits.
    """

    deviations: Deviations
    yield_: Share
    undecided: int
    rows: tuple[RowFailures, ...]
    gates: Mapping[str, int]
    outputs: Mapping[str, int]
    outside: int
    checked: int
    differ: int
    seed: int = 0
    parameters: Mapping[str, Share] = field(default_factory=dict)

    @property
    def devices(self) -> int:
        """How many were drawn."""
        return self.yield_.of

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "devices": self.devices,
            "seed": self.seed,
            "confidence": self.yield_.confidence,
            "yield": self.yield_.to_data(),
            "undecided": self.undecided,
            "deviations": self.deviations.to_data(),
            "rows": [
                {
                    "gate": row.gate,
                    "inputs": row.inputs,
                    "devices": row.devices,
                    "outside": row.outside,
                }
                for row in self.rows
            ],
            "gates": dict(self.gates),
            "outputs": dict(self.outputs),
            "outside": self.outside,
            "checked": self.checked,
            "differ": self.differ,
            "parameters": {name: found.to_data() for name, found in self.parameters.items()},
        }


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


def sample(
    drawn: Population, key: PRNGKeyArray, devices: int
) -> tuple[Bool[np.ndarray, "rows devices"], Bool[np.ndarray, "rows devices"]]:
    """The bits of every local row of every gate, in the order of the netlist, and where its state
    lies outside of the declared range. Called within `double`.
    """
    bits, outside = _sample(
        drawn.plan, key, devices, drawn.centre, drawn.errors, drawn.low, drawn.high, drawn.below
    )
    return np.asarray(bits), np.asarray(outside)


def row_distances(
    drawn: Population, key: PRNGKeyArray, devices: int
) -> Float[np.ndarray, "rows devices"]:
    """The distance of every local row's value from the threshold, positive where its bit is 1.

    Called within `double`.
    """
    return np.asarray(_distances(drawn.plan, key, devices, drawn.centre, drawn.errors, drawn.below))


@partial(jax.jit, static_argnames=("plan", "devices"))
def _distances(
    plan: CircuitPlan,
    key: PRNGKeyArray,
    devices: int,
    centre: Setpoints,
    errors: Blocks,
    below: Array,
) -> Float[Array, "rows devices"]:
    found = draw(key, devices, centre, errors)
    return in_order(plan, gate_distances(plan, found, below))


_parameters = jax.jit(draw, static_argnames=("devices",))


@partial(jax.jit, static_argnames=("plan", "devices"))
def _sample(
    plan: CircuitPlan,
    key: PRNGKeyArray,
    devices: int,
    centre: Setpoints,
    errors: Blocks,
    low: Array,
    high: Array,
    below: Array,
) -> tuple[Bool[Array, "rows devices"], Bool[Array, "rows devices"]]:
    found = draw(key, devices, centre, errors)
    distances = gate_distances(plan, found, below)
    at = states(plan, found.x0, found.delta)
    beyond = {
        arity: (z < take(low, plan.members(arity))[:, None, None])
        | (z > take(high, plan.members(arity))[:, None, None])
        for arity, z in at.items()
    }
    return (
        in_order(plan, {arity: one > 0 for arity, one in distances.items()}),
        in_order(plan, beyond),
    )


def gate_distances(
    plan: CircuitPlan, parameters: Setpoints, below: Array
) -> dict[int, Float[Array, "gates rows devices"]]:
    """The distance of every row's value from the threshold, positive where the bit is 1."""
    found = values_of(plan, parameters.x0, parameters.delta, parameters.system)
    signs = jnp.where(below, -1.0, 1.0).astype(parameters.x0.dtype)
    return {
        arity: (value - take(parameters.threshold, plan.members(arity))[:, None])
        * take(signs, plan.members(arity))[:, None, None]
        for arity, value in found.items()
    }


def in_order(plan: CircuitPlan, tables: Mapping[int, Array]) -> Array:
    """Tables by arity as rows, gate after gate in the order of the netlist."""
    if len(tables) == 1:
        (arity,) = tables
        table, members = tables[arity], plan.members(arity)
        if members != tuple(range(len(members))):
            table = take(table, np.argsort(members).tolist())
        return table.reshape(-1, table.shape[-1])
    place = {
        gate: (arity, index) for arity in tables for index, gate in enumerate(plan.members(arity))
    }
    sizes = [1 << place[gate][0] for gate in range(plan.gates)]
    offsets = np.cumsum([0, *sizes])
    flat = jnp.concatenate([tables[arity].reshape(-1, tables[arity].shape[-1]) for arity in tables])
    first = dict(
        zip(
            tables,
            np.cumsum([0, *(len(plan.members(a)) << a for a in tables)])[:-1].tolist(),
            strict=True,
        )
    )
    rows = np.empty(offsets[-1], int)
    for gate, (arity, index) in place.items():
        begin = first[arity] + (index << arity)
        rows[offsets[gate] : offsets[gate + 1]] = np.arange(begin, begin + (1 << arity))
    return take(flat, rows.tolist())


def numpy_bits(
    design: Design, drawn: Population, parameters: Setpoints
) -> Bool[np.ndarray, "rows devices"]:
    """The bits of devices by NumPy and SciPy, gate by gate: shares no code with `sample`."""
    found: list[np.ndarray] = []
    for index, gate in enumerate(design.gates):
        weights = np.asarray(parameters.delta)[index, : gate.arity]
        states = np.stack(local_states(np.asarray(parameters.x0)[index], list(weights)))
        setting = drawn.settings[index]
        own = np.asarray(parameters.system)[index]
        if isinstance(setting.system, Flow):
            # SciPy integrates one set of parameters at a time.
            columns = [
                setting.value(column, parameters=dict(zip(setting.parameters, one, strict=False)))
                for column, one in zip(states.T, own.T.tolist(), strict=True)
            ]
            values = np.stack(columns, axis=1)
        else:
            given = {
                name: np.broadcast_to(own[place], states.shape)
                for place, name in enumerate(setting.parameters)
            }
            values = setting.value(states, gate.iterates, given)
        threshold = np.asarray(parameters.threshold)[index]
        found.append(values < threshold if gate.compare == "<" else values > threshold)
    return np.concatenate(found)
