"""Exports: a design as Verilog, SPICE, C, tables and BLIF, each checked in the real tool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from chaoscad.export.model import CheckLog, Export
from chaoscad.export.options import Option, Options
from chaoscad.export.target import Exporter
from chaoscad.hardware import Hardware

TARGETS = ("verilog", "spice", "c", "table", "blif")
"""The targets; the module of each is named like it."""


class _Exporters(Mapping[str, Exporter[Any]]):
    """Exporters by target; the module of one, which has it as `EXPORTER`, is imported on demand."""

    def __getitem__(self, target: str) -> Exporter[Any]:
        if target not in TARGETS:
            raise KeyError(target)
        return import_module(f"{__name__}.{target}").EXPORTER

    def __iter__(self) -> Iterator[str]:
        return iter(TARGETS)

    def __len__(self) -> int:
        return len(TARGETS)


EXPORTERS: Mapping[str, Exporter[Any]] = _Exporters()
"""Every exporter by the name of its target."""

__all__ = [
    "EXPORTERS",
    "TARGETS",
    "CheckLog",
    "Export",
    "Exporter",
    "Hardware",
    "Option",
    "Options",
]
