"""`chaoscad quantise`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from chaoscad.cli.main import ANSWER_IS_NO, echo_json
from chaoscad.cli.options import configuration_option, force_option
from chaoscad.errors import listed

if TYPE_CHECKING:
    from chaoscad.design import Design
    from chaoscad.fixed_point.tune import Quantised
    from chaoscad.fixed_point.widths import Widths


@click.command("quantise")
@click.argument("design", type=click.Path())
@click.option(
    "--rounding",
    type=click.Choice(("truncate", "nearest")),
    default="truncate",
    show_default=True,
    help="How every iterate is rounded to the grid: towards minus infinity, or to the nearest.",
)
@click.option(
    "--bits",
    type=click.IntRange(2, 24),
    help="Tune the design again on the grid of this many fraction bits, and write it.",
)
@click.option("--margins", is_flag=True, help="List the margin of every gate at every width.")
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="The tuned design, '-' for stdout.  [default: NAME.qBITS.design.json, with --bits; without "
    "it, -o takes the width that an export takes]",
)
@configuration_option
@force_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def command(
    design: str,
    configuration: str | None,
    rounding: str,
    bits: int | None,
    margins: bool,
    output: str | None,
    force: bool,
    as_json: bool,
) -> int:
    """Find the word length that a design needs in fixed point, or tune it again for one.

    Every number of fraction bits from 2 to 24 is tried on every gate, bit by bit as the exported
    Verilog and C compute: whether a gate works is not monotone in the width. With --bits or -o, x0,
    weights and thresholds are tuned on the grid of one width. The exit status is 3 when no width
    works, or the tuned design does not.
    """
    from chaoscad.cli.written import check_free
    from chaoscad.design import dumps, load
    from chaoscad.errors import ChaoscadError
    from chaoscad.evidence import Evidence
    from chaoscad.files import write_text
    from chaoscad.fixed_point.tune import quantised
    from chaoscad.fixed_point.widths import widths

    if output == "-" and as_json:
        raise click.UsageError("-o - and --json both want stdout")
    loaded = load(design, configuration)
    try:
        found = widths(Evidence(loaded), rounding)  # type: ignore[arg-type]
    except ChaoscadError as error:
        raise error.about(design) from None
    tuned: Quantised | None = None
    path = output
    if bits is not None or output is not None:
        width = bits if bits is not None else found.chosen
        if width is None:
            click.echo("no width works as it is; choose one to tune for with --bits", err=True)
            return ANSWER_IS_NO
        path = output or f"{loaded.name}.q{width}.design.json"
        if path != "-":
            check_free(path, force, [design])
        tuned = quantised(loaded, width, found.rounding)
    works = found.least is not None if tuned is None else tuned.found
    if tuned is not None and tuned.found and path is not None and path != "-":
        write_text(path, dumps(tuned.design))
    if as_json:
        data = {"ok": works, **_data(found)}
        if tuned is not None:
            data["tuned"] = _tuned_data(tuned, path if tuned.found else None)
        echo_json(data)
    elif tuned is not None:
        if tuned.found and path == "-":
            click.echo(dumps(tuned.design), nl=False)
        _say_tuned(found, tuned, path)
    else:
        _print(loaded, found, margins)
    return 0 if works else ANSWER_IS_NO


def _print(design: Design, found: Widths, margins: bool) -> None:
    from chaoscad.cli import render
    from chaoscad.netlist import title

    out = render.console()
    made = render.table(
        *("gate", "function", "n", "least", "all from", "works with", "margin in float64"),
        right=("n", "least", "all from", "margin in float64"),
    )
    listed = _hardest(found)
    for gate, item in zip(design.gates, found.gates, strict=True):
        if item.name not in listed:
            continue
        made.add_row(
            render.plain(gate.name),
            render.plain(title(gate.function)),
            str(gate.iterates),
            _or_none(item.least),
            _or_none(item.settled),
            spans(item.works),
            render.number(gate.margin),
        )
    out.print(made)
    if len(listed) < len(found.gates):
        out.print(
            f"and {len(found.gates) - len(listed)} more gates that need no more; --json has all"
        )
    made = render.table("fraction bits", "word", "worst margin", "gate", right=("worst margin",))
    for width in found.integer_bits:
        worst = found.margin(width)
        name = min(found.gates, key=lambda item: item.margins[width]).name
        word = f"Q{found.integer_bits[width]}.{width}"
        told = render.number(worst) if worst > 0 else "wrong"
        made.add_row(str(width), word, told, render.plain(name))
    out.print(made)
    if margins:
        _print_margins(found)
    if found.least is None:
        line = "no width from 2 to 24 works for the whole design; --bits tunes it for one"
    else:
        from_on = "with wide words it fails"
        if found.settled is not None:
            from_on = f"all from {found.settled} on do"
        line = (
            f"{design.name}: {found.least} fraction bits are the least that work, {from_on}; "
            f"an export takes {found.chosen}"
        )
    out.print(render.printable(line), markup=False, soft_wrap=True)


def _hardest(found: Widths) -> frozenset[str]:
    """The gates that are listed: of many, those that need the most bits."""
    from chaoscad.cli.render import MOST_GATES

    order = sorted(found.gates, key=lambda item: -(item.settled or 99))
    return frozenset(item.name for item in order[:MOST_GATES])


def _print_margins(found: Widths) -> None:
    from chaoscad.cli import render

    bits = [str(width) for width in found.integer_bits]
    made = render.table("gate", *bits, right=tuple(bits))
    listed = _hardest(found)
    for item in found.gates:
        if item.name not in listed:
            continue
        cells = [f"{margin:.3g}" if margin > 0 else "-" for margin in item.margins.values()]
        made.add_row(render.plain(item.name), *cells)
    render.console().print(made)


def spans(works: tuple[int, ...]) -> str:
    """Widths as spans: `5, 8-24`."""
    found: list[list[int]] = []
    for width in works:
        if found and width == found[-1][1] + 1:
            found[-1][1] = width
        else:
            found.append([width, width])
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in found) or "none"


def _or_none(width: int | None) -> str:
    return "none" if width is None else str(width)


def _say_tuned(found: Widths, tuned: Quantised, path: str | None) -> None:
    from chaoscad.cli import render

    width = tuned.word.fraction_bits
    to_stderr = path == "-"
    lines: list[str] = []
    if tuned.found:
        before, after = found.margin(width), tuned.margin
        rounded = render.number(before) if before > 0 else "wrong"
        lines.append(
            f"{tuned.design.name}: on the grid of {tuned.word.title}, worst margin "
            f"{render.number(after)} (rounded only: {rounded}), in float64 "
            f"{render.number(tuned.design.verification.worst_margin)}"
        )
        if not to_stderr:
            lines.append(f"written to {path}")
    else:
        why = (
            f"no setting on the grid was found for {listed(tuned.unsolved, 8, ' ')}"
            if tuned.unsolved
            else "; ".join(tuned.findings[:4])
        )
        lines.append(f"{tuned.design.name}: not solved with {width} fraction bits: {why}")
        lines.append("nothing was written; give more --bits")
    for line in lines:
        click.echo(render.printable(line), err=to_stderr or not tuned.found)


def _data(found: Widths) -> dict[str, Any]:
    from chaoscad.documents import word

    return {
        "rounding": found.rounding,
        "least": found.least,
        "all_from": found.settled,
        "export": found.chosen,
        "integer_bits": {str(width): value for width, value in found.integer_bits.items()},
        "gates": {
            item.name: {
                "least": item.least,
                "all_from": item.settled,
                "works": list(item.works),
                "margins": {str(width): word(value) for width, value in item.margins.items()},
            }
            for item in found.gates
        },
    }


def _tuned_data(tuned: Quantised, path: str | None) -> dict[str, Any]:
    from chaoscad.documents import word

    return {
        "found": tuned.found,
        "file": path,
        "word": {
            "integer_bits": tuned.word.integer_bits,
            "fraction_bits": tuned.word.fraction_bits,
            "rounding": tuned.word.rounding,
        },
        "margin": word(tuned.margin) if tuned.found else None,
        "margin_in_float64": word(tuned.design.verification.worst_margin),
        "unsolved": list(tuned.unsolved),
        "findings": list(tuned.findings),
    }
