"""What is said of own systems whose orbits escape."""

from __future__ import annotations

import pytest

from chaoscad.analysis import orbit, series
from chaoscad.errors import ChaoscadError
from chaoscad.systems import user_flow, user_map

JERK = {"x": "y", "y": "z", "z": "-A*z + y**2 - x"}


def jerk(**more: object):
    return user_flow(JERK, {"A": 2.017}, read="x", time=2.0, step=0.05, **more)  # type: ignore[arg-type]


def test_a_state_that_stays_bounded_is_offered_and_does():
    with pytest.raises(ChaoscadError) as caught:
        series(jerk())
    offered = "x: 0.015, y: 0.025, z: -0.0016"
    assert str(caught.value) == (
        "error: the trajectory of user escapes at time 32.71; start elsewhere, such as "
        f"'initial: {{{offered}}}' in the system"
    )
    initial = {
        name: float(value) for name, value in (item.split(": ") for item in offered.split(", "))
    }
    assert series(jerk(initial=initial), 300.0).states[:, 0].max() < 10


def test_where_no_state_stays_bounded_a_smaller_step_is_advised():
    with pytest.raises(ChaoscadError) as caught:
        series(user_flow({"x": "x*x + 1"}, read="x", time=1.0, step=0.1))
    assert str(caught.value) == (
        "error: the trajectory of user escapes at time 1.471; take a smaller 'step', or start elsewhere: by "
        "'initial', which names a state near the attractor"
    )
    with pytest.raises(ChaoscadError) as caught:
        orbit(user_map("x + x*x + 1"))
    assert "; start elsewhere: by 'initial', which" in str(caught.value)
