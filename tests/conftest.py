"""Fixtures shared by all tests."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import wraps
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jaxtyping
import pytest
from hypothesis import settings

# Compilation makes single examples slow; what they take says nothing.
settings.register_profile("chaoscad", deadline=None)
settings.load_profile("chaoscad")

ROOT = Path(__file__).parent.parent

# Many tests compile the same programs: all workers keep them in one place, also for the processes that
# they start. A worker may read what another has half written; JAX warns then, and compiles
# (`filterwarnings`). Set before JAX is imported, which reads it then.
CACHE = {
    "JAX_COMPILATION_CACHE_DIR": str(ROOT / ".pytest_cache" / "jax"),
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}
for name, value in CACHE.items():
    os.environ.setdefault(name, value)
# XLA's older emitters compile a training loop in 3/5 of the time, LLVM's first level of optimisation
# in 3/4 of that, and tests compile more than they run. At level 0 those that run take twice as long.
# XLA aborts at a flag that it does not know, so only where it is known to be.
if version("jaxlib").startswith("0.10."):
    flags = "--xla_cpu_use_fusion_emitters=false --xla_backend_optimization_level=1"
    os.environ.setdefault("XLA_FLAGS", flags)

STRICT = ("-W", "error", "-W", "ignore:Error reading persistent compilation cache")
"""Options of Python by which warnings are errors in a process that a test starts."""


FIRST = ("test_gallery.py", "test_examples.py", "test_tutorials.py", "robustness/", "solve/")
"""Files of few, long tests: a worker that took one of them last would end alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest files first; the others as they come."""
    first = tuple(f"tests/{name}" for name in FIRST)
    items.sort(key=lambda item: not item.nodeid.startswith(first))


@pytest.fixture
def untyped() -> Iterator[None]:
    """Without the checks of types that tests have and users do not: for what a user meets, and where
    they take longer than the work."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture
def golden() -> list[dict[str, Any]]:
    """The golden vectors of map gates."""
    return json.loads((ROOT / "tests" / "data" / "golden_map_gates.json").read_text())["gates"]


class Listener:
    """A progress that keeps what it is told."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def start(self, steps: int, trials: int) -> None:
        self.heard.append(("start", steps, trials))

    def advance(self, taken: int, solved: int, retired: int) -> None:
        self.heard.append((taken, solved, retired))

    def finish(self) -> None:
        self.heard.append("finish")


def needs(*tools: str) -> Any:
    """Mark a test that runs external tools: skipped, or failed in CI, where one is missing."""
    from chaoscad.toolchain import available

    missing = [name for name in tools if available(name) is None]
    required = bool(os.environ.get("CHAOSCAD_REQUIRE_TOOLS"))

    def mark(test: Any) -> Any:
        if not missing:
            return test
        reason = f"{', '.join(missing)} not installed"
        if not required:
            return pytest.mark.skip(reason=reason)(test)

        @wraps(test)
        def fail(*_: Any, **__: Any) -> None:
            pytest.fail(f"required, but {reason}")

        return fail

    return mark


def gate_text(options: str = "function: AND", inputs: str = "a, b", extra: str = "") -> str:
    """A netlist with one gate `y`."""
    return (
        f"chaoscad: 1\ninputs: [{inputs}]\noutputs: [y]\n"
        f"gates:\n  y: {{inputs: [{inputs}], {options}}}\n{extra}"
    )


def with_changes(gate: Any, **changes: Any) -> Any:
    """A design's gate with other numbers: those of its setpoint by their names."""
    own = {field.name for field in fields(gate.setpoint)}
    at = {name: changes.pop(name) for name in list(changes) if name in own}
    return replace(gate, setpoint=replace(gate.setpoint, **at), **changes)
