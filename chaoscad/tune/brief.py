"""Programs of many small operations, compiled for one run."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import jax

OPTIONS = {"xla_cpu_use_fusion_emitters": False}
"""The emitter of fused loops that XLA uses by default takes twice as long to compile a circuit's update
of a few hundred small loops, whose steps are no faster for it. Large loops are."""


def brief(
    function: Callable[..., Any], *, once: bool = False, **settings: Any
) -> Callable[..., Any]:
    """`jax.jit` of a function, for programs whose compilation takes longer than they run.

    **Arguments:**

    - `once`: the program runs once, and nothing is optimised.
    - `settings`: of `jax.jit`.
    """
    options = {**OPTIONS, "xla_backend_optimization_level": 0} if once else OPTIONS
    usual = jax.jit(function, **settings)
    quick = jax.jit(function, compiler_options=options, **settings)

    @wraps(function)
    def call(*given: Any, **named: Any) -> Any:
        try:
            return quick(*given, **named)
        except jax.errors.JaxRuntimeError as error:
            # The options of XLA are those of its version.
            if "No such compile option" not in str(error):
                raise
            return usual(*given, **named)

    return call
