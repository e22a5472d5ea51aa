"""Are two literals of a graph equal? Asked of a SAT solver."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from chaoscad.verification.xag import Xag

WINDOWS = (40, 400)
"""Nodes near the two literals that the solver sees, attempt by attempt."""

WHOLE = (1 << 60,)
"""The same where the solver sees all of their cones at once."""

FULL, MOST = 3_000, 100_000
"""Variables after which a new solver is started: it assigns all of them before it says yes. One of
windows is soon rebuilt; one of whole cones is kept, with what it has learnt."""

CHUNK = 2_000
"""Conflicts between two looks at the clock."""


def installed() -> bool:
    """Whether the SAT solver is installed."""
    return find_spec("pysat") is not None


class OutOfTime(Exception):
    """The deadline has passed."""


class Prover:
    """Asks about literals of a graph, which may grow between two questions.

    The solver sees only the nodes nearest to the two literals, with free variables where they end: what
    is impossible there is impossible. More of the cones follows where it is possible. `proofs` counts
    the calls.

    **Arguments:**

    - `deadline`: by `time.monotonic`, after which questions raise `OutOfTime`.
    - `windows`: the numbers of nodes that it sees, attempt by attempt.
    """

    def __init__(self, graph: Xag, deadline: float, windows: Sequence[int]) -> None:
        self.graph, self.deadline, self.windows = graph, deadline, windows
        self.most = MOST if windows == WHOLE else FULL
        self.proofs = 0
        self._solver: Any = None
        self._start()

    def _start(self) -> None:
        from pysat.solvers import Glucose4  # type: ignore[import-untyped]

        self.close()
        self._solver = Glucose4()
        # The constant node is variable 1, and false.
        self._variables = {0: 1}
        self._loaded: set[int] = set()
        self._solver.add_clause([-1])

    def close(self) -> None:
        """Free the solver's memory."""
        if self._solver is not None:
            self._solver.delete()
            self._solver = None

    def equal(self, one: int, other: int, budget: int | None) -> bool | Mapping[int, bool] | None:
        """Whether two literals are equal.

        **Arguments:**

        - `budget`: of conflicts, or `None` for no end but the deadline.

        **Returns:** `True`; or `None` when the budget is used up, or the windows end before the cones;
        or, when they differ, values of inputs of the graph, by number from 0, for which they do. Inputs
        that it lacks do not matter.
        """
        if one == other:
            return True
        if len(self._variables) > self.most:
            self._start()
        a, b = self._variable(one), self._variable(other)
        whole, answer = False, None
        for size in self.windows:
            whole = self._load((one >> 1, other >> 1), size)
            answer = self._possible([a, -b], budget)
            if answer is False:
                answer = self._possible([-a, b], budget)
            if answer is False:
                self._solver.add_clause([a, -b])
                self._solver.add_clause([-a, b])
                return True
            if whole:
                break
        return self._inputs() if answer and whole else None

    def _possible(self, assumed: list[int], budget: int | None) -> bool | None:
        self.proofs += 1
        while True:
            if time.monotonic() > self.deadline:
                raise OutOfTime
            self._solver.conf_budget(CHUNK if budget is None else budget)
            answer = self._solver.solve_limited(assumptions=assumed)
            if answer is not None or budget is not None:
                return answer

    def _inputs(self) -> dict[int, bool]:
        """The inputs in the solver's model."""
        model = self._solver.get_model()
        found: dict[int, bool] = {}
        for node in range(1, self.graph.width + 1):
            variable = self._variables.get(node)
            if variable is not None and variable <= len(model):
                found[node - 1] = model[variable - 1] > 0
        return found

    def _variable(self, literal: int) -> int:
        found = self._variables.setdefault(literal >> 1, len(self._variables) + 1)
        return -found if literal & 1 else found

    def _load(self, roots: tuple[int, int], size: int) -> bool:
        """Load the `size` nodes nearest to the roots; returns whether these are their whole cones."""
        graph = self.graph
        near = list(dict.fromkeys(roots))
        seen = set(near)
        nodes = 0
        for node in near:
            if node <= graph.width:
                continue
            nodes += 1
            if nodes > size:
                return False
            if node not in self._loaded:
                self._loaded.add(node)
                self._clauses(node)
            for literal in (graph.first[node], graph.second[node]):
                if literal >> 1 not in seen:
                    seen.add(literal >> 1)
                    near.append(literal >> 1)
        return True

    def _clauses(self, node: int) -> None:
        add = self._solver.add_clause
        c = self._variable(2 * node)
        a, b = self._variable(self.graph.first[node]), self._variable(self.graph.second[node])
        if self.graph.exclusive[node]:
            add([-c, a, b])
            add([-c, -a, -b])
            add([c, -a, b])
            add([c, a, -b])
        else:
            add([-c, a])
            add([-c, b])
            add([c, -a, -b])
