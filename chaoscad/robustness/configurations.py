"""Yields and centring of circuits of several configurations: a device counts when it works in all of them."""

from __future__ import annotations

from dataclasses import dataclass

from chaoscad.design import Reconfigurable
from chaoscad.engine import engine
from chaoscad.evidence import Evidence
from chaoscad.netlist.deviations import Deviations
from chaoscad.robustness.centring import Centred, centre
from chaoscad.robustness.climb import USUAL, Effort, Objective
from chaoscad.robustness.interval import Share
from chaoscad.robustness.monte_carlo import YieldEstimate, drawn, judge_of
from chaoscad.tune import Progress
from chaoscad.workflow import apart, side_by_side


@dataclass(frozen=True)
class CentredConfigurations:
    """A design of several configurations whose joint yield was raised.

    **Arguments:**

    - `centred`: of the configurations side by side.
    """

    design: Reconfigurable
    centred: Centred


def each_of(
    design: Reconfigurable,
    deviations: Deviations,
    together: YieldEstimate,
    *,
    workers: int | None = 0,
    scheduler: str | None = None,
) -> dict[str, Share]:
    """The yield of every configuration by itself, on as many devices as were drawn for all of them.

    **Arguments:**

    - `together`: the yield of `side_by_side`: of devices that work in all configurations. What
      configurations share is one wire with one error. A control is set anew in each of them, so its
      errors there are independent, as those of a converter's codes are.
    - `workers`, `scheduler`: as `measure` has them.
    """
    with engine(workers, scheduler) as workshop:
        return {
            name: drawn(
                *(judge_of(Evidence(one)), deviations, workshop),
                devices=together.devices,
                seed=together.seed,
                confidence=together.yield_.confidence,
            ).yield_
            for name, one in design.configurations.items()
        }


def centre_configurations(
    design: Reconfigurable,
    deviations: Deviations,
    *,
    objective: Objective = "yield",
    seed: int = 0,
    devices: int = 100_000,
    effort: Effort = USUAL,
    progress: Progress | None = None,
) -> CentredConfigurations:
    """Move shared hardware and controls to where most devices work in all configurations.

    **Raises:** as `centre`.
    """
    found = centre(
        side_by_side(design),
        deviations,
        objective=objective,
        seed=seed,
        devices=devices,
        effort=effort,
        progress=progress,
    )
    return CentredConfigurations(apart(design, found.design), found)
