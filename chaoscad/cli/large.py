"""A large circuit in a few lines: what there is of what, and the gates that need attention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from rich.console import Console

from chaoscad.cli import gate_tables, render
from chaoscad.design import Design, DesignGate
from chaoscad.errors import counted, listed
from chaoscad.netlist import Gate, Netlist, title

MOST_KINDS = 10
"""Functions and systems that are listed, the most frequent first."""

WORST = 10
"""Gates of least margin that are listed."""

SHOWN_PORTS = 12


def print_summary(out: Console, circuit: Netlist | Design) -> None:
    """Ports, levels, gates by arity, by system and by function; of a design the margins."""
    netlist = circuit.netlist if isinstance(circuit, Design) else circuit
    gates: Sequence[Gate | DesignGate] = circuit.gates

    def line(text: str) -> None:
        out.print(render.printable(text), markup=False, soft_wrap=True)

    line(f"inputs   {len(netlist.inputs)}: {listed(netlist.inputs, SHOWN_PORTS, ' ')}")
    line(f"outputs  {len(netlist.outputs)}: {listed(netlist.outputs, SHOWN_PORTS, ' ')}")
    line(f"gates    {len(gates)} in {netlist.depth} levels")
    arities = Counter(gate.arity for gate in gates)
    line(
        "arity    "
        + ", ".join(f"{arities[arity]} of {counted(arity, 'input')}" for arity in sorted(arities))
    )
    out.print()
    _kinds(
        out,
        ("system", "n"),
        ((render.system_text(gate), str(gate.iterates)) for gate in gates),
    )
    out.print()
    _kinds(
        out,
        ("function",),
        (("free" if gate.function is None else title(gate.function),) for gate in gates),
    )
    if isinstance(circuit, Design):
        out.print()
        _margins(out, circuit)


def _kinds(out: Console, columns: Sequence[str], rows: Iterable[tuple[str, ...]]) -> None:
    """How many gates there are of each kind; equal numbers stay in the order of the gates."""
    counts = Counter(rows).most_common()
    made = render.table(*columns, "gates", right=("gates", "n"))
    for kind, count in counts[:MOST_KINDS]:
        made.add_row(*(render.plain(text) for text in kind), str(count))
    out.print(made)
    if len(counts) > MOST_KINDS:
        rest = sum(count for _, count in counts[MOST_KINDS:])
        out.print(f"and {len(counts) - MOST_KINDS} more, of {rest} gates")


def _margins(out: Console, design: Design) -> None:
    margins = np.array([gate.margin for gate in design.gates])
    finite = margins[np.isfinite(margins)]
    if len(finite):
        marks = np.quantile(finite, [0, 0.25, 0.5, 0.75, 1.0], method="lower")
        names = ("least", "lower quartile", "median", "upper quartile", "greatest")
        words = ", ".join(
            f"{name} {render.number(float(mark))}" for name, mark in zip(names, marks, strict=True)
        )
        out.print(f"margins  {words}", soft_wrap=True)
    out.print()
    worst = sorted(design.gates, key=lambda gate: gate.margin)[:WORST]
    out.print(f"the {len(worst)} gates of least margin (--all lists every gate):")
    out.print(gate_tables.design_table(design, worst))
