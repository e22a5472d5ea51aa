"""JAX's random keys as arguments."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from chaoscad.errors import ChaoscadError, told


def keys(key: Any, count: int) -> Array:
    """`count` keys, split from one."""
    check_key(key)
    return jax.random.split(key, count)


def check_key(key: Any) -> None:
    """Refuse what is not one key, of JAX's new kind or its old one."""
    dtype, shape = getattr(key, "dtype", None), getattr(key, "shape", None)
    if dtype is not None and jnp.issubdtype(dtype, jax.dtypes.prng_key):
        if shape == ():
            return
    elif dtype == np.uint32 and shape == (2,):
        return
    raise ChaoscadError(f"the key is {told(key)}, and must be one key, such as jax.random.key(0)")
