"""`chaoscad cells`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from chaoscad.cli.main import ANSWER_IS_NO, echo_json
from chaoscad.cli.options import force_option, settings_of

if TYPE_CHECKING:
    from chaoscad.cells import Library
    from chaoscad.logic.truth import TruthTable
    from chaoscad.systems import Interval, Setting

SHIPPED = "shipped"

OF_MODES = {
    "--build": ("inputs", "seed", "restarts", "output"),
    "--add": ("seed", "restarts", "output", "margin"),
    "--check": (),
    "--function": ("margin",),
    "": ("margin",),
}
"""The options that make sense with each job, beside those that choose the library."""


@click.command("cells")
@click.argument("items", nargs=-1, metavar="[NETLIST|FUNCTION]...")
@click.option(
    "--function",
    "functions",
    multiple=True,
    metavar="F",
    help='Show the cell of a function: XOR, AND4, 0110, "a & b | c"; may be given again.',
)
@click.option(
    "--iterates",
    type=click.IntRange(1, 20),
    multiple=True,
    help="Only this number of iterates; may be given again.  [default: all; 1 to 4 to build, 1 to 6 "
    "to add]",
)
@click.option("--compare", type=click.Choice([">", "<"]), help="Only this comparator.")
@click.option("--margin", type=float, help="The margin that cells should have.  [default: 0.1]")
@click.option("--library", "file", type=click.Path(), help="This library file instead.")
@click.option("--system", "name", metavar="NAME", help="The system.  [default: logistic]")
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of the system; may be given again.",
)
@click.option("--state", type=float, nargs=2, help="The range of the states, LOW HIGH.")
@click.option(
    "--check",
    "checked",
    is_flag=False,
    flag_value=SHIPPED,
    metavar="[FILE]",
    help="Evaluate every function of a library anew.",
)
@click.option("--build", is_flag=True, help="Search a whole library, and write it to -o.")
@click.option(
    "--add", is_flag=True, help="Search what the arguments need and the library lacks, and keep it."
)
@click.option("--inputs", type=click.IntRange(1, 4), help="Most inputs to build.  [default: 4]")
@click.option("--seed", type=click.IntRange(0), help="Of the random starts.  [default: 0]")
@click.option("--restarts", type=click.IntRange(1, 10_000), help="Starts per class.  [default: 64]")
@click.option("-o", "--output", type=click.Path(), help="The library file to write.")
@force_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
@click.pass_context
def command(
    ctx: click.Context,
    items: tuple[str, ...],
    functions: tuple[str, ...],
    iterates: tuple[int, ...],
    compare: Any,
    margin: float | None,
    file: str | None,
    name: str | None,
    assignments: tuple[str, ...],
    state: tuple[float, float] | None,
    checked: str | None,
    build: bool,
    add: bool,
    inputs: int | None,
    seed: int | None,
    restarts: int | None,
    output: str | None,
    force: bool,
    as_json: bool,
) -> int:
    """Cell libraries: solved chaogates for every function of up to four inputs.

    Without options, what the library of the logistic map offers: with how many iterates which share
    of the 65,534 functions has a cell, and with what margin. --function shows single cells. --check
    evaluates every function's cell anew, and exits with status 3 when anything is wrong. --build
    searches a library for any map. --add NETLIST|FUNCTION... solves the functions, of up to six
    inputs, that the gates of a netlist need and the library lacks; without -o it keeps them in the
    user's cache, where they are found from then on.
    """
    job = _job(ctx, items, functions, checked, build, add)
    if margin is not None and not 0 < margin < float("inf"):
        raise click.UsageError(f"--margin is {margin:g}; it is a positive number")
    wanted = 0.1 if margin is None else margin
    if file is not None and (name or assignments or state):
        raise click.UsageError("--library names a file, which says its system itself")
    if checked not in (None, SHIPPED):
        if file is not None:
            raise click.UsageError("give the file to --check or to --library, not to both")
        file = checked
    search = {
        "seed": 0 if seed is None else seed,
        "restarts": restarts,
        "iterates": tuple(dict.fromkeys(iterates)),
    }
    if job == "--build":
        setting, room = _system(name, assignments, state)
        return _build(setting, room, inputs or 4, search, output, force, as_json)
    library = _library(file, name, assignments, state, empty=job == "--add")
    if job == "--add":
        return _add(library, items, wanted, search, output, as_json)
    if job == "--check":
        return _check(library, file, as_json)
    if iterates:
        from dataclasses import replace

        kept = {count: cells for count, cells in library.entries.items() if count in iterates}
        library = replace(library, entries=kept)
    if job == "--function":
        return _show(library, functions, iterates, compare, wanted, as_json)
    return _summary(library, wanted, compare, as_json)


def _job(
    ctx: click.Context,
    items: tuple[str, ...],
    functions: tuple[str, ...],
    checked: str | None,
    build: bool,
    add: bool,
) -> str:
    """The one thing that is asked for, with options that belong to it."""
    given = {
        "--build": build,
        "--add": add,
        "--check": checked is not None,
        "--function": bool(functions),
    }
    jobs = [job for job, asked in given.items() if asked]
    if len(jobs) > 1:
        raise click.UsageError(f"{jobs[0]} and {jobs[1]} are two jobs; give one of them")
    job = jobs[0] if jobs else ""
    if items and job != "--add":
        hint = "--function shows a cell, --add searches cells"
        raise click.UsageError(f"unexpected argument {items[0]!r}; {hint}")
    if job == "--add" and not items:
        raise click.UsageError("--add needs netlists or functions")
    if job == "--build" and ctx.params["output"] is None:
        raise click.UsageError("--build needs -o FILE")
    if job == "--build" and ctx.params["file"] is not None:
        raise click.UsageError("--build makes a library; --library reads one")
    for option in ("inputs", "seed", "restarts", "output", "margin"):
        if ctx.params[option] is not None and option not in OF_MODES[job]:
            what = f"with {job}" if job else "here"
            flag = "-o" if option == "output" else f"--{option}"
            raise click.UsageError(f"{flag} has no meaning {what}")
    if ctx.params["force"] and job != "--build":
        raise click.UsageError("--force belongs to --build; --add keeps what its file holds")
    if ctx.params["compare"] is not None and job not in ("", "--function"):
        raise click.UsageError(f"--compare has no meaning with {job}")
    if ctx.params["iterates"] and job == "--check":
        raise click.UsageError("--iterates has no meaning with --check")
    return job


def _system(
    name: str | None, assignments: tuple[str, ...], state: tuple[float, float] | None
) -> tuple[Setting, Interval]:
    from chaoscad.systems import setting

    values = settings_of(assignments)
    chosen = setting(name or "logistic", **values)
    return chosen, chosen.system.state if state is None else (state[0], state[1])


def _library(
    file: str | None,
    name: str | None,
    assignments: tuple[str, ...],
    state: tuple[float, float] | None,
    *,
    empty: bool,
) -> Library:
    from chaoscad.cells import Library, library, load
    from chaoscad.errors import ChaoscadError, Diagnostic
    from chaoscad.systems import Flow

    if file is not None:
        return load(file)
    setting, room = _system(name, assignments, state)
    found = library(setting, room)
    if found is not None:
        return found
    if empty:
        return Library(setting, room, 0, {})
    message = f"there is no cell library of {_words(setting, room)}"
    build = _command_line(setting, room, ["--build", "-o"])
    hint = f"{build} FILE makes one, and --library FILE reads it"
    if isinstance(setting.system, Flow):
        hint = "cells are made of maps"
    raise ChaoscadError(Diagnostic(message, hint=hint))


def _words(setting: Setting, state: Interval) -> str:
    """A system with its parameters and states, for messages."""
    values = ", ".join(f"{key}={value:g}" for key, value in setting.parameters.items())
    what = setting.system.expression if setting.system.name == "user" else setting.system.name  # type: ignore[union-attr]
    return f"{what} {values}".strip() + f" with states in [{state[0]:g}, {state[1]:g}]"


def _summary(library: Library, margin: float, compare: Any, as_json: bool) -> int:
    from chaoscad.cells import coverage

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

    click.echo(render.printable(f"{_words(library.setting, library.state)}: cells by iterates"))
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
        plural = "" if library.inputs == 1 else "s"
        click.echo(
            f"of the {found[0].functions} functions of {library.inputs} input{plural}, constants "
            f"left out{wider}"
        )
    return 0


def _show(
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
            found.append((text, None, library.fewest(table, margin, compare)))
    if as_json:
        cells = [
            {"asked": text, "cell": None if cell is None else cell.to_data()}
            for text, _, cell in found
        ]
        echo_json({"ok": all(cell is not None for _, _, cell in found), "cells": cells})
    else:
        from chaoscad.cli import render

        made = render.table(
            *("function", "rows", "n", "x0", "delta", "threshold", "margin"),
            right=("n", "x0", "threshold", "margin"),
        )
        number = render.number
        for _, _, cell in found:
            if cell is not None:
                made.add_row(
                    title(cell.function),
                    cell.function.rows,
                    str(cell.iterates),
                    number(cell.x0),
                    " ".join(number(weight) for weight in cell.delta),
                    f"{cell.compare} {number(cell.threshold)}",
                    number(cell.margin),
                )
        if made.row_count:
            render.console().print(made)
    for text, count, cell in found:
        if cell is None:
            which = f"with margin {margin:g}" if count is None else f"with {_count(count)}"
            click.echo(f"{text!r} has no cell {which}", err=True)
    return 0 if all(cell is not None for _, _, cell in found) else ANSWER_IS_NO


def _count(iterates: int) -> str:
    return "1 iterate" if iterates == 1 else f"{iterates} iterates"


def _check(library: Library, file: str | None, as_json: bool) -> int:
    from chaoscad.cells import check

    found = check(library)
    if as_json:
        echo_json({"ok": found.passed, **vars(found), "findings": list(found.findings)})
    else:
        where = file or "the library"
        verdict = "every one right" if found.passed else f"{found.wrong} of them wrong"
        click.echo(f"{where}: {found.functions} cells, {found.rows} rows: {verdict}")
    for sentence in found.findings:
        click.echo(f"  {sentence}", err=True)
    return 0 if found.passed else ANSWER_IS_NO


def _command_line(setting: Setting, state: Interval, options: list[str]) -> str:
    """The command that makes a library again, without the paths of this machine."""
    import shlex

    words = ["chaoscad", "cells", "--system", setting.system.name]
    for key, value in setting.parameters.items():
        words += ["--set", f"{key}={value!r}"]
    return shlex.join([*words, "--state", repr(state[0]), repr(state[1]), *options])


def _options(search: dict[str, Any]) -> dict[str, Any]:
    """The options of a search that were given; the others keep their defaults."""
    return {key: value for key, value in search.items() if value not in (None, ())}


def _build(
    setting: Setting,
    state: Interval,
    inputs: int,
    search: dict[str, Any],
    output: str | None,
    force: bool,
    as_json: bool,
) -> int:
    from chaoscad.cells import save
    from chaoscad.cli.progress import progress
    from chaoscad.cli.written import check_free
    from chaoscad.solve.cells import build, check_searchable

    assert output is not None
    check_searchable(setting, state)
    check_free(output, force)
    words = ["--build", "--inputs", str(inputs), "--seed", str(search["seed"])]
    for count in search["iterates"]:
        words += ["--iterates", str(count)]
    if search["restarts"] is not None:
        words += ["--restarts", str(search["restarts"])]
    library = build(
        setting,
        state,
        inputs=inputs,
        command=_command_line(setting, state, words),
        progress=progress(),
        report=lambda sentence: click.echo(sentence, err=True),
        **_options(search),
    )
    save(library, output)
    click.echo(f"written to {output}", err=True)
    return _summary(library, 0.1, None, as_json)


def _add(
    library: Library,
    items: tuple[str, ...],
    margin: float,
    search: dict[str, Any],
    output: str | None,
    as_json: bool,
) -> int:
    from pathlib import Path

    from chaoscad.cells import cache_path, own_library, save
    from chaoscad.cli.progress import progress
    from chaoscad.errors import ChaoscadError, Diagnostic
    from chaoscad.files import check_writable
    from chaoscad.solve.cells import ADDED, add, check_searchable, greatest_margin

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
        what = _words(library.setting, library.state)
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
            hint = f"the library is of {_words(library.setting, library.state)}"
            refused.append(Diagnostic(message, item, hint=hint))
        found += mine
    if refused:
        raise ChaoscadError(refused)
    return found
