"""Tasks of a user's own arrays, frames and files."""

import gzip

import numpy as np
import pandas
import pytest

from chaoscad.errors import ChaoscadError
from neural.tasks import task_from_arrays, task_from_csv, task_from_frame, task_from_idx

X = np.linspace(-3.0, 5.0, 80).reshape(40, 2)
Y = X.sum(1)


def test_arrays_are_split_scaled_by_the_training_part_and_undone():
    made = task_from_arrays(X, Y, test=0.25, columns=["u", "v"])
    assert (made.kind, made.metric, made.features, made.outputs) == ("regression", "mse", 2, 1)
    assert [len(part) for part in (made.train, made.validation, made.test)] == [27, 3, 10]
    assert repr(made) == "Task(own data: regression, 2 to 1, train 27, validation 3, test 10)"
    np.testing.assert_allclose(made.train.inputs.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(made.train.targets.std(0), 1, atol=1e-6)
    raw = made.scaling.inputs.undo(made.test.inputs)
    np.testing.assert_allclose(
        made.scaling.targets.undo(made.test.targets)[:, 0], raw.sum(1), atol=1e-5
    )


def test_a_record_in_time_is_not_shuffled():
    made = task_from_arrays(X, Y, order="time", scaling="none")
    np.testing.assert_allclose(made.test.inputs, X[-8:], rtol=1e-6)
    np.testing.assert_allclose(made.train.inputs, X[:29], rtol=1e-6)


def test_labels_are_whole_numbers_or_text_and_pictures_are_flattened():
    numbers = np.arange(40) % 4
    made = task_from_arrays(np.zeros((40, 3, 5)), numbers, test=(np.ones((2, 3, 5)), [0, 3]))
    assert (made.kind, made.features, made.outputs) == ("classification", 15, 4)
    assert made.test.targets.tolist() == [0, 3]
    named = task_from_arrays(X, np.array(["cat", "ant"])[numbers % 2])
    assert named.target_columns == ("ant", "cat")
    assert task_from_arrays(X, numbers, kind="regression").outputs == 1
    assert task_from_arrays(X, 1 + numbers, kind="classification").outputs == 5


def test_a_frame_gives_the_task_of_its_columns():
    frame = pandas.DataFrame({"u": X[:, 0], "v": X[:, 1], "y": Y, "kind": ["a", "b"] * 20})
    made = task_from_frame(frame, targets="y", inputs=["v", "u"])
    assert (made.columns, made.target_columns) == (("v", "u"), ("y",))
    assert task_from_frame(frame, targets="kind").target_columns == ("a", "b")
    assert task_from_frame(frame, targets="y", inputs="u").columns == ("u",)
    assert task_from_arrays(frame[["u", "v"]], frame["kind"]).target_columns == ("a", "b")
    with pytest.raises(ChaoscadError) as caught:
        task_from_frame(frame, targets="y")
    assert str(caught.value) == "error: the column 'kind' is text, and must hold numbers"
    with pytest.raises(ChaoscadError) as caught:
        task_from_frame(frame[:0], targets="y")
    assert str(caught.value) == "error: the frame has no rows"
    with pytest.raises(ChaoscadError) as caught:
        task_from_frame(frame, targets="yy")
    assert str(caught.value) == "error: unknown column of the frame 'yy'; did you mean 'y'?"
    for options, hint in (
        ({"validaton": 0.2}, "did you mean 'validation'?"),
        ({"columns": ["a"]}, ""),
    ):
        with pytest.raises(ChaoscadError) as caught:
            task_from_frame(frame, targets="y", inputs=["u", "v"], **options)
        start = f"error: unknown option of a task '{next(iter(options))}'; "
        assert str(caught.value).startswith(start + hint)
    frame.loc[7, "v"] = np.nan
    with pytest.raises(ChaoscadError) as caught:
        task_from_frame(frame, targets="y", inputs=["u", "v"])
    assert str(caught.value) == (
        "error: the column 'v' is not finite in 1 rows, the first at row 7; "
        "drop these rows, for example with frame.dropna()"
    )


def test_any_csv_of_inputs_and_outputs_is_a_task(tmp_path):
    path = tmp_path / "motor.csv"
    rows = [f"{a!r},x,{b!r},{a + b!r}" for a, b in X.tolist()]
    path.write_text("\n".join(["volts,note,load,speed", *rows]) + "\n")
    made = task_from_csv(path, inputs=["volts", "load"], targets="speed")
    assert (made.name, made.kind, made.columns) == (
        "motor.csv",
        "regression",
        ("volts", "load"),
    )
    path.write_text(path.read_text().replace(rows[4], "1.0,x,fast,2"))
    with pytest.raises(ChaoscadError) as caught:
        task_from_csv(path, inputs=["volts", "load"], targets="speed")
    assert str(caught.value) == f"{path}:6:7: error: 'fast' in column 'load' is not a number"


def idx(array):
    shape = b"".join(n.to_bytes(4, "big") for n in array.shape)
    return bytes([0, 0, 8, array.ndim]) + shape + array.astype(np.uint8).tobytes()


def test_idx_files_of_mnist_are_read_plain_and_compressed(tmp_path):
    images, labels = tmp_path / "images", tmp_path / "labels.gz"
    images.write_bytes(idx(np.arange(40 * 4).reshape(40, 2, 2)))
    labels.write_bytes(gzip.compress(idx(np.arange(40) % 2)))
    made = task_from_idx(images, labels, order="time")
    assert (made.features, made.outputs, len(made.test)) == (4, 2, 8)
    np.testing.assert_allclose(made.train.inputs[1], np.arange(4, 8) / 255, rtol=1e-6)
    images.write_bytes(images.read_bytes()[:-3])
    with pytest.raises(ChaoscadError) as caught:
        task_from_idx(images, labels)
    assert str(caught.value) == (
        f"{images}: error: the file has 173 bytes, and its header tells of 176; copy the file again"
    )


@pytest.mark.parametrize(
    ("inputs", "targets", "options", "message"),
    [
        (X, Y[:-1], {}, "the given targets have the shape (39, 1), and must have (40, 1)"),
        (X[:, 0], Y, {}, "the given inputs have the shape (40,), and must have (samples, 1); add the last axis with [..., None]"),
        (np.where(X[3, 1] == X, np.nan, X), Y, {}, "1 of the given inputs is not finite in float64, the first at (3, 1); remove or replace these samples"),
        (X, np.arange(40) * 9, {}, "the targets are whole numbers up to 351 for 40 samples; labels count classes from 0: kind='regression' takes them as numbers to predict"),
        (X, np.arange(40) - 1, {}, "1 of the given labels is out of range, the first is -1 at (0,); 39 outputs serve the classes 0 to 38"),
        (X, Y, {"test": (X[:, :1], Y)}, "the test inputs have the shape (40, 1), and must have (samples, 2)"),
        (X, Y, {"columns": "uv"}, "columns is 'uv', and must be a list of names"),
        (X, Y, {"order": "tme"}, "unknown order 'tme'; did you mean 'time'?"),
        ([[1], [1, 2]], [1.0, 2.0], {}, "the given inputs are rows of different lengths; inputs and targets must be arrays"),
        (X, np.ones(40, int), {}, "all 40 labels are '1'; a classification needs 2 classes, and kind='regression' takes numbers as numbers"),
        (X, 1 + np.arange(40) % 3, {}, "the labels go from 1 to 3, and count classes from 0; subtract 1, or give kind='classification' for a class 0 without samples"),
        (X, np.array([1, "a"] * 20, object), {}, "the given targets are int, str mixed; they must be numbers, or text alone"),
        (np.ma.masked_equal(X, X[3, 1]), Y, {}, "1 of the given inputs is not finite in float64, the first at (3, 1); remove or replace these samples"),
        (X, np.zeros((40, 0)), {}, "the given targets have the shape (40, 0), and must have columns"),
        (X[:1], Y[:1], {}, "1 samples leave none to train on; with test=0.2 and validation=0.1, give more of them"),
    ],
)  # fmt: skip
def test_bad_data_are_named_with_their_shapes(inputs, targets, options, message):
    with pytest.raises(ChaoscadError) as caught:
        task_from_arrays(inputs, targets, **options)
    assert str(caught.value) == f"error: {message}"
