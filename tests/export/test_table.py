"""Tables: volts, DAC codes and resistors, with what rounding leaves of the margins."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from chaoscad.export import EXPORTERS, Hardware, Options
from chaoscad.export.handover import hand_over
from chaoscad.export.resistors import E96, e96
from tests.conftest import gate_text
from tests.export.designs import with_numbers

TABLE = EXPORTERS["table"]


def nand(extra: str = ""):
    text = gate_text("function: NAND", extra=extra)
    return with_numbers(text, {"y": (1 / 3, (1 / 3, 1 / 3), 4 / 9)})


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_row_has_its_voltages():
    options = Options(Hardware(volts_per_unit=3.0, offset_volts=0.5))
    rows = lines(TABLE.export(nand(), options).files["rows.csv"])
    assert [row["row"] for row in rows] == ["00", "01", "10", "11"]
    assert [row["bit"] for row in rows] == ["1", "1", "1", "0"]
    assert [float(row["state_volts"]) for row in rows] == pytest.approx([1.5, 2.5, 2.5, 3.5])
    assert [float(row["value_volts"]) for row in rows] == pytest.approx(
        [0.5 + 3 * 8 / 9] * 3 + [0.5], abs=1e-12
    )
    assert {float(row["threshold_volts"]) for row in rows} == {0.5 + 3 * (4 / 9)}
    assert [float(row["margin_volts"]) for row in rows] == pytest.approx([4 / 3] * 4)
    assert {row["dac_code"] for row in rows} == {""}


def test_a_dac_rounds_states_and_threshold():
    options = Options(Hardware(dac_bits=3, dac_range=(0.0, 1.4)))
    export = TABLE.export(nand(), options)
    rows = lines(export.files["rows.csv"])
    # A step is 0.2 V: 1/3 -> code 2, 2/3 -> code 3, 1 -> code 5, and the threshold 4/9 -> 2.
    assert [row["dac_code"] for row in rows] == ["2", "3", "3", "5"]
    assert [float(row["dac_error_volts"]) for row in rows] == pytest.approx(
        [0.4 - 1 / 3, 0.6 - 2 / 3, 0.6 - 2 / 3, 0.0], abs=1e-12
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
    readme = TABLE.export(nand(), options).files["README.md"]
    assert "rows of gates come out wrong" in readme


def test_a_dac_that_cannot_hold_the_states_is_refused():
    options = Options(Hardware(dac_bits=8, dac_range=(0.0, 0.9)))
    assert [str(item) for item in TABLE.refuse(nand(), options)] == [
        "error: gate 'y': the DAC, with range [0, 0.9] V, cannot set 1 V (row 11); "
        "widen dac range, or change volts_per_unit or offset_volts"
    ]


def test_resistors_of_the_series_and_what_they_leave():
    export = TABLE.export(nand(), Options())
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
    assert E96[:6] == (1.0, 1.02, 1.05, 1.07, 1.1, 1.13)
    assert E96[-1] == 9.76
    assert e96(30000.0) == 30100.0
    assert e96(9.9) == 10.0
    assert e96(1234.0) == 1240.0


def test_a_weight_of_zero_has_no_resistor():
    design = with_numbers(gate_text("function: NAND"), {"y": (0.5, (0.0, -0.5), 0.5)})
    found = lines(TABLE.export(design, Options()).files["resistors.csv"])
    assert (found[1]["ohms"], found[1]["e96_ohms"], found[1]["op_amp"]) == ("", "", "")
    assert found[2]["op_amp"] == "2"


def test_a_negative_scale_turns_the_comparator():
    export = TABLE.export(nand(), Options(Hardware(volts_per_unit=-2.0, offset_volts=5.0)))
    assert lines(export.files["gates.csv"])[0]["one_where_volts_are"] == "below"


def test_the_document_has_what_the_tables_have():
    export = TABLE.export(nand(), Options(Hardware(dac_bits=8, dac_range=(0.0, 1.4))))
    document = json.loads(export.files["table.json"])
    assert document["format"] == "chaoscad-table"
    assert document["hardware"]["dac_step_volts"] == 1.4 / 255
    rows = lines(export.files["rows.csv"])
    assert [row["state"] for row in document["rows"]] == [float(row["state"]) for row in rows]
    assert list(document["columns"]) == list(rows[0])


def test_a_measured_curve_stands_in_volts(three_transistor, tmp_path: Path):
    written = hand_over(TABLE, three_transistor, Options(), tmp_path / "out", check=True)
    assert written.log is not None
    assert written.log.passed
    assert written.log.rows == 24
    rows = lines((tmp_path / "out" / "rows.csv").read_text())
    states = [float(row["state_volts"]) for row in rows]
    assert all(0 <= state <= 1.2 for state in states)
    assert min(float(row["margin_volts"]) for row in rows) == pytest.approx(0.159434, abs=1e-6)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("y,11,1,1.0,1.0", "y,11,1,1.0,1.01", "gate y, row 11: the state is 1.01 V, not 1.0 V"),
        (
            "0.4444444444444444,0,0.4444444444444444",
            "0.4444444444444444,1,0.4444444444444444",
            "gate y, row 11: the bit is 1, not 0",
        ),
    ],
)
def test_the_check_sees_a_changed_cell(tmp_path: Path, old: str, new: str, found: str):
    design = nand()
    export = TABLE.export(design, Options())
    text = export.files["rows.csv"]
    assert text.count(old) == 1
    changed = replace(export, files={**export.files, "rows.csv": text.replace(old, new)})
    for name, content in changed.files.items():
        (tmp_path / name).write_text(content)
    log = TABLE.check(changed, design, Options(), tmp_path)
    assert not log.passed
    assert found in log.text
