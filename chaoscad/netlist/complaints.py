"""Where complaints about a netlist are collected: each at its file, line and column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from chaoscad.errors import Diagnostic, Severity, shown
from chaoscad.netlist.source import Scalar


class Complain(Protocol):
    """Reports a message at a scalar, or at a column of its text."""

    def __call__(
        self,
        message: str,
        at: Scalar,
        hint: str | None = None,
        column: int = 0,
        severity: Severity = "error",
    ) -> None: ...


@dataclass
class Complaints:
    """What is said about one circuit.

    **Arguments:**

    - `file`: where the circuit is written, for places that don't say it themselves.
    - `found`: everything said so far, about all circuits.
    - `where`: the first instance of the circuit, empty for the netlist itself.
    - `owner`: the place of the circuit as a whole, `None` for the file.
    """

    file: str | None
    found: list[Diagnostic]
    where: str = ""
    owner: Scalar | None = None

    def complain(
        self,
        message: str,
        at: Scalar,
        hint: str | None = None,
        column: int = 0,
        severity: Severity = "error",
    ) -> None:
        """Report at a scalar, or at `column` (from 1) of its text."""
        offset = 0
        if column and not at.line:
            message += f", in column {column} of {shown(at)}"
        elif column and "\n" not in at:
            offset = column - 1 + (0 if at.plain else 1)
        file = at.file or self.file
        message = located(message, self.where)
        self.found.append(Diagnostic(message, file, at.line, at.column + offset, hint, severity))

    def warn(self, message: str, at: Scalar) -> None:
        """Report what is not an error at a scalar."""
        self.complain(message, at, severity="warning")

    def whole(self, message: str) -> None:
        """Report about the circuit as a whole."""
        line, column = (self.owner.line, self.owner.column) if self.owner is not None else (0, 0)
        self.found.append(Diagnostic(located(message, self.where), self.file, line, column))

    def inside(self, instance: str) -> Complaints:
        """Complaints about a part that is in `instance` of this circuit."""
        if not instance:
            return self
        where = f"{self.where}.{instance}" if self.where else instance
        return replace(self, where=where, owner=None)

    @property
    def errors(self) -> int:
        """How many errors were found so far, in all circuits."""
        return sum(item.severity == "error" for item in self.found)


def located(message: str, instance: str) -> str:
    """The message, with the instance that it is about."""
    return f"{message} (in instance {instance})" if instance else message


def in_order(found: Iterable[Diagnostic], files: Iterable[str | None]) -> tuple[Diagnostic, ...]:
    """Each diagnostic once, by file in the order of `files`, then by place."""
    rank = {file: index for index, file in enumerate(files)}
    unique = dict.fromkeys(found)
    return tuple(
        sorted(unique, key=lambda item: (rank.get(item.file, len(rank)), item.line, item.column))
    )
