"""Decks with noise: what ngspice draws, and that its bit errors are ours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chaoscad.design import Design
from chaoscad.evidence import Evidence
from chaoscad.export import EXPORTERS, Hardware, Options
from chaoscad.export.rows import expected
from chaoscad.export.spice.noise import noise_agreement, noisy
from chaoscad.toolchain import require
from tests.conftest import needs
from tests.export.conftest import exported, gallery_design, handed_over, refusals
from tests.export.designs import with_numbers

SPICE = EXPORTERS["spice"]

NOISY = "{state: 0.02, comparator: 0.03}"


def gate(noise: str = NOISY) -> Design:
    """AND at two iterates; the second sees the noise of both."""
    return with_numbers(
        "chaoscad: 1\nname: noisy\nsystem: logistic\ninputs: [a, b]\noutputs: [y]\n"
        f"hardware: {{noise: {noise}}}\n"
        "gates: {y: {inputs: [a, b], iterates: 2, function: AND}}\n",
        {"y": (0.325, (0.25, 0.25), 0.7)},
    )


def trials(count: int, hardware: Hardware | None = None) -> Options:
    return Options(hardware or Hardware(), own={"noise_trials": count})


def test_the_deck_has_sources_before_every_iterate_and_at_the_comparator():
    files = exported(SPICE, gate(), trials(100, Hardware(2.0, -1.0))).files
    circuit = files["noisy_circuit.cir"].splitlines()
    drawn = [line for line in circuit if "TRNOISE" in line]
    assert drawn == [
        "Vnoise1_x noise1_x 0 DC 0 TRNOISE(0.04 0.001 0 0)",
        "Vnoise2_x noise2_x 0 DC 0 TRNOISE(0.04 0.001 0 0)",
        "Vnoise noise 0 DC 0 TRNOISE(0.06 0.001 0 0)",
    ]
    assert "TRNOISE" not in files["circuit.cir"]
    deck = files["noise.cir"].splitlines()
    assert "let e1_3 = mean(v(wrong1)[301,400])" in deck
    assert "tran 0.001 0.4 0 0.001" in deck
    assert "do not model" not in files["README.md"]
    only = exported(SPICE, gate("{comparator: 0.03}"), trials(100)).files["noisy_circuit.cir"]
    assert only.count("TRNOISE") == 1


@pytest.mark.slow
@needs("ngspice")
def test_ngspice_finds_our_bit_errors(tmp_path: Path):
    written = handed_over(SPICE, gate(), trials(20_000), tmp_path / "out", check=True)
    assert written.log is not None
    assert written.log.passed, written.log.text
    assert written.log.text.splitlines()[-1] == (
        "binomial tests at 99 % together: 4 of 4 rates agree"
    )
    # Beside the rates of a noise that is a fifth greater it does not agree.
    made = noisy(Evidence(gate()), trials(20_000))
    assert made is not None
    other = replace(made.deviations, state_noise=0.024)
    found = noise_agreement(
        require("ngspice"),
        replace(made, deviations=other),
        expected(made.evidence, 4096, 0),
        "noise.cir",
        tmp_path / "out",
    )
    assert not found.passed


@pytest.mark.parametrize(
    ("design", "count", "said"),
    [
        (
            lambda: gallery_design("full_adder"),
            10,
            "error: there is no noise, and all trials of --noise-trials would be equal; give "
            "hardware.noise in the netlist, such as {state: 0.01, comparator: 0.01}",
        ),
        (
            gate,
            10**6,
            "error: the number of trials of --noise-trials is 1000000, and must be from 1 to 250000 (the "
            "4 rows have 1000000 together; chaoscad yield draws 10^9)",
        ),
        (
            lambda: replace(
                gallery_design("lorenz"),
                netlist=replace(
                    gallery_design("lorenz").netlist, hardware={"noise": {"state": 0.01}}
                ),
            ),
            10,
            "error: a deck with noise is of maps, which take no time, and the design has a flow; "
            "chaoscad yield has its bit error rates",
        ),
    ],
)
def test_what_has_no_trials_is_refused(design, count: int, said: str):
    assert refusals(SPICE, design(), trials(count)) == [said]
