"""Tables for the bench: volts, codes, resistors, parts."""

from chaoscad.export.table.exporter import EXPORTER

__all__ = ["EXPORTER"]
