"""Options of tasks that have a wrong value, and packages that are missing."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from chaoscad.errors import ChaoscadError, Diagnostic, ToolMissing, nearest, shown


def whole(name: str, value: Any, least: int, most: int) -> int:
    """A whole number between two bounds.

    **Raises:** `ChaoscadError`.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise ChaoscadError(f"{name} is {_told(value)}; it must be a whole number")
    if not least <= int(value) <= most:
        raise ChaoscadError(f"{name} is {_told(value)}; it must lie between {least} and {most}")
    return int(value)


def number(name: str, value: Any, least: float, most: float, *, above: bool = False) -> float:
    """A number between two bounds; with `above`, the lower one is excluded.

    **Raises:** `ChaoscadError`.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise ChaoscadError(f"{name} is {_told(value)}; it must be a number")
    if not (least < value if above else least <= value) or not value <= most:
        low = "above {:g} and at most {:g}" if above else "between {:g} and {:g}"
        raise ChaoscadError(f"{name} is {_told(value)}; it must be {low.format(least, most)}")
    return float(value)


def choice(name: str, value: Any, allowed: Sequence[str]) -> str:
    """One of the allowed words.

    **Raises:** `ChaoscadError` with the nearest one.
    """
    if isinstance(value, str) and value in allowed:
        return value
    hint = nearest(value, allowed) if isinstance(value, str) else None
    told = "it can only be " if len(allowed) == 1 else "it is one of "
    message = f"{name} is {_told(value)}"
    raise ChaoscadError(Diagnostic(message, hint=hint or told + ", ".join(allowed)))


def share(name: str, value: Any, *, zero: bool) -> float:
    """A share of the samples: at most 0.9; 0 only where `zero` allows it.

    **Raises:** `ChaoscadError`.
    """
    return number(name, value, 0.0, 0.9, above=not zero)


def generator(seed: Any) -> np.random.Generator:
    """NumPy's generator of a seed.

    **Raises:** `ChaoscadError` for a seed that is not a whole number from 0 to 2^32 - 1.
    """
    return np.random.default_rng(whole("seed", seed, 0, 2**32 - 1))


def needs(task: str, module: str, package: str) -> Any:
    """An optional module.

    **Raises:** `ToolMissing` that tells how to install it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        message = f"the task {task} needs {package}"
        if error.name and error.name.split(".")[0] != module.split(".")[0]:
            message += f", which needs {error.name}"
        hint = "pip install 'chaoscad[neural]'"
        raise ToolMissing(Diagnostic(message, hint=hint)) from None


def _told(value: Any) -> str:
    if isinstance(value, str):
        return shown(value)
    try:
        text = repr(value.item() if isinstance(value, np.generic) else value)
    except ValueError:  # an integer of thousands of digits
        return "a number of too many digits"
    return text if len(text) <= 60 else text[:57] + "..."
