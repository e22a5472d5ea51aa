"""A run on disk, and whose it is: what a training writes while it runs, and goes on from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chaoscad.arguments import check_path
from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.files import check_writable
from chaoscad.tune import storage


@dataclass(frozen=True)
class Checkpoint:
    """A file that holds a run of one configuration.

    **Arguments:**

    - `path`: a string or a `pathlib.Path`.
    - `kind`: what the file is, see `chaoscad.tune.storage`; for example "neural-checkpoint".
    - `configuration`: all that decides what the run gives, as JSON-ready data; the digest of its
      data, too. A file of another configuration is refused.

    **Raises:** `ChaoscadError` for what is no path.
    """

    path: Any
    kind: str
    configuration: Mapping[str, Any] = field(repr=False)

    def __post_init__(self) -> None:
        check_path(self.path)

    def check_writable(self) -> None:
        """Refuse a file that could not be written, before a long run finds out.

        **Raises:** `ChaoscadError`.
        """
        check_writable(self.path)

    def save(self, state: Any, header: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
        """Write a state, a tree of arrays, and what else belongs to it; whole, or not at all.

        **Raises:** `ChaoscadError` when the file cannot be written.
        """
        header = {"configuration": self.configuration, **header}
        storage.write(self.path, self.kind, header, {**arrays, **storage.flatten(state)})

    def load(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The header and the arrays; `state` makes a tree of them.

        **Raises:** `ChaoscadError` for a missing or damaged file, and for a run of another
        configuration, with every difference.
        """
        header, arrays = storage.read(self.path, self.kind)
        stored = header.get("configuration")
        storage.check_configuration(
            self.path, stored if isinstance(stored, dict) else {}, self.configuration
        )
        return header, arrays

    def state(self, like: Any, arrays: Mapping[str, Any]) -> Any:
        """The state, of the structure, shapes and types of `like`.

        **Raises:** `ChaoscadError` when an array is missing or another.
        """
        return storage.unflatten(like, arrays, self.path, self.kind)

    def damaged(self, why: str) -> ChaoscadError:
        """The error about a file that contradicts itself."""
        message = f"the {storage.what(self.kind)} is damaged: {why}"
        return ChaoscadError(Diagnostic(message, os.fspath(self.path)))
