"""Configurations with the fewest controls, and the fewest iterates, that do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, product

from chaoscad.netlist import Gate, Netlist
from chaoscad.solve import Settings
from chaoscad.tune import Progress
from chaoscad.workflow import Reconfigured, run_configurations


def run_fewest(
    netlist: Netlist,
    *,
    seed: int = 0,
    settings: Settings | None = None,
    progress: Progress | None = None,
    command: str | None = None,
) -> Reconfigured:
    """`run_configurations` with the fewest of the controls, then the fewest iterates, that do.

    Tried are all parts of the netlist's controls, smaller ones first; for each, the iterates that gates
    may choose from, up to more and more, or the times of flows. Controls that a gate has of its own stay.

    **Returns:** the first that is solved; where none is, the one with the most configurations right.
    """
    best: Reconfigured | None = None
    for variant in _by_cost(netlist):
        found = run_configurations(
            variant, seed=seed, settings=settings, progress=progress, command=command
        )
        if found.design.solved:
            return found
        if best is None or _right(found) > _right(best):
            best = found
    if best is None:
        return run_configurations(
            netlist, seed=seed, settings=settings, progress=progress, command=command
        )
    return best


def _right(found: Reconfigured) -> int:
    return sum(one.solved for one in found.design.configurations.values())


def _by_cost(netlist: Netlist) -> Iterator[Netlist]:
    """The netlist with fewer controls and choices of iterates and times, the cheapest first."""
    counts = sorted({count for gate in netlist.gates for count in gate.choices.iterates})
    times = sorted({time for gate in netlist.gates for time in gate.choices.time})
    for number in range(1, len(netlist.controls) + 1):
        for controls in combinations(netlist.controls, number):
            for most, latest in product(counts or [0], times or [0.0]):
                # Of one choice nothing can be a control.
                if ("iterates" in controls and most == counts[0]) or (
                    "time" in controls and latest == times[0]
                ):
                    continue
                gates = tuple(_up_to(gate, most, latest) for gate in netlist.gates)
                yield replace(netlist, gates=gates, controls=controls)


def _up_to(gate: Gate, most: int, latest: float) -> Gate:
    """The gate with its choices cut at so many iterates, and at a time; without choices it is as it was."""
    counts = sorted(count for count in gate.choices.iterates if count <= most)
    counts = counts or sorted(gate.choices.iterates)[:1]
    times = sorted(time for time in gate.choices.time if time <= latest)
    times = times or sorted(gate.choices.time)[:1]
    choices = replace(
        gate.choices,
        iterates=tuple(counts) if len(counts) > 1 else (),
        time=tuple(times) if len(times) > 1 else (),
    )
    setting = replace(gate.setting, time=times[0]) if times else gate.setting
    return replace(gate, iterates=(counts or [gate.iterates])[0], setting=setting, choices=choices)
