"""BLIF: the logic of every gate.

Options are declared here, apart from the exporter, so that a command's help loads no numerics.
"""

from __future__ import annotations

from typing import Any

from chaoscad.export.options import Option

OPTIONS: tuple[Option[Any], ...] = ()
"""Every option that the target reads."""
