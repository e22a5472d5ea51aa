"""The text of an instrument's file: UTF-8, UTF-16 or a code page of one byte, never a binary format."""

from __future__ import annotations

import os

from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.files import read_bytes

MOST_BYTES = 16 * 2**20
"""Longest file of an instrument."""

_BINARY = (
    (b"PK\x03\x04", "a workbook or an archive", "save the sheet as CSV"),
    (b":WFM#", "a binary file of an oscilloscope", "save the waveform as CSV"),
    (b"WAVEDESC", "a binary file of an oscilloscope", "save the waveform as CSV"),
    (b"AG10", "a binary file of an oscilloscope", "save the waveform as CSV"),
    (b"\x89HDF", "an HDF5 file", "export it as CSV"),
    (b"MATLAB 5.0", "a MATLAB file", "write it with writematrix as CSV"),
)

_RAW = "write it as text: 'set filetype=ascii' before 'write' in ngspice, 'Export data as text' in LTspice"


def read_instrument_text(path: str | os.PathLike[str], most: int = MOST_BYTES) -> str:
    """The text of a file of at most `most` bytes.

    A byte order mark says what it is; without one, text whose every second byte is 0 is UTF-16, and
    bytes that are no UTF-8 are the code page of western Windows, in which instruments write µ and °.

    **Raises:** `ChaoscadError` for a binary file, with what to export in its place, and as
    `chaoscad.files.read_bytes` does.
    """
    name = os.fspath(path)
    return decoded(read_bytes(path, most), name)


def decoded(data: bytes, file: str) -> str:
    """The text that the bytes of a file stand for; raises as `read_instrument_text`."""
    head = data[:65536]
    for mark in (b"Binary:", "Binary:".encode("utf-16-le")):
        if mark in head and (b"Plotname" in head or "Plotname".encode("utf-16-le") in head):
            line = data.count(b"\n", 0, data.index(mark)) + 1
            message = "this is a binary raw file of SPICE, not text"
            raise ChaoscadError(Diagnostic(message, file, line, 1, _RAW))
    encoding = "utf-8-sig"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif len(data) >= 4 and not any(data[1:64:2]) and all(data[0:64:2]):
        encoding = "utf-16-le"
    elif len(data) >= 4 and not any(data[0:64:2]) and all(data[1:64:2]):
        encoding = "utf-16-be"
    elif b"\0" in data:
        known = next((item for item in _BINARY if item[0] in data[:512]), None)
        what, hint = (known[1], known[2]) if known else ("a binary file", "export it as CSV")
        raise ChaoscadError(Diagnostic(f"this is {what}, not text", file, hint=hint))
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    return text.removeprefix("\ufeff").replace("\0", "\ufffd")
