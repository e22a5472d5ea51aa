"""Standard netlist files: `.bench`, BLIF, AIGER and Verilog to a `Logic`, and back."""

from chaoscad.formats.file import FORMATS, Format, dumps, format_of, loads, read, write

__all__ = ["FORMATS", "Format", "dumps", "format_of", "loads", "read", "write"]
