"""Designs of several configurations in volts: tables of the controls, and one SPICE run."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from chaoscad.design import Reconfigurable, load_any
from chaoscad.errors import ChaoscadError
from chaoscad.evidence import Evidence
from chaoscad.export import EXPORTERS
from chaoscad.export.handover import export
from chaoscad.export.target import options_of
from chaoscad.switching import switching
from tests.conftest import needs
from tests.export.conftest import KEPT

NAMES: tuple[str, ...] = ("and", "or", "and_or", "parity")


@pytest.fixture
def morph() -> Reconfigurable:
    """Two gates whose x0 are the controls; p is AND, OR, AND, XOR, and y is AND, OR, OR, XOR."""
    found = load_any(KEPT / "morph_two_gates.json")
    assert isinstance(found, Reconfigurable)
    return found


def prepared(target: str, design: Reconfigurable, **given: object):
    exporter = EXPORTERS[target]
    evidence = {name: Evidence(one) for name, one in design.configurations.items()}
    options = options_of(exporter, next(iter(design.configurations.values())), **given)
    return exporter.prepare_configurations(evidence, design, options)  # type: ignore[attr-defined]


def written(target: str, made: object, folder: Path, before: str = "", after: str = "") -> object:
    """The files of a plan, with a change in all of them; returns the export."""
    made_files = EXPORTERS[target].export(made)  # type: ignore[arg-type]
    assert not before or any(before in text for text in made_files.files.values())
    for name, text in made_files.files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text.replace(before, after) if before else text)
    return made_files


def test_tables_hold_the_controls_of_all_configurations(morph: Reconfigurable, tmp_path: Path):
    done = export(morph, "table", tmp_path / "out", check=True, resistors="ideal")
    assert done.right
    assert done.log is not None
    assert done.log.rows == 32
    assert done.log.text.endswith(
        "configurations.csv read back: the bits of all rows computed again from its volts\n"
        "every row agrees\n"
    )
    assert (tmp_path / "out" / "configurations.csv").read_text().splitlines() == [
        "gate,control,configuration,value,volts,code",
        "p,x0,and,0.713449886,1.426899773,2778",
        "p,x0,or,0.480642864,0.961285727,2540",
        "p,x0,and_or,0.713449886,1.426899773,2778",
        "p,x0,parity,0.475828131,0.951656262,2535",
        "y,x0,and,0.951288233,1.902576466,3021",
        "y,x0,or,0.850034898,1.700069796,2918",
        "y,x0,and_or,0.850034898,1.700069796,2918",
        "y,x0,parity,0.715264793,1.430529585,2780",
    ]
    assert json.loads((tmp_path / "out" / "switching.json").read_text()) == (
        switching(morph).to_data()
    )
    for name in NAMES:
        rows = list(csv.DictReader((tmp_path / "out" / name / "rows.csv").read_text().splitlines()))
        bits = "".join(row["bit"] for row in rows if row["gate"] == "p")
        assert bits == morph.configuration(name).gate("p").function.rows
    readme = (tmp_path / "out" / "README.md").read_text()
    assert (
        "The cheapest order is and, and_or, or, parity: 4 controls in all, by at most 0.465614 V at once."
    ) in readme


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        (
            "p,x0,or,0.480642864,0.961285727,",
            "p,x0,or,0.480642864,1.426899773,",
            "in configuration 'or': gate 'p', row 01: with the volts of its controls the bit is wrong",
        ),
        (
            "0.961285727,2540",
            "0.961285727,2542",
            "in configuration 'or': gate 'p': the code of x0 is not 2542",
        ),
        (
            "y,x0,or,0.850034898,1.700069796,2918\n",
            "",
            "configurations.csv does not have every control in every configuration once",
        ),
    ],
)
def test_the_check_of_the_tables_notices_a_wrong_control(
    before: str, after: str, complaint: str, morph: Reconfigurable, tmp_path: Path
):
    made = prepared("table", morph, resistors="ideal")
    files = written("table", made, tmp_path, before, after)
    log = EXPORTERS["table"].check(made, files, tmp_path)  # type: ignore[arg-type]
    assert not log.passed
    assert complaint in log.text.splitlines()


def test_rows_that_come_out_wrong_say_in_which_configuration(morph: Reconfigurable, tmp_path: Path):
    done = export(morph, "table", tmp_path / "out", dac_bits=4, resistors="ideal")
    assert not done.right
    # A step of 8 / 15 V puts x0 at 2/3, and the fourth image of 2/3 - 0.2376 is 0.826.
    assert str(done.wrong[0]) == (
        "error: in configuration 'and': gate 'p', row 01: with controls by a DAC of 4 bits the bit is "
        "wrong; give more --dac-bits, a narrower --dac-range, or a design with larger margins"
    )


def test_a_dac_that_cannot_set_a_control_is_refused(morph: Reconfigurable, tmp_path: Path):
    with pytest.raises(ChaoscadError) as caught:
        export(morph, "table", tmp_path / "out", dac_range=(0.0, 1.8))
    assert str(caught.value) == (
        "error: in configuration 'and': gate 'y': the DAC, with range [0, 1.8] V, cannot set 2 V (row 10); "
        "widen dac range, or change volts_per_unit or offset_volts"
    )
    assert not (tmp_path / "out").exists()


def test_configurations_of_odd_names_have_folders_of_plain_ones(
    morph: Reconfigurable, tmp_path: Path
):
    names: dict[str, str] = dict(zip(NAMES, ("../up", "README.md", "A", "a"), strict=True))
    odd = replace(
        morph,
        configurations={names[name]: one for name, one in morph.configurations.items()},
    )
    made = prepared("table", odd, resistors="ideal")
    files = EXPORTERS["table"].export(made).files
    folders = {Path(name).parts[0].lower() for name in files if "/" in name}
    assert len(folders) == 4
    assert all(name.replace("_", "").isalnum() for name in folders)


@needs("ngspice")
@pytest.mark.parametrize("controls", [("x0",), ("x0", "delta", "threshold")])
def test_spice_steps_the_controls_through_all_configurations(
    controls: tuple[str, ...], morph: Reconfigurable, tmp_path: Path
):
    design = replace(morph, netlist=replace(morph.netlist, controls=controls))
    done = export(design, "spice", tmp_path / "out", check=True)
    assert done.right
    assert done.log is not None
    assert done.log.rows == 32
    assert (
        "compared in all 8 rows of 4 configurations: the bits of 2 gates, and their values in volts\n"
        in done.log.text
    )
    assert load_any(tmp_path / "out" / "design.json") == design
    table = (tmp_path / "out" / "configurations.csv").read_text().splitlines()
    assert table[0] == "configuration,first_row,gate,node,volts"
    assert "or,8,p,p_x0,0.961285727384" in table
    assert ("or,8,p,p_delta2,-0.47524351016" in table) == ("delta" in controls)


@needs("ngspice")
def test_the_spice_check_notices_a_control_at_a_wrong_voltage(
    morph: Reconfigurable, tmp_path: Path
):
    made = prepared("spice", morph)
    files = written("spice", made, tmp_path, "0.008000001 0.961285727384", "0.008000001 1.4269")
    log = EXPORTERS["spice"].check(made, files, tmp_path)  # type: ignore[arg-type]
    assert not log.passed
    assert "configuration 'or', row 4: gate y gives 0" in log.text.splitlines()
    assert "configuration 'and'" not in log.text


@needs("ngspice")
@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("functions_by_time", "nor,8,y,y_iterates,4.0"),
        ("swapped_half_adder", "swapped,4,y,y_iterates,2.0"),
    ],
)
def test_spice_steps_through_numbers_of_iterates(name: str, line: str, tmp_path: Path):
    design = load_any(KEPT / f"{name}.json")
    for target in ("spice", "table"):
        assert export(design, target, tmp_path / target, check=True).right
    assert line in (tmp_path / "spice" / "configurations.csv").read_text().splitlines()
    readme = (tmp_path / "spice" / "README.md").read_text()
    assert "A map is read after as many iterates as there are volts at y_iterates" in readme


@needs("ngspice")
def test_the_spice_check_notices_a_tap_at_a_wrong_place(tmp_path: Path):
    made = prepared("spice", load_any(KEPT / "functions_by_time.json"))  # type: ignore[arg-type]
    files = written("spice", made, tmp_path, "v(iterates)<3.5", "v(iterates)<4.5")
    log = EXPORTERS["spice"].check(made, files, tmp_path)  # type: ignore[arg-type]
    assert not log.passed
    assert "configuration 'nor', row 0: gate y gives 0" in log.text.splitlines()


def test_spice_refuses_what_differs_and_is_no_voltage(morph: Reconfigurable):
    (p, y) = morph.configuration("or").gates
    other = replace(p, setpoint=replace(p.setpoint, setting=p.setting.with_values({"a": 3.99})))
    odd = {**morph.configurations, "or": replace(morph.configuration("or"), gates=(other, y))}
    with pytest.raises(ChaoscadError) as caught:
        prepared("spice", replace(morph, configurations=odd))
    assert str(caught.value) == (
        "error: gate 'p': a parameter of the system differs between the configurations 'and' and 'or', and "
        "is no voltage of the SPICE form; controls can be x0, delta, threshold, iterates and time; "
        "--configuration NAME exports one"
    )


def test_devices_are_of_one_configuration(morph: Reconfigurable):
    with pytest.raises(ChaoscadError) as caught:
        prepared("spice", morph, monte_carlo=10)
    assert str(caught.value) == (
        "error: a Monte Carlo deck is of one configuration; give --configuration NAME with one of and, or, "
        "and_or, parity"
    )
