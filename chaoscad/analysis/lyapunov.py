"""The Lyapunov spectrum of a map or a flow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float64

from chaoscad.analysis.arguments import Real, start
from chaoscad.analysis.bounded import elsewhere
from chaoscad.analysis.table import Table, heading
from chaoscad.analysis.tangent import (
    advance_tangents,
    divergence,
    orthonormal,
)
from chaoscad.arguments import not_negative, positive, whole
from chaoscad.compile.precision import double
from chaoscad.errors import ChaoscadError
from chaoscad.systems import Flow, Setting, System
from chaoscad.systems.evaluate import ESCAPED

BLOCKS = 50
"""Blocks of a run: how finely its convergence is recorded."""

SPREAD = 1e-4
"""How far apart the starts are, relative to the initial state."""

STEPS_PER_QR = 10
"""Steps of a flow between two orthonormalisations."""

ITERATES = 20_000
"""Iterates of a run of a map, unless others are asked for."""

STEPS = 200_000
"""Steps of a run of a flow, unless a time is asked for."""

MOST_STEPS = 20_000_000
"""Most steps of a run, several minutes' work."""

HALVINGS = 4
"""How often the step of a flow is halved before a run is given up."""

SHRINK = 1e-14
"""By how much every iterate of a map of one coordinate is drawn to the middle of its range.

Without it a slope of two shifts the binary digits of the start out of the number, and the orbits of
the tent map and of the Bernoulli shift end on a fixed point after 53 iterates.
"""

AGREEMENT = 0.01
"""How well the sum of the exponents and the mean divergence of the flow must agree."""


@dataclass(frozen=True)
class Spectrum:
    """The Lyapunov exponents of a system, the largest first, in nats per iterate or unit of time.

    **Arguments:**

    - `errors`: the standard error of each: from the scatter between the starts.
    - `times`, `history`: the estimate after a part of the run.
    - `starts`, `length`: how many orbits were followed, and for how long each.
    - `step`: of the integration of a flow; `None` for a map.
    """

    setting: Setting
    exponents: Float64[np.ndarray, " coordinates"]
    errors: Float64[np.ndarray, " coordinates"]
    times: Float64[np.ndarray, " blocks"]
    history: Float64[np.ndarray, "blocks coordinates"]
    starts: int
    length: float
    step: float | None

    @property
    def dimension(self) -> float:
        """The Kaplan-Yorke dimension of the attractor.

        An exponent that the run cannot tell from zero counts as zero: a limit cycle has dimension 1.
        """
        zero = np.abs(self.exponents) <= np.maximum(3 * self.errors, 5 / self.length)
        return kaplan_yorke(np.where(zero, 0.0, self.exponents))

    @property
    def unit(self) -> str:
        """The unit of the exponents."""
        return exponent_unit(self.setting.system)

    def columns(self) -> Table:
        """One row per exponent."""
        return {
            "index": np.arange(1, len(self.exponents) + 1),
            heading("exponent", self.unit): self.exponents,
            heading("standard error", self.unit): self.errors,
        }


def exponent_unit(system: System) -> str:
    """The unit of a Lyapunov exponent."""
    if not isinstance(system, Flow):
        return "nats per iterate"
    return "nats per unit of time" if system.time_unit == "1" else f"nats per {system.time_unit}"


def kaplan_yorke(exponents: Float64[np.ndarray, " coordinates"]) -> float:
    """k + (l_1 + ... + l_k) / |l_(k+1)|, with k the most exponents whose sum is not negative.

    J. L. Kaplan, J. A. Yorke, Lecture Notes in Mathematics 730, 204 (1979).
    """
    sums = np.cumsum(exponents)
    if sums[0] < 0:
        return 0.0
    if (sums >= 0).all():
        return float(len(sums))
    k = int(np.argmax(sums < 0))
    return k + float(sums[k - 1] / abs(exponents[k]))


def lyapunov(
    setting: Setting,
    length: Real | None = None,
    skip: Real | None = None,
    initial: Sequence[Real] | np.ndarray | None = None,
    *,
    starts: int = 64,
    step: Real | None = None,
    seed: int = 0,
) -> Spectrum:
    """The Lyapunov spectrum by repeated QR of tangent vectors.

    G. Benettin, L. Galgani, A. Giorgilli, J.-M. Strelcyn, Meccanica 15, 9 (1980); I. Shimada,
    T. Nagashima, Prog. Theor. Phys. 61, 1605 (1979). Several orbits are followed at once from
    starts that differ by about 1e-4: they part during `skip`, and their scatter gives the error.

    The spectrum of a driven flow leaves out the exponent 0 of the phase of its drive.

    **Arguments:**

    - `length`: iterates of a map or time of a flow that count, for every start.
    - `skip`: the same before that, on the way to the attractor; a tenth of `length` by default.
    - `initial`: one number per coordinate; the system's own where it is left out.
    - `starts`: how many orbits.
    - `step`: of the integration. Left out, it is half the system's, and is halved until the sum of
      the exponents agrees with the mean divergence of the flow.
    - `seed`: of the starts.

    **Raises:** `ChaoscadError` for a bad argument, an orbit that escapes, one that meets a place
    where the map is flat (an exponent is then minus infinity), and a flow that no step resolves.
    """
    system = setting.system
    begin = start(setting, initial)
    starts = whole("the number of starts", starts, 2, 100_000)
    if not isinstance(system, Flow):
        count = whole("length", ITERATES if length is None else length, BLOCKS, MOST_STEPS)
        before = whole("skip", count // 10 if skip is None else skip, 0, MOST_STEPS)
        return _run(setting, begin, starts, seed, None, count, before)
    base = system.step / 2 if step is None else positive("step", step)
    total = positive("length", STEPS * base if length is None else length)
    early = not_negative("skip", total / 10 if skip is None else skip)
    least = BLOCKS * STEPS_PER_QR * base
    if total < least * (1 - 1e-9):
        raise ChaoscadError(f"length is {total:g}, and must be at least {least:g}")
    if (total + early) / base > MOST_STEPS:
        raise ChaoscadError(
            f"length {total:g} and skip {early:g} need more than {MOST_STEPS} steps of {base:g}; "
            "ask for less"
        )
    failure = ChaoscadError("")
    for halving in range(1 if step is not None else HALVINGS + 1):
        h = base / 2**halving
        try:
            return _run(setting, begin, starts, seed, h, total / h, early / h)
        except _Unresolved as error:
            failure = ChaoscadError(str(error))
    raise failure


class _Unresolved(Exception):
    """A run that a smaller step may save."""


def _run(
    setting: Setting,
    begin: Float64[np.ndarray, " coordinates"],
    starts: int,
    seed: int,
    h: float | None,
    steps: Real,
    skip: Real,
) -> Spectrum:
    system, parameters = setting.system, setting.parameters
    width = len(begin)
    group = 1 if h is None else STEPS_PER_QR
    groups = max(1, round(steps / BLOCKS / group))
    early = round(skip / BLOCKS / group)
    duration_of_block = groups * group * (1 if h is None else h)
    states = _starts(setting, begin, starts, seed)
    logarithms = np.empty((BLOCKS, width, starts))
    traces = np.zeros((BLOCKS, starts))
    with double():
        block = compiled_block(system, group)
        run = (
            jnp.asarray(0.0),
            jnp.asarray(states),
            jnp.broadcast_to(jnp.eye(width)[:, :, None], (width, width, starts)),
        )
        for index in range(-BLOCKS if early else 0, BLOCKS):
            number = early if index < 0 else groups
            run, found, trace = block(run, 0.0 if h is None else h, number, parameters)
            sums = np.asarray(found)
            _check(setting, np.asarray(run[1]), sums, float(run[0]), h)
            if index >= 0:
                logarithms[index], traces[index] = sums, np.asarray(trace) / groups
    elapsed = duration_of_block * np.arange(1.0, BLOCKS + 1)
    # l_i = (1 / T) * the sum over all QR of ln |r_ii|, for every start by itself.
    each = logarithms.sum(axis=0) / elapsed[-1]
    exponents = each.mean(axis=1)
    if h is not None:
        _agree(system, exponents, float(traces.mean()), h)
    order = np.argsort(-exponents, kind="stable")
    history = np.cumsum(logarithms.mean(axis=2), axis=0) / elapsed[:, None]
    return Spectrum(
        setting=setting,
        exponents=exponents[order],
        errors=(each.std(axis=1, ddof=1) / np.sqrt(starts))[order],
        times=elapsed,
        history=history[:, order],
        starts=starts,
        length=float(elapsed[-1]),
        step=h,
    )


def _starts(
    setting: Setting, begin: Float64[np.ndarray, " coordinates"], starts: int, seed: int
) -> Float64[np.ndarray, "coordinates starts"]:
    """Starts around `begin`, inside the system's own range where `begin` is."""
    random = np.random.default_rng(seed)
    scale = SPREAD * np.maximum(np.abs(begin), 0.1)
    states = begin[:, None] + scale[:, None] * random.standard_normal((len(begin), starts))
    low, high = setting.system.state
    inside = (low <= begin) & (begin <= high)
    return np.where(inside[:, None], np.clip(states, low, high), states)


def _check(
    setting: Setting, states: np.ndarray, logarithms: np.ndarray, time: float, h: float | None
) -> None:
    name = setting.system.name
    if not (np.abs(states).max(axis=0) < ESCAPED).all():
        if h is not None:
            raise _Unresolved(
                f"a trajectory of {name} escapes before time {time:.4g}; {elsewhere(setting)}"
            )
        raise ChaoscadError(
            f"an orbit of {name} escapes before iterate {time:.0f}; {elsewhere(setting)}"
        )
    if np.isneginf(logarithms).any():
        raise ChaoscadError(
            f"an orbit of {name} meets a place where the map is flat before iterate {time:.0f}: "
            "an exponent is minus infinity; change a parameter"
        )
    if not np.isfinite(logarithms).all():
        raise _Unresolved(f"the tangent vectors of {name} overflow before time {time:.4g}")


def _agree(
    system: System, exponents: Float64[np.ndarray, " coordinates"], mean: float, h: float
) -> None:
    """Volumes grow at the mean divergence, whatever the exponents: a check of the integration."""
    # The sum of the exponents is the time mean of div f (Liouville), which needs no tangent vectors.
    difference = abs(float(exponents.sum()) - mean)
    if difference > AGREEMENT * max(float(np.abs(exponents).max()), abs(mean), 0.1):
        raise _Unresolved(
            f"the exponents of {system.name} add up to {exponents.sum():.4g} and its mean divergence "
            f"is {mean:.4g}: steps of {h:.3g} do not resolve it; give a smaller step"
        )


@lru_cache(maxsize=32)
def compiled_block(system: System, group: int) -> Callable[..., Any]:
    """A compiled part of a run: `groups` times `group` steps and one QR.

    **Returns:** the run's time, states and vectors; the logarithms of the stretching, summed; and
    the divergence, summed over the groups.
    """
    flow = system if isinstance(system, Flow) else None
    middle = sum(system.state) / 2
    drawn = flow is None and len(system.coordinates) == 1

    @jax.jit
    def block(run: tuple[Array, Array, Array], h: Any, groups: Any, parameters: Any) -> Any:
        def one(_: Any, carry: Any) -> Any:
            (t, states, vectors), trace = carry
            if flow is not None:
                trace = trace + divergence(flow, t, states, parameters) / group
            states, vectors = advance_tangents(system, t, h, states, vectors, parameters)
            if drawn:
                states = states - SHRINK * (states - middle)
            return (t + (1 if flow is None else h), states, vectors), trace

        def several(_: Any, carry: Any) -> Any:
            run, total, trace = carry
            (t, states, vectors), trace = jax.lax.fori_loop(0, group, one, (run, trace))
            # Before they all point along the fastest direction, or overflow.
            vectors, logarithms = orthonormal(vectors)
            return (t, states, vectors), total + logarithms, trace

        _, states, vectors = run
        zero = jnp.zeros(vectors.shape[1:]), jnp.zeros(states.shape[1:])
        return jax.lax.fori_loop(0, groups, several, (run, *zero))

    return block
