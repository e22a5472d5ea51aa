"""Cells that are searched: a whole library, or those that netlists and functions need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from chaoscad.cli.cell_library import command_line, named
from chaoscad.cli.cell_tables import summary
from chaoscad.cli.main import ANSWER_IS_NO, echo_json

if TYPE_CHECKING:
    from chaoscad.cells import Library
    from chaoscad.logic.truth import TruthTable
    from chaoscad.netlist.deviations import Deviations
    from chaoscad.systems import Interval, Setting


def build_library(
    setting: Setting,
    state: Interval,
    inputs: int,
    search: dict[str, Any],
    output: str | None,
    force: bool,
    as_json: bool,
    tolerance: Deviations | None,
) -> int:
    from chaoscad.cells import save
    from chaoscad.cli.written import check_free
    from chaoscad.netlist.deviations import NOISES
    from chaoscad.solve.cells.reaching import build_for
    from chaoscad.solve.cells.search import build, check_searchable
    from chaoscad.tune.terminal import progress

    assert output is not None
    check_searchable(setting, state)
    check_free(output, force)
    words = ["--build", "--inputs", str(inputs), "--seed", str(search["seed"])]
    if tolerance is not None:
        words += ["--objective", "yield"]
        for flag, given in (("--tolerance", tolerance.tolerance), ("--global", tolerance.shared)):
            for name, spread in given.items():
                words += [flag, f"{name}={spread}"]
        for name in NOISES:
            if size := getattr(tolerance, f"{name}_noise"):
                words += ["--noise", f"{name}={size!r}"]
    for count in search["iterates"]:
        words += ["--iterates", str(count)]
    if search["restarts"] is not None:
        words += ["--restarts", str(search["restarts"])]
    common = {
        "inputs": inputs,
        "command": command_line(setting, state, words),
        "progress": progress(),
        "report": lambda sentence: click.echo(sentence, err=True),
        **_options(search),
    }
    if tolerance is None:
        library = build(setting, state, **common)
    else:
        library = build_for(setting, state, tolerance, **common)
    save(library, output)
    click.echo(f"written to {output}", err=True)
    return summary(library, 0.1, None, as_json)


def add_cells(
    library: Library,
    items: tuple[str, ...],
    margin: float,
    search: dict[str, Any],
    output: str | None,
    as_json: bool,
) -> int:
    from pathlib import Path

    from chaoscad.cells import cache_path, own_library, save
    from chaoscad.errors import ChaoscadError, Diagnostic
    from chaoscad.files import check_writable
    from chaoscad.solve.cells.search import ADDED, add, check_searchable, greatest_margin
    from chaoscad.tune.terminal import progress

    check_searchable(library.setting, library.state)
    functions = _needed(library, items)
    target = Path(output) if output else cache_path(library.setting, library.state)
    if output is None:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            message = f"cannot make the folder of the user's libraries: {reason}"
            hint = "give -o FILE, or set XDG_CACHE_HOME"
            raise ChaoscadError(Diagnostic(message, str(target.parent), hint=hint)) from None
    check_writable(target)
    # What the file holds already is kept.
    kept = None
    if target.exists():
        advice = [] if output is None else ["write to another file with -o"]
        kept = own_library(target, library.setting, library.state, *advice)
        library = library.merged(kept)
    lacking = library.missing(functions, margin)
    most = greatest_margin(library, search["iterates"] or ADDED)
    beyond = [table for table in lacking if len(set(table.rows)) > 1] if margin > most else []
    if beyond:
        what = named(library.setting, library.state)
        click.echo(
            f"no cell of {what} has a margin above {most:.3g}, half the range of its values; "
            "--margin asks for less",
            err=True,
        )
    new, left = add(
        library,
        [table for table in lacking if table not in beyond],
        margin=margin,
        command="chaoscad cells --add",
        progress=progress(),
        report=lambda sentence: click.echo(sentence, err=True),
        **_options(search),
    )
    left = [*beyond, *left]
    count = len(lacking) - len(left)
    if count:
        save(new if kept is None else kept.merged(new), target)
    if as_json:
        rows = [table.rows for table in left]
        echo_json(
            {
                "ok": not left,
                "functions": len(dict.fromkeys(functions)),
                "added": count,
                "unsolved": rows,
                "written": str(target) if count else None,
            }
        )
    else:
        had = len(dict.fromkeys(functions)) - len(lacking)
        click.echo(f"{had} functions had a cell, {count} were added, {len(left)} were not solved")
        if count:
            click.echo(f"written to {target}", err=True)
    for table in left[:20]:
        click.echo(f"  not solved: {table.rows}", err=True)
    return 0 if not left else ANSWER_IS_NO


def _needed(library: Library, items: tuple[str, ...]) -> list[TruthTable]:
    """The functions of the items: those of a netlist's gates that cells of the library can be."""
    from pathlib import Path

    from chaoscad.cells.request import parse_function
    from chaoscad.errors import ChaoscadError, Diagnostic
    from chaoscad.netlist import check

    found: list[TruthTable] = []
    refused: list[Diagnostic] = []
    for item in items:
        try:
            if Path(item).suffix.lower() not in (".yaml", ".yml"):
                found.append(parse_function(item))
                continue
            circuit, warnings = check(item)
        except ChaoscadError as error:
            refused += error.diagnostics
            continue
        for warning in warnings:
            click.echo(str(warning), err=True)
        mine = [
            gate.function
            for gate in circuit.gates
            if gate.function is not None
            and gate.setting == library.setting
            and gate.bounds.state == library.state
        ]
        if not mine:
            message = "no gate has both a function and the library's system and states"
            hint = f"the library is of {named(library.setting, library.state)}"
            refused.append(Diagnostic(message, item, hint=hint))
        found += mine
    if refused:
        raise ChaoscadError(refused)
    return found


def _options(search: dict[str, Any]) -> dict[str, Any]:
    """The options of a search that were given; the others keep their defaults."""
    return {key: value for key, value in search.items() if value not in (None, ())}
