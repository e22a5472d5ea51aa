"""Activations in files: what rebuilds each one, and its arrays; no pickle."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.tune import storage
from neural.activations.formula import TERMS, Formula
from neural.activations.functions import function
from neural.activations.modules import (
    PARAMETRIC,
    Activation,
    Fixed,
    Learned,
    Parametric,
    activations_of,
)
from neural.activations.table import Tabulated


def from_data(data: dict[str, Any]) -> Activation:
    """The activation that `to_data` described, its arrays zero.

    **Raises:** `KeyError`, `TypeError` or `ChaoscadError` for data that describe none.
    """
    match data["kind"]:
        case "fixed":
            return Fixed(function(data["name"]).name)
        case "parametric":
            PARAMETRIC[data["name"]]
            return Parametric(jnp.zeros(()), data["name"], bool(data["trained"]))
        case "learned":
            zeros = jnp.zeros(int(data["hidden"]))
            base, inner = (function(data[name]).name for name in ("base", "nonlinearity"))
            numbers = (float(data["scale"]), bool(data["trained"]))
            return Learned(zeros, zeros, zeros, jnp.zeros(()), base, inner, *numbers)
        case "table":
            zeros, ends = jnp.zeros(int(data["points"])), (float(data["low"]), float(data["high"]))
            return Tabulated(zeros, zeros, *ends, str(data["label"]))
        case "formula":
            names = tuple(str(name) for name in data["names"])
            for name in names:
                TERMS[name]
            errors = (float(data["error"]), float(data["largest"]))
            return Formula(jnp.zeros(len(names)), names, *errors, str(data["label"]))
        case other:
            raise KeyError(other)


def save_activations(path: str | os.PathLike[str], activations: Sequence[Activation]) -> None:
    """Write activations to one file.

    **Raises:** `ChaoscadError` when it cannot be written, or for what `check_single` refuses.
    """
    check_single(activations)
    activations = activations_of(activations)
    header = {"activations": [one.to_data() for one in activations]}
    storage.write(path, "neural-activations", header, storage.flatten(tuple(activations)))


def load_activations(path: str | os.PathLike[str]) -> tuple[Activation, ...]:
    """The activations of a file, bit for bit those that were saved.

    **Raises:** `ChaoscadError` for a missing or damaged file, or another kind of file.
    """
    header, arrays = storage.read(path, "neural-activations")
    like = rebuilt(header.get("activations"), path, "activations")
    return storage.unflatten(like, arrays, path, "neural-activations")


def check_single(activations: Sequence[Activation]) -> None:
    """Refuse what is no sequence of activations, each of one function alone.

    **Raises:** `ChaoscadError`; also for arrays with seeds in front, which `of` takes apart.
    """
    for index, one in enumerate(activations_of(activations)):
        if list(map(np.shape, jax.tree.leaves(one))) != list(
            map(np.shape, jax.tree.leaves(from_data(one.to_data())))
        ):
            raise ChaoscadError(
                f"the arrays of activation {index} have further axes, as those of several seeds do; "
                "take one seed's, for example learned.of(0)"
            )


def rebuilt(described: Any, path: str | os.PathLike[str], kind: str) -> tuple[Activation, ...]:
    """The activations of a file's header, without their arrays."""
    try:
        return tuple(from_data(one) for one in described)
    except (KeyError, TypeError, ValueError, ChaoscadError) as error:
        message = f"the {kind} is damaged: an activation in it cannot be rebuilt ({error})"
        raise ChaoscadError(Diagnostic(message, os.fspath(path))) from None
