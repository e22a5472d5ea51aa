"""SPICE: a subcircuit in the volts of a design, its bench, and its check in ngspice.

Options are declared here, apart from the exporter, so that a command's help loads no numerics.
"""

from __future__ import annotations

from typing import Any

from chaoscad.export.options import LEVELS, SCALE, TIME, WALK, Option

OPTIONS: tuple[Option[Any], ...] = (*SCALE, LEVELS, TIME, *WALK)
"""Every option that the target reads."""
