"""Verilog: fixed-point RTL, its bench, and its check by simulation, lint and synthesis.

Options are declared here, apart from the exporter, so that a command's help loads no numerics.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

from chaoscad.export.options import WALK, WORD, Option

Architecture = Literal["combinational", "pipelined", "reconfigurable", "pipelined-reconfigurable"]

FORM: Option[Architecture] = Option(
    "form", "choice", "Of a Verilog export.", "combinational", choices=get_args(Architecture)
)

OPTIONS: tuple[Option[Any], ...] = (FORM, *WORD, *WALK)
"""Every option that the target reads."""
