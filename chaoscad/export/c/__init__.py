"""C for a microcontroller, in fixed and floating point, with a self-test.

Options are declared here, apart from the exporter, so that a command's help loads no numerics.
"""

from __future__ import annotations

from typing import Any

from chaoscad.export.options import DAC, SCALE, WALK, WORD, Option

OPTIONS: tuple[Option[Any], ...] = (*SCALE, *DAC, *WORD, *WALK)
"""Every option that the target reads."""
