"""C for a microcontroller, in fixed and floating point, with a self-test."""

from chaoscad.export.c.exporter import EXPORTER

__all__ = ["EXPORTER"]
