"""The solver of problems, loaded where something is asked: a design by look-up needs no JAX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chaoscad.solve.model import Search, Stage
from chaoscad.solve.problem import Problem, ProblemSolution


def searched(
    asked: Sequence[Problem], search: Search, **options: Any
) -> tuple[dict[Problem, ProblemSolution], list[Stage]]:
    """`chaoscad.solve.gates.solve_problems`, which is loaded where something is asked."""
    if not asked:
        return {}, []
    from chaoscad.solve.gates import solve_problems

    return solve_problems(asked, search, **options)
