"""What tasks ask of their options and of the machine: shares, seeds, packages."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from chaoscad.arguments import whole, within
from chaoscad.errors import Diagnostic, ToolMissing


def share(name: str, value: Any, *, zero: bool) -> float:
    """A share of the samples: at most 0.9; 0 only where `zero` allows it.

    **Raises:** `ChaoscadError`.
    """
    return within(name, value, 0.0, 0.9, above=not zero)


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
