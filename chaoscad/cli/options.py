"""Options that several commands share, and the text of options read."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from chaoscad.errors import shown
from chaoscad.files import number_of

_Value = TypeVar("_Value", float, tuple[float, float], str)

allow_outside = click.option(
    "--allow-outside",
    "outside",
    is_flag=True,
    help="Let a file name circuits, references, curves and included files outside of its folder.",
)

force_option = click.option("--force", is_flag=True, help="Write over files that exist already.")


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


def _told(value: float | tuple[float, float] | str) -> str:
    if isinstance(value, str):
        return value
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


OF_THE_NETLIST = "netlist"
"""The word that stands for what the netlist says of itself."""


def _sizes(
    _: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> dict[str, str] | str | None:
    """Sizes by parameter, or one text for all of them, as `robustness.deviations_of` takes them."""
    flag = parameter.opts[0]
    if not texts:
        return None
    pairs = [text.partition("=") for text in texts if text.strip() != OF_THE_NETLIST]
    alone = [name.strip() for name, separator, _ in pairs if not separator]
    if alone:
        if len(texts) > 1:
            raise click.UsageError(
                f"{flag} {alone[0]} is one size for all parameters, and is given alone; "
                "for some of them write NAME=SIZE"
            )
        return alone[0]
    for name, _, size in pairs:
        if not name.strip() or not size.strip():
            raise click.UsageError(
                f"{flag} takes NAME=SIZE or one SIZE, such as x0=0.01 or '2 %', "
                f"not {shown(f'{name}={size}')}"
            )
    return once(flag, ((name.strip(), size.strip()) for name, _, size in pairs))


def sizes_option(flag: str, what: str) -> Callable[[Any], Any]:
    """An option of sizes by parameter: `NAME=SIZE`, again and again, or one `SIZE` for all.

    The command gets what `robustness.deviations_of` takes: a dictionary (empty for the word
    `netlist`), one text, or `None` where the option is not given.
    """
    return click.option(
        flag,
        multiple=True,
        callback=_sizes,
        metavar="[NAME=]SIZE",
        help=f"{what}: NAME=SIZE with x0, delta, threshold or a parameter of the system, may be given "
        "again; or one SIZE for all parameters. A size is 0.01 or '2 %', with 'uniform' after it if "
        "it is the half-width of a uniform spread. What is not named is as hardware says in the "
        "netlist; the word 'netlist' changes nothing there.",
    )


tolerance_option = sizes_option("--tolerance", "What may deviate in every gate")
