"""Libraries of solved chaogates: every small Boolean function on one system, alone or all in one element."""

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
from chaoscad.cells.universal import Elements, Universal, every, found_wrong
from chaoscad.cells.universal_store import (
    dumps_elements,
    load_elements,
    save_elements,
    shipped_elements,
)

__all__ = [
    "WIDEST_CELL",
    "Cell",
    "Checked",
    "Coverage",
    "Elements",
    "Entry",
    "Library",
    "Reached",
    "Transform",
    "Universal",
    "cache_folder",
    "cache_path",
    "canonical",
    "check",
    "coverage",
    "dumps",
    "dumps_elements",
    "every",
    "found_wrong",
    "grid",
    "library",
    "library_for",
    "load",
    "load_elements",
    "loads",
    "orbits",
    "own_library",
    "reached",
    "representatives",
    "save",
    "save_elements",
    "shipped",
    "shipped_elements",
    "support",
    "tolerance_of",
    "yield_libraries",
]
