"""The topology of a circuit as index arrays: which gates are evaluated together, and from what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Int64

from chaoscad.logic.graph import levels
from chaoscad.netlist import Gate, Netlist
from chaoscad.systems import Setting


@dataclass(frozen=True)
class Group:
    """Gates of one arity, system and number of iterates: one elementwise evaluation.

    **Arguments:**

    - `gates`: indices of the gates in the circuit, increasing.
    - `trained`: whether a system parameter of any of them may be trained.
    """

    arity: int
    iterates: int
    key: tuple[object, ...]
    trained: bool
    gates: tuple[int, ...]
    # F is identified by `key`, so plans of equal circuits share compiled programs.
    setting: Setting = field(compare=False)


@dataclass(frozen=True)
class Bank:
    """Gates of one level and one arity.

    **Arguments:**

    - `level`: one more than the highest level of the nets that they read; 0 for heads.
    - `places`: where their tables stand among all tables of the arity.
    - `sources`: for every gate, the nets that it reads.
    """

    arity: int
    level: int
    places: tuple[int, ...]
    sources: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class ScanShape:
    """The numbers that a scan over the levels depends on.

    **Arguments:**

    - `steps`, `width`: of gates that are evaluated together, and how many there are in each.
    - `arity`: inputs of the widest gate.
    - `heads`: gates at which targets are compared.
    """

    steps: int
    width: int
    arity: int
    heads: int


@dataclass(frozen=True)
class CircuitPlan:
    """A circuit ready to be traced; hashable, so equal circuits compile once.

    Nets are numbered: circuit inputs first, then the gates in the order in which the banks
    evaluate them.

    **Arguments:**

    - `gates`, `inputs`: how many there are.
    - `net_of_gate`: the net of each gate of the netlist.
    - `heads`: the gates at which targets are compared, as banks.
    - `scan`: the shape of a plan whose wiring is data; it has no banks.
    - `outputs`: for every head, in the order of `heads`, the circuit output that it drives.
    """

    gates: int
    inputs: int
    groups: tuple[Group, ...]
    arities: tuple[int, ...]
    banks: tuple[Bank, ...] = ()
    heads: tuple[Bank, ...] = ()
    scan: ScanShape | None = None
    # No program depends on these, so plans that differ only in them share one.
    net_of_gate: tuple[int, ...] = field(default=(), compare=False)
    outputs: tuple[str, ...] = field(default=(), compare=False)

    def members(self, arity: int) -> tuple[int, ...]:
        """The gates of an arity, in the order of that arity's tables."""
        return tuple(gate for group in self.groups if group.arity == arity for gate in group.gates)


def group_gates(gates: Sequence[Gate]) -> tuple[Group, ...]:
    """The gates grouped by arity, system and iterates, in that order."""
    members: dict[tuple[object, ...], list[int]] = {}
    for index, gate in enumerate(gates):
        key = (gate.arity, gate.setting.key, gate.iterates, bool(gate.train))
        members.setdefault(key, []).append(index)
    groups = [
        Group(
            arity=gates[found[0]].arity,
            iterates=gates[found[0]].iterates,
            key=gates[found[0]].setting.key,
            trained=bool(gates[found[0]].train),
            gates=tuple(found),
            setting=gates[found[0]].setting,
        )
        for found in members.values()
    ]
    return tuple(sorted(groups, key=lambda group: (group.arity, group.gates[0])))


def plan_gates(gates: Sequence[Gate]) -> CircuitPlan:
    """The plan of gates that are not connected: their values only."""
    groups = group_gates(gates)
    return CircuitPlan(len(gates), 0, groups, tuple(sorted({gate.arity for gate in gates})))


def plan_circuit(netlist: Netlist) -> CircuitPlan:
    """The plan of a circuit; the heads are the outputs that have a target and are gates."""
    gates = netlist.gates
    values = plan_gates(gates)
    place = {
        gate: position
        for arity in values.arities
        for position, gate in enumerate(values.members(arity))
    }
    level = levels(netlist.drivers)
    banks: dict[tuple[int, int], list[int]] = {}
    for index, gate in enumerate(gates):
        banks.setdefault((level[gate.name], gate.arity), []).append(index)
    net = {name: index for index, name in enumerate(netlist.inputs)}
    for key in sorted(banks):
        for index in banks[key]:
            net[gates[index].name] = len(net)

    def bank(arity: int, members: Sequence[int], level: int = 0) -> Bank:
        sources = (tuple(net[name] for name in gates[index].inputs) for index in members)
        return Bank(arity, level, tuple(place[index] for index in members), tuple(sources))

    wanted = {target.output for target in netlist.targets}
    heads: dict[int, list[int]] = {}
    for index, gate in enumerate(gates):
        if gate.name in wanted:
            heads.setdefault(gate.arity, []).append(index)
    return replace(
        values,
        inputs=len(netlist.inputs),
        banks=tuple(bank(key[1], banks[key], key[0]) for key in sorted(banks)),
        net_of_gate=tuple(net[gate.name] for gate in gates),
        heads=tuple(bank(arity, heads[arity]) for arity in sorted(heads)),
        outputs=tuple(gates[index].name for arity in sorted(heads) for index in heads[arity]),
    )


def row_bits(arity: int) -> Int64[np.ndarray, "rows arity"]:
    """Every input row of a gate, lexicographic, first input most significant."""
    rows = np.arange(1 << arity)[:, None]
    return (rows >> np.arange(arity - 1, -1, -1)) & 1
