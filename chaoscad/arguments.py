"""What is asked of arguments throughout; every message says what was given and what is allowed."""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeVar

from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown, told

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Float64, Shaped

Name = TypeVar("Name", bound=str)

MOST_NUMBERS = 20_000_000
"""Most numbers of one result, and of anything else that is counted: 160 MB in float64."""


def whole(
    name: str, value: Any, least: int = 1, most: int | None = MOST_NUMBERS, *, why: str = ""
) -> int:
    """`value`, when it is a whole number from `least` to `most`, or of at least `least`.

    A float without a fraction, such as `1e4`, is one.

    **Arguments:**

    - `why`: where the bounds come from, added to the message.
    """
    plain = plain_scalar(value)
    try:
        if isinstance(plain, bool):
            raise TypeError
        found = operator.index(plain)
    except TypeError:
        if not (isinstance(plain, float) and plain.is_integer()):
            raise ChaoscadError(f"{name} is {told(plain)}, and must be a whole number") from None
        found = int(plain)
    if found < least or (most is not None and found > most):
        allowed = f"at least {least}" if most is None else f"from {least} to {most}"
        why = f" ({why})" if why else ""
        raise ChaoscadError(f"{name} is {told(plain)}, and must be {allowed}{why}")
    return found


def number(name: str, value: Any, wanted: str, allowed: Callable[[float], bool]) -> float:
    """`value` as a float, when it is finite and as `wanted` says."""
    plain = plain_scalar(value)
    if isinstance(plain, bool) or not isinstance(plain, Real):
        raise ChaoscadError(f"{name} is {told(plain)}, and must be {wanted}")
    try:
        found = float(plain)
    except OverflowError:  # a whole number beyond the largest float
        found = math.inf
    if not math.isfinite(found) or not allowed(found):
        raise ChaoscadError(f"{name} is {found:g}, and must be {wanted}")
    return found


def within(
    name: str, value: Any, least: float, most: float, *, above: bool = False, why: str = ""
) -> float:
    """`value`, when it is a number between two bounds; with `above`, not the lower one itself.

    **Arguments:**

    - `why`: where the bounds come from, added to the message.
    """
    ends = f"above {least:g} and at most {most:g}" if above else f"from {least:g} to {most:g}"
    if math.isinf(most):
        ends = f"a number {'above' if above else 'of at least'} {least:g}"
    wanted = f"{ends}{f' ({why})' if why else ''}"
    return number(
        name, value, wanted, lambda x: (x > least or (x == least and not above)) and x <= most
    )


def finite(name: str, value: Any) -> float:
    """`value`, when it is a finite number."""
    return number(name, value, "a finite number", lambda _: True)


def positive(name: str, value: Any) -> float:
    """`value`, when it is a positive number."""
    return number(name, value, "a positive number", lambda found: found > 0)


def not_negative(name: str, value: Any) -> float:
    """`value`, when it is zero or a positive number."""
    return number(name, value, "zero or a positive number", lambda found: found >= 0)


def plain_scalar(value: Any) -> Any:
    """A scalar of NumPy or JAX as a plain one; anything else as it is."""
    return value.item() if getattr(value, "shape", None) == () and hasattr(value, "item") else value


def reals(name: str, values: Any, axes: str) -> Float64[np.ndarray, ...]:
    """`values` in float64, when they are finite real numbers on the axes named, such as `a b`."""
    import numpy as np

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
    import numpy as np

    try:
        array = np.asarray(values)
    except (TypeError, ValueError):
        hint = "are all rows equally long?"
        raise ChaoscadError(Diagnostic(f"{name} are not an array of numbers", hint=hint)) from None
    if not are_real(array):
        raise ChaoscadError(f"{name} are {array.dtype}, and must be real numbers")
    return array


def are_real(array: np.ndarray) -> bool:
    """Whether the array's type is one of real numbers, JAX's short ones included."""
    return array.dtype.kind in "iuf" or array.dtype.name == "bfloat16"


def choice(name: str, value: Any, allowed: Iterable[Name]) -> Name:
    """`value`, when it is one of the names allowed; else an error with the nearest of them."""
    names = list(allowed)
    for known in names:
        if isinstance(value, str) and value == known:
            return known
    if not isinstance(value, str):
        raise ChaoscadError(f"{name} is {told(value)}, and must be one of {', '.join(names)}")
    hint = nearest(value, names) or "it is one of " + ", ".join(names)
    raise ChaoscadError(f"unknown {name} {shown(value)}; {hint}")


def line_of_text(name: str, value: Any) -> str:
    """`value`, when it is one line of text, and not an empty one."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ChaoscadError(f"{name} is {told(value)}, and must be one line of text")
    return value


def truth(name: str, value: Any) -> bool:
    """`value`, when it is a truth value: `"no"` and 1 are none."""
    plain = plain_scalar(value)
    if not isinstance(plain, bool):
        raise ChaoscadError(f"{name} is {told(plain)}, and must be True or False")
    return plain


def function(name: str, value: Any) -> None:
    """Refuse what cannot be called."""
    if not callable(value):
        raise ChaoscadError(f"{name} is {told(value)}, and must be a function")


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


def first_line(error: Exception) -> str:
    """What an exception says, without what libraries add below."""
    return str(error).strip().partition("\n")[0]


def check_path(path: object) -> None:
    """Refuse what is not the path of a file.

    **Raises:** `ChaoscadError`.
    """
    if not isinstance(path, str | os.PathLike):
        raise ChaoscadError(f"the file's path is {path!r}; it must be a string or a pathlib.Path")
    if "\0" in str(path):
        message = f"the file's path is {str(path)!r}; it must not hold the character of code 0"
        raise ChaoscadError(message)
