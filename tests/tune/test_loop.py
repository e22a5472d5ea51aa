from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.tune import Evaluation, Outcome, each, optimizer, train
from tests.conftest import Listener


@dataclass(frozen=True)
class Parabola:
    """(x - centre)^2 per trial, solved within 0.01; NaN where x passes `cliff`."""

    cliff: float = 1e9

    def __call__(self, parameters, data, progress):
        del progress
        distance = (parameters["x"] - data["centre"]) ** 2
        loss = jnp.where(parameters["x"] > self.cliff, jnp.nan, distance)
        return loss, Evaluation(-distance, distance < 1e-4)


STARTS = {"x": jnp.asarray([0.0, 4.0, -3.0])}
DATA = {"centre": jnp.asarray([1.0, 1.0, 2.0])}


def test_every_trial_reaches_its_own_minimum():
    trained = train(Parabola(), STARTS, data=DATA, optimizer=optimizer("adam", 0.05), steps=500)
    assert np.allclose(trained.parameters["x"], [1, 1, 2], atol=1e-2)
    assert trained.solved.all()
    assert trained.outcome is Outcome.STEPS
    assert trained.steps == 500
    assert (trained.solved_at > 0).all()


def test_a_run_stops_early_when_enough_trials_are_solved():
    trained = train(
        Parabola(),
        STARTS,
        data=DATA,
        optimizer=optimizer("adam", 0.05),
        steps=5000,
        chunk=50,
        stop=1,
    )
    assert trained.outcome is Outcome.SOLVED
    assert trained.steps < 500


def test_a_stopping_rule_may_be_a_function():
    asked = []

    def both(solved):
        asked.append(solved.copy())
        return bool(solved[:2].all())

    trained = train(
        Parabola(),
        STARTS,
        data=DATA,
        optimizer=optimizer("adam", 0.05),
        steps=5000,
        chunk=50,
        stop=both,
    )
    assert trained.solved[:2].all()
    assert len(asked) == trained.steps / 50


def test_a_non_finite_trial_is_retired_counted_and_keeps_what_it_had():
    trained = train(
        Parabola(cliff=0.5), STARTS, data=DATA, optimizer=optimizer("sgd", 0.01), steps=2000
    )
    # The first climbs to the cliff, the second starts beyond it, the third is below for a while.
    assert trained.retired.tolist() == [True, True, True]
    assert trained.outcome is Outcome.RETIRED
    assert 0.45 < float(trained.parameters["x"][0]) <= 0.5
    assert trained.score[1] == -np.inf


def test_one_bad_trial_does_not_poison_the_others():
    starts = {"x": jnp.asarray([0.0, jnp.nan])}
    trained = train(
        Parabola(),
        starts,
        data={"centre": jnp.asarray([1.0, 1.0])},
        optimizer=optimizer("adam", 0.05, clip_norm=1.0),
        steps=500,
    )
    assert trained.retired.tolist() == [False, True]
    assert float(trained.parameters["x"][0]) == pytest.approx(1.0, abs=1e-2)


def test_the_best_is_kept_when_a_run_leaves_it():
    trained = train(
        Parabola(),
        {"x": jnp.asarray([0.9])},
        data={"centre": jnp.asarray([1.0])},
        optimizer=optimizer("sgd", 0.999),
        steps=300,
    )
    assert float(trained.score[0]) >= -0.01


def test_functions_of_one_trial_and_trials_on_another_axis():
    def one(parameters, data, progress):
        del progress
        loss = ((parameters["w"] - data) ** 2).sum()
        return loss, Evaluation(-loss, loss < 1e-4)

    for axis in (0, 1):
        shape = (3, 2) if axis == 0 else (2, 3)
        trained = train(
            each(one, trial_axis=axis),
            {"w": jnp.zeros(shape)},
            data=jnp.asarray([1.0, -1.0]),
            optimizer=optimizer("lamb" if axis else "adam", 0.05),
            steps=400,
            trial_axis=axis,
        )
        assert trained.score.shape == (3,)
        assert (trained.score > -0.5).all()


def test_trials_are_looked_at_every_so_many_steps_and_moved_at_all():
    settings = {"data": DATA, "optimizer": optimizer("sgd", 0.05), "steps": 98, "chunk": 49}
    every = train(Parabola(), STARTS, **settings, trial_axis=-1)
    seldom = train(Parabola(), STARTS, **settings, trial_axis=-1, look=7)
    assert {step % 7 for step in seldom.solved_at.tolist()} == {0}
    assert (seldom.solved_at >= every.solved_at).all()
    assert (seldom.solved_at < every.solved_at + 7).all()
    # The last look is before step 91: 91 steps led there.
    distance = np.abs(np.array([1.0, 1.0, 2.0]) - seldom.parameters["x"])
    assert np.allclose(distance, np.abs([1.0, 3.0, 5.0]) * 0.9**91, rtol=0.05, atol=1e-6)


def test_progress_is_told():
    listener = Listener()
    train(
        Parabola(),
        STARTS,
        data=DATA,
        optimizer=optimizer("adam", 0.05),
        steps=120,
        chunk=50,
        progress=listener,
    )
    assert listener.heard == [
        ("start", 120, 3),
        (50, 1, 0),
        (100, 1, 0),
        (120, 2, 0),
        "finish",
    ]


def test_steps_beyond_the_last_change_nothing():
    exact = train(Parabola(), STARTS, data=DATA, optimizer=optimizer("sgd", 0.1), steps=7, chunk=7)
    padded = train(
        Parabola(), STARTS, data=DATA, optimizer=optimizer("sgd", 0.1), steps=7, chunk=50
    )
    assert np.array_equal(exact.score[:1], padded.score[:1]) or (padded.score >= exact.score).all()
    assert padded.steps == 7
    assert np.allclose(padded.parameters["x"], jax.device_get(padded.parameters["x"]))


def test_a_run_is_reproducible():
    runs = [
        train(Parabola(), STARTS, data=DATA, optimizer=optimizer("adam", 0.05), steps=100)
        for _ in range(2)
    ]
    assert np.array_equal(runs[0].parameters["x"], runs[1].parameters["x"])


@pytest.mark.parametrize(
    ("starts", "changes", "message"),
    [
        (
            np.zeros(2, np.float32),
            {"optimizer": "adam"},
            "the optimizer is 'adam'; optimizer('adam', 0.05) makes one",
        ),
        (
            np.zeros(2, np.float32),
            {"chunk": 0},
            "chunk is 0, and must be at least 1",
        ),
        (
            np.zeros(2, np.float32),
            {"steps": "3"},
            "steps is '3', and must be a whole number",
        ),
        (
            {"a": np.zeros(2, np.float32), "b": np.zeros((3, 1), np.float32)},
            {},
            "the starts have the shapes [(2,), (3, 1)]; every one needs as many trials, at least 1, "
            "on axis 0",
        ),
        (
            np.zeros((0, 2), np.float32),
            {},
            "the starts have the shapes [(0, 2)]; every one needs as many trials, at least 1, on axis "
            "0",
        ),
        (np.zeros(2, int), {}, "the starts are int32; they must be floating-point numbers"),
    ],
)
def test_what_cannot_be_trained_is_refused(starts, changes, message, untyped):
    with pytest.raises(ChaoscadError) as caught:
        train(Parabola(), starts, **{"optimizer": optimizer("adam"), "steps": 3} | changes)
    assert str(caught.value) == f"error: {message}"
