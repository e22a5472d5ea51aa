"""Tasks: their parts, scalings, trivial scores, options and errors."""

import ast
import random
import sys
from functools import lru_cache
from importlib.metadata import version

import numpy as np
import pytest

import neural.tasks
from chaoscad.errors import ChaoscadError
from neural.tasks import TASKS, Linear, Split, task
from neural.tasks.splits import counts, stratified
from tests.conftest import ROOT

SIZES = {
    "digits": (1294, 144, 359, 64, 10),
    "mnist1d": (3600, 400, 1000, 40, 10),
    "van_der_pol": (2929, 303, 808, 2, 2),
    "henon_heiles": (7272, 808, 2020, 4, 4),
    "pendulum": (3601, 400, 1000, 2, 2),
    "bessel": (737, 82, 205, 1, 1),
    "gaussian_mixture": (737, 82, 205, 1, 1),
    "spirals": (2948, 328, 819, 2, 5),
    "small_bessel": (32, 0, 8, 1, 1),
    "small_quadratic": (32, 0, 8, 1, 1),
    "small_cubic": (32, 0, 8, 1, 1),
    "steps": (40, 0, 10, 1, 2),
}
PARTS = ("train", "validation", "test")

made = lru_cache(task)


def raises(message, call, *arguments, **options):
    with pytest.raises(ChaoscadError) as caught:
        call(*arguments, **options)
    assert str(caught.value) == message


def test_every_task_is_listed_and_has_its_size():
    assert set(TASKS) == set(SIZES)
    for name, (train, validation, test, features, outputs) in SIZES.items():
        found = made(name)
        assert found.name == name
        assert [len(found.part(part)) for part in PARTS] == [train, validation, test]
        assert (found.features, found.outputs) == (features, outputs)
        assert len(found.columns) == features
        assert found.options["seed"] == 0
        assert found.description
        assert found.source


@pytest.mark.parametrize("name", SIZES)
def test_parts_have_the_types_that_networks_take(name):
    found = made(name)
    for part in PARTS:
        split = found.part(part)
        assert split.inputs.dtype == np.float32
        assert split.inputs.shape == (len(split), found.features)
        if found.metric == "accuracy":
            assert found.kind == "classification"
            assert split.targets.dtype == np.int32
            assert split.targets.shape == (len(split),)
            assert not len(split) or set(split.targets) <= set(range(found.outputs))
        else:
            assert split.targets.dtype == np.float32
            assert split.targets.shape == (len(split), found.outputs)
        with pytest.raises(ValueError, match="read-only"):
            split.inputs[...] = 0


@pytest.mark.parametrize("name", SIZES)
def test_no_sample_is_in_two_parts(name):
    found = made(name)
    rows = [{row.tobytes() for row in found.part(part).inputs} for part in PARTS]
    # Two pairs of scans of digits are the same picture; nothing else repeats but the spirals' centre.
    allowed = {"digits": 2, "spirals": 5}.get(name, 0)
    assert len(rows[0] & rows[2]) + len(rows[0] & rows[1]) + len(rows[1] & rows[2]) <= allowed


@pytest.mark.parametrize("name", SIZES)
def test_the_trivial_score_is_what_the_trivial_predictor_scores(name):
    found = made(name)
    train, test = found.train, found.test
    if found.trivial_predictor == "the most frequent class of the training part":
        values, often = np.unique(train.targets, return_counts=True)
        guess = np.eye(found.outputs)[np.full(len(test), values[often.argmax()])]
    elif found.trivial_predictor == "the mean of the training targets":
        guess = np.tile(train.targets.astype(np.float64).mean(axis=0), (len(test), 1))
    else:
        assert found.trivial_predictor == "rates of zero, as of a constant energy"
        guess = np.zeros((len(test), found.outputs))
    assert found.trivial == pytest.approx(found.score(guess), rel=1e-12)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("digits", 0.09, 0.11),
        ("mnist1d", 0.08, 0.11),
        ("van_der_pol", 0.7, 1.4),
        # The reference's zero predictor has a mean squared error of 0.057.
        ("henon_heiles", 0.045, 0.065),
        ("pendulum", 0.8, 1.2),
        ("steps", 0.4, 0.6),
    ],
)
def test_trivial_scores_have_their_size(name, low, high):
    assert low < made(name).trivial < high


@pytest.mark.parametrize("name", sorted(set(SIZES) - {"digits", "mnist1d"}))
def test_equal_seeds_give_equal_data_and_others_do_not(name):
    first, again, other = made(name), task(name, seed=0), task(name, seed=1)
    for part in PARTS:
        assert np.array_equal(first.part(part).inputs, again.part(part).inputs)
        assert np.array_equal(first.part(part).targets, again.part(part).targets)
    assert first.trivial == again.trivial
    assert not np.array_equal(first.train.inputs, other.train.inputs)


def test_the_seed_of_digits_draws_the_parts_and_that_of_mnist1d_the_validation_part():
    assert not np.array_equal(made("digits").test.targets, task("digits", seed=1).test.targets)
    first, other = made("mnist1d"), task("mnist1d", seed=1)
    assert np.array_equal(first.test.targets, other.test.targets)
    assert not np.array_equal(first.validation.targets, other.validation.targets)


@pytest.mark.parametrize("name", ["digits", "mnist1d", "spirals"])
def test_classes_have_equal_shares_in_every_part(name):
    found = made(name)
    shares = np.stack(
        [
            np.bincount(found.part(part).targets, minlength=found.outputs) / len(found.part(part))
            for part in ("train", "validation")
        ]
    )
    assert np.abs(shares[0] - shares[1]).max() < 0.005


def test_stratified_parts_have_exact_sizes_and_no_index_twice():
    labels = np.repeat([0, 1, 2], [7, 20, 14])
    parts = stratified(labels, 0.25, 0.1, np.random.default_rng(0))
    assert [len(part) for part in parts] == list(counts(41, 0.25, 0.1)) == [28, 3, 10]
    assert sorted(np.concatenate(parts)) == list(range(41))
    assert np.bincount(labels[parts.test]).tolist() == [2, 5, 3]


def test_too_few_samples_are_refused():
    raises(
        "error: 2 samples leave none to train on; with test=0.2 and validation=0.1, give more of them",
        counts,
        2,
        0.2,
        0.1,
    )


# Scaling.


@pytest.mark.parametrize("name", ["bessel", "gaussian_mixture"])
def test_the_range_is_that_of_the_training_part(name):
    found = made(name)
    for values in (found.train.inputs, found.train.targets):
        assert (values.min(), values.max()) == (-1, 1)


def test_points_beyond_the_training_range_stay_beyond_it():
    found = task("gaussian_mixture", noise=0.5, samples=200)
    assert np.abs(found.test.targets).max() > 1 or np.abs(found.validation.targets).max() > 1


def test_spirals_are_scaled_by_the_training_range():
    beyond = 0
    for seed in range(6):
        found = task("spirals", seed=seed, samples=500)
        assert found.train.inputs.min(axis=0).tolist() == [-1, -1]
        assert found.train.inputs.max(axis=0).tolist() == [1, 1]
        beyond += np.abs(found.test.inputs).max() > 1
    assert beyond


@pytest.mark.parametrize("name", ["digits", "mnist1d"])
def test_pictures_have_mean_0_and_variance_1_over_the_training_part_alone(name):
    found = made(name)
    values = found.train.inputs.astype(np.float64)
    assert values.mean() == pytest.approx(0, abs=1e-6)
    assert values.std() == pytest.approx(1, abs=1e-6)
    for part in (found.validation, found.test):
        assert abs(part.inputs.astype(np.float64).mean()) > 1e-5


def test_pixels_of_one_picture_keep_their_proportions():
    found = made("digits")
    raw = found.scaling.inputs.undo(found.test.inputs)
    assert np.abs(raw - np.round(raw)).max() < 1e-5
    assert (round(raw.min()), round(raw.max())) == (0, 16)
    assert len(set(found.scaling.inputs.scale)) == 1


@pytest.mark.parametrize(
    ("name", "options"),
    [("van_der_pol", {}), ("henon_heiles", {"scaling": "canonical"}), ("pendulum", {})],
)
def test_the_scaling_of_a_flow_is_fitted_to_the_training_trajectories(name, options):
    found = task(name, **options)
    states = np.concatenate([piece.states for piece in found.dynamics.train])
    rates = np.concatenate([piece.rates for piece in found.dynamics.train])
    scaling = found.scaling
    half = len(scaling.inputs.scale) // 2
    assert np.allclose(scaling.inputs.offset, states.mean(axis=0), rtol=1e-12)
    variance = states.var(axis=0)
    if name != "van_der_pol":
        variance = np.repeat([variance[:half].mean(), variance[half:].mean()], half)
    assert np.allclose(scaling.inputs.scale, np.sqrt(variance), rtol=1e-12)
    assert np.array_equal(scaling.targets.offset, np.zeros(2 * half))
    assert np.allclose(scaling.targets.scale, scaling.inputs.scale / scaling.time, rtol=1e-12)
    assert np.square(rates / scaling.targets.scale).mean() == pytest.approx(1, rel=1e-12)


def test_changing_the_test_part_changes_neither_scaling_nor_training_data():
    from neural.tasks.series import of_trajectories
    from neural.tasks.systems import VAN_DER_POL
    from neural.tasks.task import Trajectory

    def build(pieces):
        shares = {"test": 0.25, "validation": 0.2, "scaling": "dynamics"}
        return of_trajectories(VAN_DER_POL, pieces, options={}, **shares)

    draw = np.random.default_rng(0).standard_normal((8, 2, 50, 2))
    pieces = [Trajectory(np.arange(50.0), *pair, index) for index, pair in enumerate(draw)]
    other = [*pieces[:6], *(Trajectory(p.times, 9 + 5 * p.states, p.rates) for p in pieces[6:])]
    first, second = build(pieces), build(other)
    assert np.array_equal(first.train.inputs, second.train.inputs)
    assert np.array_equal(first.scaling.inputs.scale, second.scaling.inputs.scale)
    assert not np.array_equal(first.test.inputs, second.test.inputs)
    assert len(first.train) == 250


def test_scalings_undo():
    linear = Linear(np.array([3.0, -1.0]), np.array([2.0, 10.0]))
    raw = np.array([[5.0, 9.0], [1.0, -21.0]])
    assert linear.apply(raw).tolist() == [[1, 1], [-1, -2]]
    assert linear.undo(linear.apply(raw)).tolist() == raw.tolist()


# Scores.


def test_accuracy_counts_the_largest_output():
    found = made("steps")
    right = np.eye(2)[found.test.targets]
    assert found.score(right) == 1.0
    assert found.score(1 - right) == 0.0
    assert found.score(found.train.targets[:, None] == [0, 1], "train") == 1.0


def test_scores_refuse_what_has_none():
    found = made("bessel")
    raises(
        "error: predictions have the shape (205,); bessel needs (205, 1)",
        found.score,
        np.zeros(205),
    )
    bad = np.zeros((205, 1))
    bad[3:5] = np.nan
    raises(
        "error: 2 of 205 predictions are not finite; try a smaller learning rate", found.score, bad
    )
    raises(
        "error: the validation part of steps is empty; it gives no score; make the task with a "
        "validation share above 0",
        made("steps").score,
        np.zeros((0, 2)),
        "validation",
    )
    raises("error: unknown part 'tets'; did you mean 'test'?", found.part, "tets")


def test_a_part_refuses_other_types_shapes_and_numbers_that_are_not_finite():
    inputs, targets = np.zeros((3, 2), np.float32), np.zeros((3, 1), np.float32)
    raises(
        "error: the inputs are float64 of 2 axes; they must be float32 of 2 axes",
        Split,
        inputs.astype(float),
        targets,
    )
    raises(
        "error: the targets are float32 of 1 axis; they must be float32 of 2 axes or int32 of 1 axis",
        Split,
        inputs,
        targets[:, 0],
    )
    raises("error: there are 3 inputs and 2 targets", Split, inputs, targets[:2])
    raises(
        "error: not all targets are finite; look for a number far larger than the training part's",
        Split,
        inputs,
        targets + np.float32(np.inf),
    )


# Options.


def test_unknown_names_give_the_nearest():
    raises("error: unknown task 'pendulm'; did you mean 'pendulum'?", task, "pendulm")
    raises(
        "error: unknown task 'qqq'; it is one of digits, mnist1d, van_der_pol, henon_heiles, pendulum, "
        "bessel, gaussian_mixture, spirals, small_bessel, small_quadratic, small_cubic, steps",
        task,
        "qqq",
    )
    raises("error: task is 5, and must be one of " + ", ".join(SIZES), task, 5)
    raises(
        "error: unknown option of the task spirals 'class'; did you mean 'classes'?",
        task,
        "spirals",
        **{"class": 3},
    )
    raises(
        "error: unknown option of the task steps 'mu'; it is one of samples, test_samples, validation",
        task,
        "steps",
        mu=3,
    )


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("steps", {"seed": -1}, "seed is -1, and must be from 0 to 4294967295"),
        ("steps", {"seed": 0.5}, "seed is 0.5, and must be a whole number"),
        ("steps", {"seed": "a"}, "seed is 'a', and must be a whole number"),
        ("steps", {"samples": True}, "samples is True, and must be a whole number"),
        ("steps", {"samples": 10**5000}, "samples is a whole number of too many digits, and must be from 2 to 1048576"),
        ("steps", {"samples": 2, "validation": 0.9}, "2 samples leave none to train on; with test=0 and validation=0.9, give more of them"),
        ("steps", {"validation": 1.0}, "validation is 1, and must be from 0 to 0.9"),
        ("bessel", {"test": 0}, "test is 0, and must be above 0 and at most 0.9"),
        ("bessel", {"test": float("nan")}, "test is nan, and must be above 0 and at most 0.9"),
        ("bessel", {"validation": None}, "validation is None, and must be from 0 to 0.9"),
        ("gaussian_mixture", {"noise": -0.1}, "noise is -0.1, and must be from 0 to 100"),
        ("spirals", {"classes": 1}, "classes is 1, and must be from 2 to 20"),
        ("spirals", {"samples": 49}, "samples is 49, and must be from 50 to 1048576"),
        ("van_der_pol", {"mu": np.float32(21)}, "mu is 21, and must be from 0 to 20"),
        ("van_der_pol", {"scaling": "canonical"}, "unknown scaling 'canonical'; it is one of dynamics, none"),
        ("van_der_pol", {"duration": 0.05}, "the duration 0.05 is shorter than the step 0.1"),
        ("van_der_pol", {"step": 1e-300}, "the duration 10 in steps of 1e-300 gives more than 2097152 samples; shorten the duration, lengthen the step, or take fewer trajectories"),
        ("van_der_pol", {"trajectories": 2}, "2 trajectories leave none to train on; with test=0.2 and validation=0.1, give more of them"),
        ("henon_heiles", {"most_energy": 0.2}, "most_energy is 0.2, and must be from 0 to 0.166667"),
        ("henon_heiles", {"least_energy": 0.1, "most_energy": 0.05}, "the energies lie between 0.1 and 0.05; set the limits at least 0.001 apart"),
        ("pendulum", {"amplitude": 0}, "amplitude is 0, and must be above 0 and at most 3"),
        ("pendulum", {"duration": [1]}, "duration is [1], and must be above 0 and at most 10000"),
    ],
)  # fmt: skip
def test_options_out_of_bounds_are_refused(name, options, message):
    raises(f"error: {message}", task, name, **options)


def test_a_maker_that_is_called_by_itself_checks_its_seed():
    raises("error: seed is -3, and must be from 0 to 4294967295", TASKS["bessel"], seed=-3)


@pytest.mark.parametrize("name", ["small_bessel", "steps"])
def test_the_validation_part_of_tiny_tasks_is_empty_unless_asked_for(name):
    whole, split = made(name), task(name, validation=0.25)
    assert len(whole.validation) == 0
    held = len(whole.train) // 4
    assert len(split.validation) == held
    assert np.array_equal(split.train.inputs, whole.train.inputs[:-held])
    assert np.array_equal(split.validation.inputs, whole.train.inputs[-held:])
    assert np.array_equal(split.test.inputs, whole.test.inputs)


# What the data are.


@pytest.mark.parametrize(
    ("name", "points"),
    [
        # Scaled input, scaled target: three values that the definition fixes.
        ("small_bessel", {-1: 1, 1: -1, 0: 0.165754}),
        ("small_quadratic", {-1: 1, 1: -1, 0: -0.2}),
        ("small_cubic", {-1: 1, 1: 1, 1 / 3: -1}),
    ],
)
def test_small_curves_pass_through_their_points(name, points):
    found = task(name, samples=20_000)
    x, y = found.train.inputs[:, 0], found.train.targets[:, 0]
    order = np.argsort(x)
    for at, value in points.items():
        assert np.interp(at, x[order], y[order]) == pytest.approx(value, abs=2e-3)
    assert np.abs(y).max() <= 1
    assert abs(x.mean()) < 0.02


def test_bessel_is_the_sum_of_three_bessel_functions():
    from scipy.special import j0, j1

    found = made("bessel")
    x = found.scaling.inputs.undo(found.test.inputs)
    y = found.scaling.targets.undo(found.test.targets)
    # J2(x) = 2 J1(x) / x - J0(x), so the sum is J1(x) (1 + 2 / x).
    assert np.allclose(y, j1(x) * (1 + 2 / x), atol=1e-6)
    assert not np.allclose(y, j0(x), atol=0.1)
    grid = np.concatenate([found.scaling.inputs.undo(found.part(part).inputs) for part in PARTS])
    assert np.allclose(np.sort(grid[:, 0]), np.linspace(-2 * np.pi, 2 * np.pi, 1024), atol=1e-6)


def test_the_gaussian_mixture_has_its_bumps_and_its_noise():
    quiet, loud = task("gaussian_mixture", noise=0.0), task("gaussian_mixture", noise=0.5)
    y = quiet.scaling.targets.undo(quiet.train.targets)[:, 0]
    x = quiet.scaling.inputs.undo(quiet.train.inputs)[:, 0]
    bump = 1.0 * np.exp(-((x + 2) ** 2) / 0.5) + 1.5 * np.exp(-(x**2) / 1.28)
    bump += 0.8 * np.exp(-((x - 2) ** 2) / 0.18)
    assert np.allclose(y, bump, atol=1e-6)
    noise = loud.scaling.targets.undo(loud.train.targets)[:, 0] - y
    assert noise.std() == pytest.approx(0.5, rel=0.1)


def test_spirals_have_an_arm_a_class():
    found = task("spirals", classes=3, samples=3000)
    points = found.scaling.inputs.undo(found.train.inputs)
    radius = np.hypot(*points.T)
    # Where the arm would be without noise; what is left of the angle is the noise.
    expected = 4 * found.train.targets + 4 * radius / 5
    angle = np.arctan2(points[:, 0], points[:, 1])
    left = np.angle(np.exp(1j * (angle - expected)))
    assert left.std() == pytest.approx(0.2, rel=0.1)
    assert radius.max() <= 5 + 1e-5
    assert np.bincount(found.train.targets).tolist() == [720] * 3


def test_steps_are_the_sign_of_the_sine():
    found = task("steps", samples=5000)
    x = found.train.inputs[:, 0]
    assert np.array_equal(found.train.targets, (np.sin(2 * np.pi * x.astype(float)) >= 0))
    assert x.min() < -0.99
    assert x.max() > 0.99


def test_mnist1d_is_the_published_data_set():
    # Golden values of make_dataset() of mnist1d 0.0.2.
    found = task("mnist1d", validation=0.0)
    assert [len(found.part(part)) for part in PARTS] == [4000, 0, 1000]
    assert found.test.targets[:12].tolist() == [2, 6, 3, 9, 4, 3, 1, 9, 5, 2, 0, 7]
    raw = found.scaling.inputs.undo(found.test.inputs)
    assert raw[0, :3] == pytest.approx([-0.0787708, -0.2107317, -0.0917514], abs=1e-6)


def test_mnist1d_is_kept_and_leaves_the_callers_random_state_and_stdout_alone(
    capsys, monkeypatch, tmp_path
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    kept = tmp_path / "chaoscad" / f"mnist1d-{version('mnist1d')}-42.npz"
    kept.parent.mkdir()
    kept.write_bytes(b"PK damaged")
    random.seed(5)
    np.random.seed(5)
    python, legacy = random.getstate(), np.random.get_state()[1].copy()
    neural.tasks.pictures._signals.cache_clear()
    first = task("mnist1d", seed=3)
    assert random.getstate() == python
    assert np.array_equal(np.random.get_state()[1], legacy)
    assert capsys.readouterr() == ("", "")
    neural.tasks.pictures._signals.cache_clear()
    monkeypatch.setitem(sys.modules, "mnist1d.data", None)
    assert np.array_equal(first.test.inputs, task("mnist1d", seed=3).test.inputs)


@pytest.mark.parametrize(
    ("name", "module", "package"),
    [("digits", "sklearn", "scikit-learn"), ("mnist1d", "mnist1d", "mnist1d")],
)
def test_a_missing_package_is_told_with_the_command_that_installs_it(
    name, module, package, monkeypatch, tmp_path
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    neural.tasks.pictures._signals.cache_clear()
    for loaded in [module, *(key for key in sys.modules if key.startswith(module + "."))]:
        monkeypatch.delitem(sys.modules, loaded, raising=False)
    monkeypatch.setitem(sys.modules, module, None)
    raises(f"error: the task {name} needs {package}; pip install 'chaoscad[neural]'", task, name)


def test_a_package_that_misses_another_names_it(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    neural.tasks.pictures._signals.cache_clear()
    monkeypatch.delitem(sys.modules, "mnist1d.data", raising=False)
    monkeypatch.setitem(sys.modules, "requests", None)
    raises(
        "error: the task mnist1d needs mnist1d, which needs requests; pip install 'chaoscad[neural]'",
        task,
        "mnist1d",
    )


def test_tasks_import_neither_jax_nor_optional_packages_nor_circuits():
    parts = ("arguments", "errors", "files", "instrument", "systems")
    allowed = {
        "neural.tasks",
        "neural.data",
        "neural.packages",
        *(f"chaoscad.{part}" for part in parts),
    }
    for path in sorted((ROOT / "neural" / "tasks").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [item.name for item in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module]
            for name in names:
                root = name.split(".")[0]
                assert root not in ("jax", "optax", "equinox", "sklearn", "mnist1d", "pandas")
                if root in ("chaoscad", "neural"):
                    assert any(name == own or name.startswith(own + ".") for own in allowed), path


def test_the_scaling_is_told_with_the_task():
    assert {name: made(name).scaling.name for name in SIZES} == {
        "digits": "standard",
        "mnist1d": "standard",
        "van_der_pol": "dynamics",
        "henon_heiles": "none",
        "pendulum": "canonical",
        "bessel": "range",
        "gaussian_mixture": "range",
        "spirals": "range",
        "small_bessel": "range",
        "small_quadratic": "range",
        "small_cubic": "range",
        "steps": "none",
    }
