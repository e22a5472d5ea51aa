"""What `chaoscad yield` prints: yields, noise, worst cases and rare failures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from chaoscad.cli import render
from chaoscad.errors import counted

if TYPE_CHECKING:
    from chaoscad.cli.yield_ import Found
    from chaoscad.robustness import (
        BitErrorRates,
        ErrorGrowth,
        RareFailures,
        RowCase,
        Share,
        WorstCases,
        YieldEstimate,
    )

SHOWN = 8
"""Rows that err most, of those of gates and of the circuit."""


def print_found(name: str, found: Found) -> None:
    """All that was asked for, as text."""
    if found.yield_ is not None:
        for line in _lines(name, found.yield_):
            click.echo(render.printable(line))
        if found.each is not None:
            _print_each(found.each)
        _tables(found.yield_)
    if found.cases is not None:
        _print_cases(name, found.cases)
    if found.rare is not None:
        for line in _rare_lines(name, found.rare):
            click.echo(render.printable(line))
    if found.rates is not None:
        _print_rates(name, found.rates)
    if found.growth is not None:
        click.echo(_growth_line(found.growth))


def _print_each(each: Mapping[str, Share]) -> None:
    """The yields of configurations, the lowest first."""
    made = render.table("configuration", "yield", "from", "to", right=("yield", "from", "to"))
    for name, share in sorted(each.items(), key=lambda pair: pair[1].value):
        ends = (percent(value, share.of) for value in (share.value, *share.interval))
        made.add_row(render.plain(name), *ends)
    render.console().print(made)


def percent(value: float, devices: int) -> str:
    """A share in per cent, with the digits that the sample supports."""
    digits = max(1, len(str(devices)) // 2)
    return f"{100 * value:.{digits}f} %"


def _lines(name: str, found: YieldEstimate) -> list[str]:
    share = found.yield_
    low, high = (percent(end, share.of) for end in share.interval)
    lines = [
        f"{name}: yield {percent(share.value, share.of)}, between {low} and {high} with "
        f"{100 * share.confidence:g} % confidence ({counted(share.of, 'device')}, seed {found.seed})"
    ]
    if found.undecided:
        lines.append(
            f"{found.undecided} devices were not decided in time; they count as wrong in the yield, and "
            "as right in the upper end"
        )
    if found.outside:
        lines.append(
            f"in {percent(found.outside / share.of, share.of)} of the devices a state lies outside of its "
            "declared range: formulas are evaluated there, measured curves keep the value of their end"
        )
    lines.append(_again(counted(found.checked, "device"), found.differ, found.checked))
    return lines


def _again(what: str, differ: int, count: int) -> str:
    flaw = f", {differ} with other bits" if differ else ", with the same bits"
    return f"{what} {'was' if count == 1 else 'were'} evaluated again by NumPy{flaw}"


def _tables(found: YieldEstimate) -> None:
    out = render.console()
    if found.parameters:
        made = render.table("deviates alone", "yield", "from", "to", right=("yield", "from", "to"))
        for name, share in found.parameters.items():
            ends = (share.value, *share.interval)
            made.add_row(render.plain(name), *(percent(end, share.of) for end in ends))
        out.print(made)
    if not found.rows:
        return
    made = render.table("gate", "row", "wrong in", "outside in", right=("wrong in", "outside in"))
    for row in found.rows:
        shares = (row.devices / found.devices, row.outside / found.devices)
        made.add_row(
            render.plain(row.gate), row.inputs, *(percent(one, found.devices) for one in shares)
        )
    out.print(made)


def _print_cases(name: str, found: WorstCases) -> None:
    """The nearest failure of every gate, and the gate at the nearest of all."""
    seen = [row for row in found.rows if row.distance is not None]
    if not seen:
        click.echo(render.printable(f"{name}: no failure was found in any direction"))
        return
    breaking = next((row for row in seen if row.breaks), None)
    told = breaking or seen[0]
    what = (
        "the nearest device that fails"
        if breaking
        else "the nearest changed bit, of a device that works,"
    )
    click.echo(
        render.printable(
            f"{name}: {what} is {_rate(told.distance)} standard deviations away: gate "
            f"{told.gate!r} in row {told.inputs} with {_device(told)}"
        )
    )
    nearest: dict[str, RowCase] = {}
    for row in seen:
        nearest.setdefault(row.gate, row)
    made = render.table(
        "gate", "row", "distance", "to first order", "circuit", right=("distance", "to first order")
    )
    for row in list(nearest.values())[: render.MOST_GATES]:
        made.add_row(
            *(render.plain(row.gate), row.inputs, _rate(row.distance)),
            "none" if row.linear is None else _rate(row.linear),
            {True: "wrong", False: "right", None: "not decided"}[row.breaks],
        )
    render.console().print(made)
    if len(nearest) > render.MOST_GATES:
        click.echo(f"{len(nearest) - render.MOST_GATES} more gates; --json has every row")
    unseen = sorted({row.gate for row in found.rows} - set(nearest))
    if unseen:
        shown = ", ".join(unseen[:SHOWN]) + (", ..." if len(unseen) > SHOWN else "")
        click.echo(
            render.printable(f"no failure was found of {counted(len(unseen), 'gate')}: {shown}")
        )


def _device(row: RowCase) -> str:
    """The gate's parameters at its worst case."""
    return ", ".join(f"{name} {render.number(value)}" for name, value in (row.device or {}).items())


def _rare_lines(name: str, found: RareFailures) -> list[str]:
    drawn = f"{counted(found.samples, 'device')} around {counted(found.points, 'worst case')}"
    if found.interval is None:
        return [f"{name}: failures by importance sampling are not known ({drawn}): {found.reason}"]
    low, high = map(_rate, found.interval)
    return [
        f"{name}: {_rate(found.failure)} of the devices fail, between {low} and {high} with "
        f"{100 * found.confidence:g} % confidence (importance sampling, {drawn}, {found.failing} of "
        "them failing)"
    ]


def _print_rates(name: str, rates: BitErrorRates) -> None:
    """The rows of the circuit and of its gates that noise turns most often."""
    deviations, worst = rates.deviations, rates.worst_output
    told = f"{name}: worst bit error rate {_rate(worst.errors.value)}, output {worst.output} at "
    told += f"{worst.inputs}, with noise {deviations.state_noise:g} on the state and "
    told += f"{deviations.comparator_noise:g} at the comparator "
    told += f"({counted(rates.trials, 'evaluation')} of each row)"
    click.echo(render.printable(told))
    click.echo(_again(f"{rates.checked} of them", rates.differ, rates.checked))
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


def _growth_line(found: ErrorGrowth) -> str:
    first, last = (f"{_rate(found.worst[end])} at {found.at[end]:g}" for end in (0, -1))
    told = f"the worst row errs in {first}, in {last}"
    if found.exponent is None:
        return told
    return f"{told}; the Lyapunov exponent is {found.exponent:.4g} {found.unit}"


def _rate(value: float | None) -> str:
    return f"{value:.3g}"
