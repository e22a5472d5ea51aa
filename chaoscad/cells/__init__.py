"""Libraries of solved chaogates: every small Boolean function on one system."""

from chaoscad.cells.check import Checked, check
from chaoscad.cells.classes import (
    WIDEST_CELL,
    Transform,
    canonical,
    orbits,
    representatives,
    support,
)
from chaoscad.cells.coverage import Coverage, Reached, coverage, reached
from chaoscad.cells.model import Cell, Entry, Library, grid
from chaoscad.cells.shelf import (
    cache_folder,
    cache_path,
    library,
    library_for,
    own_library,
    shipped,
    yield_libraries,
)
from chaoscad.cells.store import dumps, load, loads, save
from chaoscad.cells.tolerance import tolerance_of

__all__ = [
    "WIDEST_CELL",
    "Cell",
    "Checked",
    "Coverage",
    "Entry",
    "Library",
    "Reached",
    "Transform",
    "cache_folder",
    "cache_path",
    "canonical",
    "check",
    "coverage",
    "dumps",
    "grid",
    "library",
    "library_for",
    "load",
    "loads",
    "orbits",
    "own_library",
    "reached",
    "representatives",
    "save",
    "shipped",
    "support",
    "tolerance_of",
    "yield_libraries",
]
