"""Of the functions that share the greatest least margin, those with the greatest sum of margins.

A maximum satisfiability problem: every step of a gate's menu that its function reaches counts by its
height (RC2; Ignatiev, Morgado, Marques-Silva, JSAT 11, 53 (2019)). Rows join as in
`chaoscad.solve.synthesis`: a solution on few rows that is right on all of them is the best on all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

import numpy as np
from pysat.examples.rc2 import RC2
from pysat.formula import WCNF

from chaoscad.logic import TruthTable
from chaoscad.netlist import Netlist
from chaoscad.solve.probes import Probe
from chaoscad.solve.synthesis import (
    SAME,
    SOLVER,
    Attempt,
    Menu,
    against,
    every_table,
    first_rows,
)

MOST_ENTRIES = 64
"""Most entries of all free tables together: the solver has no limit of effort."""

UNIT = 1000
"""Sums are compared to this fraction of the distance between the menus' least and greatest margin."""


def greatest_sum(
    netlist: Netlist,
    known: Mapping[str, TruthTable],
    menus: Mapping[str, Menu | None],
    checked: Sequence[Probe],
    least: float,
    *,
    barred: Mapping[str, Collection[str]],
    seed: int = 0,
) -> dict[str, TruthTable] | None:
    """Tables of at least the margin `least` by which every target is right, the sum at its greatest.

    **Arguments:**

    - the others than `least`: as for `synthesise`.

    **Returns:** `None` where the tables are too large, or a gate has no menu.
    """
    offered = {name: menu for name, menu in menus.items() if menu}
    entries = sum(len(next(iter(menu))) for menu in offered.values())
    if len(offered) < len(menus) or entries > MOST_ENTRIES:
        return None
    allowed: dict[str, set[str] | None] = {
        name: {one for one, value in menu.items() if value >= least - SAME}
        for name, menu in offered.items()
    }
    random = np.random.default_rng(seed)
    attempt = Attempt(netlist, known, allowed, barred, checked, random, either=False)
    values = [menu[one] for name, menu in offered.items() for one in allowed[name] or ()]
    span = max(values, default=0.0) - min(values, default=0.0)
    with RC2(WCNF(), solver=SOLVER) as solver:
        attempt.begin(solver, first_rows(checked, random))
        for name, menu in offered.items():
            levels = sorted({menu[one] for one in allowed[name] or ()})
            for low, high in pairwise(levels):
                step = attempt.new()
                for one in every_table(len(attempt.tables[name])):
                    if menu.get(one, -np.inf) < high:
                        solver.add_clause([-step, *against(attempt.tables[name], one)])
                solver.add_clause([step], weight=max(1, round(UNIT * (high - low) / span)))
        while (model := solver.compute()) is not None:
            found = attempt.read(set(model))
            wrong = attempt.wrong(found)
            if not wrong:
                return found
            for row in wrong:
                attempt.add(row)
    return None
