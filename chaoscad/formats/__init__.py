"""Standard netlist files: `.bench`, BLIF, AIGER and Verilog to a `Logic`, and back."""

from chaoscad.formats.bench import MUX_ORDERS, MuxOrder
from chaoscad.formats.file import FORMATS, Format, dumps, format_of, loads, read, write

__all__ = [
    "FORMATS",
    "MUX_ORDERS",
    "Format",
    "MuxOrder",
    "dumps",
    "format_of",
    "loads",
    "read",
    "write",
]
