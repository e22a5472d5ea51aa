"""The chapter of a sweep: what its results hold, as tables and figures."""

import json
from pathlib import Path

import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.reports import report
from tests.reports.test_report import Read

xarray = pytest.importorskip("xarray")
pytest.importorskip("zarr")

A = np.linspace(3.5, 4.0, 6)
FUNCTIONS = ["AND", "XOR"]


def results():
    """Results of a sweep over a, functions and seeds; one point failed, and one is not computed."""
    shape = (6, 2, 5)
    margin = np.broadcast_to((A / 24)[:, None, None], shape).copy()
    margin[:, 1] *= 3
    solved = np.ones(shape, bool)
    solved[0, 1, :2] = False
    status = np.ones(shape, np.int8)
    status[5, 1, 4], status[5, 0, 4] = 2, 0
    reason = np.full(shape, "", object)
    reason[5, 1, 4] = "system.a is 5 <b>"
    dims = ("system.a", "gates.y.function", "seed")
    values = dict(zip(dims, (A.tolist(), FUNCTIONS, [*range(5)]), strict=True))
    sweep = {
        "sweep": 1,
        "netlist": "chaoscad: 1\nname: <i>xor\n",
        "axes": {
            name: {"path": [name], "values": [*map(str, own)]} for name, own in values.items()
        },
        "measures": ["solved", "margin"],
    }
    return xarray.Dataset(
        {
            "margin": (
                dims,
                margin,
                {"units": "V", "long_name": "least distance from a threshold"},
            ),
            "solved": (dims, solved, {"long_name": "whether every row is right"}),
            "method": (dims, np.ones(shape, np.int8)),
            "status": (dims, status),
            "reason": (dims, reason),
        },
        {"system.a": A, "gates.y.function": np.array(FUNCTIONS, object), "seed": np.arange(5)},
        {"format": "chaoscad-sweep", "version": 1, "chaoscad": "0.1.0", "sweep": sweep},
    )


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep")
    results().to_zarr(folder / "margins.zarr", zarr_format=3, consolidated=False)
    return Path(report(folder / "margins.zarr", folder / "r.html")).read_text()


def test_a_sweep_says_what_was_measured_and_what_failed(html):
    text = Read(html).text
    assert "1 point not computed" in text
    assert "points 60 computed 58 failed 1 solved 96.55 %" in text
    assert "3.5, 3.6, 3.7, 3.8, 3.9, 4 (6)" in text
    assert "failed: system.a is 5 <b>" in text
    assert "name: <i>xor" in text
    assert "<b>" not in html
    assert "<i>" not in html


def test_the_figures_of_a_sweep_stand_at_its_values(html):
    figures = html.split("<figure>")[1:]
    titles = [Read(figure).texts[0] for figure in figures]
    assert titles == [
        *("solved against system.a", "solved over system.a and seed"),
        *("margin against system.a", "margin over system.a and seed"),
    ]
    # Two lines of six points each, from the least margin to the greatest.
    assert figures[2].count('<path class="series s') - figures[2].count("M0 5H26") == 2
    assert "gates.y.function AND" in figures[2]
    # A map of 6 x 5 cells; at one of them no point was computed.
    assert figures[3].count('<rect class="cell m') == 29


def test_of_a_large_sweep_a_part_is_read_and_all_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr("chaoscad.reports.sweep.MOST_READ", 30)
    results().to_zarr(tmp_path / "m.zarr", zarr_format=3, consolidated=False)
    text = Read(Path(report(tmp_path / "m.zarr", tmp_path / "r.html")).read_text()).text
    assert "points 60 computed 58 failed 1 solved 96.55 %" in text
    assert ("Figures and points are of 30 of the 60 points: one in 2 values of system.a.") in text
    assert "30 more points:" in text
    # The failed point is at the last of six values.
    assert "failed: system.a" not in text


def test_netcdf_is_read_as_well(tmp_path):
    pytest.importorskip("h5netcdf")
    data = results()
    data.attrs["sweep"] = json.dumps(data.attrs["sweep"])
    data["solved"] = data["solved"].astype(np.int8)
    data.to_netcdf(tmp_path / "m.nc", engine="h5netcdf")
    text = Read(Path(report(tmp_path / "m.nc", tmp_path / "n.html")).read_text()).text
    assert "points 60 computed 58 failed 1 solved 96.55 %" in text
    assert "the share of points, with its exact 95 % interval" in text


def test_what_holds_no_sweep_is_refused(tmp_path):
    data = results().drop_attrs()
    pytest.importorskip("h5netcdf")
    data.to_netcdf(tmp_path / "m.nc", engine="h5netcdf")
    with pytest.raises(
        ChaoscadError, match=r"m\.nc: error: this holds no results of chaoscad sweep"
    ):
        report(tmp_path / "m.nc", tmp_path / "x.html")
    (tmp_path / "m.nc").write_text("words")
    with pytest.raises(
        ChaoscadError, match=r"m\.nc: error: this holds no results of chaoscad sweep"
    ):
        report(tmp_path / "m.nc", tmp_path / "x.html")
    assert not (tmp_path / "x.html").exists()
