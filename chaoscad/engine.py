"""Batches of work over processes: on this machine's cores, or on a cluster that exists; over Dask.

A batch goes to a worker, its result comes back, and no more batches are on the way than the workers need
to stay busy: the memory that this takes does not depend on how many batches there are. A batch whose
worker dies is given to another one.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import islice
from multiprocessing.resource_tracker import ensure_running
from typing import Any, TypeVar

from chaoscad.arguments import whole
from chaoscad.errors import ChaoscadError, Diagnostic, ToolMissing
from chaoscad.files import compiled_folder

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 2
"""Batches on the way for every thread of the workers: the next one is there when one is done."""

PATIENCE = 10.0
"""Seconds after which a scheduler that does not answer is given up."""

MOST_WORKERS = 1024

KEPT_MESSAGES = 16
"""Messages that each of Dask's connections keeps, for its developers to look at.

They are whole batches, some 100 kB each, and it keeps 1,000 of them: what made this program grow.
"""

ONE_THREAD = {
    "NPROC": "1",  # the threads of XLA's pool
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
"""The environment of a worker: it is one of several on a machine, and takes one core."""


class Lost(ChaoscadError):
    """Batches that no worker lived to finish, or a scheduler that went away."""


@dataclass(eq=False)
class Engine:
    """Workers that wait for batches.

    **Arguments:**

    - `workers`: how many there are; 0 when batches run in this process.
    - `dashboard`: the address of Dask's page about them, `None` without one.
    - `lost`: the batches, by number, of which every worker died that had them.
    """

    workers: int
    dashboard: str | None = None
    lost: list[int] = field(default_factory=list)
    _client: Any = None

    def run(
        self, function: Callable[[Item], Result], batches: Iterable[Item]
    ) -> Iterator[tuple[int, Result]]:
        """The number of every batch with its result, in the order in which they are done.

        **Arguments:**

        - `function`: of one batch; a function of a module or a `partial` of one, since it is sent.
        - `batches`: taken from while workers are free, never all at once.

        **Raises:** what `function` raises, and `Lost` when the scheduler goes away.
        """
        numbered = enumerate(batches)
        if self._client is None:
            for number, batch in numbered:
                yield number, function(batch)
            return
        yield from self._distributed(function, numbered)

    def in_order(
        self, function: Callable[[Item], Result], batches: Iterable[Item]
    ) -> Iterator[Result]:
        """The results in the order of the batches.

        **Raises:** as `run`, and `Lost` where a batch has no result.
        """
        waiting: dict[int, Result] = {}
        following = 0
        for number, result in self.run(function, batches):
            waiting[number] = result
            while following in waiting:
                yield waiting.pop(following)
                following += 1
        if self.lost:
            raise Lost(_lost(self.lost))

    def _distributed(
        self, function: Callable[[Item], Result], numbered: Iterator[tuple[int, Item]]
    ) -> Iterator[tuple[int, Result]]:
        from distributed import as_completed
        from distributed.scheduler import KilledWorker

        numbers: dict[Any, int] = {}

        def submitted(count: int) -> list[Any]:
            futures = []
            for number, batch in islice(numbered, max(0, count)):
                future = self._client.submit(function, batch, pure=False)
                numbers[future] = number
                futures.append(future)
            return futures

        pending = as_completed(submitted(AHEAD * self._threads()))
        for future in pending:
            number = numbers.pop(future)
            if future.status == "cancelled" or self._client.status != "running":
                raise Lost(f"the scheduler {self._client.scheduler.address} went away")
            error = future.exception() if future.status == "error" else None
            if isinstance(error, KilledWorker):
                self.lost.append(number)
            elif error is not None:
                raise error
            else:
                yield number, future.result()
            # Workers may have joined or left meanwhile.
            for new in submitted(AHEAD * self._threads() - len(numbers)):
                pending.add(new)

    def _threads(self) -> int:
        return max(1, sum(self._client.nthreads().values()))


@contextmanager
def engine(workers: int | None = None, scheduler: str | None = None) -> Iterator[Engine]:
    """Workers for as long as a `with` lasts.

    **Arguments:**

    - `workers`: processes on this machine, as many as it has cores by default; 0 runs batches in this
      process, one after another.
    - `scheduler`: the address of a Dask scheduler, `tcp://HOST:PORT`, whose workers are used instead.

    **Raises:** `ChaoscadError` for both of them, and for a scheduler that does not answer or has no
    workers; `ToolMissing` without Dask.
    """
    if workers is not None:
        workers = whole("the number of workers", workers, 0, MOST_WORKERS)
    if scheduler is not None and workers is not None:
        raise ChaoscadError("the workers of a scheduler are its own; leave out their number")
    if workers == 0:
        yield Engine(0)
        return
    _needs_dask()
    with _cluster(scheduler) if scheduler is not None else _local(workers) as client:
        try:
            yield Engine(len(client.nthreads()), client.dashboard_link, _client=client)
        except KeyboardInterrupt:
            # The command line raises it again until it is heard, and the workers must be gone first.
            if hasattr(signal, "setitimer"):
                signal.setitimer(signal.ITIMER_REAL, 0)
            raise


def _needs_dask() -> None:
    try:
        import distributed  # noqa: F401
    except ImportError:
        hint = "pip install 'chaoscad[sweep]'; --workers 0 (workers=0) does without it"
        message = "several processes need Dask, which is not installed"
        raise ToolMissing(Diagnostic(message, hint=hint)) from None


def _lean() -> dict[str, Any]:
    """What Dask leaves out: old messages, and a sample of every worker's stack each 10 ms.

    The samples take the interpreter's lock from the batch; without them an idle worker costs half.
    """
    return {
        "distributed.admin.low-level-log-length": KEPT_MESSAGES,
        "distributed.worker.profile.enabled": False,
    }


@contextmanager
def _local(workers: int | None) -> Iterator[Any]:
    import logging

    from dask.config import set as configured
    from distributed import Client, LocalCluster

    environment = dict(ONE_THREAD)
    folder = compiled_folder()
    if folder is not None:
        environment["JAX_COMPILATION_CACHE_DIR"] = str(folder)
        environment["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
        environment["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
    environment = {name: os.environ.get(name, value) for name, value in environment.items()}
    count = workers or _cores()
    with (
        # NumPy reads its threads when it is imported, which is before a worker sets its environment.
        configured({"distributed.nanny.pre-spawn-environ": environment, **_lean()}),
        LocalCluster(
            n_workers=0,
            threads_per_worker=1,
            memory_limit=1 / count,
            processes=True,
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        ) as started,
        Client(started) as client,
    ):
        cluster: Any = started
        cluster.sync(_deaf_to_interrupts)
        cluster.scale(count)
        client.wait_for_workers(count)
        yield client


async def _deaf_to_interrupts() -> None:
    """Block interrupts in the thread that starts workers, which have that from it.

    A terminal interrupts them too, and they would say where they were; who asked for them ends them.
    """
    if hasattr(signal, "pthread_sigmask"):
        # Before: starting it would end with the signal unblocked.
        ensure_running()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _cluster(address: str) -> Iterator[Any]:
    from dask.config import set as configured
    from distributed import Client

    hint = "'dask scheduler' starts one and tells its address"
    try:
        with configured(_lean()):
            client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError, TypeError) as error:
        reason = str(error).partition("\n")[0]
        message = f"no scheduler answers at {address}"
        if isinstance(error, ValueError | TypeError):
            message = f"{address!r} is not the address of a scheduler: {reason}"
        raise ChaoscadError(Diagnostic(message, hint=hint)) from None
    with client:
        if not client.nthreads():
            message = f"the scheduler at {address} has no workers"
            hint = f"'dask worker {address} --nthreads 1' starts one"
            raise ChaoscadError(Diagnostic(message, hint=hint))
        client.register_plugin(_one_thread(), name="chaoscad")
        _check_versions(client, address)
        yield client


def _own_version() -> str:
    return version("chaoscad")


def _check_versions(client: Any, address: str) -> None:
    """Refuse workers whose results might be others.

    **Raises:** `ChaoscadError`.
    """
    try:
        found = set(client.run(_own_version).values())
    except ImportError:
        message = f"the workers of the scheduler at {address} do not have chaoscad"
        raise ChaoscadError(Diagnostic(message, hint="install it there")) from None
    if found != {_own_version()}:
        told = ", ".join(sorted(found - {_own_version()}))
        message = f"the workers of the scheduler at {address} have chaoscad {told}"
        hint = f"this is chaoscad {_own_version()}; results of two versions are not mixed"
        raise ChaoscadError(Diagnostic(message, hint=hint))


def _one_thread() -> Any:
    from distributed import WorkerPlugin

    class OneThread(WorkerPlugin):
        """Gives JAX one core in a worker that has not loaded it yet."""

        def setup(self, worker: Any) -> None:  # noqa: ARG002
            for name, value in ONE_THREAD.items():
                os.environ.setdefault(name, value)

    return OneThread()


def _lost(numbers: list[int]) -> str:
    what = "1 batch has" if len(numbers) == 1 else f"{len(numbers)} batches have"
    return f"{what} no result: every worker that had it died"
