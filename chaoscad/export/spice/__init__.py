"""SPICE: a subcircuit in the volts of a design, its bench, and its check in ngspice."""

from chaoscad.export.spice.exporter import EXPORTER

__all__ = ["EXPORTER"]
