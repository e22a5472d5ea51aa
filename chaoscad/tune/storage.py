"""Arrays with a JSON header in one file: models and checkpoints, without pickle.

The file is a NumPy `.npz` archive; its member `header` is JSON text. Nothing in it is executed when
it is read. A kind of file is the program's name, a hyphen, and what it is: `neural-model`.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from chaoscad.arguments import check_path
from chaoscad.documents import read_json
from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.files import read_bytes, write_bytes

VERSION = 1

LARGEST_FILE = 2**31
"""Largest file that is read, in bytes."""


def write(
    path: str | os.PathLike[str], kind: str, header: Mapping[str, Any], arrays: Mapping[str, Any]
) -> None:
    """Write arrays and a header whole or not at all; equal contents give equal bytes.

    **Arguments:**

    - `kind`: what the file is, for example "neural-model"; `read` asks for it.

    **Raises:** `ChaoscadError` when the file cannot be written.
    """
    check_path(path)
    text = _text({"format": kind, "version": VERSION, **header})
    members = {"header": np.frombuffer(text.encode(), np.uint8)}
    members |= {f"array:{name}": np.asarray(value) for name, value in sorted(arrays.items())}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, value in members.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, value, allow_pickle=False)
            # A fixed date: the time of writing is no part of the contents.
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), member.getvalue()
            )
    write_bytes(path, stream.getvalue())


def read(path: str | os.PathLike[str], kind: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The header and the arrays of a file that `write` wrote.

    **Raises:** `ChaoscadError` for a missing or damaged file, another kind, or a later version.
    """
    check_path(path)
    name = os.fspath(path)

    def refuse(message: str, hint: str | None = None) -> ChaoscadError:
        return ChaoscadError(Diagnostic(message, name, hint=hint))

    contents = read_bytes(path, LARGEST_FILE)
    try:
        with np.load(io.BytesIO(contents), allow_pickle=False) as archive:
            # `write` compresses nothing; what a stranger compressed may fill the memory.
            if any(member.compress_type != zipfile.ZIP_STORED for member in archive.zip.infolist()):
                raise ValueError
            header = read_json(bytes(archive["header"]).decode(), name, what(kind), finite=False)
            arrays = {
                key.removeprefix("array:"): archive[key]
                for key in archive.files
                if key.startswith("array:")
            }
        found = header["format"]
        version = header["version"]
    except Exception:
        # A damaged archive fails in many ways inside zipfile, zlib and NumPy.
        raise refuse(f"this is not a file of {named(kind)}, or it is damaged") from None
    if found != kind:
        raise refuse(f"this is a file of {named(str(found))}, and {named(kind)} was expected")
    if version != VERSION:
        raise refuse(
            f"this file of {named(kind)} is of version {version}; this program reads {VERSION}",
            f"read it with the version of {kind.partition('-')[0]} that wrote it",
        )
    return header, arrays


def what(kind: str) -> str:
    """A kind of file in words, without the program's name."""
    return kind.partition("-")[2] or kind


def named(kind: str) -> str:
    """A kind of file in words, with its article."""
    return what(kind) if kind.endswith("s") else f"a {what(kind)}"


def flatten(tree: Any) -> dict[str, np.ndarray]:
    """The arrays of a tree by their paths."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    found = {}
    for path, leaf in leaves:
        if jax.numpy.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            leaf = jax.random.key_data(leaf)
        found[jax.tree_util.keystr(path)] = np.asarray(leaf)
    return found


def unflatten(
    like: Any, arrays: Mapping[str, np.ndarray], path: str | os.PathLike[str], kind: str
) -> Any:
    """The tree of the shape of `like` with the arrays of a file.

    **Raises:** `ChaoscadError` when an array is missing or of another shape or type.
    """
    leaves, structure = jax.tree_util.tree_flatten_with_path(like)
    found = []
    for place, leaf in leaves:
        key = jax.tree_util.keystr(place)
        value = arrays.get(key)
        if value is None or value.shape != leaf.shape or value.dtype != leaf.dtype:
            given = "is missing" if value is None else f"is {value.dtype}{list(value.shape)}"
            message = (
                f"the {what(kind)} is damaged: {key} {given}, not {leaf.dtype}{list(leaf.shape)}"
            )
            raise ChaoscadError(Diagnostic(message, os.fspath(path)))
        found.append(jax.numpy.asarray(value))
    return jax.tree_util.tree_unflatten(structure, found)


def digest(tree: Any) -> str:
    """A short hash of a tree's arrays, so that a checkpoint knows its data."""
    found = hashlib.sha256()
    for leaf in jax.tree.leaves(tree):
        array = np.ascontiguousarray(leaf)
        found.update(f"{array.dtype} {array.shape} ".encode())
        found.update(array.tobytes())
    return found.hexdigest()[:16]


def differences(stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """What two configurations do not share, one line for each entry."""
    one, other = _entries(stored), _entries(wanted)
    lines = []
    for key in sorted(one.keys() | other.keys()):
        if one.get(key) != other.get(key):
            old = json.dumps(one[key]) if key in one else "absent"
            new = json.dumps(other[key]) if key in other else "absent"
            lines.append(f"{key} is {old} there and {new} here")
    return lines


def check_configuration(
    path: str | os.PathLike[str], stored: Mapping[str, Any], wanted: Mapping[str, Any]
) -> None:
    """Refuse a checkpoint of another configuration.

    **Raises:** `ChaoscadError` that shows every difference.
    """
    found = differences(json.loads(_text(stored)), json.loads(_text(wanted)))
    if found:
        raise ChaoscadError(
            Diagnostic(
                "the checkpoint belongs to another configuration: " + ", ".join(found),
                os.fspath(path),
                hint="give the run another checkpoint file, or the old settings",
            )
        )


def _text(data: Mapping[str, Any]) -> str:
    """JSON, in which the scalars of NumPy are numbers as any others."""
    return json.dumps(data, sort_keys=True, default=lambda scalar: scalar.item())


def _entries(value: Any, prefix: str = "") -> dict[str, Any]:
    if isinstance(value, Mapping):
        found: dict[str, Any] = {}
        for key, inner in value.items():
            found |= _entries(inner, f"{prefix}.{key}" if prefix else str(key))
        return found
    return {prefix: value}
