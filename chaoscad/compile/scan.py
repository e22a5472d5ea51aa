"""A circuit as one loop over its levels: its topology is data, and the program never grows.

Gates are put into steps of equal width, each step after those it reads. The wiring is index arrays,
given to the program as arguments, so circuits of one shape share one compiled program.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Shaped

from chaoscad.compile.plan import CircuitPlan, ScanShape, plan_circuit
from chaoscad.compile.program import Select, Tables, look_up, propagate_levels, read_heads_levels
from chaoscad.compile.selection import take
from chaoscad.netlist import Netlist

DEEP = 16
LARGE = 256
"""Levels and gates from which a circuit is compiled as a scan; see benchmarks/compilers.py."""


class Topology(NamedTuple):
    """Who reads what, as indices.

    Nets are numbered: circuit inputs first, then `width` slots for every step. Gates of fewer inputs
    than the widest read net 0 besides, with tables that do not depend on it.

    **Arguments:**

    - `sources`: the nets that every slot reads.
    - `gates`: the gate of every slot, the number of gates where a slot is empty.
    - `head_sources`, `head_gates`: the same for the gates at which targets are compared.
    """

    sources: Int[Array, "steps width inputs"]
    gates: Int[Array, "steps width"]
    head_sources: Int[Array, "heads inputs"]
    head_gates: Int[Array, " heads"]


def plan_scan(netlist: Netlist) -> tuple[CircuitPlan, Topology]:
    """The plan of a circuit whose wiring is data.

    Plans of circuits that have equal shapes and equal gates, in the order of the file, are equal.
    """
    levels = plan_circuit(netlist)
    gates = netlist.gates
    steps = _steps(netlist)
    width = max(len(members) for members in steps)
    arity = max(gate.arity for gate in gates)
    net = {name: index for index, name in enumerate(netlist.inputs)}
    for step, members in enumerate(steps):
        for slot, index in enumerate(members):
            net[gates[index].name] = len(netlist.inputs) + step * width + slot

    def read(index: int) -> list[int]:
        nets = [net[name] for name in gates[index].inputs]
        return [0] * (arity - len(nets)) + nets

    sources = np.zeros((len(steps), width, arity), np.int32)
    places = np.full((len(steps), width), len(gates), np.int32)
    for step, members in enumerate(steps):
        for slot, index in enumerate(members):
            sources[step, slot] = read(index)
            places[step, slot] = index
    number = {gate.name: index for index, gate in enumerate(gates)}
    heads = [number[name] for name in levels.outputs]
    shape = ScanShape(len(steps), width, arity, len(heads))
    plan = replace(
        levels,
        banks=(),
        heads=(),
        net_of_gate=tuple(net[gate.name] for gate in gates),
        scan=shape,
    )
    topology = Topology(
        jnp.asarray(sources),
        jnp.asarray(places),
        jnp.asarray(np.array([read(index) for index in heads], np.int32).reshape(-1, arity)),
        jnp.asarray(np.array(heads, np.int32)),
    )
    return plan, topology


def _steps(netlist: Netlist) -> list[list[int]]:
    """The gates in steps of at most as many as an average level has, every gate after its inputs."""
    gates = netlist.gates
    # As wide as the mean level: a wider level takes several steps, and few slots stay empty.
    width = -(-len(gates) // netlist.depth)
    step = dict.fromkeys(netlist.inputs, -1)
    found: list[list[int]] = []
    open_from = 0  # every step before it is full
    for index, gate in enumerate(gates):
        place = max(open_from, 1 + max(step[name] for name in gate.inputs))
        while place < len(found) and len(found[place]) >= width:
            place += 1
        if place == len(found):
            found.append([])
        found[place].append(index)
        step[gate.name] = place
        while open_from < len(found) and len(found[open_from]) >= width:
            open_from += 1
    return found


def joined(plan: CircuitPlan, tables: Tables) -> Array:
    """The tables of all gates, `[gates + 1, 2^inputs, trials]`, in the order of the gates.

    Tables of fewer inputs are repeated, so that the inputs in front do not matter; the last one, of
    empty slots, is 0.
    """
    assert plan.scan is not None
    rows = 1 << plan.scan.arity
    parts = [
        jnp.tile(tables[arity], (1, rows >> arity, 1)) if (1 << arity) < rows else tables[arity]
        for arity in plan.arities
    ]
    order = np.concatenate([plan.members(arity) for arity in plan.arities])
    stacked = take(jnp.concatenate(parts), np.argsort(order).tolist())
    return jnp.concatenate([stacked, jnp.zeros_like(stacked[:1])])


def compile_circuit(netlist: Netlist) -> tuple[CircuitPlan, Topology | None]:
    """The plan of a circuit as suits its depth: its levels written out, or a scan over them."""
    plan = plan_circuit(netlist)
    levels = len({bank.level for bank in plan.banks})
    if levels >= DEEP or plan.gates >= LARGE:
        return plan_scan(netlist)
    return plan, None


def propagate(
    plan: CircuitPlan,
    topology: Topology | None,
    select: Select,
    tables: Tables,
    inputs: Shaped[Array, "inputs words"],
) -> Shaped[Array, "nets words trials"]:
    """Every net of the circuit, numbered as the plan says."""
    if topology is None or plan.scan is None:
        return propagate_levels(plan, select, tables, inputs)
    table = joined(plan, tables)
    trials = table.shape[-1]
    width = plan.scan.width
    head = jnp.broadcast_to(inputs[:, :, None], (*inputs.shape, trials)).astype(table.dtype)
    room = jnp.zeros((plan.scan.steps * width, inputs.shape[1], trials), table.dtype)

    def step(nets: Array, item: tuple[Array, Array, Array]) -> tuple[Array, None]:
        sources, gates, first = item
        out = look_up(select, table[gates], nets[sources])
        return jax.lax.dynamic_update_slice(nets, out, (first, 0, 0)), None

    # A step's slots lie side by side, so that it writes one slice.
    first = len(inputs) + width * jnp.arange(plan.scan.steps)
    nets = jnp.concatenate([head, room])
    return jax.lax.scan(step, nets, (topology.sources, topology.gates, first))[0]


def read_heads(
    plan: CircuitPlan, topology: Topology | None, select: Select, tables: Tables, nets: Array
) -> Shaped[Array, "heads words trials"]:
    """The heads' entries in `tables`, with their inputs taken from `nets`."""
    if topology is None or plan.scan is None:
        return read_heads_levels(plan, select, tables, nets)
    table = joined(plan, tables)
    return look_up(select, table[topology.head_gates], nets[topology.head_sources])
