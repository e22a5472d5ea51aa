"""What is known about a design: each thing is computed when it is first asked for, and kept."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from chaoscad.design.model import Design
from chaoscad.logic import Logic
from chaoscad.verification import GateRows, Verification, design_logic, every_gate, judged

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, eq=False)
class Evidence:
    """A design with all that is computed from it; whoever is handed it computes nothing again.

    Everyone who asks shares the answers, so they are not to be changed.
    """

    design: Design
    _known: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def rows(self) -> Mapping[str, GateRows]:
        """The local rows of every gate, in float64."""
        return every_gate(self.design.netlist, self.design.by_name)

    @cached_property
    def verification(self) -> Verification:
        """The verification of the design."""
        return judged(self.design.netlist, self.design.by_name, self.rows)

    @cached_property
    def logic(self) -> Logic:
        """The design as logic: the function that every gate really computes."""
        return design_logic(self.design, self.rows)


def once(
    compute: Callable[Concatenate[Evidence, P], R],
) -> Callable[Concatenate[Evidence, P], R]:
    """A function of evidence whose answers the evidence keeps: one for each set of arguments.

    Parts above this one extend by it what is known: orbits in a word, the rows of a bench. What is
    raised is not kept.
    """

    @wraps(compute)
    def known(evidence: Evidence, *args: P.args, **kwargs: P.kwargs) -> R:
        key = (compute, args, *kwargs.items())
        if key not in evidence._known:
            evidence._known[key] = compute(evidence, *args, **kwargs)
        return evidence._known[key]

    return known
