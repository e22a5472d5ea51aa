"""Options that several commands share."""

from __future__ import annotations

import click

allow_outside = click.option(
    "--allow-outside",
    "outside",
    is_flag=True,
    help="Let a netlist name circuits and references outside of its own folder.",
)
