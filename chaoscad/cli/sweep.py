"""`chaoscad sweep`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from chaoscad.cli.main import INTERRUPTED, echo_json
from chaoscad.cli.options import allow_outside, scheduler_option, workers_option

if TYPE_CHECKING:
    from xarray import Dataset


READ = 100_000
"""Points whose reasons are read at a time."""


@click.command("sweep")
@click.argument("spec", type=click.Path())
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    required=True,
    help="The results: a folder NAME.zarr, or a file NAME.nc in netCDF.",
)
@workers_option("the points", "one for each core")
@scheduler_option
@allow_outside
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def command(
    spec: str,
    output: str,
    workers: int | None,
    scheduler: str | None,
    outside: bool,
    as_json: bool,
) -> int:
    """Measure a netlist over a grid of changes to it.

    SPEC is a YAML file with a netlist, axes (lists or ranges for any keys of the netlist, by their
    paths), and what to measure. Results are written as they come; a sweep that was interrupted goes on
    where it stopped when the same command is given again, and ends with the same bytes.
    """
    from chaoscad.cli.compiled import keep_compiled

    keep_compiled()
    from chaoscad.errors import counted
    from chaoscad.sweeps import sweep
    from chaoscad.sweeps.results import reading

    listener = _listener(as_json)
    try:
        found = sweep(
            spec,
            output,
            workers=workers,
            scheduler=scheduler,
            outside=outside,
            listener=listener,
        )
    except KeyboardInterrupt:
        told = f"interrupted; {counted(listener.written, 'point')} of {listener.points} are written"
        click.echo(f"\n{told}, and the same command goes on from there", err=True)
        return INTERRUPTED
    finally:
        listener.finish()
    with reading(output):
        summary = _summary(found)
        if as_json:
            echo_json({"ok": True, "output": output, **summary})
        else:
            _tell(found, summary, output)
    return 0


def _listener(quiet: bool) -> Any:
    """Tells the size, the dashboard and the progress on stderr."""
    from chaoscad.errors import counted
    from chaoscad.sweeps import Listener
    from chaoscad.tune.terminal import progress

    @dataclass
    class Told(Listener):
        written: int = 0
        bar: Any = field(default_factory=lambda: progress("points"))

        def planned(self) -> None:
            self.written = self.done
            for warning in self.warnings:
                click.echo(str(warning), err=True)
            if quiet:
                return
            known = f", {counted(self.done, 'point')} of them written already" if self.done else ""
            batches = "1 batch" if self.batches == 1 else f"{self.batches} batches"
            click.echo(f"{counted(self.points, 'point')} in {batches}{known}", err=True)

        def started(self, workers: int, dashboard: str | None) -> None:
            if dashboard is not None and not quiet:
                click.echo(f"{counted(workers, 'worker')}; dashboard {dashboard}", err=True)
            if not quiet:
                self.bar.start(self.points, 0)
                self.bar.advance(self.written, 0, 0)

        def advanced(self, points: int) -> None:
            self.written += points
            self.bar.advance(self.written, 0, 0)

        def finish(self) -> None:
            self.bar.finish()

    return Told()


def _summary(found: Dataset) -> dict[str, Any]:
    from chaoscad.sweeps.points import FAILED

    failed = int((found["status"] == FAILED).sum())
    summary: dict[str, Any] = {
        "points": int(found["status"].size),
        "axes": {str(name): int(size) for name, size in found.sizes.items()},
        "failed": failed,
    }
    if "solved" in found:
        summary["solved"] = int(found["solved"].sum())
    return summary


def _tell(found: Dataset, summary: dict[str, Any], output: str) -> None:
    from chaoscad.errors import counted, listed

    shape = " x ".join(f"{name} ({size})" for name, size in summary["axes"].items())
    click.echo(f"{counted(summary['points'], 'point')}: {shape}")
    if "solved" in summary:
        click.echo(f"solved: {summary['solved']}")
    if "margin" in found and summary.get("solved", 1):
        values = found["margin"].values
        kept = values[values == values]
        if kept.size:
            click.echo(f"margins: {kept.min():.4g} to {kept.max():.4g}")
    if summary["failed"]:
        # Slab by slab: of millions of points, texts would be the largest thing that there is.
        told = found["reason"]
        step = max(1, READ * len(told) // told.size)
        slabs = (told[at : at + step] for at in range(0, len(told), step))
        reasons = sorted({str(one) for slab in slabs for one in slab.values.ravel()} - {""})
        click.echo(f"failed: {summary['failed']} ({listed(reasons, 3, '; ')})")
    click.echo(f"written to {output}")
