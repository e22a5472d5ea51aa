"""The gate of a design that an option names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from chaoscad.design import Design, DesignGate


def gate_of(design: Design, name: str | None, path: str) -> DesignGate:
    """The gate of this name; that of a design of one gate needs none.

    **Raises:** `ChaoscadError` for an unknown name; `click.UsageError` where a name is needed.
    """
    from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown

    known = [gate.name for gate in design.gates]
    if name is None:
        if len(known) == 1:
            return design.gates[0]
        raise click.UsageError(
            "the design has several gates; choose one with --gate: " + ", ".join(known[:20])
        )
    if name not in known:
        hint = nearest(name, known) or "the gates are " + ", ".join(known[:20])
        raise ChaoscadError(Diagnostic(f"there is no gate {shown(name)}", path, hint=hint))
    return design.gate(name)
