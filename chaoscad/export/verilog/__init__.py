"""Verilog: fixed-point RTL, its bench, and its check by simulation, lint and synthesis."""

from chaoscad.export.verilog.exporter import EXPORTER

__all__ = ["EXPORTER"]
