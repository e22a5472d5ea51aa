"""Exports: a design as Verilog, SPICE, C, tables and BLIF, each checked in the real tool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from chaoscad.export.model import CheckLog, Export
from chaoscad.export.options import Option, Options
from chaoscad.hardware import Hardware

if TYPE_CHECKING:
    from chaoscad.export.target import Exporter

TARGETS = ("verilog", "spice", "c", "table", "blif")
"""The targets; the package of each is named like it, and declares its `OPTIONS`."""


class _Exporters(Mapping[str, "Exporter[Any]"]):
    """Exporters by target; the module `exporter` of one, with its `EXPORTER`, is imported on demand."""

    def __getitem__(self, target: str) -> Exporter[Any]:
        if target not in TARGETS:
            raise KeyError(target)
        return import_module(f"{__name__}.{target}.exporter").EXPORTER

    def __iter__(self) -> Iterator[str]:
        return iter(TARGETS)

    def __len__(self) -> int:
        return len(TARGETS)


EXPORTERS: Mapping[str, Exporter[Any]] = _Exporters()
"""Every exporter by the name of its target."""


def options_of_targets() -> dict[str, tuple[Option[Any], ...]]:
    """The options that every target reads, without its exporter."""
    return {target: import_module(f"{__name__}.{target}").OPTIONS for target in TARGETS}


__all__ = [
    "EXPORTERS",
    "TARGETS",
    "CheckLog",
    "Export",
    "Hardware",
    "Option",
    "Options",
    "options_of_targets",
]
