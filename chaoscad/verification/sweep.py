"""Equality of literals of a graph by SAT sweeping.

Random simulation groups the nodes that may be equal or complementary; in topological order a SAT
solver proves or refutes each guess, equal nodes become one, and what refutes a guess is simulated
like the random patterns. At the end the pairs in question differ by little, or not at all. After
A. Kuehlmann and F. Krohm, DAC 1997, and A. Mishchenko, S. Chatterjee, R. Jiang and R. Brayton,
"FRAIGs: a unifying representation for logic synthesis and verification", UC Berkeley, 2005.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, UInt64

from chaoscad.logic.rows import packed, random_rows
from chaoscad.verification.sat import WHOLE, WINDOWS, OutOfTime, Prover
from chaoscad.verification.xag import Simulator, Xag

WORDS = 32
"""Words of 64 random patterns that are simulated first."""

LOCAL = 200
"""Conflicts that the proof of a guess may take in a window around its nodes."""

BUDGETS = (200, 5_000)
"""Conflicts that the proof of a guess may take in whole cones, sweep by sweep."""

NEAR, TRIES = 16, 3
"""Guesses for one node that are tried in windows, and that may use up their budget in whole cones."""

FLIPS = 3.0
"""Mean number of inputs in which a pattern near a refutation differs from it."""

GATHERED = 20_000
"""Nodes of a graph for each refutation that waits to be simulated with others: a word takes as long for
one as for 64, and of a large graph longer than the proof that it came from."""

_ODD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Sweep:
    """What a sweep found about pairs of literals.

    **Arguments:**

    - `equal`: for every pair whether it is proven equal.
    - `pattern`: values of the inputs for which some pair differs, or `None`. Without one, pairs that
      are not proven were not decided in time.
    - `merged`: nodes that were proven equal to another one, or to a constant.
    - `proofs`: calls of the solver.
    """

    equal: tuple[bool, ...]
    pattern: Bool[np.ndarray, " inputs"] | None
    merged: int
    proofs: int


def sweep(
    graph: Xag, pairs: Sequence[tuple[int, int]], *, seed: int = 0, time_limit: float = 300.0
) -> Sweep:
    """Decide whether the two literals of every pair are equal.

    **Arguments:**

    - `seed`: of the random patterns.
    - `time_limit`: seconds after which undecided pairs stay undecided.
    """
    return _Sweeper(graph, pairs, seed, time.monotonic() + time_limit).run()


class _Different(Exception):
    """A pair differs; carries the values of the inputs."""

    def __init__(self, pattern: Bool[np.ndarray, " inputs"]) -> None:
        super().__init__()
        self.pattern = pattern


class _Reduced:
    """The source graph rebuilt from the nodes that are left when equal ones are merged."""

    def __init__(self, source: Xag) -> None:
        self.source, self.graph = source, Xag(source.width)
        self._image = [2 * node for node in range(source.width + 1)]
        self._image += [0] * (len(source) - len(self._image))
        self._stands: dict[int, int] = {}
        self._seen = set(range(source.width + 1))

    def literal(self, source: int) -> int:
        """What a literal of the source has become."""
        return self._through(self._image[source >> 1]) ^ (source & 1)

    def _through(self, literal: int) -> int:
        return self._stands.get(literal >> 1, literal & ~1) ^ (literal & 1)

    def rebuild(self, node: int) -> bool:
        """Rebuild a node of the source on those before it; returns whether it is a new node."""
        one = self.literal(self.source.first[node])
        other = self.literal(self.source.second[node])
        exclusive = self.source.exclusive[node]
        made = (self.graph.exclusion if exclusive else self.graph.conjunction)(one, other)
        self._image[node] = self._through(made)
        new = self._image[node] >> 1 not in self._seen
        self._seen.add(self._image[node] >> 1)
        return new

    def merge(self, node: int, earlier: int) -> None:
        """Let the literal `earlier` of the source stand for a node that was just rebuilt."""
        made, target = self._image[node], self.literal(earlier)
        self._stands[made >> 1] = target ^ (made & 1)


class _Sweeper:
    def __init__(
        self, graph: Xag, pairs: Sequence[tuple[int, int]], seed: int, deadline: float
    ) -> None:
        self.graph, self.pairs, self.deadline = graph, pairs, deadline
        self.random = np.random.default_rng(seed)
        self.simulator = Simulator(graph)
        # Which of the two sides of the pairs need a node: bit 0 and bit 1.
        sides = (graph.cone(list(literals)) for literals in zip(*pairs, strict=True))
        self.sides = [one + 2 * other for one, other in zip(*sides, strict=True)]
        self.ones = np.array([one for one, _ in pairs], int)
        self.others = np.array([other for _, other in pairs], int)
        self.equal = [one == other for one, other in pairs]
        self.marks = np.zeros(len(graph), np.uint64)
        # The literal of an earlier node that a node was proven equal to.
        self.proven: dict[int, int] = {}
        self.proofs = 0
        self.gathered = min(64, max(1, len(graph) // GATHERED))
        self.refutations: list[Mapping[int, bool]] = []

    def run(self) -> Sweep:
        pattern = None
        try:
            if not all(self.equal):
                self._simulate()
            for last, budget in enumerate(BUDGETS, 1 - len(BUDGETS)):
                if not all(self.equal):
                    self._pass(budget, finish=last == 0)
        except _Different as found:
            pattern = found.pattern
        except OutOfTime:
            pass
        return Sweep(tuple(self.equal), pattern, len(self.proven), self.proofs)

    def _simulate(self) -> None:
        """Random patterns; nodes whose values are equal or complementary are of one class."""
        words = random_rows(self.graph.width, WORDS, self.random)
        values = self.simulator.run(words)
        self._check_pairs(values, words)
        self.sign = (values[:, 0] & np.uint64(1)).astype(bool)
        for column in values.T:
            self._mark(column)
        _, self.class_of = np.unique(self.marks, return_inverse=True)
        self.sizes = np.bincount(self.class_of)

    def _mark(self, column: UInt64[np.ndarray, " nodes"]) -> None:
        """Hash 64 values of every node into its mark; complementary nodes get the same.

        Nodes whose marks collide are told apart by the solver.
        """
        self.marks ^= np.where(self.sign, ~column, column)
        self.marks *= _ODD
        self.marks ^= self.marks >> np.uint64(29)

    def _check_pairs(
        self, values: UInt64[np.ndarray, "nodes words"], words: UInt64[np.ndarray, "inputs words"]
    ) -> None:
        """Raise `_Different` with the first pattern for which a pair differs."""
        differ = values[self.ones >> 1] ^ values[self.others >> 1]
        turned = ((self.ones ^ self.others) & 1).astype(bool)
        differ[turned] = ~differ[turned]
        found = np.argwhere(differ)
        if len(found):
            pair, word = found[0]
            bits = int(differ[pair, word])
            lowest = np.uint64((bits & -bits).bit_length() - 1)
            raise _Different((words[:, word] >> lowest & np.uint64(1)).astype(bool))

    def _learn(self, known: Mapping[int, bool], *, now: bool = False) -> None:
        """Keep a refutation, and simulate those gathered where they are enough, or `now`.

        Each is simulated with patterns near it, 64 in all; inputs that it lacks are random.
        """
        self.refutations.append(known)
        if len(self.refutations) < self.gathered and not now:
            return
        width, count = self.graph.width, len(self.refutations)
        patterns = self.random.random((width, count)) < 0.5
        for place, refutation in enumerate(self.refutations):
            for index, bit in refutation.items():
                patterns[index, place] = bit
        self.refutations = []
        flips = self.random.random((width, 64)) < min(0.5, FLIPS / width)
        flips[:, :count] = False
        words = packed(patterns[:, np.arange(64) % count] ^ flips)
        values = self.simulator.run(words)
        self._check_pairs(values, words)
        self._mark(values[:, 0])

    def _pass(self, budget: int, finish: bool) -> None:
        """One sweep over the nodes, then the pairs; with `finish`, these without a budget."""
        reduced = _Reduced(self.graph)
        near, whole = (Prover(reduced.graph, self.deadline, sizes) for sizes in (WINDOWS, WHOLE))
        leaders: dict[int, array[int]] = {}
        try:
            for node in range(len(self.graph)):
                if node > self.graph.width and not (self.sides[node] and reduced.rebuild(node)):
                    continue
                if node not in self.proven and self.sizes[self.class_of[node]] > 1:
                    group = leaders.setdefault(int(self.class_of[node]), array("q"))
                    self._prove(node, group, reduced, near, whole, budget)
                if node in self.proven:
                    reduced.merge(node, self.proven[node])
            for index, (one, other) in enumerate(self.pairs):
                left, right = reduced.literal(one), reduced.literal(other)
                if left == right:
                    self.equal[index] = True
                elif finish:
                    self.equal[index] = self._ask(whole, left, right, None, now=True) is True
        finally:
            for prover in (near, whole):
                self.proofs += prover.proofs
                prover.close()

    def _prove(
        self,
        node: int,
        leaders: array[int],
        reduced: _Reduced,
        near: Prover,
        whole: Prover,
        budget: int,
    ) -> None:
        """Prove a node equal to the leader of a class, or let it lead a class of its own.

        Most nodes that are equal differ little around them, and there what one side has twice is merged
        too: a divider is not decided without. Whole cones are asked about only across
        the sides: what one side alone has twice helps little, and may be as hard as the pairs.
        """
        like = self._like(node, leaders)
        across = [leader for leader in like if not self.sides[leader] & self.sides[node]]
        for prover, asked, conflicts, most in (
            (near, like[:NEAR], LOCAL, NEAR),
            (whole, across, budget, TRIES),
        ):
            failures = 0
            for leader in asked:
                # The refutation of the guess before may have told these two apart.
                if self.marks[leader] != self.marks[node] or failures >= most:
                    continue
                guess = 2 * leader | int(self.sign[node] ^ self.sign[leader])
                made = reduced.literal(2 * node), reduced.literal(guess)
                answer = self._ask(prover, *made, conflicts)
                if answer:
                    self.proven[node] = guess
                    return
                failures += answer is None
        leaders.append(node)

    def _like(self, node: int, leaders: array[int]) -> list[int]:
        """The leaders that no pattern tells apart from the node."""
        known = np.array(leaders, dtype=np.int64)
        return known[self.marks[known] == self.marks[node]].tolist()

    def _ask(
        self, prover: Prover, one: int, other: int, budget: int | None, *, now: bool = False
    ) -> bool | None:
        answer = prover.equal(one, other, budget)
        if answer is None or answer is True:
            return answer
        assert answer is not False
        self._learn(answer, now=now)
        return False
