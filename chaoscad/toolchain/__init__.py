"""External tools: finding them, running them, and saying what to install."""

from chaoscad.toolchain.tools import TOOLS, Completed, Tool, available, require
from chaoscad.toolchain.yosys import SOURCE, Elaborated, Text, elaborate, flag, mapped

__all__ = [
    "SOURCE",
    "TOOLS",
    "Completed",
    "Elaborated",
    "Text",
    "Tool",
    "available",
    "elaborate",
    "flag",
    "mapped",
    "require",
]
