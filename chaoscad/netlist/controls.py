"""Controls: the names of the parameters that may differ between configurations."""

from __future__ import annotations

from collections.abc import Iterable

from chaoscad.errors import listed, nearest, shown
from chaoscad.netlist.complaints import Complain
from chaoscad.netlist.source import Scalar

LENGTHS = ("iterates", "time")
"""How long a system runs before it is read: a map, and a flow."""

CONTROLS = ("x0", "delta", "threshold", *LENGTHS)
"""What may be a control, beside trained parameters of a system."""


def read_controls(
    given: Iterable[Scalar], trained: Iterable[str], complain: Complain
) -> tuple[str, ...]:
    """The controls, without those that are complained about.

    **Arguments:**

    - `trained`: parameters of systems that are trained.
    """
    allowed = (*CONTROLS, *sorted(trained))
    found: list[str] = []
    for name in given:
        if name not in allowed:
            hint = nearest(name, allowed) or f"controls are {listed(allowed)}"
            complain(f"{shown(name)} cannot be a control", name, hint)
        elif name in found:
            complain(f"the control {shown(name)} is listed twice", name)
        else:
            found.append(str(name))
    return tuple(found)
