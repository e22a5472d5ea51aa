"""`chaoscad explore` as a user meets it."""

import csv
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from chaoscad.cli.main import status


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def columns(path: str) -> dict[str, list[str]]:
    with Path(path).open() as stream:
        rows = list(csv.reader(stream))
    return {name: [row[index] for row in rows[1:]] for index, name in enumerate(rows[0])}


def test_an_orbit_gives_a_figure_a_table_and_its_fixed_points(capsys):
    arguments = ["logistic", "orbit", "--set", "a=2.5", "--steps", "50", "--csv", "o.csv"]
    assert status(["explore", *arguments]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "x from 0.3 to 0.623437",
        "fixed point (0): repelling, eigenvalues 2.5",
        "fixed point (0.6): attracting flip, eigenvalues -0.5",
        "written to logistic_orbit.png, o.csv",
    ]
    assert Path("logistic_orbit.png").read_bytes().startswith(b"\x89PNG")
    table = columns("o.csv")
    assert list(table) == ["iterate", "x"]
    assert len(table["x"]) == 51
    assert float(table["x"][-1]) == pytest.approx(0.6)


def test_an_orbit_without_digits_says_so(capsys):
    assert status(["explore", "tent", "orbit"]) == 0
    assert (
        "from iterate 55 on it rests on a fixed point that repels: the start has run out of binary "
        "digits; change a parameter a little" in capsys.readouterr().out
    )


def test_a_series_is_written_where_it_is_asked_for(capsys):
    arguments = ["harmonic", "series", "--time", "5", "--steps", "11", "--initial", "2, 0"]
    assert status(["explore", *arguments, "-o", "h.svg", "--csv", "h.csv", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["ok"] is True
    assert data["files"] == ["h.svg", "h.csv"]
    assert data["fixed_points"][0]["class"] == "centre"
    table = columns("h.csv")
    assert table["time"][-1] == "5.0"
    assert float(table["x"][0]) == 2.0
    assert not Path("harmonic_series.png").exists()


def test_the_spectrum_is_printed_with_its_errors(capsys):
    assert status(["explore", "henon", "lyapunov", "--steps", "4000", "-o", "l.pdf"]) == 0
    first, second, dimension, written = capsys.readouterr().out.splitlines()
    assert first.startswith("exponent 1: 0.4")
    assert first.endswith(" nats per iterate")
    assert second.startswith("exponent 2: -1.6")
    assert dimension.startswith("Kaplan-Yorke dimension 1.25")
    assert written == "written to l.pdf"


def test_a_diagram_reports_its_doublings(capsys):
    arguments = ["--parameter", "a", "--from", "2.9", "--to", "3.6", "--columns", "50"]
    assert status(["explore", "logistic", "bifurcation", *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "10000 points at 50 values of a"
    assert lines[1] == "period 1 doubles at a = 3"
    assert lines[2] == "period 2 doubles at a = 3.4494897"
    assert lines[7] == (
        "ratios of the distances 4.7514, 4.6563, 4.6682, 4.6687; Feigenbaum's number is 4.6692"
    )


def test_a_section_leaves_out_the_way_to_the_attractor(capsys):
    arguments = ["--section", "x=0.5", "--down", "--steps", "1", "--csv", "s.csv"]
    assert status(["explore", "harmonic", "section", *arguments]) == 0
    # 5000 steps of 0.1, and on to the next crossing.
    turns = np.ceil((500 - np.pi / 3) / (2 * np.pi))
    assert float(columns("s.csv")["time"][0]) == pytest.approx(np.pi / 3 + 2 * np.pi * turns)


def test_an_orbit_at_rest_is_told_of(capsys):
    arguments = ["logistic", "recurrence", "--set", "a=2.5", "--steps", "50", "--skip", "2000"]
    assert status(["explore", *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "recurrence rate 1.00000"
    assert lines[3] == "the orbit is at rest: its states differ by rounding only"


def test_a_parameter_that_is_given_twice_is_refused(capsys):
    assert status(["explore", "logistic", "orbit", "--set", "a=2", "--set", "a=3"]) == 2
    assert "Error: --set gives a twice" in capsys.readouterr().err


def test_a_portrait_a_section_a_recurrence_and_finite_times(capsys):
    arguments = ["--time", "5", "--range", "x=-2:2", "--range", "v=-1:1"]
    assert status(["explore", "damped", "portrait", *arguments]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        "6 orbits",
        "fixed point (0, 0): stable focus, eigenvalues -0.1+0.995i, -0.1-0.995i",
    ]
    arguments = ["--section", "x=0.5", "--down", "--steps", "4", "--json", "--csv", "s.csv"]
    assert status(["explore", "harmonic", "section", *arguments, "--skip", "0"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["coordinate"], data["level"], data["direction"]) == ("x", 0.5, -1)
    assert float(columns("s.csv")["time"][0]) == pytest.approx(1.0471975512)
    assert status(["explore", "duffing", "section", "--steps", "3"]) == 0
    assert capsys.readouterr().out.startswith("3 states, once per period 12.5664\n")
    arguments = ["--parameter", "gamma", "--from", "0.1", "--to", "0.2", "--columns", "2"]
    arguments += ["--set", "delta=0.5", "--steps", "5", "--period", "4*pi/omega", "--csv", "d.csv"]
    assert status(["explore", "duffing", "bifurcation", *arguments, "--phase", "0.5"]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        "10 points at 2 values of gamma",
        "read once per period of the drive, 25.1327, at 0.5 of it",
    ]
    assert list(columns("d.csv"))[1] == "x once per period of the drive, at 0.5 of it"
    arguments = ["--set", "a=3.5", "--skip", "1000", "--steps", "40", "--threshold", "0.01"]
    assert status(["explore", "logistic", "recurrence", *arguments]) == 0
    assert capsys.readouterr().out.startswith("recurrence rate 0.23171\ndeterminism 0.99474\n")
    arguments = ["--steps", "3", "--columns", "9", "--csv", "f.csv"]
    assert status(["explore", "tent", "ftle", *arguments, "--set", "mu=1.5"]) == 0
    assert "mean 0.40547 nats per iterate" in capsys.readouterr().out
    assert len(columns("f.csv")["x"]) == 9


def test_zero_is_a_value(capsys):
    assert status(["explore", "logistic", "orbit", "--steps", "0"]) == 1
    assert capsys.readouterr().err == "error: steps is 0, and must be from 1 to 1000000\n"
    arguments = ["quadratic", "bifurcation", "--parameter", "c", "--from", "-1", "--to", "0"]
    assert status(["explore", *arguments, "--columns", "5"]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("lorentz orbit", "unknown system 'lorentz'; did you mean 'lorenz'?"),
        ("logistic orbit --set a=9", "a of logistic is 9, outside its range [0, 4]"),
        ("logistic orbit --set b=1", "logistic has no parameter 'b'; it has a"),
        ("lorenz series --time -1", "time is -1, and must be a positive number"),
        (
            "lorenz series --initial 1,2",
            "the initial state has 2 numbers, and lorenz has 3 coordinates: x, y, z",
        ),
        (
            "lorenz series --coordinates x,q",
            "lorenz has no coordinate 'q'; its coordinates are x, y, z",
        ),
        ("lorenz series --steps 999999999", "samples is 999999999, and must be from 2 to 20000000"),
        (
            "logistic bifurcation --parameter a --from 4 --to 3",
            "a goes from 4 to 3, and must rise between finite numbers",
        ),
        (
            "logistic bifurcation --parameter a --from 3 --to 4 --columns 1000000",
            "the diagram would have 200000000 numbers, and at most 20000000 fit",
        ),
        (
            "lorenz portrait --range x=5:1",
            "x goes from 5 to 1, and must rise between finite numbers",
        ),
        (
            "lorenz section --section period",
            "lorenz is not driven, so its section needs a plane, such as x = 0",
        ),
        (
            "lorenz bifurcation --parameter rho --from 20 --to 28 --period 2*pi/rho",
            "the equations of lorenz do not depend on the time, so there is no drive whose period could be "
            "given",
        ),
        (
            "henon orbit --initial 100,100",
            "the orbit of henon escapes at iterate 3; start elsewhere",
        ),
        ("logistic orbit --skip 1e300", "skip is 1e+300, and must be from 0 to 1000000"),
        ("logistic lyapunov --steps 10", "length is 10, and must be from 50 to 20000000"),
    ],
)
def test_what_cannot_be_computed_has_status_1(arguments: str, message: str, folder, capsys):
    assert status(["explore", *arguments.split()]) == 1
    assert capsys.readouterr().err == f"error: {message}\n"
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            "lorenz orbit",
            "lorenz is a flow and has no iterates; explore its series or its section",
        ),
        ("logistic section", "logistic is a map; explore its orbit instead"),
        ("logistic series", "logistic is a map; explore its orbit instead"),
        ("logistic lyapunov --time 3", "logistic is a map; give --steps instead of --time"),
        ("lorenz lyapunov --steps 3", "lorenz is a flow; give --time instead of --steps"),
        (
            "duffing bifurcation --parameter omega --from 1 --to 2 --time 9",
            "duffing is read once per period of its drive; give --steps, a number of periods, instead of "
            "--time, or --maxima",
        ),
        (
            "duffing section --period 2*pi/omga",
            "--period 2*pi/omga, column 6: unknown name 'omga'; did you mean 'omega'?",
        ),
        (
            "logistic portrait",
            "logistic has one coordinate, and a portrait needs two; explore its orbit",
        ),
        (
            "logistic orbit --coordinates x,y",
            "logistic has one coordinate; leave --coordinates out",
        ),
        (
            "logistic bifurcation --from 3",
            "a bifurcation diagram needs --parameter, --to; the parameters of logistic are: a",
        ),
        (
            "logistic orbit --threshold 0.1",
            "--threshold says nothing about orbit; it belongs to recurrence",
        ),
        (
            "logistic orbit --from 1",
            "--from says nothing about orbit; it belongs to lyapunov, bifurcation",
        ),
        (
            "logistic lyapunov --parameter a --from 3",
            "the spectrum over a parameter needs --to; the parameters of logistic are: a",
        ),
        ("logistic orbit --set a=nan", "'nan' in --set is not a finite number"),
        ("logistic orbit --set a", "--set takes NAME=VALUE with a number, not 'a'"),
        ("logistic orbit --initial x", "'x' in --initial is not a finite number"),
        ("lorenz series --time nan", "--time is nan, and must be a finite number"),
        ("henon orbit --skip 1.5", "--skip is 1.5, and must be a whole number of iterates"),
        ("lorenz portrait --range x=5", "--range takes NAME=LOW:HIGH, not 'x=5'"),
        (
            "logistic orbit -o a.png --csv a.png",
            "-o and --csv name the same file; give them two names",
        ),
    ],
)
def test_wrong_usage_has_status_2_and_says_what_to_do(arguments: str, message: str, folder, capsys):
    assert status(["explore", *arguments.split()]) == 2
    assert capsys.readouterr().err.endswith(f"\nError: {message}\n")
    assert not list(folder.iterdir())


def test_a_file_where_a_system_is_needed_is_called_what_it_is(folder, capsys):
    (folder / "fa.design.json").write_text("{}")
    assert status(["explore", "fa.design.json", "orbit"]) == 2
    assert capsys.readouterr().err.endswith(
        "Error: orbit is of a system, and fa.design.json is a file; of a design: curve, control and region\n"
    )


def test_a_figure_is_as_large_fine_and_titled_as_it_is_asked_for(folder, capsys):
    from matplotlib.image import imread

    arguments = ["explore", "logistic", "orbit", "--steps", "9", "--force"]
    look = ["--size", "10.16,7.62", "--dpi", "50", "--title", "Ours"]
    assert status([*arguments, *look, "-o", "a.svg"]) == 0
    assert "<!-- Ours -->" in Path("a.svg").read_text()
    assert "Logistic map" not in Path("a.svg").read_text()
    assert status([*arguments, *look, "-o", "a.png"]) == 0
    assert imread("a.png").shape[:2] == (150, 200)
    capsys.readouterr()
    assert status([*arguments, "--size", "8.5", "-o", "a.png"]) == 2
    assert capsys.readouterr().err.endswith(
        "Error: --size takes W,H of 3 to 100 centimetres, such as 17,10; not '8.5'\n"
    )


def test_files_are_checked_before_the_work(monkeypatch, capsys):
    monkeypatch.setattr(import_module("chaoscad.analysis.lyapunov"), "_run", None)
    assert status(["explore", "lorenz", "lyapunov", "-o", "a.gif"]) == 1
    message = "a figure is written as .png, .svg or .pdf, and this is the suffix '.gif'"
    assert capsys.readouterr().err == f"a.gif: error: {message}\n"
    assert status(["explore", "lorenz", "lyapunov", "--csv", "none/a.csv"]) == 1
    assert "the folder 'none' does not exist" in capsys.readouterr().err


def test_an_error_is_json_when_asked_for(capsys):
    assert status(["explore", "lorentz", "orbit", "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["ok"] is False
    assert data["diagnostics"][0]["message"] == "unknown system 'lorentz'; did you mean 'lorenz'?"


def test_help_is_light():
    code = (
        "import sys\n"
        "from chaoscad.cli.main import status\n"
        "status(['explore', '--help'])\n"
        "heavy = {'jax', 'numpy', 'scipy', 'matplotlib', 'rich'}\n"
        "assert not heavy & {name.split('.')[0] for name in sys.modules}"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Show the dynamics of a system" in done.stdout
