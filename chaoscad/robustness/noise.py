"""Bit error rates of a design under noise: of every local row of its gates, and of the circuit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, PRNGKeyArray

from chaoscad.analysis.table import Table
from chaoscad.arguments import not_negative, whole, within
from chaoscad.compile import (
    CircuitPlan,
    Setpoints,
    Tables,
    Topology,
    bit_words,
    compile_circuit,
    propagate,
    selected,
)
from chaoscad.compile.precision import double
from chaoscad.design import Design
from chaoscad.errors import ChaoscadError
from chaoscad.evidence import Evidence
from chaoscad.logic.rows import all_rows, random_rows, unpacked
from chaoscad.netlist.deviations import Deviations
from chaoscad.robustness.circuit import Judge
from chaoscad.robustness.device_bits import in_order
from chaoscad.robustness.interval import Share, clopper_pearson
from chaoscad.robustness.monte_carlo import CHECKED
from chaoscad.robustness.noisy import Level, noisy_bits, numpy_bits
from chaoscad.robustness.subject import Subject, of_design
from chaoscad.tune import Progress, Silent

MOST_TRIALS = 10**9
"""Most trials of a measurement."""

CELLS = 1 << 20
"""Numbers of an array of a chunk: 8 MB in float64."""

CELLS_OF_FLOWS = 1 << 17
"""The same where a gate is a flow, which keeps many arrays."""

CHECKED_FLOWS = 100
"""Trials that NumPy evaluates again where a gate is a flow; `CHECKED` of maps."""

ENUMERATED = 10
"""Most inputs of a circuit whose rows are all measured; of wider ones it is a sample."""

SAMPLE_WORDS = 4
"""Words of 64 rows of that sample."""


@dataclass(frozen=True)
class RowErrors:
    """How often noise gives a gate's local row the wrong bit.

    **Arguments:**

    - `inputs`: the row, as bits of the gate's inputs.
    - `errors`: the share of evaluations in which the bit is not the design's.
    - `matters`: whether the row is reached in the circuit, and its bit asked for.
    """

    gate: str
    inputs: str
    errors: Share
    matters: bool = True


@dataclass(frozen=True)
class OutputErrors:
    """How often an output is wrong on one row of the circuit's inputs."""

    output: str
    inputs: str
    errors: Share


@dataclass(frozen=True)
class BitErrorRates:
    """What noise does to one device of a design.

    **Arguments:**

    - `deviations`: only their noise is drawn.
    - `rows`: every local row of every gate, in the order of the netlist.
    - `outputs`: every output on every row of the circuit's inputs that its target asks for.
    - `exhaustive`: whether these are all input rows; else they are a random sample.
    - `trials`: evaluations of every row.
    - `checked`, `differ`: trials that NumPy evaluated again with the same normal numbers, and those
      of them in which it finds other bits.
    """

    deviations: Deviations
    rows: tuple[RowErrors, ...]
    outputs: tuple[OutputErrors, ...]
    exhaustive: bool
    trials: int
    checked: int
    differ: int
    seed: int = 0

    @property
    def worst(self) -> RowErrors:
        """The local row that matters and errs most often."""
        return max((row for row in self.rows if row.matters), key=lambda row: row.errors.count)

    @property
    def worst_output(self) -> OutputErrors:
        """The output and the row on which it is wrong most often."""
        return max(self.outputs, key=lambda one: one.errors.count)

    def columns(self) -> Table:
        """The rows of the gates as a table."""
        matters = np.array([row.matters for row in self.rows])
        return _table("gate", [row.gate for row in self.rows], self.rows) | {"matters": matters}

    def output_columns(self) -> Table:
        """The rows of the outputs as a table."""
        return _table("output", [one.output for one in self.outputs], self.outputs)

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "trials": self.trials,
            "seed": self.seed,
            "deviations": self.deviations.to_data(),
            "rows": [
                {
                    "gate": row.gate,
                    "inputs": row.inputs,
                    "matters": row.matters,
                    "errors": row.errors.to_data(),
                }
                for row in self.rows
            ],
            "outputs": [
                {"output": one.output, "inputs": one.inputs, "errors": one.errors.to_data()}
                for one in self.outputs
            ],
            "exhaustive": self.exhaustive,
            "checked": self.checked,
            "differ": self.differ,
        }


def _table(what: str, names: list[str], found: Any) -> Table:
    shares = [one.errors for one in found]
    return {
        what: np.array(names),
        "inputs": np.array([one.inputs for one in found]),
        "errors": np.array([one.count for one in shares]),
        "rate": np.array([one.value for one in shares]),
        "low": np.array([one.interval[0] for one in shares]),
        "high": np.array([one.interval[1] for one in shares]),
    }


def bit_error_rates(
    design: Design | Evidence,
    deviations: Deviations,
    *,
    trials: int = 100_000,
    seed: int = 0,
    confidence: float = 0.99,
    device: Setpoints | None = None,
    progress: Progress | None = None,
) -> BitErrorRates:
    """Evaluate a verified design under noise, and count wrong bits.

    Noise is independent in every element and every evaluation; readings of one element share that on
    their orbit, and have a comparator's each. Rows of the circuit share the draws of a trial: their
    rates are right each, and not independent of one another.

    **Arguments:**

    - `deviations`: their noise; tolerances are not drawn (see `measure`).
    - `trials`: evaluations of every row.
    - `device`: of the design, as `drawn_device` gives one; the design itself where it is left out.

    **Raises:** `ChaoscadError` for a design that does not verify, for deviations without noise, and
    for a number of trials below 1.
    """
    trials = whole("the number of trials", trials, 1, MOST_TRIALS)
    seed = whole("the seed", seed, 0, 2**32 - 1)
    confidence = within("the confidence", confidence, 0.5, 0.999999)
    subject, judge = of_design(design, device)
    state, comparator = levels(deviations)
    bench = _Bench.of(subject, judge)
    rows = np.zeros(len(subject.rows), int)
    outputs = np.zeros(bench.care.shape, int)
    chunk = bench.chunk
    report = progress or Silent()
    report.start(trials, 1)
    checked, differ = 0, 0
    try:
        for number, done in enumerate(range(0, trials, chunk)):
            taken = min(chunk, trials - done)
            with double():
                key = jax.random.fold_in(jax.random.key(seed), number)
                bits = noisy_bits(
                    *(subject.plan, subject.device, subject.below),
                    *(key, chunk, state, comparator, subject.elements),
                )
                if number == 0:
                    checked = min(taken, CHECKED_FLOWS if subject.flows else CHECKED)
                    differ = _differ(subject, key, chunk, state, comparator, bits, checked)
                wrong, missed = bench.count(bits, taken)
            rows += wrong
            outputs += missed
            report.advance(done + taken, 0, 0)
    finally:
        report.finish()
    return BitErrorRates(
        deviations=deviations,
        rows=tuple(
            RowErrors(gate, inputs, errors, bool(matters))
            for (gate, inputs), errors, matters in zip(
                subject.rows, shares(rows, trials, confidence), subject.relevant, strict=True
            )
        ),
        outputs=bench.named(outputs, trials, confidence),
        exhaustive=bench.exhaustive,
        trials=trials,
        checked=checked,
        differ=differ,
        seed=seed,
    )


def levels(deviations: Deviations) -> tuple[float | None, float | None]:
    """The noise on the state and at the comparator, `None` where there is none.

    **Raises:** `ChaoscadError` where there is neither, and for one that is negative or not finite.
    """
    state = not_negative("the noise on the state", deviations.state_noise)
    comparator = not_negative("the noise at the comparator", deviations.comparator_noise)
    if state == comparator == 0:
        raise ChaoscadError("there is no noise: give one, or hardware.noise in the netlist")
    return state or None, comparator or None


def shares(counts: Int[np.ndarray, " items"], of: int, confidence: float) -> list[Share]:
    """Every count of `of` trials with its exact interval."""
    low, high = clopper_pearson(counts, of, confidence)
    ends = zip(low.tolist(), high.tolist(), strict=True)
    return [
        Share(count, of, end, confidence) for count, end in zip(counts.tolist(), ends, strict=True)
    ]


def _differ(
    subject: Subject,
    key: PRNGKeyArray,
    chunk: int,
    state: Level,
    comparator: Level,
    bits: Tables,
    checked: int,
) -> int:
    """In how many of the first trials NumPy finds other bits."""
    again = numpy_bits(
        *(subject.plan, subject.device, subject.below),
        *(key, chunk, state, comparator, checked, subject.elements),
    )
    wrong = np.zeros(checked, bool)
    for arity, found in again.items():
        wrong |= (found != np.asarray(bits[arity])[..., :checked]).any((0, 1))
    return int(wrong.sum())


@dataclass(frozen=True, eq=False)
class _Bench:
    """A circuit on which bits are counted.

    **Arguments:**

    - `inputs`: rows of its inputs, as words of 32 rows.
    - `wanted`: the words of its outputs; `care`: which rows of which outputs are asked for.
    - `nets`: the nets of its outputs.
    - `names`: the input bits of every row.
    """

    subject: Subject
    judge: Judge
    plan: CircuitPlan
    topology: Topology | None
    inputs: np.ndarray
    wanted: np.ndarray
    care: Bool[np.ndarray, "outputs rows"]
    nets: tuple[int, ...]
    names: tuple[str, ...]
    exhaustive: bool

    @staticmethod
    def of(subject: Subject, judge: Judge) -> _Bench:
        netlist = judge.design.netlist
        width = len(netlist.inputs)
        exhaustive = width <= ENUMERATED
        random = np.random.default_rng(0)
        words = all_rows(width) if exhaustive else random_rows(width, SAMPLE_WORDS, random)
        count = (1 << width) if exhaustive else 64 * SAMPLE_WORDS
        bits = unpacked(words)[:, :count]
        wanted, care = judge.wanted(dict(zip(netlist.inputs, words, strict=True)))
        # The gates as they were planned for the values, so that their tables stand in one order.
        groups = {gate: group for group in subject.plan.groups for gate in group.gates}
        sources = tuple(
            replace(gate, setting=groups[i].setting, iterates=groups[i].iterates, train={})
            for i, gate in enumerate(netlist.gates)
        )
        plan, topology = compile_circuit(replace(netlist, gates=sources))
        place = {gate.name: plan.net_of_gate[i] for i, gate in enumerate(netlist.gates)}
        place |= {name: index for index, name in enumerate(netlist.inputs)}
        order = netlist.outputs
        return _Bench(
            subject=subject,
            judge=judge,
            plan=plan,
            topology=topology,
            inputs=_halves(words),
            wanted=_halves(np.concatenate([np.atleast_2d(wanted[name]) for name in order])),
            care=unpacked(np.concatenate([np.atleast_2d(care[name]) for name in order]))[:, :count],
            nets=tuple(place[name] for name in order),
            names=tuple("".join("01"[int(bit)] for bit in column) for column in bits.T),
            exhaustive=exhaustive,
        )

    @property
    def chunk(self) -> int:
        """Trials at a time: a power of two, so that samples of several sizes share programs."""
        nets = len(self.judge.design.netlist.inputs) + self.plan.gates
        most = CELLS_OF_FLOWS if self.subject.flows else CELLS
        each = max(len(self.subject.rows), nets * self.inputs.shape[1])
        return 1 << max(6, (most // each).bit_length() - 1)

    def count(self, bits: Tables, taken: int) -> tuple[np.ndarray, np.ndarray]:
        """Wrong bits of the local rows, and of the rows of the outputs, in the first trials."""
        rows, outputs = _count(
            self.plan,
            self.topology,
            self.nets,
            len(self.names),
            bits,
            self.inputs,
            self.wanted,
            self.subject.wanted,
            taken,
        )
        return np.asarray(rows, int), np.asarray(outputs, int)

    def named(
        self, outputs: np.ndarray, trials: int, confidence: float
    ) -> tuple[OutputErrors, ...]:
        """What was counted, by output and row."""
        where = np.argwhere(self.care)
        found = shares(outputs[self.care], trials, confidence)
        names = self.judge.design.netlist.outputs
        return tuple(
            OutputErrors(names[output], self.names[row], errors)
            for (output, row), errors in zip(where.tolist(), found, strict=True)
        )


def _halves(words: np.ndarray) -> np.ndarray:
    """Words of 64 rows as twice as many of 32, in the order of the rows."""
    return np.ascontiguousarray(words.astype("<u8")).view("<u4").astype(np.uint32)


@partial(jax.jit, static_argnames=("plan", "nets", "count"))
def _count(
    plan: CircuitPlan,
    topology: Topology | None,
    nets: tuple[int, ...],
    count: int,
    bits: Tables,
    inputs: Array,
    wanted: Array,
    nominal: Array,
    taken: Any,
) -> tuple[Int[Array, " rows"], Int[Array, "outputs rows"]]:
    trials = next(iter(bits.values())).shape[-1]
    counted = jnp.arange(trials) < taken
    wrong = (in_order(plan, bits) != nominal[:, None]) & counted
    tables = {arity: bit_words(table) for arity, table in bits.items()}
    found = propagate(plan, topology, selected, tables, inputs)
    missed = (found[jnp.array(nets)] ^ wanted[:, :, None]) & bit_words(counted)
    each = [((missed >> bit) & 1).sum(-1) for bit in range(min(count, 32))]
    rows = jnp.stack(each, axis=-1).reshape(len(nets), -1)[:, :count]
    return wrong.sum(-1), rows
