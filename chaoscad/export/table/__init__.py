"""Tables for the bench: volts, codes, resistors, parts.

Options are declared here, apart from the exporter, so that a command's help loads no numerics.
"""

from __future__ import annotations

from typing import Any

from chaoscad.export.options import DAC, LEVELS, SCALE, SUMMING, SUPPLY, TIME, TOLERANCES, Option

OPTIONS: tuple[Option[Any], ...] = (*SCALE, *DAC, *SUMMING, LEVELS, SUPPLY, TIME, *TOLERANCES)
"""Every option that the target reads."""
