"""Basins of attraction, where they are known."""

from pathlib import Path

import numpy as np
import pytest

from chaoscad.analysis import basins, grid
from chaoscad.cli.main import status
from chaoscad.errors import ChaoscadError
from chaoscad.systems import setting, user_flow, user_map


def test_a_map_has_fixed_points_cycles_and_states_that_escape():
    # x^3 comes to 0 from |x| < 1; to -1 and 1, which repel, from themselves only.
    cube = user_map("x**3", state=(-1.0, 1.0))
    found = basins(cube, grid(cube, ranges={"x": (-1.5, 1.5)}, columns=31))
    x = found.grid.points[:, 0]
    assert (found.labels == np.where(np.abs(x) < 0.99, 1, 0))[np.abs(np.abs(x) - 1) > 0.01].all()
    assert [attractor.period for attractor in found.attractors] == [1]
    assert found.labels[np.isclose(x, 1.0)].item() != 1
    logistic = setting("logistic", a=3.5)
    found = basins(logistic, grid(logistic, ranges={"x": (-0.5, 1.5)}, columns=40))
    assert (found.share(1), found.share(0)) == (0.5, 0.5)
    assert found.attractors[0].period == 4
    assert found.attractors[0].states.min() == pytest.approx(0.38281968)
    # Just before its doubling a cycle is reached turning round it, ever more slowly.
    doubled = 1 + np.sqrt(6)
    for a, length, period in ((3.8414, 20, 3), (3.84149, 1000, 3), (doubled, 1000, 2)):
        slow = setting("logistic", a=a)
        found = basins(slow, grid(slow, ranges={"x": (0.1, 0.9)}, columns=4), length)
        assert [attractor.period for attractor in found.attractors] == [period]
        assert found.share(1) == 1
    # The cycle of 2: x^2 - x (1 + 1/a) + (1 + 1/a)/a = 0.
    sides = np.roots([1, -(1 + 1 / doubled), (1 + 1 / doubled) / doubled])
    assert sorted(found.attractors[0].states[:, 0]) == pytest.approx(sorted(sides), abs=1e-12)


def test_two_wells_share_the_plane_evenly_and_a_driven_cycle_is_seen_once_a_period():
    wells = user_flow({"x": "v", "v": "x - x**3 - 0.5*v"}, read="x", time=1, step=0.1)
    found = basins(wells, grid(wells, ranges={"x": (-2, 2), "v": (-2, 2)}, columns=20))
    assert (found.share(1), found.share(2)) == (0.5, 0.5)
    assert sorted(a.states[0, 0] for a in found.attractors) == pytest.approx([-1, 1])
    # The one is the other turned by half a circle.
    assert (found.labels == 3 - found.labels[::-1]).all()
    driven = user_flow(
        {"x": "v", "v": "cos(w*t) - x - v"}, {"w": 2.0}, read="x", time=1, step=0.1, period="2*pi/w"
    )
    found = basins(driven, grid(driven, columns=4))
    # x = Re e^(2it) / (1 - 4 + 2i), at t = 0.
    assert found.attractors[0].states[0] == pytest.approx([-3 / 13, 4 / 13], abs=1e-4)
    assert (found.attractors[0].period, found.share(1)) == (1, 1.0)


def test_chaos_is_one_attractor_and_where_nothing_attracts_none_is_claimed():
    henon = setting("henon")
    found = basins(henon, grid(henon, ranges={"x": (-2, 2), "y": (-2, 2)}, columns=40))
    assert [attractor.period for attractor in found.attractors] == [None]
    assert found.share(0) == pytest.approx(0.57, abs=0.02)
    assert found.share(0) + found.share(1) == 1
    harmonic = setting("harmonic")
    found = basins(harmonic, grid(harmonic, columns=4), 20)
    assert not found.attractors
    assert found.share(-1) == 1
    assert set(found.columns()["attractor"]) == {"none"}


def test_the_command_says_and_writes_what_each_state_comes_to(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    system = '{map: {x: "x**3 + 0*y", y: "x"}, read: x}'
    arguments = ["--range", "x=-1.5:1.5", "--columns", "16", "--csv", "b.csv", "-o", "b.svg"]
    assert status(["explore", system, "basins", *arguments]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "attractor 1: 62.5 % of the initial states; fixed point (0, 0)",
        "escapes: 37.5 % of the initial states",
        "written to b.svg, b.csv",
    ]
    lines = Path("b.csv").read_text().splitlines()
    assert (lines[0], lines[1].split(",")[2], lines[9].split(",")[2]) == (
        "x,y,attractor",
        "escapes",
        "1",
    )
    assert "<!-- attractor 1, 62.5 % -->" in Path("b.svg").read_text()


def test_too_much_work_is_refused():
    lorenz = setting("lorenz")
    message = "error: 1600 states for 800000 steps are too much work; ask for fewer or less time"
    with pytest.raises(ChaoscadError) as caught:
        basins(lorenz, grid(lorenz, columns=40), 10_000)
    assert str(caught.value) == message
