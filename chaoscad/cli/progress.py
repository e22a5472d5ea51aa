"""Training progress on a terminal."""

from __future__ import annotations

import sys

from chaoscad.tune.progress import Progress, Silent


def progress() -> Progress:
    """A progress bar on stderr when that is a terminal, else silence."""
    return _Bar() if sys.stderr.isatty() else Silent()


class _Bar:
    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self.bar = Progress(
            TextColumn("training"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f} steps"),
            TextColumn("{task.fields[solved]} of {task.fields[trials]} trials solved"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self.task = self.bar.add_task("training", total=1, solved=0, trials=0)

    def start(self, steps: int, trials: int) -> None:
        self.bar.reset(self.task, total=steps, solved=0, trials=trials)
        self.bar.start()

    def advance(self, taken: int, solved: int, retired: int) -> None:  # noqa: ARG002
        self.bar.update(self.task, completed=taken, solved=solved)

    def finish(self) -> None:
        self.bar.stop()
