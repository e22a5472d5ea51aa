"""The deviations of a design: those of its netlist, checked against its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chaoscad.design import Design
from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.netlist import Netlist
from chaoscad.netlist.deviations import Deviations, Given, Spreads, deviations_in
from chaoscad.systems.model import Parameter


def deviations_of(
    design: Design | Netlist,
    *,
    tolerance: Given | None = None,
    shared: Given | None = None,
    noise: Mapping[str, float] | None = None,
) -> Deviations:
    """The deviations of a netlist or of a design's, with what is given in their place.

    **Arguments** and what is raised as of `deviations_in`; **raises** `ChaoscadError`, too, for a
    percentage of a parameter that is 0 in the design.
    """
    netlist = design if isinstance(design, Netlist) else design.netlist
    found = deviations_in(
        parameters_of(netlist), netlist.hardware, tolerance=tolerance, shared=shared, noise=noise
    )
    if isinstance(design, Design):
        parts = (("tolerance", found.tolerance), ("global", found.shared))
        complaints = [item for what, given in parts for item in _of_nothing(what, design, given)]
        if complaints:
            raise ChaoscadError(complaints)
    return found


def parameters_of(netlist: Netlist) -> list[Parameter]:
    """The parameters of a netlist's systems."""
    found = (item for gate in netlist.gates for item in gate.setting.system.parameters)
    return list({item.name: item for item in found}.values())


def _of_nothing(what: str, design: Design, given: Spreads) -> Iterator[Diagnostic]:
    for name, spread in given.items():
        for gate in design.gates if spread.relative and spread.size > 0 else ():
            values = {"x0": (gate.x0,), "delta": gate.delta, "threshold": (gate.threshold,)}
            own = gate.setting.parameters
            if 0.0 in values.get(name, (own[name],) if name in own else ()):
                message = f"{what} of {name}: it is 0 in gate {gate.name!r}, and {spread} of 0 is 0"
                yield Diagnostic(message, hint="give an absolute size")
                break
