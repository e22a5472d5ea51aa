"""What optax offers by name: optimizers, their arguments, and the values that these take."""

from __future__ import annotations

import inspect
import math
import typing
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from chaoscad.arguments import plain_scalar
from chaoscad.errors import ChaoscadError, nearest, shown, told
from chaoscad.tune.known import Setting

Factory = Callable[..., optax.GradientTransformation]
"""A function of optax: (learning rate, **arguments) to the optimizer."""

UNFIT = {
    "lbfgs": "it searches along a line, so it needs the loss itself and not only its gradient",
    "optimistic_adam": "optax has replaced it by optimistic_adam_v2",
    "polyak_sgd": "its step needs the value of the loss and not only its gradient",
}
"""Optimizers of optax that do not go from a gradient and a state to a step, and why."""

_PRESETS: dict[str, tuple[str, dict[str, Setting]]] = {
    "momentum": ("sgd", {"momentum": 0.9}),
    "nesterov": ("sgd", {"momentum": 0.9, "nesterov": True}),
    "noisy_sgd": ("noisy_sgd", {"key": 0}),
}


def _found() -> dict[str, tuple[Factory, dict[str, Setting]]]:
    """Optax's functions that take a learning rate first, but for the parts of optimizers."""
    names = {name: (name, {}) for name in dir(optax) if name.islower() and name not in UNFIT}
    found = {}
    for name, (function, preset) in sorted((names | _PRESETS).items()):
        factory = getattr(optax, function)
        if name.startswith(("_", "scale_by")) or not callable(factory):
            continue
        parameters = inspect.signature(factory).parameters
        needed = [key for key, one in parameters.items() if one.default is one.empty]
        if next(iter(parameters), None) == "learning_rate" and needed in ([], ["learning_rate"]):
            found[name] = (factory, preset)
    return found


OPTIMIZERS: dict[str, tuple[Factory, dict[str, Setting]]] = _found()
"""Optimizers by name, with the settings that make them what the name says.

Those of optax that go from a gradient and a state to a step. `momentum` and `nesterov` are settings of
its `sgd`; `noisy_sgd` has the key 0 where no other is given.
"""

DTYPES = ("bfloat16", "float16", "float32", "float64")
"""Types of numbers in which an optimizer can keep its state."""

_WHOLE = ("decay_offset", "key", "min_dim_size_to_factor")

_DECAY = ("from 0 to below 1", lambda value: 0 <= value < 1)
_SIZE = ("0 or more", lambda value: value >= 0)
_POSITIVE = ("positive", lambda value: value > 0)
_COUNT = ("from 0 to below 2^31", lambda value: 0 <= value < 2**31)
_ANY = ("finite", lambda _: True)

_RANGES: dict[str, tuple[str, Callable[[float], bool]]] = {
    **dict.fromkeys(("b1", "b2", "b3", "rho", "decay", "momentum", "signum.beta"), _DECAY),
    **dict.fromkeys(("eps", "eps_root", "eta", "gamma", "min_norm", "initial_scale"), _SIZE),
    **dict.fromkeys(("weight_decay", "weight_decay_rate", "initial_accumulator_value"), _SIZE),
    **dict.fromkeys(("decay_rate", "trust_coefficient"), _SIZE),
    **dict.fromkeys(("clipping_threshold", "min_step_size", "max_step_size"), _POSITIVE),
    **dict.fromkeys(_WHOLE, _COUNT),
    "eta_minus": ("above 0 and below 1", lambda value: 0 < value < 1),
    "eta_plus": ("above 1", lambda value: value > 1),
}
"""What numbers an argument can be, by its name, or by the optimizer's and its own."""


def arguments_of(name: str) -> dict[str, inspect.Parameter]:
    """What an optimizer takes besides its learning rate.

    Optax's deprecated `seed` is left out; `key` is its new name.
    """
    parameters = inspect.signature(OPTIMIZERS[name][0]).parameters
    return {key: parameters[key] for key in list(parameters)[1:] if key != "seed"}


def check_name(name: Any) -> None:
    """Refuse what is not one of `OPTIMIZERS`.

    **Raises:** `ChaoscadError` with why optax's optimizer of that name does not fit, or the nearest
    name.
    """
    if isinstance(name, str) and name in OPTIMIZERS:
        return
    if not isinstance(name, str):
        raise ChaoscadError(f"the optimizer is {told(name)}; it must be a name, such as 'adam'")
    if name in UNFIT:
        raise ChaoscadError(f"the optimizer {name} cannot be used: {UNFIT[name]}; take another one")
    if name.islower() and callable(getattr(optax.contrib, name, None)):
        message = (
            f"the optimizer {name} cannot be used: it is one of optax.contrib's, whose interfaces"
        )
        raise ChaoscadError(f"{message} differ; take one of optax's own")
    hint = nearest(name, OPTIMIZERS) or "the optimizers are " + ", ".join(OPTIMIZERS)
    raise ChaoscadError(f"unknown optimizer {shown(name)}; {hint}")


def setting(name: str, key: str, value: Any) -> Setting:
    """The value of an argument of an optimizer, as a recipe keeps it.

    **Arguments:**

    - `value`: a number, a Boolean, the name of a type of numbers or the type itself, or `None` where
      optax allows it. NumPy's and JAX's scalars become plain ones.

    **Raises:** `ChaoscadError` for an argument that the optimizer does not have, with the nearest
    one, and for a value that it does not take.
    """
    known = arguments_of(name)
    if not isinstance(key, str) or key not in known:
        hint = (known and nearest(str(key), known)) or (
            "it takes " + ", ".join(known) if known else "it takes none"
        )
        raise ChaoscadError(f"the optimizer {name} has no argument {shown(str(key))}; {hint}")
    default = known[key].default
    optional = default is None or type(None) in typing.get_args(known[key].annotation)
    if value is None and optional:
        return None

    def wrong(wanted: str) -> ChaoscadError:
        wanted += " or None" if optional else ""
        return ChaoscadError(
            f"the argument {key} of the optimizer {name} is {wanted}, not {told(value)}"
        )

    plain = plain_scalar(value)
    if "dtype" in key:
        found = _dtype_name(value)
        if found is None:
            raise wrong("one of " + ", ".join(DTYPES))
        return found
    if isinstance(default, bool) or key.endswith("mask"):
        if not isinstance(plain, bool):
            raise wrong("true or false")
        return plain
    whole = key in _WHOLE
    number = isinstance(plain, int if whole else int | float) and not isinstance(plain, bool)
    if not number:
        raise wrong("a whole number" if whole else "a number")
    if not is_finite(plain):
        raise ChaoscadError(f"the argument {key} of the optimizer {name} is not finite")
    wanted, allowed = _RANGES.get(f"{name}.{key}") or _RANGES.get(key) or _ANY
    if not allowed(plain):
        raise ChaoscadError(
            f"the argument {key} of the optimizer {name} is {told(plain)}; it must be {wanted}"
        )
    return plain


def is_finite(value: float) -> bool:
    """Whether a number is finite as a float."""
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond the largest float
        return False


def check_dtypes(name: str, arguments: dict[str, Setting]) -> None:
    """Refuse a state in float64 where JAX would quietly make it float32.

    **Raises:** `ChaoscadError`.
    """
    for key, value in arguments.items():
        if value == "float64" and not jax.config.jax_enable_x64:  # type: ignore[attr-defined]
            raise ChaoscadError(
                f"the argument {key} of the optimizer {name} is float64, which JAX has only after "
                "jax.config.update('jax_enable_x64', True)"
            )


def _dtype_name(value: Any) -> str | None:
    if value is None or isinstance(value, bool | int | float):
        return None
    try:
        name = jnp.dtype(value).name
    except TypeError:
        return None
    return name if name in DTYPES else None
