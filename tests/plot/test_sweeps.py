"""Figures of sweeps show the numbers of the results."""

from __future__ import annotations

import numpy as np
import pytest

xarray = pytest.importorskip("xarray")

from chaoscad.cli.main import status  # noqa: E402
from chaoscad.errors import ChaoscadError  # noqa: E402
from chaoscad.plot.sweeps import draw_sweep, roles_of, success  # noqa: E402


def results(**more: np.ndarray):
    """Three values of a, two functions, four seeds; one point failed."""
    shape = (3, 2, 4)
    solved = np.zeros(shape, bool)
    solved[:, 0] = True
    solved[0, 1, :2] = True
    state = np.ones(shape, np.int8)
    state[2, 1, 3] = 2
    dims = ("system.a", "gates.y.function", "seed")
    margin = np.where(solved, np.arange(24.0).reshape(shape), np.nan)
    return xarray.Dataset(
        {
            "solved": (dims, solved, {"long_name": "whether every row is right", "units": "1"}),
            "margin": (dims, margin, {"long_name": "least distance", "units": "V"}),
            "status": (dims, state, {"flag_meanings": "not_computed computed failed"}),
            "method": (dims, 0 * state, {"flag_meanings": "not_found look-up"}),
            "reason": (dims, np.where(state == 2, "why", "")),
            **{name: (dims, values) for name, values in more.items()},
        },
        coords={
            "system.a": ("system.a", [3.5, 3.75, 4.0], {"units": "1"}),
            "gates.y.function": ["AND", "XOR"],
            "seed": [0, 1, 2, 3],
        },
    )


def test_success_has_its_exact_interval_and_leaves_failed_points_out():
    made = draw_sweep(results(), "solved")
    (axes,) = [one for one in made.axes if one.get_visible()]
    first, second = axes.lines
    np.testing.assert_allclose(first.get_xdata(), [3.5, 3.75, 4.0])
    np.testing.assert_allclose(first.get_ydata(), [1, 1, 1])
    np.testing.assert_allclose(second.get_ydata(), [0.5, 0, 0])
    # C. J. Clopper, E. S. Pearson: 0 of 3 at 95 % is [0, 1 - 0.025^(1/3)], 4 of 4 is [0.025^(1/4), 1].
    share, low, high = success(np.array([[0, 0, 0, np.nan], [1, 1, 1, 1]]))
    np.testing.assert_allclose(share, [0, 1])
    np.testing.assert_allclose(low, [0, 0.025**0.25])
    np.testing.assert_allclose(high, [1 - 0.025 ** (1 / 3), 1])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "function AND",
        "function XOR",
    ]
    assert "over seed: share with its 95 % binomial interval" in made.get_suptitle()


def test_numbers_have_their_median_and_band_or_their_own_interval():
    made = draw_sweep(results(), "margin", line="gates.y.function")
    axes = made.axes[0]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [1.5, 9.5, 17.5])
    assert np.isnan(axes.lines[1].get_ydata()[1:]).all()
    assert axes.get_ylabel() == "margin (V)"
    ones = np.ones((3, 2, 4))
    own = results(**{"yield": 0.5 * ones, "yield_low": 0.4 * ones, "yield_high": 0.7 * ones})
    axes = draw_sweep(own, "yield", at={"seed": 2}).axes[0]
    ends = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert (ends.min(), ends.max()) == (0.4, 0.7)


def test_a_second_axis_makes_heat_maps_of_one_scale_with_grey_for_nothing():
    made = draw_sweep(results(), x="system.a", y="seed", panels="gates.y.function")
    left, right, bar = made.axes
    assert (left.get_title(), right.get_title()) == ("function AND", "function XOR")
    mesh = left.collections[0]
    np.testing.assert_allclose(mesh.get_array()[:, 0], [0, 1, 2, 3])
    assert right.collections[0].get_array().mask.sum() == 10
    assert mesh.get_clim() == right.collections[0].get_clim() == (0, 19)
    assert bar.get_ylabel() == "margin (V)"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"measure": "margn"}, "unknown measure 'margn'; did you mean 'margin'?"),
        ({"x": "a"}, "unknown axis of x 'a'; it is one of system.a, gates.y.function, seed"),
        ({"x": "seed", "line": "seed"}, "the axis seed has two roles; give it one"),
    ],
)
def test_roles_that_cannot_be_are_refused(options, message):
    with pytest.raises(ChaoscadError) as refused:
        roles_of(results(), **options)
    assert str(refused.value) == f"error: {message}"


def test_one_value_of_an_axis_is_chosen_by_text_or_the_nearest_number():
    made = draw_sweep(results(), "margin", at={"gates.y.function": "AND", "seed": "2.2"})
    np.testing.assert_allclose(made.axes[0].lines[0].get_ydata(), [2, 10, 18])
    with pytest.raises(
        ChaoscadError, match=r"gates.y.function has no value 'XR'; did you mean 'XOR'\?"
    ):
        draw_sweep(results(), "margin", at={"gates.y.function": "XR"})
    with pytest.raises(ChaoscadError, match="seed has numbers, and 'x' is none"):
        draw_sweep(results(), "margin", at={"seed": "x"})


def test_the_command_refuses_what_is_no_results(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert status(["plot", "none.zarr"]) == 1
    (tmp_path / "folder.zarr").mkdir()
    assert status(["plot", "folder.zarr"]) == 1
    assert status(["plot", "none.zarr", "-o", "figure.gif"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "none.zarr: error: cannot read the results: they do not exist",
        "folder.zarr: error: this is not a folder of results of chaoscad sweep",
        "figure.gif: error: a figure is written as .png, .svg or .pdf, and this is the suffix '.gif'",
    ]
