"""Tables, files and figures of comparisons; comparisons of several meta-seeds."""

import csv
import json
import os
import subprocess
import sys
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from neural.compare import (
    Comparison,
    Scores,
    against_best,
    compare,
    draw_boxes,
    load,
    pool,
    pooled_table,
    save,
    summarise,
    t_interval,
    to_markdown,
)
from neural.compare.store import dumps, loads
from neural.compare.tables import escaped
from tests.conftest import ROOT
from tests.neural.planted import arm, fixed, planted, small


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return small()


def failure(call):
    with pytest.raises(ChaoscadError) as error:
        call()
    return str(error.value)


def test_the_whole_markdown(comparison):
    assert to_markdown(comparison, resamples=999) == (
        "**Learned \\<sin\\>**\n"
        "\n"
        "Test mse (lower is better) over 8 seeds, the same in every arm, at equal steps. Learning "
        "rates have the best median validation score over 8 other seeds. Brackets are 95 % intervals: "
        "bootstrap (percentile, 999 resamples, in pairs of a seed), Wilson for shares of failures. "
        "Failures are runs above 0.035 and non-finite ones: their number and their share. The ratio "
        "is that of the medians. p: Wilcoxon signed-rank test, corrected after Holm for 1 arm; the "
        "verdict is at p < 0.05. The trivial predictor (zero) scores 0.057.\n"
        "\n"
        "| arm | n | non-finite | failures | median mse | mean | ratio to sin | p (Holm) | verdict "
        "| learning rate | steps | FLOPs | median size |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        "| sin | 8 | 0 | 5: 0.625 [0.306, 0.863] | 0.045 [0.025, 0.07] | 0.045 |  |  |  | 0.01 | 100 "
        "| 1000 | 3.5 |\n"
        "| mix\\|ed, \\*a\\* | 8 | 1 | 2: 0.25 [0.0715, 0.591] | 0.0275 [0.015, 0.04] | 0.0236 "
        "| 0.611 [0.5, 1.14] | 0.195 | not shown | 0.01 | 100 |  |  |\n"
        "\n"
        "- sin: the learning rate was given, not tuned.\n"
        "- mix\\|ed, \\*a\\*: 1 of 8 seeds non-finite (2); each counts as inf in medians and ranks, "
        "and is left out of means.\n"
        "- mix\\|ed, \\*a\\*: 5e+06 FLOPs were spent once before, and are not counted.\n"
    )


def test_accuracies_are_compared_by_differences():
    made = compare(
        [arm("a", planted(0.0)), arm("b", planted(0.02, 2))], seeds=8, steps=1, metric="accuracy"
    )
    text = to_markdown(made)
    assert "| difference from a |" in text
    assert "The difference is the median over the seeds." in text
    assert "failures" not in text


def test_too_few_seeds_are_said_to_be_too_few():
    two = [arm("a", planted(0.0)), arm("b", planted(0.02, 2))]
    text = to_markdown(compare(two, seeds=5, steps=1, metric="accuracy"))
    assert text.endswith(
        "- 5 seeds are too few: no interval of a median can reach 95 %, and no p-value can be below "
        "0.0625.\n"
    )
    assert "too few" not in to_markdown(compare(two, seeds=6, steps=1, metric="accuracy"))


def test_markup_in_names_is_shown_as_it_is():
    assert escaped("a|b`c`_d_[e](f)<g>$h$&amp;\\") == (
        "a\\|b\\`c\\`\\_d\\_\\[e\\](f)\\<g\\>\\$h\\$\\&amp;\\\\"
    )


def test_the_summary_as_a_frame_reads_back_bit_by_bit(comparison, tmp_path):
    summarise(comparison).frame().to_csv(tmp_path / "t.csv", index=False)
    lines = list(csv.DictReader((tmp_path / "t.csv").read_text().splitlines()))
    rows = summarise(comparison).rows
    assert [line["arm"] for line in lines] == ["sin", "mix|ed, *a*"]
    first, second = lines
    assert float(second["median"]) == rows[1].median.value
    assert float(second["ratio_of_medians_high"]) == rows[1].contrast.ratio_of_medians.high
    assert float(second["mean"]) == rows[1].mean.value
    assert float(second["p_holm"]) == rows[1].contrast.p_holm
    assert (second["seeds"], second["diverged"], second["failures"]) == ("8", "1", "2")
    assert (second["reference"], first["p"], first["difference"]) == ("sin", "", "")
    assert (first["flops"], second["flops"], second["setup_flops"]) == ("1000.0", "", "5000000.0")
    assert (first["median_size"], second["median_size"]) == ("3.5", "")


def test_equal_input_gives_equal_bytes(comparison, tmp_path):
    """In another process, with another order of hashing; which also shows what is imported."""
    script = (
        "import sys, neural.compare\n"
        "assert 'matplotlib.pyplot' not in sys.modules and 'jax' not in sys.modules\n"
        "from tests.neural.planted import small\n"
        "made = small()\n"
        "neural.compare.save(made, sys.argv[1])\n"
        "sys.stdout.write(neural.compare.to_markdown(made))\n"
    )
    theirs = tmp_path / "theirs.json"
    done = subprocess.run(
        [sys.executable, "-c", script, str(theirs)],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    save(comparison, tmp_path / "ours.json")
    assert done.stdout == to_markdown(comparison)
    assert theirs.read_bytes() == (tmp_path / "ours.json").read_bytes()


def test_a_saved_comparison_gives_the_same_tables(comparison, tmp_path):
    save(comparison, tmp_path / "c.json")
    again = load(tmp_path / "c.json")
    assert dumps(again) == dumps(comparison)
    assert to_markdown(again) == to_markdown(comparison)
    assert np.array_equal(again.arms[1].scores.test, comparison.arms[1].scores.test, equal_nan=True)
    assert again.arms[1].scores.train is not None


def test_a_failed_write_leaves_what_was_there(comparison, tmp_path):
    assert failure(lambda: save(comparison, tmp_path)) == (
        f"{tmp_path}: error: cannot write the file: it is a directory"
    )


def line_of(text: str, part: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def damaged(change) -> tuple[str, str]:
    data = json.loads(dumps(small()))
    change(data)
    text = json.dumps(data, indent=1)
    return text, failure(lambda: loads(text, "c.json"))


def test_an_unknown_key_is_named_with_its_line():
    text, said = damaged(lambda data: data["arms"][1].update(stepz=3))
    at = line_of(text, "stepz")
    assert said == f"c.json:{at}:13: error: unknown key 'arms.1.stepz'; did you mean 'steps'?"


def test_a_missing_key_is_named_with_the_place_of_its_arm():
    text, said = damaged(lambda data: data["arms"][0].pop("rate"))
    at = line_of(text, '"arms"') + 1
    assert said == f"c.json:{at}:3: error: the key 'arms.0.rate' is missing"


def test_a_score_that_is_no_number_is_named_with_its_line():
    text, said = damaged(lambda data: data["arms"][1]["scores"]["test"].__setitem__(3, "much"))
    at = line_of(text, "much")
    assert said == (f"c.json:{at}:6: error: 'arms.1.scores.test.3': input should be a valid number")


def test_scores_of_another_length_are_named_with_the_line_of_the_scores():
    text, said = damaged(lambda data: data["arms"][0]["scores"]["validation"].pop())
    at = line_of(text, '"scores"')
    assert said == (
        f"c.json:{at}:14: error: the scores' columns have different lengths: test has 8, validation "
        "has 7, diverged has 8, size has 8; give one value per seed in every column"
    )


def test_a_file_whose_arms_have_other_seeds_is_refused():
    _, said = damaged(lambda data: data["seeds"].pop())
    assert said == "c.json:1:1: error: arm 'sin': its run returned 8 scores for 7 seeds"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "c.json:1:1: error: this is not valid JSON: expecting value"),
        (
            '{"a": 1,\n 2}',
            "c.json:2:2: error: this is not valid JSON: expecting property name enclosed in double quotes",
        ),
        (
            "[]",
            "c.json: error: this is not a comparison file; neural.compare.save writes them",
        ),
        (
            "[" * 100_000,
            "c.json: error: this is nested more than 100 levels deep; no comparison file is",
        ),
        ('{"a": NaN}', "c.json:1:7: error: this is not valid JSON: NaN is not a JSON number"),
        (
            '{"a": 1, "a": 2}',
            "c.json:1:10: error: the key 'a' stands there twice; delete one of them",
        ),
        (
            '{"format": "neural-comparison", "version": 2}',
            "c.json: error: the comparison file has version 2; this program reads version 1",
        ),
        (
            '{"format": "neural-comparison", "version": true}',
            "c.json: error: the comparison file has version True; this program reads version 1",
        ),
    ],
)
def test_a_file_that_is_no_comparison_is_refused(text, expected):
    assert failure(lambda: loads(text, "c.json")) == expected


def test_any_single_damage_is_an_error_or_a_comparison():
    """Every value of a file is replaced by odd ones: never an exception of another kind."""
    text = dumps(tiny())
    data = json.loads(text)

    def places(node, path=()):
        yield path
        items = (
            node.items()
            if isinstance(node, dict)
            else enumerate(node)
            if isinstance(node, list)
            else ()
        )
        for key, value in items:
            yield from places(value, (*path, key))

    refused = 0
    for path in list(places(data))[1:]:
        for odd in (0, None, True, -1, 10**400, "\ud800", [], ".nan", ".inf"):
            changed = json.loads(text)
            node = changed
            for key in path[:-1]:
                node = node[key]
            node[path[-1]] = odd
            try:
                made = loads(json.dumps(changed), "c.json")
            except ChaoscadError:
                refused += 1
            else:
                to_markdown(made, resamples=9)
                dumps(made).encode()
    assert refused > 300


def tiny() -> Comparison:
    return compare(
        [arm("a", fixed([0.1, 0.2], train=[1, 2], flops=[3, 4], extra={"e": [5, 6]}), 0.1, 0.2)],
        seeds=2,
        steps=1,
        metric="mse",
        tune_seeds=2,
        extensions=0,
        failure=1.0,
        trivial=1.0,
    )


def test_the_figure_shows_every_seed_and_the_trivial_score(comparison):
    made = draw_boxes(comparison, log=True)
    axes = made.axes[0]
    dots = [line for line in axes.lines if line.get_marker() == "."]
    assert [len(line.get_xdata()) for line in dots] == [8, 7]
    np.testing.assert_allclose(dots[0].get_ydata(), comparison.arms[0].scores.test)
    crosses = [line for line in axes.lines if line.get_marker() == "x"]
    assert [len(line.get_xdata()) for line in crosses] == [1]
    assert crosses[0].get_ydata()[0] > 0.08
    # A seed has one place in all boxes.
    assert crosses[0].get_xdata()[0] - 1 == pytest.approx(dots[0].get_xdata()[2])
    lines = [line for line in axes.lines if line.get_linestyle() == "--"]
    assert [line.get_ydata()[0] for line in lines] == [0.057]
    texts = [text.get_text() for text in axes.texts]
    assert texts == ["1 of 8 non-finite", "zero"]
    assert axes.get_yscale() == "log"
    assert axes.get_ylabel() == "test mse (lower is better)"
    assert axes.get_title() == "Learned <sin>\nequal steps: 100 steps, 8 seeds"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["sin", "mix|ed, *a*"]


def test_the_box_is_that_of_all_seeds_with_failures_at_the_bad_end(comparison):
    axes = draw_boxes(comparison).axes[0]
    medians = [line.get_ydata()[0] for line in axes.lines if line.get_linewidth() == 1.6]
    assert medians == pytest.approx([row.median.value for row in summarise(comparison).rows])


def test_names_are_no_formulas_and_drawing_keeps_no_state(tmp_path):
    before = dict(mpl.rcParams)
    made = compare(
        [
            arm("$x^{", fixed([0.1, 0.4])),
            arm("a name that is far longer than any axis can show", fixed([0.2, 0.3])),
        ],
        seeds=2,
        steps=1,
        metric="accuracy",
        tune_seeds=0,
        title="$\\oops",
        trivial=0.1,
        trivial_predictor="$}",
    )
    draw_boxes(made).savefig(tmp_path / "f.png")
    assert (tmp_path / "f.png").stat().st_size > 1000
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize("scores", [[1.0, 1.0], [1e-100, 1e100], [np.nan, 1.0], [1e-8, 1e8]])
def test_odd_scores_are_drawn(tmp_path, scores, log):
    made = compare([arm("a", fixed(scores))], seeds=2, steps=1, metric="mse", tune_seeds=0)
    figure = draw_boxes(made, log=log)
    figure.savefig(tmp_path / "f.png")
    low, high = figure.axes[0].get_ylim()
    finite = [score for score in scores if np.isfinite(score)]
    assert low < min(finite)
    assert max(finite) < high


def test_a_logarithmic_axis_refuses_zero():
    made = compare([arm("a", fixed([0.1, 0.0]))], seeds=[4, 6], steps=1, metric="mse", tune_seeds=0)
    assert failure(lambda: draw_boxes(made, log=True)) == (
        "error: a logarithmic axis cannot show arm 'a': seed 6 scores 0; draw it with log=False"
    )


def meta(gain: float, index: int, **options) -> Comparison:
    arms = [arm("base", planted(0.0)), arm("learned", planted(gain, 50 + index))]
    return compare(arms, **{"seeds": 12, "steps": 10, "metric": "accuracy"} | options)


def test_pooling_widens_the_interval_by_the_meta_seeds():
    gains = (0.03, -0.01, 0.02, -0.02)
    parts = [meta(gain, index) for index, gain in enumerate(gains)]
    base, learned = pool(parts)
    assert (base.arm, base.against, base.meta_seeds, base.seeds) == ("base", None, 4, 12)
    assert learned.against is not None
    assert learned.against.low < 0 < learned.against.high
    # Each by itself is a clear result, and they contradict one another.
    singles = [summarise(part).rows[1].contrast for part in parts]
    assert [single.p < 0.05 and single.effect > 0 for single in singles if single] == [
        True,
        False,
        True,
        False,
    ]
    assert learned.medians == tuple(float(np.median(part["learned"].scores.test)) for part in parts)


def test_pooling_finds_what_holds_under_every_meta_seed():
    gains = (0.02, 0.03, 0.02, 0.025)
    parts = [
        meta(gain, index, seeds=range(12 * index, 12 * index + 12))
        for index, gain in enumerate(gains)
    ]
    learned = pool(parts)[1]
    medians = [
        [np.median(part[name].scores.test) for part in parts] for name in ("learned", "base")
    ]
    expected = t_interval(np.subtract(*medians))
    assert learned.against == expected
    assert expected.low > 0.01


def test_errors_are_pooled_by_their_ratio():
    parts = [small(), small()]
    mixed = pool([replace(one, failure=None) for one in parts])[1]
    assert mixed.median is not None
    assert mixed.median.low == pytest.approx(0.0275)
    # Medians .0275 and .045, the same twice.
    assert mixed.against is not None
    assert [mixed.against.low, mixed.against.value, mixed.against.high] == pytest.approx(
        [0.0275 / 0.045] * 3
    )
    broken = replace(
        parts[0],
        arms=(
            parts[0].arms[0],
            replace(parts[0].arms[1], scores=Scores(np.full(8, np.nan), np.ones(8))),
        ),
    )
    found = pool([broken, broken])[1]
    assert (found.medians, found.median, found.against) == ((np.inf, np.inf), None, None)
    assert "| 16 | 16 | no mean | inf, inf |  |" in pooled_table(
        pool([broken, broken]), broken.metric
    )


def test_the_whole_table_of_a_pool():
    parts = [meta(gain, index) for index, gain in enumerate((0.02, 0.03))]
    lines = pooled_table(pool(parts), parts[0].metric).splitlines()
    assert lines[:4] == [
        "accuracy (higher is better) over 2 meta-seeds with 12 seeds each: means of the meta-seeds' "
        "medians, with Student's 95 % intervals.",
        "",
        "| arm | runs | failures | median accuracy | medians by meta-seed | difference |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    assert [line.split(" | ")[:3] for line in lines[4:]] == [
        ["| base", "24", "0"],
        ["| learned", "24", "0"],
    ]
    found = pool(parts)[1].against
    assert found is not None
    assert lines[5].endswith(f"| {found.value:.3g} [{found.low:.3g}, {found.high:.3g}] |")


def test_pooling_refuses_what_differs_in_more_than_the_meta_seed():
    hint = "only comparisons that differ in the meta-seed and its seeds are pooled"
    one = meta(0.0, 0)
    assert failure(lambda: pool([one])) == (
        "error: pooling needs comparisons of at least 2 meta-seeds, not 1"
    )
    assert failure(lambda: pool([one, meta(0.0, 1, seeds=[1, 2])])) == (
        f"error: comparison 2 has the number of seeds '2', the first one '12'; {hint}"
    )
    assert failure(lambda: pool([one, one, meta(0.0, 1, steps=20)])) == (
        f"error: comparison 3 has the steps of arm 'base' '20', the first one '10'; {hint}"
    )
    assert failure(lambda: pool([one, meta(0.0, 1, failure=0.5)])) == (
        f"error: comparison 2 has the failure threshold '0.5', the first one 'None'; {hint}"
    )
    assert failure(lambda: pool([one, replace(one, arms=one.arms[:1])])) == (
        f"error: comparison 2 has the arms 'base', the first one 'base, learned'; {hint}"
    )


def test_the_pair_is_compared_with_the_member_that_validation_prefers():
    def scored(test, validation):
        return lambda seeds, rate, steps: Scores(
            np.full(len(seeds), test), np.full(len(seeds), validation)
        )

    results = [
        compare(
            [
                arm("pair", scored(0.60 + shift, 0.5)),
                arm("even", scored(0.58, 0.9 if shift else 0.1)),
                arm("odd", scored(0.50, 0.4)),
            ],
            seeds=4,
            steps=1,
            metric="accuracy",
        )
        for shift in (0.0, 0.01, 0.03)
    ]
    # The first meta-seed prefers the odd member, though its test scores are the worse ones.
    found = against_best(results, "pair", ["even", "odd"])
    assert found.value == pytest.approx((0.10 + 0.03 + 0.05) / 3)
    assert found.low < 0 < found.high


def test_a_comparison_is_a_frame_of_its_scores_and_a_short_text():
    found = small()
    table = found.frame()
    assert list(table["arm"].unique()) == ["sin", "mix|ed, *a*"]
    assert table.loc[3, "test"] == found["sin"].scores.test[3]
    assert table.loc[8:, "size"].isna().all()
    assert repr(found) == "Comparison(8 seeds, median mse: sin 0.045, mix|ed, *a* 0.0275)"
