"""Files that commands write: never over another one, unless the user says so."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def check_free(
    path: str | os.PathLike[str], force: bool, sources: Iterable[str | os.PathLike[str]] = ()
) -> None:
    """Refuse to write over a file that is read, or without --force over any other.

    **Arguments:**

    - `sources`: the files that the command reads; those that do not exist are passed over.

    **Raises:** `ChaoscadError`, also for a place that cannot be written.
    """
    from chaoscad.errors import ChaoscadError, Diagnostic
    from chaoscad.files import check_writable

    check_writable(path)
    target = Path(path)
    if not target.exists():
        return
    name = os.fspath(path)
    if any(Path(source).exists() and target.samefile(source) for source in sources):
        hint = "give the result another name by -o"
        raise ChaoscadError(Diagnostic("this is a file that is read", name, hint=hint))
    if not force:
        hint = "--force writes over it, -o chooses another name"
        raise ChaoscadError(Diagnostic("the file exists already", name, hint=hint))
