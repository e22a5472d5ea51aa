"""Masked networks: the mask, the modes of growth, training, checkpoints and bad input."""

from __future__ import annotations

from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import jv

from chaoscad.errors import ChaoscadError
from chaoscad.tune import optimizer, storage
from neural.activations import parametric
from neural.architecture import Architecture
from neural.growing import Growth, grow, to_dense
from neural.growing.program import shuffled
from neural.masks import control_of, mask, share
from neural.tasks import task_from_arrays
from neural.training import fit
from tests.conftest import Listener
from tests.neural.starts import masked_network

SGD = optimizer("sgd", 0.05)
ADAM = optimizer("adam", 0.01)


class Blend(eqx.Module):
    """A trained share of tanh."""

    share: jax.Array

    def __call__(self, z):
        return z + self.share * (jnp.tanh(z) - z)


@pytest.fixture
def line():
    x = np.linspace(-1, 1, 32, dtype=np.float32)[:, None]
    return x, np.sin(3 * x)


@pytest.fixture
def classes():
    random = np.random.default_rng(0)
    x = random.normal(size=(60, 2)).astype(np.float32)
    return x, (x[:, 0] * x[:, 1] > 0).astype(np.int32)


def bessel(samples):
    x = np.linspace(-2 * np.pi, 2 * np.pi, samples)
    y = jv(0, x) + jv(1, x) + jv(2, x)
    y = 2 * (y - y.min()) / (y.max() - y.min()) - 1
    return (x / x.max()).astype(np.float32)[:, None], y.astype(np.float32)[:, None]


# The mask


@pytest.mark.parametrize(
    ("size", "edge", "expected"),
    [
        (0.0, 1, [0, 0, 0, 0, 0]),
        (2.5, 1, [1, 1, 0.5, 0, 0]),
        (5.0, 1, [1, 1, 1, 1, 1]),
        # s = 1/2, so s (n - 1 + 3) = 3.5: three units lie on the edge.
        (2.5, 3, [1, 2.5 / 3, 1.5 / 3, 0.5 / 3, 0]),
        (5.0, 3, [1, 1, 1, 1, 1]),
    ],
)
def test_the_mask_of_a_size(size, edge, expected):
    control = jnp.asarray(control_of([size], [5])[0])
    np.testing.assert_allclose(mask(control, 5, edge), expected, atol=1e-6)


def test_share_and_control_are_inverse():
    sizes = np.array([0.0, 0.1, 3.0, 7.5, 10.0])
    slots = np.full(5, 10)
    np.testing.assert_allclose(10 * share(jnp.asarray(control_of(sizes, slots))), sizes, atol=1e-5)


def test_the_last_present_unit_feels_the_size_and_absent_ones_do_not():
    weights = jnp.asarray([1.0, 10.0, 100.0, 1000.0])

    def pull(size):
        control = jnp.asarray(control_of([size], [4])[0])
        slope = jax.grad(lambda c: (mask(c, 4) * weights).sum())(control)
        return slope / jax.grad(lambda c: 4 * share(c))(control)

    assert pull(2.4) == pytest.approx(100.0, rel=1e-5)
    # Just below a whole size it is the last whole unit, and the next one has no say yet.
    assert pull(1.9999) == pytest.approx(10.0, rel=1e-5)


def reference_output(network, x):
    """The published formula, neuron by neuron, in float64."""
    h = np.asarray(x, np.float64)
    for layer, slots in enumerate(network.slots):
        c = float(network.control[layer])
        s = np.sin(np.pi * c / 2) ** 2
        columns = []
        for i in range(slots):
            z = h @ np.asarray(network.layers[layer].weight[:, i], np.float64)
            z = z + network.layers[layer].bias[i]
            if network.form != "static":
                z = z + c * float(network.size_weights[layer][i])
            factor = {"static": 1.0, "gate": s, "mask": min(max(s * slots - i, 0.0), 1.0)}
            columns.append(factor[network.form] * np.tanh(z))
        h = np.stack(columns, -1)
    last = network.layers[-1]
    return h @ np.asarray(last.weight, np.float64) + np.asarray(last.bias)


@pytest.mark.parametrize("form", ["mask", "gate", "static"])
def test_the_output_is_the_published_formula(form):
    architecture = Architecture(2, (5, 4), 3, form=form)
    network = masked_network(architecture, Growth(start=(2.3, 1.6)), key=jax.random.key(1))
    x = np.random.default_rng(0).normal(size=(2, 7, 2)).astype(np.float32)
    np.testing.assert_allclose(network(x), reference_output(network, x), rtol=2e-5, atol=2e-6)
    sizes = {"static": [5, 4], "gate": [2.3, 1.6], "mask": [2.3, 1.6]}[form]
    np.testing.assert_allclose(network.effective_sizes, sizes, rtol=1e-5)


def test_a_layer_need_not_see_its_size():
    network = masked_network(
        Architecture(1, (4,), 1, size_input=False, form="mask"), key=jax.random.key(0)
    )
    assert network.size_weights == ()
    assert masked_network(Architecture(1, (4,), 1, form="mask"), key=jax.random.key(0)).size_weights


def test_starting_weights_lie_within_the_root_of_the_fan_in():
    network = masked_network(Architecture(3, (400,), 1, form="mask"), key=jax.random.key(0))
    # Three inputs and the controller: fan-in 4.
    for values in (network.layers[0].weight, network.layers[0].bias, network.size_weights[0]):
        assert 0.49 < float(jnp.abs(values).max()) <= 0.5
    assert float(jnp.abs(network.layers[1].weight).max()) <= 1 / 20


# The modes


def first_network(architecture, growth, seed):
    """What the trial of a seed starts from."""
    return masked_network(architecture, growth, key=jax.random.split(jax.random.key(seed))[0])


def controls(result):
    return np.asarray(result.networks.control)


def test_in_size_only_controllers_fall_to_their_targets_whatever_the_data(line):
    x, y = line
    growth = Growth("size_only", start=(1.0, 8.0), target=(6.0, 3.0), weight=0.5)
    runs = [
        grow(
            Architecture(1, (8, 8), 1, form="mask"),
            x,
            targets,
            growth=growth,
            optimizer=SGD,
            steps=40,
        )
        for targets in (y, 2 * x)
    ]
    first, target = control_of([1.0, 8.0], [8, 8]), control_of([6.0, 3.0], [8, 8])
    # Gradient descent on lambda (c - c_target)^2, upwards in one layer and downwards in the other.
    expected = target + (first - target) * (1 - 2 * 0.05 * 0.5) ** 40
    for run in runs:
        np.testing.assert_allclose(controls(run)[0], expected, rtol=1e-5)
        loss = 0.5 * np.square(expected - target).sum()
        np.testing.assert_allclose(run.history.size_loss[-1, 0], loss, rtol=1e-3)
        np.testing.assert_allclose(run.history.sizes[0, 0], [1, 8])
        np.testing.assert_allclose(run.history.sizes[-1, 0], [5.36, 3.93], atol=0.01)


def test_in_joint_the_task_moves_the_controller_too(line):
    x, y = line
    architecture, growth = (
        Architecture(1, (8,), 1, form="mask"),
        Growth("joint", start=2.5, weight=0.5),
    )
    run = grow(architecture, x, y, growth=growth, optimizer=SGD, steps=1)
    network = first_network(architecture, growth, 0)
    task = jax.grad(lambda c: jnp.square(network.with_control(c)(x) - y).mean())(network.control)
    slope = float(task[0]) + 2 * 0.5 * (float(network.control[0]) - 1)
    assert abs(float(task[0])) > 0.01
    moved = controls(run)[0, 0] - float(network.control[0])
    assert moved == pytest.approx(-0.05 * slope, rel=1e-3)


def test_a_schedule_moves_the_sizes_in_a_line_then_holds_them(line):
    growth = Growth("schedule", start=(2.0, 8.0), target=(7.5, 4.0), ramp=0.5)
    run = grow(
        Architecture(1, (8, 8), 1, form="mask"),
        *line,
        growth=growth,
        optimizer=ADAM,
        steps=40,
        record=10,
    )
    expected = [[2, 8], [4.75, 6], [7.5, 4], [7.5, 4], [7.5, 4]]
    np.testing.assert_allclose(run.history.sizes[:, 0], expected, rtol=1e-5)
    assert (run.history.size_loss == 0).all()
    # 2 units: 2 weights and biases, 3 * 8 and 9; 8 units: 16, 9 * 4 and 5.
    assert run.history.parameters[[0, -1], 0].tolist() == [37, 57]
    assert to_dense(run.network(0)).parameter_count == 57


def test_free_growth_charges_every_unit_and_ends_smaller_when_units_are_dearer(line):
    last = []
    for weight in (1e-5, 1e-1):
        run = grow(
            Architecture(1, (12,), 1, form="mask"),
            *line,
            growth=Growth("free", start=6.5, weight=weight, pace=0.3),
            optimizer=ADAM,
            steps=1000,
            seeds=range(3),
        )
        price = weight * run.history.sizes[..., 0]
        np.testing.assert_allclose(run.history.size_loss, price, rtol=1e-4, atol=1e-9)
        last.append(np.median(run.history.sizes[-1]))
    assert last[0] > last[1] + 3
    assert last[1] < 4


def test_sizes_may_be_lists_and_arrays():
    for sizes in ([1, 2], np.array([1.0, 2.0]), (1, 2)):
        assert Growth(start=sizes) == Growth(start=(1.0, 2.0))
        assert hash(Growth(start=sizes)) == hash(Growth(start=(1.0, 2.0)))


def test_a_layer_that_vanishes_is_told(line):
    growth = Growth("free", start=1.0, weight=10.0)
    adam = optimizer("adam", 0.05)
    run = grow(
        Architecture(1, (8,), 1, form="mask"),
        *line,
        growth=growth,
        optimizer=adam,
        steps=60,
        seeds=[3],
    )
    size = run.history.sizes[-1, 0, 0]
    assert size < 0.1
    assert [str(warning) for warning in run.warnings] == [
        f"warning: hidden layer 1 of trial 0 (seed 3) has shrunk to {size:.2f} units, and its network"
        " gives a constant; try a smaller weight or pace in Growth, or a larger start"
    ]


def test_pace_slows_the_controllers_alone(line):
    architecture, growth = (
        Architecture(1, (8,), 1, form="mask"),
        Growth("size_only", start=4.0, pace=0.25),
    )
    run = grow(architecture, *line, growth=growth, optimizer=ADAM, steps=1)
    first = first_network(architecture, growth, 0)
    # The first step of Adam is one learning rate.
    assert controls(run)[0, 0] - first.control[0] == pytest.approx(0.0025, rel=1e-3)
    moved = np.abs(np.asarray(run.networks.layers[0].bias[0] - first.layers[0].bias))
    np.testing.assert_allclose(moved, [0.01] * 4 + [0] * 4, rtol=1e-3)


def test_growing_beats_static_on_a_bessel_sum_at_a_small_fixed_rate():
    x, y = bessel(128)
    adam = optimizer("adam", 1e-3)
    runs = {
        form: grow(
            Architecture(1, (10,), 1, form=form),
            x,
            y,
            optimizer=adam,
            steps=5000,
            seeds=range(5),
            record=1000,
        )
        for form in ("static", "mask")
    }
    medians = {form: np.median(run.history.task_loss[-1]) for form, run in runs.items()}
    assert medians["mask"] < 0.3 * medians["static"]
    assert medians["static"] < 4e-3
    assert (runs["static"].history.size_loss == 0).all()
    assert (runs["static"].history.sizes == 10).all()
    assert (runs["static"].history.parameters == 31).all()
    np.testing.assert_allclose(runs["mask"].history.sizes[-1], 10, rtol=1e-5)


# Training


def test_weight_decay_spares_controllers_and_absent_units(line):
    architecture = Architecture(1, (8, 8), 1, form="mask")
    growth = Growth("size_only", start=4.0, target=4.0)
    decay = optimizer("adamw", 0.01, weight_decay=0.1)
    run = grow(architecture, *line, growth=growth, optimizer=decay, steps=30)
    first, last = first_network(architecture, growth, 0), run.network(0)
    np.testing.assert_allclose(last.control, first.control, rtol=1e-6)
    for one, other in (
        (last.layers[1].weight[4:], first.layers[1].weight[4:]),
        (last.layers[1].weight[:, 4:], first.layers[1].weight[:, 4:]),
        (last.layers[2].weight[4:], first.layers[2].weight[4:]),
        (last.layers[0].bias[4:], first.layers[0].bias[4:]),
        (last.size_weights[1][4:], first.size_weights[1][4:]),
    ):
        np.testing.assert_array_equal(one, other)
    assert (np.asarray(last.layers[1].weight != first.layers[1].weight)[:4, :4]).all()


COMMON = {
    "architecture": Architecture(1, (8,), 1, form="mask"),
    "growth": Growth("joint", start=2.5),
    "optimizer": ADAM,
    "steps": 45,
    "batch": 10,
}


def common(line, **others):
    setting = COMMON | others
    return grow(setting.pop("architecture"), *line, **setting)


def test_a_trial_is_the_same_alone_and_among_others(line):
    together = common(line, seeds=[3, 7, 11])
    alone = common(line, seeds=[7])
    np.testing.assert_allclose(
        together.history.task_loss[:, 1], alone.history.task_loss[:, 0], rtol=1e-4
    )
    assert len(set(together.history.task_loss[-1].tolist())) == 3


def test_seeds_are_given_by_their_number_or_one_by_one(line):
    runs = [common(line, seeds=seeds, steps=5) for seeds in (3, range(3))]
    np.testing.assert_array_equal(runs[0].history.task_loss, runs[1].history.task_loss)
    assert runs[0].seeds.tolist() == [0, 1, 2]


def test_the_recording_interval_does_not_change_the_run(line):
    runs = [common(line, record=record) for record in (1, 7, 45)]
    assert [len(run.history.step) for run in runs] == [46, 8, 2]
    assert runs[1].history.step[-2:].tolist() == [42, 45]
    for run in runs[1:]:
        np.testing.assert_array_equal(
            run.networks.layers[0].weight, runs[0].networks.layers[0].weight
        )


def test_an_epoch_takes_every_sample_once_and_no_sample_twice(line):
    # Sgd with a rate of nearly 0: an epoch of batches moves as far as full-batch steps do.
    rate = 1e-4
    batched = common(line, optimizer=optimizer("sgd", rate), batch=8, steps=4)
    full = first_network(COMMON["architecture"], COMMON["growth"], 0)
    x, y = line
    slope = jax.grad(lambda bias: jnp.square(replaced(full, bias)(x) - y).mean())(
        full.layers[1].bias
    )
    moved = np.asarray(batched.networks.layers[1].bias[0] - full.layers[1].bias)
    assert moved == pytest.approx(-4 * rate * np.asarray(slope), rel=2e-2)


def replaced(network, bias):
    return eqx.tree_at(lambda tree: tree.layers[1].bias, network, bias)


def test_an_epoch_holds_every_sample_once_in_another_order_each_time():
    keys = jax.random.split(jax.random.key(0), 3)
    orders = np.concatenate([shuffled(keys, jnp.asarray(epoch), 20) for epoch in (0, 1)])
    assert (np.sort(orders, axis=1) == np.arange(20)).all()
    assert len({tuple(order) for order in orders.tolist()}) == 6


def test_classification_is_learnt_and_its_accuracy_recorded(classes):
    x, labels = classes
    growth = Growth("schedule", start=2.0, ramp=0.5)
    run = grow(
        Architecture(2, (12,), 2, form="mask"),
        x,
        labels,
        growth=growth,
        optimizer=optimizer("adam", 0.03),
        steps=600,
        test=(x, labels),
    )
    logits = run.network(0)(x)
    assert run.history.test_accuracy[-1, 0] == (logits.argmax(-1) == labels).mean()
    assert run.history.test_accuracy[-1, 0] > 0.95
    probability = np.asarray(jax.nn.softmax(logits))[np.arange(60), labels]
    assert run.history.task_loss[-1, 0] == pytest.approx(-np.log(probability).mean(), rel=1e-2)
    np.testing.assert_allclose(run.history.test_loss, run.history.task_loss, rtol=1e-5)


def test_activations_train_where_they_say_so_and_each_layer_may_have_its_own(line):
    architecture = Architecture(1, (8, 8), 1, assignments=[[0] * 8, [1] * 8], form="mask")
    ones = [parametric("prelu", trained=False), Blend(jnp.array(0.5))]
    run = grow(
        architecture,
        *line,
        activations=ones,
        growth=Growth(start=4.0),
        optimizer=ADAM,
        steps=10,
        seeds=2,
    )
    still, blend = run.networks.activations
    np.testing.assert_array_equal(still.a, [0.25, 0.25])
    shares = np.asarray(blend.numbers.share)
    assert (shares != 0.5).all()
    assert shares[0] != shares[1]


def test_progress_is_told(line):
    listener = Listener()
    common(line, record=20, progress=listener)
    assert listener.heard == [("start", 45, 1), (20, 0, 0), (40, 0, 0), (45, 0, 0), "finish"]


# Numbers that are not finite


def explosive(z):
    return jnp.where(jnp.abs(z) > 1.2, jnp.inf, z)


def advice(step):
    if step:
        return "try a learning rate below 0.01, or clip_norm=1"
    return "so it began; look at the activation and at the scale of the data"


def test_a_trial_that_is_not_finite_is_named_and_the_others_go_on(line):
    architecture = Architecture(1, (2,), 1)
    seeds = range(20, 28)
    run = grow(
        architecture,
        *line,
        activations=explosive,
        optimizer=ADAM,
        steps=20,
        seeds=seeds,
        record=5,
    )
    lost = np.flatnonzero(run.retired_at >= 0)
    assert 0 < len(lost) < 8
    assert [str(warning) for warning in run.warnings] == [
        f"warning: trial {trial} (seed {seeds[trial]}) became non-finite at step"
        f" {run.retired_at[trial]}; {advice(run.retired_at[trial])}"
        for trial in lost
    ]
    assert np.isnan(run.history.task_loss[-1, lost]).all()
    kept = np.setdiff1d(np.arange(8), lost)
    assert np.isfinite(run.history.task_loss[:, kept]).all()
    assert (run.history.task_loss[-1, kept] < run.history.task_loss[0, kept]).all()


def test_no_finite_trial_is_an_error(line):
    x, y = line
    with pytest.raises(ChaoscadError) as caught:
        grow(
            Architecture(1, (8,), 1, form="mask"),
            x,
            y,
            optimizer=optimizer("sgd", 1e6),
            steps=100,
            seeds=[4, 5],
        )
    text = str(caught.value)
    assert text.startswith("error: no trial is left with finite numbers (seed 4 at step ")
    assert text.endswith("; try a learning rate below 1e+06, or clip_norm=1")


# Checkpoints


RUN = {
    "growth": Growth("joint", start=2.5, weight=0.3),
    "optimizer": optimizer("adam", 0.02, schedule="cosine"),
    "steps": 60,
    "seeds": [1, 5],
    "batch": 7,
    "buckets": 2,
    "record": 20,
}


@pytest.mark.parametrize("until", [20, 33])
def test_an_interrupted_run_ends_with_the_same_bits(line, tmp_path, until):
    architecture = Architecture(1, (8,), 1, form="mask")
    x, y = line
    whole = grow(architecture, x, y, test=(x, y), **RUN)
    file = tmp_path / "run.npz"
    part = grow(architecture, x, y, test=(x, y), save=file, until=until, **RUN)
    assert part.steps == until
    rest = grow(architecture, x, y, test=(x, y), resume=file, save=file, **RUN)
    again = grow(architecture, x, y, test=(x, y), resume=file, **RUN)
    for run in (rest, again):
        assert run.steps == 60
        for one, other in zip(
            jax.tree.leaves(eqx.filter(run.networks, eqx.is_array)),
            jax.tree.leaves(eqx.filter(whole.networks, eqx.is_array)),
            strict=True,
        ):
            np.testing.assert_array_equal(one, other)
        for name in run.history.__dataclass_fields__:
            np.testing.assert_array_equal(getattr(run.history, name), getattr(whole.history, name))


def test_a_checkpoint_says_what_it_is(line, tmp_path):
    file = tmp_path / "run.npz"
    grow(Architecture(1, (8,), 1, form="mask"), *line, save=file, **RUN)
    header, arrays = storage.read(file, "neural-growing checkpoint")
    assert arrays["history.step"].tolist() == [0, 20, 40, 60]
    assert header["configuration"]["optimizer"]["learning_rate"] == 0.02


def test_a_checkpoint_of_another_run_is_refused_with_the_differences(line, tmp_path):
    x, y = line
    file = tmp_path / "run.npz"
    grow(Architecture(1, (8,), 1, form="mask"), x, y, save=file, until=20, **RUN)
    other = RUN | {"growth": Growth("joint", start=2.5, weight=0.4), "seeds": [1, 6]}
    with pytest.raises(ChaoscadError) as caught:
        grow(Architecture(1, (9,), 1, form="mask"), x, y, resume=file, **other)
    assert str(caught.value) == (
        f"{file}: error: the checkpoint belongs to another configuration: architecture.hidden is [8] "
        "there and [9] here, growth.weight is 0.3 there and 0.4 here, seeds is [1, 5] there and "
        "[1, 6] here; give the run another checkpoint file, or the old settings"
    )
    with pytest.raises(
        ChaoscadError, match=r'training data is "[0-9a-f]{16}" there and "[0-9a-f]{16}" here'
    ):
        grow(Architecture(1, (8,), 1, form="mask"), x, y + 1e-3, resume=file, **RUN)
    with pytest.raises(ChaoscadError, match=r"activations is \[\"tanh "):
        grow(
            COMMON["architecture"],
            x,
            y,
            activations=lambda z: jnp.tanh(z) + 0.1,
            resume=file,
            **RUN,
        )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot read the file: it does not exist"),
        (b"", "this is not a file of a growing checkpoint, or it is damaged"),
        (b"PK\x03\x04 cut off", "this is not a file of a growing checkpoint, or it is damaged"),
    ],
)
def test_a_file_that_is_no_checkpoint_is_refused(line, tmp_path, content, message):
    file = tmp_path / "run.npz"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ChaoscadError) as caught:
        grow(Architecture(1, (8,), 1, form="mask"), *line, resume=file, **RUN)
    assert str(caught.value) == f"{file}: error: {message}"


def test_a_checkpoint_that_lost_arrays_is_refused(line, tmp_path):
    file = tmp_path / "run.npz"
    grow(Architecture(1, (8,), 1, form="mask"), *line, save=file, until=20, **RUN)
    header, arrays = storage.read(file, "neural-growing checkpoint")
    records = {name: value for name, value in arrays.items() if name != "history.step"}
    storage.write(file, "neural-growing checkpoint", header, records)
    with pytest.raises(ChaoscadError) as caught:
        grow(Architecture(1, (8,), 1, form="mask"), *line, resume=file, **RUN)
    assert str(caught.value) == (
        f"{file}: error: the growing checkpoint is damaged: its records of step are missing"
    )
    weights = {name: value for name, value in arrays.items() if "weight" not in name}
    storage.write(file, "neural-growing checkpoint", header, weights)
    with pytest.raises(ChaoscadError, match=r"weight.* is missing, not float32"):
        grow(Architecture(1, (8,), 1, form="mask"), *line, resume=file, **RUN)


def test_a_folder_that_is_missing_is_told_before_any_step(line, tmp_path):
    file = Path(tmp_path) / "nowhere" / "run.npz"
    listener = Listener()
    with pytest.raises(ChaoscadError, match=r"the folder .* does not exist"):
        grow(Architecture(1, (8,), 1, form="mask"), *line, save=file, progress=listener, **RUN)
    assert listener.heard == []


# Bad input


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weight": -0.1}, "lambda (weight) is -0.1, and must be a number of at least 0"),
        ({"weight": float("nan")}, "lambda (weight) is nan, and must be a number of at least 0"),
        ({"mode": "sizeonly"}, "unknown mode 'sizeonly'; did you mean 'size_only'?"),
        ({"edge": 0.5}, "the edge is 0.5, and must be a number of at least 1"),
        ({"start": (1.0, "2")}, "a start size is '2', and must be a number of at least 0"),
        ({"weight": "0.1"}, "lambda (weight) is '0.1', and must be a number of at least 0"),
        ({"pace": -1}, "the pace is -1, and must be a number of at least 0"),
        ({"ramp": 2}, "the ramp is 2, and must be above 0 and at most 1"),
        ({"ramp": 0}, "the ramp is 0, and must be above 0 and at most 1"),
        (
            {"mode": "free", "target": 3.0},
            "the mode free has no target size; leave out `target`, or use the mode joint",
        ),
        (
            {"target": 6.0},
            "the target size of hidden layer 1 is 6, but it has only 5 slots; lower the size or give"
            " the layer more slots",
        ),
        (
            {"start": -1.0},
            "the start size is -1, and must be a number of at least 0",
        ),
        (
            {"start": (1.0, 2.0, 3.0)},
            "3 start sizes for 2 hidden layers; give one, or one for each",
        ),
        (
            {"mode": "free"},
            "the start size of hidden layer 1 is 0 of 5 slots; in the mode free it must lie strictly"
            " between, because the slope of sin^2(pi c / 2) is zero at both ends and the size could"
            " never move",
        ),
    ],
)
def test_impossible_growth_is_refused(arguments, message):
    with pytest.raises(ChaoscadError) as caught:
        masked_network(
            Architecture(1, (5, 5), 1, form="mask"), Growth(**arguments), key=jax.random.key(0)
        )
    assert str(caught.value) == f"error: {message}"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"optimizer": "adam"},
            "the optimizer is 'adam', and must be of the type chaoscad.tune.optimizers.Optimizer, for"
            " example optimizer('adam', 0.01)",
        ),
        ({"save": 5}, "the file's path is 5; it must be a string or a pathlib.Path"),
        ({"steps": 0}, "steps is 0, and must be from 1 to 20000000"),
        ({"steps": 1.5}, "steps is 1.5, and must be a whole number"),
        ({"until": 11}, "until is 11, and must be from 0 to 10"),
        ({"record": 0}, "record is 0, and must be from 1 to 20000000"),
        ({"seeds": []}, "no seeds are given; give at least one"),
        ({"seeds": 0}, "the number of seeds is 0, and must be from 1 to 20000000"),
        ({"seeds": [4, 4]}, "4 comes twice among the seeds"),
        ({"batch": 33}, "batch is 33, and must be from 1 to 32 (the number of training samples)"),
        ({"loss": "cross_entropy"}, "unknown loss 'cross_entropy'; did you mean 'cross-entropy'?"),
        ({"test": 3}, "the test samples are 3, and must be a pair (inputs, targets)"),
        (
            {"inputs": np.zeros((32, 2))},
            "the training inputs have the shape (32, 2), and must have (samples, 1) or (1, samples, 1)",
        ),
        ({"inputs": np.zeros((0, 1))}, "there are no training samples; give at least one"),
        (
            {"inputs": np.where(np.arange(32)[:, None] == 5, np.nan, 1.0)},
            "1 of the training inputs is not finite in float32, the first at (5, 0); remove or replace"
            " these samples",
        ),
        ({"inputs": [["a"]]}, "the training inputs are <U1, and must be real numbers"),
        (
            {"inputs": [[1.0], [1.0, 2.0]]},
            "the training inputs are not an array of numbers; are all rows equally long?",
        ),
        (
            {"targets": np.zeros(32)},
            "the training targets have the shape (32,), and must have (32, 1); add the last axis with"
            " [..., None]",
        ),
        (
            {"targets": np.zeros(32), "loss": "cross-entropy"},
            "the training labels are float64, and must be whole numbers, the classes from 0;"
            " labels.astype(np.int32) makes them so",
        ),
        (
            {"targets": np.arange(32) - 1, "outputs": 30},
            "2 of the training labels are out of range, the first is -1 at (0,); 30 outputs serve the"
            " classes 0 to 29",
        ),
        (
            {"targets": np.zeros((32, 1), np.int32), "loss": "cross-entropy"},
            "the training labels have the shape (32, 1), and must have (32,)",
        ),
        (
            {"test": (np.zeros((3, 1)), np.zeros((4, 1)))},
            "the test targets have the shape (4, 1), and must have (3, 1)",
        ),
        (
            {"optimizer": optimizer("lamb", 0.01)},
            "the optimizer lamb moves a weight by what its whole layer is, also the absent units; a masked"
            " network needs one that works element by element, like adam",
        ),
        (
            {"activations": lambda z: jnp.stack([z, z], -1)},
            "activation 0, <lambda>, turns an array of the shape (2, 3) into (2, 3, 2); it must act on"
            " each element on its own",
        ),
        ({"buckets": 0}, "the number of buckets is 0, and must be from 1 to 20000000"),
        ({"buckets": "4"}, "the number of buckets is '4', and must be a whole number"),
    ],
)
def test_impossible_runs_are_refused(line, arguments, message):
    x, y = line
    setting = {"inputs": x, "targets": y, "optimizer": ADAM, "steps": 10} | arguments
    architecture = Architecture(1, (4,), setting.pop("outputs", 1), form="mask")
    with pytest.raises(ChaoscadError) as caught:
        grow(architecture, setting.pop("inputs"), setting.pop("targets"), **setting)
    assert str(caught.value) == f"error: {message}"


def test_a_network_is_trained_by_what_its_form_is_for(line):
    data = task_from_arrays(*line)
    for call, message in (
        (
            lambda: grow(Architecture(1, [4], 1), *line, growth=Growth(), optimizer=ADAM, steps=5),
            "a static network does not grow; give the architecture the form 'mask', 'auxiliary' or "
            "'gate', or leave out the growth",
        ),
        (
            lambda: grow(Architecture(2, [4], 2, hamiltonian=True), *line, optimizer=ADAM, steps=5),
            "a Hamiltonian network cannot grow; neural.training.fit trains it",
        ),
        (
            lambda: fit(Architecture(1, [4], 1, form="gate"), "tanh", data),
            "a network of the form 'gate' grows while it trains; give it to neural.growing.grow, or "
            "take the form 'static'",
        ),
    ):
        with pytest.raises(ChaoscadError) as caught:
            call()
        assert str(caught.value) == f"error: {message}"


def test_a_trial_that_is_not_there_is_refused(line):
    run = common(line)
    with pytest.raises(ChaoscadError) as caught:
        run.network(1)
    assert str(caught.value) == "error: the place of a seed is 1, and must be from 0 to 0"
