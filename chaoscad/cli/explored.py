"""What every kind of `chaoscad explore` gives back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chaoscad.analysis import Table

Found = tuple["Table", Any, list[str], dict[str, Any]]
"""The table, the figure, the summary's lines, and the summary as JSON-ready data."""


def picked(given: dict[str, Any], **names: str) -> dict[str, Any]:
    """Arguments by their own names, of the options that were given."""
    return {name: given[option] for name, option in names.items() if option in given}
