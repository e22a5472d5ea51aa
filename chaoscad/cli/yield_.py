"""`chaoscad yield`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from chaoscad.cli.main import ANSWER_IS_NO, echo_json
from chaoscad.cli.options import force_option, global_option, noise_option, tolerance_option

if TYPE_CHECKING:
    from chaoscad.robustness import BitErrorRates, YieldEstimate

MOST_TRIALS = 10**7
"""Evaluations of a noisy design, whatever the number of devices."""

SHOWN = 8
"""Rows that err most, of those of gates and of the circuit."""

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
    """Say how many devices of a design work, and how often noise turns its bits.

    Devices are drawn with the tolerances of the netlist's `hardware`, or those given here; one works
    when every row of the circuit that matters is right. The yield comes with an exact binomial
    interval, the rows and gates that fail most, and how many devices leave the declared range. With
    noise, the design itself is evaluated as many times, and the rows that err most are listed. A
    yield says nothing of noise, and a bit error rate nothing of tolerances.
    """
    from chaoscad.cli import render
    from chaoscad.cli.written import check_free
    from chaoscad.design import load
    from chaoscad.errors import ChaoscadError
    from chaoscad.evidence import Evidence
    from chaoscad.robustness import bit_error_rates, deviations_of, measure
    from chaoscad.tune.terminal import progress

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
        found = rates = curve = None
        if deviations.noisy:
            rates = bit_error_rates(
                *(evidence, deviations),
                trials=min(devices, MOST_TRIALS),
                seed=seed,
                confidence=confidence,
                progress=progress("evaluations"),
            )
        drawn = (by_parameter, "--by-parameter"), (least, "--least"), (output, "-o"), (csv, "--csv")
        for given, flag in drawn:
            if rates is not None and not deviations.spread and given not in (None, False):
                raise ChaoscadError(f"{flag} is of a yield, and no tolerance is given, only noise")
        if deviations.spread or rates is None:
            found = measure(
                evidence,
                deviations,
                devices=devices,
                seed=seed,
                confidence=confidence,
                by_parameter=by_parameter,
                progress=progress("devices"),
            )
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
    reached = least is None or found is None or found.yield_.interval[0] >= least
    if as_json:
        data = {} if found is None else found.to_data()
        data |= {} if rates is None else {"bit_errors": rates.to_data()}
        echo_json({"ok": reached, "design": loaded.name, **data})
        return 0 if reached else ANSWER_IS_NO
    if found is not None:
        for line in _lines(loaded.name, found):
            click.echo(render.printable(line))
        _tables(found)
    if rates is not None:
        _print_rates(loaded.name, rates)
    for what, path in (("drawn to", output), ("written to", csv)):
        if path is not None:
            click.echo(f"{what} {path}")
    if least is not None and found is not None:
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


def _print_rates(name: str, rates: BitErrorRates) -> None:
    """The rows of the circuit and of its gates that noise turns most often."""
    from chaoscad.cli import render

    deviations, worst = rates.deviations, rates.worst_output
    told = f"{name}: worst bit error rate {_rate(worst.errors.value)}, output {worst.output} at "
    told += f"{worst.inputs}, with noise {deviations.state_noise:g} on the state and "
    told += f"{deviations.comparator_noise:g} at the comparator ({rates.trials} evaluations of each row)"
    click.echo(render.printable(told))
    flaw = f", {rates.differ} with other bits" if rates.differ else ", with the same bits"
    click.echo(f"{rates.checked} of them were evaluated again by NumPy{flaw}")
    made = render.table("net", "row", "error", "from", "to", right=("error", "from", "to"))
    outputs = sorted(rates.outputs, key=lambda item: -item.errors.value)[:SHOWN]
    gates = sorted((row for row in rates.rows if row.matters), key=lambda item: -item.errors.value)[
        :SHOWN
    ]
    for what, row in [
        *((f"output {item.output}", item) for item in outputs),
        *((f"gate {item.gate}", item) for item in gates),
    ]:
        ends = (row.errors.value, *row.errors.interval)
        made.add_row(render.plain(what), row.inputs, *(_rate(end) for end in ends))
    render.console().print(made)


def _rate(value: float) -> str:
    return f"{value:.3g}"
