"""Readings of one element: every export builds it once, with a comparator for each reading."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from chaoscad.design import Design, Reconfigurable, load_any
from chaoscad.evidence import Evidence
from chaoscad.export import EXPORTERS, Hardware, Options
from chaoscad.export.handover import export
from chaoscad.export.verilog.check import simulate
from tests.conftest import needs
from tests.export.conftest import KEPT, exported, gallery_design, handed_over, prepared
from tests.export.designs import with_numbers

VERILOG, C, SPICE, TABLE = (EXPORTERS[name] for name in ("verilog", "c", "spice", "table"))


@pytest.fixture
def full() -> Design:
    """A full adder: MAJ after one iterate, XOR after two."""
    return gallery_design("full_adder_element")


@pytest.fixture
def flow() -> Design:
    """A Lorenz flow that is read at two times, and at the second one in two coordinates."""
    lorenz = "element: core, system: {name: lorenz, time:"
    text = (
        "chaoscad: 1\nname: flow\ninputs: [a, b]\noutputs: [late, other, early]\ngates:\n"
        f"  late: {{inputs: [a, b], function: XOR, {lorenz} 1.0}}}}\n"
        f"  other: {{inputs: [a, b], function: OR, {lorenz} 1.0, read: z}}}}\n"
        f"  early: {{inputs: [a, b], function: AND, {lorenz} 0.5}}}}\n"
    )
    state = -19.999, (10.078, 10.078)
    return with_numbers(
        text, {"late": (*state, 1.886), "other": (*state, 20.0), "early": (*state, 12.954)}
    )


@pytest.fixture
def half() -> Design:
    """A half adder: XOR after one iterate, AND after two; the netlist has them in the other order."""
    return gallery_design("half_adder_element")


def test_an_element_has_its_readings_by_rising_iterates(half: Design):
    (element,) = half.elements
    assert (element.name, element.key) == ("core", "carry")
    assert [(gate.name, gate.iterates) for gate in element.readings] == [("sum", 1), ("carry", 2)]


@needs("iverilog", "vvp")
@pytest.mark.parametrize("form", ["combinational", "pipelined-reconfigurable"])
def test_verilog_has_one_orbit_and_two_comparators(form: str, full: Design, tmp_path: Path):
    made = prepared(VERILOG, full, Options(own={"form": form}))
    files = VERILOG.export(made).files
    text = files["full_adder_element_gate_logistic_n1_n2_k3.v"]
    assert re.findall(r"step_logistic iterate_(\d)", text) == ["1", "2"]
    assert text.count("assign y_") == 2
    assert files["full_adder_element.v"].count("full_adder_element_gate_") == 1
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    passed, said = simulate(made, tmp_path)
    assert passed, said


@needs("cc")
def test_c_runs_one_state_on_from_reading_to_reading(half: Design, tmp_path: Path):
    written = handed_over(C, half, Options(), tmp_path / "out", check=True)
    assert written.log is not None
    assert written.log.passed, written.log.text
    text = (tmp_path / "out" / "half_adder_element.c").read_text()
    assert len(re.findall(r"\*f\w+_cell_\d+\(", text)) == len(["fixed", "float"])
    body = text[text.index("float_cell_0") :]
    assert body[: body.index("}\ntypedef")].splitlines()[7:] == [
        "    for (i = 0; i < 1; i++) { float_step_0(s); }",
        "    RECORD_FLOAT(s[0]);",
        "    net[READ_PLACE(place + 3)] = s[0] > 0.624999994296;",
        "    for (; i < 2; i++) { float_step_0(s); }",
        "    RECORD_FLOAT(s[0]);",
        "    net[READ_PLACE(place + 2)] = s[0] > 0.388450979647;",
        "    return place + 4;",
    ]


@needs("ngspice")
def test_spice_has_one_summing_node_and_one_chain_of_maps(full: Design, tmp_path: Path):
    written = handed_over(SPICE, full, Options(), tmp_path / "out", check=True)
    assert written.log is not None
    assert written.log.passed, written.log.text
    text = (tmp_path / "out" / "circuit.cir").read_text().replace("\n+ ", "")
    assert text.count("Bstate ") == text.count("Xelement_core ") == 1
    assert re.findall(r"^X(\d) ", text, re.MULTILINE) == ["1", "2"]
    assert re.findall(r"^Bvalue(.*)", text, re.MULTILINE) == [
        "1 value1 0 V=v(x1_x)",
        "2 value2 0 V=v(x2_x)",
    ]
    numbers = re.findall(r" (\w+)=", text[text.index(".subckt full_adder_element a") :])
    assert numbers[:8] == [
        *("v_low", "v_high", "system1_p_a", "core_x0", "core_delta1", "core_delta2"),
        *("core_delta3", "cout_threshold"),
    ]


@needs("ngspice")
def test_spice_runs_a_flow_once_and_holds_what_is_read_before_its_end(flow: Design, tmp_path: Path):
    written = handed_over(SPICE, flow, Options(), tmp_path / "out", check=True)
    assert written.log is not None
    assert written.log.passed, written.log.text
    text = (tmp_path / "out" / "circuit.cir").read_text().replace("\n+ ", "")
    assert text.count("Xrun ") == text.count("Xelement_core ") == 1
    assert re.findall(r"^[BC]value.*", text, re.MULTILINE) == [
        "Cvalue1 value1 0 1.0",
        "Bvalue1 0 value1 I=(v(ic)+v(track1))*99999.99999999999*(v(x_x)-v(value1))",
        "Bvalue2 value2 0 V=v(x_x)",
        "Bvalue3 value3 0 V=v(x_z)",
    ]
    readme = (tmp_path / "out" / "README.md").read_text()
    assert "A flow that is read before its end runs on: a capacitor follows" in readme


@needs("cc")
def test_c_runs_a_flow_on_from_one_time_to_the_next(flow: Design, tmp_path: Path):
    written = handed_over(C, flow, Options(), tmp_path / "out", check=True)
    assert written.log is not None
    assert written.log.passed, written.log.text
    text = (tmp_path / "out" / "flow.c").read_text()
    assert re.findall(r"run_flow\(field_0, (.*)\);", text) == [
        "3, s, 0.0, 0.5, 20",
        "3, s, 0.5, 1.0, 20",
    ]


def test_a_bill_of_materials_has_a_sample_and_hold_for_an_earlier_reading(flow: Design):
    text = exported(TABLE, flow, Options()).files["parts.csv"]
    assert [line for line in text.splitlines() if "low" in line] == [
        "circuit of the flow,,1,Lorenz flow",
        "sample-and-hold,,1,earlier readings of flows",
    ]


@needs("ngspice")
def test_a_monte_carlo_deck_draws_an_element_once(full: Design, tmp_path: Path):
    sizes = {"monte_carlo": 200, "tolerance": {"a": 0.05, "x0": 0.02, "threshold": 0.02}}
    written = handed_over(SPICE, full, Options(own=sizes), tmp_path / "out", check=True)
    assert written.log is not None
    assert written.log.passed, written.log.text
    deck = (tmp_path / "out" / "monte_carlo.cir").read_text().replace("\n+ ", "")
    drawn = re.findall(r"(\w+)=\{[^}]*normal", deck)
    assert drawn == ["core_p_a", "core_x0", "cout_threshold", "sum_threshold"]


def test_a_table_has_the_network_of_an_element_once(full: Design, tmp_path: Path):
    hardware = Hardware(dac_bits=10, dac_range=(-1.0, 1.0))
    written = handed_over(TABLE, full, Options(hardware), tmp_path / "out", check=True)
    assert written.right
    read = {
        name: list(csv.DictReader((tmp_path / "out" / f"{name}.csv").read_text().splitlines()))
        for name in ("gates", "resistors", "parts")
    }
    columns = ("gate", "element", "x0_dac_code", "delta_volts", "threshold_dac_code")
    assert [[row[name] for name in columns] for row in read["gates"]] == [
        ["cout", "core", "1023", "-0.21544105 -0.21544105 -0.21544105", "918"],
        ["sum", "core", "", "", "611"],
    ]
    assert [row["gate"] for row in read["resistors"]] == ["core"] * 4
    counts = {(row["part"], row["use"]): row["count"] for row in read["parts"] if not row["value"]}
    assert counts == {
        ("comparator", "outputs"): "2",
        ("multiplier AD633", "logistic map"): "2",
        ("op-amp", "logistic map"): "2",
        ("op-amp", "summing networks"): "2",
    }


def test_the_registers_of_an_element_stand_once(half: Design):
    files = exported(VERILOG, half, Options(own={"form": "reconfigurable"})).files
    lines = [line.split(",")[1:3] for line in files["registers.csv"].splitlines()[1:]]
    assert lines == [
        ["core", "x0"],
        ["core", "delta_1"],
        ["core", "delta_2"],
        ["sum", "threshold_1"],
        ["sum", "below_1"],
        ["carry", "threshold_2"],
        ["carry", "below_2"],
    ]
    assert files["functions.csv"].count("\n") == 1
    assert (
        "its readings share their states, and functions are listed of one reading"
        in files["README.md"]
    )


@needs("cc")
def test_c_reads_in_the_order_that_a_configuration_has(tmp_path: Path):
    # y is XOR after one iterate and z AND after two, or y AND after two and z XOR after one.
    written = export(load_any(KEPT / "swapped_half_adder.json"), "c", tmp_path / "out", check=True)
    assert written.log is not None
    assert written.log.passed, written.log.text
    assert "PASS: 8 rows in fixed and float point" in written.log.text
    text = (tmp_path / "out" / "swapped_half_adder.c").read_text()
    assert "float_controls[SWAPPED_HALF_ADDER_CONFIGURATIONS][4]" in text


@needs("ngspice", "cc")
@pytest.mark.parametrize("target", ["spice", "c", "table"])
def test_readings_of_a_flow_change_times_between_configurations(target: str, tmp_path: Path):
    # Of one Lorenz flow y is read at 0.2 and z at 0.5, or z at 0.2 and y at 0.35.
    design = load_any(KEPT / "swapped_times.json")
    written = export(design, target, tmp_path / "out", check=True)
    assert written.log is not None
    assert written.log.passed, written.log.text
    text = "".join((tmp_path / "out" / name).read_text() for name in written.files)
    for said in {
        # The flow runs to 0.5, then to 0.35; y is held from 0.2 on, and then read at the end.
        "spice": ("beta = 2.6666666666666665, time = 0.2 or 0.35 or 0.5\n",),
        "c": (
            "    {10.1, 0, -1.0, 1, 0.5, 12},\n    {15.7, 1, 10.1, 0, 0.35, 6},\n",
            "    run_flow(field_0, 3, s, 0.2, control[4], (long)control[5]);\n    if ((int)control[1] == 1) {",
        ),
        "table": ("y,time,plain,0.2,,", "z,time,plain,0.5,,", "z,time,swapped,0.2,,"),
    }[target]:
        assert said in text
    if target == "spice":
        sources = [line for line in text.splitlines() if line.startswith("Vop")]
        assert [line.split("(")[0].split()[-1] for line in sources] == ["PWL", "PWL", "PWL"]


@needs("ngspice")
@pytest.mark.parametrize("target", ["spice", "table"])
def test_the_x0_of_an_element_is_one_control(target: str, tmp_path: Path):
    design = load_any(KEPT / "moved_readings.json")
    written = export(design, target, tmp_path / "out", check=True)
    assert written.right
    lines = list(csv.DictReader((tmp_path / "out" / "configurations.csv").read_text().splitlines()))
    first = [line for line in lines if line["configuration"] == "plain"]
    controls = [(line["gate"], line.get("control") or line["node"]) for line in first]
    x0 = "core_x0" if target == "spice" else "x0"
    ends = ["y_threshold", "z_threshold"] if target == "spice" else ["threshold", "threshold"]
    assert controls == [("y", x0), ("y", ends[0]), ("z", ends[1])]


@needs("iverilog", "vvp")
def test_verilog_switches_an_element_between_configurations(tmp_path: Path):
    design = load_any(KEPT / "moved_readings.json")
    assert isinstance(design, Reconfigurable)
    evidence = {name: Evidence(one) for name, one in design.configurations.items()}
    made = VERILOG.prepare_configurations(evidence, design, Options())  # type: ignore[attr-defined]
    files = VERILOG.export(made).files
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    for one in (made.core, made.whole):
        passed, said = simulate(one, tmp_path)
        assert passed, said
    assert "plain,0,3,y,threshold_1,56\nplain,0,5,z,threshold_2,56" in files["configurations.csv"]
