"""`chaoscad optimize`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chaoscad.cli.centred import (
    Told,
    centred_configurations,
    centred_design,
    deviations_of_command,
    ranking_of,
)
from chaoscad.cli.main import ANSWER_IS_NO, echo_json
from chaoscad.cli.options import (
    FiniteRange,
    allow_outside,
    force_option,
    global_option,
    tolerance_option,
)
from chaoscad.errors import ChaoscadError

if TYPE_CHECKING:
    from chaoscad.robustness.centring import Centred
    from chaoscad.workflow import Optimized, Reconfigured


FEWEST = "fewest"
"""The objective by which a netlist of configurations gets as few controls and iterates as will do."""


@click.command("optimize")
@click.argument("netlist", type=click.Path())
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="The design file; '-' for stdout.  [default: NAME.design.json]",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="Seed of the random starts.",
)
@click.option("--restarts", type=click.IntRange(1, 1_000_000), help="Starts that run together.")
@click.option("--steps", type=click.IntRange(1, 10_000_000), help="Steps of every start.")
@click.option("--optimizer", "optimizer_name", help="adam, adabelief, sgd, rmsprop, lion, ...")
@click.option("--learning-rate", type=float, help="Highest learning rate.")
@click.option("--schedule", help="constant, cosine, exponential, linear or warmup_cosine.")
@click.option(
    "--optimizer-argument",
    "arguments",
    multiple=True,
    metavar="NAME=VALUE",
    help="An argument of the optimizer, such as b1=0.8; may be given again.",
)
@click.option("--clip-norm", type=float, help="Largest norm of a start's gradient.")
@click.option(
    "--objective",
    help="margin; yield or tolerance (the worst-case distance), which need a tolerance; fewest, of "
    "configurations: the fewest controls, then the fewest iterates, then the best margin; or a loss: "
    "cross-entropy, squared, huber, focal, or a weighted sum such as 'cross-entropy + 0.1*margin'.",
)
@tolerance_option
@global_option
@click.option(
    "--yield",
    "least",
    type=FiniteRange(0, 1),
    help="The yield that is asked for: the exit status is 3 when it is not reached.",
)
@click.option(
    "--relaxation",
    type=click.Choice(["expected", "straight-through"]),
    help="What gates pass on while a circuit is trained.",
)
@click.option(
    "--method",
    type=click.Choice(["auto", "gradient", "sat"]),
    help="How free gates get their functions: by training, by exact search, or by what suits.",
)
@click.option(
    "--look-up/--no-look-up",
    default=None,
    help="Take gates of known function from a cell library where one fits.",
)
@click.option(
    "--recipe",
    default="default",
    show_default=True,
    help="Complete settings to start from: default or published.",
)
@click.option(
    "--polish/--no-polish",
    default=None,
    help="Maximise every gate's margin once its function is known.",
)
@allow_outside
@click.option("--keep-unsolved", is_flag=True, help="Write the design even when it is not solved.")
@force_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def command(
    netlist: str,
    output: str | None,
    seed: int,
    keep_unsolved: bool,
    outside: bool,
    force: bool,
    as_json: bool,
    recipe: str,
    tolerance: dict[str, str] | str | None,
    shared: dict[str, str] | str | None,
    least: float | None,
    **options: Any,
) -> int:
    """Find parameters for every gate of a netlist, verify them, write a design file.

    A design that does not verify is not written unless --keep-unsolved is given, and the exit
    status is 3. With a tolerance, here or in the netlist's hardware, the share of devices that work
    is told; --objective yield or tolerance moves the gates to where more of them do.

    Of a netlist with configurations, one hardware is found that does each of them by its controls.
    """
    from chaoscad.cli.compiled import keep_compiled
    from chaoscad.cli.written import check_free
    from chaoscad.formats import format_of
    from chaoscad.netlist import check

    keep_compiled()

    circuit, warnings = check(netlist, outside=outside)
    for warning in warnings:
        click.echo(str(warning), err=True)
    path = f"{circuit.name}.design.json" if output is None else output
    if path == "-" and as_json:
        raise click.UsageError("-o - and --json both write to stdout; give one of them")
    if format_of(path) is not None:
        raise click.UsageError(f"a design is JSON; -o {path} names a file of another format")
    if path != "-":
        check_free(path, force, [netlist, *circuit.files])

    from chaoscad.cli.search_settings import with_options
    from chaoscad.solve import recipe as recipe_of

    fewest = options["objective"] == FEWEST
    if fewest:
        if not circuit.configurations:
            what = "counts the controls of configurations, and the netlist has none"
            raise click.UsageError(f"--objective {FEWEST} {what}")
        options["objective"] = None
    deviations = deviations_of_command(circuit, tolerance, shared, options["objective"], least)

    try:
        settings = with_options(recipe_of(recipe), options)
    except ChaoscadError as error:
        raise click.UsageError("; ".join(item.message for item in error.diagnostics)) from None

    from chaoscad.fewest import run_fewest
    from chaoscad.tune.terminal import progress
    from chaoscad.workflow import run, run_configurations

    heard = {"progress": progress(), "command": _command_line(netlist)}
    objective = options["objective"]
    centre: Callable[..., tuple[Any, Centred | None]]
    found: Optimized | Reconfigured
    centred = None
    if circuit.configurations:
        search = run_fewest if fewest else run_configurations
        found = search(circuit, seed=seed, settings=settings, **heard)
        centre = centred_configurations
    else:
        ranking = ranking_of(deviations, objective, seed)
        found = run(circuit, seed=seed, settings=settings, ranking=ranking, **heard)
        centre = centred_design
    if found.design.solved and deviations is not None:
        try:
            found, centred = centre(found, tolerance, shared, objective, seed)
        except ChaoscadError as error:
            raise error.about(netlist) from None
    return _concluded(found, Told(centred, objective, least), path, keep_unsolved, as_json)


def _concluded(
    found: Optimized | Reconfigured, told: Told, path: str, keep_unsolved: bool, as_json: bool
) -> int:
    """Write a design, print what was found, and give the exit status."""
    from chaoscad.cli import optimized, reconfigured, render
    from chaoscad.design import dumps, save
    from chaoscad.workflow import Optimized

    design, written = found.design, None
    if design.solved or keep_unsolved:
        if path == "-":
            click.echo(dumps(design), nl=False)
        else:
            written = save(design, path)
    telling: Any = optimized if isinstance(found, Optimized) else reconfigured
    if isinstance(found, Optimized) and design.solved:
        render.warn(found.verification.warnings())
    if as_json:
        data = telling.optimized_data(found)
        ok = design.solved and told.reached
        echo_json({"ok": ok, "file": written, **data, "yield": told.to_data()})
    elif path != "-":
        telling.print_found(found, told)
        if written is not None:
            render.console().print(f"written to {written}", markup=False, soft_wrap=True)
    if design.solved:
        return told.status()
    telling.explain(found)
    if written is None and path != "-":
        click.echo("nothing was written; --keep-unsolved writes the design all the same", err=True)
    return ANSWER_IS_NO


def _command_line(netlist: str) -> str:
    """The command without paths and without what changes only the output: the design's bytes must
    not depend on where it is written."""
    import shlex

    context = click.get_current_context()
    words = ["chaoscad", "optimize", Path(netlist).name]
    for parameter in context.command.params:
        name = parameter.name or ""
        value = context.params.get(name)
        if name in ("netlist", "output", "keep_unsolved", "force", "as_json", "seed") or value in (
            None,
            (),
        ):
            continue
        if name == "recipe" and value == "default":
            continue
        if value is False and not parameter.secondary_opts:
            continue
        if isinstance(value, bool):
            words.append(parameter.opts[0] if value else parameter.secondary_opts[0])
            continue
        if isinstance(value, dict):
            value = tuple(f"{key}={size}" for key, size in value.items())
        for item in value if isinstance(value, tuple) else (value,):
            words += [parameter.opts[-1], str(item)]
    return shlex.join([*words, "--seed", str(context.params["seed"])])
