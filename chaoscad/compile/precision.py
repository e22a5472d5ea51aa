"""JAX in float64 where a result is measured rather than trained."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import jax


def double() -> AbstractContextManager[Any]:
    """JAX in float64 inside a `with`; its configuration is left alone."""
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    from jax.experimental import enable_x64  # type: ignore[attr-defined]

    return enable_x64(True)
