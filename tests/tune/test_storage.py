"""Files of arrays with a header."""

import json
import zipfile

import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.tune import storage


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_arrays_and_header_are_read_back_and_equal_contents_give_equal_bytes(tmp_path):
    arrays = {"['a'].b": np.arange(6.0).reshape(2, 3), "n": np.int32(4)}
    storage.write("one.npz", "neural-model", {"x": [1, 2]}, arrays)
    header, found = storage.read("one.npz", "neural-model")
    assert header["x"] == [1, 2]
    np.testing.assert_array_equal(found["['a'].b"], arrays["['a'].b"])
    assert found["n"].dtype == np.int32
    storage.write("two.npz", "neural-model", {"x": [1, 2]}, dict(reversed(arrays.items())))
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_numbers_of_numpy_in_a_header_are_numbers():
    storage.write("n.npz", "neural-model", {"rate": np.float32(0.5), "n": np.int64(3)}, {})
    header, _ = storage.read("n.npz", "neural-model")
    assert (header["rate"], header["n"]) == (0.5, 3)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (None, "error: the file's path is None; it must be a string or a pathlib.Path"),
        (b"m", "error: the file's path is b'm'; it must be a string or a pathlib.Path"),
        (
            "a\0b",
            "error: the file's path is 'a\\x00b'; it must not hold the character of code 0",
        ),
    ],
)
def test_what_is_no_path_is_named(path, message, untyped):
    for call in (
        lambda: storage.read(path, "neural-model"),
        lambda: storage.write(path, "neural-model", {}, {}),
    ):
        with pytest.raises(ChaoscadError) as caught:
            call()
        assert str(caught.value) == message


def test_another_kind_and_a_later_version_are_refused(tmp_path):
    storage.write("m.npz", "neural-model", {}, {})
    with pytest.raises(ChaoscadError) as caught:
        storage.read("m.npz", "neural-checkpoint")
    assert (
        str(caught.value)
        == "m.npz: error: this is a file of a model, and a checkpoint was expected"
    )
    storage.write("v.npz", "neural-model", {"version": 2}, {})
    with pytest.raises(ChaoscadError) as caught:
        storage.read("v.npz", "neural-model")
    assert str(caught.value) == (
        "v.npz: error: this file of a model is of version 2; this program reads 1; "
        "read it with the version of neural that wrote it"
    )


def test_pickles_are_never_loaded(tmp_path):
    header = {"format": "neural-model", "version": 1}
    bad = np.empty(1, object)
    bad[0] = {"a": 1}
    np.savez(
        "p.npz", header=np.frombuffer(json.dumps(header).encode(), np.uint8), **{"array:x": bad}
    )
    with pytest.raises(
        ChaoscadError, match=r"p\.npz: error: this is not a file of a model, or it is damaged"
    ):
        storage.read("p.npz", "neural-model")


def test_what_could_fill_the_memory_is_not_unpacked(tmp_path):
    header = {"format": "neural-model", "version": 1}
    text = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez_compressed("z.npz", header=text, **{"array:x": np.zeros(10**6)})
    with pytest.raises(ChaoscadError) as caught:
        storage.read("z.npz", "neural-model")
    assert str(caught.value) == "z.npz: error: this is not a file of a model, or it is damaged"
    with pytest.raises(ChaoscadError) as caught:
        storage.read("/dev/zero", "neural-model")
    assert str(caught.value) == (
        "/dev/zero: error: cannot read the file: it is a device, not a regular file"
    )


def test_damage_anywhere_is_one_clear_error(tmp_path):
    storage.write("m.npz", "neural-model", {}, {"x": np.arange(100.0)})
    whole = (tmp_path / "m.npz").read_bytes()
    for cut in range(0, len(whole), 97):
        (tmp_path / "cut.npz").write_bytes(whole[:cut])
        with pytest.raises(ChaoscadError, match="this is not a file of a model, or it is damaged"):
            storage.read("cut.npz", "neural-model")
    with zipfile.ZipFile("other.npz", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(ChaoscadError, match="this is not a file of a model, or it is damaged"):
        storage.read("other.npz", "neural-model")


def test_arrays_of_another_shape_are_named():
    like = {"x": np.zeros(3, np.float32)}
    with pytest.raises(ChaoscadError) as caught:
        storage.unflatten(like, {"['x']": np.zeros(4, np.float32)}, "m.npz", "neural-model")
    assert str(caught.value) == (
        "m.npz: error: the model is damaged: ['x'] is float32[4], not float32[3]"
    )
    with pytest.raises(ChaoscadError, match=r"\['x'\] is missing, not float32\[3\]"):
        storage.unflatten(like, {}, "m.npz", "neural-model")


def test_differences_are_listed_by_their_paths():
    found = storage.differences({"a": {"b": 1, "c": 2}, "d": "x"}, {"a": {"b": 1, "c": 3}, "e": 0})
    assert found == [
        "a.c is 2 there and 3 here",
        'd is "x" there and absent here',
        "e is absent there and 0 here",
    ]
