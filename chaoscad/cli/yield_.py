"""`chaoscad yield`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from chaoscad.cli.main import ANSWER_IS_NO, echo_json
from chaoscad.cli.options import force_option, global_option, noise_option, tolerance_option

if TYPE_CHECKING:
    from chaoscad.robustness import YieldEstimate

SAMPLED = 20_000
"""Devices of every point of a curve, and of the margins in a figure."""


@click.command("yield")
@click.argument("design", type=click.Path())
@tolerance_option
@global_option
@noise_option
@click.option(
    "--devices",
    type=click.IntRange(1, 10**9),
    default=100_000,
    show_default=True,
    help="How many devices are drawn.",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@click.option(
    "--confidence",
    type=click.FloatRange(0.5, 0.999999),
    default=0.99,
    show_default=True,
    help="Of the exact binomial intervals.",
)
@click.option(
    "--by-parameter", is_flag=True, help="Also the yield when one parameter alone deviates."
)
@click.option(
    "--least",
    type=click.FloatRange(0, 1),
    help="The yield that is asked for: the exit status is 3 when it is not shown to be reached.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="A figure (.png, .svg, .pdf): the yield against the size of the tolerance, and the margins "
    "of the rows that fail most.",
)
@click.option("--csv", type=click.Path(), help="The yield at multiples of the tolerance, as CSV.")
@force_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def command(
    design: str,
    tolerance: dict[str, str] | str | None,
    shared: dict[str, str] | str | None,
    noise: dict[str, float],
    devices: int,
    seed: int,
    confidence: float,
    by_parameter: bool,
    least: float | None,
    output: str | None,
    csv: str | None,
    force: bool,
    as_json: bool,
) -> int:
    """Say how many devices of a design work.

    Devices are drawn with the tolerances of the netlist's `hardware`, or those given here; one works
    when every row of the circuit that matters is right. The yield comes with an exact binomial
    interval, the rows and gates that fail most, and how many devices leave the declared range.
    """
    from chaoscad.cli import render
    from chaoscad.cli.progress import progress
    from chaoscad.cli.written import check_free
    from chaoscad.design import load
    from chaoscad.errors import ChaoscadError
    from chaoscad.evidence import Evidence
    from chaoscad.robustness import deviations_of, measure

    if output is not None:
        from chaoscad.plot.save import check_figure_path

        check_figure_path(output)
    for path in (output, csv):
        if path is not None:
            check_free(path, force, [design])
    loaded = load(design)
    try:
        evidence = Evidence(loaded)
        deviations = deviations_of(loaded, tolerance=tolerance, shared=shared, noise=noise)
        found = measure(
            evidence,
            deviations,
            devices=devices,
            seed=seed,
            confidence=confidence,
            by_parameter=by_parameter,
            progress=progress("devices"),
        )
        curve = None
        if output is not None or csv is not None:
            from chaoscad.robustness.curves import yield_curve

            size = min(devices, SAMPLED)
            curve = yield_curve(
                evidence, deviations, devices=size, seed=seed, confidence=confidence
            )
    except ChaoscadError as error:
        raise error.about(design) from None
    if curve is not None and csv is not None:
        from chaoscad.analysis import to_csv
        from chaoscad.files import write_text

        write_text(csv, to_csv(curve.columns()))
    if curve is not None and output is not None:
        from chaoscad.plot.save import save
        from chaoscad.plot.yields import draw_yield
        from chaoscad.robustness.curves import row_margins

        rows = row_margins(evidence, deviations, devices=min(devices, SAMPLED), seed=seed)
        save(draw_yield(loaded.name, curve, rows), output)
    reached = least is None or found.yield_.interval[0] >= least
    if as_json:
        echo_json({"ok": reached, "design": loaded.name, **found.to_data()})
        return 0 if reached else ANSWER_IS_NO
    for line in _lines(loaded.name, found):
        click.echo(render.printable(line))
    _tables(found)
    for what, path in (("drawn to", output), ("written to", csv)):
        if path is not None:
            click.echo(f"{what} {path}")
    if least is not None:
        low = _percent(found.yield_.interval[0], found.devices)
        verb = "reached" if reached else "NOT shown to be reached"
        click.echo(f"a yield of {100 * least:g} % is {verb}: the interval begins at {low}")
    return 0 if reached else ANSWER_IS_NO


def _percent(value: float, devices: int) -> str:
    """A share in per cent, with the digits that the sample supports."""
    digits = max(1, len(str(devices)) // 2)
    return f"{100 * value:.{digits}f} %"


def _lines(name: str, found: YieldEstimate) -> list[str]:
    share = found.yield_
    low, high = (_percent(end, share.of) for end in share.interval)
    lines = [
        f"{name}: yield {_percent(share.value, share.of)}, between {low} and {high} with "
        f"{100 * share.confidence:g} % confidence ({share.of} devices, seed {found.seed})"
    ]
    if found.undecided:
        lines.append(
            f"{found.undecided} devices were not decided in time; they count as wrong in the yield, and "
            "as right in the upper end"
        )
    if found.outside:
        lines.append(
            f"in {_percent(found.outside / share.of, share.of)} of the devices a state lies outside of its "
            "declared range: formulas are evaluated there, measured curves keep the value of their end"
        )
    flaw = f", {found.differ} with other bits" if found.differ else ", with the same bits"
    lines.append(f"{found.checked} devices were evaluated again by NumPy{flaw}")
    return lines


def _tables(found: YieldEstimate) -> None:
    from chaoscad.cli import render

    out = render.console()
    if found.parameters:
        made = render.table("deviates alone", "yield", "from", "to", right=("yield", "from", "to"))
        for name, share in found.parameters.items():
            ends = (share.value, *share.interval)
            made.add_row(render.plain(name), *(_percent(end, share.of) for end in ends))
        out.print(made)
    if not found.rows:
        return
    made = render.table("gate", "row", "wrong in", "outside in", right=("wrong in", "outside in"))
    for row in found.rows:
        shares = (row.devices / found.devices, row.outside / found.devices)
        made.add_row(
            render.plain(row.gate), row.inputs, *(_percent(one, found.devices) for one in shares)
        )
    out.print(made)
