"""Reading files, lines and numbers with clear errors, and writing files whole or not at all."""

from __future__ import annotations

import csv
import errno
import os
import re
import stat
import tempfile
from pathlib import Path

from chaoscad.errors import ChaoscadError, Diagnostic

LARGEST_FILE = 256 * 2**20
"""Largest file that is read, in bytes."""

LARGEST_NUMBER = 1e30
"""Largest size of a measured number: instruments write larger ones, such as 9.9e37, for an overload,
and the square of a larger one may overflow."""

_PIECE = 2**20

_READING = os.O_RDONLY
for _flag in ("O_NONBLOCK", "O_NOCTTY", "O_BINARY"):
    _READING |= getattr(os, _flag, 0)

_NUMBER = re.compile(
    r"[-+]?((\d+\.?\d*|\.\d+)(e[-+]?\d+)?|inf|infinity|nan)", re.ASCII | re.IGNORECASE
)


def compiled_folder() -> Path | None:
    """Where compiled programs are kept, `$XDG_CACHE_HOME/chaoscad/jax`; nothing without a home."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        root = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        return None
    return root / "chaoscad" / "jax"


def read_text(path: str | os.PathLike[str], most: int = LARGEST_FILE) -> str:
    """The text of a UTF-8 file of at most `most` bytes.

    **Raises:** `ChaoscadError` for a binary file, and as `read_bytes` does.
    """
    name = os.fspath(path)
    data = read_bytes(path, most)
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


def read_bytes(path: str | os.PathLike[str], most: int = LARGEST_FILE) -> bytes:
    """What a regular file of at most `most` bytes holds.

    What the path names is looked at once it is open, and never waited for: a pipe without a writer
    does not block, and a device without an end is not read.

    **Raises:** `ChaoscadError` for a missing, unreadable or oversized file, and for a directory, a
    pipe, a device or a socket.
    """
    name = os.fspath(path)
    pieces: list[bytes] = []
    left = most + 1
    try:
        handle = os.open(path, _READING)
        try:
            refused = _irregular(os.fstat(handle).st_mode)
            if refused is not None:
                message, hint = refused
                raise ChaoscadError(Diagnostic(f"cannot read the file: {message}", name, hint=hint))
            while left > 0 and (piece := os.read(handle, min(left, _PIECE))):
                pieces.append(piece)
                left -= len(piece)
        finally:
            os.close(handle)
    except (OSError, ValueError) as error:
        raise ChaoscadError(Diagnostic(_reason(error, "read"), name)) from None
    if left == 0:
        raise ChaoscadError(Diagnostic(f"the file is larger than {most // 2**20} MiB", name))
    return b"".join(pieces)


def _irregular(mode: int) -> tuple[str, str | None] | None:
    """What a file is that is not a regular one, and what to do."""
    if stat.S_ISREG(mode):
        return None
    if stat.S_ISDIR(mode):
        return "it is a directory", None
    if stat.S_ISFIFO(mode):
        return "it is a pipe", "write its contents to a file, and give that"
    return "it is a device, not a regular file", None


def lines_of(text: str) -> list[str]:
    """The lines of `text` without their ends, which are LF, CR LF or CR and nothing else.

    `str.splitlines` also ends a line at characters that a comment or a name may hold, such as
    U+2028, U+0085, form feed and the separators U+001C to U+001E.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def cells_of(line: str, delimiter: str = ",") -> list[str]:
    """The cells of a line of CSV, without the blanks around them.

    **Raises:** `ValueError` that says why the line is none.
    """
    try:
        return [
            cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, strict=True), [])
        ]
    except csv.Error as error:
        unclosed = "unexpected end" in str(error)
        reason = "a quote is opened and not closed" if unclosed else str(error)
        raise ValueError(f"the line is not CSV: {reason}") from None


def number_of(text: str) -> float | None:
    """The number that `text` writes in decimal digits, or `None` where it is none.

    Python reads digits of other scripts and `1_000` too; other programs do not. `nan`, `inf` and
    `infinity` are numbers here, which are not finite, and so is what float64 cannot hold.
    """
    return float(text) if _NUMBER.fullmatch(text) else None


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
            raise ChaoscadError(Diagnostic(message, name, hint="create it, or give another path"))
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
    if isinstance(error, OSError) and error.errno == errno.ENXIO:
        return f"cannot {verb} the file: it is a socket, or a device that is not there"
    if isinstance(error, PermissionError):
        return f"cannot {verb} the file: permission denied"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot {verb} the file: {error.strerror.lower()}"
    return f"cannot {verb} the file: {error}"
