"""The rivals of growing: pruning by magnitude, and a search over widths."""

from __future__ import annotations

import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.tune import optimizer
from neural.activations import fixed
from neural.architecture import Architecture
from neural.compare.arms import steps_within
from neural.growing import grow
from neural.growing.arms import growing_arm
from neural.growing.baselines import prune, pruning_arm, width_search_arm
from neural.operations import network_flops
from neural.tasks import task

ADAM = optimizer("adam", 1e-2)
SEEDS = np.array([3, 5])


@pytest.fixture(scope="module")
def bessel():
    return task("bessel", samples=60)


def trained(bessel, architecture, steps=20, **options):
    train = bessel.train
    return grow(
        architecture,
        train.inputs,
        train.targets,
        optimizer=ADAM,
        steps=steps,
        seeds=SEEDS,
        **options,
    )


def cost(bessel, width):
    shape = Architecture(1, [width], 1)
    return network_flops(shape, [fixed("tanh")], len(bessel.train))([width])


def test_pruning_keeps_the_units_of_the_largest_weights_of_each_activation(bessel):
    kinds = ["tanh", "sin"]
    wide = Architecture(1, [6, 5], 1)
    networks = trained(bessel, wide, activations=kinds).networks
    left = ((0, 1, 0), (0, 1))
    cut = prune(networks, left)
    for trial in range(2):
        before = [np.asarray(layer.weight[trial]) for layer in networks.layers]
        chosen = []
        for layer, few in enumerate(left):
            size = np.linalg.norm(before[layer], axis=0) * np.linalg.norm(before[layer + 1], axis=1)
            many = np.asarray(networks.assignments[layer])
            places = [0] * len(few)
            for kind in (0, 1):
                wanted = [place for place, one in enumerate(few) if one == kind]
                best = sorted(np.flatnonzero(many == kind), key=lambda unit: -size[unit])
                for place, unit in zip(wanted, sorted(best[: len(wanted)]), strict=True):
                    places[place] = unit
            chosen.append(places)
        np.testing.assert_array_equal(cut.layers[0].weight[trial], before[0][:, chosen[0]])
        middle = before[1][np.ix_(chosen[0], chosen[1])]
        np.testing.assert_array_equal(cut.layers[1].weight[trial], middle)
        np.testing.assert_array_equal(cut.layers[2].weight[trial], before[2][chosen[1]])
        bias = np.asarray(networks.layers[1].bias[trial])[chosen[1]]
        np.testing.assert_array_equal(cut.layers[1].bias[trial], bias)
    assert cut.assignments == left


def test_pruning_that_takes_nothing_away_goes_on_with_the_same_network(bessel):
    """A plain descent has no memory, so two parts of a run are the run."""
    sgd = optimizer("sgd", 0.1)
    shape = Architecture(1, [4], 1)
    whole = growing_arm("static", shape, None, bessel, optimizer=sgd).run(SEEDS, 0.1, 40)
    arm = pruning_arm("pruned", shape, bessel, wide=4, first=0.3, optimizer=sgd)
    np.testing.assert_allclose(arm.run(SEEDS, 0.1, 40).test, whole.test, rtol=1e-4)


def test_a_pruning_arm_counts_both_its_parts_and_scores_what_is_left(bessel):
    arm = pruning_arm("pruned", Architecture(1, [3], 1), bessel, wide=8, first=0.25, optimizer=ADAM)
    scores = arm.run(SEEDS, 1e-2, 20)
    expected = 5 * cost(bessel, 8) + 15 * cost(bessel, 3)
    assert scores.flops.tolist() == [expected, expected] == [arm.flops(20)] * 2
    assert scores.extra["effective size"].tolist() == [3, 3]
    assert scores.extra["parameters"].tolist() == [10, 10]
    assert steps_within(arm, expected) == 20


def test_a_width_search_takes_each_seeds_best_width_and_pays_for_all(bessel):
    shapes = [Architecture(1, [width], 1) for width in (1, 6)]
    arm = width_search_arm("search", shapes, bessel, optimizer=ADAM)
    scores = arm.run(SEEDS, 1e-2, 30)
    single = [
        growing_arm("one", shape, None, bessel, optimizer=ADAM).run(SEEDS, 1e-2, 30)
        for shape in shapes
    ]
    best = np.argmin([one.validation for one in single], axis=0)
    for name in ("test", "validation", "train"):
        values = [getattr(single[place], name)[seed] for seed, place in enumerate(best)]
        np.testing.assert_allclose(getattr(scores, name), values, rtol=1e-5)
    assert scores.extra["effective size"].tolist() == [(1, 6)[place] for place in best]
    total = 30 * (cost(bessel, 1) + cost(bessel, 6))
    assert scores.flops.tolist() == [total, total] == [arm.flops(30)] * 2


SMALL = Architecture(1, [4], 1)
MASK = Architecture(1, [4], 1, form="mask")


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda task: pruning_arm("p", MASK, task, wide=8, optimizer=ADAM),
            "arm 'p': its network has the form 'mask'; the widths of this arm do not move, so it must "
            "be 'static'",
        ),
        (
            lambda task: pruning_arm("p", SMALL, task, wide=3, optimizer=ADAM),
            "arm 'p': hidden layer 1 has 3 units of activation 0 of which 4 are to be left; give a "
            "larger `wide`",
        ),
        (
            lambda task: pruning_arm("p", SMALL, task, wide=[8, 8], optimizer=ADAM),
            "arm 'p': 2 wide layers are to become 1; give one width, or one for each",
        ),
        (
            lambda task: pruning_arm("p", SMALL, task, wide=8, first=2, optimizer=ADAM),
            "arm 'p': the first share is 2, and must be above 0 and at most 1",
        ),
        (
            lambda task: pruning_arm("p", SMALL, task, wide=8, optimizer=ADAM).run(SEEDS, 1e-2, 1),
            "arm 'p' has 1 step; pruning needs at least 2",
        ),
        (
            lambda task: width_search_arm("w", [SMALL], task, optimizer=ADAM),
            "arm 'w' needs 2 or more architectures to choose from",
        ),
        (
            lambda task: width_search_arm("w", None, task, optimizer=ADAM),  # type: ignore[arg-type]
            "the architecture of arm 'w' is None, and must be of the type "
            "neural.architecture.Architecture, for example Architecture(1, [10], 1, form='mask')",
        ),
        (
            lambda task: trained(task, SMALL, networks=trained(task, MASK).networks),
            "the networks are 2 trials of the form mask with the sizes 1 4 1 of tanh; the run needs "
            "2 trials of the form static with the sizes 1 4 1 of tanh",
        ),
        (
            lambda task: trained(task, SMALL, networks=3),
            "the networks is 3, and must be of the type neural.perceptron.Perceptron, for example "
            "grow(...).networks",
        ),
    ],
)
def test_impossible_rivals_are_refused(bessel, build, message):
    with pytest.raises(ChaoscadError) as caught:
        build(bessel)
    assert str(caught.value) == f"error: {message}"
