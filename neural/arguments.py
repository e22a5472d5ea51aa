"""What is asked of arguments throughout `neural`; every message says what is allowed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float64, Shaped

from chaoscad.errors import ChaoscadError, nearest, shown, told


def whole(name: str, value: Any, least: int = 1, most: int = 10_000_000) -> int:
    """`value`, when it is a whole number from `least` to `most`."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise ChaoscadError(f"{name} is {told(value)}, and must be a whole number")
    if not least <= value <= most:
        raise ChaoscadError(f"{name} is {told(int(value))}, and must be from {least} to {most}")
    return int(value)


def number(name: str, value: Any, wanted: str, allowed: Callable[[float], bool]) -> float:
    """`value` as a float, when it is finite and as `wanted` says."""
    array = value if isinstance(value, int | float) else np.asarray(value)
    if isinstance(value, bool) or (isinstance(array, np.ndarray) and not _is_scalar(array)):
        raise ChaoscadError(f"{name} is {told(value)}, and must be {wanted}")
    try:
        found = float(array)
    except OverflowError:  # a whole number beyond the largest float
        found = math.inf
    if not math.isfinite(found) or not allowed(found):
        raise ChaoscadError(f"{name} is {found:g}, and must be {wanted}")
    return found


def finite(name: str, value: Any) -> float:
    """`value`, when it is a finite number."""
    return number(name, value, "a finite number", lambda _: True)


def positive(name: str, value: Any) -> float:
    """`value`, when it is a positive number."""
    return number(name, value, "a positive number", lambda found: found > 0)


def reals(name: str, values: Any, axes: str) -> Float64[np.ndarray, ...]:
    """`values` in float64, when they are finite real numbers on the axes named, such as `a b`."""
    array = real_array(name, values)
    if array.ndim != len(axes.split()) or 0 in array.shape:
        shape = ", ".join(axes.split()) + ("," if len(axes.split()) == 1 else "")
        raise ChaoscadError(f"{name} have shape {array.shape}, and must have shape ({shape})")
    found = array.astype(np.float64)
    bad = int((~np.isfinite(found)).sum())
    if bad:
        raise ChaoscadError(f"{bad} of the {found.size} numbers of {name} are not finite")
    return found


def real_array(name: str, values: Any) -> Shaped[np.ndarray, ...]:
    """`values` as an array, when they are real numbers."""
    try:
        array = np.asarray(values)
    except (TypeError, ValueError) as error:
        raise ChaoscadError(f"{name} are not an array: {error}") from None
    if not are_real(array):
        raise ChaoscadError(f"{name} are {array.dtype}, and must be real numbers")
    return array


def are_real(array: np.ndarray) -> bool:
    """Whether the array's type is one of real numbers, JAX's short ones included."""
    return array.dtype.kind in "iuf" or array.dtype.name == "bfloat16"


def _is_scalar(array: np.ndarray) -> bool:
    return array.ndim == 0 and are_real(array)


def one_of(name: str, value: Any, allowed: Iterable[str]) -> str:
    """`value`, when it is one of the names allowed; else an error with the nearest of them."""
    names = list(allowed)
    if value in names:
        return value
    hint = nearest(str(value), names) or "it is one of " + ", ".join(names)
    raise ChaoscadError(f"unknown {name} {shown(str(value))}; {hint}")


def function(name: str, value: Any) -> None:
    """Refuse what cannot be called."""
    if not callable(value):
        raise ChaoscadError(f"{name} is {told(value)}, and must be a function")


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


def first_line(error: Exception) -> str:
    """What an exception says, without what JAX adds below."""
    return str(error).strip().partition("\n")[0]


def several(name: str, values: Iterable[Any]) -> tuple[Any, ...]:
    """`values` as a tuple, when there are some and none comes twice."""
    try:
        found = tuple(values)
    except TypeError:
        raise ChaoscadError(f"the {name} are {told(values)}, and must be a list") from None
    if not found:
        raise ChaoscadError(f"no {name} are given; give at least one")
    repeated = next((one for index, one in enumerate(found) if one in found[:index]), None)
    if repeated is not None:
        raise ChaoscadError(f"{repeated} comes twice among the {name}")
    return found


def named(name: str, values: Any) -> dict[str, Any]:
    """`values` as a dictionary, when they are names to things and not empty."""
    if not isinstance(values, Mapping):
        raise ChaoscadError(f"the {name} are {told(values)}, and must be names to {name}")
    if not values:
        raise ChaoscadError(f"there are no {name} to draw")
    return dict(values)


def instance(name: str, value: Any, wanted: type, example: str) -> None:
    """Refuse what is not of a type.

    **Raises:** `ChaoscadError`.
    """
    if not isinstance(value, wanted):
        given = f"of the type {type(value).__module__}.{type(value).__qualname__}"
        if isinstance(value, str | int | float | None):
            given = told(value)
        raise ChaoscadError(
            f"{name} is {given}, and must be of the type {wanted.__module__}."
            f"{wanted.__qualname__}, for example {example}"
        )
