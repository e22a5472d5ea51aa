"""The Monte Carlo form of a SPICE deck: devices that ngspice draws, each walked through the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int8

from chaoscad.arguments import whole
from chaoscad.design.model import Design
from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.evidence import Evidence
from chaoscad.export.digits import neat, tidied
from chaoscad.export.names import comment
from chaoscad.export.options import TOLERANCES, Options
from chaoscad.export.rows import Expected
from chaoscad.export.spice import MONTE_CARLO
from chaoscad.export.spice.circuit import numbers_of
from chaoscad.export.spice.deck import (
    DUT,
    clocks,
    digits,
    ports,
    preamble,
    steps,
    transient,
    wrapped,
)
from chaoscad.export.spice.nodes import Nodes
from chaoscad.export.spice.systems import parameter_names
from chaoscad.export.spice.timing import Timing
from chaoscad.hardware import Hardware
from chaoscad.logic.graph import cone
from chaoscad.logic.rows import packed, unpacked

if TYPE_CHECKING:
    from chaoscad.robustness import Deviations

MOST_DEVICES = 100_000
"""Most devices of a deck."""

LARGEST_SEED = 2**31 - 1
"""Of ngspice, whose seeds begin with 1."""


@dataclass(frozen=True)
class Sampling:
    """The devices of a deck.

    **Arguments:**

    - `devices`: how many; `seed`: of ngspice's random numbers.
    """

    evidence: Evidence
    deviations: Deviations
    devices: int
    seed: int

    @property
    def own(self) -> frozenset[str]:
        """The parameters of systems that differ from gate to gate."""
        return frozenset(name for name, item in self.deviations.tolerance.items() if item.size > 0)


def sampling(evidence: Evidence, options: Options) -> Sampling | None:
    """The devices that the options ask for; `None` where they ask for none.

    **Raises:** `ChaoscadError` for tolerances without devices, devices without a tolerance, too many
    of them, and what `deviations_of` refuses.
    """
    devices = MONTE_CARLO.of(options)
    given = {option.name: option.of(options) for option in TOLERANCES}
    if devices is None:
        if any(item is not None for item in given.values()):
            message = "a tolerance says what a Monte Carlo deck draws, and none is asked for"
            hint = "give --monte-carlo and how many devices"
            raise ChaoscadError(Diagnostic(message, hint=hint))
        return None
    from chaoscad.robustness import deviations_of

    why = "ngspice needs a millisecond for each and more; chaoscad yield samples 10^9"
    devices = whole("the number of devices of --monte-carlo", devices, 1, MOST_DEVICES, why=why)
    deviations = deviations_of(evidence.design, **given)
    if not deviations.spread:
        message = "nothing deviates, and all devices of --monte-carlo would be equal"
        hint = "give --tolerance or --global, or hardware.tolerance in the netlist"
        raise ChaoscadError(Diagnostic(message, hint=hint))
    return Sampling(evidence, deviations, devices, options.seed)


def monte_carlo(
    sampled: Sampling, hardware: Hardware, nodes: Nodes, timing: Timing, rows: Expected, file: str
) -> str:
    """The deck that ngspice runs: devices, stimulus, what is wrong, and a loop that counts.

    Maps take no time, and a DC sweep walks their rows; flows run in time.

    **Arguments:**

    - `file`: the name of the file that holds the circuit.
    """
    design = sampled.evidence.design
    take = nodes.namespace.take
    drawn, shared = _drawn(sampled, hardware, nodes)
    pins = " ".join(ports(design, nodes, timing))
    device = f"{nodes.stem}_device"
    row, wrong, read = take("row"), take("wrong"), take("read")
    given = "".join(f" {name}={text}" for name, text in drawn.items())
    lines = [
        f"* {comment(design.name)}: {sampled.devices} devices, drawn at random, in {rows.said()} of the "
        "inputs each",
        *(f"* {line}" for line in said(sampled.deviations)),
        *(["* noise is left out: a yield is that of devices"] if sampled.deviations.noisy else []),
        *preamble(design, hardware, timing, file),
        "* The size is the standard deviation, or half the width; in volts, that of a parameter of a",
        "* system in its own unit. Every call draws again, at every `reset`.",
        ".func normal(size) {agauss(0, size, 1)}",
        ".func uniform(size) {aunif(0, size)}",
        f".subckt {device} {pins}{' params:' if shared else ''}{''.join(f' {name}=0' for name in shared)}",
        f"{DUT.capitalize()} {pins} {nodes.stem}{given}",
        f".ends {device}",
        f"Xdevice {pins} {device}{''.join(f' {name}={text}' for name, text in shared.items())}",
    ]

    def driven(source: str, net: str, levels: Sequence[float]) -> str:
        if timing.phases:
            return f"V{source} {net} 0 {steps(levels, timing)}"
        return f"B{source} {net} 0 V={_by_row(levels, row)}"

    low, high = hardware.logic_levels
    for index, name in enumerate(design.netlist.inputs, 1):
        levels = [high if bit else low for bit in rows.nets[name].tolist()]
        lines.append(driven(f"in{index}", nodes.nets[name], levels))
    last = rows.rows - 1
    at_reading = ""
    if timing.phases:
        end = digits(timing.row * rows.rows)
        edge, short = timing.edge, (timing.row - timing.read) / 2
        pulse = [0, 1, timing.read, edge, edge, short, timing.row]
        lines += [
            f"Vrow {row} 0 PWL(0 0 {end} {last})",
            f"Vread {read} 0 PULSE({' '.join(map(digits, pulse))})",
            *clocks(timing),
        ]
        at_reading = f"v({read})*"
    else:
        lines.append(f"Vrow {row} 0 0")
    middle = digits((low + high) / 2)
    lines.append(f"* v({wrong}) is 1 where an output is wrong that has to be a 1 or a 0.")
    missed: list[str] = []
    for index, (name, wanted) in enumerate(wanted_of(sampled.evidence, rows).items(), 1):
        want = take(f"want{index}")
        lines.append(driven(f"want{index}", want, wanted.tolist()))
        missed.append(f"((v({want})*(v({nodes.nets[name]})-({middle}))<0)?1:0)")
    lines.append(f"Bwrong {wrong} 0 V=({at_reading}({'+'.join(missed) or '0'})>0.5)?1:0")
    walk = transient(timing, rows.rows) if timing.phases else f"dc vrow 0 {last} 1"
    lines += _loop(sampled, walk, row, wrong, rows.rows, by_row=not timing.phases)
    return "".join(line + "\n" for line in wrapped([*lines, ".end"]))


def wanted_of(evidence: Evidence, rows: Expected) -> dict[str, Int8[np.ndarray, " rows"]]:
    """By output, 1 or -1 where it has to be a 1 or a 0, and 0 in rows in which it may be either."""
    netlist = evidence.design.netlist
    outputs = [name for name in netlist.outputs if name not in netlist.inputs]
    found = {name: np.where(rows.nets[name], 1, -1).astype(np.int8) for name in outputs}
    words = {name: packed(rows.nets[name][None])[0] for name in netlist.inputs}
    zero = np.zeros(-(-rows.rows // 64), np.uint64)
    for target in netlist.targets:
        if target.output in found:
            wanted, care = (
                unpacked(one[None])[0, : rows.rows] for one in target.evaluate(words, zero)
            )
            found[target.output] = np.where(care, np.where(wanted, 1, -1), 0).astype(np.int8)
    if netlist.targets:
        return found
    # Without targets a row that a gate's function leaves open may come out either way behind it.
    drivers = {gate.name: gate.inputs for gate in netlist.gates}
    behind = {name: cone(drivers, [name]) for name in outputs}
    for source, gate in zip(netlist.gates, evidence.design.gates, strict=True):
        marks = np.array([mark == "-" for mark in gate.function.rows])
        if source.function is None or not marks.any():
            continue
        open_ = marks[rows.local(gate)]
        for name in outputs:
            if gate.name in behind[name]:
                found[name] = np.where(open_, 0, found[name]).astype(np.int8)
    return found


def said(deviations: Deviations) -> Iterator[str]:
    """What deviates, in words."""
    for what, given in (
        ("differs from gate to gate", deviations.tolerance),
        ("differs in all gates alike", deviations.shared),
    ):
        if given:
            yield f"{what}: {', '.join(f'{name} {item}' for name, item in given.items())}"


def _drawn(
    sampled: Sampling, hardware: Hardware, nodes: Nodes
) -> tuple[dict[str, str], dict[str, str]]:
    """The circuit's parameters as expressions that draw them, and the draws that several share.

    What is left out of the first stays as it is in the circuit.
    """
    from chaoscad.robustness.devices import population

    design = sampled.evidence.design
    errors = population(design, sampled.deviations).errors
    numbers = numbers_of(tidied(design), hardware, nodes)
    terms: dict[str, list[str]] = {}
    shared: dict[str, str] = {}
    for block, parts in errors.items():
        names = _names(design, nodes, block)
        scale = 1.0 if block == "system" else abs(hardware.volts_per_unit)
        for part, what in zip(parts, ("tied", "global"), strict=True):
            if part is None:
                continue
            size = np.asarray(part.size)
            uniform = np.zeros(size.shape, bool) if part.uniform is None else part.uniform
            own = np.arange(size.size).reshape(size.shape)
            slot = own if part.slot is None else np.asarray(part.slot)
            # Where gates share a parameter of their system, they share its error too.
            used = {name: place for place, (name, _) in names.items() if size[place] > 0}
            several = Counter(int(slot[place]) for place in used.values())
            draws: dict[int, str] = {}
            for name, place in used.items():
                draw = "uniform" if uniform[place] else "normal"
                width = repr(neat(scale * float(size[place])))
                number = int(slot[place])
                if several[number] == 1:
                    terms.setdefault(name, []).append(f"{draw}({width})")
                    continue
                if number not in draws:
                    called = names[place][1] if what == "global" else name
                    draws[number] = nodes.namespace.take(f"{what}_{called}")
                    shared[draws[number]] = f"{{{draw}(1)}}"
                terms.setdefault(name, []).append(f"{width}*{draws[number]}")
    drawn = {
        name: f"{{{'+'.join([repr(neat(value)), *terms[name]])}}}"
        for name, value in numbers.items()
        if name in terms
    }
    return drawn, shared


def _names(design: Design, nodes: Nodes, block: str) -> dict[tuple[int, ...], tuple[str, str]]:
    """The circuit's parameters in a block of `Setpoints` by their places in it, each with what it is."""
    found: dict[tuple[int, ...], tuple[str, str]] = {}
    for index, gate in enumerate(design.gates):
        x0, *deltas, threshold = nodes.numbers[gate.name]
        if block == "x0":
            found[index,] = x0, block
        elif block == "threshold":
            found[index,] = threshold, block
        elif block == "delta":
            found |= {(index, place): (name, block) for place, name in enumerate(deltas)}
        else:
            names, tunable = parameter_names(gate.setting), nodes.tunable[gate.name]
            for place, key in enumerate(gate.setting.parameters):
                if key in names:
                    found[index, place] = tunable[names[key]], names[key]
    return found


def _by_row(levels: Sequence[float], row: str) -> str:
    """A voltage by the number of the row, which is a node's."""
    count = len(levels)
    # Only where it changes, and at both ends; between rows nothing is read.
    kept = [
        index
        for index in range(count)
        if index in (0, count - 1)
        or levels[index] != levels[index - 1]
        or levels[index] != levels[index + 1]
    ]
    points = ", ".join(f"{index},{digits(levels[index])}" for index in kept)
    return f"pwl(v({row}), {points})"


def _loop(
    sampled: Sampling, walk: str, row: str, wrong: str, rows: int, *, by_row: bool
) -> list[str]:
    """The loop over the devices.

    A device counts when its last row was reached: where ngspice finds no solution, it stops before.
    """
    seed = 1 + sampled.seed % (LARGEST_SEED - 1)
    return [
        ".control",
        f"setseed {seed}",
        "let devices = 0",
        "let right = 0",
        "let unsolved = 0",
        "let reached = 0",
        "let missed = 0",
        *([f"let wrong_rows = 0*vector({rows})"] if by_row else []),
        f"save v({row}) v({wrong})",
        f"dowhile const.devices < {sampled.devices}",
        "  reset",
        "  let const.reached = 0",
        f"  {walk}",
        f"  let const.reached = vecmax(v({row}))",
        f"  if const.reached > {rows - 1.01:.2f}",
        f"    let const.missed = vecmax(v({wrong}))",
        "    if const.missed < 0.5",
        "      let const.right = const.right + 1",
        "    end",
        *([f"    let const.wrong_rows = const.wrong_rows + v({wrong})"] if by_row else []),
        "  else",
        "    let const.unsolved = const.unsolved + 1",
        "  end",
        "  destroy",
        "  setplot const",
        "  let devices = devices + 1",
        "end",
        *(["* how many devices are wrong in each row", "print wrong_rows"] if by_row else []),
        "print devices",
        "print unsolved",
        "print right",
        "quit 0",
        ".endc",
    ]
