"""Files that commands write."""

from __future__ import annotations

from pathlib import Path


def check_free(path: str, source: str, force: bool) -> None:
    """Refuse to write over the file that is read, or without --force over any other."""
    from chaoscad.errors import ChaoscadError, Diagnostic
    from chaoscad.files import check_writable

    check_writable(path)
    if not Path(path).exists():
        return
    if Path(path).samefile(source):
        message = "this is the file that is read"
        raise ChaoscadError(Diagnostic(message, path, hint="give the result another name by -o"))
    if not force:
        hint = "--force writes over it, -o chooses another name"
        raise ChaoscadError(Diagnostic("the file exists already", path, hint=hint))
