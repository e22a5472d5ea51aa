import jax
import jax.numpy as jnp
import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.tune import OPTIMIZERS, SCHEDULES, Anneal, optimizer
from chaoscad.tune.optimizers import learning_rate


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_goes_downhill(name: str):
    made = optimizer(name, 0.01).build(100)
    start = {"x": jnp.asarray([[1.0, -2.0], [0.5, 3.0]])}

    @jax.jit
    def descend(x):
        def step(carry, _):
            x, state = carry
            updates, state = made.update({"x": 2 * x["x"]}, state, x)
            return ({"x": x["x"] + updates["x"]}, state), None

        return jax.lax.scan(step, (x, made.init(x)), None, length=100)[0][0]

    assert float((descend(start)["x"] ** 2).sum()) < float((start["x"] ** 2).sum())


def test_settings_of_sgd_have_names():
    assert optimizer("nesterov", 0.1).build(1) is not None
    assert dict(optimizer("adam", 0.1, b1=0.5).arguments) == {"b1": 0.5}


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules_end_low_and_never_exceed_the_rate(schedule: str):
    rate = learning_rate(schedule, 0.1, 200)
    values = [rate(step) if callable(rate) else rate for step in range(201)]
    assert max(values) <= 0.1 + 1e-7
    if schedule != "constant":
        assert values[-1] == pytest.approx(0.001, rel=0.05)


def test_annealing_is_geometric():
    anneal = Anneal(1.0, 100.0)
    assert [anneal.at(progress) for progress in (0, 0.5, 1)] == pytest.approx([1, 10, 100])


def test_clipping_limits_the_step():
    made = optimizer("sgd", 1.0, clip_norm=1.0).build(1)
    gradient = {"x": jnp.asarray([30.0, 40.0])}
    updates, _ = made.update(gradient, made.init(gradient), gradient)
    assert np.allclose(updates["x"], [-0.6, -0.8])
    made = optimizer("sgd", 1.0, clip_value=1.0).build(1)
    updates, _ = made.update(gradient, made.init(gradient), gradient)
    assert np.allclose(updates["x"], [-1.0, -1.0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "adm"}, "error: unknown optimizer 'adm'; did you mean 'adam'?"),
        ({"schedule": "cosin"}, "error: unknown schedule 'cosin'; did you mean 'cosine'?"),
        ({"learning_rate": -1.0}, "error: the learning rate is -1; it must be positive and finite"),
        ({"clip_norm": 0.0}, "error: clip_norm is 0; it must be positive and finite"),
    ],
)
def test_bad_recipes_are_refused(arguments, message):
    with pytest.raises(ChaoscadError) as caught:
        optimizer(**arguments)
    assert str(caught.value) == message


def test_unknown_arguments_are_refused():
    with pytest.raises(ChaoscadError, match="the optimizer adam has no argument 'beta1'"):
        optimizer("adam", beta1=0.9)
    with pytest.raises(ChaoscadError) as caught:
        optimizer("adam", b1="abc")
    assert str(caught.value) == (
        "error: the argument b1 of the optimizer adam is a number, not 'abc'"
    )


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_rate_that_is_an_argument_gives_the_steps_of_a_rate_that_is_built_in(schedule):
    recipe = optimizer("adam", 0.05, schedule=schedule)
    gradient = jnp.asarray([1.0, -2.0])

    def walk(build):
        state = build.init(gradient)
        moves = []
        for _ in range(4):
            move, state = build.update(gradient, state)
            moves.append(move)
        return jnp.stack(moves)

    traced = jax.jit(lambda rate: walk(recipe.build(4, rate)))(jnp.float32(0.05))
    np.testing.assert_allclose(traced, walk(recipe.build(4)), rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("name", ["rprop", "sm3"])
def test_optimizers_without_schedules_say_so(name):
    with pytest.raises(ChaoscadError) as caught:
        optimizer(name, 0.01, schedule="cosine")
    assert str(caught.value) == (
        f"error: the optimizer {name} takes no schedule, and 'cosine' is given; "
        "leave it constant, or take another optimizer"
    )
