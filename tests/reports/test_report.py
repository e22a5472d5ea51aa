"""Reports as files: what they say, that they are the same every time, and what is refused."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

import chaoscad
from chaoscad.cli.main import status
from chaoscad.design import load, load_any
from chaoscad.reports import report, verb
from chaoscad.reports.chart import ticks
from chaoscad.robustness import deviations_of, measure
from tests.conftest import ROOT, with_changes

DESIGNS = ROOT / "tests" / "data" / "designs"
ADDER = DESIGNS / "full_adder.json"


class Read(HTMLParser):
    """The text of a page by the ids that it stands in, and what every attribute says."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_report_is_the_same_in_every_run_and_loads_no_jax(folder):
    made = []
    for seed in ("1", "2"):
        code = (
            "import sys; from chaoscad.cli.main import status; "
            f"assert status(['report', {str(ADDER)!r}, '-o', 'r{seed}.html']) == 0; "
            "assert not {'jax', 'diffrax', 'pandas'} & set(sys.modules), 'heavy'"
        )
        env = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code], check=True, env=env, capture_output=True)
        made.append(Path(f"r{seed}.html").read_bytes())
    assert made[0] == made[1]
    report(ADDER, "again.html")
    assert Path("again.html").read_bytes() == made[0]
    assert len(made[0]) < 120_000


def test_nothing_of_a_page_leads_elsewhere(folder):
    page = Read(Path(report(DESIGNS / "lorenz.json")).read_text())
    leading = [
        item for item in page.attributes if item[1] in ("src", "href", "action", "xlink:href")
    ]
    assert {value[0] for _, _, value in leading} <= {"#", "d"}
    assert ("link", "href", "data:,") in leading
    (policy,) = [v for _, name, v in page.attributes if name == "content" and "default-src" in v]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-")
    # Every link inside the page has its end.
    ids = {value for _, name, value in page.attributes if name == "id"}
    assert {value[1:] for *_, value in leading if value.startswith("#")} <= ids


def test_a_report_says_what_a_design_is(folder):
    design = load(ADDER)
    text = Read(Path(report(design, "a.html")).read_text()).text
    assert "✓ Verified" in text
    assert "8 of 8 rows right (all rows), least margin 0.444444." in text
    assert "chaoscad optimize full_adder.yaml --seed 0" in text
    assert "cout: a & b | cin & (a ^ b)" in text
    assert "largest Lyapunov exponent 0.693147 per iterate" in text
    assert "No yield was measured: nothing is said to deviate" in text


def test_a_report_of_hardware_has_the_volts_and_codes_of_an_export(folder):
    path = DESIGNS / "core_adder.json"
    chaoscad.export_design(load(path), "table", "table")
    rows = [line.split(",") for line in Path("table/rows.csv").read_text().splitlines()]
    head, first = rows[0], rows[1]
    given = dict(zip(head, first, strict=True))
    html = Path(report(path, "a.html")).read_text()
    cells = re.findall(r'<th scope="row">p</th><td>00</td>(.*?)</tr>', html)[0]
    numbers = [float(value) for value in re.findall(r'data-value="([^"]*)"', cells)]
    assert numbers[0] == pytest.approx(float(given["state_volts"]), abs=1e-9)
    assert numbers[3] == int(given["dac_code"])


def test_every_configuration_has_its_part_and_switches_are_told(folder):
    text = Read(Path(report(DESIGNS / "morph.json", "m.html")).read_text()).text
    assert text.count("4 of 4 rows right (all rows)") == 3
    assert "Configuration xor" in text
    assert "The order of configurations that changes the fewest numbers: and → " in text


def test_a_report_measures_what_deviates(folder):
    gate = load(DESIGNS / "morph.json", "and")
    report(gate, "t.html", tolerance="0.1", devices=2000, seed=3)
    text = Read(Path("t.html").read_text()).text
    share = measure(gate, deviations_of(gate, tolerance="0.1"), devices=2000, seed=3).yield_
    assert f"Yield: {100 * share.count / share.of:.4g} % (99 % interval" in text
    assert "of 2000 devices (seed 3)" in text
    assert "Certified: every bit stays while all errors are within" in text
    assert "Worst case: the nearest device found that breaks the circuit is" in text


def test_an_export_is_reported_with_its_files_and_what_was_changed(folder):
    chaoscad.export_design(load(ADDER), "blif", "out")
    Path("out/names.csv").write_text("mine\n")
    html = Path(report("out", "r.html")).read_text()
    assert '<p class="kind">export of a design &middot; <span class="file">out/</span></p>' in html
    text = Read(html).text
    assert "names.csv 5 no, it was changed" in text
    assert re.search(r"design\.json \d+ yes", text)


def test_a_design_that_is_not_right_is_reported_as_such(folder, capsys):
    broken(2.0).save("bad.design.json")
    assert status(["report", "bad.design.json", "--tolerance", "0.1", "--json"]) == 3
    shown = capsys.readouterr()
    assert shown.err == "not every design is right; the page says what was found\n"
    told = json.loads(shown.out)
    assert told == {"ok": False, "designs": ["full_adder"], "report": "full_adder.report.html"}
    text = Read(Path("full_adder.report.html").read_text()).text
    assert "✗ Not right" in text
    assert "gate 'p': wrong in rows 00, 11 of its function" in text
    assert "No yield was measured: the design is not right." in text


@pytest.mark.parametrize("threshold", [float("inf"), float("nan"), 1e308])
def test_numbers_that_no_chart_can_show_do_not_stop_a_report(folder, threshold):
    assert "✗ Not right" in Read(Path(report(broken(threshold), "b.html")).read_text()).text


def broken(threshold):
    """The adder with another threshold in one gate."""
    design = load(ADDER)
    gates = (with_changes(design.gates[0], threshold=threshold), *design.gates[1:])
    return replace(design, gates=gates, status="unsolved")


def test_what_is_no_design_is_refused_and_nothing_is_written_over(folder, capsys):
    def refused(*arguments):
        assert status(["report", *arguments]) == 1
        return capsys.readouterr().err.strip()

    assert refused(str(folder)) == (
        f"{folder}: error: the folder holds no SHA256SUMS or no design.json, so it is not one that an "
        "export wrote; give the folder of chaoscad export, or a design file"
    )
    Path("n.yaml").write_text("chaoscad: 1\n")
    assert refused("n.yaml").startswith("n.yaml: error: this is a netlist, and a design is needed")
    assert refused(str(ADDER), "--tolerance", "y=1") == (
        f"{ADDER}: error: tolerance: no gate has a parameter 'y'; the gates have x0, delta, threshold, a"
    )
    Path("full_adder.report.html").write_text("mine")
    assert refused(str(ADDER)) == (
        "full_adder.report.html: error: the file exists already; --force writes over it, -o chooses "
        "another name"
    )
    assert Path("full_adder.report.html").read_text() == "mine"
    assert status(["report", str(ADDER), "--force"]) == 0
    assert refused(*[str(ADDER)] * 21) == ("error: a report has 1 to 20 designs, and these are 21")


def test_without_jinja_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setattr(verb, "find_spec", lambda name: None)
    with pytest.raises(chaoscad.ToolMissing) as caught:
        report(ADDER, "x.html")
    assert str(caught.value) == (
        "error: reports need Jinja2, which is not installed; pip install 'chaoscad[report]'"
    )


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        (0.0, 1.0, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (-20.0, 20.0, [-20, -10, 0, 10, 20]),
        (0.0, 7e-9, None),
    ],
)
def test_ticks_are_round_and_inside(low, high, wanted):
    found = ticks(low, high)
    assert 2 <= len(found) <= 6
    assert all(low - 1e-9 * (high - low) <= one <= high + 1e-9 * (high - low) for one in found)
    if wanted is not None:
        assert found == pytest.approx(wanted)


def test_every_design_of_the_gallery_has_a_report(folder):
    for path in sorted(DESIGNS.glob("*.json")):
        assert load_any(path).name in Path(report(path, "x.html")).read_text()
