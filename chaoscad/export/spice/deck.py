"""The SPICE bench of a design: stimulus and measurements."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from chaoscad.design.model import Design
from chaoscad.export.names import comment
from chaoscad.export.rows import Expected
from chaoscad.export.spice.nodes import Nodes
from chaoscad.export.spice.timing import Timing
from chaoscad.hardware import Hardware

WIDEST_LINE = 110


DUT = "xdut"
"""The bench's instance of the circuit."""

# Not within v(...), which .meas takes only in one piece.
_BREAK = re.compile(r"[ ,:?]|(?<!v)\(")


def ports(design: Design, nodes: Nodes, timing: Timing) -> list[str]:
    """The nodes of the circuit's subcircuit: inputs, outputs, two clocks of every phase, controls."""
    netlist = design.netlist
    outputs = [name for name in netlist.outputs if name not in netlist.inputs]
    clocks = [clock for phase in timing.phases.values() for clock in (phase.ic, phase.op)]
    return [
        *(nodes.nets[name] for name in (*netlist.inputs, *outputs)),
        *clocks,
        *nodes.control_nodes,
    ]


def bench(
    design: Design,
    hardware: Hardware,
    nodes: Nodes,
    timing: Timing,
    rows: Expected,
    file: str,
    controls: Sequence[Mapping[str, float]] = (),
) -> str:
    """The deck that ngspice runs: stimulus, clocks, analysis and measurements.

    **Arguments:**

    - `file`: the name of the file that holds the circuit.
    - `controls`: the voltage of every control's node, for each time that all rows are walked.
    """
    low, high = hardware.logic_levels
    walks = max(1, len(controls))
    times = f", {walks} times with other controls," if len(controls) > 1 else ","
    lines = [
        f"* {comment(design.name)}: walks {rows.said()} of the inputs{times} {timing.row:.6g} s each",
        *preamble(design, hardware, timing, file),
        f"* A number of one instance is changed by NAME=VALUE at the end of its line; {file} lists them.",
        f"{DUT.capitalize()} {' '.join(ports(design, nodes, timing))} {nodes.stem}",
    ]
    for index, name in enumerate(design.netlist.inputs, 1):
        levels = [high if bit else low for bit in rows.nets[name].tolist()] * walks
        lines.append(f"Vin{index} {nodes.nets[name]} 0 {steps(levels, timing)}")
    for index, name in enumerate(nodes.control_nodes, 1):
        levels = [given[name] for given in controls for _ in range(rows.rows)]
        lines.append(f"Vcontrol{index} {name} 0 {steps(levels, timing)}")
    lines += clocks(timing, rows.rows)
    lines.append(f".{transient(timing, walks * rows.rows)}")
    for row in range(walks * rows.rows):
        at = digits(row * timing.row + timing.read)
        for gate in design.gates:
            name = nodes.nets[gate.name]
            node = name if gate.name in design.netlist.outputs else f"{DUT}.{name}"
            lines.append(f".meas tran y{row}_{name} find v({node}) at={at}")
            value = f"{DUT}.{nodes.values[gate.name]}"
            lines.append(f".meas tran v{row}_{name} find v({value}) at={at}")
    return "".join(line + "\n" for line in wrapped([*lines, ".end"]))


def preamble(design: Design, hardware: Hardware, timing: Timing, file: str) -> list[str]:
    """What every deck of a design begins with: the circuit, and how precisely ngspice solves it."""
    # Newton's method may need one more iteration for every gate on a path.
    iterations = 200 + 4 * len(design.gates)
    return [
        f".include {file}",
        f".options {_tolerances(hardware, timing)} noacct",
        f".options itl1={iterations} itl2={iterations} itl4={iterations}",
    ]


def clocks(timing: Timing, rows: int = 1) -> list[str]:
    """The sources of the clocks of flows, once a row.

    **Arguments:**

    - `rows`: of a walk, after which a phase may run for another time.
    """
    lines: list[str] = []
    for phase in timing.phases.values():
        edge, period = timing.edge, timing.row
        begin = phase.start + edge
        ic = [1, 0, phase.start, edge, edge, period - begin, period]
        lines.append(f"V{phase.ic} {phase.ic} 0 PULSE({' '.join(map(digits, ic))})")
        if len(phase.runs) == 1:
            op = [0, 1, begin, edge, edge, phase.runs[0] - edge, period]
            lines.append(f"V{phase.op} {phase.op} 0 PULSE({' '.join(map(digits, op))})")
            continue
        points = ["0 0"]
        for row in range(rows * len(phase.runs)):
            rise = row * period + begin
            fall = rise + phase.runs[row // rows]
            at = zip((rise, rise + edge, fall, fall + edge), (0, 1, 1, 0), strict=True)
            points += [f"{digits(time)} {level}" for time, level in at]
        lines.append(f"V{phase.op} {phase.op} 0 PWL({' '.join(points)})")
    return lines


def transient(timing: Timing, rows: int) -> str:
    """The analysis in time that walks as many rows."""
    return f"tran {timing.step!r} {timing.row * rows!r} 0 {timing.step!r}"


def _tolerances(hardware: Hardware, timing: Timing) -> str:
    """Tolerances of ngspice. The steps are so short that they bound the error of a flow."""
    if not timing.phases:
        return "reltol=1e-7 vntol=1e-9 abstol=1e-12"
    # Tighter ones meet the rounding of the currents that set the starts, and are never reached.
    least = f"{1e-8 * min(1.0, abs(hardware.volts_per_unit)):.3g}"
    return f"reltol=1e-5 vntol={least} abstol={least} method=trap trtol=1"


def steps(levels: Sequence[float], timing: Timing) -> str:
    """A source that is at one voltage for the time of a row each."""
    points = [f"0 {digits(levels[0])}"]
    for row in range(1, len(levels)):
        if levels[row] != levels[row - 1]:
            at = row * timing.row
            points.append(f"{digits(at)} {digits(levels[row - 1])}")
            points.append(f"{digits(at + timing.edge)} {digits(levels[row])}")
    return f"PWL({' '.join(points)})" if len(points) > 1 else f"DC {digits(levels[0])}"


def digits(value: float) -> str:
    """A time or a voltage of a source."""
    return format(value, ".12g")


def wrapped(lines: Sequence[str]) -> list[str]:
    """Lines of a comfortable width; a continuation starts with +."""
    found: list[str] = []
    for line in lines:
        rest, first = line, True
        while len(rest) > WIDEST_LINE and not line.startswith("*"):
            cuts = [match.end() for match in _BREAK.finditer(rest, 20, WIDEST_LINE)]
            if not cuts:
                break
            found.append(rest[: cuts[-1]] if first else f"+ {rest[: cuts[-1]]}")
            rest, first = rest[cuts[-1] :], False
        found.append(rest if first else f"+ {rest}")
    return found
