import math
import os
import socket
import stat
from pathlib import Path

import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.files import lines_of, number_of, read_bytes, read_text, write_text


def message(path) -> str:
    with pytest.raises(ChaoscadError) as caught:
        read_text(path)
    return str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path):
    path = tmp_path / "no.yaml"
    assert message(path) == f"{path}: error: cannot read the file: it does not exist"


def test_a_directory_is_refused(tmp_path: Path):
    assert message(tmp_path) == f"{tmp_path}: error: cannot read the file: it is a directory"


def test_a_binary_file_is_refused(tmp_path: Path):
    path = tmp_path / "b.yaml"
    path.write_bytes(b"\x7fELF\0\0")
    assert message(path) == f"{path}: error: this is a binary file, not text"


def test_wrong_encoding_is_placed(tmp_path: Path):
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"a: 1\nb: caf\xe9\n")
    expected = f"{path}:2:7: error: byte 0xe9 is not valid UTF-8; save the file as UTF-8 text"
    assert message(path) == expected


def test_only_regular_files_are_read_and_none_is_waited_for(tmp_path: Path):
    pipe, socket_file = tmp_path / "pipe", tmp_path / "socket"
    os.mkfifo(pipe)
    assert message(pipe) == (
        f"{pipe}: error: cannot read the file: it is a pipe; write its contents to a file, and give that"
    )
    link = tmp_path / "link"
    link.symlink_to("/dev/zero")
    for endless in ("/dev/zero", link):
        assert message(endless) == (
            f"{endless}: error: cannot read the file: it is a device, not a regular file"
        )
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(socket_file))
        assert message(socket_file) == (
            f"{socket_file}: error: cannot read the file: it is a socket, or a device that is not there"
        )


def test_a_file_is_read_up_to_its_largest_size(tmp_path: Path):
    path = tmp_path / "large"
    path.write_bytes(b"x" * (3 * 2**20))
    assert len(read_bytes(path, 3 * 2**20)) == 3 * 2**20
    with pytest.raises(ChaoscadError) as caught:
        read_bytes(path, 2 * 2**20)
    assert str(caught.value) == f"{path}: error: the file is larger than 2 MiB"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission_is_said(tmp_path: Path):
    path = tmp_path / "secret.yaml"
    path.write_text("x")
    path.chmod(0)
    assert message(path) == f"{path}: error: cannot read the file: permission denied"


def test_the_operating_system_s_refusal_becomes_a_diagnostic(tmp_path: Path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    path = tmp_path / "x.yaml"
    assert message(path) == f"{path}: error: cannot read the file: permission denied"


def test_a_path_with_a_null_byte_is_refused():
    assert "cannot read the file: " in message("a\0b")


def test_writing_replaces_the_whole_file_and_leaves_nothing_else(tmp_path: Path):
    path = tmp_path / "out.json"
    write_text(path, "old")
    write_text(path, "new")
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["out.json"]
    assert stat.S_IMODE(path.stat().st_mode) & 0o600 == 0o600


def test_a_failed_write_keeps_the_old_file(tmp_path: Path):
    path = tmp_path / "out.json"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "new\ud800")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["out.json"]


def test_writing_into_a_missing_folder_says_so(tmp_path: Path):
    path = tmp_path / "no" / "out.json"
    with pytest.raises(ChaoscadError) as caught:
        write_text(path, "x")
    assert str(caught.value) == (
        f"{path}: error: cannot write the file: the folder {str(path.parent)!r} does not exist; "
        "create it, or choose another -o"
    )


def test_writing_onto_a_directory_says_so(tmp_path: Path):
    with pytest.raises(ChaoscadError) as caught:
        write_text(tmp_path, "x")
    assert str(caught.value) == f"{tmp_path}: error: cannot write the file: it is a directory"


def test_a_device_is_never_replaced(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(ChaoscadError) as caught:
        write_text(pipe, "x")
    assert str(caught.value) == (
        f"{pipe}: error: cannot write the file: it is a device or a pipe, not a regular file; "
        "'-o -' writes to stdout"
    )
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_link_is_written_through(tmp_path: Path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    link.symlink_to(real)
    write_text(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_only_lf_and_cr_end_a_line():
    assert lines_of("a\nb\r\nc\rd\n\n") == ["a", "b", "c", "d", ""]
    assert lines_of("") == []
    for other in "\v\f\x1c\x1d\x1e\x85\u2028\u2029":
        assert lines_of(f"a{other}b\n") == [f"a{other}b"]


def test_a_number_is_written_in_ascii_digits():
    assert [number_of(text) for text in ("1", "-.5", "+2.e-3", "1E3", "007")] == [
        1.0,
        -0.5,
        0.002,
        1000.0,
        7.0,
    ]
    assert [number_of(text) for text in ("inf", "-Infinity", "1e999")] == [
        math.inf,
        -math.inf,
        math.inf,
    ]
    assert math.isnan(number_of("NaN") or 0.0)
    for text in ("", "1_000", "\uff11", "\u0663", "0x10", "1,5", " 1", "1 V", "1e", "."):
        assert number_of(text) is None
