"""Designs for the devices that exist: settings of the gates by which most devices are right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chaoscad.arguments import choice, whole
from chaoscad.compile import Setpoints, stack, unstack
from chaoscad.design import Design, DesignGate
from chaoscad.errors import ChaoscadError
from chaoscad.evidence import Evidence
from chaoscad.family import Family
from chaoscad.netlist import Gate, Tie
from chaoscad.netlist.deviations import Deviations
from chaoscad.netlist.model import Choices, Compare
from chaoscad.robustness.climb import OBJECTIVES, USUAL, Effort, Hilltop, Objective, climb
from chaoscad.robustness.monte_carlo import judge_of, measure
from chaoscad.robustness.worst_case import least_distances_of
from chaoscad.robustness.yield_estimate import YieldEstimate
from chaoscad.solve import GateSolution
from chaoscad.solve.families import hills_of
from chaoscad.solve.problem import Problem, components, problem
from chaoscad.solve.variants import promising
from chaoscad.systems import Flow
from chaoscad.systems.model import MOST_ITERATES
from chaoscad.tune import Progress
from chaoscad.verification import judged
from chaoscad.workflow import with_chosen

COMPARATORS: tuple[Compare, ...] = (">", "<")

SEARCHED = 4
"""Settings of every gate whose worst cases are searched for, in circuits of maps."""

HILLS = 24
"""Settings of a family from which its centring starts."""

ENOUGH = 1 - 1e-5
"""The yield of a gate at which no more iterates are tried: they cost time, and more noise."""

JOINT = 8
"""Starts of all gates together. Random ones are of no use there: the gates' own settings are the start."""


@dataclass(frozen=True)
class Centred:
    """A design whose yield was raised, and the yields before and after.

    **Arguments:**

    - `design`: the better of the two on devices that neither yield here is measured on.
    - `before`, `after`: the yields of the given design and of this one, on the same fresh devices.
    - `moved`: the gates whose setting changed.
    - `merits`: by gate, the estimated yield of the gate alone, before all are climbed together, or its
      worst-case distance; gates tied together have one.
    """

    design: Design
    before: YieldEstimate
    after: YieldEstimate
    moved: tuple[str, ...]
    merits: Mapping[str, float]

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "before": self.before.to_data(),
            "after": self.after.to_data(),
            "moved": list(self.moved),
            "gates": dict(self.merits),
        }


@dataclass(frozen=True)
class _Choice:
    """One variant of the gates that are centred together."""

    gates: tuple[Gate, ...]
    item: Problem
    starts: tuple[Setpoints, ...]

    @property
    def iterates(self) -> int:
        """The most of any of the gates."""
        return max(gate.iterates for gate in self.gates)


def centre(
    design: Design | Evidence,
    deviations: Deviations,
    *,
    objective: Objective = "yield",
    iterates: Sequence[int] = (),
    compare: Sequence[Compare] = (),
    seed: int = 0,
    devices: int = 100_000,
    effort: Effort = USUAL,
    progress: Progress | None = None,
) -> Centred:
    """Move the gates of a design to where most devices compute their functions.

    The yield of a gate counts the rows that the design's function of it names; those of gates that
    no tie joins are climbed one by one, since their mismatch is independent. Global errors are not:
    where there are any, all gates are climbed together from what was found. The circuit's yield
    decides between the results and the given design.

    **Arguments:**

    - `objective`: `tolerance` makes the least worst-case distance of every gate as large as it gets;
      it is climbed smoothly (`smooth_distance`), and true distances decide. A circuit's yield is then
      told, and does not decide.
    - `iterates`, `compare`: what gates may have besides what the netlist lets them choose from;
      what they have is always among it. Flows have no iterates.
    - `devices`: of each of the two yields that are told.

    **Raises:** `ChaoscadError` for an unknown objective, a design that does not verify, deviations
    without any spread, iterates below 1, an unknown comparator.
    """
    objective = choice("objective", objective, OBJECTIVES)
    compare = [choice("comparator", sign, COMPARATORS) for sign in compare]
    evidence = design if isinstance(design, Evidence) else Evidence(design)
    judge_of(evidence)
    if not deviations.spread:
        raise ChaoscadError(
            "nothing deviates: give a tolerance, or hardware.tolerance in the netlist"
        )
    seed = whole("the seed", seed, 0, 2**32 - 1)
    iterates = [whole("the number of iterates", count, 1, MOST_ITERATES) for count in iterates]
    given = evidence.design
    classes = components(given.netlist.gates, given.netlist.sharing)
    choices = [_choices(given, members, iterates, compare, seed) for members in classes]
    found = _climbed(choices, deviations, objective, seed, effort, progress)
    tops = [_tops(several, found) for several in choices]
    if objective == "tolerance":
        chosen, merits = _farthest(evidence, classes, tops, deviations)
    else:
        best = [ranked[0] for ranked in tops]
        merits = {
            given.gates[index].name: top.merit
            for members, (_, top) in zip(classes, best, strict=True)
            for index in members
        }
        moved = [_design(given, classes, best)]
        if deviations.shared and len(classes) > 1:
            moved += _together(given, moved[0], deviations, seed, effort, progress)
        chosen = _best(evidence, moved, deviations, devices, seed)
    before = measure(evidence, deviations, devices=devices, seed=_fresh(seed, 2))
    after = before
    if chosen is not given:
        after = measure(chosen, deviations, devices=devices, seed=_fresh(seed, 2))
    names = [
        new.name
        for new, old in zip(chosen.gates, given.gates, strict=True)
        if new.setpoint != old.setpoint
    ]
    return Centred(chosen, before, after, tuple(names), merits)


def _climbed(
    choices: Sequence[Sequence[_Choice]],
    deviations: Deviations,
    objective: Objective,
    seed: int,
    effort: Effort,
    progress: Progress | None,
) -> dict[Problem, list[Hilltop]]:
    """The settings found for the variants, by the number of iterates: the fewest that will do."""
    found: dict[Problem, list[Hilltop]] = {}
    for count in sorted({one.iterates for several in choices for one in several}):
        asked: dict[Problem, list[Setpoints]] = {}
        for several in choices:
            tops = [found[one.item][0].merit for one in several if found.get(one.item)]
            if objective == "yield" and tops and max(tops) >= ENOUGH:
                continue
            for one in several:
                if one.iterates == count and one.item not in found:
                    starts = asked.setdefault(one.item, [])
                    starts += (
                        start for start in one.starts if not any(_equal(start, s) for s in starts)
                    )
        if asked:
            found |= climb(
                asked,
                deviations,
                objective=objective,
                seed=seed,
                effort=effort,
                progress=progress,
            )
    return found


def _fresh(seed: int, use: int) -> int:
    """A seed for devices that are used for one thing only."""
    return int(np.random.SeedSequence([seed, use]).generate_state(1)[0])


def _choices(
    given: Design,
    members: tuple[int, ...],
    iterates: Sequence[int],
    compare: Sequence[Compare],
    seed: int,
) -> list[_Choice]:
    """The design's own variant first; families start from several hills of the margin."""
    sources = [given.netlist.gates[index] for index in members]
    placed = [given.gates[index] for index in members]
    names = {gate.name for gate in sources}
    ties = [tie for tie in given.netlist.sharing if names.issuperset(tie.gates)]

    def asked(source: Gate, gate: DesignGate) -> Gate:
        counts = () if isinstance(source.setting.system, Flow) else iterates
        own = source.choices
        among = Choices((*own.iterates, *counts), (*own.compare, *compare), own.time)
        return replace(source, iterates=gate.iterates, compare=gate.compare, choices=among)

    gates = [asked(source, gate) for source, gate in zip(sources, placed, strict=True)]
    own = tuple(gate.variants[0] for gate in gates)
    first = _choice(own, placed, ties, [stack([gate.setpoint for gate in placed])])
    if len(gates) == 1:
        others = [(one,) for one in gates[0].variants[1:]]
    else:
        item = first.item
        family = Family.of(item.gates, item.wanted, item.ties)
        hills = [] if family is None else hills_of(family, np.random.default_rng(seed), HILLS)
        first = replace(first, starts=(*first.starts, *hills))
        ways = promising(given.netlist, gates, [gate.function for gate in placed], ties)
        others = [way for way in ways if way != own]
    return [first, *(_choice(way, placed, ties, []) for way in others)]


def _choice(
    gates: tuple[Gate, ...],
    placed: Sequence[DesignGate],
    ties: Sequence[Tie],
    starts: Sequence[Setpoints],
) -> _Choice:
    item = problem(gates, [gate.function for gate in placed], ties)
    return _Choice(gates, item, tuple(starts))


def _equal(one: Setpoints, other: Setpoints) -> bool:
    return all(map(np.array_equal, one, other))


_Top = tuple[_Choice, Hilltop]


def _tops(several: Sequence[_Choice], found: Mapping[Problem, Sequence[Hilltop]]) -> list[_Top]:
    """Variants and settings, the highest estimate first; of equal ones the first variant."""
    tops = [(one, top) for one in several for top in found.get(one.item, ())]
    return sorted(tops, key=lambda pair: -pair[1].merit)


def _design(given: Design, classes: Sequence[Sequence[int]], tops: Sequence[_Top]) -> Design:
    """The design of these settings, verified."""
    solved: dict[str, GateSolution] = {}
    for members, (one, top) in zip(classes, tops, strict=True):
        setpoints = unstack(top.point, one.gates)
        for index, setpoint in zip(members, setpoints, strict=True):
            gate = given.gates[index]
            solved[gate.name] = GateSolution(setpoint, gate.function)
    solved = {gate.name: solved[gate.name] for gate in given.gates}
    netlist = with_chosen(given.netlist, solved)
    return judged(netlist, solved).design(netlist, solved, given.provenance)


def _farthest(
    evidence: Evidence,
    classes: Sequence[Sequence[int]],
    tops: Sequence[Sequence[_Top]],
    deviations: Deviations,
) -> tuple[Design, dict[str, float]]:
    """The design whose gates have their nearest failures farthest away, and these distances.

    The climb's distances are of samples, and from above; those that decide are searched for, as in
    `worst_cases`. Gates are compared as their circuits use them, so a row that no input reaches does
    not count. The given setting stays where none is better.
    """
    given = evidence.design
    flows = any(isinstance(gate.setting.system, Flow) for gate in given.gates)
    tried = [evidence]
    for place in range(1 if flows else SEARCHED):
        rank = [ranked[min(place, len(ranked) - 1)] for ranked in tops]
        made = Evidence(_design(given, classes, rank))
        if made.design.solved:
            tried.append(made)
    reach = [least_distances_of(one, deviations) for one in tried]
    merits: dict[str, float] = {}
    best: list[_Top] = []
    for members, ranked in zip(classes, tops, strict=True):
        names = [given.gates[index].name for index in members]
        far = [min(found[name] for name in names) for found in reach]
        place = int(np.argmax(far))
        merits |= dict.fromkeys(names, far[place])
        best.append(_setting_of(tried[place].design, members, ranked[0][0]))
    made = _design(given, classes, best)
    return (made if made.solved else given), merits


def _setting_of(design: Design, members: Sequence[int], variant: _Choice) -> _Top:
    """What a design has for some of its gates."""
    gates = [design.gates[index] for index in members]
    own = tuple(
        replace(source, iterates=gate.iterates, compare=gate.compare)
        for source, gate in zip(variant.gates, gates, strict=True)
    )
    point = stack([gate.setpoint for gate in gates])
    return replace(variant, gates=own), Hilltop(point, 0.0)


def _together(
    given: Design,
    moved: Design,
    deviations: Deviations,
    seed: int,
    effort: Effort,
    progress: Progress | None,
) -> list[Design]:
    """The design whose gates are right together most often, near what they have one by one.

    An error that all gates share makes their failures fall on the same devices or on different ones,
    which no gate's own yield sees. Flows are left as they are: every start is all gates' integration.
    """
    sources = given.netlist.gates
    if not moved.solved or any(isinstance(gate.setting.system, Flow) for gate in sources):
        return []
    own = tuple(
        replace(source, iterates=gate.iterates, compare=gate.compare)
        for source, gate in zip(sources, moved.gates, strict=True)
    )
    start = stack([gate.setpoint for gate in moved.gates])
    joint = _choice(own, moved.gates, given.netlist.sharing, start)
    few = replace(effort, starts=min(effort.starts, JOINT))
    found = climb({joint.item: [start]}, deviations, seed=seed, effort=few, progress=progress)
    every = [tuple(range(len(sources)))]
    return [_design(given, every, [(joint, top)]) for top in found[joint.item][:1]]


def _best(
    evidence: Evidence, moved: Sequence[Design], deviations: Deviations, devices: int, seed: int
) -> Design:
    """The design of the highest yield; the given one, or the earlier, when they are equal."""
    own = _fresh(seed, 1)
    tried = [evidence, *(one for one in moved if one.solved)]
    if len(tried) == 1:
        return evidence.design
    rights = [measure(one, deviations, devices=devices, seed=own).yield_.count for one in tried]
    return [evidence.design, *tried[1:]][int(np.argmax(rights))]  # type: ignore[return-value]
