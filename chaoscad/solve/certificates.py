"""What is proven of gates and families before they are searched, and of those that no search solved."""

from __future__ import annotations

from collections.abc import Container, Sequence

import numpy as np

from chaoscad.family import Family, families
from chaoscad.feasibility import (
    Feasibility,
    best_found,
    feasibility,
    feasible_family,
    refuted,
    with_family_remedies,
    with_remedies,
)
from chaoscad.netlist import Gate, Netlist, TruthTable
from chaoscad.solve.problem import Problem, problem
from chaoscad.solve.ranges import value_range
from chaoscad.systems import Flow

PROOF_BOXES = 50_000
"""Boxes that the search for a proof of infeasibility may examine before a gate is trained."""

MOST_CERTIFIED = 32
"""Most members of a family of which proofs of infeasibility are sought before it is searched."""

FAMILY_BOXES = 300_000
"""Intervals of x0 that it may examine before a family is trained: seconds."""

PROOF_EPSILON = 1e-4
"""The margin that counts as none in that search, as a share of the range of the gate's values."""


def certificates(
    netlist: Netlist,
    ready_made: Container[Problem] = (),
    left_out: Container[str] = (),
    *,
    together: bool = True,
) -> dict[str, Feasibility]:
    """The gates whose function is proven impossible within their bounds, with what would help.

    Gates that share their weights are asked about together too.

    **Arguments:**

    - `ready_made`: problems that have an answer, about which nothing is asked.
    - `left_out`: names of gates that no search is asked about either; of their families orders and counts,
      which take no time, are.
    - `together`: whether families are asked about.
    """
    found: dict[str, Feasibility] = {}
    answers: dict[Problem, Feasibility | None] = {}
    for gate in netlist.gates:
        if gate.function is None or gate.name in left_out:
            continue
        posed = {problem([one], [gate.function], ()): one for one in gate.variants}
        proofs: list[Feasibility] = []
        for item, one in posed.items():
            if item in ready_made:
                break
            if item not in answers:
                answers[item] = _certificate(one, gate.function)
            proof = answers[item]
            if proof is None:
                break
            proofs.append(proof)
        if len(proofs) == len(posed):
            found[gate.name] = proofs[0]
    possible: set[object] = set()
    for family in families(netlist.gates, netlist.sharing) if together else ():
        names = [gate.name for gate in family.gates]
        if any(name in left_out for name in names):
            if (proof := refuted(family)) is not None:
                found |= dict.fromkeys(names, proof)
            continue
        # Copies of a circuit ask the same, with other names.
        same = problem(family.gates, family.wanted, ()), family.x0, family.threshold
        if same in possible or not found.keys().isdisjoint(names):
            continue
        if certificate := _family_certificate(family):
            found |= dict.fromkeys(names, certificate)
        else:
            possible.add(same)
    return found


def family_answers(netlist: Netlist, unsolved: Sequence[str]) -> list[Feasibility]:
    """What is proven of the families with gates that were not solved."""
    found = [
        with_family_remedies(family, answer)
        for family in families(netlist.gates, netlist.sharing)
        if not {gate.name for gate in family.gates}.isdisjoint(unsolved)
        if (answer := _family_answer(family, decide=False)) is not None
    ]
    return [one for one in found if one.verdict != "feasible"]


def _family_certificate(family: Family) -> Feasibility | None:
    """The proof that the gates cannot have their functions together, where there is one."""
    answer = _family_answer(family, decide=True)
    if answer is None or answer.verdict != "infeasible":
        return None
    return with_family_remedies(family, answer)


def _family_answer(family: Family, *, decide: bool) -> Feasibility | None:
    """What seconds of branch and bound say; `None` where nothing is to be expected of them."""
    bounded = all(np.isfinite(gate.bounds.state).all() for gate in family.gates)
    if not bounded or any(len(gate.variants) > 1 for gate in family.gates):
        return None
    if isinstance(family.gates[0].setting.system, Flow):
        return refuted(family)
    low, high, scale = value_range(family.gates[0])
    if not np.isfinite(high - low) or not family.gates[0].setting.one_dimensional:
        return None
    epsilon = PROOF_EPSILON * scale
    return feasible_family(family, epsilon=epsilon, boxes=FAMILY_BOXES, decide=decide)


def _certificate(gate: Gate, function: TruthTable) -> Feasibility | None:
    """The proof that the gate cannot have the function, where there is one."""
    flow = gate.setting.system
    if not np.isfinite(gate.bounds.state).all():
        return None
    if isinstance(flow, Flow):
        answer = best_found(gate) if flow.linear else None
    else:
        low, high, scale = value_range(gate)
        if not np.isfinite(high - low) or not gate.setting.one_dimensional:
            return None
        answer = feasibility(gate, epsilon=PROOF_EPSILON * scale, boxes=PROOF_BOXES, decide=True)
        answer = with_remedies(gate, function, answer)
    return answer if answer is not None and answer.verdict == "infeasible" else None
