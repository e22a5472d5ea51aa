"""External tools: finding them, running them, and saying what to install."""

from chaoscad.toolchain.tools import TOOLS, Completed, Tool, available, require

__all__ = ["TOOLS", "Completed", "Tool", "available", "require"]
