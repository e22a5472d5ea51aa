"""Files that commands write: never over another one, unless the user says so."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import click


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


def check_all_free(
    paths: Mapping[str, str | None], force: bool, sources: Iterable[str | os.PathLike[str]] = ()
) -> None:
    """The same of several files, by the options that name them; what is `None` is not written.

    **Raises:** as `check_free`; and `click.UsageError` for one file of two options, and for `-`.
    """
    known: dict[str, str] = {}
    for flag, path in paths.items():
        if path is None:
            continue
        if path == "-":
            raise click.UsageError(f"{flag} names a file; - is none")
        other = known.setdefault(os.path.realpath(path), flag)
        if other != flag:
            raise click.UsageError(f"{other} and {flag} both write {path}; give them two names")
        check_free(path, force, sources)
