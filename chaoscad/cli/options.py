"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Iterable

import click

from chaoscad.files import number_of

allow_outside = click.option(
    "--allow-outside",
    "outside",
    is_flag=True,
    help="Let a file name circuits, references, curves and included files outside of its folder.",
)


force_option = click.option("--force", is_flag=True, help="Write over files that exist already.")


def assignment(text: str) -> tuple[str, float]:
    """The name and the number of an option `--set NAME=VALUE`."""
    name, separator, value = text.partition("=")
    number = number_of(value.strip())
    if not separator or not name or number is None:
        raise click.UsageError(f"--set takes NAME=VALUE with a number, not {text!r}")
    return name, number


def settings_of(texts: Iterable[str]) -> dict[str, float]:
    """The numbers of every option `--set` by name; a name is given once."""
    found: dict[str, float] = {}
    for name, number in map(assignment, texts):
        if name in found:
            raise click.UsageError(f"--set gives {name} twice: {found[name]:g} and {number:g}")
        found[name] = number
    return found
