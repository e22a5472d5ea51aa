"""What tasks ask of their options: shares, seeds."""

from __future__ import annotations

from typing import Any

import numpy as np

from chaoscad.arguments import whole, within


def share(name: str, value: Any, *, zero: bool) -> float:
    """A share of the samples: at most 0.9; 0 only where `zero` allows it."""
    return within(name, value, 0.0, 0.9, above=not zero)


def shares(test: Any, validation: Any) -> tuple[float, float]:
    """The shares of the test part and of the validation part, which may be 0."""
    return share("test", test, zero=False), share("validation", validation, zero=True)


def generator(seed: Any) -> np.random.Generator:
    """NumPy's generator of a seed.

    **Raises:** `ChaoscadError` for a seed that is not a whole number from 0 to 2^32 - 1.
    """
    return np.random.default_rng(whole("seed", seed, 0, 2**32 - 1))
