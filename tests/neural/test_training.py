"""Training fresh networks over seeds."""

import inspect
import subprocess
import sys
from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.tune import optimizer
from neural.activations import Learned, fixed, learned_set, parametric
from neural.activations.table import as_table
from neural.architecture import Architecture
from neural.arms import network_arm, rivals
from neural.batches import batches, drawn
from neural.models import save_model
from neural.operations import activation_flops, network_flops, trained_parameters
from neural.optimizers import rmsprop
from neural.seeds import seeds_of
from neural.settings import Training
from neural.tasks import task
from neural.training import fit
from tests.conftest import ROOT

DIGITS = task("digits")
SHAPE = Architecture(64, [20], 10)
SHORT = Training(steps=60, batch=100)


@pytest.fixture(scope="module")
def fitted():
    return fit(SHAPE, [fixed("tanh")], DIGITS, SHORT, seeds=3, at=(20, 60))


def test_networks_learn_real_digits(fitted):
    assert fitted.losses.shape == (3, 60)
    assert (fitted.losses[:, -5:].mean(1) < 0.5 * fitted.losses[:, :3].mean(1)).all()
    assert (fitted.scores["test"][:, 1] > 0.7).all()
    assert (fitted.scores["test"][:, 1] > fitted.scores["test"][:, 0]).all()


def test_scores_are_of_whole_parts_and_of_the_models_returned(fitted):
    assert fitted.steps == (20, 60)
    for name, part in (("train", DIGITS.train), ("test", DIGITS.test)):
        model = fitted.network(1)
        right = (np.asarray(model(part.inputs)).argmax(1) == part.targets).mean()
        assert fitted.scores[name][1, 1] == pytest.approx(right, abs=1e-6)


def test_a_seed_trains_the_same_alone_as_among_others(fitted):
    alone = fit(SHAPE, [fixed("tanh")], DIGITS, SHORT, seeds=[2])
    np.testing.assert_allclose(alone.losses[0], fitted.losses[2], rtol=1e-4)


def test_the_same_seeds_give_the_same_bits(fitted):
    again = fit(SHAPE, [fixed("tanh")], DIGITS, SHORT, seeds=3, at=(20, 60))
    np.testing.assert_array_equal(again.losses, fitted.losses)


def test_where_the_scores_are_taken_changes_nothing(fitted):
    other = fit(SHAPE, [fixed("tanh")], DIGITS, SHORT, seeds=3)
    np.testing.assert_allclose(other.losses, fitted.losses, rtol=1e-4)


def test_training_is_the_optimizer_s_steps_on_the_drawn_batches():
    training = Training(steps=3, batch=50, optimizer=optimizer("sgd", 0.1))
    found = fit(SHAPE, [fixed("sin")], DIGITS, training, seeds=[7])
    key = jax.random.key(7)
    model = SHAPE.build(jax.random.fold_in(key, 0), [fixed("sin")])
    order = drawn(7, len(DIGITS.train), 50, 3)
    for step in range(3):
        x, y = DIGITS.train.inputs[order[step]], DIGITS.train.targets[order[step]]

        def loss(model, x=x, y=y):
            logits = jax.nn.log_softmax(model(x))
            return -logits[jnp.arange(50), y].mean()

        value, gradient = jax.value_and_grad(loss)(model)
        assert found.losses[0, step] == pytest.approx(float(value), rel=1e-5)
        model = jax.tree.map(lambda one, slope: one - 0.1 * slope, model, gradient)
    np.testing.assert_allclose(found.network(0).layers[0].weight, model.layers[0].weight, atol=1e-6)


def test_an_epoch_draws_every_sample_at_most_once():
    for draw, start in ((drawn, 0), (batches, jax.random.key(0))):
        order = np.asarray(draw(start, 10, 3, 7))
        assert order.shape == (7, 3)
        for epoch in (order[:3], order[3:6]):
            assert len(set(epoch.ravel())) == 9
        assert (order[:3] != order[3:6]).any()
        assert np.asarray(draw(start, 10, 99, 2)).shape == (2, 10)


def test_trained_numbers_of_activations_move_and_learned_networks_do_not():
    network = learned_set(jax.random.key(0), 1)[0]
    found = fit(SHAPE, [parametric("sin+az"), network], DIGITS, SHORT, seeds=2)
    numbers = found.networks.activations[0].a
    assert (np.abs(numbers) > 1e-3).all()
    for index in range(2):
        np.testing.assert_array_equal(
            found.network(index).activations[1].in_weight, network.in_weight
        )


def test_a_seed_that_diverges_is_marked_and_the_others_go_on():
    # At this rate some seeds overflow float32 and some do not.
    wild = Training(steps=40, batch=100, optimizer=optimizer("sgd", 1e30))
    with pytest.raises(ChaoscadError) as caught:
        fit(SHAPE, [fixed("identity")], DIGITS, wild, seeds=[4, 9])
    assert str(caught.value).startswith(
        "error: every network became NaN or infinite (seed 4 at step "
    )
    assert str(caught.value).endswith(
        "try a learning rate below 1e+30, or inputs scaled to about 1"
    )
    found = fit(SHAPE, [fixed("identity")], DIGITS, wild, seeds=[4, 9], all_may_diverge=True)
    assert found.diverged.all()
    assert np.isnan(found.scores["test"]).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: Training(steps=0),
            "error: the number of steps is 0, and must be from 1 to 20000000",
        ),
        (
            lambda: fit(SHAPE, [fixed("sin")], DIGITS, SHORT, seeds=0),
            "error: the number of seeds is 0, and must be from 1 to 20000000",
        ),
        (
            lambda: fit(SHAPE, [fixed("sin")], DIGITS, SHORT, at=(61,)),
            "error: one of the steps to score at is 61, and must be from 1 to 60",
        ),
        (
            lambda: SHORT.at_rate(-1.0),
            "error: the learning rate is -1, and must be a positive number",
        ),
        (
            lambda: fit(SHAPE, [fixed("sin")], DIGITS, SHORT, seeds=[3, 3]),
            "error: 3 comes twice among the seeds",
        ),
        (
            lambda: fit(SHAPE, [fixed("sin")], DIGITS, SHORT, seeds=[2**33 + 5, 5]),
            "error: one of the seeds is 8589934597, and must be from 0 to 4294967295",
        ),
        (
            lambda: fit(SHAPE, [fixed("sin")], DIGITS, SHORT, seeds=True),
            "error: the seeds are True, and must be a list",
        ),
        (
            lambda: fit(Architecture(2, [5], 2), [fixed("sin")], DIGITS, SHORT),
            "error: the network takes 2 inputs and gives 2 outputs; the task digits has 64 and 10",
        ),
        (
            lambda: fit(SHAPE, learned_set(jax.random.key(0), 21), DIGITS, SHORT),
            "error: 21 activations for the 20 units of hidden layer 1; every activation needs a "
            "unit: give fewer activations, or more units",
        ),
        (
            lambda: fit(
                Architecture(2, [5], 2, hamiltonian=True),
                [fixed("sin")],
                task("van_der_pol"),
                SHORT,
            ),
            "error: a Hamiltonian network gives the rates of (q, p), and the task van_der_pol is a "
            "regression; take a network that is not Hamiltonian",
        ),
    ],
)
def test_bad_training_is_named(call, message):
    with pytest.raises(ChaoscadError) as caught:
        call()
    assert str(caught.value) == message


def test_what_is_no_truth_value_is_not_taken_for_one():
    # Without the checks of types that run in tests alone.
    with pytest.raises(ChaoscadError) as caught:
        inspect.unwrap(fit)(SHAPE, ["sin"], DIGITS, SHORT, tables="no")
    assert str(caught.value) == "error: tables is 'no', and must be True or False"


def test_an_arm_runs_at_the_rate_and_steps_that_it_is_told():
    arm = network_arm("tanh", SHAPE, [fixed("tanh")], DIGITS, SHORT)
    assert arm.rates == (0.003, 0.01, 0.03)
    scores = arm.run(np.arange(2), 0.01, 20)
    same = fit(SHAPE, [fixed("tanh")], DIGITS, Training(steps=20, optimizer=rmsprop(0.01)), seeds=2)
    np.testing.assert_array_equal(scores.test, same.scores["test"][:, 0])
    np.testing.assert_array_equal(scores.validation, same.scores["validation"][:, 0])


def test_rivals_can_be_trained():
    named = rivals("sin")
    assert list(named) == ["sin + az, a trained", "PReLU", "sin and tanh", "GELU"]
    found = fit(SHAPE, named["PReLU"], DIGITS, Training(steps=20), seeds=1)
    assert found.scores["test"][0, 0] > DIGITS.trivial


def test_a_frozen_learned_activation_costs_its_table_and_a_trained_one_its_network():
    # Forwards and backwards but for the inputs of the first layer; value and slope of 20 sines.
    rest = 6 * (64 * 20 + 20 * 10) - 2 * 64 * 20 + 20 * 3 + 10 * 6
    assert network_flops(SHAPE, [fixed("sin")], 10)(SHAPE.hidden) == 10 * (rest + 2 * 20 * 10)
    pair = learned_set(jax.random.key(0), 2)
    assert network_flops(SHAPE, [as_table(one) for one in pair], 10)(SHAPE.hidden) == 10 * (
        rest + 2 * 20 * activation_flops(as_table(pair[0]))
    )
    moving = tuple(replace(one, trained=True) for one in pair)
    trained = 2 * 2 * 20 * trained_parameters(pair[0])
    assert network_flops(SHAPE, moving, 10)(SHAPE.hidden) == 10 * (
        rest + 2 * 20 * (12 + 20 * 14) + trained / 2
    )


def test_tables_change_no_score_and_the_networks_have_the_functions_themselves():
    pair = learned_set(jax.random.key(3), 2)
    quick = fit(SHAPE, pair, DIGITS, SHORT, seeds=2)
    exact = fit(SHAPE, pair, DIGITS, SHORT, seeds=2, tables=False)
    np.testing.assert_allclose(quick.losses, exact.losses, rtol=1e-3)
    assert isinstance(quick.network(1).activations[0], Learned)
    x = DIGITS.test.inputs
    assert np.abs(quick.network(1)(x) - exact.network(1)(x)).max() < 1e-2


class Convolution(eqx.Module):
    """A kernel of 3 over the signal, then a layer."""

    kernel: eqx.nn.Conv1d
    last: eqx.nn.Linear
    activations: tuple

    def __call__(self, x):
        z = jax.vmap(self.kernel)(x[:, None, :])
        return jax.vmap(self.last)(self.activations[0](z).reshape(len(x), -1))


def convolution(key, activations):
    one, other = jax.random.split(key)
    return Convolution(
        eqx.nn.Conv1d(1, 4, 3, stride=2, key=one), eqx.nn.Linear(124, 10, key=other), activations
    )


def test_any_module_trains_with_objects_of_optax_and_a_loss_of_ones_own():
    def smoothed(outputs, targets):
        wanted = optax.smooth_labels(jax.nn.one_hot(targets, 10), 0.1)
        return optax.softmax_cross_entropy(outputs, wanted).mean()

    training = Training(steps=60, batch=100, optimizer=optax.adam(3e-3))
    found = fit(convolution, jnp.sin, DIGITS, training, loss=smoothed, seeds=range(2))
    assert (found.scores["test"][:, 0] > 0.7).all()
    assert found.losses.min() > 0.4  # the entropy of the smoothed labels
    assert found.network(1).kernel.weight.shape == (4, 1, 3)
    assert list(found.frame()["test"]) == list(found.scores["test"][:, 0])
    assert repr(found).startswith("Fitted(2 seeds, 60 steps: median accuracy train 0.")


def test_an_object_of_optax_takes_rates_as_factors():
    tenth = fit(SHAPE, "tanh", DIGITS, Training(10, optimizer=optax.sgd(0.1)), seeds=1)
    scaled = Training(10, optimizer=optax.sgd(1.0)).at_rate(0.1)
    again = fit(SHAPE, "tanh", DIGITS, scaled, seeds=1)
    np.testing.assert_allclose(again.losses, tenth.losses, rtol=1e-4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fit(lambda key: 1, "sin", DIGITS), "the function that builds the network fails: "),
        (lambda: fit(lambda key, ones: 1, "sin", DIGITS), "the network that was built has no arrays; there is nothing to train"),
        (lambda: fit(lambda key, ones: eqx.nn.Linear(64, 10, key=key), "sin", DIGITS), "the network fails on inputs of the shape (2, 64): TypeError: dot_general requires contracting dimensions to have the same shape"),
        (lambda: fit(lambda key, ones: jax.vmap, "sin", DIGITS), "the network that was built has no arrays"),
        (lambda: fit(convolution, "sin", task("spirals")), "the network fails on inputs of the shape (2, 2): "),
        (lambda: fit(SHAPE, "sin", DIGITS, loss=lambda y, t: y), "the loss gives (2, 10) for a batch; it must give one real number, as a mean"),
        (lambda: fit(SHAPE, "sin", DIGITS, loss=lambda y, t: y.argmax()), "the loss gives () of the type int32 for a batch; it must give one real number"),
        (lambda: fit(eqx.nn.Linear(64, 10, key=jax.random.key(0)), "sin", DIGITS), "the shape is a module, Linear; give the function (key, activations) that builds it"),
        (lambda: fit(SHAPE, np.tanh, DIGITS), "activation 0, tanh, fails on an array of the shape (2, 3): TracerArrayConversionError: "),
        (lambda: Training(optimizer=optax.constant_schedule(0.1)), "the optimizer is the function <lambda>, and must be what one gives, such as optax.adam(0.01)"),
        (lambda: fit(SHAPE, len, DIGITS), "activation 0, len, turns an array of the shape (2, 3) into int"),
        (lambda: Training(optimizer=optax.lbfgs()), "the optimizer of optax needs more than a gradient and the weights ("),
    ],
)  # fmt: skip
def test_bad_modules_losses_and_optimizers_are_named(call, message):
    with pytest.raises(ChaoscadError) as caught:
        call()
    assert str(caught.value).startswith(f"error: {message}")


# Python checks no types, and these tests do: what a user meets shows in a process of its own.
OF_WRONG_TYPES = {
    "rmsprop('3')": "the learning rate is '3', and must be a positive number",
    "Training(batch=1.5)": "the batch is 1.5, and must be a whole number",
    "Training(optimizer='adam')": "the optimizer is 'adam', and must be of the type "
    "chaoscad.tune.optimizers.Optimizer, for example optimizer('adam', 0.01)",
    "fit(SHAPE, SIN, CURVE, SHORT, seeds=[1.5])": "one of the seeds is 1.5, and must be a whole "
    "number",
    "fit(SHAPE, SIN, CURVE, SHORT, at=(2.5,))": "one of the steps to score at is 2.5, and must be a "
    "whole number",
    "fit(SHAPE, ['sinn'], CURVE, SHORT)": "unknown activation function 'sinn'; did you mean 'sin'?",
    "fit(SHAPE, ['sin', 3], CURVE, SHORT)": "activation 1 is 3; it must be a name, a function, or one "
    "of neural.activations, for example 'sin', jnp.sin or tabulate(f)",
    "fit(SHAPE, abs, CURVE, seeds=0)": "the number of seeds is 0, and must be from 1 to 20000000",
    "fit(SHAPE, SIN, 'small_cubic', SHORT)": "the task is 'small_cubic', and must be of the type "
    "neural.tasks.task.Task, for example task('mnist1d')",
    "fit((1, 6, 1), SIN, CURVE, SHORT)": "the shape is of the type builtins.tuple, and must be of "
    "the type neural.architecture.Architecture, for example Architecture(2, [20], 1)",
    "fit(SHAPE, SIN, CURVE, 5)": "the training is 5, and must be of the type "
    "neural.settings.Training, for example Training(steps=100)",
    "metalearn(SHAPE, CURVE, SHORT)": "the settings is of the type neural.settings.Training, and "
    "must be of the type neural.metalearn.settings.MetaSettings, for example MetaSettings(count=2)",
    "metalearn(SHAPE, CURVE, META, meta_seeds='12')": "one of the meta-seeds is '1', and must be a "
    "whole number",
    "metalearn(SHAPE, CURVE, META, snapshot_every=1.5)": "snapshot_every is 1.5, and must be a whole "
    "number",
    "metalearn(SHAPE, CURVE, META, checkpoint=5)": "the file's path is 5; it must be a string or a "
    "pathlib.Path",
}

CALLS = """
import sys
from chaoscad.errors import ChaoscadError
from neural.activations import fixed
from neural.architecture import Architecture
from neural.metalearn import MetaSettings, metalearn
from neural.tasks import task
from neural.optimizers import rmsprop
from neural.training import Training, fit

SHAPE, SIN, CURVE = Architecture(1, [6], 1), [fixed("sin")], task("small_cubic")
SHORT, META = Training(steps=5), MetaSettings(outer_steps=2)
for call in sys.argv[1:]:
    try:
        eval(call)
        print("nothing was raised")
    except ChaoscadError as error:
        print(error)
"""


def test_wrong_types_are_named():
    told = subprocess.run(
        [sys.executable, "-c", CALLS, *OF_WRONG_TYPES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.splitlines() == [f"error: {line}" for line in OF_WRONG_TYPES.values()]


@pytest.mark.parametrize("index", [3, -1])
def test_a_seed_that_was_not_trained_has_no_model(fitted, index):
    with pytest.raises(ChaoscadError) as caught:
        fitted.network(index)
    assert str(caught.value) == f"error: the place of a seed is {index}, and must be from 0 to 2"


def test_the_networks_of_several_seeds_are_not_saved_as_one(fitted, tmp_path):
    with pytest.raises(ChaoscadError) as caught:
        save_model(tmp_path / "m.npz", fitted.networks)
    assert str(caught.value) == (
        "error: the model's arrays have further axes, as those of several seeds do; "
        "take one seed's, for example fitted.network(0)"
    )
    assert not (tmp_path / "m.npz").exists()


def test_seeds_may_be_counts_lists_or_numbers_of_numpy():
    for given in (2, np.int64(2), [0, 1], range(2), np.arange(2, dtype=np.uint8)):
        np.testing.assert_array_equal(seeds_of("seeds", given), [0, 1])


def test_an_arm_or_rival_that_cannot_be_is_refused_at_once():
    with pytest.raises(
        ChaoscadError, match="the network takes 2 inputs and gives 2 outputs; the t"
    ):
        network_arm("a", Architecture(2, [5], 2), [fixed("sin")], DIGITS, SHORT)
    with pytest.raises(ChaoscadError, match="unknown base 'tan'; did you mean 'tanh'"):
        rivals("tan")
