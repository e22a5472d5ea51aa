"""Free gates of a circuit, trained together from the circuit's targets."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from chaoscad.compile import (
    CircuitPlan,
    Setpoints,
    Tables,
    Topology,
    bit_words,
    compile_circuit,
    expected,
    per_gate,
    propagate,
    read_heads,
    selected,
    straight_through,
)
from chaoscad.netlist import Gate, Netlist
from chaoscad.netlist.bounds import room
from chaoscad.solve.model import LOOK, GateSolution, Relaxation, Search, Stage, affordable
from chaoscad.solve.rows import LEAST_RESTARTS, MOST_VALUES, Rows, TrainingRows, training_rows
from chaoscad.solve.slots import build_space
from chaoscad.solve.space import ROUNDING, Raw, Space, needed, realise, spread, start
from chaoscad.tune import Anneal, Evaluation, Progress, WeightedSum, train
from chaoscad.tune.compiled import ONCE, compiled

MOST_SOLVED = 64
"""How many solved trials are kept to choose from."""

ENOUGH_SOLVED = 16
"""The search ends early once this many trials are solved: enough to choose good margins from."""


@dataclass(frozen=True)
class CircuitObjective:
    """The loss at the outputs that have a target, and in every row of gates that are not free."""

    plan: CircuitPlan
    loss: WeightedSum
    steepness: Anneal
    relaxation: Relaxation

    def __call__(
        self,
        raw: Raw,
        data: tuple[Space, Rows, Tables, Tables, Topology | None],
        progress: Float[Array, ""],
    ) -> tuple[Float[Array, " trials"], Evaluation]:
        """The loss, and minus the number of wrong bits.

        **Arguments:**

        - `data`: (space, rows, wanted, weights, topology). `wanted` and `weights` are the local
          tables of gates with a function, weight 0 for free gates.
        """
        space, rows, wanted, weights, topology = data
        plan = self.plan
        parameters, tables = realise(plan, space, raw)
        steepness = self.steepness.at(progress)
        logits: Tables = {}
        passed: Tables = {}
        words: Tables = {}
        clear = jnp.asarray(True)
        for arity, table in tables.items():
            distance = table - per_gate(plan, parameters.threshold, arity)
            relative = per_gate(plan, space.sign / space.scale, arity) * distance
            clear = clear & (jnp.abs(relative) > ROUNDING).all((0, 1))
            logits[arity] = steepness * relative
            hard = logits[arity] > 0
            words[arity] = bit_words(hard)
            soft = jax.nn.sigmoid(logits[arity])
            passed[arity] = soft
            # Forward the hard bit, backward the slope of the soft one (Y. Bengio, N. Leonard, A. Courville,
            # arXiv:1308.3432): gates behind see what they will see, and the gradient is not 0.
            if self.relaxation == "straight-through":
                passed[arity] = straight_through(hard.astype(soft.dtype), soft)
        nets = propagate(plan, topology, expected, passed, rows.inputs)
        at_heads = read_heads(plan, topology, expected, logits, nets)
        loss = jax.vmap(self.loss, in_axes=(-1, None, None))(at_heads, rows.wanted, rows.weights)
        bits = read_heads(
            plan, topology, selected, words, propagate(plan, topology, selected, words, rows.words)
        )
        # 32 rows a word: what is counted only decides when to stop, and is not differentiated.
        different = (bits ^ rows.wanted_words[..., None]) & rows.weight_words[..., None]
        wrong = jax.lax.population_count(different).sum((0, 1)).astype(jnp.int32)
        for arity, mask in weights.items():
            local = jax.vmap(self.loss, in_axes=(-1, None, None))(
                logits[arity], wanted[arity][..., 0], mask[..., 0]
            )
            loss = loss + local
            astray = (logits[arity] > 0) != (wanted[arity] > 0.5)
            wrong = wrong + (astray & (mask > 0)).sum((0, 1))
        # Right bits that rounding has made are not a solution: they count as half a wrong bit.
        score = -wrong.astype(jnp.float32) - jnp.where(clear, 0.0, 0.5)
        return loss, Evaluation(score, score == 0)


@dataclass(frozen=True)
class Found:
    """What the search of a circuit left.

    **Arguments:**

    - `parameters`: float64 NumPy, last axis the kept trials, the best first.
    - `bits`: each kept trial's complete truth table per gate.
    - `reached`: the local rows that occur on the training rows, per gate, as `bits`.
    - `wrong`: the least number of wrong bits of any trial.
    """

    parameters: Setpoints
    bits: list[list[str]]
    reached: list[list[str]]
    solved: bool
    wrong: int
    exhaustive: bool


def hold(gate: Gate, solution: GateSolution) -> Gate:
    """The gate with every parameter fixed at the solution's, its bounds out of the way."""
    at = solution.setpoint
    fixed = {"x0": (at.x0,), "delta": at.delta, "threshold": (at.threshold,)}
    held = replace(gate, setting=at.setting, fixed=fixed, train={})
    first, last = room(held).x0
    if first <= last:
        return held
    # The sums of a gate's numbers are outside of its range by their rounding, which is no conflict.
    low, high = gate.bounds.state
    slack = first - last + 1e-12 * max(abs(low), abs(high))
    wider = replace(gate.bounds, state=(low - slack, high + slack))
    return replace(held, bounds=wider)


def search_circuit(
    netlist: Netlist,
    known: Mapping[str, GateSolution],
    search: Search,
    *,
    seed: int,
    bounded: bool,
    progress: Progress | None,
) -> tuple[Found, list[Stage]]:
    """Train the gates that are not in `known` until enough trials reach the targets.

    Gates in `known` stand as they are. A gate that has a function but is not in `known` (it is tied
    to a free gate) is trained together with the free ones, on its own rows.
    """
    held = netlist.map_gates(
        lambda gate: replace(
            hold(gate, known[gate.name]) if gate.name in known else gate, element=""
        )
    )
    left = tuple(tie for tie in netlist.sharing if not any(name in known for name in tie.gates))
    held = replace(held, ties=left)
    plan, topology = compile_circuit(held)
    return train_circuit(
        held,
        plan,
        topology,
        training_rows(netlist, plan, seed),
        search,
        seed=(seed,),
        known=known,
        bounded=bounded,
        progress=progress,
    )


def train_circuit(
    netlist: Netlist,
    plan: CircuitPlan,
    topology: Topology | None,
    rows: TrainingRows,
    search: Search,
    *,
    seed: Sequence[int],
    known: Collection[str] = (),
    bounded: bool = True,
    name: str = "circuit",
    progress: Progress | None = None,
) -> tuple[Found, list[Stage]]:
    """Train the gates of a netlist on given rows, round after round until a trial has them right.

    **Arguments:**

    - `plan`, `topology`: of the netlist; its heads are compared with `rows.wanted`.
    - `known`: gates that are held, whose functions are not checked.
    - `name`: what the stages of the record are called.
    """
    search = affordable(search, netlist.gates)
    space = build_space(netlist.gates, netlist.sharing, bounded=bounded)
    assert search.loss is not None
    objective = CircuitObjective(plan, search.loss, search.steepness, search.relaxation)
    data = (spread([space], 1), rows.on_device(), *_local_tables(plan, netlist, known), topology)
    values = rows.inputs.shape[1] * (plan.inputs + plan.gates)
    restarts = min(search.restarts, max(LEAST_RESTARTS, MOST_VALUES // values))
    stages: list[Stage] = []
    found: Found | None = None
    for round_ in range(search.rounds):
        random = np.random.default_rng([*seed, round_])
        trained = train(
            objective,
            needed(space, start(space, random, restarts)),
            data=data,
            optimizer=search.optimizer,
            steps=search.steps,
            stop=min(ENOUGH_SOLVED, restarts),
            chunk=100,
            look=LOOK,
            trial_axis=-1,
            small=True,
            progress=progress,
        )
        stages.append(
            Stage(
                f"{name}, round {round_ + 1}",
                1,
                restarts,
                int(trained.solved.sum()),
                int(trained.retired.sum()),
                trained.steps,
                trained.outcome.value,
            )
        )
        order = np.argsort(-trained.score, kind="stable")
        solved = bool(trained.solved.any())
        kept = order[: min(MOST_SOLVED, max(1, int(trained.solved.sum())))]
        best = jax.tree.map(lambda leaf, kept=kept: leaf[..., kept], trained.parameters)
        if found is None or solved or -trained.score[order[0]] < found.wrong:
            score = trained.score[order[0]]
            found = _read(
                netlist,
                plan,
                topology,
                data[0],
                best,
                rows,
                solved,
                int(-score) if score > -1e9 else -1,
            )
        if solved:
            break
    assert found is not None
    return found, stages


def _local_tables(
    plan: CircuitPlan, netlist: Netlist, known: Collection[str]
) -> tuple[dict[int, Array], dict[int, Array]]:
    wanted: dict[int, Array] = {}
    weights: dict[int, Array] = {}
    for arity in plan.arities:
        members = [netlist.gates[index] for index in plan.members(arity)]
        tables = [
            "-" * (1 << arity)
            if gate.function is None or gate.name in known
            else gate.function.rows
            for gate in members
        ]
        rows = np.array([list(table) for table in tables])
        if (rows != "-").any():
            wanted[arity] = jax.device_put((rows == "1")[..., None].astype(np.float32))
            weights[arity] = jax.device_put((rows != "-")[..., None].astype(np.float32))
    return wanted, weights


@partial(compiled, options=ONCE, static_argnames="plan")
def _tables(
    plan: CircuitPlan, topology: Topology | None, space: Space, raw: Raw, words: Array
) -> Any:
    parameters, tables = realise(plan, space, raw)
    bits = {
        arity: (table - per_gate(plan, parameters.threshold, arity))
        * per_gate(plan, space.sign, arity)
        > 0
        for arity, table in tables.items()
    }
    nets = propagate(
        plan, topology, selected, {arity: bit_words(hard) for arity, hard in bits.items()}, words
    )
    return parameters, bits, nets


def _read(
    netlist: Netlist,
    plan: CircuitPlan,
    topology: Topology | None,
    space: Space,
    raw: Raw,
    rows: TrainingRows,
    solved: bool,
    wrong: int,
) -> Found:
    """The truth tables of kept trials, and the local rows that occur in them."""
    device = rows.on_device()
    parameters, bits, nets = jax.tree.map(
        np.asarray, _tables(plan, topology, space, raw, device.words)
    )
    trials = nets.shape[-1]
    count = rows.inputs.shape[1]
    unpacked = np.unpackbits(
        np.ascontiguousarray(np.moveaxis(nets, 1, -1)).view(np.uint8),
        axis=-1,
        bitorder="little",
        count=None,
    )[..., :count]
    net = {name: index for index, name in enumerate(netlist.inputs)}
    net |= {gate.name: place for gate, place in zip(netlist.gates, plan.net_of_gate, strict=True)}
    tables: list[list[str]] = [["" for _ in range(plan.gates)] for _ in range(trials)]
    reached: list[list[str]] = [["" for _ in range(plan.gates)] for _ in range(trials)]
    for arity in plan.arities:
        for position, gate in enumerate(plan.members(arity)):
            local = np.zeros((trials, count), np.int64)
            for name in netlist.gates[gate].inputs:
                local = 2 * local + unpacked[net[name]]
            for trial in range(trials):
                row = bits[arity][position, :, trial]
                tables[trial][gate] = "".join("1" if bit else "0" for bit in row)
                seen = np.bincount(local[trial], minlength=1 << arity) > 0
                reached[trial][gate] = "".join("1" if there else "0" for there in seen)
    return Found(
        parameters=jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), parameters),
        bits=tables,
        reached=reached,
        solved=solved,
        wrong=wrong,
        exhaustive=rows.exhaustive,
    )
