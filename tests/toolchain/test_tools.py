"""Tools are found, run without a shell and within limits; what is missing is named."""

import os
import sys
import time
from pathlib import Path

import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.toolchain import TOOLS, Tool, available, require
from tests.conftest import needs


def test_a_missing_tool_is_named_with_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ChaoscadError) as caught:
        require("iverilog")
    assert str(caught.value) == (
        "error: iverilog is not installed; install it (Debian: apt install iverilog)"
    )
    assert available("iverilog") is None


def test_every_tool_says_what_to_install():
    assert all("install" in kind.install for kind in TOOLS.values())


def test_a_program_that_cannot_be_started_is_an_error(tmp_path):
    with pytest.raises(ChaoscadError, match="ghost cannot be started: no such file"):
        Tool("ghost", (str(tmp_path / "ghost"),)).run([], folder=tmp_path)


def test_arguments_reach_the_tool_without_a_shell(tmp_path):
    tool = Tool("python", (sys.executable,))
    done = tool.run(["-c", "import sys; print(sys.argv[1])", "$(touch x) ; y"], folder=tmp_path)
    assert (done.status, done.stdout) == (0, "$(touch x) ; y\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import time; time.sleep(60)", "python took longer than 0.3 s"),
        ("x = bytearray(10**9)", "python needs more than the 64 MiB of memory that it may have"),
        ("x = 1", None),
        ("while True: print('x' * 1000)", "python wrote more than the 1 MiB that it may"),
        (
            "try: print('x' * 2**21, flush=True)\nexcept OSError: import os; os._exit(0)",
            "python wrote more than the 1 MiB that it may",
        ),
        (
            "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL)\n"
            "open('f', 'wb').write(bytes(2**21))",
            "python wrote more than the 1 MiB that it may",
        ),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds a running program")
def test_time_memory_and_files_of_a_tool_are_bounded(tmp_path, code, message):
    def run() -> int:
        tool = Tool("python", (sys.executable, "-S", "-E"))
        limits = {"timeout": 0.3 if "sleep" in code else 20, "memory": 2**26, "written": 2**20}
        return tool.run(["-c", code], folder=tmp_path, hint="do less", **limits).status

    if message is None:
        assert run() == 0
        return
    with pytest.raises(ChaoscadError) as caught:
        run()
    assert str(caught.value) == f"error: {message}; do less"


@needs("yosys")
def test_yosys_runs(tmp_path):
    done = require("yosys").run(["-V"], folder=tmp_path)
    assert done.status == 0
    assert done.stdout.startswith("Yosys")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits of processes")
def test_a_tool_that_is_left_behind_has_the_time_of_all_cores_and_no_more(tmp_path):
    code = "import resource; print(resource.getrlimit(resource.RLIMIT_CPU)[0])"
    done = Tool("python", (sys.executable,)).run(["-c", code], folder=tmp_path, timeout=20)
    assert int(done.stdout) == 20 * (os.cpu_count() or 1) + 1


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
@pytest.mark.parametrize("ending", [".wait()", ""], ids=["stopped", "ended"])
def test_programs_that_a_tool_has_started_end_with_it(tmp_path, ending):
    code = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"print(child.pid, flush=True); open('pid', 'w').write(str(child.pid)); child{ending}\n"
        "sys.exit(0)"
    )
    tool = Tool("python", (sys.executable,))
    if ending:
        with pytest.raises(ChaoscadError, match="took longer"):
            tool.run(["-c", code], folder=tmp_path, timeout=0.7)
    else:
        assert tool.run(["-c", code], folder=tmp_path, timeout=20).status == 0
    child = Path("/proc", (tmp_path / "pid").read_text(), "stat")
    until = time.monotonic() + 5
    while _runs(child) and time.monotonic() < until:
        time.sleep(0.01)
    assert not _runs(child)


def _runs(stat: Path) -> bool:
    """Whether a process is neither gone nor a zombie that waits for its adopter."""
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
