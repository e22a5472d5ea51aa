"""Results as data frames of pandas."""

from __future__ import annotations

import importlib
from typing import Any

from chaoscad.errors import Diagnostic, ToolMissing


def frame(columns: dict[str, Any]) -> Any:
    """A `pandas.DataFrame` of columns of equal length.

    **Raises:** `ToolMissing` without pandas.
    """
    try:
        pandas = importlib.import_module("pandas")
    except ImportError:
        hint = "pip install 'chaoscad[neural]'"
        raise ToolMissing(Diagnostic("a data frame needs pandas", hint=hint)) from None
    return pandas.DataFrame(columns)
