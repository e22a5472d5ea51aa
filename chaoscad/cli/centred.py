"""What `chaoscad optimize` does where devices deviate: yields told, and designs centred."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from chaoscad.cli.certified import Sizes, certified_line
from chaoscad.cli.main import ANSWER_IS_NO
from chaoscad.errors import ChaoscadError

if TYPE_CHECKING:
    from chaoscad.design import Design, Reconfigurable
    from chaoscad.netlist import Netlist
    from chaoscad.robustness import Deviations
    from chaoscad.robustness.centring import Centred
    from chaoscad.solve import Ranking
    from chaoscad.workflow import Optimized, Reconfigured

CENTRED = ("yield", "tolerance")
"""Objectives that move the gates of a solved design."""


def deviations_of_command(
    circuit: Netlist,
    tolerance: Sizes,
    shared: Sizes,
    objective: str | None,
    least: float | None,
) -> Deviations | None:
    """What deviates, checked before anything is solved; `None` where nothing is said of it."""
    asked = objective in CENTRED or least is not None
    hardware = circuit.hardware or {}
    given = tolerance is not None or shared is not None
    if not given and not any(hardware.get(key) for key in ("tolerance", "global")):
        if asked:
            what = f"--objective {objective}" if objective in CENTRED else "--yield"
            raise click.UsageError(
                f"{what} needs to know what deviates: give --tolerance 0.02, or hardware.tolerance in "
                "the netlist"
            )
        return None
    from chaoscad.robustness import deviations_of

    found = deviations_of(circuit, tolerance=tolerance, shared=shared)
    if found.spread:
        return found
    if asked:
        raise click.UsageError("every tolerance is 0, so that nothing deviates")
    return None


def ranking_of(deviations: Deviations | None, objective: str | None, seed: int) -> Ranking | None:
    """How the functions of free gates are ranked; by their margins where it is `None`."""
    if deviations is None or objective not in CENTRED:
        return None
    from chaoscad.robustness.ranking import ByDevices

    return ByDevices(deviations, objective, seed)  # type: ignore[arg-type]


def centred_design(
    result: Optimized, tolerance: Sizes, shared: Sizes, objective: str | None, seed: int
) -> tuple[Optimized, Centred | None]:
    """The design as the objective has it, and its yields.

    The design's provenance keeps the yield that was measured, and under which deviations, and with
    the objective tolerance what is certified. A
    percentage of a parameter that came out as 0 says nothing: then margins are all there is, and
    the design is kept where they are the objective.
    """
    from chaoscad.evidence import Evidence
    from chaoscad.robustness import deviations_of
    from chaoscad.robustness.centring import centre
    from chaoscad.robustness.climb import SHORT, USUAL
    from chaoscad.tune.terminal import progress

    wanted = objective in CENTRED
    try:
        deviations = deviations_of(result.design, tolerance=tolerance, shared=shared)
    except ChaoscadError as error:
        if wanted:
            raise
        for item in error.diagnostics:
            click.echo(f"warning: no yield is told: {item.message}; {item.hint}", err=True)
        return result, None
    found = centre(
        result.design,
        deviations,
        objective=objective if wanted else "yield",  # type: ignore[arg-type]
        seed=seed,
        effort=USUAL if wanted else SHORT,
        progress=progress(),
    )
    design = found.design if wanted else result.design
    told = (found.after if wanted else found.before).to_data()
    kept = {key: told[key] for key in ("deviations", "yield", "devices", "seed", "confidence")}
    design = replace(design, provenance={**design.provenance, "robustness": kept})
    if objective == "tolerance":
        from chaoscad.robustness.certified import certified_tolerance, with_certified

        design = with_certified(design, certified_tolerance(design, deviations))
    if not wanted:
        return replace(result, design=design), found
    return replace(result, design=design, verification=Evidence(design).verification), found


def centred_configurations(
    result: Reconfigured, tolerance: Sizes, shared: Sizes, objective: str | None, seed: int
) -> tuple[Reconfigured, Centred | None]:
    """The same of a design of several configurations: devices that work in all of them count."""
    from chaoscad.evidence import Evidence
    from chaoscad.workflow import Optimized, apart, side_by_side

    whole = side_by_side(result.design)
    one = Optimized(whole, result.solution, Evidence(whole).verification)
    found, centred = centred_design(one, tolerance, shared, objective, seed)
    design = apart(result.design, found.design)
    checked = {name: Evidence(own).verification for name, own in design.configurations.items()}
    return replace(result, design=design, verification=checked), centred


@dataclass(frozen=True)
class Told:
    """What is told of the yield.

    **Arguments:**

    - `centred`: the yields that were measured; `None` where nothing deviates or nothing was found.
    - `objective`, `least`: what was asked for.
    """

    centred: Centred | None
    objective: str | None
    least: float | None

    @property
    def reached(self) -> bool:
        """Whether the yield that was asked for is reached."""
        return self.least is None or (self.centred is not None and self._value >= self.least)

    @property
    def _value(self) -> float:
        """The yield of the design that is written."""
        assert self.centred is not None
        found = self.centred.after if self.objective in CENTRED else self.centred.before
        return found.yield_.value

    def to_data(self) -> dict[str, Any] | None:
        """The yields as JSON-ready data."""
        return None if self.centred is None else self.centred.to_data()

    def status(self) -> int:
        """The exit status of a design that is solved; what is missing is said on stderr."""
        if self.reached:
            return 0
        assert self.least is not None
        found = "it was not measured"
        if self.centred is not None:
            found = f"{100 * self._value:.4g} % of the devices work"
        click.echo(
            f"error: a yield of {100 * self.least:g} % is not reached: {found}; what may help: "
            "--objective yield, more iterates or the other comparator to choose from, or smaller "
            "tolerances",
            err=True,
        )
        return ANSWER_IS_NO

    def lines(self, design: Design | Reconfigurable) -> list[str]:
        """The yields, and what they are of; and what is certified of the design, if that was asked for."""
        if self.centred is None:
            return []
        before, after = (one.yield_ for one in (self.centred.before, self.centred.after))
        told = [f"{100 * one.value:.4g} %" for one in (before, after)]
        moved = self.objective in CENTRED
        low, high = (f"{100 * end:.4g} %" for end in (after if moved else before).interval)
        interval = f"(between {low} and {high} with 99 % confidence, {after.of} devices)"
        if moved:
            lines = [
                f"yield {told[1]} {interval}; with the best margins of the same functions it is "
                f"{told[0]}"
            ]
            if self.objective == "tolerance" and after.count < before.count:
                lines.append(
                    "the nearest failing device is farther away, and fewer devices work: --objective "
                    "yield is for the most of them"
                )
            certified = design.provenance["robustness"].get("certified")
            if certified is not None:
                lines.append(certified_line(certified["proven"]))
            return lines
        lines = [f"yield {told[0]} {interval}"]
        if after.count > before.count:
            lines.append(
                f"a short centring reaches {told[1]} on the same devices: --objective yield does that"
            )
        return lines
