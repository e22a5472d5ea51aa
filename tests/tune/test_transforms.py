import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoscad.tune import Affine, Chain, Identity, box
from chaoscad.tune.transforms import unwave, wave

inf = float("inf")


# XLA may take numbers below float32's normal ones for zero.
@given(
    st.floats(-100, 100),
    st.floats(-5, 5, width=32, allow_subnormal=False),
    st.floats(0, 5, width=32, allow_subnormal=False),
)
def test_a_box_holds_by_construction(raw: float, low: float, span: float):
    low, high = np.float32(low), np.float32(low + span)
    value = float(box([low], [high]).forward(jnp.asarray([raw], jnp.float32))[0])
    assert low <= value <= high


@pytest.mark.parametrize(
    ("low", "high", "kind"),
    [
        ([0, 1], [2, 3], "bounded"),
        ([0, 1], [0, 1], "fixed"),
        ([-inf, -inf], [inf, inf], "free"),
        ([-inf, 1], [inf, 3], "mixed"),
        ([0, -inf], [inf, 3], "mixed"),
    ],
)
def test_a_box_knows_its_kind_and_its_inverse(low, high, kind):
    ends = box(low, high)
    assert ends.kind == kind
    inside = jnp.clip(jnp.asarray([[1.25, 0.5], [1.5, 2.0]]), ends.low[:, None], ends.high[:, None])
    assert np.allclose(ends.forward(ends.inverse(inside)), inside, atol=1e-5)


def test_both_ends_of_a_box_are_reached_at_finite_raw_values():
    ends = box([2.0], [3.0])
    assert ends.forward(jnp.asarray([[-1.5, 1.5]])).tolist() == [[2.0, 3.0]]


def test_the_wave_is_periodic_smooth_and_inverted():
    x = jnp.linspace(-10, 10, 4001)
    assert np.allclose(wave(x), wave(x + 6), atol=1e-5)
    assert float(jnp.abs(wave(x)).max()) <= 1.0
    slope = jax.vmap(jax.grad(wave))(x)
    assert float(jnp.abs(jnp.diff(slope)).max()) < 0.01
    assert np.allclose(slope[1:-1], (wave(x)[2:] - wave(x)[:-2]) / (x[2:] - x[:-2]), atol=1e-3)
    assert float(jax.grad(wave)(0.0)) == pytest.approx(1.0)
    v = jnp.linspace(-1, 1, 101)
    assert np.allclose(wave(unwave(v)), v, atol=1e-5)


def test_gradients_are_finite_at_infinite_ends():
    ends = box([-inf, 0.0, 0.0], [inf, inf, 1.0])
    gradient = jax.grad(lambda raw: ends.forward(raw).sum())(jnp.asarray([[0.3], [0.2], [0.1]]))
    assert np.isfinite(gradient).all()


def test_transforms_compose():
    both = Chain((Affine(jnp.asarray(2.0), jnp.asarray(1.0)), box([0.0], [4.0]), Identity()))
    raw = jnp.asarray([0.1])
    assert np.allclose(both.inverse(both.forward(raw)), raw, atol=1e-5)
    assert np.allclose(both.forward(raw), box([0.0], [4.0]).forward(jnp.asarray([1.2])))
