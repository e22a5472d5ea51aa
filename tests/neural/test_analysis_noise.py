"""Noise studies and scores under noise."""

import csv
import io

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from neural.analysis import noise_study, noisy_scores, to_csv, to_markdown

KEY = jax.random.key(0)


def run(batch_size, noise, seed):
    return {"loss": noise + seed / batch_size, "accuracy": np.float32(1.0)}


def test_every_cell_has_the_median_and_interval_of_its_seeds():
    rows = noise_study(run, [10, 100], [0.0, 0.5], range(11))
    assert [(row.batch_size, row.noise, row.metric) for row in rows] == [
        (size, noise, metric)
        for size in (10, 100)
        for noise in (0.0, 0.5)
        for metric in ("loss", "accuracy")
    ]
    loss = rows[2]
    assert loss.median == pytest.approx(0.5 + 5 / 10)
    assert 0.5 + 1 / 10 <= loss.low < loss.median < loss.high <= 0.5 + 9 / 10
    assert (rows[3].median, rows[3].low, rows[3].high) == (1.0, 1.0, 1.0)
    assert rows == noise_study(run, [10, 100], [0.0, 0.5], range(11))


def test_a_narrower_interval_lies_inside():
    wide = noise_study(run, [10], [0.0], range(40))[0]
    narrow = noise_study(run, [10], [0.0], range(40), interval=0.5)[0]
    assert wide.low < narrow.low <= narrow.high < wide.high


def test_the_interval_covers_the_true_median_as_often_as_it_says():
    generator = np.random.default_rng(0)

    def draw(batch_size, noise, seed):
        return {"x": generator.normal()}

    hits = 0
    for _ in range(200):
        row = noise_study(draw, [1], [0.0], range(15), interval=0.9, resamples=400)[0]
        hits += row.low <= 0 <= row.high
    assert 165 <= hits <= 197


def test_seeds_that_are_not_finite_are_counted_and_left_out():
    def broken(batch_size, noise, seed):
        return {"loss": np.nan if seed < batch_size else float(seed)}

    half, most, all_ = noise_study(broken, [2, 4, 5], [0.0], range(5))
    assert (half.median, half.seeds, half.not_finite) == (3.0, 5, 2)
    assert (most.median, most.not_finite) == (4.0, 4)
    assert np.isnan([most.low, most.high, all_.median, all_.low]).all()
    assert all_.not_finite == 5


def test_tables_hold_every_row():
    rows = noise_study(lambda b, n, s: {"a|b": s / 3}, [10], [0.25], range(3))
    lines = list(csv.DictReader(io.StringIO(to_csv(rows))))
    assert float(lines[0]["median"]) == 1 / 3
    assert lines[0]["metric"] == "a|b"
    assert lines[0]["not_finite"] == "0"
    assert to_markdown(rows) == (
        "| batch size | noise | metric | median | interval | seeds | not finite |\n"
        "|---:|---:|---|---:|---|---:|---:|\n"
        "| 10 | 0.25 | a\\|b | 0.333 | 0 to 0.667 | 3 | 0 |\n"
    )


class Linear(eqx.Module):
    weight: jax.Array

    def __call__(self, x):
        return x @ self.weight


class Hidden(eqx.Module):
    weight: jax.Array

    def __call__(self, x, level, key):
        hidden = x + level * jax.random.normal(key, x.shape)
        return hidden @ self.weight


def error(outputs, targets):
    return jnp.mean((outputs - targets) ** 2)


@pytest.mark.parametrize(
    ("model", "options", "factor"),
    [
        (Linear, {}, 1.0),
        (Linear, {"kind": "uniform"}, 1 / 3),
        (Hidden, {"where": "inside"}, 1.0),
    ],
)
def test_the_error_of_a_linear_model_grows_as_the_square_of_the_noise(model, options, factor):
    weight = jnp.array([[1.0], [2.0]])
    x = jax.random.normal(KEY, (500, 2))
    found = noisy_scores(model(weight), x, x @ weight, error, [0.0, 0.1, 0.4], KEY, 20, **options)
    assert found.scores.shape == (3, 20)
    assert found.scores[0].max() < 1e-10
    # Noise of variance v on both inputs adds (1 + 4) v.
    np.testing.assert_allclose(found.mean, 5 * factor * np.array([0, 0.01, 0.16]), rtol=0.05)
    assert len(set(found.scores[1].tolist())) == 20
    assert found.deviation[2] == pytest.approx(found.scores[2].std(ddof=1))


def test_whole_numbered_inputs_get_noise_too():
    x = np.arange(6).reshape(6, 1)
    found = noisy_scores(lambda v: v, x, x, error, [1.0], KEY, 1)
    assert found.scores[0, 0] > 0
    assert np.isnan(found.deviation).all()


def test_scores_that_are_not_finite_are_kept():
    x = jnp.full((4, 1), 0.5)
    found = noisy_scores(lambda v: jnp.log(v), x, x, error, [0.0, 5.0], KEY, 8)
    assert np.isfinite(found.mean[0])
    assert np.isnan(found.mean[1])


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        (
            lambda: noise_study(run, [], [0.0], [1]),
            "no batch sizes are given; give at least one",
        ),
        (
            lambda: noise_study(run, [5, 5], [0.0], [1]),
            "5 comes twice among the batch sizes",
        ),
        (
            lambda: noise_study(run, [0], [0.0], [1]),
            "the batch size is 0, and must be from 1 to 20000000",
        ),
        (
            lambda: noise_study(run, [1], [-0.1], [1]),
            "the noise is -0.1, and must be zero or a positive number",
        ),
        (
            lambda: noise_study(run, [1], ["loud"], [1]),
            "the noise is 'loud', and must be zero or a positive number",
        ),
        (
            lambda: noise_study(run, [1], [0.0], [1.5]),
            "the seed is 1.5, and must be a whole number",
        ),
        (
            lambda: noise_study(run, [1], [0.0], [1], interval=1.0),
            "the interval is 1, and must be between 0 and 1",
        ),
        (
            lambda: noise_study(lambda b, n, s: {"a": [1, 2]}, [1], [0.0], [1]),
            "the run with batch size 1, noise 0 and seed 1 gives the metric 'a' no single number",
        ),
        (
            lambda: noise_study(lambda b, n, s: {f"a{s}": 1}, [1], [0.0], [1, 2]),
            "the run with batch size 1, noise 0 and seed 2 gives the metrics a2; every run must give the same ones, and the first gave a1",
        ),
        (
            lambda: noise_study(lambda b, n, s: {}, [1], [0.0], [1]),
            "the run with batch size 1, noise 0 and seed 1 gives the metrics none; every run must give the same ones, and the first gave none",
        ),
        (
            lambda: noise_study(lambda b, n, s: 3.0, [1], [0.0], [1]),
            "the run with batch size 1, noise 0 and seed 1 gives float, and must give numbers by name",
        ),
        (
            lambda: noise_study(run, [1], 0.5, [1]),
            "the noises are 0.5, and must be a list",
        ),
        (
            lambda: noise_study(None, [1], [0.5], [1]),
            "the run is None, and must be a function",
        ),
        (
            lambda: noisy_scores(jnp.sin, jnp.ones((3, 1)), jnp.ones((3, 1)), error, [0.1], 0),
            "the key is 0, and must be one key, such as jax.random.key(0)",
        ),
        (
            lambda: noisy_scores(jnp.sin, jnp.ones((3, 1)), jnp.ones((2, 1)), error, [0.1], KEY),
            "the inputs have shape (3, 1) and the targets (2, 1), and must have the same number of samples first, at least one",
        ),
        (
            lambda: noisy_scores(
                jnp.sin, jnp.ones((3, 1)), jnp.ones((3, 1)), jnp.subtract, [0.1], KEY
            ),
            "the metric gives float32 of shape (3, 1), and must give one real number",
        ),
        (
            lambda: noisy_scores(
                jnp.sin, jnp.ones((3, 1)), jnp.ones((3, 1)), error, [0.1], KEY, kind="unifrom"
            ),
            "unknown kind of noise 'unifrom'; did you mean 'uniform'?",
        ),
        (
            lambda: noisy_scores(
                jnp.sin, jnp.ones((3, 1)), jnp.ones((3, 1)), error, [0.1], KEY, where="hidden"
            ),
            "unknown place of noise 'hidden'; it is one of inputs, inside",
        ),
        (
            lambda: noisy_scores(jnp.sin, jnp.ones((3, 1)), jnp.ones((3, 1)), error, [np.inf], KEY),
            "the level is inf, and must be zero or a positive number",
        ),
    ],
)
def test_bad_arguments_are_explained(call, wanted):
    with pytest.raises(ChaoscadError) as failure:
        call()
    assert str(failure.value) == "error: " + wanted
