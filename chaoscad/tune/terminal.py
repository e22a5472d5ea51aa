"""Training progress on a terminal."""

from __future__ import annotations

import sys

from chaoscad.tune.progress import Progress, Silent


def progress(what: str = "training") -> Progress:
    """A progress bar on stderr when that is a terminal, else silence.

    **Arguments:**

    - `what`: is done: training in steps, or the things that are counted.
    """
    return _Bar(what) if sys.stderr.isatty() else Silent()


class _Bar:
    def __init__(self, what: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        trained = what == "training"
        counted = TextColumn("{task.completed:.0f}/{task.total:.0f}" + " steps" * trained)
        solved = TextColumn("{task.fields[solved]} of {task.fields[trials]} trials solved")
        self.bar = Progress(
            TextColumn(what),
            BarColumn(),
            counted,
            *([solved] if trained else []),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self.task = self.bar.add_task(what, total=1, solved=0, trials=0)

    def start(self, steps: int, trials: int) -> None:
        self.bar.reset(self.task, total=steps, solved=0, trials=trials)
        self.bar.start()

    def advance(self, taken: int, solved: int, retired: int) -> None:  # noqa: ARG002
        self.bar.update(self.task, completed=taken, solved=solved)

    def finish(self) -> None:
        self.bar.stop()
