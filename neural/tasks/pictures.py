"""Pictures and signals of digits, from scikit-learn and from mnist1d."""

from __future__ import annotations

import contextlib
import io
import random
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from zipfile import BadZipFile

import numpy as np

from chaoscad.errors import ChaoscadError
from chaoscad.files import compiled_folder, write_bytes
from neural.packages import needs
from neural.tasks import checks
from neural.tasks.build import labelled
from neural.tasks.splits import Parts, stratified
from neural.tasks.task import Task

DIGITS = tuple("0123456789")


def digits(*, seed: int = 0, test: float = 0.2, validation: float = 0.1) -> Task:
    """1797 scans of handwritten digits, 8 x 8 pixels, 10 classes; ships with scikit-learn.

    **Arguments:**

    - `seed`: draws the parts; each has the classes' proportions.

    **Raises:** `ChaoscadError` when scikit-learn is missing.

    Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning
    Repository (1998), doi 10.24432/C50P49.
    """
    test, validation = checks.shares(test, validation)
    data = needs("the task digits", "sklearn.datasets", "scikit-learn").load_digits()
    pixels, labels = np.asarray(data.data, np.float64), np.asarray(data.target)
    parts = stratified(labels, test, validation, checks.generator(seed))
    return labelled(
        "digits",
        pixels,
        labels,
        parts,
        "standard",
        classes=DIGITS,
        columns=tuple(f"pixel_{row}_{column}" for row in range(8) for column in range(8)),
        description="scans of handwritten digits, 8 x 8 pixels from 0 to 16",
        source="E. Alpaydin, C. Kaynak, UCI Machine Learning Repository (1998)",
    )


def mnist1d(*, seed: int = 0, validation: float = 0.1) -> Task:
    """MNIST-1D: 4000 training and 1000 test signals of 40 samples, 10 classes.

    The package `mnist1d` generates them here, with its default arguments, and downloads nothing. It
    divides by the deviation of all signals, those of the test among them; the scaling here is
    fitted to the training part alone, and undoes that.

    **Arguments:**

    - `seed`: draws the validation part; the signals and the test part do not depend on it.
    - `validation`: the share of the 4000 that is held out for validation, in the classes'
      proportions; 0 leaves all of them to the training part, as in the reference.

    **Raises:** `ChaoscadError` when mnist1d is missing.

    Source: S. Greydanus, D. Kobak, Scaling Down Deep Learning with MNIST-1D, ICML 2024, arXiv
    2011.14439.
    """
    validation = checks.share("validation", validation, zero=True)
    signals, labels, training = _signals()
    kept = stratified(labels[:training], 0.0, validation, checks.generator(seed))
    parts = Parts(kept.train, kept.validation, np.arange(training, len(labels)))
    return labelled(
        "mnist1d",
        signals,
        labels,
        parts,
        "standard",
        classes=DIGITS,
        columns=tuple(f"sample_{index}" for index in range(signals.shape[1])),
        description="one-dimensional signals that are shaped like digits",
        source="S. Greydanus, D. Kobak, ICML 2024, arXiv 2011.14439",
    )


@lru_cache(maxsize=1)
def _signals() -> tuple[np.ndarray, np.ndarray, int]:
    """All signals, their labels, and how many of them, the first ones, are for training.

    They are kept beside the compiled programs: the package takes longer to be loaded and to make them
    than a network takes to train. A file that is damaged is made anew, and none is no error.
    """
    folder = compiled_folder()
    try:
        kept = folder and folder.parent / f"mnist1d-{version('mnist1d')}-42.npz"
    except PackageNotFoundError:
        kept = None
    if kept is None:
        return _generated()
    try:
        with np.load(kept, allow_pickle=False) as file:
            return file["signals"], file["labels"], int(file["training"])
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        signals, labels, training = _generated()
    data = io.BytesIO()
    np.savez(data, signals=signals, labels=labels, training=training)
    with contextlib.suppress(OSError, ChaoscadError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(kept, data.getvalue())
    return signals, labels, training


def _generated() -> tuple[np.ndarray, np.ndarray, int]:
    module = needs("the task mnist1d", "mnist1d.data", "mnist1d")
    # The package seeds the global generators; the caller's draws go on as if it had not.
    python, legacy = random.getstate(), np.random.get_state()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            # Its own seed, 42, gives the published signals.
            data = module.make_dataset(module.get_dataset_args())
    finally:
        random.setstate(python)
        np.random.set_state(legacy)
    signals = np.concatenate([data["x"], data["x_test"]])
    return signals, np.concatenate([data["y"], data["y_test"]]), len(data["x"])
