"""`chaoscad report`."""

from __future__ import annotations

import click

from chaoscad.cli.main import ANSWER_IS_NO, echo_json
from chaoscad.cli.options import force_option, global_option, noise_option, tolerance_option


@click.command("report")
@click.argument("files", type=click.Path(), nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(), help="The page.  [default: NAME.report.html]")
@tolerance_option
@global_option
@noise_option
@click.option(
    "--devices",
    type=click.IntRange(1, 10**9),
    default=20_000,
    show_default=True,
    help="How many devices a yield draws, where something deviates.",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@force_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def command(
    files: tuple[str, ...],
    output: str | None,
    tolerance: dict[str, str] | str | None,
    shared: dict[str, str] | str | None,
    noise: dict[str, float],
    devices: int,
    seed: int,
    force: bool,
    as_json: bool,
) -> int:
    """Write designs, folders that an export wrote and results of sweeps as one page for a browser.

    The page has everything in it and fetches nothing: the schematic, the value curve of every gate,
    tables that sort, the dynamics of the systems, volts and codes where the netlist has hardware, yields
    and worst cases where it or the options say what deviates, and how the design was made. A gate of it
    is live: sliders for its numbers, its system's and noise, computed in the page by the same equations.
    Every design is verified anew; one that is not right is reported as such, with exit status 3.
    """
    from chaoscad.cli.compiled import keep_compiled
    from chaoscad.cli.written import check_free
    from chaoscad.files import write_text

    keep_compiled()

    if output is not None:
        check_free(output, force, files)
    from chaoscad.reports import compose

    made = compose(
        files, tolerance=tolerance, shared=shared, noise=noise, devices=devices, seed=seed
    )
    path = output or made.default_path
    check_free(path, force, files)
    write_text(path, made.html)
    if not made.right:
        click.echo("not every design is right; the page says what was found", err=True)
    if as_json:
        echo_json({"ok": made.right, "designs": list(made.names), "report": path})
    else:
        click.echo(f"written to {path}")
    return 0 if made.right else ANSWER_IS_NO
