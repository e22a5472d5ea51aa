"""Designs and netlists as tables and text."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from chaoscad.design import Design, DesignGate
from chaoscad.errors import counted, listed
from chaoscad.feasibility import Feasibility
from chaoscad.feasibility.members import MOST_NAMED
from chaoscad.logic.graph import levels
from chaoscad.netlist import Gate, Netlist, title
from chaoscad.systems import Flow, Setting
from chaoscad.verification import Equivalence, GateVerdict, PortsDiffer, Verification

MOST_WARNINGS = 20

MOST_GATES = 60
"""Gates that are listed one by one; a larger circuit is summarised unless all are asked for."""


def console() -> Console:
    """Stdout; wide enough for whole tables when it is not a terminal."""
    return Console(width=None if sys.stdout.isatty() else 1000, highlight=False, emoji=False)


def number(value: float) -> str:
    """A number with as many digits as help a reader."""
    return f"{value:.6g}"


def table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """A table in the style of all our output."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", no_wrap=True)
    return made


def printable(text: str) -> str:
    """`text` without what would steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def plain(text: str, limit: int = 40) -> Text:
    """A name as a cell of a table, cut where it is long."""
    # Net names are data: rich must not read markup such as [red] in them.
    text = printable(text)
    return Text(text if len(text) <= limit else text[: limit - 1] + "\u2026")


def distance(value: float) -> str:
    """A distance of states; nothing where there is none, or none is known."""
    return number(value) if np.isfinite(value) else ""


def warn(sentences: Sequence[str]) -> None:
    """Warnings on stderr, the first few of many."""
    for sentence in sentences[:MOST_WARNINGS]:
        click.echo(f"warning: {printable(sentence)}", err=True)
    if len(sentences) > MOST_WARNINGS:
        click.echo(f"warning: and {len(sentences) - MOST_WARNINGS} more gates like it", err=True)


def system_text(gate: DesignGate | Gate) -> str:
    """The system with its parameters; of a flow, those that are not at their defaults, and the time."""
    setting = gate.setting
    system = setting.system
    values = setting.parameters
    words = [system.name]
    if isinstance(system, Flow):
        defaults = system.defaults()
        values = {name: value for name, value in values.items() if value != defaults[name]}
        values["t"] = setting.time or 0.0
    elif system.curve is not None:
        words = [f"{system.curve.output}({system.curve.input})"]
    elif system.expression is not None:
        words = [system.expression]
    if values:
        words.append(", ".join(f"{name}={number(value)}" for name, value in values.items()))
    return printable(" ".join(words))


def circuit_text(netlist: Netlist, functions: dict[str, str]) -> list[str]:
    """The circuit as text, one line per level."""
    level = levels(netlist.drivers)
    lines = [f"inputs   {' '.join(netlist.inputs)}"]
    for depth in range(1, max(level.values()) + 1):
        here = [
            f"{gate.name} = {functions[gate.name]}({', '.join(gate.inputs)})"
            for gate in netlist.gates
            if level[gate.name] == depth
        ]
        lines.append(f"level {depth:<2} {'   '.join(here)}")
    lines.append(f"outputs  {' '.join(netlist.outputs)}")
    return [printable(line) for line in lines]


def functions_of(design: Design) -> dict[str, str]:
    """Every gate's function by its usual name, or its rows."""
    return {gate.name: title(gate.function) for gate in design.gates}


LEAST_TIMES = 0.001
"""Fewer Lyapunov times are not told from none."""


@lru_cache(maxsize=64)
def _lyapunov_times(setting: Setting) -> float | None:
    """A flow's time in Lyapunov times, the exponent computed at the setting's own parameters."""
    from chaoscad.analysis import lyapunov
    from chaoscad.errors import ChaoscadError

    assert setting.time is not None
    try:
        return setting.time * max(float(lyapunov(setting).exponents[0]), 0.0)
    except ChaoscadError:
        # It escapes: there is no attractor, and no exponent.
        return None


def rows_table(design: Design, verification: Verification) -> Table:
    """Every local row of every gate: state, value, bit, margins, room; of flows the sensitivity."""
    flows = any(verdict.rows.convergence is not None for verdict in verification.gates)
    made = table(
        "gate",
        "row",
        "state",
        "value",
        "bit",
        "wanted",
        "margin",
        "room",
        "input margin",
        *(("|dv/dz|",) if flows else ()),
        right=("state", "value", "margin", "room", "input margin", "|dv/dz|"),
    )
    for gate, verdict in zip(design.gates, verification.gates, strict=True):
        margins = verdict.rows.margins(gate.function)
        reach = verdict.reach
        room = np.minimum(reach.declared, reach.measured)
        for row, wanted in enumerate(gate.function.rows):
            made.add_row(
                plain(gate.name),
                format(row, f"0{gate.arity}b"),
                number(verdict.rows.states[row]),
                number(verdict.rows.values[row]),
                str(int(verdict.rows.bits[row])),
                wanted,
                "" if wanted == "-" else number(margins[row]),
                distance(room[row]),
                distance(reach.crossing[row]),
                *((_sensitivity(verdict, row),) if flows else ()),
            )
    return made


def _sensitivity(verdict: GateVerdict, row: int) -> str:
    convergence = verdict.rows.convergence
    return "" if convergence is None else number(abs(convergence.slopes[row]))


def flow_lines(design: Design, verification: Verification) -> list[str]:
    """How long the flows run in Lyapunov times, and how much they magnify an error of the state."""
    lines: dict[str, tuple[float, str]] = {}
    for gate, verdict in zip(design.gates, verification.gates, strict=True):
        convergence = verdict.rows.convergence
        if convergence is None:
            continue
        span = convergence.lyapunov_times
        if span is None:
            span = _lyapunov_times(gate.setting)
        times = "an unknown number of" if span is None else f"{span:.3g}"
        if span is not None and span < LEAST_TIMES:
            # Of a periodic flow, whose exponent is 0 to what a long run tells.
            times = f"fewer than {LEAST_TIMES:g}"
        head = f"{system_text(gate)}: {times} Lyapunov times"
        steepest = int(np.nanargmax(np.nan_to_num(np.abs(convergence.slopes))))
        slope = float(abs(convergence.slopes[steepest]))
        where = f"gate {gate.name!r}, row {format(steepest, f'0{gate.arity}b')}"
        if head not in lines or slope > lines[head][0]:
            lines[head] = (slope, where)
    return [
        printable(f"{head}; largest |dv/dz| {slope:.4g} ({where})")
        for head, (slope, where) in lines.items()
    ]


def infeasible_text(answers: Mapping[str, Feasibility]) -> list[str]:
    """The certificates of gates that cannot be, alone or together, and what would help."""
    lines: list[str] = []
    # All gates of a family have one answer, which is told once.
    for name, found in {id(one): (name, one) for name, one in answers.items()}.values():
        if found.family:
            who, what = quoted(found.family), "are proven infeasible together"
            boxes, become = f"{found.boxes} intervals of x0 in boxes of what they share", "become"
        else:
            who, what = f"gate {name!r}", "is proven infeasible"
            boxes, become = f"{found.boxes} boxes of x0 and delta", "becomes"
        cover = f" ({boxes} cover the bounds)" if found.boxes else ""
        lines.append(f"{who} {what}: {found.reason}{cover}")
        if found.remedies:
            lines.append(f"{who} {become} possible with {' or '.join(found.remedies)}")
        else:
            lines.append(f"{who}: wider bounds, another system, or a circuit of gates may help")
    return lines


def quoted(names: Sequence[str]) -> str:
    """Gates as a sentence names them, not too many of them."""
    return "gates " + listed([repr(name) for name in names], MOST_NAMED)


def wrong_rows(verification: Verification) -> list[str]:
    """The first wrong rows of the circuit, one line each."""
    lines: list[str] = []
    for example in verification.examples:
        inputs = " ".join(f"{name}={bit}" for name, bit in example.inputs.items())
        outputs = ", ".join(
            f"{name} is {got}, wanted {wanted}" for name, (got, wanted) in example.outputs.items()
        )
        lines.append(f"{inputs}: {outputs}")
    return lines


def print_equivalence(found: Equivalence, design: str, reference: str) -> None:
    """The answer in one line, and what tells the circuits apart."""
    out = console()
    head = {
        "equal": f"equal to {reference}: proven by",
        "different": f"NOT equal to {reference}: shown by",
        "undecided": f"not decided whether equal to {reference}:",
    }[found.verdict]
    out.print(printable(f"{design}: {head} {found.method}"), markup=False, soft_wrap=True)
    if found.open:
        line = f"  {len(found.open)} undecided: {listed(found.open, 8, ' ')}"
        out.print(printable(line), markup=False, soft_wrap=True)
    example = found.counterexample
    if example is None:
        return
    made = table("", "", "design", "reference", right=("design", "reference"))
    for name, bit in example.inputs.items():
        made.add_row("input", plain(name), str(bit), str(bit))
    for name in example.differing[:MOST_GATES]:
        bits = example.outputs[name]
        made.add_row("output", plain(name), str(bits[0]), str(bits[1]))
    out.print(made)
    same = len(example.outputs) - len(example.differing)
    more = len(example.differing) - MOST_GATES
    if more > 0:
        out.print(f"and {more} more outputs that differ")
    if same:
        out.print(f"{same} other output{'s are' if same != 1 else ' is'} equal there")


def equivalence_data(found: Equivalence) -> dict[str, Any]:
    """An equivalence as JSON-ready data."""
    example = found.counterexample
    return {
        "verdict": found.verdict,
        "method": found.method,
        "rows": found.rows,
        "proofs": found.proofs,
        "merged": found.merged,
        "undecided": list(found.open),
        "counterexample": None
        if example is None
        else {
            "inputs": dict(example.inputs),
            "outputs": {
                name: {"design": bits[0], "reference": bits[1]}
                for name, bits in example.outputs.items()
            },
        },
    }


def ports_data(reference: str, error: PortsDiffer) -> dict[str, Any]:
    """The answer about circuits whose ports differ as JSON-ready data."""
    return {
        "file": reference,
        "verdict": "different",
        "method": "their ports differ",
        "diagnostics": [item.to_data() for item in error.diagnostics],
    }


def rows_right(verification: Verification) -> str:
    """How many rows came out right, and which outputs were proven for every row."""
    right = verification.rows - verification.wrong_rows
    proven = len(verification.proven)
    parts = []
    if verification.rows:
        sampled = "" if verification.exhaustive else ", some of them only a sample"
        parts.append(f"{right} of {verification.rows} rows right{sampled}")
    if proven:
        wrong = verification.wrong_rows > 0
        how = "compared" if wrong else "proven equal"
        parts.append(f"{counted(proven, 'output')} {how} for every row")
    return ", ".join(parts)


def verification_data(verification: Verification) -> dict[str, Any]:
    """A verification as JSON-ready data."""
    from chaoscad.documents import known, word

    return {
        "passed": verification.passed,
        "rows": verification.rows,
        "exhaustive": verification.exhaustive,
        "wrong_rows": verification.wrong_rows,
        "worst_margin": word(verification.worst_margin),
        "method": verification.method,
        "findings": verification.findings(),
        "warnings": verification.warnings(),
        "examples": [
            {
                "inputs": dict(example.inputs),
                "outputs": {
                    name: {"got": got, "wanted": wanted}
                    for name, (got, wanted) in example.outputs.items()
                },
            }
            for example in verification.examples
        ],
        "gates": {
            gate.name: {
                "margin": word(gate.margin),
                "room": known(gate.room),
                "input_margin": known(gate.input_margin),
                "measured_room": known(gate.reach.measured_room),
                "at_threshold": list(gate.at_threshold),
                "wrong": list(gate.wrong),
                "out_of_range": list(gate.out_of_range),
                **_flow_data(gate),
            }
            for gate in verification.gates
        },
    }


def _flow_data(verdict: GateVerdict) -> dict[str, Any]:
    from chaoscad.documents import word

    convergence = verdict.rows.convergence
    if convergence is None:
        return {}
    return {
        "unconverged": list(verdict.unconverged),
        "lyapunov_times": convergence.lyapunov_times,
        "slopes": [word(float(slope)) for slope in convergence.slopes],
        "answers": {
            answer.how: [word(float(value)) for value in answer.values]
            for answer in convergence.answers
        },
    }
