"""Gates that share parameters: one element in several settings, or read in several ways."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from chaoscad.logic.graph import classes
from chaoscad.logic.truth import TruthTable
from chaoscad.netlist.model import Gate, Tie

PARAMETERS = ("x0", "delta", "threshold")
"""What the members of a family may share, beside trained parameters of their system."""


@dataclass(frozen=True)
class Family:
    """Gates that are one piece of hardware: what each must compute, and who shares which parameter.

    Members of one system and as many inputs each. What they do not share is a control (between
    configurations) or belongs to a reading (of an element that is read in several ways).

    **Arguments:**

    - `gates`: the members; their iterates, comparator, time and coordinate may differ.
    - `wanted`: the function of each, `-` in rows that do not matter.
    - `x0`, `delta`, `threshold`: the class of every member: members of one class have one value.
      Classes are numbered from 0 in the order of their first members.
    """

    gates: tuple[Gate, ...]
    wanted: tuple[TruthTable, ...]
    x0: tuple[int, ...]
    delta: tuple[int, ...]
    threshold: tuple[int, ...]

    @classmethod
    def of(
        cls, gates: Sequence[Gate], wanted: Sequence[TruthTable], ties: Sequence[Tie]
    ) -> Family | None:
        """The family that ties make of gates; `None` where they are none.

        They are one where all have one system and as many inputs and kind of weights, all weights are
        tied, and no parameter of the system is trained.
        """
        first = gates[0]
        alike = all(
            gate.arity == first.arity
            and gate.weights == first.weights
            and gate.setting.element == first.setting.element
            and not gate.train
            for gate in gates
        )
        if len(gates) < 2 or not alike:
            return None
        partition = {name: _classes(gates, ties, name) for name in PARAMETERS}
        if any(partition["delta"]):
            return None
        return cls(tuple(gates), tuple(wanted), **partition)

    def part(self, members: Sequence[int]) -> Family:
        """The family that some of the members are, by their numbers."""

        places = {name: getattr(self, name) for name in PARAMETERS}
        return Family(
            tuple(self.gates[number] for number in members),
            tuple(self.wanted[number] for number in members),
            **{name: numbered([own[number] for number in members]) for name, own in places.items()},
        )

    @property
    def controls(self) -> tuple[str, ...]:
        """The parameters that not all of the members share."""
        return tuple(name for name in PARAMETERS if any(getattr(self, name)))


def families(gates: Sequence[Gate], ties: Sequence[Tie]) -> list[Family]:
    """The families among gates that have a function: those whose weights are tied.

    Ties to gates outside of a family are left out, so a family may be able to do more than the
    circuit lets it; what it cannot do, the circuit cannot.
    """
    known = [gate for gate in gates if gate.function is not None]
    weights = _classes(known, _within(known, ties), "delta")
    members: dict[int, list[Gate]] = {}
    for gate, number in zip(known, weights, strict=True):
        members.setdefault(number, []).append(gate)
    found: list[Family] = []
    for own in members.values():
        wanted = [gate.function for gate in own if gate.function is not None]
        family = Family.of(own, wanted, _within(own, ties))
        if family is not None:
            found.append(family)
    return found


def numbered(owners: Sequence[Hashable]) -> tuple[int, ...]:
    """Numbers from 0 in the order of the first members, in place of the owners."""
    first = {owner: number for number, owner in enumerate(dict.fromkeys(owners))}
    return tuple(first[owner] for owner in owners)


def _within(gates: Sequence[Gate], ties: Sequence[Tie]) -> list[Tie]:
    """What the ties say of these gates."""
    names = {gate.name for gate in gates}
    kept = [Tie(tie.parameter, tuple(n for n in tie.gates if n in names)) for tie in ties]
    return [tie for tie in kept if len(tie.gates) > 1]


def _classes(gates: Sequence[Gate], ties: Sequence[Tie], parameter: str) -> tuple[int, ...]:
    place = {gate.name: index for index, gate in enumerate(gates)}
    links = [
        (place[tie.gates[0]], place[name])
        for tie in ties
        if tie.parameter == parameter and place.keys() >= set(tie.gates)
        for name in tie.gates[1:]
    ]
    found = classes(range(len(gates)), links)
    return tuple(found[index] for index in range(len(gates)))
