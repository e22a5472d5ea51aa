"""Designs of several configurations: exported whole where a target can, and one by one everywhere."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest

from chaoscad.design import Design, Reconfigurable, load, load_any
from chaoscad.errors import ChaoscadError
from chaoscad.evidence import Evidence
from chaoscad.export import EXPORTERS, Hardware, Options
from chaoscad.export.handover import export
from chaoscad.export.verilog.bench_switched import sequence
from chaoscad.export.verilog.check import lint, simulate
from tests.conftest import needs
from tests.export.conftest import KEPT
from tests.export.designs import reconfigurable


@pytest.fixture
def morph() -> Reconfigurable:
    """One gate that is AND, OR or XOR by x0."""
    found = load_any(KEPT / "morph.json")
    assert isinstance(found, Reconfigurable)
    return found


@pytest.fixture
def by_time() -> Reconfigurable:
    """One gate that is NAND, AND, NOR or XOR after 1, 2, 4 or 3 iterates."""
    found = load_any(KEPT / "functions_by_time.json")
    assert isinstance(found, Reconfigurable)
    return found


def prepared(
    target: str, design: Reconfigurable, hardware: Hardware | None = None, **own: object
) -> Any:
    evidence = {name: Evidence(one) for name, one in design.configurations.items()}
    options = Options(hardware or Hardware(), own=own)
    return EXPORTERS[target].prepare_configurations(evidence, design, options)  # type: ignore[attr-defined]


def with_gate(design: Design, **changes: object) -> Design:
    """The design with another setpoint of its only gate."""
    gate = design.gates[0]
    return replace(
        design,
        gates=(replace(gate, setpoint=replace(gate.setpoint, **changes)),),  # type: ignore[arg-type]
    )


def refused(design: Design | Reconfigurable, target: str, folder: Path, **choices: str) -> str:
    with pytest.raises(ChaoscadError) as caught:
        export(design, target, folder / "refused", **choices)  # type: ignore[arg-type]
    assert not (folder / "refused").exists()
    return str(caught.value)


def test_a_target_without_a_form_for_all_names_those_that_have_one(
    morph: Reconfigurable, tmp_path: Path
):
    having = [name for name in EXPORTERS if hasattr(EXPORTERS[name], "prepare_configurations")]
    assert "verilog" in having
    assert refused(morph, "blif", tmp_path) == (
        "error: the target blif has no form for 3 configurations; targets that have: "
        f"{', '.join(having)}; --configuration NAME exports one of and, or, xor"
    )


def test_one_configuration_is_exported_as_any_design(morph: Reconfigurable, tmp_path: Path):
    export(morph, "blif", tmp_path / "out", configuration="xor")
    assert load(tmp_path / "out" / "design.json") == morph.configuration("xor")
    assert refused(morph, "blif", tmp_path, configuration="xr") == (
        "error: morph has no configuration 'xr'; did you mean 'xor'?"
    )
    one = morph.configuration("xor")
    assert refused(one, "blif", tmp_path, configuration="xor") == (
        "error: morph has one configuration, and 'xor' is asked for; leave the configuration out"
    )


def test_every_configuration_is_verified_and_of_one_hardware(morph: Reconfigurable, tmp_path: Path):
    other = with_gate(morph.configuration("or"), threshold=0.56)
    wrong = replace(morph, configurations={**morph.configurations, "or": other})
    assert refused(wrong, "verilog", tmp_path) == (
        "error: gate 'y': threshold is no control, and is 0.558957327618 in and and 0.56 in or; "
        "chaoscad verify says what is wrong; only a design that is right is exported"
    )


def test_a_walk_has_every_configuration_after_every_other():
    for count in (1, 2, 3, 5):
        found = sequence(count)
        assert found[0] == 0
        assert set(pairwise(found)) == set(product(range(count), repeat=2))


@needs("iverilog", "vvp", "yosys")
@pytest.mark.parametrize("form", ["reconfigurable", "pipelined"])
def test_verilog_switches_between_all_configurations(
    form: str, morph: Reconfigurable, tmp_path: Path
):
    written = export(morph, "verilog", tmp_path / "out", check=True, form=form)
    assert written.right
    assert written.log is not None
    assert written.log.rows == 48
    assert "PASS: 48 rows, each configuration after every other\n" in written.log.text
    assert load_any(tmp_path / "out" / "design.json") == morph
    assert (tmp_path / "out" / "configurations.csv").read_text() == (
        "configuration,number,address,gate,register,value\n"
        "and,0,0,y,x0,214\nor,1,0,y,x0,85\nxor,2,0,y,x0,183\n"
    )


@needs("iverilog", "vvp")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("value = 9'h55", "value = 9'hd6"),
        (".commit(handing_over |", ".commit(loading |"),
        ("chosen <= configuration", "chosen <= 2'd1"),
        ("(write & ~busy)", "write"),
    ],
)
def test_the_verilog_bench_notices_a_wrong_switch(
    before: str, after: str, morph: Reconfigurable, tmp_path: Path
):
    made = prepared("verilog", morph)
    files = EXPORTERS["verilog"].export(made).files
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    path = tmp_path / "morph_configured.v"
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))
    passed, said = simulate(made.whole, tmp_path)
    assert not passed
    assert said[-1].startswith("FAIL: ")


@needs("iverilog", "vvp", "verilator")
@pytest.mark.parametrize("form", ["reconfigurable", "pipelined"])
def test_in_verilog_a_register_chooses_after_how_many_iterates_a_chain_is_read(
    form: str, by_time: Reconfigurable, tmp_path: Path
):
    made = prepared("verilog", by_time, form=form)
    files = EXPORTERS["verilog"].export(made).files
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    for one, rows in ((made.core, "12"), (made.whole, "80")):
        passed, said = simulate(one, tmp_path)
        assert passed
        assert said[-1].startswith(f"PASS: {rows} rows")
    assert lint(made.whole, tmp_path)[0]
    # The early values wait in a pipeline until the last one is there, so all have one latency.
    late = {"reconfigurable": "", "pipelined": "_after_3"}[form]
    gate = files["functions_by_time_gate_logistic_n1to4_k2.v"]
    assert f"    (iterates == 3'd1) ? x_1{late} :\n    (iterates == 3'd2)" in gate
    assert files["configurations.csv"] == (
        "configuration,number,address,gate,register,value\n"
        "nand,0,5,y,iterates,1\nand,1,5,y,iterates,2\nnor,2,5,y,iterates,4\nxor,3,5,y,iterates,3\n"
    )


@needs("iverilog", "vvp", "verilator", "yosys")
def test_readings_of_one_element_change_places_in_a_pipeline(tmp_path: Path):
    swapped = load_any(KEPT / "swapped_half_adder.json")
    written = export(swapped, "verilog", tmp_path / "out", check=True, form="pipelined")
    assert written.right
    assert written.log is not None
    assert "became 1 element of the design and 2 functions\n" in written.log.text
    assert "PASS: 24 rows, each configuration after every other\n" in written.log.text


@needs("iverilog", "vvp")
def test_a_chain_that_leaves_the_word_behind_a_reading_wraps_as_its_model_does(tmp_path: Path):
    text = (
        "chaoscad: 1\nname: escaping\ninputs: [a, b]\noutputs: [y]\n"
        "defaults: {system: quadratic, bounds: {state: [-5, 5]}}\n"
        "gates: {y: {inputs: [a, b], iterates: [1, 4]}}\n"
        "configurations:\n  early: {functions: {y: XNOR}}\n  late: {functions: {y: '0001'}}\n"
        "controls: [x0, delta, threshold, iterates]\n"
    )
    # Read early it is at 14, whose square, 196, is no word.
    numbers = {
        "early": {"y": (1, -3.0, (2.0, 5.0), 5.0)},
        "late": {"y": (4, -1.5, (0.5, 1.0), 1.5)},
    }
    made = prepared(
        "verilog", reconfigurable(text, numbers), Hardware(integer_bits=4, fraction_bits=6)
    )
    for name, text in EXPORTERS["verilog"].export(made).files.items():
        (tmp_path / name).write_text(text)
    assert simulate(made.core, tmp_path)[0]
    assert simulate(made.whole, tmp_path)[0]


def test_verilog_refuses_controls_that_are_no_registers(morph: Reconfigurable):
    gate = morph.configuration("or").gates[0]
    other = with_gate(morph.configuration("or"), setting=gate.setting.with_values({"a": 3.99}))
    odd = replace(morph, configurations={**morph.configurations, "or": other})
    with pytest.raises(ChaoscadError) as caught:
        prepared("verilog", odd)
    assert str(caught.value) == (
        "error: gate 'y': the system differs between the configurations 'and' and 'or', and is no register "
        "of the Verilog form; controls can be x0, delta, threshold and iterates; "
        "--configuration NAME exports one"
    )


def test_flows_have_no_verilog_whatever_their_times_are():
    swapped = load_any(KEPT / "swapped_times.json")
    with pytest.raises(ChaoscadError) as caught:
        prepared("verilog", swapped)  # type: ignore[arg-type]
    assert str(caught.value.diagnostics[0]) == (
        "error: gate 'y' is on the flow lorenz, which has no fixed-point form; the targets spice and c (in "
        "floating point) take flows"
    )


def test_a_word_has_to_hold_the_iterates_that_go_over_the_bus():
    text = (
        "chaoscad: 1\nname: long\ninputs: [a]\noutputs: [y]\n"
        "gates: {y: {inputs: [a], system: {name: quadratic, c: 0}, iterates: [1, 20]}}\n"
        "configurations:\n  early: {functions: {y: BUF}}\n  late: {functions: {y: BUF}}\n"
        "controls: [iterates]\n"
    )
    # 0 and 1 are fixed points.
    numbers = {"early": {"y": (1, 0.0, (1.0,), 0.5)}, "late": {"y": (20, 0.0, (1.0,), 0.5)}}
    with pytest.raises(ChaoscadError) as caught:
        prepared(
            "verilog", reconfigurable(text, numbers), Hardware(integer_bits=1, fraction_bits=2)
        )
    assert str(caught.value) == (
        "error: gate 'y': a word of 4 bits does not hold its 20 iterates, which are written over the bus; "
        "give integer_bits 2"
    )


def test_a_word_is_right_in_every_configuration_or_refused(morph: Reconfigurable):
    evidence = {name: Evidence(one) for name, one in morph.configurations.items()}
    with pytest.raises(ChaoscadError) as caught:
        EXPORTERS["verilog"].prepare_configurations(  # type: ignore[attr-defined]
            evidence, morph, Options(Hardware(fraction_bits=2))
        )
    assert "in configuration 'and': gate 'y', row " in str(caught.value)


@needs("cc")
def test_c_takes_the_configuration_as_an_argument(
    morph: Reconfigurable, by_time: Reconfigurable, tmp_path: Path
):
    written = export(
        morph,
        "c",
        tmp_path / "out",
        check=True,
        dac_bits=12,
        dac_range=(0.0, 5.0),
        volts_per_unit=5.0,
        offset_volts=0.0,
    )
    assert written.right
    assert written.log is not None
    assert written.log.rows == 12
    assert "24 lines of values of gates compared with the model: all agree" in written.log.text
    assert export(by_time, "c", tmp_path / "by_time", check=True).right
    source = (tmp_path / "by_time" / "functions_by_time.c").read_text()
    assert "    for (i = 0; i < (int)control[0]; i++) { fixed_step_0(s);" in source
    header = (tmp_path / "out" / "morph.h").read_text()
    assert "    MORPH_CONFIGURATION_xor = 2\n" in header
    assert "void morph_evaluate_fixed(int configuration, const uint8_t inputs" in header
    source = (tmp_path / "out" / "morph.c").read_text()
    assert (
        "fixed_controls[MORPH_CONFIGURATIONS][1] = {\n    {214},\n    {85},\n    {183},\n};"
        in source
    )


@needs("cc")
def test_the_c_check_notices_a_wrong_table(morph: Reconfigurable, tmp_path: Path):
    made = prepared("c", morph)
    exported = EXPORTERS["c"].export(made)
    for name, text in exported.files.items():
        (tmp_path / name).write_text(text.replace("{85},", "{86},"))
    log = EXPORTERS["c"].check(made, exported, tmp_path)
    assert not log.passed
    assert "configuration or, gate y, row 00: fixed point gives" in log.text
