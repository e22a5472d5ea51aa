"""The files of an export's folder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ExportedFile:
    """A file of an export's folder, its size, and whether it is as the export wrote it."""

    name: str
    size: int
    intact: bool


def exported_files(folder: Path, sums: Sequence[tuple[str, str]]) -> tuple[ExportedFile, ...]:
    """The files that an export lists, whether each is still what it wrote."""
    found: list[ExportedFile] = []
    for digest, name in sums:
        path = folder / name
        data = path.read_bytes() if path.is_file() else b""
        found.append(ExportedFile(name, len(data), hashlib.sha256(data).hexdigest() == digest))
    return tuple(found)
