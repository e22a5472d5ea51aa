"""Tables: volts, DAC codes and resistors, with what rounding leaves of the margins."""

import csv
import io
import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.evidence import Evidence
from chaoscad.export import EXPORTERS, Hardware, Options
from chaoscad.export.gate_table import gate_tables
from chaoscad.export.multipliers import realisation
from chaoscad.export.resistors import E192, VALUES, divider, preferred
from chaoscad.export.voltages import reach
from chaoscad.hardware import SERIES, hardware_of
from chaoscad.systems import setting
from tests.conftest import gate_text, with_changes
from tests.export.conftest import exported, handed_over, prepared, refusals
from tests.export.designs import with_numbers

TABLE = EXPORTERS["table"]


def nand(extra: str = ""):
    text = gate_text("function: NAND", extra=extra)
    return with_numbers(text, {"y": (1 / 3, (1 / 3, 1 / 3), 4 / 9)})


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_row_has_its_voltages():
    options = Options(Hardware(volts_per_unit=3.0, offset_volts=0.5))
    rows = lines(exported(TABLE, nand(), options).files["rows.csv"])
    assert [row["row"] for row in rows] == ["00", "01", "10", "11"]
    assert [row["bit"] for row in rows] == ["1", "1", "1", "0"]
    assert [float(row["state_volts"]) for row in rows] == pytest.approx([1.5, 2.5, 2.5, 3.5])
    assert [float(row["value_volts"]) for row in rows] == pytest.approx(
        [0.5 + 3 * 8 / 9] * 3 + [0.5], abs=1e-8
    )
    assert {float(row["threshold_volts"]) for row in rows} == {1.833333333}
    assert [float(row["margin_volts"]) for row in rows] == pytest.approx([4 / 3] * 4)
    assert {row["dac_code"] for row in rows} == {""}


def test_a_dac_rounds_states_and_threshold():
    options = Options(Hardware(dac_bits=3, dac_range=(0.0, 1.4)))
    export = exported(TABLE, nand(), options)
    rows = lines(export.files["rows.csv"])
    # A step is 0.2 V: 1/3 -> code 2, 2/3 -> code 3, 1 -> code 5, and the threshold 4/9 -> 2.
    assert [row["dac_code"] for row in rows] == ["2", "3", "3", "5"]
    assert [float(row["dac_error_volts"]) for row in rows] == pytest.approx(
        [0.4 - 1 / 3, 0.6 - 2 / 3, 0.6 - 2 / 3, 0.0], abs=1e-9
    )
    assert [float(row["dac_margin_volts"]) for row in rows] == pytest.approx(
        [0.96 - 0.4, 0.96 - 0.4, 0.96 - 0.4, 0.4]
    )
    gate = lines(export.files["gates.csv"])[0]
    assert gate["threshold_dac_code"] == "2"
    assert float(gate["dac_margin_volts"]) == pytest.approx(0.4)
    assert (
        "With a DAC of 3 bits the least margin is 0.4 V; before rounding it is 0.444444 V."
        in (export.files["README.md"])
    )


def test_a_converter_too_coarse_is_said_to_fail():
    options = Options(Hardware(dac_bits=1, dac_range=(0.0, 1.4)))
    readme = exported(TABLE, nand(), options).files["README.md"]
    assert "rows of gates come out wrong" in readme


def test_codes_whose_sum_is_wrong_are_warned_of():
    # A step is 0.25 V: every code alone is right, and 1/3 + 1/3 + 1/3 becomes 0.75 V.
    gate = with_changes(nand().gates[0], threshold=0.3)
    design = replace(nand(), gates=(gate,))
    export = exported(TABLE, design, Options(Hardware(dac_bits=2, dac_range=(0.25, 1.0))))
    assert export.wrong == ()
    assert [str(item) for item in export.warnings] == [
        "warning: gate 'y', row 11: with codes of x0 and deltas that add up the state is 0.75 V, and "
        "the value is 0.5 V on the wrong side of the threshold; set every state by its own code, "
        "dac_code of rows.csv, or give more --dac-bits"
    ]


def test_logic_levels_that_leave_the_supply_are_warned_of():
    hardware = Hardware(logic_levels=(0.0, 9.0), supply=(0.0, 5.0))
    assert [str(item) for item in exported(TABLE, nand(), Options(hardware)).warnings] == [
        "warning: the logic levels of 0 V and 9 V leave the supply, 0 V to 5 V; --logic-levels and "
        "--supply give yours"
    ]


def test_a_dac_that_cannot_hold_the_states_is_refused():
    options = Options(Hardware(dac_bits=8, dac_range=(0.0, 0.9)))
    assert refusals(TABLE, nand(), options) == [
        "error: gate 'y': the DAC, with range [0, 0.9] V, cannot set 1 V (row 11); "
        "widen dac range, or change volts_per_unit or offset_volts"
    ]


def test_resistors_of_the_series_and_what_they_leave():
    export = exported(TABLE, nand(), Options())
    found = lines(export.files["resistors.csv"])
    assert [row["input"] for row in found] == ["1 V (x0)", "a", "b"]
    assert [float(row["ohms"]) for row in found] == pytest.approx([30000.0] * 3)
    assert [float(row["e96_ohms"]) for row in found] == [30100.0] * 3
    assert {row["op_amp"] for row in found} == {"1"}
    rows = lines(export.files["rows.csv"])
    third = 10000 / 30100
    assert [float(row["e96_state_volts"]) for row in rows] == pytest.approx(
        [third, 2 * third, 2 * third, 3 * third]
    )
    worst = min(4 * third * (1 - third) - 4 / 9, 4 / 9 - 12 * third * (1 - 3 * third))
    assert float(lines(export.files["gates.csv"])[0]["e96_margin_volts"]) == pytest.approx(worst)


def test_the_series_has_its_standard_values():
    assert tuple(VALUES) == SERIES
    assert VALUES["E96"][:6] == (1.0, 1.02, 1.05, 1.07, 1.1, 1.13)
    assert VALUES["E96"][-1] == 9.76
    assert [len(values) for values in VALUES.values()] == [24, 48, 96, 192, 0]
    assert E192[184:187] == (9.09, 9.2, 9.31)
    assert preferred(30000.0, "E96") == 30100.0
    assert preferred(9.9, "E96") == 10.0
    assert preferred(1234.0, "E96") == 1240.0
    assert preferred(1234.0, "E24") == 1200.0
    assert preferred(1234.0, "ideal") == 1234.0


def test_a_weight_of_zero_has_no_resistor():
    design = with_numbers(gate_text("function: NAND"), {"y": (0.5, (0.0, -0.5), 0.5)})
    found = lines(exported(TABLE, design, Options()).files["resistors.csv"])
    assert (found[1]["ohms"], found[1]["e96_ohms"], found[1]["op_amp"]) == ("", "", "")
    assert found[2]["op_amp"] == "2"


def test_a_negative_scale_turns_the_comparator():
    export = exported(TABLE, nand(), Options(Hardware(volts_per_unit=-2.0, offset_volts=5.0)))
    assert lines(export.files["gates.csv"])[0]["one_where_volts_are"] == "below"


def test_the_document_has_what_the_tables_have():
    export = exported(TABLE, nand(), Options(Hardware(dac_bits=8, dac_range=(0.0, 1.4))))
    document = json.loads(export.files["table.json"])
    assert document["format"] == "chaoscad-table"
    assert document["hardware"]["dac_step_volts"] == 1.4 / 255
    rows = lines(export.files["rows.csv"])
    assert [row["state"] for row in document["rows"]] == [float(row["state"]) for row in rows]
    assert list(document["columns"]) == list(rows[0])


def test_a_measured_curve_stands_in_volts(three_transistor, tmp_path: Path):
    trimmed = Options(Hardware(resistors="ideal"))
    written = handed_over(TABLE, three_transistor, trimmed, tmp_path / "out", check=True)
    assert written.log is not None
    assert written.log.passed
    assert written.right
    assert written.log.rows == 24
    rows = lines((tmp_path / "out" / "rows.csv").read_text())
    states = [float(row["state_volts"]) for row in rows]
    assert all(0 <= state <= 1.2 for state in states)
    assert min(float(row["margin_volts"]) for row in rows) == pytest.approx(0.159434, abs=1e-6)


def test_resistors_that_push_a_state_off_the_curve_are_no_success(three_transistor, tmp_path: Path):
    # Two of its states are at 1.2 V, the end of the curve.
    hint = (
        "choose a finer series or ideal (trimmed) resistors with --resistors, another "
        "--reference-ohms, or a design with room: keep its states off the ends (bounds: {state: ...})"
    )
    for check in (False, True):
        written = handed_over(
            TABLE, three_transistor, Options(), tmp_path / "out", check=check, force=True
        )
        assert not written.right
        assert [str(item) for item in written.wrong] == [
            "error: gate 'xnor', row 11: with resistors of the E96 series the state is 1.21003 V, "
            f"where the system has no value; {hint}",
            "error: gate 'xor', row 01: with resistors of the E96 series the state is 1.20762 V, "
            f"where the system has no value; {hint}",
        ]
    assert written.log is not None
    assert not written.log.passed
    assert written.log.text.endswith("has no value\n2 do not agree\n")


def test_logic_levels_and_the_supply_set_network_and_divider(tmp_path: Path):
    hardware = Hardware(
        volts_per_unit=3.0, resistors="E192", logic_levels=(0.4, 3.3), supply=(0.0, 5.0)
    )
    written = handed_over(TABLE, nand(), Options(hardware), tmp_path / "out", check=True)
    assert written.log is not None
    assert written.log.passed, written.log.text
    assert written.warnings == ()
    assert "The offset" not in written.log.text
    rows = lines((tmp_path / "out" / "resistors.csv").read_text())
    # Each input adds 1 V over 2.9 V; the offset of 1 V is less by 0.4 V times both gains.
    assert rows[0]["input"] == "3.3 V (x0)"
    assert [float(row["ohms"]) for row in rows[1:]] == pytest.approx([29000.0] * 2)
    gain = 10000 / float(rows[1]["e192_ohms"])
    assert float(rows[0]["ohms"]) == pytest.approx(33000 / (1 - 0.8 * gain))
    gate = lines((tmp_path / "out" / "gates.csv").read_text())[0]
    assert gate["output_volts"] == "0.4 3.3"
    top, bottom = float(gate["divider_top_ohms"]), float(gate["divider_bottom_ohms"])
    assert 5 * bottom / (top + bottom) == pytest.approx(float(gate["divider_volts"]), abs=1e-9)
    assert float(gate["divider_volts"]) == pytest.approx(4 / 3, rel=2e-3)
    text = (tmp_path / "out" / "README.md").read_text()
    assert "An input is 0.4 V or 3.3 V; the offset is an input that is always 3.3 V." in text


def test_a_divider_is_the_nearest_pair_inside_the_supply():
    made = divider(1.25, Hardware(supply=(0.0, 5.0), resistors="E24"))
    assert made is not None
    assert (made.top, made.bottom, made.volts) == (30000.0, 10000.0, 1.25)
    assert divider(5.0, Hardware(supply=(0.0, 5.0))) is None
    assert divider(1.0, Hardware()) is None


def test_voltages_that_leave_the_supply_are_warned_of(lorenz, tmp_path: Path):
    low, high = reach(lorenz.gate("xor"))
    assert (low, high) == pytest.approx((-49.83, 71.07), abs=0.01)
    export = exported(TABLE, lorenz, Options())
    assert [str(item) for item in export.warnings] == [
        "warning: gate 'xor': voltages of -49.83 V to 71.07 V (and those of 5 more gates) leave the "
        "supply, -15 V to 15 V, the usual one; --supply gives yours; --volts-per-unit 0.22 "
        "--offset-volts -2.34 keeps them inside"
    ]
    assert "Gate 'xor': voltages of -49.83 V to 71.07 V" in export.files["README.md"]
    scaled = Options(Hardware(volts_per_unit=0.22, offset_volts=-2.34))
    assert exported(TABLE, lorenz, scaled).warnings == ()
    gate = lines(exported(TABLE, lorenz, scaled).files["gates.csv"])[0]
    time = lorenz.gates[0].setting.time
    assert (gate["seconds"], gate["path_iterates"]) == (repr(time), "0")


def test_codes_of_x0_and_deltas_add_up():
    hardware = Hardware(dac_bits=3, dac_range=(0.0, 1.4))
    gate = lines(exported(TABLE, nand(), Options(hardware)).files["gates.csv"])[0]
    # A step is 0.2 V: 1/3 V is 2 of them, so 1 V comes out as 6 steps and not as 5.
    assert (gate["x0_dac_code"], gate["delta_dac_steps"]) == ("2", "2 2")
    (table,) = gate_tables(Evidence(nand()), hardware)
    assert table.dac is not None
    assert table.dac.added.states.tolist() == pytest.approx([0.4, 0.8, 0.8, 1.2])
    assert float(gate["dac_sum_margin_volts"]) == pytest.approx(0.64 - 0.4)


@pytest.mark.parametrize("scale", [-4.0, 5.0, 50.0])
@pytest.mark.parametrize("name", ["logistic", "quadratic", "cubic"])
def test_a_map_of_multipliers_computes_the_map(name: str, scale: float):
    chosen = setting(name)
    hardware = Hardware(volts_per_unit=scale, offset_volts=0.75)
    made = realisation(chosen, hardware)
    assert made is not None
    pins = dict(re.findall(r"(X1|X2|Y1|Y2|Z) = (V\b|[-\d.e]+ V|W)", made.wiring.split(";")[-1]))
    if name == "cubic":
        assert made.wiring.startswith(
            "the first X1 = Y1 = V, X2 = Y2 = 0.75 V, Z = 0 V; the second "
        )
    for x in (-0.7, 0.2, 0.9):
        volts = hardware.volts(x)
        square = (volts - 0.75) ** 2 / 10
        at = {
            pin: volts if what == "V" else square if what == "W" else float(what[:-2])
            for pin, what in pins.items()
        }
        out = (at["X1"] - at["X2"]) * (at["Y1"] - at["Y2"]) / 10 + at["Z"]
        wanted = hardware.volts(float(chosen.value(np.array([x]))[0]))
        assert out * made.gain == pytest.approx(wanted, rel=1e-4, abs=1e-4)
    assert made.realised_gain == pytest.approx(made.gain, rel=0.015)


def test_parts_are_counted_and_maps_without_a_circuit_say_so(three_transistor, tmp_path: Path):
    scaled = Options(Hardware(volts_per_unit=10.0))
    export = exported(TABLE, nand(), scaled)
    found = {
        (row["part"], row["value"], row["use"]): row["count"]
        for row in lines(export.files["parts.csv"])
    }
    assert found == {
        ("comparator", "", "outputs"): "1",
        ("multiplier AD633", "", "logistic map"): "1",
        ("op-amp", "", "logistic map"): "1",
        ("op-amp", "", "summing networks"): "2",
        ("resistor in ohms", "10000.0", "logistic map"): "1",
        ("resistor in ohms", "30100.0", "logistic map"): "1",
        ("resistor in ohms", "3010.0", "summing networks"): "3",
        ("resistor in ohms", "10000.0", "summing networks"): "3",
    }
    text = export.files["README.md"]
    assert (
        "Logistic map, a = 4.0: 1 AD633, W = (X1 - X2)(Y1 - Y2) / 10 V + Z (Analog Devices, AD633 data "
        "sheet): X1 = V, X2 = 0 V, Y1 = 10 V, Y2 = V, Z = 0 V. Then a non-inverting op-amp: R from its "
        "output to its inverting input 30100 ohms, from there to 0 V 10000 ohms (gain 4, with these "
        "4.01). The multiplier's error of up to 2% of 10 V becomes up to 0.8 V: compare that with the "
        "margins."
    ) in text
    curve = exported(TABLE, three_transistor, Options()).files
    assert "Measured curve v_out of v_in: the circuit that was measured." in curve["README.md"]
    tent = with_numbers(gate_text("function: NAND, system: tent"), {"y": (0.5, (0.25, 0.25), 0.3)})
    assert (
        "Tent map, mu = 2.0: there is no standard circuit of multipliers for it at 1 V per unit; the "
        "SPICE export says what it computes."
    ) in exported(TABLE, tent, Options()).files["README.md"]


def test_resistors_that_cannot_be_bought_are_warned_of():
    design = with_numbers(gate_text("function: NAND"), {"y": (0.5, (1e-7, -0.5), 0.75)})
    assert [str(item) for item in exported(TABLE, design, Options()).warnings] == [
        "warning: gate 'y': the summing network has a resistor of 1e+11 ohms; they are made from 1 to "
        "2.2e+07 ohms; give another --reference-ohms, --volts-per-unit or --logic-levels; a resistor far "
        "larger than all others may be left out"
    ]
    with pytest.raises(ChaoscadError) as caught:
        hardware_of(design, reference_ohms=1e308)
    assert str(caught.value) == "error: reference_ohms is 1e+308; it is from 1 to 2.2e+07"


def test_levels_and_supply_come_from_the_netlist_and_are_ranges():
    def hardware(text: str):
        return hardware_of(
            with_numbers(gate_text(extra=f"hardware: {text}\n"), {"y": (0, (1, 1), 1)})
        )

    found = hardware("{logic_levels: [0, 3.3], supply: [-5, 5]}")
    assert (found.logic_levels, found.supply) == ((0, 3.3), (-5, 5))
    with pytest.raises(ChaoscadError) as caught:
        hardware_of(nand(), supply=(5.0, 0.0), logic_levels=(1.0, 1.0))
    assert str(caught.value) == (
        "error: the supply is [5, 0]; its first end is below its second; both are finite, in volts\n"
        "error: the range of the logic levels is [1, 1]; its first end is below its second; both are "
        "finite, in volts"
    )
    with pytest.raises(ChaoscadError) as caught:
        hardware_of(nand(), supply=(0.0, 1e-320))
    assert str(caught.value) == (
        "error: the supply is [0, 9.99989e-321]; no circuit has such voltages; its ends are within 1e6 V "
        "and at least 1e-6 V apart"
    )


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("y,11,1,1.0,1.0", "y,11,1,1.0,1.01", "gate y, row 11: the state is 1.01 V, not 1.0 V"),
        (
            "0.444444444,0,0.444444444",
            "0.444444444,1,0.444444444",
            "gate y, row 11: the bit is 1, not 0",
        ),
        (
            "0.996677741,0.4311",
            "0.996677741,0.4411",
            "gate y, row 11: with resistors the margin is 0.43",
        ),
    ],
)
def test_the_check_sees_a_changed_cell(tmp_path: Path, old: str, new: str, found: str):
    design = nand()
    export = exported(TABLE, design, Options())
    text = export.files["rows.csv"]
    assert text.count(old) == 1
    changed = replace(export, files={**export.files, "rows.csv": text.replace(old, new)})
    for name, content in changed.files.items():
        (tmp_path / name).write_text(content)
    log = TABLE.check(prepared(TABLE, design, Options()), changed, tmp_path)
    assert not log.passed
    assert found in log.text


def test_a_tolerance_gives_every_row_its_spread():
    extra = "hardware: {tolerance: {threshold: 0.1}}\n"
    made = exported(TABLE, nand(extra), Options(Hardware(volts_per_unit=3.0)))
    rows = lines(made.files["tolerances.csv"])
    assert [row["row"] for row in rows] == ["00", "01", "10", "11"]
    for row in rows:
        # The threshold alone deviates, so every margin is spread as it is: .1 times 3 V.
        assert float(row["margin_volts"]) == pytest.approx(4 / 3, rel=1e-5)
        assert float(row["sigma_volts"]) == pytest.approx(0.3, rel=0.03)
        assert float(row["low_margin_volts"]) == pytest.approx(4 / 3 - 0.9, abs=0.05)
        assert float(row["wrong_share"]) == 0.0
    assert "- tolerance of threshold: 0.1 (0.3 V)" in made.files["README.md"]
    assert json.loads(made.files["table.json"])["tolerances"][3]["row"] == "11"
    # Neither x0 nor a weight deviates.
    assert [row["sigma_ohms"] for row in lines(made.files["tolerances_ohms.csv"])] == ["0.0"] * 3
    assert "tolerances.csv" not in exported(TABLE, nand(), Options()).files


def test_tolerances_are_told_in_ohms_and_read_back(tmp_path: Path):
    extra = "hardware: {tolerance: {x0: 0.01, delta: 2 %}, global: {delta: 1.5 % uniform}}\n"
    design, options = nand(extra), Options(Hardware(volts_per_unit=3.0))
    made = exported(TABLE, design, options)
    offset, first, second = lines(made.files["tolerances_ohms.csv"])
    resistors = lines(made.files["resistors.csv"])
    assert float(offset["sigma_volts"]) == pytest.approx(0.03)
    share = 0.03 / abs(float(resistors[0]["volts"]))
    assert float(offset["sigma_ohms"]) == pytest.approx(
        share * float(resistors[0]["ohms"]), rel=1e-5
    )
    # A resistor is off by as many per cent as its weight: 2 and, of half the width 1.5, 1.5 / sqrt 3.
    assert float(first["sigma_percent"]) == pytest.approx(
        math.hypot(2, 1.5 / math.sqrt(3)), rel=1e-5
    )
    assert first["sigma_percent"] == second["sigma_percent"]
    for name, content in made.files.items():
        (tmp_path / name).write_text(content)
    plan = prepared(TABLE, design, options)
    log = TABLE.check(plan, made, tmp_path)
    assert log.passed, log.text
    assert "spreads of margins compared with those of 4000 devices that NumPy drew" in log.text
    # What another hand changed is seen: a spread, a share, a resistor.
    text = made.files["tolerances.csv"]
    sigma = lines(text)[1]["sigma_volts"]
    for file, old, new, found in (
        ("tolerances.csv", sigma, "0.7", "tolerances of gate y, row 01: sigma is 0."),
        ("tolerances.csv", ",0.0\n", ",0.2\n", "tolerances of gate y, row 00: 0 of other devices"),
        (
            *("tolerances_ohms.csv", f"{offset['sigma_ohms']},", "1.0,"),
            "tolerances of gate y, input x0: 1.0 ohms are",
        ),
    ):
        (tmp_path / file).write_text(made.files[file].replace(old, new, 1))
        log = TABLE.check(plan, made, tmp_path)
        assert not log.passed
        assert found in log.text
        (tmp_path / file).write_text(made.files[file])


def test_a_percentage_of_0_is_told_and_refuses_nothing():
    design = with_numbers(
        gate_text("function: XOR", extra="hardware: {tolerance: {x0: 2 %, delta: 0.01}}\n"),
        {"y": (0.0, (0.5, 0.5), 0.5)},
    )
    made = exported(TABLE, design, Options())
    (warning,) = made.warnings
    assert str(warning) == (
        "warning: tolerance of x0: it is 0 in gate 'y', and 2 % of 0 is 0; give an absolute size"
    )
    offset, *weights = lines(made.files["tolerances_ohms.csv"])
    assert (offset["sigma_volts"], offset["sigma_ohms"]) == ("0.0", "")
    assert [weight["sigma_volts"] for weight in weights] == ["0.01", "0.01"]
