"""Where the numbers of a file begin, and what stands above them: a header, names, units."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from chaoscad.instrument.lines import Style, comment, is_rule, trimmed
from chaoscad.instrument.units import bare, unit_of

STEP = "Step Information:"
"""What begins a run of LTspice's, below its names and between its numbers."""

_WHOLE = re.compile(r"\d+")


@dataclass
class Layout:
    """The lines of a file by what they are; indices of lines count from 0.

    **Arguments:**

    - `first`: the first line of numbers.
    - `names`, `units`: cells of the lines that give them, empty where none does; `names_at`, `units_at`.
    - `in_comment`: whether the names stand behind a `#`.
    - `header`: by its first word in small letters, what the lines above the names say.
    - `columns`: how many there are.
    """

    first: int
    columns: int
    names: list[str] = field(default_factory=list)
    names_at: int = -1
    in_comment: bool = False
    units: list[str] = field(default_factory=list)
    units_at: int = -1
    header: dict[str, list[str]] = field(default_factory=dict)
    header_lines: int = 0


def layout_of(lines: Sequence[str], style: Style) -> Layout | None:
    """The layout of a file; `None` where no line is anything but a comment."""
    split = [[] if _skipped(line) else style.cells(line) for line in lines]
    bodies = [index for index, cells in enumerate(split) if cells]
    if not bodies:
        return None
    masks = {index: _mask(split[index], style) for index in bodies}
    wide = any(len(split[index]) > 1 for index in bodies)
    known = Counter(mask for mask in masks.values() if len(mask) > wide)
    if not known:
        # No line of numbers: the first line is of names, and each of the others is refused.
        first = bodies[1] if len(bodies) > 1 else len(lines)
        found = Layout(first, len(split[bodies[0]]), split[bodies[0]], bodies[0])
        _units_in_comment(found, lines, style)
        return found
    usual = known.most_common(1)[0][0]
    place = next(place for place, index in enumerate(bodies) if masks[index] >= usual)
    while place and _is_bad_row(place - 1, bodies, split, masks, usual):
        place -= 1
    found = Layout(bodies[place], 0)
    _above(found, bodies[:place], split, masks)
    if not found.names:
        _names_in_comment(found, lines, style, len(split[bodies[place]]))
    else:
        _units_in_comment(found, lines, style)
    above = [index for index in bodies[:place] if index not in (found.names_at, found.units_at)]
    found.header_lines = len(above)
    found.header = {
        cells[0].lower().rstrip(":"): cells[1:] for index in above if (cells := split[index])
    }
    rows = [len(split[index]) for index in bodies[place:] if masks[index] >= usual]
    found.columns = len(found.names) or Counter(rows).most_common(1)[0][0]
    return found


def _skipped(line: str) -> bool:
    text = line.strip()
    return not text or comment(line) is not None or is_rule(line) or text.startswith(STEP)


def _mask(cells: Sequence[str], style: Style) -> frozenset[int]:
    return frozenset(
        place for place, cell in enumerate(cells) if cell and style.number(cell) is not None
    )


def _is_bad_row(
    place: int,
    bodies: Sequence[int],
    split: Sequence[list[str]],
    masks: dict[int, frozenset[int]],
    usual: frozenset[int],
) -> bool:
    """Whether a line above the first good row is a row with a bad cell, and not names."""
    cells, mask = split[bodies[place]], masks[bodies[place]]
    if not mask & usual:
        return False
    first = next(index for index, cell in enumerate(cells) if cell)
    if first in mask:
        return True
    # Text before numbers: channels called 1 and 2, a line of a header, or a row below its names.
    return any(
        not masks[index] and len(split[index]) == len(cells) and not _are_units(split[index])
        for index in bodies[:place]
    )


def _above(
    found: Layout,
    above: Sequence[int],
    split: Sequence[list[str]],
    masks: dict[int, frozenset[int]],
) -> None:
    """The names and the units among the lines above the numbers."""
    if not above:
        return
    nearest = above[-1]
    if len(above) > 1 and _are_units(split[nearest]):
        over = above[-2]
        if len(split[over]) > 1 and _are_names(split[over], masks[over]):
            found.units, found.units_at = split[nearest], nearest
            found.names, found.names_at = split[over], over
            return
    cells = split[nearest]
    numbered = bool(masks[nearest]) and len(above) > 1
    if _are_names(cells, masks[nearest]) and not numbered and (len(cells) > 1 or len(above) == 1):
        found.names, found.names_at = cells, nearest


def _are_names(cells: Sequence[str], mask: frozenset[int]) -> bool:
    """Whether cells may be names: text, and among it whole numbers of channels."""
    return len(mask) < sum(map(bool, cells)) and all(
        _WHOLE.fullmatch(cells[place]) for place in mask
    )


def _are_units(cells: Sequence[str]) -> bool:
    given = [cell for cell in cells if cell]
    return bool(given) and all(unit_of(cell) or bare(cell) != cell for cell in given)


def _names_in_comment(found: Layout, lines: Sequence[str], style: Style, width: int) -> None:
    """Names behind a `#`, as many as there are columns, in the last comment above the numbers."""
    for index in range(found.first - 1, -1, -1):
        text = comment(lines[index])
        if text is None:
            continue
        cells = _words(text, style, width)
        if len(cells) == width and not _mask(cells, style):
            if _are_units(cells) and width > 1 and found.units_at < 0:
                found.units, found.units_at = cells, index
                continue
            found.names, found.names_at, found.in_comment = cells, index, True
        return


def _units_in_comment(found: Layout, lines: Sequence[str], style: Style) -> None:
    """A comment below the names with a unit for each of them, or one above with known units."""
    if found.units:
        return
    for index in (*range(found.names_at + 1, found.first), *range(found.names_at - 1, -1, -1)):
        text = comment(lines[index])
        if text is None:
            continue
        cells = _words(text, style, len(found.names))
        if len(cells) == len(found.names) and (index > found.names_at or _are_units(cells)):
            found.units, found.units_at = cells, index
            return


def _words(text: str, style: Style, width: int) -> list[str]:
    """The cells of a comment, which may have commas where the numbers have blanks."""
    found = trimmed(style.cells(text.strip()))
    return found if len(found) == width else trimmed(Style(",").cells(text.strip()))
