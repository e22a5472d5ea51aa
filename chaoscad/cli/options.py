"""Options that several commands share, and the text of options read."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from chaoscad.errors import listed, shown
from chaoscad.files import number_of

Function = TypeVar("Function", bound=Callable[..., Any])
_Value = TypeVar("_Value", float, tuple[float, float])


class FiniteRange(click.FloatRange):
    """A range of finite numbers: to `click.FloatRange` NaN lies within every range."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number; a text that writes none is refused by name."""
        found = super().convert(value, param, ctx)
        if not math.isfinite(found):
            self.fail(f"{found} is not a finite number", param, ctx)
        return found


allow_outside = click.option(
    "--allow-outside",
    "outside",
    is_flag=True,
    help="Let a file name circuits, references, curves and included files outside of its folder.",
)

configuration_option = click.option(
    "--configuration",
    metavar="NAME",
    help="The configuration of a design that has several.",
)

force_option = click.option("--force", is_flag=True, help="Write over files that exist already.")


scheduler_option = click.option(
    "--scheduler",
    metavar="tcp://HOST:PORT",
    callback=lambda ctx, _, address: _no_workers_beside(ctx, address),
    help="A Dask scheduler that runs already, whose workers are used instead.",
)
"""Stands below the option `--workers` of a command, which is read first."""


def workers_option(what: str, usual: str, least: int = 0) -> Callable[[Function], Function]:
    """The option `--workers`: processes that share out `what`."""
    here = "; 0 takes this one" if least == 0 else ""
    return click.option(
        "--workers",
        type=click.IntRange(least),
        is_eager=True,
        help=f"Processes on this machine that share out {what}{here}.  [default: {usual}]",
    )


def _no_workers_beside(ctx: click.Context, address: str | None) -> str | None:
    if address is not None and ctx.params.get("workers") is not None:
        raise click.UsageError("--workers is of this machine, and --scheduler has its own workers")
    return address


def finite_number(text: str, flag: str) -> float:
    """The finite number that a text of the option `flag` writes."""
    value = number_of(text.strip())
    if value is None or not math.isfinite(value):
        raise click.UsageError(f"{shown(text)} in {flag} is not a finite number")
    return value


def assignment(text: str, flag: str) -> tuple[str, float]:
    """The name and the number of `NAME=VALUE`."""
    name, separator, value = text.partition("=")
    if not separator or not name.strip() or number_of(value.strip()) is None:
        raise click.UsageError(f"{flag} takes NAME=VALUE with a number, not {shown(text)}")
    return name.strip(), finite_number(value, flag)


def range_assignment(text: str, flag: str) -> tuple[str, tuple[float, float]]:
    """The name and the ends of `NAME=LOW:HIGH`."""
    name, separator, bounds = text.partition("=")
    low, colon, high = bounds.partition(":")
    if not separator or not colon:
        raise click.UsageError(f"{flag} takes NAME=LOW:HIGH, not {shown(text)}")
    return name.strip(), (finite_number(low, flag), finite_number(high, flag))


def once(flag: str, pairs: Iterable[tuple[str, _Value]]) -> dict[str, _Value]:
    """Values by name; a name that is given twice has two meanings."""
    found: dict[str, _Value] = {}
    for name, value in pairs:
        if name in found:
            raise click.UsageError(
                f"{flag} gives {name} twice: {_told(found[name])} and {_told(value)}"
            )
        found[name] = value
    return found


def _told(value: float | tuple[float, float]) -> str:
    return ":".join(f"{part:g}" for part in (value if isinstance(value, tuple) else (value,)))


def _settings(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> dict[str, float]:
    return once("--set", (assignment(text, "--set") for text in texts))


set_option = click.option(
    "--set",
    "settings",
    multiple=True,
    callback=_settings,
    metavar="NAME=VALUE",
    help="A parameter of the system; may be given again.",
)


def _spreads(
    _: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> dict[str, str] | str | None:
    """`NAME=SIZE`, given again for other names, or one `SIZE` for all parameters."""
    flag = parameter.opts[0]
    if not texts:
        return None
    first, *others = texts
    if not any("=" in text for text in texts):
        if others:
            raise click.UsageError(f"{flag} gives two sizes for all parameters: {listed(texts)}")
        return first
    found: dict[str, str] = {}
    for text in texts:
        name, separator, size = (part.strip() for part in text.partition("="))
        if not separator or not name or not size:
            raise click.UsageError(
                f"{flag} takes NAME=SIZE for single parameters or one SIZE for all, not {shown(text)}"
            )
        if name in found:
            raise click.UsageError(f"{flag} gives {name} twice: {found[name]} and {size}")
        found[name] = size
    return found


def spread_option(flag: str, name: str, what: str) -> Callable[[Function], Function]:
    """An option of sizes: `NAME=SIZE`, given again, or one `SIZE` for all parameters."""
    return click.option(
        flag,
        name,
        multiple=True,
        callback=_spreads,
        metavar="[NAME=]SIZE",
        help=f"{what}: 0.01, '2 %' of the value, 'uniform' after it if not normal; may be given again. "
        "Without a NAME: x0, delta and threshold by SIZE, system parameters by SIZE of their value.",
    )


tolerance_option = spread_option(
    "--tolerance", "tolerance", "The spread of a parameter from gate to gate"
)
global_option = spread_option("--global", "shared", "The spread that all gates of a device share")


def _noises(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> dict[str, float]:
    return once("--noise", (assignment(text, "--noise") for text in texts))


noise_option = click.option(
    "--noise",
    multiple=True,
    callback=_noises,
    metavar="KIND=SIGMA",
    help="Noise on the state (state=SIGMA) or at the comparator (comparator=SIGMA).",
)
