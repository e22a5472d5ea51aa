"""The designs of the gallery: kept in tests/data/designs where solving takes long, else solved."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from chaoscad.design import Design, load
from chaoscad.errors import ChaoscadError
from chaoscad.evidence import Evidence
from chaoscad.export import Export, Options
from chaoscad.export.handover import HandOver, hand_over
from chaoscad.export.target import Exporter
from chaoscad.toolchain import available
from tests.conftest import ROOT

KEPT = ROOT / "tests" / "data" / "designs"


TOOLS = {
    "verilog": ("iverilog", "vvp", "verilator", "yosys"),
    "spice": ("ngspice",),
    "c": ("cc",),
    "table": (),
    "blif": ("yosys",),
}
"""What checks each target."""


def tools_for(target: str) -> bool:
    """Whether the tools of a target are there; where CI requires them, the test fails without."""
    missing = [name for name in TOOLS[target] if available(name) is None]
    if missing and os.environ.get("CHAOSCAD_REQUIRE_TOOLS"):
        pytest.fail(f"required, but {', '.join(missing)} not installed")
    return not missing


def prepared(exporter: Exporter[Any], design: Design, options: Options) -> Any:
    """What an exporter makes of a design that nothing is known of."""
    return exporter.prepare(Evidence(design), options)


def exported(exporter: Exporter[Any], design: Design, options: Options) -> Export:
    """The files of a design, which need not verify."""
    return exporter.export(prepared(exporter, design, options))


def refusals(exporter: Exporter[Any], design: Design, options: Options) -> list[str]:
    """Why an exporter refuses a design."""
    with pytest.raises(ChaoscadError) as caught:
        prepared(exporter, design, options)
    return [str(item) for item in caught.value.diagnostics]


def handed_over(
    exporter: Exporter[Any], design: Design, options: Options, folder: Path, **choices: bool
) -> HandOver:
    """The folder of a design, which need not verify."""
    return hand_over(exporter, prepared(exporter, design, options), folder, **choices)


@cache
def gallery_design(name: str) -> Design:
    """The design of a netlist of the gallery."""
    kept = KEPT / f"{name}.json"
    if kept.is_file():
        return load(kept)
    from chaoscad import load as load_netlist
    from chaoscad import optimize

    return optimize(load_netlist(str(ROOT / "netlists" / f"{name}.yaml")), seed=0)


@pytest.fixture
def lorenz() -> Design:
    """Six gates on the Lorenz flow."""
    return gallery_design("lorenz")


@pytest.fixture
def half_adder() -> Design:
    """Two gates on the logistic map."""
    return gallery_design("half_adder")


@pytest.fixture
def three_transistor() -> Design:
    """Six gates on a measured curve."""
    return gallery_design("three_transistor")
