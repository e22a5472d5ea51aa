"""What systems can compute, as a matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from chaoscad.feasibility import Cell
from chaoscad.netlist import title
from chaoscad.plot.style import FAINT, INK, MAP_OF_COLOURS, head, styled


def draw_abilities(cells: Mapping[str, Sequence[Cell]]) -> Figure:
    """One row per system and function, one column per kind of weights and number of iterates.

    With one column for every system, rows are systems and columns are functions instead. The colour
    is the best margin relative to the largest of its system; a cross marks what is proven
    impossible, a question mark what is undecided.
    """
    ways = dict.fromkeys(
        (cell.weights, cell.iterates) for found in cells.values() for cell in found
    )
    functions = dict.fromkeys(cell.function for found in cells.values() for cell in found)
    wide = len(ways) == 1
    rows: list[str] = []
    values: list[list[float]] = []
    marks: list[list[str]] = []
    for name, found in cells.items():
        largest = max((cell.answer.lower for cell in found if cell.answer.lower > 0), default=1.0)
        table = {(c.function, c.weights, c.iterates): c.answer for c in found}
        lines = [list(functions)] if wide else [[function] for function in functions]
        for line in lines:
            rows.append(name if wide else f"{name} {title(line[0])}")
            values.append([])
            marks.append([])
            for function in line:
                for weights, iterates in ways:
                    answer = table.get((function, weights, iterates))
                    verdict = "missing" if answer is None else answer.verdict
                    lower = -np.inf if answer is None else answer.lower
                    values[-1].append(lower / largest if verdict == "feasible" else np.nan)
                    text = {"infeasible": "×", "undecided": "?", "missing": ""}.get(verdict)
                    marks[-1].append(f"{lower:.3g}" if text is None else text)
    heads = (
        [title(function) for function in functions]
        if wide
        else [f"{weights}\nn = {iterates}" for weights, iterates in ways]
    )
    with styled():
        figure = Figure(
            figsize=(2.2 + 0.85 * len(heads), 1.4 + 0.26 * len(rows)), layout="constrained"
        )
        axes = figure.add_subplot()
        axes.imshow(np.array(values), cmap=MAP_OF_COLOURS, vmin=0.0, vmax=1.0, aspect="auto")
        axes.set_facecolor(FAINT)
        axes.set_xticks(range(len(heads)), heads)
        axes.set_yticks(range(len(rows)), rows)
        axes.tick_params(length=0)
        for side in axes.spines.values():
            side.set_visible(False)
        for place, row in enumerate(marks):
            for column, mark in enumerate(row):
                light = np.nan_to_num(values[place][column], nan=0.6) > 0.55
                axes.text(
                    *(column, place, mark),
                    ha="center",
                    va="center",
                    fontsize=7,
                    color=INK if light else "white",
                )
        kind = next(iter(ways)) if wide else None
        how = "" if kind is None else f" ({kind[0]} weights)"
        head(
            figure,
            f"Best margins{how}; × is proven impossible, ? undecided\n"
            "from dark to light: the share of the largest margin of the system",
        )
        return figure
