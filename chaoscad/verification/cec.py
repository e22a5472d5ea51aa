"""Equality of two circuits by ABC's `cec`, where the SAT solver is not installed."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chaoscad.errors import ChaoscadError
from chaoscad.formats import dumps
from chaoscad.logic import Logic
from chaoscad.toolchain import Tool

_PATTERN = re.compile(r"^Input pattern:(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class AbcAnswer:
    """What ABC says: `equal` is `None` when it did not decide; `inputs` tell the circuits apart."""

    equal: bool | None
    inputs: Mapping[str, int] | None = None


def check(tool: Tool, one: Logic, other: Logic, *, time_limit: float) -> AbcAnswer:
    """Ask ABC whether two circuits with the same ports are equal.

    **Arguments:**

    - `time_limit`: in seconds.

    **Raises:** `ChaoscadError` with what the tool said, when that is no answer.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="chaoscad-") as folder:
        for name, circuit in (("one.blif", one), ("other.blif", other)):
            plain = circuit.numbered(one.inputs, one.outputs)
            (Path(folder) / name).write_text(dumps(plain, "blif"), encoding="ascii")
        try:
            done = tool.run(
                ["-q", f"cec -T {max(1, int(time_limit))} one.blif other.blif"],
                folder=folder,
                timeout=time_limit,
            )
        except ChaoscadError:
            if time.monotonic() - began < time_limit:
                raise
            return AbcAnswer(None)
    if "Networks are equivalent" in done.output:
        return AbcAnswer(True)
    if "Networks are UNDECIDED" in done.output:
        return AbcAnswer(None)
    found = _PATTERN.search(done.output)
    if "Networks are NOT EQUIVALENT" not in done.output or found is None:
        words = " ".join(done.output.split())[-300:]
        raise ChaoscadError(f"{tool.name} gave no answer: {words or 'it printed nothing'}")
    values = dict(pair.split("=") for pair in found[1].split())
    return AbcAnswer(
        False,
        {name: int(values.get(f"i{index}") == "1") for index, name in enumerate(one.inputs)},
    )
