"""Free growth: which size a network finds when units have a price and nothing pulls."""

from __future__ import annotations

import numpy as np
import pytest

from chaoscad.tune import optimizer
from neural.architecture import Architecture
from neural.growing import Growth, grow


def teacher(units, noise):
    """256 points in the plane, and what a network of so many tanh units makes of them."""
    random = np.random.default_rng(units)
    x = random.uniform(-1, 1, (256, 2)).astype(np.float32)
    weights = random.normal(0, 3, (2, units))
    out = random.uniform(0.7, 1.3, units) * np.where(np.arange(units) % 2, 1, -1)
    y = np.tanh(x @ weights + random.normal(0, 1, units)) @ out
    return x, np.float32(y + random.normal(0, noise, 256))[:, None]


def found(start, edge, weight, data):
    run = grow(
        Architecture(2, (16,), 1, form="mask"),
        *data,
        growth=Growth("free", start=start, weight=weight, edge=edge, pace=0.1),
        optimizer=optimizer("adam", 1e-2),
        steps=6000,
        seeds=range(8),
        record=3000,
    )
    return run.history.sizes[-1, :, 0], run.history.task_loss[-1]


@pytest.mark.slow
@pytest.mark.parametrize("weight", [1e-4, 1e-3])
def test_from_below_a_soft_edge_finds_about_the_size_of_the_teacher(weight):
    sizes, loss = found(1.5, 3, weight, teacher(3, 0.0))
    assert np.median(sizes) == pytest.approx(3.0, abs=0.5)
    assert sizes.min() > 1.9
    assert sizes.max() < 4.1
    assert np.median(loss) < 3e-5


@pytest.mark.slow
def test_a_soft_edge_reaches_the_noise_where_a_hard_one_stops_early():
    data = teacher(4, 0.05)
    soft, hard = (found(1.5, edge, 1e-3, data) for edge in (3, 1))
    assert np.median(soft[1]) < 1.2 * 0.05**2
    assert np.median(hard[1]) > 2 * 0.05**2
    assert np.median(hard[0]) < np.median(soft[0])


@pytest.mark.slow
def test_from_above_it_stops_at_a_larger_size():
    data = teacher(3, 0.0)
    assert np.median(found(14.5, 3, 1e-4, data)[0]) > np.median(found(1.5, 3, 1e-4, data)[0]) + 3
