"""How arguments and results are checked in the tests: see `--jaxtyping-packages` in pyproject.toml."""

from typing import Any, get_args

from beartype import BeartypeConf, beartype

# A whole number is a float, as it is for pyright.
_BEARTYPE = beartype(conf=BeartypeConf(is_pep484_tower=True))


WHOLE = ("chaoscad.compile", "chaoscad.tune", "chaoscad.solve", "neural.")
"""Packages in which beartype checks every annotation."""


def checked(function: Any) -> Any:
    """Check the shapes of arrays, wherever they stand in an annotation, and plain classes.

    Outside of `WHOLE` pyright checks what else there is: a name that is imported for its type only cannot be looked up,
    a protocol may have no check, and of a list beartype checks one item at random, which hypothesis
    takes for chance in a strategy.
    """
    if function.__module__.startswith(WHOLE):
        return beartype(function)
    if not isinstance(function, type):
        hints = function.__annotations__
        function.__annotations__ = {
            name: hint if _can_be_checked(hint) else Any for name, hint in hints.items()
        }
    return _BEARTYPE(function)


def _can_be_checked(hint: Any) -> bool:
    if isinstance(hint, type):
        return not getattr(hint, "_is_protocol", False) or hasattr(hint, "_is_runtime_protocol")
    return any(isinstance(part, type) and part.__module__ == "jaxtyping" for part in _parts(hint))


def _parts(hint: Any) -> list[Any]:
    return [hint, *(inner for part in get_args(hint) for inner in _parts(part))]
