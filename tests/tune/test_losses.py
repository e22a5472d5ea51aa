import jax
import jax.numpy as jnp
import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.tune import LOSSES, minimum, parse_loss

LOGITS = jnp.asarray([2.0, -1.0, 0.5, -3.0])
WANTED = jnp.asarray([1.0, 0.0, 0.0, 1.0])
ALL = jnp.ones(4)


def test_values_are_those_of_the_formulas():
    signed = np.asarray(LOGITS * (2 * WANTED - 1))
    p = 1 / (1 + np.exp(-np.asarray(LOGITS)))
    expected = {
        "cross-entropy": np.log1p(np.exp(-signed)).mean(),
        "squared": ((p - np.asarray(WANTED)) ** 2).mean(),
        "huber": np.mean([0, 0, 1.0, 3.5]),
        "focal": (np.log1p(np.exp(-signed)) * (1 - 1 / (1 + np.exp(-signed))) ** 2).mean(),
        "margin": np.log(np.exp(-signed).sum()),
    }
    assert set(expected) == set(LOSSES)
    for name, value in expected.items():
        assert float(LOSSES[name](LOGITS, WANTED, ALL)) == pytest.approx(value, rel=1e-5), name


@pytest.mark.parametrize("name", LOSSES)
def test_rows_of_weight_zero_do_not_matter(name: str):
    weights = jnp.asarray([1.0, 1.0, 1.0, 0.0])
    first = LOSSES[name](LOGITS, WANTED, weights)
    second = LOSSES[name](LOGITS.at[3].set(7.0), WANTED, weights)
    assert float(first) == pytest.approx(float(second))


@pytest.mark.parametrize("name", ["cross-entropy", "huber", "margin"])
def test_the_gradient_of_a_hopeless_row_does_not_vanish(name: str):
    gradient = jax.grad(LOSSES[name])(jnp.asarray([-1e4]), jnp.asarray([1.0]), jnp.ones(1))
    assert float(gradient[0]) == pytest.approx(-1.0)


def test_the_smooth_minimum_is_a_lower_bound_that_tightens():
    values = jnp.asarray([[0.5, 0.2, 0.9]])
    where = jnp.asarray([[True, True, False]])
    exact, loose = minimum(values, where, 0.1, axis=1)
    _, tight = minimum(values, where, 0.001, axis=1)
    assert float(exact[0]) == pytest.approx(0.2)
    assert float(loose[0]) == pytest.approx(-0.1 * np.log(np.exp(-5) + np.exp(-2)), rel=1e-5)
    assert loose[0] < tight[0] <= exact[0]


def test_a_minimum_of_nothing_is_infinite_and_has_no_nan_gradient():
    nothing = jnp.zeros((1, 3), bool)

    def f(v):
        return jnp.where(jnp.isinf(minimum(v, nothing, 0.1, axis=1)[1]), 0.0, 1.0).sum() + v.sum()

    assert np.isinf(minimum(jnp.ones((1, 3)), nothing, 0.1, axis=1)[0]).all()
    assert np.isfinite(jax.grad(f)(jnp.ones((1, 3)))).all()


def test_sums_are_parsed_and_printed():
    loss = parse_loss("cross-entropy + 0.1*margin")
    assert str(loss) == "cross-entropy + 0.1*margin"
    expected = LOSSES["cross-entropy"](LOGITS, WANTED, ALL) + 0.1 * LOSSES["margin"](
        LOGITS, WANTED, ALL
    )
    assert float(loss(LOGITS, WANTED, ALL)) == pytest.approx(float(expected))


def test_unknown_losses_are_refused():
    with pytest.raises(ChaoscadError) as caught:
        parse_loss("cross-entropi")
    assert str(caught.value) == (
        "error: unknown objective 'cross-entropi'; did you mean 'cross-entropy'?"
    )
