"""Reading text files with clear errors, and writing them whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from chaoscad.errors import ChaoscadError, Diagnostic

LARGEST_FILE = 256 * 2**20
"""Largest text file that is read, in bytes."""


def read_text(path: str | os.PathLike[str], most: int = LARGEST_FILE) -> str:
    """The text of a UTF-8 file of at most `most` bytes.

    **Raises:** `ChaoscadError` for a missing, unreadable, binary or oversized file, or a directory.
    """
    name = os.fspath(path)
    try:
        if Path(path).is_file() and Path(path).stat().st_size > most:
            raise ChaoscadError(Diagnostic(f"the file is larger than {most // 2**20} MiB", name))
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise ChaoscadError(Diagnostic(_reason(error, "read"), name)) from None
    if b"\0" in data:
        raise ChaoscadError(Diagnostic("this is a binary file, not text", name))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        message = f"byte 0x{data[error.start]:02x} is not valid UTF-8"
        raise ChaoscadError(
            Diagnostic(message, name, line, column, hint="save the file as UTF-8 text")
        ) from None


def lines_of(text: str) -> list[str]:
    """The lines of `text` without their ends, which are LF, CR LF or CR and nothing else.

    `str.splitlines` also ends a line at characters that a comment or a name may hold, such as
    U+2028, U+0085, form feed and the separators U+001C to U+001E.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` as UTF-8, as `write_bytes` does.

    **Raises:** `ChaoscadError` when the folder is missing or cannot be written.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write `data` under a temporary name beside `path`, then rename it into place.

    An interrupted or failed write leaves an existing file as it was, and no half-written one.

    **Raises:** `ChaoscadError` when the folder is missing or cannot be written.
    """
    check_writable(path)
    # Through a link, the file that it names is replaced, not the link.
    target = Path(path).resolve()
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:64]}.")
    except OSError as error:
        raise ChaoscadError(Diagnostic(_reason(error, "write"), os.fspath(path))) from None
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(target)
    except OSError as error:
        raise ChaoscadError(Diagnostic(_reason(error, "write"), os.fspath(path))) from None
    finally:
        Path(temporary).unlink(missing_ok=True)


def check_writable(path: str | os.PathLike[str]) -> None:
    """Refuse a path that `write_text` could not write, before any work is done.

    **Raises:** `ChaoscadError`.
    """
    target = Path(path)
    name = os.fspath(path)
    try:
        if target.is_dir():
            raise ChaoscadError(Diagnostic("cannot write the file: it is a directory", name))
        if target.exists() and not target.is_file():
            message = "cannot write the file: it is a device or a pipe, not a regular file"
            raise ChaoscadError(Diagnostic(message, name, hint="'-o -' writes to stdout"))
        if not target.parent.is_dir():
            message = f"cannot write the file: the folder {str(target.parent)!r} does not exist"
            raise ChaoscadError(Diagnostic(message, name, hint="create it, or choose another -o"))
        if not os.access(target.parent, os.W_OK):
            message = f"cannot write the file: no permission to write in {str(target.parent)!r}"
            raise ChaoscadError(Diagnostic(message, name))
    except (OSError, ValueError) as error:
        raise ChaoscadError(Diagnostic(_reason(error, "write"), name)) from None


def _reason(error: Exception, verb: str) -> str:
    if isinstance(error, FileNotFoundError) and verb == "read":
        return f"cannot {verb} the file: it does not exist"
    if isinstance(error, IsADirectoryError):
        return f"cannot {verb} the file: it is a directory"
    if isinstance(error, PermissionError):
        return f"cannot {verb} the file: permission denied"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot {verb} the file: {error.strerror.lower()}"
    return f"cannot {verb} the file: {error}"
