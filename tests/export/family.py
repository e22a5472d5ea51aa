"""The gates of one offset and one weight whose function the number of iterates selects."""

from __future__ import annotations

import json
from typing import Any

from chaoscad.design import Design
from tests.conftest import ROOT
from tests.export.designs import with_numbers

GOLDEN: list[dict[str, Any]] = [
    gate
    for gate in json.loads((ROOT / "tests" / "data" / "golden_map_gates.json").read_text())["gates"]
    if gate["id"] in ("I1", "I2", "I3", "I4", "I5")
]


def iterate_family() -> Design:
    """Five gates, x0 = 0.325 and delta = 1/4, of 1 to 5 iterates: NAND, AND, NOR, XOR, OR."""
    lines = [
        f"  n{gate['iterates']}: {{inputs: [a, b], function: {gate['function']}, "
        f"iterates: {gate['iterates']}}}"
        for gate in GOLDEN
    ]
    names = [f"n{gate['iterates']}" for gate in GOLDEN]
    text = (
        f"chaoscad: 1\nname: iterate_family\ninputs: [a, b]\noutputs: [{', '.join(names)}]\n"
        "gates:\n" + "\n".join(lines) + "\n"
    )
    return with_numbers(
        text,
        {
            name: (gate["x0"], tuple(gate["delta"]), gate["threshold"])
            for name, gate in zip(names, GOLDEN, strict=True)
        },
    )
