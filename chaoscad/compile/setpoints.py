"""Setpoints of many gates as arrays, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from chaoscad.gate import Setpoint
from chaoscad.netlist import Gate


class Setpoints(NamedTuple):
    """The numbers of gates' setpoints: a pytree of arrays, of NumPy float64 or of JAX.

    Programs take one more axis, the last: trials of a search, samples of devices. What a program is
    compiled for is not in it: systems, iterates and comparators are those of its gates.

    **Arguments:**

    - `x0`, `threshold`: `[gates]` or `[gates, trials]`.
    - `delta`: `[gates, inputs]` or `[gates, inputs, trials]`, padded with zeros to the largest arity.
    - `system`: `[gates, parameters]` or `[gates, parameters, trials]`, the values of the systems'
      parameters, padded with zeros to the largest number of them, and to one.
    """

    x0: Any
    delta: Any
    threshold: Any
    system: Any


def stack(setpoints: Sequence[Setpoint]) -> Setpoints:
    """The setpoints as float64 arrays without an axis of trials."""
    return Setpoints(
        np.array([point.x0 for point in setpoints], np.float64),
        _padded([point.delta for point in setpoints]),
        np.array([point.threshold for point in setpoints], np.float64),
        _padded([point.setting.values or (0.0,) for point in setpoints]),
    )


def _padded(rows: Sequence[Sequence[float]]) -> np.ndarray:
    found = np.zeros((len(rows), max(map(len, rows))))
    for index, row in enumerate(rows):
        found[index, : len(row)] = row
    return found


def unstack(arrays: Setpoints, gates: Sequence[Gate]) -> list[Setpoint]:
    """The setpoints of a netlist's gates at the numbers of arrays without an axis of trials."""
    x0, delta, threshold, system = (np.asarray(leaf).tolist() for leaf in arrays)
    return [
        # Padding is left out: a gate has as many weights, and a system as many parameters.
        Setpoint.of(
            gate,
            x0[index],
            delta[index][: gate.arity],
            threshold[index],
            dict(zip(gate.setting.parameters, system[index], strict=False)),
        )
        for index, gate in enumerate(gates)
    ]
