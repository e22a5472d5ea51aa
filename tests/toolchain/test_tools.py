"""Tools are found, run without a shell, and what is missing is named with what to install."""

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
    import sys

    tool = Tool("python", (sys.executable,))
    done = tool.run(["-c", "import sys; print(sys.argv[1])", "$(touch x) ; y"], folder=tmp_path)
    assert (done.status, done.stdout) == (0, "$(touch x) ; y\n")
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_takes_too_long_is_stopped(tmp_path):
    import sys

    tool = Tool("python", (sys.executable,))
    with pytest.raises(ChaoscadError, match=r"python took longer than 0\.2 s"):
        tool.run(["-c", "import time; time.sleep(60)"], folder=tmp_path, timeout=0.2)


@needs("yosys")
def test_yosys_runs(tmp_path):
    done = require("yosys").run(["-V"], folder=tmp_path)
    assert done.status == 0
    assert done.stdout.startswith("Yosys")


def test_programs_that_a_stopped_tool_has_started_are_stopped_too(tmp_path):
    import sys
    import time

    code = (
        "import subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', "
        "'import time, pathlib; time.sleep(2); pathlib.Path(\"late\").touch()']).wait()\n"
    )
    with pytest.raises(ChaoscadError, match="took longer"):
        Tool("python", (sys.executable,)).run(["-c", code], folder=tmp_path, timeout=0.7)
    time.sleep(2.5)
    assert not (tmp_path / "late").exists()
