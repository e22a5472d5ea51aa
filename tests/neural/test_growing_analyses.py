"""Growing networks as arms, what is looked at afterwards, and the figures of it."""

from __future__ import annotations

import io
from dataclasses import replace

import jax
import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.tune import optimizer
from neural.activations import fixed
from neural.architecture import Architecture
from neural.compare import Scores, compare, to_markdown
from neural.compare.arms import steps_within
from neural.growing import Growth, grow
from neural.growing.analyses import (
    decision_regions,
)
from neural.growing.arms import growing_arm, planned_flops
from neural.growing.figures import draw_growth, draw_regions
from neural.operations import network_flops
from neural.tasks import task

ADAM = optimizer("adam", 1e-2)
STEPS = 30


@pytest.fixture(scope="module")
def bessel():
    return task("bessel", samples=60)


@pytest.fixture(scope="module")
def arm(bessel):
    """A masked arm that grows from 1 to 4 units in two buckets; `buckets` says how many."""
    return growing_arm(
        "mask",
        Architecture(1, (4,), 1, form="mask"),
        Growth("schedule", start=1, target=4),
        bessel,
        optimizer=ADAM,
        buckets=2,
    )


@pytest.fixture(scope="module")
def scores(arm):
    return arm.run(np.array([3, 5]), 1e-2, STEPS)


def trained(bessel, **options):
    return grow(
        Architecture(1, (4,), 1, form="mask"),
        bessel.train.inputs,
        bessel.train.targets,
        growth=Growth("schedule", start=1, target=4),
        optimizer=ADAM,
        steps=STEPS,
        seeds=(3, 5),
        **options,
    )


# Arms


def test_an_arms_scores_are_those_of_the_networks_that_it_trains(bessel, scores):
    grown = trained(bessel, buckets=2, record=1)
    for place in range(2):
        network = grown.network(place)
        for part in ("test", "validation"):
            expected = bessel.score(network(bessel.part(part).inputs), part)
            assert getattr(scores, part)[place] == pytest.approx(expected, rel=1e-4)
    np.testing.assert_allclose(scores.train, grown.history.task_loss[-1], rtol=1e-4)
    assert not scores.failed.any()


def test_an_arm_says_its_size_its_parameters_and_what_it_spent(arm, scores, bessel):
    np.testing.assert_allclose(scores.extra["effective size"], 4.0, atol=1e-4)
    np.testing.assert_array_equal(scores.extra["parameters"], 3 * 4 + 1)
    narrow, wide = map(
        network_flops(Architecture(1, (4,), 1, form="mask"), [fixed("tanh")], len(bessel.train)),
        ((2,), (4,)),
    )
    # The size is 2 after a third of the run.
    assert scores.flops[0] == pytest.approx(10 * narrow + 20 * wide, rel=0.05)
    assert arm.flops(STEPS) == pytest.approx(scores.flops[0], rel=0.05)


def test_arms_are_compared_at_equal_flops(arm, bessel):
    static = growing_arm(
        "static", Architecture(1, (4,), 1, form="static"), None, bessel, optimizer=ADAM
    )
    result = compare(
        [replace(static, rates=(1e-2,)), replace(arm, rates=(1e-2,))],
        seeds=2,
        tune_seeds=0,
        steps=STEPS,
        metric="mse",
        equal="flops",
    )
    shape = Architecture(1, (4,), 1, form="static")
    budget = STEPS * network_flops(shape, [fixed("tanh")], len(bessel.train))((4,))
    assert result["static"].scores.columns()["flops"].tolist() == [budget, budget]
    assert result["mask"].steps == steps_within(arm, budget) > STEPS
    assert result["mask"].flops == pytest.approx(budget, rel=0.05)
    assert "median effective size" in to_markdown(result, resamples=99)


def test_the_rate_is_tuned_around_that_of_the_optimizer(arm):
    assert arm.rates == (0.003, 0.01, 0.03)


def test_a_search_over_rates_compiles_its_steps_once(bessel, caplog):
    def compilations(rate):
        with jax.log_compiles():
            caplog.clear()
            made = growing_arm(
                "static", Architecture(1, (5,), 1, form="static"), None, bessel, optimizer=ADAM
            )
            made.run(np.array([0, 1]), rate, 7)
        return sum("XLA compilation of jit(advance)" in one.getMessage() for one in caplog.records)

    assert compilations(1e-2) == 1
    assert compilations(2e-2) == 0


def test_a_schedule_that_optax_cannot_trace_works_all_the_same(bessel):
    chosen = replace(ADAM, schedule="warmup_cosine")
    shape = Architecture(1, (2,), 1, form="static")
    made = growing_arm("static", shape, None, bessel, optimizer=chosen)
    slow, fast = (made.run(np.array([0]), rate, 5).test[0] for rate in (1e-3, 1e-1))
    assert slow != fast


def test_labels_are_scored_by_accuracy_and_without_a_validation_part_rates_by_the_training_part():
    steps = task("steps")
    arm = growing_arm("gate", Architecture(1, (3,), 2, form="gate"), None, steps, optimizer=ADAM)
    scores = arm.run(np.array([0, 1]), 1e-2, 5)
    assert set(np.round(scores.test * len(steps.test), 4) % 1) == {0.0}
    assert set(np.round(scores.validation * len(steps.train), 4) % 1) == {0.0}
    assert len(steps.validation) == 0


def test_runs_that_leave_the_finite_numbers_are_failures(bessel):
    chosen = optimizer("sgd", 1e30)
    arm = growing_arm(
        "static", Architecture(1, (3,), 1, form="static"), None, bessel, optimizer=chosen
    )
    scores = arm.run(np.array([0, 1]), 1e30, 20)
    assert isinstance(scores, Scores)
    assert scores.diverged.all()
    assert np.isnan(scores.test).all()
    assert np.isnan(scores.validation).all()


def test_a_network_that_does_not_fit_the_task_is_refused(bessel):
    with pytest.raises(ChaoscadError) as raised:
        growing_arm("wide", Architecture(2, (3,), 1, form="mask"), None, bessel, optimizer=ADAM)
    assert str(raised.value) == (
        "error: the network of arm 'wide' has 2 inputs and 1 outputs; the task bessel has 1 and 1; "
        "Architecture(1, (3,), 1, form='mask') fits"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"batch": 0},
            "error: the batch of arm 'a' is 0, and must be from 1 to 43 (the number "
            "of training samples)",
        ),
        (
            {"factors": 2.0},
            "error: the factors are 2.0; they must be several numbers",
        ),
        ({"buckets": 0}, "error: the number of buckets is 0, and must be from 1 to 20000000"),
    ],
)
def test_options_that_cannot_be_are_refused_before_anything_is_trained(bessel, options, message):
    with pytest.raises(ChaoscadError) as raised:
        growing_arm(
            "a", Architecture(1, (3,), 1, form="mask"), None, bessel, optimizer=ADAM, **options
        )
    assert str(raised.value) == message


def test_things_of_a_wrong_type_are_refused(bessel):
    with pytest.raises(ChaoscadError) as raised:
        growing_arm("a", Architecture(1, (3,), 1, form="mask"), None, bessel, optimizer="adam")  # type: ignore[arg-type]
    assert str(raised.value) == (
        "error: the optimizer of arm 'a' is 'adam', and must be of the type chaoscad.tune.optimizers."
        "Optimizer, for example optimizer('adam', 0.001)"
    )


@pytest.mark.parametrize(
    ("growth", "form"),
    [
        (Growth("size_only"), "mask"),
        (Growth("schedule", start=4, target=1), "mask"),
        (Growth("schedule"), "gate"),
    ],
)
def test_where_sizes_are_not_known_before_the_cost_is_that_of_all_slots(growth, form):
    shape = Architecture(1, (4,), 1, form=form)
    planned = planned_flops(shape, growth, 10, buckets=2)
    assert planned(7) == 7 * network_flops(shape, [fixed("tanh")], 10)((4,))


def test_the_planned_cost_of_a_schedule_in_two_layers_is_what_it_spends(bessel):
    shape = Architecture(1, (4, 6), 1, form="mask")
    growth = Growth("schedule", start=(1, 4), target=(4, 5), ramp=0.5, edge=2)
    grown = grow(
        shape,
        bessel.train.inputs,
        bessel.train.targets,
        growth=growth,
        optimizer=ADAM,
        steps=40,
        buckets=2,
        record=40,
    )
    planned = planned_flops(shape, growth, len(bessel.train), buckets=2)(40)
    assert planned == pytest.approx(grown.flops, rel=0.05)


# Analyses


def halves(points):
    """Class 1 right of x = 0, class 2 above y = 0.5, class 0 elsewhere."""
    x, y = points[:, 0], points[:, 1]
    return np.stack([np.zeros_like(x), x, 100 * (y - 0.5)], axis=1)


def test_regions_are_the_classes_of_a_grid():
    regions = decision_regions(halves, low=-1, high=1, points=5)
    np.testing.assert_allclose(regions.x, [-1, -0.5, 0, 0.5, 1])
    np.testing.assert_array_equal(
        regions.classes,
        [[0, 0, 0, 1, 1], [0, 0, 0, 1, 1], [0, 0, 0, 1, 1], [0, 0, 0, 1, 1], [2, 2, 2, 2, 2]],
    )
    assert regions.margin[0, 3] == 0.5
    assert regions.margin[0, 2] == 0.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: decision_regions(lambda x: x[:, :1]),
            "error: the outputs have the shape (40000, 1); regions need one column for each of 2 or "
            "more classes",
        ),
        (
            lambda: decision_regions(halves, low=1, high=1),
            "error: the grid must go from a number to a larger one, not 1 to 1",
        ),
        (
            lambda: decision_regions(halves, points=1),
            "error: the number of points is 1, and must be from 2 to 4096",
        ),
        (
            lambda: decision_regions(lambda x: x * np.nan, points=2),
            "error: 8 of 8 outputs of the network are not finite; take a trial that was not retired",
        ),
        (
            lambda: decision_regions(lambda x: x @ np.eye(3), points=2),
            "error: the network cannot take inputs of shape (4, 2): matmul: Input operand 1 has a "
            "mismatch in its core dimension 0, with gufunc signature (n?,k),(k,m?)->(n?,m?) (size 3 is ",
        ),
        (
            lambda: decision_regions(3),  # type: ignore[arg-type]
            "error: a network is a function of its inputs, not '3'",
        ),
    ],
)
def test_what_cannot_be_looked_at_is_refused(call, message):
    with pytest.raises(ChaoscadError) as raised:
        call()
    assert str(raised.value) == message


# Figures


def drawn(figure):
    """That it can be drawn at all, without a warning."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    assert stream.tell() > 1000
    return figure.axes


def drawn_line(axes):
    return np.asarray(axes.lines[0].get_ydata())


def test_a_growth_is_drawn_with_task_and_size_loss_apart(bessel):
    history = trained(bessel, record=10).history
    sizes, task_loss, size_loss, flops = drawn(draw_growth(history))
    np.testing.assert_allclose(drawn_line(sizes), [1, 2, 3, 4], atol=1e-3)
    np.testing.assert_allclose(
        drawn_line(task_loss), np.median(history.task_loss, axis=1), rtol=1e-6
    )
    assert not size_loss.lines
    np.testing.assert_array_equal(drawn_line(flops), history.flops)
    labels = [axes.get_ylabel() for axes in (sizes, task_loss, size_loss, flops)]
    assert labels == ["effective size", "task loss", "size loss", "FLOPs of a trial"]


def test_retired_trials_are_told_of(bessel):
    history = trained(bessel, record=10).history
    lost = history.task_loss.copy()
    lost[2:, 0] = np.nan
    figure = draw_growth({"one": replace(history, task_loss=lost, size_loss=lost)}, title="a run")
    drawn(figure)
    assert figure.get_suptitle() == "a run, 1 of 2 trials retired"
    np.testing.assert_allclose(drawn_line(figure.axes[1])[-1], lost[-1, 1])
    everything = np.full_like(lost, np.nan)
    with pytest.raises(ChaoscadError) as raised:
        draw_growth(replace(history, task_loss=everything))
    assert str(raised.value) == "error: there is nothing to draw: every trial was retired"


def test_regions_are_drawn_with_the_samples():
    regions = decision_regions(halves, points=9)
    (axes,) = drawn(draw_regions(regions, [[0, 0], [1, 1]], [0, 2], title="a $ b"))
    np.testing.assert_array_equal(axes.images[0].get_array(), regions.classes)
    np.testing.assert_array_equal(axes.collections[0].get_offsets(), [[0, 0], [1, 1]])
    with pytest.raises(ChaoscadError) as raised:
        draw_regions(regions, [[0, 0]])
    assert str(raised.value) == "error: samples need both their inputs and their labels"
    with pytest.raises(ChaoscadError) as raised:
        draw_regions(regions, [[0], [1]], [0, 1])
    assert str(raised.value) == (
        "error: the inputs have the shape (2, 1) and the labels (2,); samples of the plane have "
        "(n, 2) and (n,)"
    )


def test_nothing_cannot_be_drawn():
    with pytest.raises(ChaoscadError, match=r"^error: there are no histories to draw$"):
        draw_growth({})


def test_the_rate_as_an_argument_is_the_rate_of_the_recipe(bessel):
    # One step of plain descent is the gradient times the rate.
    def weights(rate):
        grown = grow(
            Architecture(1, (2,), 1, form="static"),
            bessel.train.inputs,
            bessel.train.targets,
            optimizer=optimizer("sgd", rate),
            steps=1,
        )
        return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(grown.networks.layers)])

    one, two, three = weights(0.1), weights(0.2), weights(0.3)
    np.testing.assert_allclose(two - one, three - two, atol=1e-6)
    assert np.abs(two - one).max() > 1e-3
