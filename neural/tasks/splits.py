"""Which samples belong to which part."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from chaoscad.errors import ChaoscadError, Diagnostic


class Parts(NamedTuple):
    """Indices of samples; no index is in two parts."""

    train: Int[np.ndarray, " train"]
    validation: Int[np.ndarray, " validation"]
    test: Int[np.ndarray, " test"]


def counts(samples: int, test: float, validation: float, what: str = "samples") -> tuple[int, ...]:
    """How many samples the three parts get.

    **Arguments:**

    - `test`: the test part's share of all samples; at least one sample, unless it is 0.
    - `validation`: the validation part's share of what the test part leaves; at least one sample,
      unless it is 0.

    **Raises:** `ChaoscadError` when nothing is left to train on.
    """
    tested = max(1, round(test * samples)) if test else 0
    rest = samples - tested
    validated = max(1, round(validation * rest)) if validation else 0
    if rest - validated < 1:
        message = f"{samples} {what} leave none to train on"
        hint = f"with test={test:g} and validation={validation:g}, give more of them"
        raise ChaoscadError(Diagnostic(message, hint=hint))
    return rest - validated, validated, tested


def in_order(samples: int, test: float, validation: float, what: str = "samples") -> Parts:
    """The first samples for training, then those for validation, the last ones for the test."""
    train, validated, _ = counts(samples, test, validation, what)
    order = np.arange(samples)
    return Parts(order[:train], order[train : train + validated], order[train + validated :])


def apart(samples: int, test_samples: int, validation: float) -> Parts:
    """The first `samples` for training and validation, `test_samples` after them for the test."""
    train, held, _ = counts(samples, 0.0, validation)
    order = np.arange(samples + test_samples)
    return Parts(order[:train], order[train : train + held], order[samples:])


def shuffled(samples: int, test: float, validation: float, generator: np.random.Generator) -> Parts:
    """Parts drawn at random; the indices of each are sorted."""
    order = generator.permutation(samples)
    return Parts(*(np.sort(order[part]) for part in in_order(samples, test, validation)))


def stratified(
    labels: Int[np.ndarray, " n"], test: float, validation: float, generator: np.random.Generator
) -> Parts:
    """Parts drawn at random in every class, in the classes' proportions to within one sample."""
    _, validated, tested = counts(len(labels), test, validation)
    classes, sizes = np.unique(labels, return_counts=True)
    in_test = _quotas(tested, sizes)
    in_validation = _quotas(validated, sizes - in_test)
    drawn: list[list[np.ndarray]] = [[], [], []]
    for label, first, second in zip(classes, in_test, in_validation, strict=True):
        own = generator.permutation(np.flatnonzero(labels == label))
        for part, indices in zip(drawn, np.split(own, [first, first + second]), strict=True):
            part.append(indices)
    test_part, validation_part, train_part = (np.sort(np.concatenate(part)) for part in drawn)
    return Parts(train_part, validation_part, test_part)


def _quotas(total: int, sizes: Int[np.ndarray, " classes"]) -> Int[np.ndarray, " classes"]:
    """`total` shared out in proportion to the sizes, by the largest remainders."""
    exact = total * sizes / sizes.sum()
    quotas = np.floor(exact).astype(int)
    order = np.argsort(quotas - exact, kind="stable")
    quotas[order[: total - quotas.sum()]] += 1
    return quotas
