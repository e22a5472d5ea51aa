"""The thresholds that every offset of a family can work at, of very many boxes at a time.

In a box of weights, a place of an offset admits an interval of thresholds, all places of one offset a
union of intervals, and a threshold serves the family only where the unions of all offsets meet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Meeting:
    """Where unions of intervals meet.

    **Arguments:**

    - `boxes`, `low`, `high`: intervals that all offsets of a box admit, in the order of the boxes.
    - `kept`: for every interval that was given, whether it reaches one of them.
    """

    boxes: np.ndarray
    low: np.ndarray
    high: np.ndarray
    kept: np.ndarray


def meet(
    boxes: np.ndarray, classes: np.ndarray, count: int, low: np.ndarray, high: np.ndarray
) -> Meeting:
    """The thresholds that `count` classes of a box have in common.

    **Arguments:**

    - `boxes`, `classes`, `low`, `high`: of every interval; `low` is not above `high`.
    """
    size = len(low)
    if size == 0:
        return Meeting(boxes, low, high, np.zeros(0, bool))
    # Ranks stand for numbers: they can be shifted by box and class without rounding.
    values, ranks = np.unique(np.concatenate([low, high]), return_inverse=True)
    span = len(values) + 1
    ranks = ranks.reshape(-1).astype(np.int64)
    group = (boxes * count + classes) * span
    starts, ends = group + ranks[:size], group + ranks[size:]
    order = np.argsort(starts, kind="stable")
    reach = np.maximum.accumulate(ends[order])
    first = np.flatnonzero(np.append(True, starts[order][1:] > reach[:-1]))
    last = np.append(first[1:], size) - 1
    # The union of a class is disjoint pieces, so a point in `count` pieces is in every class.
    box = boxes[order][first]
    opens = box * span + (starts[order][first] - group[order][first])
    closes = box * span + (reach[last] - group[order][last])
    events = np.concatenate([2 * opens, 2 * closes + 1])
    rank = np.argsort(events, kind="stable")
    depth = np.cumsum(np.where(rank < len(opens), 1, -1))
    full = np.flatnonzero(depth == count)
    begin, end = events[rank[full]] // 2, events[rank[full + 1]] // 2
    given = boxes * span + ranks[:size], boxes * span + ranks[size:]
    place = np.minimum(np.searchsorted(end, given[0]), max(len(end) - 1, 0))
    kept = np.zeros(size, bool)
    if len(end):
        kept = (end[place] >= given[0]) & (begin[place] <= given[1])
    return Meeting(begin // span, values[begin % span], values[end % span], kept)
