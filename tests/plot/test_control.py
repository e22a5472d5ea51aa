"""The functions of one gate along x0."""

from dataclasses import replace

import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.gate import Setpoint
from chaoscad.plot.control import draw_control
from chaoscad.systems import setting

AND = Setpoint(setting("logistic"), 1, 0.0, (0.25, 0.25), 0.8, ">")


def test_the_names_stand_over_their_intervals_and_the_chosen_x0_is_marked():
    # F(x0) = 4 x0 (1 - x0) lies above .8 for x0 within 1/2 - 0.05**0.5 = .2764 and .7236.
    figure = draw_control([AND, replace(AND, x0=0.25)])
    (axes,) = figure.axes
    edge = 0.5 - np.sqrt(0.05)
    names = [text.get_text() for text in axes.texts]
    assert names == ["AND", "OR", "XOR", "NAND", "NOR"]
    assert axes.texts[0].xy[0] == pytest.approx((edge - 0.25) / 2, abs=2e-4)
    assert axes.texts[2].xy[0] == pytest.approx(0.25, abs=2e-4)
    marked = [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == ":"]
    assert marked == [0.0, 0.25]


def test_settings_that_differ_in_more_than_x0_are_refused():
    with pytest.raises(ChaoscadError) as error:
        draw_control([AND, replace(AND, threshold=0.7)])
    assert "the settings differ in more than x0, and a figure along x0 is of one" in str(
        error.value
    )


def test_no_setting_is_refused():
    with pytest.raises(ChaoscadError, match="at least one setpoint, and there is none"):
        draw_control([])
