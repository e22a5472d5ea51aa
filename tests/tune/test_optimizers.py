import json
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.tune import (
    OPTIMIZERS,
    SCHEDULES,
    Anneal,
    Evaluation,
    Optimizer,
    each,
    optimizer,
    train,
)
from chaoscad.tune.known import USUAL
from chaoscad.tune.optimizers import learning_rate


def parabola(x, data, progress):
    loss = (x["single"] ** 2).sum() + (x["double"] ** 2).sum()
    # The last parameters count as the best, so that equal runs end equal.
    return loss, Evaluation(score=progress + 0 * loss, solved=loss < 0)


PARABOLA = each(parabola)
STARTS = np.array([[1.0, -2.0, 0.3], [0.5, 3.0, -1.5]])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_contract(name: str):
    recipe = optimizer(name, 0.01)

    def run(starts):
        with jax.enable_x64(True):
            tree = {"single": jnp.asarray(starts, jnp.float32), "double": jnp.asarray(starts)}
            found = train(PARABOLA, tree, optimizer=recipe, steps=20, chunk=20).parameters
        assert {key: value.dtype for key, value in found.items()} == {
            "single": np.float32,
            "double": np.float64,
        }
        return np.stack([found["single"], found["double"]])

    found = run(STARTS)
    assert ((found**2).sum(2) < (STARTS**2).sum(1)).all()

    other = STARTS.copy()
    other[1] = [-9.0, 0.1, 4.0]
    assert np.array_equal(run(other)[:, 0], found[:, 0])
    if recipe.elementwise:
        other[0, 1:] = [5.0, -0.2]
        assert np.array_equal(run(other)[:, 0, 0], found[:, 0, 0])


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
        ({"learning_rate": -1.0}, "error: the learning rate is -1, and must be a positive number"),
        ({"clip_norm": 0.0}, "error: clip_norm is 0, and must be a positive number"),
        (
            {"learning_rate": "0.1"},
            "error: the learning rate is '0.1', and must be a positive number",
        ),
        (
            {"learning_rate": None},
            "error: the learning rate is None, and must be a positive number",
        ),
        (
            {"clip_value": True},
            "error: clip_value is True, and must be a positive number",
        ),
        ({"name": 3}, "error: the optimizer is 3; it must be a name, such as 'adam'"),
        (
            {"name": "lbfgs"},
            "error: the optimizer lbfgs cannot be used: it searches along a line, so it needs the loss "
            "itself and not only its gradient; take another one",
        ),
        (
            {"name": "polyak_sgd"},
            "error: the optimizer polyak_sgd cannot be used: its step needs the value of the loss and "
            "not only its gradient; take another one",
        ),
        (
            {"name": "optimistic_adam"},
            "error: the optimizer optimistic_adam cannot be used: optax has replaced it by "
            "optimistic_adam_v2; take another one",
        ),
        (
            {"name": "prodigy"},
            "error: the optimizer prodigy cannot be used: it is one of optax.contrib's, whose "
            "interfaces differ; take one of optax's own",
        ),
    ],
)
def test_bad_recipes_are_refused(untyped, arguments, message):
    with pytest.raises(ChaoscadError) as caught:
        optimizer(**arguments)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("adam", {"mu_dtype": "bfloat16"}, "bfloat16"),
        ("adam", {"mu_dtype": jnp.bfloat16}, "bfloat16"),
        ("sgd", {"accumulator_dtype": np.dtype("float32")}, "float32"),
        ("adafactor", {"dtype_momentum": "float16"}, "float16"),
        ("sgd", {"momentum": None}, None),
        ("adafactor", {"clipping_threshold": None}, None),
        ("sgd", {"nesterov": np.True_}, True),
        ("adamw", {"mask": True}, True),
        ("adam", {"b1": np.float32(0.5)}, 0.5),
        ("noisy_sgd", {"key": jnp.asarray(7)}, 7),
    ],
)
def test_arguments_of_every_kind_are_kept_as_plain_values_and_work(untyped, name, given, kept):
    recipe = optimizer(name, 0.1, **given)
    ((_, value),) = recipe.arguments
    assert (type(value), value) == (type(kept), kept)
    assert json.loads(json.dumps(recipe.to_data()))["arguments"] == dict(recipe.arguments)
    made = recipe.build(1)
    start = jnp.ones((2, 2))
    move, _ = made.update(start, made.init(start), start)
    assert (move < 0).all()


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("adam", {"nesterow": 1}, "has no argument 'nesterow'; did you mean 'nesterov'?"),
        ("sign_sgd", {"b1": 0.9}, "has no argument 'b1'; it takes none"),
        ("noisy_sgd", {"seed": 1}, "has no argument 'seed'; it takes eta, gamma, key"),
        ("adam", {"b1": "abc"}, "a number, not 'abc'"),
        ("adam", {"b1": None}, "a number, not None"),
        ("adam", {"b1": True}, "a number, not True"),
        ("sgd", {"momentum": "0.9"}, "a number or None, not '0.9'"),
        ("adam", {"b1": 10**400}, "is not finite"),
        ("adam", {"eps": float("inf")}, "is not finite"),
        ("adam", {"b1": 1.5}, "1.5; it must be from 0 to below 1"),
        ("adam", {"eps": -1e-8}, "-1e-08; it must be 0 or more"),
        ("rprop", {"eta_plus": 0.9}, "0.9; it must be above 1"),
        ("adam", {"nesterov": 1}, "true or false, not 1"),
        (
            "adam",
            {"mu_dtype": "int8"},
            "one of bfloat16, float16, float32, float64 or None, not 'int8'",
        ),
        (
            "adafactor",
            {"dtype_momentum": None},
            "one of bfloat16, float16, float32, float64, not None",
        ),
        ("adafactor", {"min_dim_size_to_factor": 2.5}, "a whole number, not 2.5"),
        ("noisy_sgd", {"key": -1}, "-1; it must be from 0 to below 2^31"),
        ("adamw", {"mask": len}, "true or false or None, not <built-in function len>"),
    ],
)
def test_wrong_arguments_are_refused(untyped, name, given, message):
    with pytest.raises(ChaoscadError) as caught:
        optimizer(name, **given)
    (key,) = given
    lead = f"error: the optimizer {name}" if message.startswith("has") else ""
    lead = lead or f"error: the argument {key} of the optimizer {name}"
    assert str(caught.value) == f"{lead} {'' if message[:2] in ('ha', 'is') else 'is '}{message}"


def test_a_state_in_float64_needs_jax_to_have_it():
    recipe = optimizer("adam", mu_dtype="float64")
    with pytest.raises(ChaoscadError) as caught:
        recipe.build(1)
    assert str(caught.value) == (
        "error: the argument mu_dtype of the optimizer adam is float64, which JAX has only after "
        "jax.config.update('jax_enable_x64', True)"
    )
    with jax.enable_x64(True):
        state = recipe.build(1).init(jnp.zeros(1, jnp.float32))
        assert state[0].mu.dtype == np.float64


def test_a_recipe_that_is_built_directly_is_checked_too():
    with pytest.raises(ChaoscadError) as caught:
        Optimizer("adam", 0.1, arguments=(("b1", 2.0),))
    assert str(caught.value) == (
        "error: the argument b1 of the optimizer adam is 2.0; it must be from 0 to below 1"
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


def test_the_usual_optimizers_are_known_without_optax_and_are_optax_s():
    assert set(USUAL) <= set(OPTIMIZERS)
    code = (
        "import sys\n"
        "from chaoscad.solve import RECIPES\n"
        "assert RECIPES['published'].gates.optimizer.name == 'adabelief'\n"
        "assert not {'jax', 'optax'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
