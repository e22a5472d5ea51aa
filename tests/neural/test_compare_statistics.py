"""Intervals cover, ties and failures are kept, and corrections are the published ones."""

import numpy as np
import pytest
from scipy import stats

from chaoscad.errors import ChaoscadError
from neural.compare import (
    bootstrap,
    holm,
    share,
    t_interval,
    wilcoxon,
)
from neural.compare.statistics import (
    mean,
    median,
    median_of_differences,
    ratio_of_medians,
)

SAMPLE = np.random.default_rng(3).lognormal(size=25)
OTHER = SAMPLE * 1.2 + np.random.default_rng(4).normal(size=25) * 0.05


def message(error):
    return str(error.value)


def ratio_of_means(ours, theirs):
    return mean(ours) / mean(theirs)


@pytest.mark.parametrize("statistic", [np.mean, np.median])
def test_the_bootstrap_agrees_with_scipy(statistic):
    ours = bootstrap(lambda values: statistic(values, axis=-1), SAMPLE)
    theirs = stats.bootstrap(
        (SAMPLE,), statistic, method="percentile", rng=np.random.default_rng(0), vectorized=True
    ).confidence_interval
    assert ours.value == statistic(SAMPLE)
    # Both draw alike from the generator; SciPy interpolates between order statistics.
    assert ours.low == pytest.approx(theirs.low, rel=0.005)
    assert ours.high == pytest.approx(theirs.high, rel=0.02)


def test_the_paired_bootstrap_agrees_with_scipy():
    ours = bootstrap(ratio_of_means, OTHER, SAMPLE)
    theirs = stats.bootstrap(
        (OTHER, SAMPLE),
        lambda one, two, axis: one.mean(axis) / two.mean(axis),
        paired=True,
        method="percentile",
        vectorized=True,
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert ours.value == OTHER.mean() / SAMPLE.mean()
    assert [ours.low, ours.high] == pytest.approx([theirs.low, theirs.high], abs=0.002)


def test_the_bootstrap_repeats_itself_and_heeds_its_seed():
    assert bootstrap(mean, SAMPLE, seed=5) == bootstrap(mean, SAMPLE, seed=5)
    assert bootstrap(mean, SAMPLE, seed=5) != bootstrap(mean, SAMPLE, seed=6)


def test_a_chunk_of_resamples_is_not_seen_in_the_result(monkeypatch):
    whole = bootstrap(mean, SAMPLE, resamples=999)
    monkeypatch.setattr("neural.compare.statistics._CHUNK", 25 * 100)
    assert bootstrap(mean, SAMPLE, resamples=999) == whole


def test_equal_scores_have_an_interval_of_no_width():
    found = bootstrap(median, [0.7] * 8)
    assert (found.value, found.low, found.high) == (0.7, 0.7, 0.7)


def test_two_scores_have_an_interval_between_them():
    found = bootstrap(median, [1.0, 2.0])
    assert (found.value, found.low, found.high) == (1.5, 1.0, 2.0)


def test_failures_move_a_median_as_far_as_their_number():
    few = bootstrap(median, [1, 2, 3, 4, 5, 6, 7, 8, 9, np.inf])
    assert (few.value, few.low) == (5.5, 3)
    assert np.isfinite(few.high)
    half = bootstrap(median, [1, 2, np.inf, np.inf, np.inf])
    assert (half.value, half.low, half.high) == (np.inf, 1, np.inf)


def test_failures_of_both_arms_are_ties():
    ours, theirs = np.array([1.0, np.inf, np.inf]), np.array([2.0, np.inf, 3.0])
    assert median_of_differences(ours, theirs) == 0
    assert median_of_differences(np.array([1.0, np.inf]), np.array([np.inf, 1.0])) == 0
    assert ratio_of_medians(np.full(2, np.inf), np.full(2, np.inf)) == 1
    assert ratio_of_medians(np.zeros(2), np.zeros(2)) == 1
    assert ratio_of_medians(np.ones(2), np.zeros(2)) == np.inf


def test_the_order_of_statistics_is_kept_apart():
    ours, theirs = np.array([1.0, 5.0, 9.0]), np.array([4.0, 1.0, 8.0])
    assert median_of_differences(ours, theirs) == 1
    assert ratio_of_medians(ours, theirs) == 1.25
    assert median_of_differences(theirs, ours) == -1
    assert median_of_differences(np.array([1.0, 2, 9]), np.array([5.0, 3, 1])) == -1
    assert median_of_differences(np.array([3.0, 4, 0]), np.array([0.0, 3, 4])) == 1


@pytest.mark.parametrize(("statistic", "truth"), [(median, 1.0), (mean, np.exp(0.5))])
def test_intervals_cover_at_about_their_rate(statistic, truth):
    rng = np.random.default_rng(11)
    covered = 0
    for _ in range(400):
        found = bootstrap(statistic, rng.lognormal(size=30), resamples=399, seed=0)
        covered += found.low <= truth <= found.high
    # The mean of a skewed sample of 30 is known to be covered less often than it should be.
    assert (0.925 if statistic is median else 0.87) <= covered / 400 <= 0.975


def test_paired_intervals_cover_at_about_their_rate():
    rng = np.random.default_rng(12)
    covered = 0
    for _ in range(400):
        shared = rng.normal(size=20)
        ours = shared + 0.3 + 0.2 * rng.normal(size=20)
        found = bootstrap(median_of_differences, ours, shared, resamples=399)
        covered += found.low <= 0.3 <= found.high
    assert 0.925 <= covered / 400 <= 0.975


def test_dependent_runs_count_as_one_number_a_meta_seed():
    rng = np.random.default_rng(13)
    flat = deep = 0
    for _ in range(200):
        scores = rng.normal(size=(3, 1)) + 0.5 * rng.normal(size=(3, 10))
        one = bootstrap(mean, scores.ravel(), resamples=399)
        two = t_interval(median(scores))
        flat += one.low <= 0 <= one.high
        deep += two.low <= 0 <= two.high
    assert flat / 200 < 0.6
    assert 0.92 <= deep / 200 <= 0.98


def test_wilcoxon_is_exact_for_few_seeds():
    ours = np.array([0.51, 0.62, 0.73, 0.84, 0.95, 0.99])
    found = wilcoxon(ours, ours - np.array([0.01, 0.02, 0.03, 0.04, 0.05, 0.06]))
    assert found.p == pytest.approx(2 / 2**6)
    assert found.effect == 1
    reverse = wilcoxon(ours - np.array([0.01, 0.02, 0.03, 0.04, 0.05, 0.06]), ours)
    assert (reverse.p, reverse.effect) == (found.p, -1)


def test_wilcoxon_of_equal_scores_finds_nothing():
    found = wilcoxon([0.5, 0.6, 0.7], [0.5, 0.6, 0.7])
    assert (found.p, found.effect) == (1, 0)
    assert wilcoxon([np.inf, np.inf], [np.inf, np.inf]).p == 1


def test_wilcoxon_ranks_a_failure_as_the_largest_difference():
    theirs = np.arange(1.0, 9.0)
    ours = theirs - np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, -0.8])
    failed = np.where(np.arange(8) == 7, np.inf, ours)
    assert wilcoxon(failed, theirs) == wilcoxon(ours, theirs)
    assert wilcoxon(failed, theirs).p == stats.wilcoxon(ours - theirs).pvalue


def test_wilcoxon_does_not_take_rounding_for_order():
    theirs = np.array([0.80, 0.85, 0.90, 0.70, 0.65, 0.60], np.float32)
    ours = theirs + np.array([0.05, -0.05, 0.05, -0.05, 0.05, -0.05], np.float32)
    found = wilcoxon(ours, theirs)
    assert (found.p, found.effect) == (1, 0)


def test_holm_corrects_as_published():
    assert holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]).tolist() == [1, 1]
    assert holm([0.02]).tolist() == [0.02]
    assert holm([]).tolist() == []


def test_wilson_intervals_of_shares():
    found = share(0, 20)
    z = stats.norm.ppf(0.975)
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(z**2 / (20 + z**2))
    half = share(5, 10)
    assert half.low == pytest.approx(1 - half.high)
    assert half.low == pytest.approx(0.2366, abs=1e-4)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: bootstrap(mean, [1.0]), "error: an interval needs at least 2 scores, not 1"),
        (
            lambda: bootstrap(median_of_differences, [1, 2, 3], [1, 2]),
            "error: paired scores must be equally many, not 3 and 2; give both arms the same "
            "seeds, in one order",
        ),
        (
            lambda: bootstrap(mean, [1.0, np.nan]),
            "error: scores must not be NaN; give a failed run the worst score",
        ),
        (lambda: bootstrap(mean, [[1.0]]), "error: scores must have the shape (n,), not (1, 1)"),
        (
            lambda: bootstrap(mean, [1, 2], confidence=95),
            "error: a confidence lies between 0 and 1, not 95",
        ),
        (
            lambda: bootstrap(mean, [1, 2], resamples=0),
            "error: a bootstrap needs a positive number of resamples, not 0",
        ),
        (lambda: bootstrap(mean), "error: a bootstrap needs at least one sample"),
        (lambda: holm([0.5, np.nan]), "error: p-values must be numbers from 0 to 1"),
        (lambda: share(3, 2), "error: 3 of 2 is no share"),
        (
            lambda: wilcoxon([1, 2], [1, 2, 3]),
            "error: paired scores must be equally many, not 2 and 3; give both arms the same "
            "seeds, in one order",
        ),
    ],
)
def test_what_cannot_be_computed_is_refused(call, expected):
    with pytest.raises(ChaoscadError) as error:
        call()
    assert message(error) == expected


def test_the_t_interval_is_student_s():
    found = t_interval([-1.05, -1.35, -0.65, 0.6, -1.2, 0.0])
    # Mean and deviation 0.764; t with 5 degrees of freedom at 0.975 is 2.571.
    assert (found.value, found.low, found.high) == pytest.approx((-0.608, -1.42, 0.20), abs=0.01)
    assert found.p == pytest.approx(0.109, abs=0.005)
    assert t_interval([2.0, 2.0]).low == 2.0
    with pytest.raises(ChaoscadError) as caught:
        t_interval([1.0, np.inf])
    assert str(caught.value) == (
        "error: a mean needs finite numbers; a median is infinite where half of the runs failed"
    )
