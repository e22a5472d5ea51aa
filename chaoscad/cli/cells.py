"""`chaoscad cells`."""

from __future__ import annotations

from typing import Any

import click

from chaoscad.cli.cell_library import library_of, system_of
from chaoscad.cli.cell_search import add_cells, build_library
from chaoscad.cli.cell_tables import check_library, show, summary
from chaoscad.cli.objective import objective_options, tolerance_given
from chaoscad.cli.options import force_option, scheduler_option, set_option, workers_option

SHIPPED = "shipped"

OF_MODES = {
    "--build": ("inputs", "seed", "restarts", "output", "workers", "scheduler"),
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
@click.option(
    "--margin",
    type=float,
    help="The margin that cells should have.  [default: 0.1; none for yield]",
)
@click.option("--library", "file", type=click.Path(), help="This library file instead.")
@click.option(
    "--system",
    "name",
    metavar="SYSTEM",
    help="The system: a name, a file of one, or a text in braces.  [default: logistic]",
)
@set_option
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
@objective_options
@click.option("--inputs", type=click.IntRange(1, 4), help="Most inputs to build.  [default: 4]")
@click.option("--seed", type=click.IntRange(0), help="Of the random starts.  [default: 0]")
@click.option(
    "--restarts",
    type=click.IntRange(1, 10_000),
    help="Starts per class.  [default: 64; 8 for yield]",
)
@workers_option("what --build searches", "this one", 1)
@scheduler_option
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
    settings: dict[str, float],
    state: tuple[float, float] | None,
    checked: str | None,
    build: bool,
    add: bool,
    objective: str,
    tolerance: dict[str, str] | str | None,
    shared: dict[str, str] | str | None,
    noise: dict[str, float],
    inputs: int | None,
    seed: int | None,
    restarts: int | None,
    workers: int | None,
    scheduler: str | None,
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
    user's cache, where they are found from then on. With --objective yield the library is that of
    the cells which stand the most of a tolerance: --build makes one, and the shipped one is for noise
    on the state.
    """
    job = _job(ctx, items, functions, checked, build, add)
    if margin is not None and not 0 < margin < float("inf"):
        raise click.UsageError(f"--margin is {margin:g}; it is a positive number")
    wanted = 0.1 if margin is None else margin
    if file is not None and (name or settings or state):
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
        setting, room = system_of(name, settings, state)
        stands = tolerance_given(setting, objective, tolerance, shared, noise)
        search |= {"workers": workers, "scheduler": scheduler}
        return build_library(setting, room, inputs or 4, search, output, force, as_json, stands)
    library = library_of(file, name, settings, state, empty=job == "--add", objective=objective)
    if job == "--add":
        return add_cells(library, items, wanted, search, output, as_json)
    if job == "--check":
        return check_library(library, file, as_json)
    if iterates:
        from dataclasses import replace

        kept = {count: cells for count, cells in library.entries.items() if count in iterates}
        library = replace(library, entries=kept)
    if library.objective is not None and margin is None:
        wanted = 0.0
    if job == "--function":
        return show(library, functions, iterates, compare, wanted, as_json)
    return summary(library, wanted, compare, as_json)


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
    for option in ("inputs", "seed", "restarts", "workers", "scheduler", "output", "margin"):
        if ctx.params[option] is not None and option not in OF_MODES[job]:
            what = f"with {job}" if job else "here"
            flag = "-o" if option == "output" else f"--{option}"
            raise click.UsageError(f"{flag} has no meaning {what}")
    _check_objective(ctx, job)
    if ctx.params["force"] and job != "--build":
        raise click.UsageError("--force belongs to --build; --add keeps what its file holds")
    if ctx.params["compare"] is not None and job not in ("", "--function"):
        raise click.UsageError(f"--compare has no meaning with {job}")
    if ctx.params["iterates"] and job == "--check":
        raise click.UsageError("--iterates has no meaning with --check")
    return job


def _check_objective(ctx: click.Context, job: str) -> None:
    """Refuse an objective, or a tolerance, that the job does not use."""
    if job != "--build":
        for option, flag in (
            ("tolerance", "--tolerance"),
            ("shared", "--global"),
            ("noise", "--noise"),
        ):
            if ctx.params[option]:
                raise click.UsageError(f"{flag} belongs to --build --objective yield")
    if ctx.params["objective"] == "yield":
        if job == "--add":
            message = (
                "--add searches for the margin; --build --objective yield makes a whole library"
            )
            raise click.UsageError(message)
        if ctx.params["file"] is not None:
            raise click.UsageError("--library names a file, which says its objective itself")
