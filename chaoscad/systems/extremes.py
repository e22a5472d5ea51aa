"""Tables of extremes: the least or greatest of any run of neighbours from two entries of a table."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float64, Int64


def extremes(
    values: Float64[np.ndarray, " entries"], choose: Callable[..., np.ndarray]
) -> list[Float64[np.ndarray, " _"]]:
    """The extremes, by `choose`, over 1, 2, 4, ... neighbours; entry i is over those from i."""
    levels = [values]
    while 2 ** len(levels) <= len(values):
        half = 2 ** (len(levels) - 1)
        levels.append(choose(levels[-1][:-half], levels[-1][half:]))
    return levels


def extreme(
    table: list[Float64[np.ndarray, " _"]],
    first: Int64[np.ndarray, "*boxes"],
    last: Int64[np.ndarray, "*boxes"],
    choose: Callable[..., np.ndarray],
) -> Float64[np.ndarray, "*boxes"]:
    """The extreme over the entries first to last, both included, of a table of extremes."""
    last = np.maximum(last, first)
    count = last - first + 1
    level = np.frexp(count.astype(np.float64))[1] - 1
    found = np.empty(np.shape(first))
    for height, row in enumerate(table):
        here = level == height
        if np.any(here):
            lower = np.minimum(first[here], len(row) - 1)
            found[here] = choose(row[lower], row[np.maximum(last[here] - 2**height + 1, 0)])
    return found
