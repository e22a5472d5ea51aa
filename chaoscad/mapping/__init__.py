"""Any logic onto chaogates: a cover by small functions, and a cell for each."""

from chaoscad.mapping.choice import MARGIN, map_logic, with_cells, with_least_failing
from chaoscad.mapping.cover import EFFORTS, MOST_CHOSEN, MOST_INPUTS, SECONDS, Effort, cover

__all__ = [
    "EFFORTS",
    "MARGIN",
    "MOST_CHOSEN",
    "MOST_INPUTS",
    "SECONDS",
    "Effort",
    "cover",
    "map_logic",
    "with_cells",
    "with_least_failing",
]
