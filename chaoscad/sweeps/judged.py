"""The designs of the points of a batch, found together and judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chaoscad.design import Design
from chaoscad.netlist import Netlist, unrolled
from chaoscad.solve import Settings, Solution
from chaoscad.solve.many import LOOK_UP, METHODS, TRAINING, Found, separable, solve_many
from chaoscad.solve.pipeline import LOOKED_UP
from chaoscad.verification import Verification, judged
from chaoscad.workflow import provenance, run, run_configurations, with_chosen


@dataclass(frozen=True)
class Judged:
    """A netlist with what was found for it and the verification of that: a design, once it is asked for.

    **Arguments:**

    - `method`: which of the `METHODS` of `solve_many` led to it.
    """

    netlist: Netlist
    settings: Settings
    solution: Solution
    verification: Verification
    method: str

    @property
    def design(self) -> Design:
        """The design that `optimize` would give, but for how it was found."""
        record = provenance(self.netlist, self.settings, self.solution, None)
        gates = self.solution.gates
        return self.verification.design(with_chosen(self.netlist, gates), gates, record)


def judge_together(
    netlists: Sequence[Netlist],
    *,
    seed: int = 0,
    settings: Settings | None = None,
    proofs: bool = False,
) -> list[Judged]:
    """`run` of many netlists in a fraction of the time: what their gates ask is asked together.

    That is so where every gate has a function and shares nothing; other netlists are run one by one. A
    netlist of several configurations is judged as the circuit of all of them (`unrolled`): it is right
    where every configuration is, and its margin is the least of all.

    **Arguments:**

    - `proofs`: whether the margin that no setting exceeds is proven where `run` would.

    **Raises:** `ChaoscadError` as `run` does for one of them.
    """
    chosen = replace(settings or Settings(), seed=seed)
    together = [netlist for netlist in netlists if separable(netlist, chosen)]
    found = iter(solve_many(together, chosen, proofs=proofs))
    return [
        _separate(netlist, chosen, next(found))
        if separable(netlist, chosen)
        else _alone(netlist, chosen)
        for netlist in netlists
    ]


def _separate(netlist: Netlist, settings: Settings, found: Found) -> Judged:
    verification = judged(netlist, found.solution.gates)
    return Judged(netlist, settings, found.solution, verification, METHODS[found.method])


def _alone(netlist: Netlist, settings: Settings) -> Judged:
    if not netlist.configurations:
        one = run(netlist, seed=settings.seed, settings=settings)
        return Judged(netlist, settings, one.solution, one.verification, TRAINING)
    solution = run_configurations(netlist, seed=settings.seed, settings=settings).solution
    whole = unrolled(netlist)
    known = {stage.name for stage in solution.stages} == {LOOKED_UP}
    verification = judged(whole, solution.gates)
    return Judged(whole, settings, solution, verification, LOOK_UP if known else TRAINING)
