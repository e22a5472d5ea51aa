"""Seeds as arguments."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Int

from chaoscad.arguments import several, whole


def seeds_of(name: str, given: Any, start: int = 0, least: int = 1) -> Int[np.ndarray, " seeds"]:
    """So many seeds, from `start`, or those that are given.

    **Arguments:**

    - `least`: how many there must be, where their number is given.

    **Raises:** `ChaoscadError` for none, for one that comes twice, and for one that is not a whole
    number from 0 to 2^32 - 1: beyond, JAX would drop the upper bits and repeat another seed.
    """
    # NumPy's and JAX's scalars and arrays become numbers and lists.
    plain = getattr(given, "tolist", lambda: given)()
    if type(plain) is int:
        return np.arange(start, start + whole(f"the number of {name}", plain, least))
    found = several(name, plain)
    return np.array([whole(f"one of the {name}", one, 0, 2**32 - 1) for one in found])
