"""Exports: a design as Verilog, SPICE, C, tables and BLIF, each checked in the real tool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from chaoscad.export.model import CheckLog, Export, Exporter, Hardware, Options

_MODULES = {
    "verilog": "chaoscad.export.verilog",
    "spice": "chaoscad.export.spice",
    "c": "chaoscad.export.c",
    "table": "chaoscad.export.table",
    "blif": "chaoscad.export.blif",
}


class _Exporters(Mapping[str, Exporter]):
    """Exporters by target; the module of one, which has it as `EXPORTER`, is imported on demand."""

    def __getitem__(self, target: str) -> Exporter:
        return import_module(_MODULES[target]).EXPORTER

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


EXPORTERS: Mapping[str, Exporter] = _Exporters()
"""Every exporter by the name of its target."""

__all__ = ["EXPORTERS", "CheckLog", "Export", "Exporter", "Hardware", "Options"]
