"""Tasks of a user's own data: arrays, a data frame of pandas, or the IDX files of MNIST."""

from __future__ import annotations

import gzip
import inspect
import math
import os
import zlib
from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np

from chaoscad.arguments import choice, line_of_text, several
from chaoscad.errors import ChaoscadError, Diagnostic, shown, told
from chaoscad.files import read_bytes
from neural.data import Data, Kind, checked_data
from neural.tasks import checks
from neural.tasks.build import labelled, valued
from neural.tasks.splits import Parts, in_order, shuffled, stratified
from neural.tasks.task import Task

Order = Literal["random", "time"]
OwnKind = Literal["classification", "regression"]
OwnScaling = Literal["columns", "range", "none"]


def task_from_arrays(
    inputs: Any,
    targets: Any,
    *,
    name: str = "own data",
    kind: OwnKind | None = None,
    test: float | tuple[Any, Any] = 0.2,
    validation: float = 0.1,
    order: Order = "random",
    seed: int = 0,
    scaling: OwnScaling = "columns",
    columns: Sequence[str] | None = None,
    target_columns: Sequence[str] | None = None,
) -> Task:
    """A task of a user's own samples.

    Targets of whole numbers or of text with one axis are class labels, and the task is to classify;
    other targets are numbers, and the task is a regression.

    **Arguments:**

    - `inputs`: (samples, features), real; further axes, as those of pictures, are flattened.
    - `targets`: labels (samples,), from 0 where they are whole numbers; or values (samples,) or
      (samples, outputs).
    - `kind`: `classification` or `regression`, where the targets' type does not tell.
    - `test`: the test part's share of all samples, or a pair (inputs, targets) of its own.
    - `validation`: the validation part's share of the others; may be 0.
    - `order`: `random` draws the parts (labels: in the classes' proportions); `time` takes the first
      samples to train on and the last for the test, as forecasts of a record want it.
    - `seed`: of that draw.
    - `scaling`: `columns` brings every column to mean 0 and variance 1, `range` to [-1, 1], `none`
      leaves it; fitted to the training part alone. Labels are not scaled.
    - `columns`, `target_columns`: names; for labels the classes' names.

    **Raises:** `ChaoscadError` for shapes that do not fit, with both shapes; numbers that are not
    finite, with the first place; labels out of range; and bad options.
    """
    choice("order", order, get_args(Order))
    choice("scaling", scaling, get_args(OwnScaling))
    line_of_text("the task's name", name)
    validation = checks.share("validation", validation, zero=True)
    share = 0.0 if isinstance(test, tuple) else checks.share("test", test, zero=False)
    what, classes = _kind(targets, kind)
    given = _samples("given", inputs, targets, what, classes, None)
    features = given.inputs.shape[1]
    outputs = len(classes) if what == "classification" else given.targets.shape[1]
    apart = None
    if isinstance(test, tuple):
        if len(test) != 2:
            raise ChaoscadError(f"the test part is {told(test)}; it must be (inputs, targets)")
        apart = _samples("test", *test, what, classes, (features, outputs))
    parts = _parts(given, what, share, validation, order, seed)
    x, y = given
    if apart is not None:
        parts = Parts(parts.train, parts.validation, len(x) + np.arange(len(apart.inputs)))
        x, y = np.concatenate([x, apart.inputs]), np.concatenate([y, apart.targets])
    options = {"seed": seed, "validation": validation, "order": order, "scaling": scaling}
    about = {
        "columns": _names("columns", columns, features, "input"),
        "description": f"{len(x)} samples of {features} columns, given by the user",
        "source": "the user's own data",
        "options": {**options, "test": "given" if apart else share},
    }
    if what == "classification":
        given_names = classes if target_columns is None else target_columns
        named = _names("target_columns", given_names, outputs, "class")
        return labelled(name, x, y, parts, scaling, classes=named, **about)
    named = _names("target_columns", target_columns, outputs, "output")
    return valued(name, x, y, parts, scaling, target_columns=named, **about)


def task_from_frame(
    frame: Any,
    *,
    targets: str | Sequence[str],
    inputs: Sequence[str] | None = None,
    **options: Any,
) -> Task:
    """A task of a data frame of pandas.

    **Arguments:**

    - `targets`: the column of labels or numbers, or several columns of numbers.
    - `inputs`: the columns to predict from; all others by default.
    - `options`: those of `task_from_arrays` but the columns' names.

    **Raises:** `ChaoscadError` for an unknown column, with the nearest one, for a column that is both,
    for cells that are no finite numbers, with column and row, and as `task_from_arrays`.
    """
    if not hasattr(frame, "columns") or not hasattr(frame, "to_numpy"):
        raise ChaoscadError(f"the frame is {told(frame)}, and must be a DataFrame of pandas")
    there = [str(column) for column in frame.columns]
    chosen, wanted = chosen_columns(there if inputs is None else inputs, targets, inputs is None)
    for column in (*wanted, *chosen):
        choice("column of the frame", str(column), there)
        if there.count(column) > 1:
            raise ChaoscadError(f"the frame has {there.count(column)} columns {shown(str(column))}")

    if not len(frame):
        raise ChaoscadError("the frame has no rows")

    def numbers(columns: tuple[str, ...], text: bool = False) -> np.ndarray:
        return np.column_stack([_column(frame, there.index(one), one, text) for one in columns])

    y = numbers(wanted, len(wanted) == 1)
    return of_columns(numbers(chosen), y, chosen, wanted, y.dtype.kind in "iuU", wanted[0], options)


def chosen_columns(
    inputs: str | Sequence[str], targets: str | Sequence[str], others: bool = False
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of input and target columns; with `others`, the inputs are those that are no targets.

    **Raises:** `ChaoscadError` for none, one that comes twice, and one that is both.
    """
    wanted = (targets,) if isinstance(targets, str) else several("target columns", targets)
    given = [one for one in inputs if one not in wanted] if others else inputs
    given = (given,) if isinstance(given, str) else given
    chosen = several("input columns", given)
    if both := [name for name in chosen if name in wanted]:
        raise ChaoscadError(f"the column {shown(str(both[0]))} is both an input and a target")
    return chosen, wanted


def of_columns(
    inputs: np.ndarray,
    targets: np.ndarray,
    chosen: tuple[str, ...],
    wanted: tuple[str, ...],
    labels: bool,
    name: str,
    options: dict[str, Any],
) -> Task:
    """A task of named columns; `labels` says whether a single target column can be class labels."""
    _known(options, columns=False)
    labels = labels and len(wanted) == 1 and options.get("kind") != "regression"
    return task_from_arrays(
        inputs,
        targets[:, 0] if labels else targets,
        columns=chosen,
        target_columns=None if labels else wanted,
        **{"name": name, **options},
    )


def task_from_idx(
    images: str | os.PathLike[str],
    labels: str | os.PathLike[str],
    *,
    test_images: str | os.PathLike[str] | None = None,
    test_labels: str | os.PathLike[str] | None = None,
    **options: Any,
) -> Task:
    """A task of the IDX files that MNIST and its relatives come in, plain or as .gz; nothing is fetched.

    Pixels become numbers from 0 to 1. Without test files a share of the pictures is the test part.

    **Arguments:**

    - `options`: those of `task_from_arrays`; `scaling` is `none` unless given.

    **Raises:** `ChaoscadError` with the file for one that is no IDX file or is cut off, and as
    `task_from_arrays`.

    Source of the format: Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST Database of Handwritten
    Digits (1998).
    """
    if (test_images is None) != (test_labels is None):
        raise ChaoscadError("test_images and test_labels come together; give both or neither")
    if test_images is not None and test_labels is not None:
        options["test"] = (read_idx(test_images) / 255.0, read_idx(test_labels))
    _known(options)
    settings = {"name": "idx", "scaling": "none", **options}
    return task_from_arrays(read_idx(images) / 255.0, read_idx(labels), **settings)


def _known(options: dict[str, Any], columns: bool = True) -> None:
    there = list(inspect.signature(task_from_arrays).parameters)[2:]
    for name in options:
        choice("option of a task", name, [one for one in there if columns or "columns" not in one])


_IDX_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def read_idx(path: str | os.PathLike[str]) -> np.ndarray:
    """The array of an IDX file: two zero bytes, a type, the number of axes, their lengths, the data.

    **Raises:** `ChaoscadError` with the file for another kind of file and for one that is cut off.
    """
    name, data = os.fspath(path), read_bytes(path)
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise ChaoscadError(Diagnostic(f"this .gz file is damaged: {error}", name)) from None
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _IDX_TYPES or not data[3]:
        hint = "such a file begins with two zero bytes; MNIST's are called ...-idx3-ubyte"
        raise ChaoscadError(Diagnostic("this is not an IDX file", name, hint=hint))
    start = 4 + 4 * data[3]
    shape = [int.from_bytes(data[at : at + 4], "big") for at in range(4, start, 4)]
    kind = np.dtype(_IDX_TYPES[data[2]])
    wanted = start + math.prod(shape) * kind.itemsize
    if len(data) != wanted:
        message = f"the file has {len(data)} bytes, and its header tells of {wanted}"
        raise ChaoscadError(Diagnostic(message, name, hint="copy the file again"))
    return np.frombuffer(data, kind, offset=start).reshape(shape).astype(kind.newbyteorder("="))


def _kind(targets: Any, kind: OwnKind | None) -> tuple[Kind, tuple[str, ...]]:
    """What the targets ask for, and the names of their classes."""
    values = _plain("the given targets", targets)
    if kind is not None:
        choice("kind", kind, get_args(OwnKind))
    if kind == "regression":
        return kind, ()
    if kind == "classification" and (values.ndim != 1 or values.dtype.kind not in "iubU"):
        raise ChaoscadError(
            f"the labels are {values.dtype} of the shape {values.shape}; they must be whole numbers "
            "or text, one for each sample"
        )
    if values.ndim != 1 or values.dtype.kind not in "iubU" or not values.size:
        return "regression", ()
    present = np.unique(values)
    if len(present) == 1:
        message = f"all {len(values)} labels are {shown(str(present[0]))}; a classification needs 2 classes"
        if values.dtype.kind in "iu":
            message += ", and kind='regression' takes numbers as numbers"
        raise ChaoscadError(message)
    if values.dtype.kind in "bU":
        return "classification", tuple(map(str, present))
    most = max(int(present[-1]), 1)
    if kind is None and present[0] == 1 and len(present) == most:
        raise ChaoscadError(
            f"the labels go from 1 to {most}, and count classes from 0; subtract 1, or give "
            "kind='classification' for a class 0 without samples"
        )
    if most >= len(values) + 1:
        # A count of classes beyond the samples is a count of something else.
        raise ChaoscadError(
            f"the targets are whole numbers up to {most} for {len(values)} samples; labels count "
            "classes from 0: kind='regression' takes them as numbers to predict"
        )
    return "classification", tuple(str(index) for index in range(most + 1))


def _samples(
    part: str,
    inputs: Any,
    targets: Any,
    kind: Kind,
    classes: tuple[str, ...],
    sizes: tuple[int, int] | None,
) -> Data:
    x, y = _plain(f"the {part} inputs", inputs), _plain(f"the {part} targets", targets)
    if x.ndim > 2 and x.size:
        x = x.reshape(len(x), -1)
    if kind == "classification" and y.dtype.kind in "bU":
        text = y.astype(str)
        if unknown := [one for one in np.unique(text) if one not in classes]:
            raise ChaoscadError(
                f"the {part} label {shown(str(unknown[0]))} is none of the classes "
                + ", ".join(classes[:12])
            )
        y = np.searchsorted(np.asarray(classes), text)
    if kind == "regression" and y.ndim == 1:
        y = y[:, None]
    for what, values in (("inputs", x), ("targets", y)):
        if values.ndim == 2 and not values.shape[1]:
            raise ChaoscadError(
                f"the {part} {what} have the shape {values.shape}, and must have columns"
            )
    own = (x.shape[1] if x.ndim == 2 else 1, y.shape[1] if y.ndim == 2 else 1)
    features, outputs = sizes or own
    count = len(classes) if kind == "classification" else outputs
    return checked_data(part, (x, y), kind, features, count, dtype=np.float64)


def _parts(
    given: Data, kind: Kind, test: float, validation: float, order: Order, seed: int
) -> Parts:
    draw = checks.generator(seed)
    if order == "time":
        return in_order(len(given.inputs), test, validation)
    if kind == "classification":
        return stratified(given.targets, test, validation, draw)
    return shuffled(len(given.inputs), test, validation, draw)


def _names(what: str, given: Any, count: int, stem: str) -> tuple[str, ...]:
    if given is None:
        return tuple(f"{stem}_{index}" for index in range(count))
    if isinstance(given, str):
        raise ChaoscadError(f"{what} is {told(given)}, and must be a list of names")
    found = tuple(str(one) for one in several(what, given))
    if len(found) != count:
        raise ChaoscadError(f"{what} gives {len(found)} names for {count} columns")
    return found


def _column(frame: Any, place: int, name: str, text: bool) -> np.ndarray:
    """A frame's column as numbers, whole numbers or, where it is allowed, text."""
    found = _plain(f"the cells of column {shown(name)}", frame.iloc[:, place].to_numpy())
    if found.dtype.kind not in ("iubfU" if text else "iubf"):
        what = "text" if found.dtype.kind == "U" else found.dtype
        raise ChaoscadError(f"the column {shown(name)} is {what}, and must hold numbers")
    if found.dtype.kind in "iub":
        return found.astype(np.int64)
    wrong = np.flatnonzero(~np.isfinite(found) if found.dtype.kind == "f" else [])
    if len(wrong):
        raise ChaoscadError(
            f"the column {shown(name)} is not finite in {len(wrong)} rows, the first at row "
            f"{wrong[0]}; drop these rows, for example with frame.dropna()"
        )
    return found


def _plain(name: str, given: Any) -> np.ndarray:
    """Numbers or text as an array of their own type; what is masked is NaN."""
    if np.ma.is_masked(given):
        given = np.ma.filled(given.astype(np.float64), np.nan)
    try:
        values = np.asarray(given)
    except ValueError:
        raise ChaoscadError(
            f"{name} are rows of different lengths; inputs and targets must be arrays"
        ) from None
    if values.dtype != object or not values.size:
        return values
    kinds = {str if isinstance(one, str) else type(one) for one in values.flat}
    if kinds == {str}:
        return values.astype(str)
    try:
        return values.astype(np.int64 if kinds == {int} else np.float64)
    except (TypeError, ValueError, OverflowError):
        named = ", ".join(sorted(kind.__name__ for kind in kinds)[:4])
        raise ChaoscadError(
            f"{name} are {named} mixed; they must be numbers, or text alone"
            if len(kinds) > 1
            else f"{name} are {named}, and must be numbers or text"
        ) from None
