"""What is not of the type that a public function takes is named, with what is allowed."""

import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.tune import Anneal
from neural.activations import fixed, learned
from neural.architecture import Architecture
from neural.compare import compare, rates_around
from neural.compare.figures import draw_boxes
from neural.compare.store import load, loads, save
from neural.figures import draw_activations, draw_curves, draw_learning
from neural.growing.figures import draw_growth, draw_regions
from neural.optimizers import rmsprop

SHAPE, SIN = Architecture(1, [6], 1), [fixed("sin")]
COMPARISON = '{"format": "neural-comparison", "version": 1, %s}'


def curves(*pair):
    return draw_curves({"a": pair}, xlabel="x", ylabel="y")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: Architecture(1, (0,), 1),
            "the width of hidden layer 1 is 0, and must be from 1 to 20000000",
        ),
        (
            lambda: Architecture("1", (5,), 1),
            "the number of inputs is '1', and must be a whole number",
        ),
        (
            lambda: Architecture(3, (5,), 3, hamiltonian=True),
            "a Hamiltonian network of 3 inputs and 3 outputs was asked for; it takes (q, p), an even "
            "number, and answers with as many rates",
        ),
        (
            lambda: Architecture(1, (5,), 1, assignments=((0,),)),
            "the assignment of hidden layer 1 has 1 entries, and the layer has 5 units; give one for "
            "each",
        ),
        (
            lambda: Architecture(10**5000, (5,), 1),
            "the number of inputs is a whole number of too many digits, and must be from 1 to "
            "20000000",
        ),
        (
            lambda: SHAPE.build(3, SIN),
            "the key is 3, and must be one key, such as jax.random.key(0)",
        ),
        (
            lambda: learned(None),
            "the key is None, and must be one key, such as jax.random.key(0)",
        ),
        (
            lambda: draw_activations(3),
            "the activations are 3, and must be names to activations",
        ),
        (
            lambda: draw_activations({"a": 3}),
            "the activations of 'a' are 3, and must be a list of functions",
        ),
        (
            lambda: draw_activations({"a": ["sin"]}),
            "one of the activations of 'a' is 'sin', and must be a function",
        ),
        (
            lambda: draw_learning(3),
            "what was learned is 3, and must be of the type neural.metalearn.loop.MetaLearned, for "
            "example metalearn(shape, task, settings)",
        ),
        (lambda: curves(1), "the curve 'a' is (1,), and must be a pair, x and y"),
        (
            lambda: curves(np.zeros(3), np.zeros((2, 4))),
            "the curve 'a' has shapes (3,) and (2, 4), and must have one of shape (n,) and one as long",
        ),
        (
            lambda: curves(np.zeros(3), "abc"),
            "the numbers of the curve 'a' are <U3, and must be real numbers",
        ),
        (
            lambda: draw_boxes(3),
            "the comparison is 3, and must be of the type neural.compare.comparison.Comparison, for "
            "example compare(arms, seeds=8, steps=100)",
        ),
        (lambda: draw_growth(3), "the histories are 3, and must be names to histories"),
        (
            lambda: draw_regions(None),
            "the regions is None, and must be of the type neural.growing.analyses.Regions, for "
            "example decision_regions(network)",
        ),
        (
            lambda: save(3, "x.json"),
            "the comparison is 3, and must be of the type neural.compare.comparison.Comparison, for "
            "example compare(arms, seeds=8, steps=100)",
        ),
        (lambda: load(3), "the file's path is 3; it must be a string or a pathlib.Path"),
        (
            lambda: compare(3, seeds=2, steps=3, metric="mse"),
            "the arms are 3; they must be a list of Arm",
        ),
        (lambda: rates_around(0.1, 3), "the factors are 3; they must be several numbers"),
        (
            lambda: Anneal(0.0, 1.0),
            "the start of an annealed quantity is 0, and must be a positive number",
        ),
        (lambda: loads(3), "the text of a comparison is 3; it must be a string"),
        (
            lambda: loads(COMPARISON % '"failure": 1e999'),
            "1:58: error: '1e999' is larger than any number that a float holds",
        ),
        (
            lambda: loads(COMPARISON % ('"failure": 1' + 400 * "0")),
            f"1:58: error: '1{56 * '0'}...' is larger than any number that a float holds",
        ),
        (
            lambda: loads(COMPARISON % '"failure": NaN'),
            "1:58: error: this is not valid JSON: NaN is not a JSON number",
        ),
        (
            lambda: loads(COMPARISON % '"title": "", "title": ""'),
            "1:60: error: the key 'title' stands there twice; delete one of them",
        ),
    ],
)
def test_a_wrong_argument_is_named(call, message):
    with pytest.raises(ChaoscadError) as caught:
        call()
    assert str(caught.value) == (message if "error: " in message else f"error: {message}")


def test_an_architecture_that_is_built_directly_is_the_one_that_is_asked_for():
    assert Architecture(1, [5], 1, assignments=[[0] * 5]) == Architecture(
        1, [5], 1, assignments=[[0] * 5]
    )
    assert hash(Architecture(np.int64(1), [5], 1)) == hash(Architecture(1, (5,), 1))
    assert dict(rmsprop(initial_scale=0.5).arguments) == {"decay": 0.8, "initial_scale": 0.5}
