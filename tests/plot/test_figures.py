"""Figures show what was computed, and their files are the same every time."""

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from chaoscad.analysis import (
    bifurcation,
    finite_time,
    grid,
    lyapunov,
    orbit,
    period_doublings,
    portrait,
    recurrence,
    section,
    series,
    stroboscopic,
)
from chaoscad.errors import ChaoscadError
from chaoscad.plot import (
    draw_bifurcation,
    draw_finite_time,
    draw_lyapunov,
    draw_orbit,
    draw_portrait,
    draw_recurrence,
    draw_section,
    draw_series,
    save,
)
from chaoscad.plot.text import decimal, wrapped
from chaoscad.systems import curve_setting, read_curve, setting


def title(figure: Figure) -> str:
    return figure.get_suptitle()


def test_an_orbit_is_drawn_over_time_and_as_a_cobweb():
    found = orbit(setting("logistic", a=3.2), 30)
    made = draw_orbit(found)
    assert title(made) == "Logistic map: a = 3.2\norbit, iterates 0 to 30"
    left, right = made.axes
    assert np.array_equal(left.lines[0].get_ydata(), found.states[:, 0])
    # The web goes from the diagonal to the map and back.
    x, y = right.lines[2].get_xdata(), right.lines[2].get_ydata()
    assert np.allclose(y[1::2], 3.2 * x[1::2] * (1 - x[1::2]))
    assert np.allclose(y[::2], x[::2])
    assert (right.get_xlabel(), right.get_ylabel()) == ("x", "next x")


def test_an_orbit_of_two_coordinates_is_drawn_in_their_plane():
    found = orbit(setting("henon"), 50)
    _, right = draw_orbit(found, ("y", "x")).axes
    assert np.array_equal(right.lines[0].get_xdata(), found.states[:, 1])
    assert (right.get_xlabel(), right.get_ylabel()) == ("y", "x")


def test_axes_carry_units():
    curve = curve_setting(read_curve("v,w\n#V,V\n0,0\n1,0.5\n2,1\n", "c.csv"))
    left, right = draw_orbit(orbit(curve, 4, [2.0])).axes
    assert left.get_ylabel() == "x (V)"
    assert right.get_xlabel() == "x (V)"


def test_a_series_has_a_panel_per_coordinate():
    found = series(setting("lorenz"), 5.0, 200)
    made = draw_series(found, ("x", "z"))
    assert title(made) == "Lorenz flow: sigma = 10, rho = 28, beta = 2.66667\nseries, time 0 to 5"
    *rows, plane = made.axes
    assert [axes.get_ylabel() for axes in rows] == ["x", "y", "z"]
    assert np.array_equal(plane.lines[0].get_ydata(), found.states[:, 2])


def test_the_spectrum_is_in_the_legend():
    found = lyapunov(setting("henon"), 500)
    made = draw_lyapunov(found)
    (axes,) = made.axes
    (legend,) = made.legends
    labels = [text.get_text() for text in legend.get_texts()]
    assert labels[0].startswith(f"{found.exponents[0]:.4f} ± ")
    assert len(labels) == 2
    assert axes.get_ylabel() == "exponent (nats per iterate)"


def test_the_title_of_a_diagram_leaves_out_what_varies():
    found = bifurcation(setting("henon"), "a", 1.0, 1.4, 20, keep=10)
    made = draw_bifurcation(found)
    assert title(made) == "Hénon map: b = 0.3\nbifurcation diagram over a"
    (axes,) = made.axes
    assert np.array_equal(axes.lines[0].get_ydata(), found.values)
    assert axes.get_xlim() == (1.0, 1.4)


def test_doublings_are_lines_in_the_diagram():
    system = setting("logistic")
    found = bifurcation(system, "a", 2.8, 3.6, 20, keep=10)
    doublings = period_doublings(system, "a", 2.8, 3.6, 3)
    (axes,) = draw_bifurcation(found, doublings).axes
    assert [line.get_xdata()[0] for line in axes.lines[:3]] == doublings.values.tolist()


def test_a_portrait_marks_its_fixed_points_by_class():
    found = portrait(setting("damped"), ranges={"x": (-1, 1), "v": (-1, 1)}, length=5.0)
    (axes,) = draw_portrait(found).axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "start of an orbit",
        "stable focus",
    ]
    assert axes.lines[-1].get_markerfacecolor() == axes.lines[-1].get_color()
    assert axes.get_xlim() == (-1, 1)


def test_sections_say_where_they_are():
    found = section(setting("harmonic"), "x", 0.5, -1, 3)
    made = draw_section(found)
    wanted = ["Poincaré section x = 0.5, on the way down: 3 crossings"]
    assert title(made).splitlines()[1:] == wanted
    driven = draw_section(stroboscopic(setting("duffing", omega=2.0), 4))
    assert title(driven).splitlines() == [
        "Driven Duffing oscillator: alpha = 1, beta = 5,",
        "delta = 0.02, gamma = 8, omega = 2",
        "stroboscopic section, once per period 3.14159: 4",
        "crossings",
    ]


def test_headings_fit_the_figure():
    driven = recurrence(series(setting("duffing"), 20.0, 40))
    made = draw_recurrence(driven)
    made.draw_without_rendering()
    box = made._suptitle.get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= made.bbox.x1


def test_a_long_heading_is_broken_between_words_and_cut_at_last():
    assert wrapped("a = 1, b = 2", 8, 0.5) == "a = 1,\nb = 2"
    assert wrapped("x" * 12, 8, 0.5).replace("\n", "") == "x" * 12
    assert wrapped("one\ntwo\nthree\nfour\nfive", 8, 2) == "one\ntwo\nthree\nfou…"


def test_a_zero_has_no_sign():
    assert [decimal(x, 4) for x in (-0.00001, -0.5, 0.5)] == ["0.0000", "\u22120.5000", "0.5000"]


def test_the_start_of_an_orbit_is_marked_unless_it_is_skipped():
    def labels(run):
        legend = draw_orbit(run).axes[1].get_legend()
        return None if legend is None else [text.get_text() for text in legend.get_texts()]

    assert labels(orbit(setting("henon"), 50)) == ["start"]
    assert labels(orbit(setting("henon"), 50, skip=100)) is None


def test_a_recurrence_plot_is_its_matrix():
    found = recurrence(orbit(setting("logistic", a=3.5), 40, skip=500))
    (axes,) = draw_recurrence(found).axes
    assert np.array_equal(np.asarray(axes.images[0].get_array(), bool), found.matrix)


def test_finite_time_exponents_are_a_line_or_colours():
    line = finite_time(setting("logistic"), grid(setting("logistic"), columns=20), 3)
    (axes,) = draw_finite_time(line).axes
    assert np.array_equal(axes.lines[0].get_ydata(), line.exponents)
    plane = finite_time(setting("henon"), grid(setting("henon"), columns=8), 3)
    axes, bar = draw_finite_time(plane).axes
    assert np.array_equal(axes.collections[0].get_array().reshape(-1), plane.exponents)
    assert bar.get_ylabel() == "finite-time exponent (nats per iterate)"
    with pytest.raises(ChaoscadError) as caught:
        draw_finite_time(finite_time(setting("logistic"), np.array([[0.3]]), 3))
    message = "only exponents on a grid are drawn; give finite_time a grid"
    assert str(caught.value) == f"error: {message}"


@pytest.mark.parametrize(
    ("suffix", "start"),
    [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF"), (".PNG", b"\x89PNG")],
)
def test_a_figure_is_saved_by_its_suffix_with_the_same_bytes(tmp_path, suffix: str, start: bytes):
    paths = [tmp_path / f"{name}{suffix}" for name in ("a", "b")]
    for path in paths:
        save(draw_orbit(orbit(setting("henon"), 6000)), path)
    first, second = (path.read_bytes() for path in paths)
    assert first.startswith(start)
    assert first == second
    assert len(list(tmp_path.iterdir())) == 2


def test_the_last_digit_of_a_layout_names_nothing_in_a_drawing(tmp_path):
    written = []
    for away in (0.0, 1e-13):
        made = Figure()
        for left in (0.1, 0.6):
            made.add_axes((left + away, 0.1, 0.3, 0.8)).plot([0, 1], [1, 0])
        save(made, tmp_path / "a.svg")
        written.append((tmp_path / "a.svg").read_text())
    assert written[0] == written[1]
    for name in ("clip1", "clip2"):
        assert f'<clipPath id="{name}">' in written[0]
        assert f"url(#{name})" in written[0]


def test_saving_leaves_nothing_behind_when_it_fails(tmp_path):
    made = draw_orbit(orbit(setting("logistic"), 10))
    with pytest.raises(ChaoscadError) as caught:
        save(made, tmp_path / "a.gif")
    message = "error: a figure is written as .png, .svg or .pdf, and this is the suffix '.gif'"
    assert str(caught.value) == f"{tmp_path / 'a.gif'}: {message}"
    with pytest.raises(ChaoscadError, match="and this is a name without a suffix"):
        save(made, tmp_path / "a")
    with pytest.raises(ChaoscadError, match=r"the folder .* does not exist"):
        save(made, tmp_path / "none" / "a.png")
    assert not list(tmp_path.iterdir())


def test_matplotlib_s_settings_are_left_alone(tmp_path):
    before = dict(matplotlib.rcParams)
    save(draw_orbit(orbit(setting("logistic"), 10)), tmp_path / "a.svg")
    assert dict(matplotlib.rcParams) == before


def test_dollars_in_a_name_are_text(tmp_path):
    curve = curve_setting(read_curve("$v,w_$\n0,0\n1,0.5\n2,1\n", "c.csv"))
    made = draw_orbit(orbit(curve, 4, [2.0]))
    save(made, tmp_path / "a.png")
    assert title(made).startswith("Measured curve w_$ of $v\n")
