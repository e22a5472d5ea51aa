"""How large, how fine and under which heading a command draws its figure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chaoscad.cli.options import finite_number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_Function = TypeVar("_Function", bound=Callable[..., Any])

SMALLEST, LARGEST = 3.0, 100.0
"""Least and greatest side of a figure, in centimetres."""

INCH = 2.54
"""Centimetres."""


@dataclass(frozen=True)
class Look:
    """What of a figure is not as its kind has it.

    **Arguments:**

    - `size`: width and height in centimetres, on paper.
    - `dpi`: dots per inch of a bitmap.
    - `title`: its heading; an empty one is none.
    """

    size: tuple[float, float] | None = None
    dpi: int | None = None
    title: str | None = None

    def save(self, figure: Figure, path: str) -> None:
        """Write a figure so.

        **Raises:** `ChaoscadError` for a path that cannot be written.
        """
        from chaoscad.plot import save
        from chaoscad.plot.style import head

        if self.size is not None:
            figure.set_size_inches((self.size[0] / INCH, self.size[1] / INCH))
        if self.title is not None or self.size is not None:
            head(figure, figure.get_suptitle() if self.title is None else self.title)
        save(figure, path, dpi=self.dpi)


def _size(_: click.Context, __: click.Parameter, text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    sides = [finite_number(part, "--size") for part in text.split(",")]
    if len(sides) != 2 or not all(SMALLEST <= side <= LARGEST for side in sides):
        raise click.UsageError(
            f"--size takes W,H of {SMALLEST:g} to {LARGEST:g} centimetres, such as 17,10; not {text!r}"
        )
    return sides[0], sides[1]


def look_options(function: _Function) -> _Function:
    """The options `--size`, `--dpi` and `--title`, handed on as `look`."""

    # The options below it are kept on the function itself.
    @wraps(function)
    def called(
        *args: Any,
        size: tuple[float, float] | None,
        dpi: int | None,
        title: str | None,
        **more: Any,
    ) -> Any:
        return function(*args, look=Look(size, dpi, title), **more)

    made: Any = called
    for option in (
        click.option("--title", help="The heading of the figure, in place of its own."),
        click.option(
            "--dpi", type=click.IntRange(30, 1200), help="Dots per inch of a PNG.  [default: 300]"
        ),
        click.option(
            "--size",
            callback=_size,
            metavar="W,H",
            help="Width and height of the figure in centimetres, such as 8.5,7.",
        ),
    ):
        made = option(made)
    return made
