"""Planted effects are found and null effects are not; rates are tuned on validation alone."""

import numpy as np
import pytest
from scipy import stats

from chaoscad.errors import ChaoscadError
from neural.activations import fixed as activation
from neural.architecture import Architecture
from neural.arms import network_arm
from neural.compare import Arm, Scores, compare, rates_around, summarise, to_markdown
from neural.compare.tables import verdict
from neural.tasks import task
from neural.training import Training
from tests.neural.planted import arm, fixed, planted


def experiment(*arms, **options):
    return compare(arms, **{"seeds": 20, "steps": 100, "metric": "accuracy"} | options)


def failure(call):
    with pytest.raises(ChaoscadError) as error:
        call()
    return str(error.value)


def test_a_planted_effect_is_found_with_its_size():
    found = experiment(arm("base", planted(0.0)), arm("better", planted(0.02, arm=2)))
    row = summarise(found).rows[1]
    assert row.contrast is not None
    assert row.contrast.p_holm < 0.001
    assert row.contrast.difference.low < 0.02 < row.contrast.difference.high
    assert row.contrast.difference.low > 0.01
    assert row.contrast.effect == 1
    assert verdict(row.contrast, found.metric, 0.95) == "better"


def test_a_null_effect_is_not_found():
    found = experiment(
        arm("base", planted(0.0)), *(arm(f"{n}", planted(0.0, n)) for n in (2, 3, 4))
    )
    for row in summarise(found).rows[1:]:
        assert row.contrast is not None
        assert row.contrast.p_holm > 0.05
        assert row.contrast.difference.low < 0 < row.contrast.difference.high
        assert verdict(row.contrast, found.metric, 0.95) == "not shown"


def test_null_effects_are_found_no_more_often_than_stated():
    wrong = 0
    for trial in range(60):
        seeds = np.arange(12) + 100 * trial
        arms = [arm(f"{index}", planted(0.0, index)) for index in range(4)]
        found = summarise(experiment(*arms, seeds=seeds.tolist()), resamples=9)
        wrong += any(row.contrast and row.contrast.p_holm < 0.05 for row in found.rows)
    # 3 expected at most; 8 or more have a probability below 1 %.
    assert wrong < 8


def test_pairing_finds_what_an_unpaired_test_misses():
    found = experiment(arm("base", planted(0.0)), arm("better", planted(0.01, arm=2)))
    base, better = (item.scores.test for item in found.arms)
    assert stats.mannwhitneyu(base, better).pvalue > 0.3
    row = summarise(found).rows[1]
    assert row.contrast is not None
    assert row.contrast.p < 0.001
    assert row.contrast.difference.low > 0


def test_every_arm_runs_on_the_same_seeds():
    calls = []
    experiment(
        arm("a", planted(0.0, calls=calls)),
        arm("b", planted(0.0, calls=calls)),
        seeds=[7, 3, 5],
        tune_seeds=0,
    )
    assert calls == [([7, 3, 5], 0.01, 100), ([7, 3, 5], 0.01, 100)]


def test_rates_are_chosen_on_other_seeds_than_those_compared():
    calls = []
    found = experiment(
        arm("a", planted(0.0, calls=calls), *rates_around(0.01)), seeds=3, tune_seeds=2
    )
    assert [call[:2] for call in calls] == [
        ([3, 4], 0.003),
        ([3, 4], 0.01),
        ([3, 4], 0.03),
        ([0, 1, 2], 0.01),
    ]
    assert found.tune_seeds.tolist() == [3, 4]


def test_the_validation_score_chooses_though_the_test_score_says_otherwise():
    def run(seeds, learning_rate, steps):
        good = np.full(len(seeds), 0.9 if learning_rate == 0.01 else 0.5)
        return Scores(test=1 - good, validation=good)

    chosen = experiment(arm("a", run, 0.003, 0.01, 0.03)).arms[0]
    assert chosen.tuned.rate == 0.01
    assert [item.score for item in chosen.tuned.tried] == [0.5, 0.9, 0.5]
    assert chosen.scores.test.tolist() == pytest.approx([0.1] * 20)


def test_every_arm_has_its_own_rate():
    found = experiment(
        arm("slow", planted(0.0, best=0.003), 0.001, 0.003, 0.01, 0.03),
        arm("fast", planted(0.0, best=0.01), 0.001, 0.003, 0.01, 0.03),
    )
    assert [item.tuned.rate for item in found.arms] == [0.003, 0.01]
    assert not any(item.tuned.at_edge for item in found.arms)


@pytest.mark.parametrize(("best", "rate"), [(0.27, 0.27), (1e-4, 8.1e-5)])
def test_a_grid_is_extended_until_its_best_rate_lies_inside(best, rate):
    tuned = experiment(arm("a", planted(0.0, best=best), 0.003, 0.01, 0.03)).arms[0].tuned
    assert tuned.rate == pytest.approx(rate)
    assert not tuned.at_edge
    rates = [item.rate for item in tuned.tried]
    assert rates == sorted(rates)
    assert {0.003, 0.01, 0.03} < set(rates)


def test_an_extension_has_a_limit_and_the_table_says_where_it_ended():
    found = experiment(arm("a", planted(0.0, best=3.0), 0.003, 0.01, 0.03), extensions=2)
    tuned = found.arms[0].tuned
    assert [item.rate for item in tuned.tried] == [0.003, 0.01, 0.03, 0.09, 0.27]
    assert (tuned.rate, tuned.at_edge) == (0.27, True)
    assert (
        "- a: the learning rate lies at the edge of those tried (0.003 to 0.27); "
        "a better one may lie beyond.\n"
    ) in to_markdown(found)


def test_rates_that_diverge_are_avoided_downwards():
    def run(seeds, learning_rate, steps):
        test = np.full(len(seeds), np.nan if learning_rate > 1e-3 else 0.01 / learning_rate)
        return Scores(test, test)

    tuned = experiment(arm("a", run, 0.01, 0.1), metric="mse").arms[0].tuned
    assert [item.rate for item in tuned.tried] == [1e-4, 0.001, 0.01, 0.1]
    assert (tuned.rate, tuned.at_edge) == (0.001, False)


def test_a_rate_at_which_fewer_runs_fail_wins_a_tie():
    def run(seeds, learning_rate, steps):
        score = np.full(len(seeds), 0.8)
        score[0] = np.nan if learning_rate > 0.01 else 0.8
        return Scores(score, score)

    tuned = experiment(arm("a", run, 0.003, 0.01, 0.03), tune_seeds=5).arms[0].tuned
    assert [item.failures for item in tuned.tried] == [0, 0, 1]
    assert tuned.rate == 0.01


def test_equal_steps_are_the_same_for_every_arm():
    found = experiment(
        arm("a", planted(0.0), flops_per_step=10.0), arm("b", planted(0.0), flops_per_step=35.0)
    )
    assert [item.steps for item in found.arms] == [100, 100]
    assert [item.flops for item in found.arms] == [1000, 3500]


def test_equal_flops_are_those_of_the_first_arm():
    calls = []
    found = experiment(
        arm("dear", planted(0.0), flops_per_step=10.0),
        arm("cheap", planted(0.0, calls=calls), 0.003, 0.01, 0.03, flops_per_step=3.0),
        arm("same", planted(0.0), flops_per_step=10.0),
        arm("growing", planted(0.0), flops_per_step=lambda steps: 0.01 * steps**2),
        equal="flops",
    )
    assert [item.steps for item in found.arms] == [100, 333, 100, 316]
    assert [item.flops for item in found.arms] == pytest.approx([1000, 999, 1000, 998.56])
    assert {call[2] for call in calls} == {333}
    assert (
        "- Equal FLOPs: no arm may spend more than 1000 per seed, which is what dear spends in "
        "100 steps. Steps are whole.\n"
    ) in to_markdown(found)


def test_measured_flops_stand_in_the_table_and_a_wrong_plan_is_noted():
    found = experiment(
        arm("a", fixed([0.5, 0.6], flops=[1500.0, 1500.0]), flops_per_step=10.0),
        seeds=2,
        tune_seeds=0,
    )
    assert found.arms[0].flops == 1500
    assert "- a: spent 1500 FLOPs per seed, 1000 were planned.\n" in to_markdown(found)


def test_a_failed_seed_keeps_its_place_and_counts_as_the_worst():
    found = experiment(
        arm("base", fixed([0.1, 0.2, 0.3])),
        arm("b", fixed([0.05, np.nan, 0.1])),
        seeds=3,
        tune_seeds=0,
        metric="mse",
    )
    row = summarise(found).rows[1]
    assert (row.seeds, row.diverged, row.failures) == (3, 1, 1)
    assert row.median.value == 0.1
    assert row.median.high == np.inf
    assert row.mean is not None
    assert row.mean.value == pytest.approx(0.075)
    assert row.contrast is not None
    assert row.contrast.effect == 0
    assert (
        "- b: 1 of 3 seeds non-finite (1); each counts as inf in medians and ranks, and is left out "
        "of means.\n"
    ) in to_markdown(found)


def test_a_run_that_says_it_diverged_has_failed_whatever_its_score():
    flags = np.array([True, False, False])
    found = experiment(arm("a", fixed([0.99, 0.4, 0.5], diverged=flags)), seeds=3, tune_seeds=0)
    assert summarise(found).rows[0].median.value == 0.4


def test_runs_beyond_the_threshold_are_failures():
    grown = np.where(np.arange(40) < 12, 0.5, 0.01)
    growing = np.where(np.arange(40) < 2, 0.5, 0.0101)
    found = experiment(
        arm("grown", fixed(grown)),
        arm("growing", fixed(growing)),
        seeds=40,
        tune_seeds=0,
        metric="mse",
        failure=0.1,
    )
    first, second = summarise(found).rows
    assert (first.failures, second.failures) == (12, 2)
    assert first.diverged == 0
    assert second.contrast is not None
    assert second.contrast.ratio_of_medians.value == pytest.approx(1.01)


def test_a_lower_error_is_better():
    found = experiment(
        arm("base", fixed(np.linspace(1, 2, 12))),
        arm("b", fixed(np.linspace(0.5, 1, 12))),
        seeds=12,
        tune_seeds=0,
        metric="mse",
    )
    contrast = summarise(found).rows[1].contrast
    assert contrast is not None
    assert contrast.ratio_of_medians.value == 0.5
    assert contrast.effect == -1
    assert verdict(contrast, found.metric, 0.95) == "better"
    reverse = summarise(found, reference="b").rows[0].contrast
    assert reverse is not None
    assert verdict(reverse, found.metric, 0.95) == "worse"


def test_a_report_tells_of_every_arm():
    said = []
    experiment(
        arm("a", fixed([0.5, 0.7])),
        arm("b", fixed([0.25, np.nan])),
        seeds=2,
        tune_seeds=0,
        report=said.append,
    )
    assert said == [
        "a: median accuracy 0.6 at learning rate 0.01, 100 steps",
        "b: median accuracy 0.125 at learning rate 0.01, 100 steps, 1 of 2 seeds non-finite",
    ]


def test_scores_may_be_jax_arrays():
    jnp = pytest.importorskip("jax.numpy")
    values = jnp.array([0.25, 0.5])
    found = experiment(
        arm("a", lambda seeds, rate, steps: Scores(values, values, diverged=jnp.isnan(values))),
        seeds=2,
        tune_seeds=0,
    )
    assert found.arms[0].scores.test.tolist() == [0.25, 0.5]
    assert found.arms[0].scores.test.dtype == np.float64


def test_a_grid_around_a_rate():
    assert rates_around(0.01) == (0.003, 0.01, 0.03)
    assert rates_around(0.4, (0.5, 1, 2)) == (0.2, 0.4, 0.8)


OK = arm("a", planted(0.0))


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (
            lambda: experiment(OK, metric="acuracy"),
            "error: unknown metric 'acuracy'; did you mean 'accuracy'?",
        ),
        (
            lambda: experiment(OK, metric="drift"),
            "error: unknown metric 'drift'; it is one of accuracy, mse",
        ),
        (lambda: experiment(), "error: there are no arms to compare; give at least one"),
        (
            lambda: experiment(OK, arm("b", planted(0.0)), arm("a", planted(0.1))),
            "error: 2 arms are called 'a'; give every arm a name of its own",
        ),
        (
            lambda: experiment("sin"),
            "error: one of the arms is 'sin', and must be of the type neural.compare.arms.Arm, for "
            "example Arm('adam', run, rates=(0.01,))",
        ),
        (
            lambda: experiment(OK, seeds=1),
            "error: a comparison needs at least 2 seeds, not 1; 10 or more show what is chance",
        ),
        (
            lambda: experiment(OK, seeds=[]),
            "error: no seeds are given; give at least one",
        ),
        (lambda: experiment(OK, seeds=[1, 2, 1]), "error: 1 comes twice among the seeds"),
        (
            lambda: experiment(OK, seeds=[1, 2], tune_seeds=[2, 3]),
            "error: the seed 2 is both a tuning seed and one that is compared; a rate chosen on the "
            "seeds that are compared flatters its arm",
        ),
        (
            lambda: experiment(OK, seeds=[0.5, 1.5]),
            "error: one of the seeds is 0.5, and must be a whole number",
        ),
        (
            lambda: experiment(OK, seeds=[[1, 2], [3]]),
            "error: one of the seeds is [1, 2], and must be a whole number",
        ),
        (
            lambda: experiment(OK, seeds=np.array([1, 2**63], np.uint64)),
            "error: one of the seeds is 9223372036854775808, and must be from 0 to 4294967295",
        ),
        (
            lambda: experiment(OK, seeds="12"),
            "error: one of the seeds is '1', and must be a whole number",
        ),
        (
            lambda: experiment(OK, seeds=-3),
            "error: the number of seeds is -3, and must be from 1 to 20000000",
        ),
        (
            lambda: experiment(arm("a", planted(0.0), 0.1, 0.2), tune_seeds=0),
            "error: there are no tuning seeds to choose rates by; give tune_seeds, or a single rate "
            "to every arm",
        ),
        (
            lambda: experiment(OK, steps=0),
            "error: steps is 0, and must be at least 1",
        ),
        (
            lambda: experiment(OK, steps=1000.5),
            "error: steps is 1000.5, and must be a whole number",
        ),
        (
            lambda: experiment(OK, equal="flop"),
            "error: unknown equal 'flop'; did you mean 'flops'?",
        ),
        (
            lambda: experiment(OK, equal="flops"),
            "error: arm 'a' states no cost, which a comparison at equal FLOPs needs; give its "
            "'flops_per_step', or compare at equal='steps'",
        ),
        (
            lambda: experiment(
                arm("a", planted(0.0), flops_per_step=1.0), arm("b", planted(0.0)), equal="flops"
            ),
            "error: arm 'b' states no cost, which a comparison at equal FLOPs needs; give its "
            "'flops_per_step', or compare at equal='steps'",
        ),
        (
            lambda: experiment(
                arm("a", planted(0.0), flops_per_step=1.0),
                arm("b", planted(0.0), flops_per_step=1e3),
                equal="flops",
            ),
            "error: arm 'b': one step costs 1000 FLOPs, more than the whole budget 100; give the "
            "reference arm more steps",
        ),
        (
            lambda: experiment(OK, failure=1.5),
            "error: the failure threshold is 1.5, and must be a finite accuracy from 0 to 1",
        ),
        (
            lambda: experiment(OK, trivial=float("nan")),
            "error: the trivial score is nan, and must be a finite accuracy from 0 to 1",
        ),
        (
            lambda: experiment(OK, title="two\nlines"),
            "error: title is 'two\\nlines', and must be one line of text",
        ),
        (
            lambda: experiment(arm("a", fixed([0.5, 0.6])), seeds=3),
            "error: arm 'a': its run returned 2 scores for 3 seeds",
        ),
        (
            lambda: experiment(arm("a", lambda seeds, rate, steps: seeds), seeds=3),
            "error: arm 'a': its run returned ndarray, not Scores",
        ),
        (
            lambda: experiment(arm("a", fixed([0.5, 61.0])), seeds=2),
            "error: arm 'a': the test accuracy of seed 1 is 61, outside 0 to 1; accuracy is a share, "
            "not a percentage",
        ),
        (
            lambda: experiment(arm("a", fixed([0.5, -1.0])), seeds=[4, 9], metric="mse"),
            "error: arm 'a': the test mse of seed 9 is -1, outside 0 to inf",
        ),
        (
            lambda: experiment(OK, arm("wild", planted(0.0, broken=range(4)), 0.3), seeds=4),
            "error: arm 'wild': all 4 seeds (0, 1, 2, 3) are non-finite at the learning rate 0.3; "
            "try a rate below 0.3",
        ),
        (
            lambda: experiment(
                arm("wild", planted(0.0, broken=range(9)), 0.1, 1.0), seeds=4, tune_seeds=3
            ),
            "error: arm 'wild': all 3 tuning seeds (4, 5, 6) are non-finite at every learning rate "
            "from 1e-05 to 1; try rates below 1e-05, and check that its task has a validation part",
        ),
        (lambda: experiment(OK)["b"], "error: unknown arm 'b'; it is one of a"),
        (
            lambda: summarise(experiment(arm("mixture", planted(0.0))), reference="mixtur"),
            "error: unknown arm 'mixtur'; did you mean 'mixture'?",
        ),
        (
            lambda: Scores([0.1, 0.2], [0.1]),
            "error: the scores' columns have different lengths: test has 2, validation has 1, "
            "diverged has 2; give one value per seed in every column",
        ),
        (
            lambda: Scores([[0.1]], [0.1]),
            "error: the column 'test' of the scores must be one number per seed",
        ),
        (
            lambda: Scores(["x"], [0.1]),
            "error: the column 'test' of the scores must be one number per seed",
        ),
        (
            lambda: Scores([0.1], [0.1], diverged=np.array([1])),
            "error: the column 'diverged' of the scores must be one truth value per seed",
        ),
        (
            lambda: Scores([0.1], [0.1], extra={"flops": np.ones(1)}),
            "error: an extra column is called 'flops', as another one is",
        ),
        (
            lambda: Arm("", planted(0.0), (0.1,)),
            "error: an arm's name is '', and must be one line of text",
        ),
        (
            lambda: Arm("a\nb", planted(0.0), (0.1,)),
            "error: an arm's name is 'a\\nb', and must be one line of text",
        ),
        (
            lambda: Arm("a", 3, (0.1,)),  # type: ignore[arg-type]
            "error: arm 'a': 'run' is 3, and must be a function",
        ),
        (
            lambda: Arm("a", planted(0.0), ()),
            "error: arm 'a' has no learning rates; rates_around(0.01) gives 0.003, 0.01 and 0.03",
        ),
        (
            lambda: Arm("a", planted(0.0), (0.1, -0.1)),
            "error: arm 'a': a learning rate is -0.1, and must be a positive number",
        ),
        (
            lambda: Arm("a", planted(0.0), (0.1,), flops_per_step=float("inf")),
            "error: arm 'a': 'flops_per_step' is inf, and must be a positive number",
        ),
        (
            lambda: experiment(arm("a", planted(0.0), flops_per_step=lambda steps: -1.0)),
            "error: arm 'a': its cost of 100 steps is -1, and must be a positive number",
        ),
        (
            lambda: Arm("a", planted(0.0), (0.1,), setup_flops=-1),
            "error: arm 'a': 'setup_flops' is -1, and must be zero or a positive number",
        ),
        (
            lambda: rates_around(0.0),
            "error: the learning rate is 0, and must be a positive number",
        ),
    ],
)
def test_bad_input_is_refused_in_a_whole_sentence(call, expected):
    assert failure(call) == expected


def test_nothing_is_trained_when_an_argument_is_bad():
    calls = []
    failure(lambda: experiment(arm("a", planted(0.0, calls=calls)), failure=7))
    failure(lambda: experiment(arm("a", planted(0.0, calls=calls)), equal="flops"))
    failure(lambda: experiment(arm("a", planted(0.0, calls=calls)), title="\0"))
    assert calls == []


@pytest.mark.slow
def test_arms_in_other_processes_score_the_same():
    data = task("digits")
    training = Training(steps=20, batch=20)
    arms = [
        network_arm(
            name,
            Architecture(data.features, (6,), data.outputs),
            [activation(name)],
            data,
            training,
        )
        for name in ("sin", "tanh")
    ]
    here = compare(arms, seeds=3, steps=20, metric="accuracy")
    there = compare(arms, seeds=3, steps=20, metric="accuracy", workers=2)
    for one, other in zip(here.arms, there.arms, strict=True):
        assert one.tuned == other.tuned
        np.testing.assert_array_equal(one.scores.test, other.scores.test)
        np.testing.assert_array_equal(one.scores.validation, other.scores.validation)
