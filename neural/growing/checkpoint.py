"""A run on disk: arrays in a NumPy archive without pickles, and a header that says whose they are."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import zipfile
import zlib
from pathlib import Path
from typing import Any

import jax
import numpy as np

from chaoscad.errors import ChaoscadError, Diagnostic, shown
from chaoscad.files import write_bytes
from neural.growing.buckets import Bucket
from neural.growing.history import History, Recorder
from neural.growing.program import State

FORMAT, VERSION = "chaoscad-growing-checkpoint", 1


def save_checkpoint(
    path: str | os.PathLike[str],
    configuration: dict[str, Any],
    whole: State,
    bucket: Bucket,
    recorder: Recorder,
) -> None:
    """Write the state of a run, its bucket and its records; whole, or not at all.

    **Raises:** `ChaoscadError` when the file cannot be written.
    """
    header = {
        "format": FORMAT,
        "version": VERSION,
        "configuration": configuration,
        "widths": list(bucket.widths),
        "needed": list(bucket.needed),
        "flops": recorder.flops,
    }
    arrays = {
        f"state{index}": np.asarray(leaf) for index, leaf in enumerate(jax.tree.leaves(whole))
    }
    history = dataclasses.asdict(recorder.history())
    arrays |= {f"history_{name}": np.asarray(value) for name, value in history.items()}
    stream = io.BytesIO()
    text = json.dumps(header, sort_keys=True)
    arrays["header"] = np.frombuffer(text.encode(), np.uint8)
    np.savez(stream, allow_pickle=False, **arrays)
    write_bytes(path, stream.getvalue())


def load_checkpoint(
    path: str | os.PathLike[str], configuration: dict[str, Any], like: State, recorder: Recorder
) -> tuple[State, Bucket]:
    """The state and the bucket of a run with the same configuration.

    **Arguments:**

    - `like`: a state of the shapes that are wanted.
    - `recorder`: takes up the records.

    **Raises:** `ChaoscadError` for a missing or damaged file, and for a checkpoint of another
    configuration, with every difference.
    """
    name = os.fspath(path)
    arrays = _read(path, name)
    try:
        header = json.loads(arrays["header"].tobytes().decode())
        is_ours = header["format"] == FORMAT
    except (KeyError, ValueError, TypeError):
        is_ours, header = False, {}
    if not is_ours:
        raise ChaoscadError(Diagnostic("this is not a checkpoint of a growing network", name))
    if header.get("version") != VERSION:
        message = (
            f"the checkpoint has version {shown(str(header.get('version')))}; this is {VERSION}"
        )
        raise ChaoscadError(Diagnostic(message, name))
    found = differences(header.get("configuration"), json.loads(json.dumps(configuration)))
    if found:
        message = "the checkpoint is of another run: " + "; ".join(found)
        raise ChaoscadError(
            Diagnostic(
                message, name, hint="resume with the same settings, or start without `resume`"
            )
        )
    leaves, treedef = jax.tree.flatten(like)
    damaged = ChaoscadError(Diagnostic("the checkpoint is damaged", name, hint="start a new run"))
    restored = []
    for index, leaf in enumerate(leaves):
        array = arrays.get(f"state{index}")
        if array is None or array.shape != leaf.shape or array.dtype != leaf.dtype:
            raise damaged
        restored.append(array)
    history = {field: arrays.get(f"history_{field}") for field in History.__dataclass_fields__}
    if any(value is None for value in history.values()):
        raise damaged
    recorder.restore(history, float(header["flops"]))  # type: ignore[arg-type]
    bucket = Bucket(tuple(header["widths"]), tuple(header["needed"]))
    return jax.tree.unflatten(treedef, restored), bucket


def differences(there: Any, here: Any, where: str = "") -> list[str]:
    """What differs between two configurations, in words: "optimizer.learning_rate is .. there .."."""
    if isinstance(there, dict) and isinstance(here, dict):
        found = []
        for key in sorted({*there, *here}):
            place = f"{where}.{key}" if where else key
            found += differences(there.get(key, "absent"), here.get(key, "absent"), place)
        return found
    if there == here:
        return []
    return [f"{where} is {_short(there)} in the file and {_short(here)} here"]


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _read(path: str | os.PathLike[str], name: str) -> dict[str, np.ndarray]:
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        message = "cannot read the checkpoint: it does not exist"
        raise ChaoscadError(Diagnostic(message, name)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"cannot read the checkpoint: {reason.lower()}"
        raise ChaoscadError(Diagnostic(message, name)) from None
    try:
        # An archive of NumPy's starts like every zip file; anything else it might try to unpickle.
        if not data.startswith(b"PK"):
            raise ValueError
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except (ValueError, EOFError, KeyError, OSError, zlib.error, zipfile.BadZipFile):
        message = "this is not a checkpoint of a growing network"
        raise ChaoscadError(Diagnostic(message, name)) from None
