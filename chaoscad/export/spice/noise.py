"""The noise form of a SPICE deck: every row many times, with random sources at every gate.

ngspice draws the voltage of a TRNOISE source anew at fixed times, and goes straight from one to the
next. Maps take no time, so at each of those times the whole circuit is one trial of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chaoscad.arguments import whole
from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.evidence import Evidence
from chaoscad.export.names import comment
from chaoscad.export.options import Options
from chaoscad.export.rows import Expected
from chaoscad.export.spice import NOISE_TRIALS
from chaoscad.export.spice.agreement import LONGEST_RUN, OURS, Agreement, expected_counts
from chaoscad.export.spice.circuit import Disturbance
from chaoscad.export.spice.deck import DUT, digits, ports, preamble, wrapped
from chaoscad.export.spice.monte_carlo import LARGEST_SEED, wanted_of
from chaoscad.export.spice.nodes import Nodes
from chaoscad.export.spice.timing import DWELL, Timing
from chaoscad.hardware import Hardware
from chaoscad.systems import Flow
from chaoscad.toolchain import Tool

if TYPE_CHECKING:
    from chaoscad.robustness import Deviations

MOST_TRIALS = 1_000_000
"""Most trials of a deck, over all rows: ngspice keeps them all."""

MOST_INPUTS = 10
"""Most inputs of a circuit whose rows are all walked, as `bit_error_rates` walks them."""

_RATE = re.compile(r"^e(\d+)_(\d+)\s*=\s*(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Noisy:
    """The trials of a deck: so many of every row; `seed` is of ngspice's random numbers."""

    evidence: Evidence
    deviations: Deviations
    trials: int
    seed: int

    def disturbance(self, hardware: Hardware) -> Disturbance:
        """The sources of the gates, in volts."""
        unit = abs(hardware.volts_per_unit)
        state, comparator = self.deviations.state_noise, self.deviations.comparator_noise
        return Disturbance(unit * state, unit * comparator, DWELL)


def noisy(evidence: Evidence, options: Options) -> Noisy | None:
    """The trials that the options ask for; `None` where they ask for none.

    **Raises:** `ChaoscadError` for a netlist without noise, for flows, and for too many trials or rows.
    """
    trials = NOISE_TRIALS.of(options)
    if trials is None:
        return None
    from chaoscad.robustness import deviations_of

    design = evidence.design
    deviations = deviations_of(design)
    if not deviations.noisy:
        message = "there is no noise, and all trials of --noise-trials would be equal"
        hint = "give hardware.noise in the netlist, such as {state: 0.01, comparator: 0.01}"
        raise ChaoscadError(Diagnostic(message, hint=hint))
    if any(isinstance(gate.setting.system, Flow) for gate in design.gates):
        message = "a deck with noise is of maps, which take no time, and the design has a flow"
        raise ChaoscadError(Diagnostic(message, hint="chaoscad yield has its bit error rates"))
    inputs = len(design.netlist.inputs)
    if inputs > MOST_INPUTS:
        message = (
            f"a deck with noise walks all rows of at most {MOST_INPUTS} inputs, not of {inputs}"
        )
        raise ChaoscadError(Diagnostic(message, hint="chaoscad yield has its bit error rates"))
    most = MOST_TRIALS >> inputs
    why = f"the {1 << inputs} rows have {MOST_TRIALS} together; chaoscad yield draws 10^9"
    trials = whole("the number of trials of --noise-trials", trials, 1, most, why=why)
    return Noisy(evidence, deviations, trials, options.seed)


def noise_deck(
    made: Noisy, hardware: Hardware, nodes: Nodes, timing: Timing, rows: Expected, file: str
) -> str:
    """The deck that ngspice runs; row r has the samples after r * trials.

    **Arguments:**

    - `file`: the name of the file that holds the circuit with its noise.
    """
    design, take = made.evidence.design, nodes.namespace.take
    low, high = hardware.logic_levels
    end = digits(DWELL * made.trials * rows.rows)
    lines = [
        f"* {comment(design.name)}: {made.trials} trials of each of {rows.said()} of the inputs",
        *preamble(design, hardware, timing, file),
        f"{DUT.capitalize()} {' '.join(ports(design, nodes, timing))} {nodes.stem}",
    ]
    for index, name in enumerate(design.netlist.inputs, 1):
        levels = [high if bit else low for bit in rows.nets[name].tolist()]
        lines.append(f"Vin{index} {nodes.nets[name]} 0 {_held(levels, made.trials)}")
    middle, wrong = digits((low + high) / 2), []
    control = [".control", f"setseed {1 + made.seed % (LARGEST_SEED - 1)}"]
    shares: list[str] = []
    for index, (name, wanted) in enumerate(wanted_of(made.evidence, rows).items(), 1):
        want, missed = take(f"want{index}"), take(f"wrong{index}")
        wrong.append(f"v({missed})")
        lines.append(f"Vwant{index} {want} 0 {_held(wanted.tolist(), made.trials)}")
        lines.append(
            f"Bwrong{index} {missed} 0 V=(v({want})*(v({nodes.nets[name]})-({middle}))<0)?1:0"
        )
        for row in range(rows.rows):
            first = row * made.trials
            part = f"v({missed})[{first + 1},{first + made.trials}]"
            shares += [f"let e{index}_{row} = mean({part})", f"print e{index}_{row}"]
    control += [f"save {' '.join(wrong)}", f"tran {DWELL!r} {end} 0 {DWELL!r}"]
    control += [f"linearize {' '.join(wrong)}"]
    control += [
        "* e1_3 is the share of trials in which the first output is wrong in row 3",
        *shares,
    ]
    return "".join(f"{line}\n" for line in wrapped([*lines, *control, "quit 0", ".endc", ".end"]))


def _held(levels: Sequence[float], trials: int) -> str:
    """A source that is at one voltage for the trials of a row each; it changes between two trials."""
    points = [f"0 {digits(levels[0])}"]
    for row in range(1, len(levels)):
        if levels[row] != levels[row - 1]:
            at = DWELL * (row * trials + 0.4)
            points.append(f"{digits(at)} {digits(levels[row - 1])}")
            points.append(f"{digits(at + 0.2 * DWELL)} {digits(levels[row])}")
    return f"PWL({' '.join(points)})" if len(points) > 1 else f"DC {digits(levels[0])}"


def noise_agreement(tool: Tool, made: Noisy, rows: Expected, deck: str, folder: Path) -> Agreement:
    """Run the deck and test how often each output is wrong in each row against our bit error rates.

    The tests are two-sided and binomial, at 99 % together: each leaves out as much less as there are
    tests (C. E. Bonferroni).
    """
    from chaoscad.robustness import bit_error_rates

    hint = "draw fewer trials with --noise-trials"
    done = tool.run(["-b", deck], folder=folder, timeout=LONGEST_RUN, hint=hint)
    said = [f"$ ngspice -b {deck}"]
    found = {
        (int(output), int(row)): round(float(rate) * made.trials)
        for output, row, rate in _RATE.findall(done.stdout)
    }
    outputs = list(wanted_of(made.evidence, rows))
    rates = bit_error_rates(
        made.evidence, made.deviations, trials=OURS, seed=made.seed % 2**32
    ).outputs
    ours = [one for one in rates if one.output in outputs]
    if not ours:
        return Agreement(True, (*said, "no output is asked for in any row: nothing to compare"))
    confidence = 1 - 0.01 / len(ours)
    apart: list[str] = []
    worst = max(ours, key=lambda one: one.errors.count)
    for one in ours:
        count = found.get((outputs.index(one.output) + 1, int(one.inputs, 2)))
        low, high = expected_counts(made.trials, one.errors.interval, confidence)
        if count is None:
            apart.append(f"{one.output} in row {one.inputs}: ngspice measured nothing")
        elif not low <= count <= high:
            apart.append(
                f"{one.output} in row {one.inputs}: wrong in {count} of {made.trials} trials of ngspice, "
                f"and {low} to {high} are expected"
            )
        if one is worst:
            said.append(
                f"most often wrong: {one.output} in row {one.inputs}: {count} of {made.trials} trials in "
                f"ngspice, a rate of {one.errors.value:.5f} in chaoscad"
            )
    said += apart[:20]
    said.append(
        f"binomial tests at 99 % together: {len(ours) - len(apart)} of {len(ours)} rates agree"
    )
    return Agreement(not apart, tuple(said))
