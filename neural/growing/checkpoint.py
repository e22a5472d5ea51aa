"""A run on disk: its state, its bucket and its records, and a header that says whose they are."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

from chaoscad.errors import ChaoscadError, Diagnostic
from neural import storage
from neural.growing.buckets import Bucket
from neural.growing.history import History, Recorder
from neural.growing.program import State

KIND = "neural-growing checkpoint"


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
        "configuration": configuration,
        "widths": list(bucket.widths),
        "needed": list(bucket.needed),
        "flops": recorder.flops,
    }
    history = dataclasses.asdict(recorder.history())
    arrays = storage.flatten(whole)
    arrays |= {f"history.{name}": value for name, value in history.items()}
    storage.write(path, KIND, header, arrays)


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
    header, arrays = storage.read(path, KIND)
    storage.check_configuration(path, header.get("configuration", {}), configuration)
    state = storage.unflatten(like, arrays, path, KIND)
    history = {field: arrays.get(f"history.{field}") for field in History.__dataclass_fields__}
    missing = [field for field, value in history.items() if value is None]
    if missing:
        message = f"the {KIND} is damaged: its records of {', '.join(missing)} are missing"
        raise ChaoscadError(Diagnostic(message, os.fspath(path)))
    recorder.restore(history, float(header["flops"]))  # type: ignore[arg-type]
    return state, Bucket(tuple(header["widths"]), tuple(header["needed"]))
