"""Reading and writing records."""

import math

import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from neural.tasks import load_csv, save_csv, task

HEAD = "time,theta,theta_dot,theta_ddot"
PARTS = ("train", "validation", "test")


def record(rows=12, head=HEAD):
    times = [0.02 * index for index in range(rows)]
    lines = [f"{t!r},{0.1 * np.cos(3 * t)!r},{-0.3 * np.sin(3 * t)!r},{-0.9 * np.cos(3 * t)!r}" for t in times]  # fmt: skip
    return [head, *(line.replace("np.float64(", "").replace(")", "") for line in lines)]


def messages(tmp_path, lines, **options):
    path = tmp_path / "record.csv"
    path.write_text(lines if isinstance(lines, str) else "\n".join(lines) + "\n")
    with pytest.raises(ChaoscadError) as caught:
        load_csv(path, **options)
    return str(caught.value).replace(str(path), "record.csv").split("\n")


def equal(first, second):
    for part in PARTS:
        assert np.array_equal(first.part(part).inputs, second.part(part).inputs)
        assert np.array_equal(first.part(part).targets, second.part(part).targets)
    assert first.trivial == second.trivial
    assert first.scaling.time == second.scaling.time
    assert first.dynamics.step == pytest.approx(second.dynamics.step, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("pendulum", {"duration": 5.0}),
        ("pendulum", {"duration": 5.0, "scaling": "none", "validation": 0.0}),
        ("van_der_pol", {"trajectories": 5}),
        ("henon_heiles", {"trajectories": 6, "scaling": "canonical"}),
    ],
)
def test_a_saved_task_reads_back_bit_by_bit(name, options, tmp_path):
    made = task(name, **options)
    save_csv(made, tmp_path / "record.csv")
    shared = {
        key: value for key, value in options.items() if key not in ("duration", "trajectories")
    }
    equal(made, load_csv(tmp_path / "record.csv", task=name, **shared))


def test_a_file_has_the_columns_of_its_system(tmp_path):
    path = tmp_path / "record.csv"
    save_csv(task("pendulum", duration=1.0, noise=0.0), path)
    lines = path.read_text().splitlines()
    assert lines[0] == HEAD
    assert len(lines) == 52
    assert lines[1].startswith("0.0,0.08,0.0,-0.74")
    save_csv(task("van_der_pol", trajectories=3), path)
    assert path.read_text().splitlines()[0] == "trajectory,time,x,y,x_dot,y_dot"
    save_csv(task("henon_heiles", trajectories=3), path)
    head = "trajectory,time,q1,q2,p1,p2,q1_dot,q2_dot,p1_dot,p2_dot"
    assert path.read_text().splitlines()[0] == head


def test_columns_are_found_by_name_in_any_order(tmp_path):
    path, other = tmp_path / "a.csv", tmp_path / "b.csv"
    path.write_text("\n".join(record()))
    mixed = [line.split(",") for line in record()]
    turned = [", ".join([row[2], "note", row[3], row[0], row[1]]) for row in mixed]
    other.write_text("\ufeff# filmed\r\n\r\n" + "\r\n".join(turned), encoding="utf-8")
    equal(load_csv(path), load_csv(other))


def test_a_record_of_an_instrument_is_read_in_the_units_of_its_system(tmp_path):
    path, other = tmp_path / "a.csv", tmp_path / "b.csv"
    path.write_text("\n".join(record()))
    turned = ["Pendulum filmed", "time (ms);theta (deg);theta_dot (rad/s);theta_ddot", ""]
    for line in record()[1:]:
        time, angle, *rates = map(float, line.split(","))
        turned.append(";".join(map(repr, (1000 * time, math.degrees(angle), *rates))))
    other.write_text("\n".join([line.replace(".", ",") for line in turned]), encoding="utf-16")
    found = load_csv(other)
    assert np.allclose(found.train.inputs, load_csv(path).train.inputs, rtol=1e-6)
    assert found.options["remarks"] == [
        "line 2: column 'time' is in ms, and was turned into s",
        "line 2: column 'theta' is in deg, and was turned into rad",
    ]


def test_a_file_without_names_is_refused(tmp_path):
    assert messages(tmp_path, record()[1:]) == [
        "record.csv:1:1: error: the first line has numbers in place of column names; write a first "
        f"line {HEAD}"
    ]


def test_a_user_s_record_is_split_in_time_and_knows_no_law(tmp_path):
    path = tmp_path / "record.csv"
    path.write_text("\n".join(record(100)))
    found = load_csv(path, test=0.25, validation=0.2)
    assert [len(found.part(part)) for part in PARTS] == [60, 15, 25]
    assert found.dynamics.test[0].times[0] == pytest.approx(1.5)
    assert found.options["file"] == str(path)
    assert found.scaling.name == "canonical"
    assert found.train.inputs.std(axis=0) == pytest.approx([1, 1], abs=1e-5)


def test_uneven_times_are_taken(tmp_path):
    rows = ["time,x,y,x_dot,y_dot", *(f"{t},{t % 3},1,{t % 2},0.5" for t in range(12))]
    rows[5] = "3.5,0,2,1,0.5"
    path = tmp_path / "record.csv"
    path.write_text("\n".join(rows))
    assert len(load_csv(path, task="van_der_pol", scaling="none").test) == 2


# Errors, with their places.


def test_missing_columns_are_named_with_the_nearest_or_with_what_is_there(tmp_path):
    assert messages(tmp_path, record(head="time,theta,thetadot,theta_ddot")) == [
        "record.csv:1:1: error: there is no column 'theta_dot'; did you mean 'thetadot'?"
    ]
    assert messages(tmp_path, ["# a comment", "t,x", "1,2"]) == [
        f"record.csv:2:1: error: there is no column {name!r}; the file's columns are 't', 'x'"
        for name in HEAD.split(",")
    ]
    assert messages(tmp_path, record(head="time,theta,theta_dot,theta_ddot,theta")) == [
        "record.csv:1:33: error: there are two columns 'theta'"
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n"])
def test_an_empty_file_has_no_names(text, tmp_path):
    assert messages(tmp_path, text) == [
        "record.csv:1:1: error: the file is empty; it has no line of column names"
    ]


def test_a_header_alone_has_no_rows(tmp_path):
    assert messages(tmp_path, [HEAD]) == [
        "record.csv:1:1: error: the file has no rows below its column names"
    ]


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("abc", "'abc' in column 'theta' is not a number"),
        ("", "the cell in column 'theta' is empty"),
        (
            "1_0",
            "'1_0' in column 'theta' is not a number; write 10, without marks between the digits",
        ),
        ("\u0663", "'\u0663' in column 'theta' is not a number"),
        ("nan", "nan in column 'theta' is not finite; leave the line out"),
        ("-inf", "-inf in column 'theta' is not finite; leave the line out"),
        ("1e999", "1e999 in column 'theta' is not finite; leave the line out"),
        (
            "9.9E37",
            "9.9E37 in column 'theta' is larger than 1e+30: instruments write such a number for an overload; "
            "leave the line out",
        ),
    ],
)
def test_a_cell_that_is_not_a_number_is_pointed_at(cell, told, tmp_path):
    lines = record()
    lines[3] = f"0.04,{cell},1,1"
    assert messages(tmp_path, lines) == [f"record.csv:4:6: error: {told}"]


def test_ragged_rows_are_pointed_at_and_all_findings_come_together(tmp_path):
    lines = record()
    lines[2] += ",7"
    lines[4] = "0.06,1,2"
    lines[5] = "0.08,1,2,x"
    assert messages(tmp_path, lines) == [
        "record.csv:3:1: error: the line has 5 fields, and there are 4 columns",
        "record.csv:5:1: error: the line has 3 fields, and there are 4 columns",
        "record.csv:6:10: error: 'x' in column 'theta_ddot' is not a number",
    ]


def test_findings_stop_at_twenty(tmp_path):
    assert len(messages(tmp_path, [HEAD, *["a,b,c,d"] * 1000])) == 20


def test_times_that_do_not_rise_are_pointed_at(tmp_path):
    lines = record()
    lines[4], lines[6] = lines[3], "0.01,1,2,3"
    assert messages(tmp_path, lines) == [
        "record.csv:5:1: error: the time 0.04 repeats the one above it, 0.04; a column 'trajectory' "
        "tells records apart",
        "record.csv:7:1: error: the time 0.01 is before the one above it, 0.08; a column 'trajectory' "
        "tells records apart",
    ]


def test_too_few_rows_are_counted(tmp_path):
    assert messages(tmp_path, record(9)) == [
        "record.csv: error: the file has 9 rows; at least 10 are needed; they are split into training, "
        "validation and test parts"
    ]


def test_one_row_is_too_few(tmp_path):
    assert messages(tmp_path, record(1))[0].startswith("record.csv: error: the file has 1 row; ")


def trajectories(labels):
    return ["trajectory," + HEAD, *(f"{label},{t},{t % 3},{t % 2},1" for label, t in labels)]


def test_trajectories_are_told_apart_by_their_column(tmp_path):
    path = tmp_path / "record.csv"
    path.write_text("\n".join(trajectories([(label, t) for label in (7, 3, 5) for t in range(5)])))
    found = load_csv(path)
    assert [len(found.part(part)) for part in PARTS] == [5, 5, 5]
    assert found.dynamics.test[0].series == 2


def test_trajectories_that_are_torn_short_or_unnumbered_are_refused(tmp_path):
    torn = trajectories([(0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (0, 3)])
    assert messages(tmp_path, torn) == [
        "record.csv:6:1: error: trajectory 0 starts again after another one; keep the rows of one together"
    ]
    short = trajectories([(0, 0), (0, 1), (1, 0), (2, 1), (2, 2)])
    assert messages(tmp_path, short) == ["record.csv:4:1: error: the trajectory has only one row"]
    assert messages(tmp_path, trajectories([(0.5, 0), (1, 1)])) == [
        "record.csv:2:1: error: '0.5' in column 'trajectory' is not a whole number"
    ]
    assert messages(tmp_path, trajectories([(0, 0), ("a", 1)])) == [
        "record.csv:3:1: error: 'a' in column 'trajectory' is not a number"
    ]
    two = trajectories([(label, t) for label in (0, 1) for t in range(6)])
    assert messages(tmp_path, two) == [
        "record.csv: error: 2 trajectories leave none to train on; with test=0.2 and validation=0.1, "
        "give more of them"
    ]


def test_records_without_a_scale_are_refused(tmp_path):
    still = [HEAD, *(f"{t},0.1,0,0" for t in range(12))]
    assert messages(tmp_path, still) == [
        "record.csv: error: theta does not change in the training part; it has no scale; scaling='none' "
        "takes the raw data"
    ]
    no_rates = ["time,x,y,x_dot,y_dot", *(f"{t},{t},{t % 3},0,0" for t in range(12))]
    assert messages(tmp_path, no_rates, task="van_der_pol") == [
        "record.csv: error: the rates of the training part are zero; there is no unit of time; "
        "scaling='none' takes the raw data"
    ]
    tiny = record(60)
    tiny[1:] = [",".join([row.split(",")[0], *(f"{float(c) * 1e-30}" for c in row.split(",")[1:])]) for row in tiny[1:]]  # fmt: skip
    tiny[-1] = "99,1e29,1,1"
    assert messages(tmp_path, tiny) == [
        "record.csv: error: not all inputs are finite; look for a number far larger than the training "
        "part's"
    ]


def test_options_are_checked_before_the_file_is_read(tmp_path):
    missing = tmp_path / "none.csv"

    def told(**options):
        with pytest.raises(ChaoscadError) as caught:
            load_csv(missing, **options)
        return str(caught.value)

    assert (
        told(task="pendulm") == "error: unknown task of a file 'pendulm'; did you mean 'pendulum'?"
    )
    assert told(task="digits") == (
        "error: unknown task of a file 'digits'; it is one of van_der_pol, henon_heiles, pendulum"
    )
    assert (
        told(scaling="dynamics")
        == "error: unknown scaling 'dynamics'; it is one of canonical, none"
    )
    assert told(test=0) == "error: test is 0, and must be above 0 and at most 0.9"
    assert told() == f"{missing}: error: cannot read the file: it does not exist"


def test_a_directory_a_binary_file_and_a_quote_that_stays_open_are_told(tmp_path):
    with pytest.raises(ChaoscadError, match="it is a directory"):
        load_csv(tmp_path)
    (tmp_path / "b.csv").write_bytes(b"\0\1")
    with pytest.raises(ChaoscadError, match="this is a binary file, not text"):
        load_csv(tmp_path / "b.csv")
    lines = record()
    lines[3] = '0.04,"1,2,3'
    assert messages(tmp_path, lines) == [
        "record.csv:4:1: error: the line is not CSV: a quote is opened and not closed"
    ]
    lines[3] = '"' + "x" * 200_000
    assert messages(tmp_path, lines) == [
        "record.csv:4:1: error: the line is not CSV: field larger than field limit (131072)"
    ]


def test_tasks_without_trajectories_are_not_written(tmp_path):
    with pytest.raises(ChaoscadError) as caught:
        save_csv(task("bessel"), tmp_path / "bessel.csv")
    assert str(caught.value) == (
        "error: the task bessel has no trajectories to write; those of van_der_pol, henon_heiles, "
        "pendulum have"
    )
    assert not (tmp_path / "bessel.csv").exists()


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path):
    with pytest.raises(ChaoscadError, match=r"the folder .* does not exist"):
        save_csv(task("pendulum", duration=1.0), tmp_path / "no" / "record.csv")
