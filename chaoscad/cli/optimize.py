"""`chaoscad optimize`."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chaoscad.cli.centred import (
    CENTRED,
    centred_configurations,
    centred_design,
    deviations_of_command,
    ranking_of,
    reached,
    said_of_target,
    yield_lines,
)
from chaoscad.cli.main import ANSWER_IS_NO, echo_json
from chaoscad.cli.options import (
    FiniteRange,
    allow_outside,
    force_option,
    global_option,
    tolerance_option,
)
from chaoscad.errors import ChaoscadError, counted

if TYPE_CHECKING:
    from chaoscad.robustness.centring import Centred
    from chaoscad.workflow import Optimized, Reconfigured


FEWEST = "fewest"
"""The objective by which a netlist of configurations gets as few controls and iterates as will do."""

NEAR = 1.0101
"""A bound that is no more than this many times the margin is called reached."""

MOST_BELOW = 10
"""Gates below their bounds that are listed."""


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
    from chaoscad.design import dumps, save
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

    from chaoscad.cli import render
    from chaoscad.tune.terminal import progress
    from chaoscad.workflow import run, run_configurations, run_fewest

    if circuit.configurations:
        search = run_fewest if fewest else run_configurations
        found = search(
            circuit,
            seed=seed,
            settings=settings,
            progress=progress(),
            command=_command_line(netlist),
        )
        centred = None
        if found.design.solved and deviations is not None:
            found, centred = centred_configurations(
                *(found, tolerance, shared, options["objective"], seed)
            )
        said = _reconfigured(
            found, path, keep_unsolved, as_json, centred, options["objective"], least
        )
        return said or said_of_target(centred, options["objective"], least)
    result = run(
        circuit,
        seed=seed,
        settings=settings,
        progress=progress(),
        command=_command_line(netlist),
        ranking=ranking_of(deviations, options["objective"], seed),
    )
    centred = None
    if result.design.solved and deviations is not None:
        try:
            result, centred = centred_design(result, tolerance, shared, options["objective"], seed)
        except ChaoscadError as error:
            raise error.about(netlist) from None
    design = result.design
    written = None
    if design.solved or keep_unsolved:
        if path == "-":
            click.echo(dumps(design), nl=False)
        else:
            written = save(design, path)
    if design.solved:
        render.warn(result.verification.warnings())
    if as_json:
        _print_json(result, written, centred, options["objective"], least)
    elif path != "-" and not result.solution.infeasible and not _proven_impossible(result):
        _print(result, written, centred, options["objective"])
    if not design.solved:
        _explain(result)
        if written is None and path != "-":
            click.echo(
                "nothing was written; --keep-unsolved writes the design all the same", err=True
            )
        return ANSWER_IS_NO
    return said_of_target(centred, options["objective"], least)


def _reconfigured(
    result: Reconfigured,
    path: str,
    keep_unsolved: bool,
    as_json: bool,
    centred: Centred | None,
    objective: str | None,
    least: float | None,
) -> int:
    """Write and print a design of several configurations."""
    from chaoscad.cli import reconfigured, render
    from chaoscad.design import dumps, save

    design, written = result.design, None
    if design.solved or keep_unsolved:
        if path == "-":
            click.echo(dumps(design), nl=False)
        else:
            written = save(design, path)
    if as_json:
        told = None if centred is None else centred.to_data()
        data = reconfigured.optimized_data(result, written)
        ok = result.design.solved and reached(centred, objective, least)
        echo_json({**data, "ok": ok, "yield": told})
    elif path != "-" and (
        not result.solution.infeasible or reconfigured.found_in_part(design) is not None
    ):
        out = render.console()
        if len(design.netlist.gates) <= render.MOST_GATES:
            reconfigured.print_design(out, design)
        out.print(render.printable(reconfigured.summary(design)), markup=False)
        if centred is not None:
            for line in yield_lines(centred, objective, design):
                out.print(line, markup=False, soft_wrap=True)
        if written is not None:
            out.print(f"written to {written}", markup=False, soft_wrap=True)
    if design.solved:
        return 0
    reconfigured.explain(result)
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


def _print(
    result: Optimized, written: str | None, centred: Centred | None, objective: str | None
) -> None:
    from chaoscad.cli import gate_tables, render

    out = render.console()
    design, verification = result.design, result.verification
    if len(design.gates) <= render.MOST_GATES:
        out.print(gate_tables.design_table(design))
        for line in [*gate_tables.room_note(design), *render.flow_lines(design, verification)]:
            out.print(line, markup=False, soft_wrap=True)
    state = "solved" if design.solved else "NOT solved"
    out.print(
        f"{design.name}: {state}: {render.rows_right(verification)}, "
        f"worst margin {render.number(verification.worst_margin)}",
        markup=False,
    )
    # Where the yield decides, the margins are not the greatest.
    for line in bounds_text(result) if design.solved and objective not in CENTRED else ():
        out.print(line, markup=False, soft_wrap=True)
    for line in yield_lines(centred, objective, design) if centred is not None else ():
        out.print(line, markup=False, soft_wrap=True)
    if written is not None:
        out.print(f"written to {written}", markup=False, soft_wrap=True)


def bounds_text(result: Optimized) -> list[str]:
    """How near the margins are to what is proven to be possible."""
    from chaoscad.cli.render import number, printable

    found = result.solution.gates
    known = [gate for gate in result.design.gates if isfinite(found[gate.name].bound)]
    below = [gate for gate in known if gate.margin * NEAR < found[gate.name].bound]
    total, near = len(result.design.gates), len(known) - len(below)
    if not known:
        return ["no bound on the margins is proven"]
    if near == total:
        which = "the margin is" if total == 1 else "every margin is"
        return [f"{which} within 1 % of the greatest possible for its function: proven"]
    lines = [
        f"{near} of {total} margins within 1 % of the greatest possible for their functions: proven"
    ]
    for gate in below[:MOST_BELOW]:
        bound = found[gate.name].bound
        lines.append(
            printable(
                f"gate {gate.name!r}: margin {number(gate.margin)}, proven to be at most "
                f"{number(bound)}, {100 * (bound / gate.margin - 1):.2g} % more"
            )
        )
    if len(below) > MOST_BELOW:
        lines.append(f"and {len(below) - MOST_BELOW} more gates below their bounds")
    if len(known) < total:
        lines.append(f"no bound is known of {counted(total - len(known), 'gate')}")
    return lines


def _print_json(
    result: Optimized,
    written: str | None,
    centred: Centred | None,
    objective: str | None,
    least: float | None,
) -> None:
    from chaoscad.cli.render import verification_data
    from chaoscad.design import to_json

    echo_json(
        {
            "ok": result.design.solved and reached(centred, objective, least),
            "file": written,
            "verdict": result.solution.verdict.value,
            "verification": verification_data(result.verification),
            "bounds": {
                name: found.bound if isfinite(found.bound) else None
                for name, found in result.solution.gates.items()
            },
            "infeasible": {
                name: found.to_data() for name, found in result.solution.infeasible.items()
            },
            "stages": [stage.to_data() for stage in result.solution.stages],
            "yield": None if centred is None else centred.to_data(),
            "design": to_json(result.design),
        }
    )


def _proven_impossible(result: Optimized) -> bool:
    """Whether no choice of functions reaches the targets: then there is no design to show."""
    return result.solution.verdict.name in ("WIRING", "IMPOSSIBLE")


def _explain(result: Optimized) -> None:
    """What failed and what may help, on stderr."""
    from chaoscad.cli.render import infeasible_text, wrong_rows
    from chaoscad.systems import Flow

    verdict = result.solution.verdict.value
    if result.solution.solved:
        verdict = "The solver was content, and verification finds it wrong."
    click.echo(f"error: {result.design.name} is not solved: {verdict}", err=True)
    if result.solution.infeasible:
        told = dict(list(result.solution.infeasible.items())[:20])
        for sentence in infeasible_text(told):
            click.echo(f"  {sentence}", err=True)
        return
    if not _proven_impossible(result):
        for sentence in result.verification.findings()[:20]:
            click.echo(f"  {sentence}", err=True)
        for line in wrong_rows(result.verification):
            click.echo(f"  {line}", err=True)
    for stage in result.solution.stages:
        if stage.trials <= 1:
            click.echo(f"  {stage.name}: {stage.outcome}", err=True)
            continue
        retired = f", {stage.retired} retired as non-finite" if stage.retired else ""
        click.echo(
            f"  {stage.name}: {stage.solved} of {stage.trials} trials solved in "
            f"{stage.steps} steps{retired}",
            err=True,
        )
    if result.solution.verdict.name == "WIRING":
        click.echo("  what may help: more gates, more inputs a gate, or other wires", err=True)
        return
    netlist = result.design.netlist
    helps = ["fewer ties"] if netlist.ties else []
    if any(gate.weights == "shared" for gate in netlist.gates):
        helps.append("independent weights")
    flows = {isinstance(gate.setting.system, Flow) for gate in netlist.gates}
    helps += ["more iterates"] if False in flows else []
    helps += ["another 'time'"] if True in flows else []
    if True in flows and any(stage.retired for stage in result.solution.stages):
        helps += ["a smaller 'step'", "a range 'state' from which no trajectory escapes"]
    helps += ["wider bounds", "more --restarts or --steps"]
    click.echo(f"  what may help: {', '.join(helps)}", err=True)
