"""Figures of learned activations."""

import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from neural.activations import fixed, learned_set
from neural.figures import draw_activations, draw_curves, draw_learning
from neural.metalearn import MetaLearned


def test_activations_have_a_panel_for_every_set(tmp_path):
    import jax

    pair = learned_set(jax.random.key(0), 2)
    figure = draw_activations({"first": pair, "second": [fixed("tanh")]}, base=fixed("sin"))
    first, second = figure.axes
    assert [line.get_label() for line in first.lines] == ["base", "a1", "a2"]
    assert [line.get_label() for line in second.lines] == ["base", "tanh"]
    z, values = first.lines[1].get_data()
    np.testing.assert_allclose(values, pair[0](z), atol=1e-6)
    figure.savefig(tmp_path / "a.png")


def test_learning_is_drawn_for_every_meta_seed():
    learned = MetaLearned(
        meta_seeds=np.array([3, 5]),
        activations=(),
        losses=np.array([np.linspace(2, 1, 40), np.linspace(3, 2, 40)]),
        snapshot_steps=(20, 40),
        snapshots=(),
        skipped=np.zeros(2, int),
        retired=np.zeros(2, bool),
    )
    figure = draw_learning(learned, distances=np.array([[0.1, 0.5], [0.2, 0.7]]), smooth=1)
    left, right = figure.axes
    assert [line.get_label() for line in left.lines] == ["meta-seed 3", "meta-seed 5"]
    np.testing.assert_allclose(left.lines[1].get_ydata(), learned.losses[1])
    np.testing.assert_allclose(right.lines[0].get_data(), [[20, 40], [0.1, 0.5]])


def test_curves_of_several_runs_are_their_median():
    x = np.arange(3.0)
    rows = np.array([[1.0, 1, 1], [2, 2, 2], [9, 9, 9]])
    figure = draw_curves({"runs": (x, rows)}, xlabel="time", ylabel="error", log=True)
    axes = figure.axes[0]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [2, 2, 2])
    assert axes.get_yscale() == "log"


def test_more_curves_than_colours_differ_by_their_pattern():
    x = np.arange(3.0)
    curves = {f"$ {index}": (x, x + index) for index in range(7)}
    figure = draw_curves(
        curves, xlabel="time", ylabel="error", title="a $ and another $ of it " * 4
    )
    first, *_, last = figure.axes[0].lines
    assert first.get_color() == last.get_color()
    assert first.get_linestyle() != last.get_linestyle()
    # The legend lies below, and the title fits.
    figure.draw_without_rendering()
    assert figure.legends[0].get_window_extent().y1 <= figure.axes[0].get_window_extent().y0
    title = figure._suptitle.get_window_extent()
    assert title.x0 >= 0
    assert title.x1 <= figure.bbox.x1


def test_nothing_to_draw_is_an_error():
    with pytest.raises(ChaoscadError, match="there are no activations to draw"):
        draw_activations({})
    with pytest.raises(
        ChaoscadError, match="axes from 5 to -5 were asked for; low must be below h"
    ):
        draw_activations({"a": [fixed("sin")]}, low=5, high=-5)
    with pytest.raises(ChaoscadError, match="there are no curves to draw"):
        draw_curves({}, xlabel="", ylabel="")
