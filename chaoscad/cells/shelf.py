"""Where libraries are found: those that ship with the package, and the user's own."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from chaoscad.cells.model import Library
from chaoscad.cells.store import load
from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.netlist.model import Gate
from chaoscad.systems import Interval, Setting
from chaoscad.systems import setting as built_in

SHIPPED = Path(__file__).parent / "data"
"""The folder of the libraries that ship with the package."""

FOR_YIELD = SHIPPED / "yield"
"""The folder of those whose cells are the best in their reach."""

DELETE = "delete it; chaoscad cells --add makes it anew"


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/chaoscad/cells`, or `~/.cache/chaoscad/cells`."""
    base = os.environ.get("XDG_CACHE_HOME")
    root = Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache"
    return root / "chaoscad" / "cells"


def cache_path(setting: Setting, state: Interval) -> Path:
    """The user's library of a system and a range of states; it need not exist."""
    key = json.dumps([setting.to_data(), list(state)], sort_keys=True)
    return cache_folder() / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"


def library(setting: Setting | None = None, state: Interval | None = None) -> Library | None:
    """The library of a system: the shipped one, and what the user's own has besides.

    **Arguments:**

    - `setting`: the system with its parameters; the logistic map with a = 4 by default.
    - `state`: the range of the states; the system's own by default.

    **Returns:** `None` when there is neither.

    **Raises:** `ChaoscadError` when the user's file is damaged.
    """
    chosen = setting or built_in("logistic")
    room = chosen.system.state if state is None else (float(state[0]), float(state[1]))
    try:
        path = cache_path(chosen, room)
        stat = path.stat()
        stamp = (str(path), stat.st_mtime_ns, stat.st_size)
    except (OSError, RuntimeError):
        # There is none, or no home folder in which it could be.
        stamp = None
    return _assembled(chosen, room, stamp)


@lru_cache(maxsize=64)
def _assembled(
    setting: Setting, state: Interval, own: tuple[str, int, int] | None
) -> Library | None:
    found = next(
        (item for item in shipped() if item.setting == setting and item.state == state), None
    )
    if own is None:
        return found
    mine = own_library(own[0], setting, state)
    return mine if found is None else found.merged(mine)


@lru_cache(maxsize=1)
def shipped() -> tuple[Library, ...]:
    """The libraries of the best margins that ship with the package."""
    return tuple(load(path) for path in sorted(SHIPPED.glob("*.json")))


@lru_cache(maxsize=1)
def shipped_for_yield() -> tuple[Library, ...]:
    """The libraries of the greatest reach that ship with the package."""
    return tuple(load(path) for path in sorted(FOR_YIELD.glob("*.json")))


def yield_libraries(setting: Setting, state: Interval) -> tuple[Library, ...]:
    """The shipped libraries of a system's cells of the greatest reach; there may be none."""
    return tuple(
        item for item in shipped_for_yield() if item.setting == setting and item.state == state
    )


def own_library(
    path: str | os.PathLike[str], setting: Setting, state: Interval, advice: str = DELETE
) -> Library:
    """The library in a user's file, which must be of the system and the range of states.

    **Raises:** `ChaoscadError` that ends with the advice.
    """
    try:
        mine = load(path)
    except ChaoscadError as error:
        *others, last = error.diagnostics
        raise ChaoscadError([*others, replace(last, hint=advice)]) from None
    if mine.setting != setting or mine.state != state:
        message = "the cell library is of another system or another range of states"
        raise ChaoscadError(Diagnostic(message, os.fspath(path), hint=advice))
    return mine


def library_for(gate: Gate) -> Library | None:
    """The library whose cells are settings of a gate as it is declared, or `None`.

    A gate has one when a library has its system, parameters and range of states, and nothing else
    restricts or extends what may be chosen: no bounds on x0, delta or threshold, nothing fixed,
    nothing trained, independent weights. Look up its function with its `iterates` and `compare`.

    **Raises:** `ChaoscadError` when the user's file is damaged.
    """
    bounds = gate.bounds
    free = bounds.x0 is None and bounds.delta is None and bounds.threshold is None
    independent = gate.weights == "independent" or gate.arity < 2
    if not (free and independent) or gate.fixed or gate.train:
        return None
    return library(gate.setting, bounds.state)
