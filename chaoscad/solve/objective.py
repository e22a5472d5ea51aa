"""What gates of known function are trained for: their margins, or a loss on their rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from chaoscad.compile import CircuitPlan, Setpoints, Tables, per_gate
from chaoscad.netlist import Gate, TruthTable
from chaoscad.solve.space import ROUNDING, Raw, Space, gaps, realise
from chaoscad.tune import Anneal, Evaluation, WeightedSum, minimum


@dataclass(frozen=True)
class GateObjective:
    """The loss of one problem: minus its smooth margin, or a loss on its rows' logits."""

    plan: CircuitPlan
    loss: WeightedSum | None
    steepness: Anneal
    temperature: Anneal

    def __call__(
        self, raw: Raw, data: Any, progress: Float[Array, ""]
    ) -> tuple[Float[Array, " trials"], Evaluation]:
        """The loss and the least relative margin; `data` is (space, rows above, rows below)."""
        space, above, below = data
        parameters, tables = realise(self.plan, space, raw)
        if self.loss is None:
            temperature = self.temperature.at(progress)
            exact, smooth = gaps(self.plan, space, tables, above, below, temperature)
            relative = smooth.margin / space.scale
            least = relative[0]
            if self.plan.gates > 1:
                everywhere = jnp.ones_like(relative, bool)
                least = minimum(relative, everywhere, temperature, axis=0)[1]
            score = (exact.margin / space.scale).min(0)
            return -least, Evaluation(score, score > ROUNDING)
        return self._on_logits(space, parameters, tables, above, below, progress)

    def _on_logits(
        self,
        space: Space,
        parameters: Setpoints,
        tables: Tables,
        above: dict[int, Array],
        below: dict[int, Array],
        progress: Array,
    ) -> tuple[Array, Evaluation]:
        logits, wanted, weights, signed = [], [], [], []
        for arity, table in tables.items():
            distance = table - per_gate(self.plan, parameters.threshold, arity)
            relative = distance / per_gate(self.plan, space.scale, arity)
            rows = (-1, table.shape[-1])
            logits.append(relative.reshape(rows))
            wanted.append(above[arity].reshape(rows))
            weights.append((above[arity] | below[arity]).reshape(rows))
            signed.append(jnp.where(below[arity], -relative, relative).reshape(rows))
        matters = jnp.concatenate(weights)
        assert self.loss is not None
        # The losses average over all they are given: one trial at a time.
        loss = jax.vmap(self.loss, in_axes=-1)(
            self.steepness.at(progress) * jnp.concatenate(logits),
            jnp.concatenate(wanted).astype(jnp.float32),
            matters.astype(jnp.float32),
        )
        score = jnp.where(matters, jnp.concatenate(signed), jnp.inf).min(0)
        return loss, Evaluation(score, score > ROUNDING)


def row_masks(
    plan: CircuitPlan, gates: Sequence[Gate], wanted: Sequence[TruthTable]
) -> tuple[dict[int, np.ndarray], dict[int, np.ndarray]]:
    """For every arity, the rows whose values must lie above the threshold, and those below."""
    above: dict[int, np.ndarray] = {}
    below: dict[int, np.ndarray] = {}
    for arity in plan.arities:
        members = plan.members(arity)
        rows = np.array([list(wanted[index].rows) for index in members])
        straight = np.array([[gates[index].compare == ">"] for index in members])
        above[arity] = np.where(straight, rows == "1", rows == "0")
        below[arity] = np.where(straight, rows == "0", rows == "1")
    return above, below
