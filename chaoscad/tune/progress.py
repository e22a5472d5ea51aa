"""Progress of a run, told to whoever listens."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class Progress(Protocol):
    """Listens to a training run."""

    def start(self, steps: int, trials: int) -> None:
        """A run of at most `steps` steps over `trials` trials begins."""
        ...

    def advance(self, taken: int, solved: int, retired: int) -> None:
        """`taken` steps are done; so many trials are solved, so many non-finite."""
        ...

    def finish(self) -> None:
        """The run is over, also when it was interrupted."""
        ...


class Silent:
    """Listens and says nothing."""

    def start(self, steps: int, trials: int) -> None:
        """Ignore."""

    def advance(self, taken: int, solved: int, retired: int) -> None:
        """Ignore."""

    def finish(self) -> None:
        """Ignore."""
