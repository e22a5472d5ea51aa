"""What a cell library holds: its coverage, single cells, and whether they are right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from chaoscad.cli.cell_library import named
from chaoscad.cli.main import ANSWER_IS_NO, echo_json
from chaoscad.errors import counted

if TYPE_CHECKING:
    from chaoscad.cells import Library
    from chaoscad.logic.truth import TruthTable


def summary(library: Library, margin: float, compare: Any, as_json: bool) -> int:
    from chaoscad.cells import coverage

    if library.objective is not None:
        return _summary_for_yield(library, compare, as_json)

    found = coverage(library, margin, compare)
    extra = sum(len(classes) for classes in library.extra.values())
    if as_json:
        echo_json(
            {
                "system": library.setting.to_data(),
                "state": list(library.state),
                "inputs": library.inputs,
                "margin": margin,
                "iterates": [figures.to_data() for figures in found],
                "wider_classes": extra,
                "provenance": dict(library.provenance),
            }
        )
        return 0
    from chaoscad.cli import render

    click.echo(render.printable(f"{named(library.setting, library.state)}: cells by iterates"))
    reached = f"margin {margin:g}"
    made = render.table(
        *("n", "functions", "share", "worst margin", "median", reached, "share ", "fewest n"),
        right=("n", "functions", "share", "worst margin", "median", reached, "share ", "fewest n"),
    )
    for figures in found:
        total = max(figures.functions, 1)
        made.add_row(
            str(figures.iterates),
            str(figures.covered),
            f"{figures.covered / total:.1%}",
            "" if figures.worst is None else f"{figures.worst:.4f}",
            "" if figures.median is None else f"{figures.median:.4f}",
            str(figures.reached),
            f"{figures.reached / total:.1%}",
            str(figures.first),
        )
    render.console().print(made)
    wider = f"; and {extra} classes of more inputs" if extra else ""
    if found:
        click.echo(
            f"of the {found[0].functions} functions of {counted(library.inputs, 'input')}, constants "
            f"left out{wider}"
        )
    return 0


def _summary_for_yield(library: Library, compare: Any, as_json: bool) -> int:
    from chaoscad.cells import reached

    assert library.objective is not None
    found = reached(library, compare)
    if as_json:
        echo_json(
            {
                "system": library.setting.to_data(),
                "state": list(library.state),
                "inputs": library.inputs,
                "objective": {"yield": library.objective.to_data()},
                "iterates": [figures.to_data() for figures in found],
                "provenance": dict(library.provenance),
            }
        )
        return 0
    from chaoscad.cli import render

    what = f"{named(library.setting, library.state)}: cells for yield by iterates"
    click.echo(render.printable(what))
    columns = ("n", "functions", "share", "least reach", "median", "best n")
    made = render.table(*columns, right=columns)
    for figures in found:
        made.add_row(
            str(figures.iterates),
            str(figures.covered),
            f"{figures.covered / max(figures.functions, 1):.1%}",
            "" if figures.worst is None else f"{figures.worst:.4g}",
            "" if figures.median is None else f"{figures.median:.4g}",
            str(figures.best),
        )
    render.console().print(made)
    click.echo(
        f"reach: by how much {library.objective} may be multiplied until the worst row fails with a "
        "probability of 0.001"
    )
    return 0


def show(
    library: Library,
    functions: tuple[str, ...],
    iterates: tuple[int, ...],
    compare: Any,
    margin: float,
    as_json: bool,
) -> int:
    """The cells of functions: with every number of iterates that was asked for, or the fewest."""
    from chaoscad.cells import Cell
    from chaoscad.cells.request import parse_function
    from chaoscad.errors import ChaoscadError
    from chaoscad.netlist import title

    asked: list[tuple[str, TruthTable]] = []
    refused = []
    for text in functions:
        try:
            asked.append((text, parse_function(text)))
        except ChaoscadError as error:
            refused += error.diagnostics
    if refused:
        raise ChaoscadError(refused)
    found: list[tuple[str, int | None, Cell | None]] = []
    for text, table in asked:
        if iterates:
            counts = dict.fromkeys(iterates)
            found += [(text, count, library.look_up(table, count, compare)) for count in counts]
        else:
            best = library.fewest if library.objective is None else library.greatest
            found.append((text, None, best(table, margin, compare)))
    if as_json:
        cells = [
            {"asked": text, "cell": None if cell is None else cell.to_data()}
            for text, _, cell in found
        ]
        echo_json({"ok": all(cell is not None for _, _, cell in found), "cells": cells})
    else:
        from chaoscad.cli import render

        reach = () if library.objective is None else ("reach",)
        made = render.table(
            *("function", "rows", "n", "x0", "delta", "threshold", "margin", *reach),
            right=("n", "x0", "threshold", "margin", *reach),
        )
        number = render.number
        for _, _, cell in found:
            if cell is not None:
                at = cell.setpoint
                made.add_row(
                    title(cell.function),
                    cell.function.rows,
                    str(at.iterates),
                    number(at.x0),
                    " ".join(number(weight) for weight in at.delta),
                    f"{at.compare} {number(at.threshold)}",
                    number(cell.margin),
                    *(() if cell.reach is None else (f"{cell.reach:.4g}",)),
                )
        if made.row_count:
            render.console().print(made)
    for text, count, cell in found:
        if cell is None:
            which = (
                f" with {_count(count)}" if count else f" with margin {margin:g}" if margin else ""
            )
            click.echo(f"{text!r} has no cell{which}", err=True)
    return 0 if all(cell is not None for _, _, cell in found) else ANSWER_IS_NO


def _count(iterates: int) -> str:
    return "1 iterate" if iterates == 1 else f"{iterates} iterates"


def check_library(library: Library, file: str | None, as_json: bool) -> int:
    from chaoscad.cells import check

    found = check(library)
    if as_json:
        echo_json({"ok": found.passed, **vars(found), "findings": list(found.findings)})
    else:
        where = file or "the library"
        verdict = "every one right" if found.passed else f"{found.wrong} of them wrong"
        click.echo(
            f"{where}: {counted(found.functions, 'cell')}, {counted(found.rows, 'row')}: {verdict}"
        )
    for sentence in found.findings:
        click.echo(f"  {sentence}", err=True)
    return 0 if found.passed else ANSWER_IS_NO
