"""SPICE: a subcircuit in the volts of a design, its bench, and its check in ngspice.

Options are declared here, apart from the exporter, so that a command's help loads no numerics.
"""

from __future__ import annotations

from typing import Any

from chaoscad.export.options import LEVELS, SCALE, TIME, TOLERANCES, WALK, Option

MONTE_CARLO: Option[int | None] = Option(
    "monte_carlo",
    "count",
    "Devices of a Monte Carlo deck, drawn by ngspice with the tolerances.",
    least=1,
)
"""Of a deck beside the others; no number, no deck."""

NOISE_TRIALS: Option[int | None] = Option(
    "noise_trials",
    "count",
    "Trials of every row in a deck with the noise of the netlist.",
    least=1,
)
"""Of another deck; no number, no deck."""

OPTIONS: tuple[Option[Any], ...] = (
    *SCALE,
    LEVELS,
    TIME,
    *WALK,
    MONTE_CARLO,
    *TOLERANCES,
    NOISE_TRIALS,
)
"""Every option that the target reads."""
