"""Re-tuning on a grid: parameters that are multiples of 2^-bits and work in fixed point and in float64."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64, Int64

from chaoscad.design.model import Design, DesignGate
from chaoscad.errors import ChaoscadError, Diagnostic, Refused
from chaoscad.evidence import Evidence
from chaoscad.fixed_point.form import Rounding, to_grid
from chaoscad.fixed_point.group import Group, grouped
from chaoscad.fixed_point.lowering import form
from chaoscad.fixed_point.orbits import (
    FEWEST_BITS,
    LONGEST_WORD,
    MOST_BITS,
    Word,
    domains,
    integer_bits,
    orbits,
)
from chaoscad.fixed_point.widths import no_form
from chaoscad.fixed_point.word import PROVENANCE, complaints
from chaoscad.systems import Flow
from chaoscad.verification import design_logic

MOST_POINTS = 100_000
"""Most points of a grid that are all tried."""

MOST_NEIGHBOURS = 5000
"""Most points around one that are all tried in one round."""

ROUNDS = 60
"""Most rounds in which a better neighbour is taken."""

STARTS, SCATTER = 12, 2000
"""How often other starts are looked for where none works, and random points of each time."""

BATCH = 1 << 18
"""Most states that are iterated at once."""


@dataclass(frozen=True)
class Quantised:
    """A design on a grid.

    **Arguments:**

    - `design`: its x0, weights and thresholds are multiples of 2^-fraction_bits, and its netlist
      names the word.
    - `found`: whether it works, in fixed point and by verification in float64.
    - `margin`: the least of any gate in fixed point, in the unit of the state.
    - `unsolved`: the gates for which no point of the grid works.
    - `findings`: what else is wrong, one sentence each.
    """

    design: Design
    word: Word
    found: bool
    margin: float
    unsolved: tuple[str, ...]
    findings: tuple[str, ...] = ()


def quantised(design: Design, fraction_bits: int, rounding: Rounding = "truncate") -> Quantised:
    """Tune a design again on the grid of a word.

    A grid with few points is searched whole. On a finer one, the parameters are rounded one by one,
    each to the side from which the others reach the larger margin, and then every neighbour is tried
    until none is better; where that does not work, from random points too. Bounds, fixed values, ties
    and shared weights hold. A trained parameter of a system goes to its nearest point of the grid;
    other parameters of systems stay as they are.

    **Raises:** `Refused` for gates on flows, `ChaoscadError` for a width outside 2 to 24.
    """
    if not FEWEST_BITS <= fraction_bits <= MOST_BITS:
        message = f"{fraction_bits} fraction bits; {FEWEST_BITS} to {MOST_BITS} are allowed"
        raise ChaoscadError(Diagnostic(message))
    flows = [gate for gate in design.gates if isinstance(gate.setting.system, Flow)]
    if flows:
        raise Refused([no_form(gate.name, gate.setting.system.name) for gate in flows[:20]])
    snapped = _snapped(design, fraction_bits)
    wanted = {gate.name: gate.function.rows for gate in design.gates}
    found = _tuned(snapped, wanted, fraction_bits, rounding)
    if not found.found and not found.unsolved:
        # Rows that functions leave open matter together: hold all of them as they are.
        logic = design_logic(design)
        wanted = {node.name: node.function.rows for node in logic.nodes}
        found = _tuned(snapped, wanted, fraction_bits, rounding)
    return found


def _snapped(design: Design, fraction_bits: int) -> Design:
    """The design with the trained parameters of its systems on the grid."""

    def change(gate: DesignGate) -> DesignGate:
        values: dict[str, float] = {}
        for name, (low, high) in gate.source.train.items():
            scale = 1 << fraction_bits
            least, most = int(np.ceil(low * scale)), int(np.floor(high * scale))
            if least <= most:
                step = to_grid(gate.setting.parameters[name], fraction_bits)
                values[name] = min(max(step, least), most) / scale
        setting = gate.setting.with_values(values)
        return replace(gate, setpoint=replace(gate.setpoint, setting=setting))

    return replace(design, gates=tuple(change(gate) for gate in design.gates))


def _tuned(
    design: Design, wanted: dict[str, str], fraction_bits: int, rounding: Rounding
) -> Quantised:
    netlist = design.netlist
    reach = domains(Evidence(design))
    forms = {
        gate.name: form(gate.setting, fraction_bits, rounding, domain=reach[gate.setting.element])
        for gate in design.gates
    }
    ties = [(tie.parameter, tie.gates) for tie in netlist.sharing]
    groups = grouped(design.gates, ties, forms, wanted, fraction_bits)
    known: dict[Hashable, tuple[Sequence[int], Sequence[int]] | None] = {}
    changed: dict[str, DesignGate] = {}
    unsolved: list[str] = []
    for group in groups:
        key = _key(group)
        if key not in known:
            known[key] = search(group)
        point = known[key]
        for member in group.members:
            if point is None:
                unsolved.append(member.gate.name)
                continue
            scale = 1 << fraction_bits
            at = replace(
                member.gate.setpoint,
                x0=point[0][member.x0] / scale,
                delta=tuple(point[0][place] / scale for place in member.delta),
                threshold=point[1][member.threshold] / scale,
            )
            changed[member.gate.name] = replace(member.gate, setpoint=at)
    gates = tuple(changed.get(gate.name, gate) for gate in design.gates)
    return _assembled(design, gates, fraction_bits, rounding, tuple(unsolved))


def _key(group: Group) -> Hashable:
    """What two groups with the same answer have in common; only lone gates are looked for."""
    member, *others = group.members
    if others:
        return tuple(item.gate.name for item in group.members)
    gate, source = member.gate, member.gate.source
    return (
        gate.setting,
        gate.iterates,
        gate.compare,
        member.wanted,
        group.start,
        group.ranges,
        group.thresholds,
        group.threshold_ranges,
        source.bounds,
        source.weights,
        member.form.domain,
    )


def search(group: Group) -> tuple[list[int], list[int]] | None:
    """The best point of the grid that was found, with its thresholds; `None` where none works."""
    if any(low > high for low, high in (*group.ranges, *group.threshold_ranges)):
        return None
    size = 1
    for low, high in group.ranges:
        size *= high - low + 1
    if size <= MOST_POINTS:
        return _best(group, _whole_grid(group))
    start = np.array(_one_by_one(group), np.int64)
    centre, worth = _uphill(group, start)
    low, high = (np.array([item[end] for item in group.ranges]) for end in (0, 1))
    random = np.random.default_rng(0)
    for attempt in range(STARTS):
        if worth > 0:
            break
        # A coarse grid has its own best points, which need not be near those of the real numbers.
        reach = 2 + attempt * int((high - low).max()) // STARTS
        moved = np.clip(
            start + random.integers(-reach, reach + 1, (SCATTER, len(start))), low, high
        )
        margins, _ = _worths(group, moved)
        centre, worth = max(
            ((centre, worth), _uphill(group, moved[int(np.argmax(margins))])),
            key=lambda item: item[1],
        )
    return _best(group, centre[None])


def _uphill(
    group: Group, centre: Int64[np.ndarray, " variables"]
) -> tuple[Int64[np.ndarray, " variables"], float]:
    """The best neighbour, again and again until none is better; with its margin."""
    worth = float(_worths(group, centre[None])[0][0])
    for _ in range(ROUNDS):
        around = _neighbours(group, centre)
        margins, _ = _worths(group, around)
        place = int(np.argmax(margins))
        if not margins[place] > worth:
            break
        centre, worth = around[place], float(margins[place])
    return centre, worth


def _best(
    group: Group, points: Int64[np.ndarray, "points variables"]
) -> tuple[list[int], list[int]] | None:
    margins, thresholds = _worths(group, points)
    place = int(np.argmax(margins))
    if not margins[place] > 0:
        return None
    return points[place].tolist(), thresholds[place].tolist()


def _worths(
    group: Group, points: Int64[np.ndarray, "points variables"]
) -> tuple[Float64[np.ndarray, " points"], Int64[np.ndarray, "points thresholds"]]:
    """`Group.worth` in batches."""
    rows = max(1 << member.gate.arity for member in group.members)
    size = max(1, BATCH // rows)
    found = [group.worth(points[first : first + size]) for first in range(0, len(points), size)]
    return np.concatenate([item[0] for item in found]), np.concatenate([item[1] for item in found])


def _whole_grid(group: Group) -> Int64[np.ndarray, "points variables"]:
    axes = [np.arange(low, high + 1, dtype=np.int64) for low, high in group.ranges]
    return np.stack([axis.reshape(-1) for axis in np.meshgrid(*axes, indexing="ij")], axis=1)


def _one_by_one(group: Group) -> list[int]:
    """Round one parameter at a time, and move the others to where the margin is largest then."""
    point = [
        min(max(value, low), high)
        for value, (low, high) in zip(group.start, group.ranges, strict=True)
    ]
    settled: set[int] = set()
    for place in range(len(point)):
        low, high = group.ranges[place]
        tries: list[tuple[float, list[float]]] = []
        for value in sorted({int(np.floor(point[place])), int(np.ceil(point[place]))}):
            if low <= value <= high:
                moved = [*point[:place], float(value), *point[place + 1 :]]
                tries.append(_climbed(group, moved, settled | {place}))
        if tries:
            point = max(tries, key=lambda item: item[0])[1]
        settled.add(place)
    return [
        int(min(max(round(value), low), high))
        for value, (low, high) in zip(point, group.ranges, strict=True)
    ]


def _climbed(group: Group, point: list[float], settled: set[int]) -> tuple[float, list[float]]:
    """Pattern search on the float64 margin over the parameters that are not settled."""
    free = [place for place in range(len(point)) if place not in settled]
    worth = group.smooth(point)
    step = 2.0
    while free and step > 0.1:
        better = False
        for place, sign in itertools.product(free, (1.0, -1.0)):
            low, high = group.ranges[place]
            value = point[place] + sign * step
            if not low <= value <= high:
                continue
            moved = [*point[:place], value, *point[place + 1 :]]
            found = group.smooth(moved)
            if found > worth:
                point, worth, better = moved, found, True
        if not better:
            step /= 2
    return worth, point


def _neighbours(
    group: Group, centre: Int64[np.ndarray, " variables"]
) -> Int64[np.ndarray, "points variables"]:
    """All points within two steps, or one, or that differ in at most two parameters, as many allow."""
    width = len(centre)
    low, high = (np.array([item[end] for item in group.ranges]) for end in (0, 1))
    if 5**width <= MOST_NEIGHBOURS:
        moves = np.array(list(itertools.product((-2, -1, 0, 1, 2), repeat=width)), np.int64)
    elif 3**width <= MOST_NEIGHBOURS:
        moves = np.array(list(itertools.product((-1, 0, 1), repeat=width)), np.int64)
    else:
        found = []
        for one, other in itertools.combinations(range(width), 2):
            for a, b in itertools.product((-1, 0, 1), repeat=2):
                move = np.zeros(width, np.int64)
                move[one], move[other] = a, b
                found.append(move)
        moves = np.array(found)
    points = centre + moves
    return points[((points >= low) & (points <= high)).all(1)]


def _assembled(
    design: Design,
    gates: tuple[DesignGate, ...],
    fraction_bits: int,
    rounding: Rounding,
    unsolved: tuple[str, ...],
) -> Quantised:
    """The design with its new gates, verified anew."""
    kept = dict(design.netlist.hardware or {})
    tuned = Evidence(replace(design, gates=gates))
    reached = orbits(tuned, fraction_bits, rounding)
    needed = integer_bits(list(reached.values()), fraction_bits)
    asked = (kept.get("fixed_point") or {}).get("integer_bits")
    word = Word(needed if asked is None else asked, fraction_bits, rounding)
    kept["fixed_point"] = {"integer_bits": word.integer_bits, "fraction_bits": fraction_bits}
    note = {"fraction_bits": fraction_bits, "rounding": rounding}
    verification = tuned.verification
    findings: list[str] = []
    if not unsolved:
        findings += [item.message for item in complaints(tuned, word)]
        findings += verification.findings()
        if word.length > LONGEST_WORD:
            findings.append(f"the word {word.title} is longer than {LONGEST_WORD} bits")
    works = not unsolved and not findings and verification.passed
    made = verification.design(
        replace(design.netlist, hardware=kept),
        tuned.design.by_name,
        {**design.provenance, PROVENANCE: note},
    )
    margin = min(reached[gate.name].margin(gate.function.rows) for gate in gates)
    scaled = margin / (1 << fraction_bits)
    return Quantised(made, word, works, scaled, unsolved, tuple(findings))
