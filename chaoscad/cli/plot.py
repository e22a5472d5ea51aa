"""`chaoscad plot`."""

from __future__ import annotations

from pathlib import Path

import click

from chaoscad.cli.main import echo_json
from chaoscad.cli.options import force_option


@click.command("plot")
@click.argument("results", type=click.Path())
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="The picture: .svg, .png or .pdf; or a table of all points: .csv.  [default: NAME.svg]",
)
@click.option("--measure", metavar="NAME", help="What is drawn.  [default: margin]")
@click.option("--x", metavar="AXIS", help="The axis along x.  [default: the longest of numbers]")
@click.option("--y", metavar="AXIS", help="The axis along y: a heat map in place of curves.")
@click.option("--line", metavar="AXIS", help="The axis with a curve for each of its values.")
@click.option("--panels", metavar="AXIS", help="The axis with a panel for each of its values.")
@click.option(
    "--at",
    "at",
    multiple=True,
    metavar="AXIS=VALUE",
    help="One value of an axis: the nearest number, or the text; may be given again.",
)
@force_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def command(
    results: str,
    output: str | None,
    measure: str | None,
    x: str | None,
    y: str | None,
    line: str | None,
    panels: str | None,
    at: tuple[str, ...],
    force: bool,
    as_json: bool,
) -> int:
    """Draw the results of a sweep: curves with intervals, heat maps, small multiples.

    RESULTS is what chaoscad sweep wrote. Axes without a role are averaged over: of `solved` the
    success rate is drawn with its exact binomial interval, of numbers the median with the band that
    holds 80 % of the values. Failed points are left out.
    """
    from chaoscad.cli.written import check_free
    from chaoscad.errors import ChaoscadError
    from chaoscad.files import write_text
    from chaoscad.plot.save import check_figure_path, save
    from chaoscad.sweeps import opened
    from chaoscad.sweeps.results import reading

    stem = Path(results).name.removesuffix(".zarr").removesuffix(".nc")
    path = output or f"{stem}.svg"
    table = Path(path).suffix.lower() == ".csv"
    if not table:
        check_figure_path(path)
    check_free(path, force, [])
    chosen = _chosen(at)
    found = opened(results)
    try:
        with reading(results):
            if table:
                from chaoscad.plot.sweeps import selected

                write_text(path, selected(found, chosen).chaoscad.to_csv())
            else:
                roles = {"x": x, "y": y, "line": line, "panels": panels}
                save(found.chaoscad.draw(measure, at=chosen, **roles), path)
    except ChaoscadError as error:
        raise error.about(results) from None
    if as_json:
        echo_json({"ok": True, "results": results, "output": path})
    else:
        click.echo(f"{'written' if table else 'drawn'} to {path}")
    return 0


def _chosen(texts: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator or not name.strip() or not value.strip():
            raise click.UsageError(f"--at takes AXIS=VALUE, not {text!r}")
        if name.strip() in found:
            raise click.UsageError(f"--at gives {name.strip()} twice")
        found[name.strip()] = value.strip()
    return found
