"""Any logic onto chaogates: a cover by small functions, and a cell for each."""

from chaoscad.mapping.choice import MARGIN, map_logic, with_cells, with_least_failing
from chaoscad.mapping.cover import MOST_INPUTS, cover

__all__ = ["MARGIN", "MOST_INPUTS", "cover", "map_logic", "with_cells", "with_least_failing"]
