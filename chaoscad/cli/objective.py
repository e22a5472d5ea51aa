"""The options by which cells are chosen: by their margin, or by their yield under a tolerance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from chaoscad.cli.options import Function, global_option, noise_option, tolerance_option

if TYPE_CHECKING:
    from chaoscad.netlist.deviations import Deviations
    from chaoscad.systems import Setting

OBJECTIVES = ("margin", "yield")


def objective_options(command: Function) -> Function:
    """`--objective`, and the tolerance that yield is of."""
    objective = click.option(
        "--objective",
        type=click.Choice(OBJECTIVES),
        default="margin",
        show_default=True,
        help="Which cells are best: of the greatest margin, or those that fail least under --tolerance, "
        "--global and --noise.",
    )
    return objective(tolerance_option(global_option(noise_option(command))))


def tolerance_given(
    setting: Setting,
    objective: str,
    tolerance: Mapping[str, str] | str | None,
    shared: Mapping[str, str] | str | None,
    noise: Mapping[str, float],
) -> Deviations | None:
    """What cells of a system are to stand, or `None` for the objective margin.

    **Raises:** `click.UsageError` for a tolerance without the objective yield, and the other way round.
    """
    given = {"--tolerance": tolerance, "--global": shared, "--noise": noise or None}
    flags = [flag for flag, value in given.items() if value is not None]
    if objective == "margin":
        if flags:
            raise click.UsageError(f"{flags[0]} belongs to --objective yield")
        return None
    if not flags:
        raise click.UsageError("--objective yield needs --tolerance, --global or --noise")
    from chaoscad.cells import tolerance_of

    return tolerance_of(setting, tolerance=tolerance, shared=shared, noise=noise)
