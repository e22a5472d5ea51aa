"""Devices of a design, drawn at random: its parameters with errors, many devices in one program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from chaoscad.compile import CircuitPlan, Setpoints, plan_gates, stack
from chaoscad.design import Design, DesignGate
from chaoscad.netlist import Gate, Tie
from chaoscad.netlist.deviations import PARAMETERS, Deviations, Spreads
from chaoscad.systems import Setting
from chaoscad.systems.curves import saturating


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["size", "uniform", "slot"],
    meta_fields=["count"],
)
@dataclass(frozen=True)
class Errors:
    """How the numbers of a block of parameters are spread.

    **Arguments:**

    - `size`: in the shape of the block.
    - `uniform`: where the spread is uniform; `None` where it is nowhere.
    - `slot`: which of `count` independent errors each number has; `None` for one each.
    """

    size: Float[Array, ...]
    uniform: Array | None
    slot: Array | None
    count: int


Blocks = Mapping[str, tuple[Errors | None, Errors | None]]
"""Mismatch and global errors of every block of `Setpoints` that has any."""


@dataclass(frozen=True)
class Population:
    """All devices of a design.

    **Arguments:**

    - `plan`: of the gates; hashable, it selects a compiled program.
    - `centre`: the design's parameters, one trial, in float64.
    - `errors`: of every block of parameters.
    - `settings`: of every gate, as `saturating` makes them.
    - `low`, `high`: the declared range of every gate's states; `below`: whether it compares by `<`.
    """

    plan: CircuitPlan
    centre: Setpoints
    errors: Blocks
    settings: tuple[Setting, ...]
    low: Float[np.ndarray, " gates"]
    high: Float[np.ndarray, " gates"]
    below: Bool[np.ndarray, " gates"]


def population(design: Design, deviations: Deviations) -> Population:
    """The devices of a design under deviations."""
    sources = tuple(
        replace(source, setting=saturating(gate.setting), iterates=gate.iterates, train={})
        for source, gate in zip(design.netlist.gates, design.gates, strict=True)
    )
    centre = centre_of(design)
    blocks = names_of(design.gates)
    slots = slots_of(design.netlist.gates, design.netlist.sharing, blocks)
    errors = {
        block: errors_of(names, getattr(centre, block)[..., 0], slots[block], deviations)
        for block, names in blocks.items()
    }
    ranges = np.array([source.bounds.state for source in sources], float).reshape(-1, 2)
    return Population(
        plan=plan_gates(sources),
        centre=centre,
        errors=errors,
        settings=tuple(source.setting for source in sources),
        low=ranges[:, 0],
        high=ranges[:, 1],
        below=np.array([gate.compare == "<" for gate in design.gates]),
    )


def centre_of(design: Design) -> Setpoints:
    """The design's own setpoints, with an axis of one trial."""
    found = stack([gate.setpoint for gate in design.gates])
    return Setpoints(*(leaf[..., None] for leaf in found))


def names_of(gates: Sequence[Gate] | Sequence[DesignGate]) -> dict[str, np.ndarray]:
    """The name of every number of every block of `Setpoints`; empty where there is none."""
    most = max(1, max(len(gate.setting.values) for gate in gates))
    delta = np.full((len(gates), max(gate.arity for gate in gates)), "", dtype=object)
    system = np.full((len(gates), most), "", dtype=object)
    for index, gate in enumerate(gates):
        delta[index, : gate.arity] = "delta"
        for place, name in enumerate(gate.setting.parameters):
            system[index, place] = "" if name in PARAMETERS else name
    ones = np.full(len(gates), "", dtype=object)
    return {"x0": ones + "x0", "delta": delta, "threshold": ones + "threshold", "system": system}


def slots_of(
    gates: Sequence[Gate], ties: Sequence[Tie], blocks: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Where every number takes its error from: what a tie makes one wire has one error.

    So has all of a system whose orbit several gates read.
    """
    slots = {block: np.arange(names.size).reshape(names.shape) for block, names in blocks.items()}
    place = {gate.name: index for index, gate in enumerate(gates)}
    for tie in ties:
        first, *others = [place[name] for name in tie.gates]
        block = tie.parameter if tie.parameter in ("x0", "delta", "threshold") else "system"
        where = slots[block]
        for gate in others:
            if block == "system":
                old = np.flatnonzero(blocks[block][first] == tie.parameter)
                new = np.flatnonzero(blocks[block][gate] == tie.parameter)
                where[gate, new] = where[first, old]
            else:
                where[gate] = where[first]
    built: dict[str, int] = {}
    for index, gate in enumerate(gates):
        if gate.element:
            slots["system"][index] = slots["system"][built.setdefault(gate.element, index)]
    return slots


def errors_of(
    names: np.ndarray, values: np.ndarray, slots: np.ndarray, deviations: Deviations
) -> tuple[Errors | None, Errors | None]:
    """The mismatch and the global errors of a block whose numbers have these values."""
    known = sorted(set(names.reshape(-1)) - {""})
    common = np.zeros(names.shape, int)
    for index, name in enumerate(known):
        common[names == name] = index
    tied = (slots.reshape(-1) != np.arange(slots.size)).any()
    return (
        _part(names, values, deviations.tolerance, slots if tied else None, names.size),
        _part(names, values, deviations.shared, common, len(known)),
    )


def _part(
    names: np.ndarray, values: np.ndarray, given: Spreads, slots: np.ndarray | None, count: int
) -> Errors | None:
    size, uniform = _sizes(names, values, given)
    if not size.any():
        return None
    return Errors(size, uniform if uniform.any() else None, slots, count)  # type: ignore[arg-type]


def _sizes(names: np.ndarray, values: np.ndarray, given: Spreads) -> tuple[np.ndarray, np.ndarray]:
    size, uniform = np.zeros(names.shape), np.zeros(names.shape, bool)
    for name, spread in given.items():
        at = names == name
        size[at] = spread.size * (np.abs(values[at]) if spread.relative else 1.0)
        uniform[at] = spread.distribution == "uniform"
    return size, uniform


def draw(key: PRNGKeyArray, devices: int, centre: Setpoints, errors: Blocks) -> Setpoints:
    """Setpoints of `devices` devices, on the last axis; differentiable in the centre.

    Every error is a transform of one uniform number, so equal keys give the same devices at every
    size: yields at two sizes differ by the sizes alone.
    """
    found: dict[str, Array] = {}
    for index, block in enumerate(Setpoints._fields):
        value = jnp.asarray(getattr(centre, block))
        for other, part in enumerate(errors[block]):
            if part is not None:
                own = jax.random.fold_in(key, 2 * index + other)
                value = value + drawn(own, part, devices, value.dtype)
        found[block] = jnp.broadcast_to(value, (*value.shape[:-1], devices))
    return Setpoints(**found)


def drawn(key: PRNGKeyArray, part: Errors, devices: int, exact: Any) -> Array:
    """The errors of a block of parameters in `devices` devices, on the last axis."""
    # Open below, as erfinv is infinite at -1.
    least = np.nextafter(np.asarray(-1.0, exact), np.asarray(0.0, exact))
    raw = jax.random.uniform(key, (part.count, devices), exact, least, 1.0)
    # For u uniform between -1 and 1, sqrt(2) erfinv(u) is standard normal; u itself is the uniform error.
    found = np.sqrt(2).astype(exact) * jax.lax.erf_inv(raw)
    shape = (*part.size.shape, devices)
    flat = raw, found
    if part.slot is not None:
        places = jnp.asarray(part.slot).reshape(-1)
        flat = tuple(one.at[places].get(mode="promise_in_bounds") for one in flat)
    raw, found = (one.reshape(shape) for one in flat)
    if part.uniform is not None:
        found = jnp.where(part.uniform[..., None], raw, found)
    return part.size[..., None] * found
