"""Files of instruments and of SPICE: each is read right, or refused at its line with advice that works."""

from pathlib import Path

import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.instrument import read_instrument_text, read_table
from chaoscad.instrument.bytes_read import decoded
from chaoscad.systems import curve_reading
from tests.conftest import ROOT

FOLDER = ROOT / "tests" / "data" / "instruments"

TIME = [-4e-4 + 2e-4 * index for index in range(8)]
FIRST = [0.0, 0.783, 0.974, 0.427, -0.443, -0.978, -0.773, 0.017]
SECOND = [1.5, 0.932, -0.341, -1.356, -1.345, -0.316, 0.952, 1.5]
SWEPT = [0.1 * index for index in range(8)]
CURRENT = [1e-9, 9.03e-9, 8.145e-8, 7.3510e-7, 6.63424e-6, 5.987414e-5, 5.4036494e-4, 4.87680087e-3]

COMMA = "decimals stand behind a comma"
UNNAMED = "the columns have no names; they go by their numbers, from 1"


def turned(line: int, name: str, written: str, symbol: str) -> str:
    return f"line {line}: column {name!r} is in {written}, and was turned into {symbol}"


# By file: columns by name with unit and numbers; the line of the first row; what is said.
READ = {
    "tektronix_tds.csv": (
        {"time": ("s", TIME), "CH1": ("V", FIRST)},
        1,
        ["line 1: the header stands left of the numbers, in columns 1 to 3"],
    ),
    "tektronix_mso.csv": (
        {"TIME": ("s", TIME), "CH2": ("V", SECOND)},
        16,
        ["line 1: a header of 12 lines stands above the table", turned(15, "CH2", "mV", "V")],
    ),
    "keysight_infiniivision.csv": ({"x-axis": ("s", TIME), "2": ("V", SECOND)}, 3, []),
    "keysight_infiniium.csv": (
        {"1": ("s", TIME), "2": ("V", FIRST)},
        14,
        ["line 1: a header of 13 lines stands above the table", f"line 14: {UNNAMED}"],
    ),
    "keysight_easyexpert.csv": (
        {"Vg": ("1", SWEPT), "Id": ("1", CURRENT)},
        9,
        ["line 8: the table is in the lines of DataName and DataValue"],
    ),
    "keysight_benchvue.csv": (
        {"Time": ("s", TIME), "Channel 1": ("V", FIRST)},
        2,
        [
            "line 2: the columns are separated by semicolons",
            f"line 2: {COMMA}",
            turned(1, "Time", "ms", "s"),
            turned(1, "Channel 1", "mV", "V"),
        ],
    ),
    "rigol_ds1000z.csv": (
        {"time": ("s", TIME), "CH1": ("V", FIRST)},
        3,
        ["line 2: the samples are counted; they start at -0.0004 s and are 0.0002 s apart"],
    ),
    "rigol_ds1000e.csv": (
        {"X": ("s", TIME), "CH1": ("V", FIRST)},
        3,
        ["line 3: rows end with empty cells, which are passed over"],
    ),
    "rigol_mso5000.csv": (
        {"Time": ("s", TIME), "CH2": ("V", SECOND)},
        2,
        [],
    ),
    "rohde_schwarz_rtb.csv": ({"time": ("s", TIME), "C2": ("V", SECOND)}, 2, []),
    "rohde_schwarz_hmo.csv": (
        {"time": ("s", TIME), "CH1": ("V", FIRST)},
        2,
        [
            "line 2: the columns are separated by semicolons",
            f"line 2: {COMMA}",
            "line 2: rows end with empty cells, which are passed over",
            turned(1, "time", "ms", "s"),
            turned(1, "CH1", "mV", "V"),
        ],
    ),
    "rohde_schwarz_fsv.dat": (
        {"Frequency": ("Hz", np.arange(1e3, 9e3, 1e3)), "Level": ("dBm", np.arange(-60, -84, -3))},
        10,
        [
            "line 1: a header of 8 lines stands above the table",
            "line 10: the columns are separated by semicolons",
            turned(9, "Frequency", "kHz", "Hz"),
        ],
    ),
    "picoscope_comma.csv": (
        {"Time": ("s", TIME), "Channel A": ("V", FIRST), "Channel B": ("V", SECOND)},
        4,
        [
            "line 4: the columns are separated by semicolons",
            f"line 4: {COMMA}",
            turned(1, "Time", "ms", "s"),
            turned(1, "Channel B", "mV", "V"),
        ],
    ),
    "picoscope_tab.txt": (
        {"Time": ("s", TIME), "Channel A": ("V", FIRST)},
        4,
        ["line 4: the columns are separated by tabs", turned(1, "Time", "us", "s")],
    ),
    "waveforms_scope.csv": ({"Time": ("s", TIME), "Channel 2": ("V", SECOND)}, 10, []),
    "waveforms_xy.csv": (
        {"C1": ("V", SWEPT), "C2": ("A", CURRENT)},
        4,
        ["line 4: the columns are separated by tabs", turned(3, "C2", "mA", "A")],
    ),
    "smu_kickstart.csv": (
        {"Voltage": ("V", SWEPT), "Current": ("A", CURRENT)},
        4,
        ["line 1: a header of 2 lines stands above the table", turned(3, "Current", "µA", "A")],
    ),
    "smu_buffer_no_names.csv": (
        {"1": ("1", SWEPT), "2": ("1", CURRENT)},
        1,
        [f"line 1: {UNNAMED}"],
    ),
    "smu_blank_tail.csv": (
        {"Vg": ("V", SWEPT[:5]), "Ig": ("A", [3e-12, 4e-12, 5e-12, 6e-12, 7e-12])},
        3,
        ["line 8: column 'Ig' ends here; lines 8 to 10 left out", turned(1, "Ig", "pA", "A")],
    ),
    "ltspice_export.txt": (
        {"time": ("s", np.arange(8) * 2e-4), "I(R1)": ("A", np.array(SECOND) / 1e3)},
        2,
        ["line 2: the columns are separated by tabs"],
    ),
    "ltspice_ascii.raw": (
        {"vin": ("V", SWEPT), "V(out)": ("V", FIRST)},
        13,
        ["line 1: a raw file of SPICE: DC transfer characteristic, 2 variables, 8 points"],
    ),
    "ngspice_ascii.raw": (
        {"v(v-sweep)": ("V", SWEPT), "i(v1)": ("A", CURRENT)},
        11,
        ["line 1: a raw file of SPICE: DC transfer characteristic, 2 variables, 8 points"],
    ),
    "ngspice_wrdata.data": (
        {"1": ("1", SWEPT), "4": ("1", SECOND)},
        1,
        ["line 1: the columns are separated by blanks", f"line 1: {UNNAMED}"],
    ),
    "ngspice_print.txt": (
        {"v-sweep": ("V", SWEPT), "v1#branch": ("A", CURRENT)},
        6,
        [
            "line 1: a header of 2 lines stands above the table",
            "line 6: the columns are separated by blanks",
            "line 12: the head of the table is repeated, and passed over",
        ],
    ),
}


@pytest.mark.parametrize("name", READ)
def test_a_file_is_read_right_and_everything_understood_is_said(name):
    columns, first, said = READ[name]
    table = read_table(read_instrument_text(FOLDER / name), name)
    found = table.numbers([table.place(column) for column in columns])
    assert [(item.name, item.unit.symbol) for item in found.columns] == [
        (column, unit) for column, (unit, _) in columns.items()
    ]
    for values, (_, wanted) in zip(found.values, columns.values(), strict=True):
        # The files of oscilloscopes have four digits.
        assert np.allclose(values, wanted, rtol=1e-3, atol=1e-3 * np.abs(wanted).max())
    assert found.lines[0] == first
    assert [str(remark) for remark in found.remarks] == said


def without(line: int, text: str) -> str:
    lines = text.split("\n")
    return "\n".join([*lines[: line - 1], *lines[line:]])


# By file: the message after the file's name, and what a reader makes of its advice.
REFUSED = {
    "tektronix_overload.csv": (
        ":11:14: error: 9.9E37 in column 'CH1' is larger than 1e+30: instruments write such a number for an "
        "overload; leave the line out",
        lambda text: without(11, text),
    ),
    "picoscope_overrange.csv": (
        ":7:12: error: '∞' in column 'Channel A' is not a number; it marks an overload; leave the line out",
        lambda text: without(7, text),
    ),
    "smu_thousands.csv": (
        ":6:5: error: '1_000' in column 'Id' is not a number; write 1000, without marks between the digits",
        lambda text: text.replace("1_000", "1000"),
    ),
    "ltspice_step.txt": (
        ":11:1: error: a second run begins here; export one run, or leave out the lines from here on",
        lambda text: "\n".join(text.split("\n")[:10]),
    ),
    "ngspice_ac.raw": (
        ":4:1: error: the file has complex numbers; export a sweep of a voltage or in time, not one in frequency",
        lambda _: read_instrument_text(FOLDER / "ngspice_ascii.raw"),
    ),
    "ltspice_binary.raw": (
        ":10:1: error: this is a binary raw file of SPICE, not text; write it as text: 'set filetype=ascii' "
        "before 'write' in ngspice, 'Export data as text' in LTspice",
        lambda _: read_instrument_text(FOLDER / "ltspice_export.txt"),
    ),
    "rohde_schwarz_rto_values.csv": (
        ":1:1: error: the file has 1 column, and a curve needs two; separate the columns by commas, "
        "semicolons or tabs",
        lambda text: "\n".join(f"{k}\t{line}" for k, line in enumerate(text.split("\n")) if line),
    ),
    "smu_updown.csv": (
        ":24:1: error: the inputs rise to 1 and then fall: there are an upward and a downward sweep; their "
        "outputs differ by up to 0.119 (6.5 % of the range, at the input 0.5), as if the inputs were shifted by "
        "0.04; say which is meant by 'sweep: up', 'sweep: down' or 'sweep: mean'",
        None,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_is_refused_at_its_line_with_advice_that_works(name):
    message, follow = REFUSED[name]
    path = FOLDER / name

    def read(**options):
        text = read_instrument_text(path)
        return curve_reading(text, str(path), **options)

    with pytest.raises(ChaoscadError) as caught:
        read()
    assert str(caught.value) == f"{path}{message}"
    if follow is None:
        assert read(sweep="mean").hysteresis.width == pytest.approx(0.04, rel=0.01)
        return
    text = "" if path.suffix == ".raw" and "binary" in name else read_instrument_text(path)
    assert len(read_table(follow(text), name).rows) >= 7


def test_every_file_is_in_one_of_the_tables():
    assert {path.name for path in FOLDER.iterdir()} == {*READ, *REFUSED, "smu_repeats.csv"}


def test_repeated_readings_are_averaged_and_their_spread_is_noise():
    found = curve_reading(read_instrument_text(FOLDER / "smu_repeats.csv"), "r.csv")
    assert found.curve.units == ("V", "A")
    assert np.allclose(found.curve.points[1], CURRENT, rtol=1e-4)
    # Of three readings 1 % apart, each voltage has a variance of (1 % of its current)^2.
    assert found.noise == pytest.approx(0.01 * np.sqrt(np.mean(np.square(CURRENT))), rel=1e-3)
    assert [str(remark) for remark in found.remarks] == [
        turned(3, "reading", "mA", "A"),
        "16 outputs of repeated inputs averaged, 8 points left; their standard deviation is 1.73e-05",
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            b"PK\x03\x04\0\0\0\0",
            "x: error: this is a workbook or an archive, not text; save the sheet as CSV",
        ),
        (b"\1\2\0\3\4\0\0\0", "x: error: this is a binary file, not text; export it as CSV"),
    ],
)
def test_binary_files_are_named_with_what_to_export(data, message):
    with pytest.raises(ChaoscadError) as caught:
        decoded(data, "x")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("head", "name", "symbol", "power"),
    [
        ("Time (ms)", "Time", "s", -3),
        ("v[µV]", "v", "V", -6),
        ("CH1 in mV", "CH1", "V", -3),
        ("I_D / nA", "I_D", "A", -9),
        ("I(mA)", "I", "A", -3),
        ("V(A)", "V(A)", "V", 0),
        ("v(out)", "v(out)", "V", 0),
        ("Speed [furlong]", "Speed", "furlong", 0),
        ("x_dot", "x_dot", "1", 0),
    ],
)
def test_units_stand_in_names_and_nodes_of_spice_do_not(head, name, symbol, power):
    column = read_table(f"{head};y\n1;2\n3;4\n", "x.csv").columns[0]
    assert (column.name, column.unit.symbol, column.unit.power) == (name, symbol, power)


def test_commas_that_may_be_of_thousands_are_said():
    remarks = read_table("a;b\n1,500;2\n2,000;3\n", "x.csv").remarks
    assert str(remarks[-1]) == (
        "line 2: every comma stands before three digits; they were read as decimals, not as thousands"
    )
    assert remarks[-1].changes
    assert not any(item.changes for item in read_table("a;b\n0,500;2\n2,000;3\n", "x.csv").remarks)


def test_a_second_table_below_the_first_is_refused():
    text = "a,b\n1,2\n3,4\n\nsecond trace\n5,6\n"
    table = read_table(text, "x.csv")
    with pytest.raises(ChaoscadError) as caught:
        table.numbers([0, 1])
    assert str(caught.value) == (
        "x.csv:5:1: error: the line has 1 fields, and there are 2 columns; if a second table or remarks begin "
        "here, leave them out"
    )


def test_a_bad_cell_in_the_first_rows_is_no_name(tmp_path: Path):
    for text, line in (
        ("u,v\n0,\n1,2\n2,3\n", 2),
        ("u,v\nx,1\n1,2\n2,3\n", 2),
        ("0,\n1,2\n2,3\n", 1),
    ):
        table = read_table(text, "x.csv")
        with pytest.raises(ChaoscadError) as caught:
            table.numbers([0, 1])
        assert str(caught.value).startswith(f"x.csv:{line}:")
