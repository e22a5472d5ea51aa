"""Optional packages, and results as data frames of pandas."""

from __future__ import annotations

import importlib
from typing import Any

from chaoscad.errors import Diagnostic, ToolMissing


def needs(what: str, module: str, package: str) -> Any:
    """An optional module, which `what` needs.

    **Raises:** `ToolMissing` that tells how to install it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        message = f"{what} needs {package}"
        if error.name and error.name.split(".")[0] != module.split(".")[0]:
            message += f", which needs {error.name}"
        hint = "pip install 'chaoscad[neural]'"
        raise ToolMissing(Diagnostic(message, hint=hint)) from None


def frame(data: Any) -> Any:
    """A `pandas.DataFrame` of columns of equal length, or of a list of rows.

    **Raises:** `ToolMissing` without pandas.
    """
    return needs("a data frame", "pandas", "pandas").DataFrame(data)
