"""`chaoscad trim`."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

import click

from chaoscad.cli.main import ANSWER_IS_NO, echo_json
from chaoscad.cli.options import force_option

if TYPE_CHECKING:
    from chaoscad.robustness import Share, Trimmed
    from chaoscad.tune import Progress

MOST_SHOWN = 20
"""Devices that are listed: those with the least margins."""


@click.command("trim")
@click.argument("design", type=click.Path())
@click.argument("devices", type=click.Path(), nargs=-1, required=True)
@click.option(
    "--control",
    "controls",
    multiple=True,
    type=click.Choice(["x0", "threshold"]),
    help="What can be set in a device; may be given again.  [default: both]",
)
@click.option(
    "--sweep",
    type=click.Choice(["up", "down", "mean"]),
    help="Which of an upward and a downward sweep of a curve is meant.",
)
@click.option("--dac-bits", type=int, help="Bits of the converter.  [default: the netlist's]")
@click.option("--dac-range", type=float, nargs=2, metavar="LOW HIGH", help="Its range in volts.")
@click.option(
    "--least",
    type=click.FloatRange(0, 1),
    help="The part of the devices that must work; else all, or the exit status is 3.",
)
@click.option("-o", "--output", type=click.Path(), help="The settings of all devices, as CSV.")
@force_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def command(
    design: str,
    devices: tuple[str, ...],
    controls: tuple[str, ...],
    sweep: str | None,
    dac_bits: int | None,
    dac_range: tuple[float, float] | None,
    least: float | None,
    output: str | None,
    force: bool,
    as_json: bool,
) -> int:
    """Set every device of a design anew, from its own measurement.

    Each of DEVICES is a measured curve, which all gates of one device have; a folder with a curve
    GATE.csv for every gate of one device; or a table with a device in every row and columns that are
    called as parameters, such as a, or p.a for the gate p alone. Weights and wiring stay; x0 and the
    threshold of every gate get the values of the best margin, as codes where the hardware has a
    converter. A device works when all of its gates do.
    """
    from chaoscad.cli.written import check_free
    from chaoscad.design import load
    from chaoscad.errors import ChaoscadError
    from chaoscad.hardware import hardware_of
    from chaoscad.robustness import trim

    if output is not None:
        check_free(output, force, [design, *devices])
    loaded = load(design)
    try:
        hardware = hardware_of(loaded, dac_bits=dac_bits, dac_range=dac_range)
        found = trim(
            loaded,
            devices,
            controls=controls or ("x0", "threshold"),
            sweep=sweep,  # type: ignore[arg-type]
            hardware=hardware,
            progress=None if as_json else _progress(),
        )
    except ChaoscadError as error:
        if any(item.file for item in error.diagnostics):
            raise
        raise error.about(design) from None
    if output is not None:
        from chaoscad.analysis import to_csv
        from chaoscad.files import write_text

        write_text(output, to_csv(found.columns()))
    enough = found.after.value >= (1.0 if least is None else least)
    if as_json:
        echo_json({"ok": enough, **found.to_data()})
        return 0 if enough else ANSWER_IS_NO
    _tell(found)
    if output is not None:
        click.echo(f"written to {output}")
    return 0 if enough else ANSWER_IS_NO


def _progress() -> Progress | None:
    """A bar on a terminal; without one, what draws it is not even loaded."""
    if not sys.stderr.isatty():
        return None
    from chaoscad.tune.terminal import progress

    return progress("devices")


def _tell(found: Trimmed) -> None:
    from chaoscad.cli import render

    out = render.console()
    lost = found.lost
    for device in lost:
        for reason in device.reasons:
            said = render.printable(f"{device.name} cannot be saved: {reason}")
            out.print(said, markup=False, soft_wrap=True)
    worst = sorted(found.devices, key=lambda device: (device.after, device.name))[:MOST_SHOWN]
    made = render.table(
        "device", "margin before", "after", "worst gate", right=("margin before", "after")
    )
    for device in worst:
        gate = min(device.gates, key=lambda one: one.after)
        row = (render.number(device.before), render.number(device.after), render.plain(gate.gate))
        made.add_row(render.plain(device.name), *row)
    out.print(made)
    if len(found.devices) > len(worst):
        out.print(f"the {len(worst)} devices of the least margins; -o writes the settings of all")
    if found.drift:
        made = render.table(
            "a device may drift in",
            "down by",
            "first",
            "up by",
            "first at",
            right=("down by", "up by"),
        )
        for item in found.drift:
            name = f"{item.parameter} (part)" if item.relative else item.parameter
            ends = (item.down, item.down_at), (item.up, item.up_at)
            down, up = (
                render.plain(" ".join(at) if math.isfinite(move) else "") for move, at in ends
            )
            made.add_row(render.plain(name), _move(item.down), down, _move(item.up), up)
        out.print(made)
    now = f"{_works(found.after)} with {' and '.join(found.controls)} set anew"
    said = f"{found.design}: {_works(found.before)} work as designed, {now}"
    out.print(render.printable(said), markup=False, soft_wrap=True)


def _move(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "any"


def _works(share: Share) -> str:
    low, high = share.interval
    return f"{share.count} of {share.of} devices ({100 * low:.0f} to {100 * high:.0f} % at 99 % confidence)"
