"""`jax.jit` with options of XLA that suit this project's programs, where the version has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from types import MappingProxyType
from typing import Any

import jax

WIDE: Mapping[str, bool | int] = MappingProxyType({"xla_cpu_prefer_vector_width": 512})
"""Vectors as wide as the processor has: trials lie side by side, and a step has little else to do. XLA's
own choice is 256 bits."""

SMALL: Mapping[str, bool | int] = MappingProxyType({**WIDE, "xla_cpu_use_fusion_emitters": False})
"""For programs of many small loops: the emitter of fused loops that XLA uses by default takes twice as
long to compile them, and their steps are no faster for it. Those of few large loops are."""

ONCE: Mapping[str, bool | int] = MappingProxyType({**SMALL, "xla_backend_optimization_level": 0})
"""For programs that run once: nothing is optimised."""


def compiled(
    function: Callable[..., Any], options: Mapping[str, bool | int], **settings: Any
) -> Callable[..., Any]:
    """`jax.jit` of a function with options of XLA, or without them where it has no such option.

    **Arguments:**

    - `settings`: of `jax.jit`.
    """
    asked = jax.jit(function, compiler_options=dict(options), **settings)
    plain = jax.jit(function, **settings)

    known = True

    @wraps(function)
    def call(*given: Any, **named: Any) -> Any:
        nonlocal known
        if known:
            try:
                return asked(*given, **named)
            except jax.errors.JaxRuntimeError as error:
                if "No such compile option" not in str(error):
                    raise
                known = False
        return plain(*given, **named)

    return call
