"""The rows on which a search for functions checks a circuit: all of them where there are few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, UInt64

from chaoscad.logic import TruthTable
from chaoscad.logic.circuit import evaluate_table
from chaoscad.logic.graph import cone
from chaoscad.logic.rows import all_rows, packed, random_rows, unpacked
from chaoscad.netlist import Gate, Netlist, Target
from chaoscad.netlist.connect import enumerated

EXACT_INPUTS = 16
"""Targets of at most so many inputs are checked on all their rows."""

SAMPLED_WORDS = 1024
"""Words of 64 random rows that stand for the others."""

Words = UInt64[np.ndarray, " words"]
Row = Mapping[str, int]


@dataclass(frozen=True)
class Wanted:
    """A target at the rows of a probe: the wanted bits, and ones where they matter."""

    target: Target
    ones: Words
    care: Words


@dataclass(frozen=True)
class Probe:
    """Rows of the circuit's inputs, and the targets that are checked on them.

    **Arguments:**

    - `inputs`: a word array for every circuit input; 0 for those that no target here depends on.
    - `cone`: the gates that the targets depend on, in topological order.
    - `exact`: whether these are all rows of the targets' inputs.
    """

    inputs: Mapping[str, Words]
    wanted: tuple[Wanted, ...]
    cone: tuple[Gate, ...]
    exact: bool

    def nets(self, tables: Mapping[str, TruthTable]) -> dict[str, Words]:
        """The inputs, and every gate of the cone that has a table and whose inputs have."""
        nets = dict(self.inputs)
        zero = np.zeros_like(self.wanted[0].ones)
        for gate in self.cone:
            if gate.name in tables and all(name in nets for name in gate.inputs):
                columns = [nets[name] for name in gate.inputs]
                nets[gate.name] = evaluate_table(tables[gate.name], columns, zero)
        return nets

    def wrong(self, nets: Mapping[str, Words]) -> Bool[np.ndarray, " rows"]:
        """The rows in which some target is missed."""
        missed = np.zeros_like(self.wanted[0].ones)
        for wanted in self.wanted:
            missed |= (nets[wanted.target.output] ^ wanted.ones) & wanted.care
        return unpacked(missed[None])[0]

    def bits(self, index: int) -> dict[str, int | None]:
        """What the targets want at one row, `None` where it does not matter."""
        word, bit = divmod(index, 64)
        return {
            wanted.target.output: int(wanted.ones[word]) >> bit & 1
            if int(wanted.care[word]) >> bit & 1
            else None
            for wanted in self.wanted
        }

    def row(self, index: int) -> dict[str, int]:
        """One row of the circuit's inputs."""
        word, bit = divmod(index, 64)
        return {name: int(words[word]) >> bit & 1 for name, words in self.inputs.items()}


def probes(netlist: Netlist, seed: int, hard_rows: Sequence[Row] = ()) -> list[Probe]:
    """The probes of a circuit's targets.

    All targets share one when the circuit has few inputs. Else targets of few inputs are checked on
    all rows of those, and the others together on a random sample, to which `hard_rows` are added.
    """
    over = enumerated(netlist)
    members: dict[tuple[str, ...], list[Target]] = {}
    for target in netlist.targets:
        support = over[target.output]
        if len(netlist.inputs) <= EXACT_INPUTS or len(support) > EXACT_INPUTS:
            support = netlist.inputs
        members.setdefault(support, []).append(target)
    found: list[Probe] = []
    for support, targets in members.items():
        exact = len(support) <= EXACT_INPUTS
        if exact:
            words = all_rows(len(support))
        else:
            random = np.random.default_rng([seed, len(support)])
            words = random_rows(len(support), SAMPLED_WORDS, random)
            if hard_rows:
                bits = np.array([[bool(row[name]) for row in hard_rows] for name in support])
                words = np.concatenate([words, packed(bits)], axis=1)
        zero = np.zeros(words.shape[1], np.uint64)
        inputs = dict.fromkeys(netlist.inputs, zero) | dict(zip(support, words, strict=True))
        wanted = [Wanted(target, *target.evaluate(inputs, zero)) for target in targets]
        needed = cone(netlist.drivers, (target.output for target in targets))
        gates = tuple(gate for gate in netlist.gates if gate.name in needed)
        found.append(Probe(inputs, tuple(wanted), gates, exact))
    return found


def reached_rows(
    netlist: Netlist, tables: Mapping[str, TruthTable], checked: Sequence[Probe]
) -> dict[str, str]:
    """For every gate, `1` at the local rows that occur in some row that matters, else `0`."""
    found = {gate.name: np.zeros(1 << gate.arity, bool) for gate in netlist.gates}
    for probe in checked:
        nets = probe.nets(tables)
        matters = np.zeros_like(probe.wanted[0].ones)
        for wanted in probe.wanted:
            matters |= wanted.care
        where = unpacked(matters[None])[0]
        for gate in probe.cone:
            if found[gate.name].all():
                continue
            local = np.zeros(where.size, np.int64)
            for name in gate.inputs:
                local = 2 * local + unpacked(nets[name][None])[0]
            found[gate.name] |= np.bincount(local[where], minlength=1 << gate.arity) > 0
    return {name: "".join("1" if there else "0" for there in rows) for name, rows in found.items()}
