"""Growing with an auxiliary weight: the formula, its gradient, and what training reports."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.tune import optimizer
from neural.data import Data
from neural.growing.auxiliary import (
    AuxiliaryNetwork,
    AuxiliaryResult,
    effective_size,
    init,
    outputs_of_trials,
    presence,
    theta,
    train,
)
from tests.conftest import Listener

KEY = jax.random.key(7)
SGD = optimizer("sgd", 1e-3)


def points(n: int = 32, seed: int = 0, trials: int | None = None) -> Data:
    """A parabola at random points."""
    shape = (n, 1) if trials is None else (trials, n, 1)
    x = np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)
    return Data(x, x**2 / 5 - x - 1 / 5)


def in_double(network: AuxiliaryNetwork) -> AuxiliaryNetwork:
    return jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf), jnp.float64), network)


def by_hand(network: AuxiliaryNetwork, x: np.ndarray, scale: float) -> np.ndarray:
    """The formula of the source, neuron by neuron, in double precision."""
    leaf = {name: np.asarray(getattr(network, name), np.float64) for name in LEAVES}
    found = np.tile(leaf["output_bias"], (len(x), 1))
    for m in range(1, len(leaf["hidden_bias"]) + 1):
        n = float(leaf["size"]) - m + 1
        step = 0.0 if n < 0 else 1.0 if n > 1 else np.sin(np.pi * n / 2) ** 2
        drive = leaf["hidden_bias"][m - 1] + scale * leaf["size"] * leaf["size_weight"][m - 1]
        hidden = np.tanh(drive + x @ leaf["input_weight"][m - 1])
        found = found + step * hidden[:, None] * leaf["output_weight"][:, m - 1]
    return found


LEAVES = (
    "hidden_bias",
    "size_weight",
    "input_weight",
    "output_weight",
    "output_bias",
    "size",
)


def test_theta_is_a_smooth_step_from_0_to_1() -> None:
    at = jnp.array([-3.0, 0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 9.0])
    quarter = np.sin(np.pi / 8) ** 2
    expected = [0, 0, quarter, 0.5, 1 - quarter, 1, 1, 1]
    np.testing.assert_allclose(theta(at), expected, rtol=1e-6)
    slopes = jax.vmap(jax.grad(theta))(jnp.array([-1.0, 0.0, 0.5, 1.0, 2.0]))
    np.testing.assert_allclose(slopes, [0, 0, np.pi / 2, 0, 0], atol=1e-6)


def test_the_presence_of_each_neuron_follows_the_size() -> None:
    np.testing.assert_allclose(presence(jnp.asarray(2.5), 4), [1, 1, 0.5, 0], rtol=1e-6)
    sizes = jnp.array([-1.0, 0.0, 1.0, 2.5, 4.0, 7.0])
    np.testing.assert_allclose(effective_size(sizes, 4), [0, 0, 1, 2.5, 4, 4], rtol=1e-6)
    np.testing.assert_allclose(init(KEY, 9, 5.0).effective_size, 5.0)
    assert init(KEY, 9, 5.0, trials=3).effective_size.shape == (3,)


@pytest.mark.parametrize(("size", "scale"), [(0.0, 1.0), (0.3, 0.2), (3.6, 1.0), (6.0, 0.0)])
def test_the_outputs_are_the_source_formula(size: float, scale: float) -> None:
    x = np.random.default_rng(1).uniform(-1, 1, (11, 2))
    with jax.enable_x64(True):
        network = in_double(init(KEY, 6, size, features=2, outputs=3, scale=scale))
        expected = by_hand(network, x, scale)
        np.testing.assert_allclose(network(jnp.asarray(x)), expected, rtol=1e-12)
        np.testing.assert_allclose(network(jnp.asarray(x[4])), expected[4], rtol=1e-12)


def test_a_neuron_is_absent_until_the_size_passes_the_neurons_before_it() -> None:
    x = points().inputs
    for m in range(1, 6):
        whole = init(KEY, 5, m - 1)
        changed = eqx.tree_at(
            lambda network, m=m: (network.output_weight, network.hidden_bias),
            whole,
            (whole.output_weight.at[:, m - 1].set(50.0), whole.hidden_bias.at[m - 1].set(-3.0)),
        )
        np.testing.assert_array_equal(whole(x), changed(x))
        started = eqx.tree_at(lambda network, m=m: network.size, changed, jnp.float32(m - 0.9))
        before = eqx.tree_at(lambda network, m=m: network.size, whole, jnp.float32(m - 0.9))
        assert np.abs(started(x) - before(x)).max() > 0.5


def test_one_key_gives_the_same_weights_at_every_start_size_and_number_of_trials() -> None:
    growing, grown = init(KEY, 9, 0.0, trials=3), init(KEY, 9, 5.0, trials=8)
    np.testing.assert_array_equal(growing.size, [0, 0, 0])
    np.testing.assert_array_equal(grown.size, [5] * 8)
    for name in LEAVES[:-1]:
        np.testing.assert_array_equal(getattr(growing, name), getattr(grown, name)[:3])
    weights = np.concatenate([np.ravel(getattr(grown, name)) for name in LEAVES[:-1]])
    assert len(np.unique(weights)) == 8 * (4 * 9 + 1)
    assert weights.min() > -1
    assert weights.max() < 1
    assert abs(weights.mean()) < 0.15


CASES = {
    "mse": (2, lambda out, y: np.mean((out - y) ** 2)),
    "cross-entropy of two classes": (
        1,
        lambda out, y: np.mean(np.log1p(np.exp(out[:, 0])) - y * out[:, 0]),
    ),
    "cross-entropy of three classes": (
        3,
        lambda out, y: np.mean(np.log(np.exp(out).sum(1)) - out[np.arange(len(y)), y]),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_epoch_steps_along_the_gradient_of_the_loss_and_the_penalty(case: str) -> None:
    outputs, task = CASES[case]
    rng = np.random.default_rng(3)
    x = rng.uniform(-1, 1, (9, 2))
    y = rng.normal(size=(9, 2)) if case == "mse" else rng.integers(0, max(outputs, 2), 9)
    penalty, target, rate = 0.3, 3.0, 1e-3

    def total(network: AuxiliaryNetwork) -> float:
        size_loss = penalty * (float(network.size) - target) ** 2
        return float(task(by_hand(network, x, 0.7), y)) + size_loss

    with jax.enable_x64(True):
        starts = in_double(init(KEY, 4, 1.4, features=2, outputs=outputs, scale=0.7, trials=1))
        result = train(
            starts,
            Data(x, y),
            target=target,
            penalty=penalty,
            optimizer=optimizer("sgd", rate),
            epochs=1,
            loss=case.split()[0],
        )
        one = jax.tree.map(lambda leaf: np.asarray(leaf[0]), starts)
        moved = jax.tree.map(np.asarray, result.network(0))
        np.testing.assert_allclose(result.task_loss[0, 0], task(by_hand(one, x, 0.7), y))
        np.testing.assert_allclose(result.size_loss[0, 0], penalty * 1.6**2)
        for name in LEAVES:
            value = np.asarray(getattr(one, name))
            for place in np.ndindex(value.shape):
                ends = []
                for sign in (1, -1):
                    shifted = value.copy()
                    shifted[place] += sign * 1e-5
                    ends.append(
                        total(eqx.tree_at(lambda n, name=name: getattr(n, name), one, shifted))
                    )
                slope = (ends[0] - ends[1]) / 2e-5
                step = (value - getattr(moved, name))[place] / rate
                np.testing.assert_allclose(step, slope, rtol=1e-6, atol=1e-8, err_msg=name)


def without_pull(start: float, slots: int = 9) -> AuxiliaryNetwork:
    """A start whose task loss is 0 and does not depend on the size."""
    starts = init(KEY, slots, start, trials=1)
    return eqx.tree_at(
        lambda network: (network.output_weight, network.output_bias),
        starts,
        (jnp.zeros_like(starts.output_weight), jnp.zeros_like(starts.output_bias)),
    )


@pytest.mark.parametrize(("start", "target"), [(0.0, 5.0), (8.0, 3.0)])
def test_without_a_pull_of_the_task_the_size_nears_its_target_exponentially(
    start: float, target: float
) -> None:
    x = points().inputs
    result = train(
        without_pull(start),
        Data(x, np.zeros_like(x)),
        target=target,
        penalty=0.5,
        optimizer=SGD,
        epochs=4000,
        chunk=500,
    )
    left = (1 - 2 * 1e-3 * 0.5) ** result.epochs
    np.testing.assert_array_equal(result.epochs, np.arange(0, 4001, 500))
    np.testing.assert_allclose(result.size[0], target + (start - target) * left, rtol=1e-4)
    flow = target + (start - target) * np.exp(-2 * 1e-3 * 0.5 * result.epochs)
    np.testing.assert_allclose(result.size[0], flow, rtol=2e-3)
    np.testing.assert_allclose(
        result.size_loss[0], 0.5 * (result.size[0] - target) ** 2, rtol=1e-5, atol=1e-9
    )
    np.testing.assert_array_equal(result.task_loss, 0)


def test_only_the_product_of_rate_and_epochs_matters() -> None:
    found = []
    for rate, epochs in ((5e-4, 4000), (1e-3, 2000), (2e-3, 1000)):
        found.append(
            train(
                init(KEY, 9, 0.0, trials=4),
                points(),
                test=points(8, seed=1),
                target=5,
                penalty=0.5,
                optimizer=optimizer("sgd", rate),
                epochs=epochs,
                chunk=epochs,
            )
        )
    for other in (found[0], found[2]):
        np.testing.assert_allclose(other.size[:, -1], found[1].size[:, -1], rtol=2e-3)
        np.testing.assert_allclose(held_out(other)[:, -1], held_out(found[1])[:, -1], rtol=2e-2)
    # The flow is the limit: halving the rate halves the distance to it.
    size = [result.size[:, -1].astype(np.float64) for result in found]
    np.testing.assert_allclose((size[2] - size[1]) / (size[1] - size[0]), 2.0, rtol=0.2)


def held_out(result: AuxiliaryResult) -> np.ndarray:
    assert result.test_loss is not None
    return result.test_loss


def grow(
    starts: AuxiliaryNetwork, data: Data, epochs: int = 60, **options: object
) -> AuxiliaryResult:
    settings = {"target": 5, "penalty": 1.0, "optimizer": optimizer("sgd", 0.02), "chunk": 50}
    return train(starts, data, epochs=epochs, **{**settings, **options})  # type: ignore[arg-type]


def trial(networks: AuxiliaryNetwork, *index: int) -> AuxiliaryNetwork:
    return jax.tree.map(lambda leaf: leaf[jnp.asarray(index)], networks)


def assert_same(one: AuxiliaryNetwork, other: AuxiliaryNetwork, rtol: float = 1e-5) -> None:
    for name in LEAVES:
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=rtol, atol=1e-6)


@pytest.mark.parametrize("recipe", [optimizer("sgd", 0.02, clip_norm=0.1), optimizer("lamb", 0.02)])
def test_a_trial_is_the_same_alone_and_among_others(recipe) -> None:
    starts, data = init(KEY, 6, 0.0, trials=5), points(trials=5)
    data.targets[4] *= 30  # the gradient of another trial, however large, is no trial's concern
    together = grow(starts, data, optimizer=recipe)
    for index in (0, 3):
        alone = grow(
            trial(starts, index),
            Data(data.inputs[index : index + 1], data.targets[index : index + 1]),
            optimizer=recipe,
        )
        assert_same(alone.networks, trial(together.networks, index))
        np.testing.assert_allclose(alone.task_loss[0], together.task_loss[index], rtol=1e-4)


def test_shared_points_are_as_good_as_a_copy_for_every_trial() -> None:
    starts, data = init(KEY, 6, 0.0, trials=3), points()
    copies = Data(*(np.stack([values] * 3) for values in data))
    shared, copied = grow(starts, data, test=data), grow(starts, copies, test=copies)
    assert_same(shared.networks, copied.networks)
    np.testing.assert_allclose(held_out(shared), shared.task_loss, rtol=1e-6)
    np.testing.assert_allclose(held_out(copied), shared.task_loss, rtol=1e-4)


def test_the_chunk_changes_the_records_and_not_the_training() -> None:
    recipe = optimizer("momentum", 0.01, schedule="cosine")
    starts = init(KEY, 6, 0.0, trials=2)
    whole = grow(starts, points(), optimizer=recipe, chunk=1000)
    parts = grow(starts, points(), optimizer=recipe, chunk=25)
    np.testing.assert_array_equal(whole.epochs, [0, 60])
    np.testing.assert_array_equal(parts.epochs, [0, 25, 50, 60])
    assert_same(whole.networks, parts.networks)
    np.testing.assert_allclose(whole.size, parts.size[:, [0, -1]], rtol=1e-5)
    np.testing.assert_allclose(whole.task_loss, parts.task_loss[:, [0, -1]], rtol=1e-5)
    assert whole.test_loss is None


def test_a_layer_grows_to_its_target_learns_and_can_shrink() -> None:
    for start, target in ((0.0, 5.0), (5.0, 5.0), (9.0, 3.0)):
        result = train(
            init(KEY, 9, start, trials=8),
            points(),
            test=points(8, seed=1),
            target=target,
            penalty=0.5,
            optimizer=optimizer("sgd", 0.02),
            epochs=2000,
        )
        np.testing.assert_allclose(result.size[:, 0], start)
        np.testing.assert_allclose(result.size[:, -1], target, atol=0.2)
        np.testing.assert_allclose(result.networks.effective_size, target, atol=0.2)
        assert np.median(held_out(result)[:, -1]) < 0.01
        assert not result.retired.any()
        assert result.warnings == ()


def test_logistic_growth_separates_two_classes() -> None:
    x = np.random.default_rng(0).uniform(-1, 1, (40, 1)).astype(np.float32)
    labels = np.floor(1 + np.sin(2 * np.pi * x[:, 0])).astype(np.int32)
    result = train(
        init(KEY, 9, 0.0, trials=8),
        Data(x, labels),
        target=5,
        penalty=0.01,
        optimizer=optimizer("sgd", 0.4),
        epochs=2500,
        chunk=2500,
        loss="cross-entropy",
    )
    predicted = outputs_of_trials(result.networks, jnp.asarray(x))[..., 0] > 0
    accuracy = (predicted == labels).mean(axis=1)
    assert accuracy.max() > 0.95
    assert np.median(result.task_loss[:, -1]) < np.median(result.task_loss[:, 0]) / 2
    assert (result.size[:, -1] > 4).all()


FAST = optimizer("sgd", 0.3)


def one_of_three_unstable() -> tuple[AuxiliaryNetwork, Data]:
    """Trial 1 has five saturated neurons, so descent diverges at rates above 1 / (5 + 1).

    The others do not see their size, a large input with which they would diverge too, later.
    """
    starts = init(KEY, 6, 5.0, trials=3, scale=0.0)
    starts = eqx.tree_at(
        lambda network: (network.hidden_bias, network.size_weight),
        starts,
        (jnp.zeros((3, 6)).at[1].set(50.0), jnp.zeros((3, 6))),
    )
    data = points(trials=3)
    data.inputs[:] *= 0.1
    data.targets[1] += 1e9
    return starts, data


def test_a_trial_that_becomes_infinite_is_retired_alone_and_told_of() -> None:
    starts, data = one_of_three_unstable()
    result = grow(starts, data, test=data, optimizer=FAST)
    np.testing.assert_array_equal(result.retired, [False, True, False])
    at = int(result.retired_at[1])
    assert 0 < at < 50
    np.testing.assert_array_equal(result.retired_at, [-1, at, -1])
    for records in (result.size, result.task_loss, result.size_loss, held_out(result)):
        assert np.isfinite(records[1, 0])
        assert np.isnan(records[1, 1:]).all()
        assert np.isfinite(records[[0, 2]]).all()
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(result.networks))
    assert [str(warning) for warning in result.warnings] == [
        f"warning: trial 1 became non-finite at epoch {at} and was retired; "
        "try a smaller learning rate, or a penalty well below 1 / (learning rate)"
    ]
    others = Data(data.inputs[[0, 2]], data.targets[[0, 2]])
    alone = grow(trial(starts, 0, 2), others, optimizer=FAST)
    assert_same(alone.networks, trial(result.networks, 0, 2))


def test_a_start_whose_loss_overflows_is_retired_before_the_first_epoch() -> None:
    x = points().inputs
    result = grow(init(KEY, 6, 0.0, trials=2), Data(x, np.full_like(x, 1e30)), epochs=500)
    np.testing.assert_array_equal(result.retired_at, [0, 0])
    np.testing.assert_array_equal(result.epochs, [0])
    assert np.isnan(result.task_loss).all()
    assert_same(result.networks, init(KEY, 6, 0.0, trials=2))


def test_progress_hears_of_every_chunk_and_of_retired_trials() -> None:
    starts, data = one_of_three_unstable()
    listener = Listener()
    grow(starts, data, epochs=120, progress=listener, optimizer=FAST)
    assert listener.heard == [
        ("start", 120, 3),
        (50, 0, 1),
        (100, 0, 1),
        (120, 0, 1),
        "finish",
    ]


X, Y = points()
NAN = X.copy()
NAN[3, 0] = np.nan
LABELS = np.array([0, 1] * 16)
CLASSIFY = {"loss": "cross-entropy"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"slots": 0}, "slots is 0, and must be from 1 to 1048576"),
        ({"slots": 2.5}, "slots is 2.5, and must be a whole number"),
        ({"slots": True}, "slots is True, and must be a whole number"),
        ({"features": 0}, "features is 0, and must be from 1 to 1048576"),
        ({"outputs": -1}, "outputs is -1, and must be from 1 to 1048576"),
        ({"trials": 0}, "trials is 0, and must be from 1 to 1048576"),
        ({"start_size": 10}, "the start size is 10, and must be from 0 to 9 (the number of slots)"),
        (
            {"start_size": -0.5},
            "the start size is -0.5, and must be from 0 to 9 (the number of slots)",
        ),
        (
            {"start_size": 10**400},
            "the start size is inf, and must be from 0 to 9 (the number of slots)",
        ),
        (
            {"slots": 10**6, "trials": 10**6},
            "the weights would be 4000000000000 numbers; at most 268435456 are allowed",
        ),
        (
            {"start_size": "5"},
            "the start size is '5', and must be from 0 to 9 (the number of slots)",
        ),
        (
            {"scale": float("nan")},
            "the scale of the size input is nan, and must be from -1e+06 to 1e+06",
        ),
        ({"key": 3}, "the key is 3, and must be one key, such as jax.random.key(0)"),
        (
            {"key": np.zeros(4, np.uint32)},
            "the key is array([0, 0, 0, 0], dtype=uint32), and must be one key, such as jax.random.key(0)",
        ),
    ],
)
def test_impossible_networks_are_refused(options: dict, message: str) -> None:
    settings = {"key": KEY, "slots": 9, "start_size": 0.0, **options}
    with pytest.raises(ChaoscadError) as caught:
        init(**settings)
    assert str(caught.value) == f"error: {message}"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": 9.5}, "the target size is 9.5, and must be from 0 to 9 (the number of slots)"),
        ({"target": -1}, "the target size is -1, and must be from 0 to 9 (the number of slots)"),
        ({"penalty": -0.1}, "the penalty is -0.1, and must be from 0 to 1e+30"),
        ({"penalty": float("inf")}, "the penalty is inf, and must be from 0 to 1e+30"),
        ({"penalty": None}, "the penalty is None, and must be from 0 to 1e+30"),
        (
            {"penalty": 2000},
            "with the learning rate 0.001 and the penalty 2000 the size overshoots its target and "
            "never settles; take a penalty below 1000, better below 100",
        ),
        ({"epochs": 0}, "epochs is 0, and must be from 1 to 1073741824"),
        ({"chunk": 1.5}, "chunk is 1.5, and must be a whole number"),
        ({"loss": "crossentropy"}, "unknown loss 'crossentropy'; did you mean 'cross-entropy'?"),
        ({"loss": "hinge"}, "unknown loss 'hinge'; it is one of mse, cross-entropy"),
        (
            {"optimizer": "sgd"},
            "the optimizer is 'sgd', and must be of the type chaoscad.tune.optimizers.Optimizer, for "
            'example chaoscad.tune.optimizer("sgd", 1e-3)',
        ),
        (
            {"starts": None},
            "the start is None, and must be of the type neural.growing.auxiliary_network."
            "AuxiliaryNetwork, for example init(jax.random.key(0), 9, 0.0, trials=8)",
        ),
        (
            {"starts": init(KEY, 9, 0.0)},
            "the sizes of the starts have the shape (); they must have one axis, the trials; "
            "init(..., trials=1) makes one network with that axis",
        ),
        ({"data": 3}, "the training samples are 3, and must be a pair (inputs, targets)"),
        ({"data": Data(NAN, Y)}, "1 of the training inputs is not finite in float32, the first at "
         "(3, 0); remove or replace these samples"),
        ({"data": Data(X, NAN)}, "1 of the training targets is not finite in float32, the first at "
         "(3, 0); remove or replace these samples"),
        ({"data": Data(np.full((2, 1), 1e300), Y[:2])}, "2 of the training inputs are not finite in "
         "float32, the first at (0, 0); remove or replace these samples"),
        ({"test": Data(NAN, Y)}, "1 of the test inputs is not finite in float32, the first at "
         "(3, 0); remove or replace these samples"),
        ({"data": Data(X[:, 0], Y)}, "the training inputs have the shape (32,), and must have "
         "(samples, 1) or (2, samples, 1); add the last axis with [..., None]"),
        ({"data": Data(np.zeros((3, 32, 1)), Y)}, "the training inputs have the shape "
         "(3, 32, 1), and must have (samples, 1) or (2, samples, 1)"),
        ({"data": Data(X, Y[:5])}, "the training targets have the shape (5, 1), and must have "
         "(32, 1)"),
        ({"data": Data(X, Y[:, 0])}, "the training targets have the shape (32,), and must have "
         "(32, 1); add the last axis with [..., None]"),
        ({"data": Data(X[:0], Y[:0])}, "there are no training samples; give at least one"),
        ({"data": Data([["a"]], Y)}, "the training inputs are <U1, and must be real "
         "numbers"),
        ({"data": Data([[1.0], [1.0, 2.0]], Y)}, "the training inputs are not an array of "
         "numbers; are all rows equally long?"),
        ({"data": Data(X, LABELS * 1.0), **CLASSIFY}, "the training labels are float64, and must be "
         "whole numbers, the classes from 0; labels.astype(np.int32) makes them so"),
        ({"data": Data(X, LABELS * 2), **CLASSIFY}, "16 of the training labels are out of range, the "
         "first is 2 at (1,); 1 output serves the classes 0 to 1"),
        ({"data": Data(X, LABELS - 1), **CLASSIFY}, "16 of the training labels are out of range, the "
         "first is -1 at (0,); 1 output serves the classes 0 to 1"),
        ({"data": Data(X, [[1], [2, 3]]), **CLASSIFY}, "the training labels are not an array of "
         "numbers; are all rows equally long?"),
        ({"data": Data(X, LABELS[:4]), **CLASSIFY}, "the training labels have the shape (4,), and "
         "must have (32,)"),
        ({"data": Data(X, LABELS[:, None]), **CLASSIFY}, "the training labels have the shape "
         "(32, 1), and must have (32,)"),
    ],
)  # fmt: skip
def test_impossible_runs_are_refused(options: dict, message: str) -> None:
    settings = {
        "starts": init(KEY, 9, 0.0, trials=2),
        "data": Data(X, Y),
        "target": 5,
        "penalty": 0.1,
        "optimizer": SGD,
        "epochs": 3,
        **options,
    }
    with pytest.raises(ChaoscadError) as caught:
        train(**settings)
    assert str(caught.value) == f"error: {message}"


def test_starts_whose_arrays_do_not_fit_are_refused() -> None:
    starts = init(KEY, 9, 0.0, trials=2)
    short = eqx.tree_at(lambda network: network.output_weight, starts, jnp.ones((2, 1, 8)))
    with pytest.raises(ChaoscadError) as caught:
        grow(short, points())
    assert str(caught.value) == (
        "error: output_weight of the starts has the shape (2, 1, 8); the other arrays need (2, 1, 9)"
    )
    whole = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.int32), starts)
    with pytest.raises(ChaoscadError) as caught:
        grow(whole, points())
    assert str(caught.value) == (
        "error: hidden_bias of the starts has the type int32; all arrays must be float32, or all float64"
    )
    broken = eqx.tree_at(lambda network: network.size, starts, jnp.array([0.0, jnp.inf]))
    with pytest.raises(ChaoscadError) as caught:
        grow(broken, points())
    assert str(caught.value) == "error: size of the starts has values that are not finite"


def test_a_network_refuses_points_that_it_does_not_take() -> None:
    with pytest.raises(ChaoscadError) as caught:
        init(KEY, 9, 0.0, features=2)(X)
    assert str(caught.value) == "error: the points have the shape (32, 1); they must have (..., 2)"
    with pytest.raises(ChaoscadError) as caught:
        init(KEY, 9, 0.0, trials=2)(X)
    assert str(caught.value) == (
        "error: the network has trials of shape (2,); this takes one trial; "
        "outputs_of_trials(networks, x) gives those of all trials"
    )
    with pytest.raises(ChaoscadError) as caught:
        outputs_of_trials(init(KEY, 9, 0.0), X)
    assert str(caught.value) == (
        "error: the sizes of the networks have the shape (); they must have one axis, the trials; "
        "call a network of one trial"
    )
    several = init(KEY, 9, 5.0, trials=2)
    np.testing.assert_allclose(
        outputs_of_trials(several, X)[1], jax.tree.map(lambda leaf: leaf[1], several)(X), rtol=1e-5
    )
