"""What is known of a design is computed once, whoever asks, and nobody changes it."""

import pytest

import chaoscad
from chaoscad.evidence import Evidence, once
from chaoscad.verification import gates, verify
from tests.export.conftest import gallery_design


def test_an_export_evaluates_every_gate_once(tmp_path, monkeypatch):
    calls = []
    original = gates.orbit_rows

    def counted(readings):
        calls.extend(setpoint for setpoint, _ in readings)
        return original(readings)

    monkeypatch.setattr(gates, "orbit_rows", counted)
    lorenz = gallery_design("lorenz")
    chaoscad.export_design(lorenz, "c", tmp_path / "out", dac_bits=12, dac_range=(-30, 30))
    assert calls == [gate.setpoint for gate in lorenz.gates]


def test_answers_are_kept_by_their_arguments_and_failures_are_not():
    asked = []

    @once
    def shifted(evidence: Evidence, by: int) -> int:
        asked.append(by)
        if by < 0:
            raise ValueError("below zero")
        return len(evidence.design.gates) + by

    design = gallery_design("full_adder")
    evidence = Evidence(design)
    assert [shifted(evidence, by) for by in (1, 2, 1)] == [6, 7, 6]
    for _ in range(2):
        with pytest.raises(ValueError, match="below zero"):
            shifted(evidence, -1)
    assert shifted(Evidence(design), 1) == 6
    assert asked == [1, 2, -1, -1, 1]


def test_evidence_is_that_of_the_design_and_cannot_be_changed():
    design = gallery_design("full_adder")
    evidence = Evidence(design)
    assert evidence.verification.summary() == verify(design).summary()
    assert evidence.verification.gates[0].rows is evidence.rows[design.gates[0].name]
    with pytest.raises(ValueError, match="read-only"):
        evidence.rows[design.gates[0].name].values[0] = 1.0
