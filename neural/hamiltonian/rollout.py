"""Roll-outs: a learned or exact vector field followed from many starts, as one XLA program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float64, Int, Real

from chaoscad.arguments import choice, first_line, function, number, reals, whole
from chaoscad.errors import ChaoscadError
from neural.hamiltonian.network import floating
from neural.hamiltonian.steps import Field, midpoint_step, rk4_step

METHODS = {
    "midpoint": "implicit midpoint: order 2, symplectic for every Hamiltonian",
    "rk4": "classical Runge-Kutta: order 4, not symplectic",
}
"""The methods of `rollout`, and what they are."""

MOST_NUMBERS = 20_000_000
"""Most numbers in the states of one roll-out: 80 MB in float32."""

MOST_SHOWN = 8
"""Most starts that one report names."""


@dataclass(frozen=True)
class Rollout:
    """Trajectories from many starts.

    **Arguments:**

    - `times`: of the states kept, from 0, in units of `dt`'s.
    - `states`: every start's states at those times; NaN from the step on at which it was lost.
    - `lost_at`: the step after which a start's state was first not finite, -1 for never.
    - `unsolved_at`: the first step whose implicit equation missed its tolerance, -1 for never.
    """

    dt: float
    times: Float64[np.ndarray, " times"]
    states: Float[np.ndarray, "starts times coordinates"]
    lost_at: Int[np.ndarray, " starts"]
    unsolved_at: Int[np.ndarray, " starts"]

    def problems(self) -> tuple[str, ...]:
        """A sentence for every start that was lost or is not accurate, the first ones only."""
        found = [
            f"start {start} is not finite from step {lost} (time {lost * self.dt:g}) on"
            if lost >= 0
            else f"start {start} misses the tolerance at step {missed} (time {missed * self.dt:g})"
            for start, (lost, missed) in enumerate(zip(self.lost_at, self.unsolved_at, strict=True))
            if max(lost, missed) >= 0
        ]
        more = [f"{len(found) - MOST_SHOWN} more of the {len(self.lost_at)} starts"]
        return (*found[:MOST_SHOWN], *(more if len(found) > MOST_SHOWN else []))

    def checked(self) -> Rollout:
        """The roll-out itself.

        **Raises:** `ChaoscadError` with all `problems`, when there are some.
        """
        if problems := self.problems():
            raise ChaoscadError("; ".join(problems))
        return self


def rollout(
    field: Field,
    start: Real[Array | np.ndarray, "starts coordinates"],
    dt: float,
    steps: int,
    method: str = "midpoint",
    *,
    every: int = 1,
) -> Rollout:
    """Follow a vector field, such as a `HamiltonianNetwork`, from many starts.

    The arithmetic is that of the starts' type under JAX's configuration: float32 unless it says
    otherwise.

    **Arguments:**

    - `field`: the rates of a batch of states that depend on the states alone; a callable pytree, or a plain
      function of JAX arrays.
    - `start`: shape (starts, coordinates).
    - `dt`: the step, negative to go back in time.
    - `method`: one of `METHODS`.
    - `every`: keep the state after every so many steps; it divides `steps`.

    **Returns:** the states at times 0, every dt, 2 every dt, .. Look at its `problems()`: a start
    that becomes infinite is kept, as NaN, and reported there.

    **Raises:** `ChaoscadError` for a bad argument, and a field whose rates have another shape than
    the states.
    """
    choice("method", method, METHODS)
    function("the field", field)
    given = reals("the starts", start, "starts coordinates")
    dt = number("dt", dt, "a finite number other than 0", lambda value: value != 0)
    steps, every = whole("steps", steps, 1, 10**9), whole("every", every, 1, 10**9)
    if steps % every:
        raise ChaoscadError(f"every is {every}, and must divide the {steps} steps")
    kept = steps // every
    if (kept + 1) * given.size > MOST_NUMBERS:
        raise ChaoscadError(
            f"the roll-out would keep {(kept + 1) * given.size} numbers, and at most {MOST_NUMBERS} "
            "fit; take a larger 'every' or fewer starts"
        )
    with np.errstate(over="ignore"):
        begin = floating(start)
    bad = np.flatnonzero(~np.isfinite(np.asarray(begin)).all(axis=1))
    if len(bad):
        raise ChaoscadError(f"start {bad[0]} is too large for {begin.dtype}")
    _same_shape(field, begin)
    step, times = jnp.asarray(dt, begin.dtype), dt * np.arange(0, steps + 1, every, dtype=float)
    found = _run(_hashable(field), begin, step, method, kept, every)
    states, lost, unsolved = map(np.asarray, found)
    gone = (lost[:, None] >= 0) & (every * np.arange(kept + 1) >= lost[:, None])
    states = np.where(gone[..., None], np.nan, states).astype(states.dtype)
    return Rollout(dt, times, states, lost, unsolved)


def _same_shape(field: Field, states: Array) -> None:
    try:
        rates = jax.eval_shape(lambda x: jnp.asarray(field(x)), states)
    except (TypeError, ValueError) as error:
        raise ChaoscadError(
            f"the field does not take states of shape {states.shape}: {first_line(error)}"
        ) from error
    if rates.shape != states.shape:
        raise ChaoscadError(
            f"the field gives rates of shape {rates.shape} for states of shape {states.shape}"
        )


def _hashable(field: Field) -> Field:
    """The field, behind a function where what it holds besides arrays cannot select a program."""
    leaves, structure = jax.tree.flatten(field)
    try:
        hash((structure, *(leaf for leaf in leaves if not hasattr(leaf, "dtype"))))
    except TypeError:
        return lambda x: field(x)
    return field


def paths(
    field: Field, start: Array, dt: Array, method: str, kept: int, every: int
) -> tuple[Array, Array, Array]:
    """The kept states (starts, times, coordinates), and the steps of loss and of a miss."""
    never = jnp.full(len(start), -1, jnp.int32)

    def advance(x: Array) -> tuple[Array, Array]:
        if method == "midpoint":
            return midpoint_step(field, x, dt)
        return rk4_step(field, x, dt), jnp.ones(len(x), bool)

    def one(state: tuple[Array, ...], step: Array) -> tuple[tuple[Array, ...], None]:
        x, lost, unsolved = state
        y, solved = advance(x)
        y = y.astype(x.dtype)
        finite = jnp.isfinite(y).all(-1)
        missed = (unsolved < 0) & (lost < 0) & finite & ~solved
        lost = jnp.where((lost < 0) & ~finite, step, lost)
        return (y, lost, jnp.where(missed, step, unsolved)), None

    def several(state: tuple[Array, ...], done: Array) -> tuple[tuple[Array, ...], Array]:
        state, _ = jax.lax.scan(one, state, done * every + 1 + jnp.arange(every, dtype=jnp.int32))
        return state, state[0]

    (_, lost, unsolved), states = jax.lax.scan(
        several, (start, never, never), jnp.arange(kept, dtype=jnp.int32)
    )
    return jnp.moveaxis(jnp.concatenate([start[None], states]), 0, 1), lost, unsolved


_run: Any = eqx.filter_jit(paths)
