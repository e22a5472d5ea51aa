"""Whether a circuit is still right when some local rows of its gates have the wrong bit.

A device is a pattern of bits: one for every local row of every gate. Devices whose bits are those of
the design are right, as the design was verified. Of the others, equal patterns are judged once: by
simulation on all input rows, or on a sample of them and by proof.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Int8, UInt64

from chaoscad.design import Design
from chaoscad.errors import ChaoscadError
from chaoscad.evidence import Evidence
from chaoscad.logic import Logic, LogicNode, TruthTable
from chaoscad.logic.rows import ONES, all_rows, random_rows
from chaoscad.verification import equivalent

RIGHT, WRONG, UNDECIDED = 1, 0, -1
"""Verdicts on a pattern."""

ENUMERATED = 16
"""Most inputs of a circuit that is simulated on every row; wider ones are sampled, then proven."""

SMALL = 12
"""Most inputs of a circuit whose rows are all simulated at once; others are sampled first."""

SAMPLE_WORDS = 64
"""Words of 64 rows that every pattern is simulated on; few wrong patterns survive them."""

BLOCK_BYTES = 1 << 25
"""Memory of the widest array of a simulation."""

MOST_PROOFS = 200
"""Patterns that are decided by a proof, at most."""

PROOF_SECONDS = 20.0
"""Of one proof; a pattern that needs longer is undecided."""

Words = UInt64[np.ndarray, "patterns words"]


@dataclass(frozen=True, eq=False)
class Judge:
    """Judges patterns of bits of a verified design.

    Rows are numbered through: the local rows of the first gate, of the second, and so on.
    """

    evidence: Evidence

    @property
    def design(self) -> Design:
        """The design whose devices are judged."""
        return self.evidence.design

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """The number of the first row of every gate, and that of all rows."""
        sizes = [0, *(1 << gate.arity for gate in self.design.gates)]
        return tuple(np.cumsum(sizes).tolist())

    @cached_property
    def nominal(self) -> Bool[np.ndarray, " rows"]:
        """The bits of the design itself."""
        return np.concatenate([self.evidence.rows[gate.name].bits for gate in self.design.gates])

    @cached_property
    def free(self) -> Bool[np.ndarray, " rows"]:
        """Rows that a declared function leaves open in a circuit that has no targets."""
        if self.design.netlist.targets:
            return np.zeros(self.offsets[-1], bool)
        return np.concatenate(
            [
                np.array([mark == "-" for mark in gate.function.rows])
                if source.function is not None
                else np.zeros(1 << gate.arity, bool)
                for source, gate in zip(self.design.netlist.gates, self.design.gates, strict=True)
            ]
        )

    @cached_property
    def reached(self) -> Bool[np.ndarray, " rows"]:
        """Local rows that some input row reaches: of all of them, or of a sample."""
        names = self.design.netlist.inputs
        rows = self._inputs[-1]
        if not self.exhaustive:
            found = random_rows(len(names), 16 * SAMPLE_WORDS, np.random.default_rng(1))
            rows = dict(zip(names, found, strict=True))
        nets = {name: words[None] for name, words in rows.items()}
        seen = np.zeros(self.offsets[-1], bool)
        for index, gate in enumerate(self.design.gates):
            terms = [np.full_like(next(iter(nets.values())), ONES)]
            for name in gate.inputs:
                terms = [both for term in terms for both in (term & ~nets[name], term & nets[name])]
            seen[self.offsets[index] : self.offsets[index + 1]] = [term.any() for term in terms]
            nets[gate.name] = _look_up(self._table(self.nominal[None], index), gate.inputs, nets)
        return seen & ~self.free

    @property
    def exhaustive(self) -> bool:
        """Whether every input row is simulated."""
        return len(self.design.netlist.inputs) <= ENUMERATED

    def name(self, row: int) -> tuple[str, str]:
        """The gate of a row, and its local inputs as bits."""
        index = int(np.searchsorted(self.offsets, row, side="right")) - 1
        gate = self.design.gates[index]
        return gate.name, format(row - self.offsets[index], f"0{gate.arity}b")

    def judge(
        self, patterns: Bool[np.ndarray, "patterns rows"]
    ) -> tuple[Int8[np.ndarray, " patterns"], Bool[np.ndarray, "patterns outputs"]]:
        """The verdict on every pattern, and which outputs were seen to be wrong."""
        patterns = np.where(self.free, self.nominal, patterns)
        outputs = np.zeros((len(patterns), len(self.design.netlist.outputs)), bool)
        verdict = np.full(len(patterns), UNDECIDED, np.int8)
        verdict[~((patterns != self.nominal) & self.relevant).any(1)] = RIGHT
        for inputs in self._inputs:
            left = np.flatnonzero(verdict < 0)
            size = max(1, BLOCK_BYTES // (8 * 16 * len(next(iter(inputs.values())))))
            for first in range(0, len(left), size):
                block = left[first : first + size]
                outputs[block] = self._misses(patterns[block], inputs)
            verdict[(verdict < 0) & outputs.any(1)] = WRONG
        if self.exhaustive:
            verdict[verdict < 0] = RIGHT
            return verdict, outputs
        for index in np.flatnonzero(verdict < 0):
            # Nets are as in the design where only rows differ that never occur.
            differ = np.flatnonzero(patterns[index] != self.nominal)
            if all(self._never(int(row)) for row in differ):
                verdict[index] = RIGHT
        for index in np.flatnonzero(verdict < 0)[:MOST_PROOFS]:
            verdict[index] = self._proven(patterns[index])
        return verdict, outputs

    @cached_property
    def relevant(self) -> Bool[np.ndarray, " rows"]:
        """Rows whose bit may matter: those that were not seen on a sample may be reached all the same."""
        return self.reached if self.exhaustive else ~self.free

    @cached_property
    def _inputs(self) -> list[dict[str, UInt64[np.ndarray, " words"]]]:
        """The input rows that are simulated: first a sample, then, of narrow circuits, all."""
        names = self.design.netlist.inputs
        if not names:
            raise ChaoscadError("the circuit has no inputs; a yield is that of its rows")
        rows: list[UInt64[np.ndarray, "inputs words"]] = []
        if len(names) > SMALL:
            rows.append(random_rows(len(names), SAMPLE_WORDS, np.random.default_rng(0)))
        if self.exhaustive:
            rows.append(all_rows(len(names)))
        return [dict(zip(names, words, strict=True)) for words in rows]

    def _misses(
        self, patterns: Bool[np.ndarray, "patterns rows"], inputs: Mapping[str, np.ndarray]
    ) -> Bool[np.ndarray, "patterns outputs"]:
        """Which outputs come out wrong on some of the input rows."""
        found = self._simulated(patterns, inputs)
        wanted, care = self.wanted(inputs)
        missed = [
            (((found[name] ^ wanted[name]) & care[name]) != 0).any(-1)
            for name in self.design.netlist.outputs
        ]
        return np.stack([np.broadcast_to(one, len(patterns)) for one in missed], axis=1)

    def wanted(self, inputs: Mapping[str, np.ndarray]) -> tuple[dict[str, Words], dict[str, Words]]:
        """What the targets want, and where; other outputs are as in the design."""
        zero = np.zeros_like(next(iter(inputs.values())))
        wanted = self._simulated(self.nominal[None], inputs)
        care = dict.fromkeys(self.design.netlist.outputs, ~zero)
        for target in self.design.netlist.targets:
            wanted[target.output], care[target.output] = target.evaluate(inputs, zero)
        return wanted, care

    def _simulated(
        self, patterns: Bool[np.ndarray, "patterns rows"], inputs: Mapping[str, np.ndarray]
    ) -> dict[str, Words]:
        """The nets of the outputs, among others."""
        nets = {name: words[None] for name, words in inputs.items()}
        for index, gate in enumerate(self.design.gates):
            nets[gate.name] = _look_up(self._table(patterns, index), gate.inputs, nets)
            for name in self._read_last[index]:
                del nets[name]
        return nets

    @cached_property
    def _read_last(self) -> list[list[str]]:
        """Of every gate the nets that none after it reads: of a large circuit all would fill the memory."""
        outputs = set(self.design.netlist.outputs)
        last = {name: index for index, gate in enumerate(self.design.gates) for name in gate.inputs}
        found: list[list[str]] = [[] for _ in self.design.gates]
        for name, index in last.items():
            if name not in outputs:
                found[index].append(name)
        return found

    def _table(self, patterns: Bool[np.ndarray, "patterns rows"], index: int) -> np.ndarray:
        """The gate's bits as words, one row where all patterns agree: then its nets may too."""
        bits = patterns[:, self.offsets[index] : self.offsets[index + 1]]
        if (bits == bits[:1]).all():
            bits = bits[:1]
        return np.where(bits, ONES, np.uint64(0))

    def _never(self, row: int) -> bool:
        """Whether it is proven that no input row reaches a local row."""
        if self.reached[row] or len(self._unreached) > MOST_PROOFS:
            return False
        if row not in self._unreached:
            name, _ = self.name(row)
            flipped = self.nominal.copy()
            flipped[row] ^= True
            one, other = (self._logic(bits).cone([name]) for bits in (flipped, self.nominal))
            self._unreached[row] = equivalent(one, other, time_limit=PROOF_SECONDS).equal
        return self._unreached[row]

    @cached_property
    def _unreached(self) -> dict[int, bool]:
        return {}

    def _logic(self, pattern: Bool[np.ndarray, " rows"]) -> Logic:
        """The circuit with these bits."""
        nominal = self.evidence.logic
        nodes = tuple(
            LogicNode(gate.name, gate.inputs, _truth(pattern, self.offsets, index))
            for index, gate in enumerate(self.design.gates)
        )
        return Logic(nominal.name, nominal.inputs, nominal.outputs, nodes)

    def _proven(self, pattern: Bool[np.ndarray, " rows"]) -> int:
        """The verdict on one pattern by a proof against the design's own logic."""
        found = equivalent(
            self._logic(pattern), self._logic(self.nominal), time_limit=PROOF_SECONDS
        )
        if found.equal:
            return RIGHT
        if found.counterexample is None:
            return UNDECIDED
        # Different from the design is wrong only where a target cares.
        bits = found.counterexample.inputs
        inputs = {
            name: np.full(1, ONES if bits.get(name) else 0, np.uint64)
            for name in self.design.netlist.inputs
        }
        return WRONG if self._misses(pattern[None], inputs).any() else UNDECIDED


def _truth(pattern: np.ndarray, offsets: Sequence[int], index: int) -> TruthTable:
    bits = pattern[offsets[index] : offsets[index + 1]]
    return TruthTable("".join("1" if bit else "0" for bit in bits))


def _look_up(table: np.ndarray, inputs: Sequence[str], nets: Mapping[str, Words]) -> Words:
    """The words of a gate's net: the entries that its inputs address, first input most significant."""
    current = table[:, :, None]
    for name in reversed(inputs):
        low, high = current[:, ::2], current[:, 1::2]
        current = low ^ ((low ^ high) & nets[name][:, None])
    return current[:, 0]
