"""The rows that a bench walks, and what every net of a design is in each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from chaoscad.design.model import DesignGate
from chaoscad.evidence import Evidence
from chaoscad.logic import Logic
from chaoscad.logic.rows import all_rows, packed, unpacked
from chaoscad.verification import GateRows


@dataclass(frozen=True)
class Expected:
    """What a design computes.

    **Arguments:**

    - `gates`: the local rows of every gate.
    - `logic`: the design as logic, with the functions that its gates have in float64.
    - `nets`: every net in every row of the bench.
    - `exhaustive`: whether these are all rows of the inputs.
    """

    gates: Mapping[str, GateRows]
    logic: Logic
    nets: Mapping[str, Bool[np.ndarray, " rows"]]
    exhaustive: bool

    @property
    def rows(self) -> int:
        """How many rows the bench walks."""
        return len(next(iter(self.nets.values())))

    def local(self, gate: DesignGate) -> Int[np.ndarray, " rows"]:
        """The local row of a gate in every row of the bench."""
        found = np.zeros(self.rows, np.int64)
        for name in gate.inputs:
            found = 2 * found + self.nets[name]
        return found

    def said(self) -> str:
        """Which rows these are, in words."""
        if self.exhaustive:
            return f"all {self.rows} rows"
        return f"{self.rows} random rows of 2^{len(self.logic.inputs)}"


def expected(evidence: Evidence, most_rows: int, seed: int) -> Expected:
    """Evaluate a design in all rows of its inputs, or in a random sample of them.

    Rows are in lexicographic order with the first input most significant; a sample holds the row of
    zeros, the row of ones, and random ones.

    **Arguments:**

    - `most_rows`: all of them up to this many, else a sample.
    - `seed`: of the sample.
    """
    netlist, logic = evidence.design.netlist, evidence.logic
    width = len(netlist.inputs)
    exhaustive = width < 63 and 1 << width <= most_rows
    if exhaustive:
        count = 1 << width
        bits = unpacked(all_rows(width))[:, :count] if width else np.zeros((0, 1), bool)
    else:
        count = max(most_rows, 2)
        bits = np.random.default_rng(seed).integers(0, 2, (width, count)).astype(bool)
        bits[:, 0], bits[:, 1] = False, True
    words = packed(bits)
    zero = np.zeros(-(-count // 64), np.uint64)
    found = logic.evaluate(dict(zip(netlist.inputs, words, strict=True)), zero)
    nets = {name: unpacked(column[None])[0, :count] for name, column in found.items()}
    return Expected(evidence.rows, logic, nets, exhaustive)
