"""Fixtures shared by all tests."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# Compilation makes single examples slow; what they take says nothing.
settings.register_profile("chaoscad", deadline=None)
settings.load_profile("chaoscad")

ROOT = Path(__file__).parent.parent


@pytest.fixture
def golden() -> list[dict[str, Any]]:
    """The golden vectors of map gates."""
    return json.loads((ROOT / "tests" / "data" / "golden_map_gates.json").read_text())["gates"]


@pytest.fixture
def tool() -> Callable[[str], str]:
    """The path of an external tool; the test is skipped, or fails in CI, when it is missing."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            if os.environ.get("CHAOSCAD_REQUIRE_TOOLS"):
                pytest.fail(f"{name} is required and missing")
            pytest.skip(f"{name} is not installed")
        return path

    return find


def gate_text(options: str = "function: AND", inputs: str = "a, b", extra: str = "") -> str:
    """A netlist with one gate `y`."""
    return (
        f"chaoscad: 1\ninputs: [{inputs}]\noutputs: [y]\n"
        f"gates:\n  y: {{inputs: [{inputs}], {options}}}\n{extra}"
    )
