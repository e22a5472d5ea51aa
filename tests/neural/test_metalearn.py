"""Metalearning: its gradients, its loops, its checkpoints."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.tune import optimizer, storage
from neural import objective
from neural.activations import fixed, learned_set
from neural.architecture import Architecture
from neural.data import Data
from neural.metalearn import MetaSettings, loop, metalearn, outer_loss
from neural.metalearn.gradient import TaskData
from neural.optimizers import rmsprop
from neural.perceptron import trainable
from neural.recipes import RECIPES, recipe
from neural.tasks import task
from neural.training import Training, check_fit
from tests.conftest import ROOT

CURVE = task("small_cubic", validation=0.25)
SHAPE = Architecture(1, [6], 1)
INNER = Training(steps=5, batch=8, optimizer=rmsprop(0.02))
SMALL = MetaSettings(hidden=4, scale=0.5, inner=INNER, outer_steps=6)


def data_of(one=CURVE, dtype=np.float64):
    return TaskData(
        *(
            Data(jnp.asarray(part.inputs, dtype), jnp.asarray(part.targets, dtype))
            for part in (one.train, one.validation)
        )
    )


def gradient(settings, activations, key, data, shape=SHAPE):
    return jax.jit(jax.grad(lambda a: outer_loss(settings, shape, "regression", a, key, data)))(
        activations
    )


VARIANTS = {
    "momentum": replace(
        SMALL,
        inner=replace(INNER, optimizer=rmsprop(0.02, momentum=0.5)),
    ),
    "validation loss, Adam": replace(
        SMALL,
        outer_loss="validation",
        inner=replace(INNER, optimizer=optimizer("adam", 0.02)),
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_the_unrolled_gradient_equals_finite_differences(name):
    settings = VARIANTS[name]
    with jax.enable_x64(True):
        key = jax.random.key(3)
        data = data_of()
        start = learned_set(jax.random.key(1), 2, hidden=4, scale=0.5)
        found = gradient(settings, start, key, data)
        flat, unravel = jax.flatten_util.ravel_pytree(start)
        slope = jax.flatten_util.ravel_pytree(found)[0]
        value = jax.jit(
            lambda point: outer_loss(settings, SHAPE, "regression", unravel(point), key, data)
        )
        assert flat.dtype == jnp.float64
        for index in range(0, len(flat), 3):
            step = 1e-5 * jnp.zeros_like(flat).at[index].set(1.0)
            numeric = (value(flat + step) - value(flat - step)) / 2e-5
            assert float(slope[index]) == pytest.approx(float(numeric), rel=1e-5, abs=1e-9)


def test_first_order_leaves_out_the_path_through_the_weights():
    """With one step of gradient descent, w1 = w0 - rate dL0/dw, the total derivative of L1 is the
    partial one minus rate (d2L0/da dw) dL1/dw: the first order has the partial one alone."""
    rate = 0.3
    whole = Training(steps=1, batch=10**6, optimizer=optimizer("sgd", rate))
    unrolled = replace(SMALL, inner=whole, outer_loss="validation")
    first = replace(unrolled, gradient="first_order")
    with jax.enable_x64(True):
        key = jax.random.key(5)
        data = data_of()
        start = learned_set(jax.random.key(1), 2, hidden=4, scale=0.5)
        for_weights = jax.random.split(jax.random.split(key, 1)[0], 4)[0]
        model = SHAPE.build(for_weights, start)
        weights, _ = eqx.partition(model, trainable(model))

        def loss(weights, activations, part):
            _, fixed = eqx.partition(SHAPE.build(for_weights, activations), trainable(model))
            return objective.loss(
                "regression", eqx.combine(weights, fixed)(part.inputs), part.targets
            )

        @jax.jit
        def derivatives(weights, start):
            slope = jax.grad(loss)(weights, start, data.train)
            trained = jax.tree.map(lambda w, g: w - rate * g, weights, slope)
            onto, partial = jax.grad(loss, argnums=(0, 1))(trained, start, data.validation)
            _, back = jax.vjp(lambda a: jax.grad(loss)(weights, a, data.train), start)
            return partial, back(onto)[0]

        partial, through = derivatives(weights, start)
        wanted = jax.tree.map(lambda one, other: one - rate * other, partial, through)
        close = {"rtol": 1e-9, "atol": 1e-12}
        jax.tree.map(
            lambda a, b: np.testing.assert_allclose(a, b, **close),
            gradient(first, start, key, data),
            partial,
        )
        jax.tree.map(
            lambda a, b: np.testing.assert_allclose(a, b, **close),
            gradient(unrolled, start, key, data),
            wanted,
        )
        assert max(float(jnp.abs(leaf).max()) for leaf in jax.tree.leaves(through)) > 1e-3


def test_truncation_differentiates_the_last_steps_only():
    start = learned_set(jax.random.key(1), 2, hidden=4, scale=0.5)
    key = jax.random.key(3)
    data = data_of(dtype=np.float32)

    def both(**changes):
        settings = replace(SMALL, outer_loss="validation", **changes)
        value, slope = jax.jit(
            jax.value_and_grad(lambda a: outer_loss(settings, SHAPE, "regression", a, key, data))
        )(start)
        return float(value), np.asarray(jax.flatten_util.ravel_pytree(slope)[0])

    value, slope = both()
    whole, short = both(truncation=5), both(truncation=2)
    np.testing.assert_allclose(whole[1], slope, rtol=1e-4, atol=1e-7)
    assert np.abs(short[1] - slope).max() > 1e-4
    assert short[0] == pytest.approx(value, rel=1e-6)


def test_the_test_part_is_never_read():
    hidden = replace(CURVE, test=replace(CURVE.test, inputs=CURVE.test.inputs + 7))
    one = metalearn(SHAPE, CURVE, SMALL)
    other = metalearn(SHAPE, hidden, SMALL)
    np.testing.assert_array_equal(one.losses, other.losses)


def test_the_outer_loss_falls_on_real_digits():
    digits = task("digits")
    settings = MetaSettings(hidden=8, inner=Training(steps=25, batch=50), outer_steps=40)
    shape = Architecture(64, [20], 10)
    found = metalearn(shape, digits, settings, meta_seeds=2, snapshot_every=20)
    assert (found.losses[:, -10:].mean(1) < 0.9 * found.losses[:, :10].mean(1)).all()
    assert found.snapshot_steps == (20, 40)
    last = found.of(1, snapshot=1)
    np.testing.assert_array_equal(last[0].in_weight, found.of(1)[0].in_weight)
    assert not found.skipped.any()
    assert not found.retired.any()


def test_meta_seeds_in_one_program_are_what_each_is_alone():
    both = metalearn(SHAPE, CURVE, SMALL, meta_seeds=[4, 8])
    alone = metalearn(SHAPE, CURVE, SMALL, meta_seeds=[8])
    np.testing.assert_allclose(both.losses[1], alone.losses[0], rtol=1e-4)
    assert (both.losses[0] != both.losses[1]).any()


def test_fresh_weights_and_batches_at_every_outer_step():
    still = replace(SMALL, outer=optimizer("sgd", 1e-30))
    losses = metalearn(SHAPE, CURVE, still).losses[0]
    assert len(set(losses.tolist())) == len(losses)


RUN = """
import sys
from tests.neural.test_metalearn import CURVE, SHAPE, long_settings
from neural.metalearn import metalearn
metalearn(SHAPE, CURVE, long_settings(), meta_seeds=2, checkpoint=sys.argv[1], snapshot_every=100)
"""


def long_settings():
    return replace(SMALL, outer_steps=400)


def test_a_killed_run_goes_on_bit_for_bit(tmp_path):
    path = tmp_path / "meta.npz"
    process = subprocess.Popen([sys.executable, "-c", RUN, str(path)], cwd=ROOT)
    try:
        deadline = time.monotonic() + 120
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.005)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    reached = storage.read(path, "neural-checkpoint")[0]["step"]
    assert 0 < reached < 400
    options = {"meta_seeds": 2, "snapshot_every": 100}
    resumed = metalearn(SHAPE, CURVE, long_settings(), checkpoint=path, **options)
    whole = metalearn(SHAPE, CURVE, long_settings(), **options)
    np.testing.assert_array_equal(resumed.losses, whole.losses)
    for one, other in zip(
        jax.tree.leaves((resumed.activations, resumed.snapshots)),
        jax.tree.leaves((whole.activations, whole.snapshots)),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


def test_a_run_in_parts_is_the_run_in_one_piece(tmp_path):
    path = tmp_path / "meta.npz"
    part = metalearn(SHAPE, CURVE, SMALL, checkpoint=path, stop_after=2)
    assert part.losses.shape == (1, 2)
    rest = metalearn(SHAPE, CURVE, SMALL, checkpoint=path)
    np.testing.assert_array_equal(rest.losses, metalearn(SHAPE, CURVE, SMALL).losses)


def test_a_checkpoint_of_another_configuration_is_refused_with_the_difference(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    metalearn(SHAPE, CURVE, SMALL, checkpoint="m.npz", stop_after=1)
    before = (tmp_path / "m.npz").read_bytes()
    with pytest.raises(ChaoscadError) as caught:
        metalearn(
            SHAPE,
            CURVE,
            replace(SMALL, scale=0.25, inner=replace(INNER, steps=7)),
            checkpoint="m.npz",
        )
    assert str(caught.value) == (
        "m.npz: error: the checkpoint belongs to another configuration: "
        "settings.inner.steps is 5 there and 7 here, settings.scale is 0.5 there and 0.25 here; "
        "give the run another checkpoint file, or the old settings"
    )
    assert (tmp_path / "m.npz").read_bytes() == before
    with pytest.raises(ChaoscadError, match=r"task\.sha256 is"):
        metalearn(SHAPE, task("small_cubic", seed=1, validation=0.25), SMALL, checkpoint="m.npz")


def test_a_run_without_finite_gradients_is_given_up_with_advice():
    wild = replace(SMALL, scale=1e30, outer_steps=30)
    with pytest.raises(ChaoscadError) as caught:
        metalearn(SHAPE, CURVE, wild, meta_seeds=2)
    assert str(caught.value) == (
        "error: no meta-seed (0, 1) had a finite gradient in the 10 outer steps before step 10; "
        "try an inner learning rate below 0.02, a smaller scale than 1e+30, a truncation, "
        "or another inner optimizer than rmsprop"
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gradient": "unroled"}, "error: unknown gradient 'unroled'; did you mean 'unrolled'?"),
        (
            {"outer_loss": "test"},
            "error: unknown outer loss 'test'; it is one of train, validation",
        ),
        ({"base": "sine"}, "error: unknown base 'sine'; did you mean 'sin'?"),
        ({"count": 0}, "error: count is 0, and must be from 1 to 20000000"),
        ({"truncation": 6}, "error: truncation is 6, and must be from 1 to 5"),
        ({"count": 1.5}, "error: count is 1.5, and must be a whole number"),
        ({"hidden": True}, "error: hidden is True, and must be a whole number"),
        ({"scale": float("nan")}, "error: scale is nan, and must be a finite number"),
        (
            {"outer": "adam"},
            "error: outer is 'adam', and must be of the type chaoscad.tune.optimizers.Optimizer, "
            "for example optimizer('adam', 0.01)",
        ),
    ],
)
def test_bad_settings_are_named(changes, message):
    with pytest.raises(ChaoscadError) as caught:
        replace(SMALL, **changes)
    assert str(caught.value) == message


def test_more_activations_than_units_are_refused():
    with pytest.raises(ChaoscadError, match="7 activations for the 6 units of hidden layer 1"):
        metalearn(SHAPE, CURVE, replace(SMALL, count=7))


def test_the_outer_loss_validation_needs_validation_samples():
    with pytest.raises(ChaoscadError) as caught:
        metalearn(
            SHAPE, task("small_cubic", validation=0.0), replace(SMALL, outer_loss="validation")
        )
    assert str(caught.value) == (
        "error: the outer loss is 'validation', and the task small_cubic has no validation samples; "
        "give it some, or take the outer loss 'train'"
    )


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_fits_its_task(name):
    one = task(name)
    chosen = recipe(one)
    check_fit(chosen.shape(one), one)
    assert chosen.settings.inner.batch <= len(one.train)


def test_a_recipe_of_the_first_order_runs_for_a_hamiltonian_network():
    one = task("pendulum")
    chosen = recipe(one)
    few = replace(chosen.settings, inner=replace(chosen.settings.inner, steps=2), outer_steps=1)
    found = metalearn(chosen.shape(one), one, few)
    assert np.isfinite(found.losses).all()
    assert not found.skipped.any()


def test_an_unknown_recipe_is_named():
    with pytest.raises(ChaoscadError) as caught:
        recipe(replace(CURVE, name="digit"))
    assert str(caught.value) == "error: unknown recipe 'digit'; did you mean 'digits'?"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"meta_seeds": []}, "error: no meta-seeds are given; give at least one"),
        ({"meta_seeds": [3, 3]}, "error: 3 comes twice among the meta-seeds"),
        (
            {"meta_seeds": [-1]},
            "error: one of the meta-seeds is -1, and must be from 0 to 4294967295",
        ),
        ({"stop_after": 0}, "error: stop_after is 0, and must be from 1 to 20000000"),
        ({"snapshot_every": -1}, "error: snapshot_every is -1, and must be from 1 to 20000000"),
        (
            {"checkpoint": "none/m.npz"},
            "none/m.npz: error: cannot write the file: the folder 'none' does not exist; "
            "create it, or give another path",
        ),
        ({"checkpoint": "."}, ".: error: cannot write the file: it is a directory"),
        (
            {"checkpoint": "a\0b"},
            "error: the file's path is 'a\\x00b'; it must not hold the character of code 0",
        ),
    ],
)
def test_bad_options_are_named_before_any_work(options, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ChaoscadError) as caught:
        metalearn(SHAPE, CURVE, SMALL, **options)
    assert str(caught.value) == message


def test_a_place_that_is_not_there_is_refused():
    found = metalearn(SHAPE, CURVE, SMALL, stop_after=1)
    with pytest.raises(ChaoscadError) as caught:
        found.of(1)
    assert str(caught.value) == "error: the place of a meta-seed is 1, and must be from 0 to 0"
    with pytest.raises(ChaoscadError) as caught:
        found.of(0, 0)
    assert str(caught.value) == "error: there are no snapshots; give metalearn a snapshot_every"


@pytest.mark.parametrize(
    ("header", "arrays", "message"),
    [
        ({"step": 99}, {}, "its step is 99"),
        ({"step": "x"}, {}, "its step is 'x'"),
        ({"step": 1}, {}, "its snapshots are not at the steps [1]"),
        ({"snapshot_steps": [7, 8]}, {}, "its snapshots are not at the steps [1, 2]"),
        ({}, {"losses": np.zeros((1, 1))}, "its losses are not those of 2 steps"),
        ({}, {"losses": np.array([["a", "b"]])}, "its losses are not those of 2 steps"),
    ],
)
def test_a_checkpoint_that_contradicts_itself_is_refused_and_kept(
    header, arrays, message, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    options = {"checkpoint": "m.npz", "snapshot_every": 1}
    metalearn(SHAPE, CURVE, SMALL, stop_after=2, **options)
    whole, found = storage.read("m.npz", "neural-checkpoint")
    storage.write("m.npz", "neural-checkpoint", whole | header, found | arrays)
    before = (tmp_path / "m.npz").read_bytes()
    with pytest.raises(ChaoscadError) as caught:
        metalearn(SHAPE, CURVE, SMALL, **options)
    assert str(caught.value) == f"m.npz: error: the checkpoint is damaged: {message}"
    assert (tmp_path / "m.npz").read_bytes() == before


def test_a_checkpoint_holds_settings_that_were_numbers_of_numpy(tmp_path):
    settings = replace(SMALL, count=np.int64(2), hidden=np.int32(4), scale=np.float32(0.5))
    metalearn(SHAPE, CURVE, settings, checkpoint=tmp_path / "m.npz", stop_after=1)
    found = metalearn(SHAPE, CURVE, settings, checkpoint=tmp_path / "m.npz", stop_after=1)
    assert found.losses.shape == (1, 1)


def test_a_short_run_without_finite_gradients_fails_again_from_its_checkpoint(tmp_path):
    wild = replace(SMALL, scale=1e30, outer_steps=2)
    for _ in range(2):
        with pytest.raises(ChaoscadError) as caught:
            metalearn(SHAPE, CURVE, wild, checkpoint=tmp_path / "m.npz")
        assert str(caught.value).startswith(
            "error: no meta-seed (0) had a finite gradient in the 2 outer steps before step 2; try"
        )


class Blocks(eqx.Module):
    """A kernel over the pixels whose channels are shared between two activations."""

    kernel: eqx.nn.Conv2d
    last: eqx.nn.Linear
    activations: tuple

    def __call__(self, x):
        z = jax.vmap(self.kernel)(x.reshape(-1, 1, 8, 8))
        first, second = self.activations
        z = jnp.concatenate([first(z[:, :2]), second(z[:, 2:])], axis=1)
        return jax.vmap(self.last)(z.reshape(len(x), -1))


def blocks(key, activations):
    one, two = jax.random.split(key)
    kernel = eqx.nn.Conv2d(1, 4, 3, stride=2, key=one)
    return Blocks(kernel, eqx.nn.Linear(36, 10, key=two), activations)


def test_activations_are_learned_for_a_module_and_a_loss_of_ones_own(tmp_path):
    digits = task("digits")
    told = []

    def loss(outputs, targets):
        return optax.softmax_cross_entropy_with_integer_labels(outputs, targets).mean()

    class Listener:
        def start(self, steps, trials):
            told.append((steps, trials))

        def advance(self, taken, solved, retired):
            told.append((taken, solved, retired))

        def finish(self):
            told.append("finished")

    settings = MetaSettings(
        hidden=4, inner=Training(steps=5, batch=50), outer_steps=3, outer=optax.sgd(0.1)
    )
    found = metalearn(
        blocks, digits, settings, loss=loss, checkpoint=tmp_path / "run.npz", progress=Listener()
    )
    assert told == [(3, 1), (1, 0, 0), (2, 0, 0), (3, 0, 0), "finished"]
    start = learned_set(jax.random.fold_in(jax.random.key(0), 0), 2, hidden=4, scale=0.2)
    for one, other in zip(found.of(0), start, strict=True):
        assert np.abs(one.out_weight - other.out_weight).max() > 1e-5
    again = metalearn(blocks, digits, settings, loss=loss, checkpoint=tmp_path / "run.npz")
    np.testing.assert_array_equal(again.losses, found.losses)
    with pytest.raises(ChaoscadError, match="the network fails on inputs of the shape"):
        metalearn(blocks, CURVE, settings)


def test_an_accelerator_takes_all_meta_seeds_at_once(monkeypatch):
    one_by_one = metalearn(SHAPE, CURVE, SMALL, meta_seeds=3)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    monkeypatch.setattr(jax.lax, "map", None)
    loop._advance.clear_cache()
    together = metalearn(SHAPE, CURVE, SMALL, meta_seeds=3)
    loop._advance.clear_cache()
    np.testing.assert_allclose(together.losses, one_by_one.losses, rtol=1e-3)


def test_networks_that_ignore_their_activations_are_named():
    def deaf(key, _):
        return SHAPE.build(key, [fixed("sin")])

    with pytest.raises(ChaoscadError) as caught:
        metalearn(deaf, CURVE, SMALL)
    assert str(caught.value) == (
        "error: the first outer step moved no activation: the loss does not depend on them; the networks "
        "must use the activations that they are built with"
    )
