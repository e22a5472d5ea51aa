"""Yields of single configurations, beside that of devices that work in all of them."""

from __future__ import annotations

from chaoscad.design import Reconfigurable
from chaoscad.engine import engine
from chaoscad.evidence import Evidence
from chaoscad.netlist.deviations import Deviations
from chaoscad.robustness.interval import Share
from chaoscad.robustness.monte_carlo import YieldEstimate, drawn, judge_of


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
