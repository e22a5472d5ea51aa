"""What a target is: its options, a plan of a design or the refusals, the files, their check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

from chaoscad.design.model import Design
from chaoscad.design.reconfigurable import Reconfigurable
from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown
from chaoscad.evidence import Evidence
from chaoscad.export.model import CheckLog, Export
from chaoscad.export.options import Option, Options
from chaoscad.hardware import Hardware, hardware_of


class Prepared(Protocol):
    """What a target settles about a design before any text is made."""

    @property
    def design(self) -> Design | Reconfigurable:
        """The design that is exported."""
        ...


P = TypeVar("P", bound=Prepared)


class Exporter(Protocol[P]):
    """A target. The module `exporter` of its package has it as `EXPORTER`."""

    @property
    def name(self) -> str:
        """The word for the target on the command line."""
        ...

    @property
    def title(self) -> str:
        """The target in a phrase."""
        ...

    @property
    def options(self) -> Sequence[Option[Any]]:
        """Every option that the target reads."""
        ...

    def prepare(self, evidence: Evidence, options: Options) -> P:
        """What the files and their check are made of.

        **Raises:** `ChaoscadError` when the design cannot be exported: which gate, why, what instead.
        """
        ...

    def export(self, made: P) -> Export:
        """The files, README.md among them."""
        ...

    def check(self, made: P, export: Export, folder: Path) -> CheckLog:
        """Run the real tool on the written folder and compare every row with the design.

        **Raises:** `ChaoscadError` when the tool is missing.
        """
        ...


@runtime_checkable
class Reconfiguring(Protocol):
    """A target that has a form for all configurations of a design in one."""

    def prepare_configurations(
        self, evidence: Mapping[str, Evidence], design: Reconfigurable, options: Options
    ) -> Any:
        """What the files and their check are made of, as `Exporter.prepare`.

        **Arguments:**

        - `evidence`: of every configuration, by its name.

        **Raises:** `ChaoscadError` when the design cannot be exported: which gate and configuration,
        why, what instead.
        """
        ...


def in_configuration(name: str, found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """What was found in one configuration of a design, which every message names."""
    return [
        replace(item, message=f"in configuration {shown(name)}: {item.message}") for item in found
    ]


def options_of(exporter: Exporter[Any], design: Design, **given: Any) -> Options:
    """The options of an export: what is `given`, else the netlist's `hardware`, else the defaults.

    **Raises:** `ChaoscadError` for an option that the target does not read, for a value that it does
    not take, and for a hardware that cannot be.
    """
    known = {option.name: option for option in exporter.options}
    hardware: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            hint = nearest(name, known) or "its options are " + (", ".join(known) or "none")
            message = f"the target {exporter.name} has no option {shown(name)}"
            raise ChaoscadError(Diagnostic(message, hint=hint))
        part = hardware if name in Hardware.__dataclass_fields__ else others
        part[name] = known[name].checked(value)
    shared = {name: others.pop(name) for name in ("most_rows", "seed") if name in others}
    return Options(hardware_of(design, **hardware), own=others, **shared)
