"""Trained networks in files: what rebuilds one, and its arrays; no pickle."""

from __future__ import annotations

import os
from typing import Any

import equinox as eqx
import jax
import numpy as np

from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.tune import storage
from neural.activations.store import check_single, rebuilt
from neural.architecture import Architecture
from neural.perceptron import perceptron


def save_model(path: str | os.PathLike[str], model: Any) -> None:
    """Write one network, its activations included.

    **Raises:** `ChaoscadError` when the file cannot be written, for the networks of several seeds, and
    for one with a mask.
    """
    inner = perceptron(model)
    if np.ndim(inner.layers[0].weight) != 2:
        raise ChaoscadError(
            "the model's arrays have further axes, as those of several seeds do; "
            "take one seed's, for example fitted.network(0)"
        )
    if inner.form != "static":
        raise ChaoscadError(
            "the model has a mask; save what it leaves, neural.growing.to_dense(model)"
        )
    check_single(inner.activations)
    inputs, *hidden, outputs = inner.sizes
    hamiltonian = model is not inner
    shape = Architecture(
        inputs,
        hidden,
        inputs if hamiltonian else outputs,
        hamiltonian,
        inner.assignments,
        residual=bool(inner.branch_weights),
    )
    functions = [one.to_data() for one in inner.activations]
    header = {"architecture": shape.to_data(), "activations": functions}
    storage.write(path, "neural-model", header, storage.flatten(inner))


def load_model(path: str | os.PathLike[str]) -> Any:
    """The network of a file, bit for bit the one that was saved.

    **Raises:** `ChaoscadError` for a missing or damaged file, or another kind of file.
    """
    header, arrays = storage.read(path, "neural-model")
    activations = rebuilt(header.get("activations"), path, "model")
    try:
        shape = Architecture(**header["architecture"])
        like = shape.build(jax.random.key(0), activations)
    except (KeyError, TypeError, ValueError, ChaoscadError) as error:
        message = f"the model is damaged: its architecture cannot be rebuilt ({error})"
        raise ChaoscadError(Diagnostic(message, os.fspath(path))) from None
    inner = storage.unflatten(perceptron(like), arrays, path, "neural-model")
    return inner if not shape.hamiltonian else eqx.tree_at(perceptron, like, inner)
