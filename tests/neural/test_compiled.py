"""Compiled programs on disk."""

import os
import subprocess
import sys

from tests.conftest import ROOT

SCRIPT = """
import jax
from neural.compiled import keep_compiled
assert jax.config.jax_compilation_cache_dir is None
keep_compiled()
print(jax.config.jax_compilation_cache_dir)
jax.jit(lambda x: x + 1)(1.0)
"""


def test_a_script_keeps_its_programs_where_the_command_line_does(tmp_path):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("JAX_")}
    environment["XDG_CACHE_HOME"] = str(tmp_path)
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )  # fmt: skip
    folder = tmp_path / "chaoscad" / "jax"
    assert told.stdout == f"{folder}\n"
    assert any(path.name.startswith("jit__lambda") for path in folder.iterdir())
