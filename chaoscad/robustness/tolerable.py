"""The noise that a design or a gate bears: the sigma at which its worst row errs so often."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jaxtyping import Int

from chaoscad.arguments import whole, within
from chaoscad.compile.precision import double
from chaoscad.design import Design
from chaoscad.errors import ChaoscadError
from chaoscad.evidence import Evidence
from chaoscad.gate import Setpoint
from chaoscad.robustness.device_bits import in_order
from chaoscad.robustness.first_order import first_order_noise, ratios
from chaoscad.robustness.interval import Share
from chaoscad.robustness.noise import CELLS, CELLS_OF_FLOWS, MOST_TRIALS, shares
from chaoscad.robustness.noisy import noisy_bits
from chaoscad.robustness.state_noise import small_probability
from chaoscad.robustness.subject import Subject, of_design, of_setpoint

STRIDE = 1.5
"""By how much sigma is moved until the error lies between two of them."""

WIDEST = 60
"""Most of these moves in a direction: a factor of 4e10."""

CLOSE = 1e-3
"""How closely sigma is found, relative; the trials leave more open than that."""


@dataclass(frozen=True)
class TolerableNoise:
    """The noise at which the worst row errs with a probability.

    **Arguments:**

    - `sigma`: noise of `state * sigma` and `comparator * sigma` was drawn.
    - `gate`, `inputs`: the row that errs most at it.
    - `errors`: how often, with the exact interval.
    - `first_order`: the sigma that the margins and slopes alone give.
    """

    sigma: float
    error: float
    state: float
    comparator: float
    gate: str
    inputs: str
    errors: Share
    first_order: float
    seed: int = 0

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        data = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return data | {"errors": self.errors.to_data()}


def tolerable_noise(
    design: Design | Evidence | Setpoint,
    error: float = 1e-3,
    *,
    state: float = 1.0,
    comparator: float = 0.0,
    trials: int = 200_000,
    seed: int = 0,
    confidence: float = 0.99,
) -> TolerableNoise:
    """The least sigma at which the worst row of a design or of a gate errs with a probability.

    Every sigma is tried on the same normal numbers, so that the errors rise smoothly with it, and the
    search goes upwards from where no row errs so often.

    **Arguments:**

    - `error`: of the row that errs most, of those that matter.
    - `state`, `comparator`: the noise on the state and at the comparator in units of sigma.
    - `trials`: evaluations of every row; some hundred should be wrong.

    **Raises:** `ChaoscadError` for a design that does not verify, no noise, an error that is none
    below 0.5 or too rare for the trials, and where no noise makes a row err so often.
    """
    error = small_probability(error)
    state, comparator = ratios(state, comparator)
    trials = whole("the number of trials", trials, 1, MOST_TRIALS)
    if trials * error < 20:
        raise ChaoscadError(
            f"{trials} trials see an error of {error:g} {trials * error:g} times, and must see it at "
            f"least 20 times; ask for {math.ceil(20 / error)} trials"
        )
    seed = whole("the seed", seed, 0, 2**32 - 1)
    confidence = within("the confidence", confidence, 0.5, 0.999999)
    if isinstance(design, Design | Evidence):
        subject, judge = of_design(design)
        rows = zip(subject.rows, subject.relevant, strict=True)
        names = {name for (name, _), matters in rows if matters}
        gates = [gate.setpoint for gate in judge.design.gates if gate.name in names]
    else:
        subject, gates = of_setpoint(design), [design]
    linear = min(
        first_order_noise(gate, error, state=state, comparator=comparator) for gate in gates
    )
    known: dict[float, np.ndarray] = {}

    def excess(logarithm: float) -> float:
        sigma = math.exp(logarithm)
        if sigma not in known:
            known[sigma] = _wrong(subject, sigma * state, sigma * comparator, trials, seed)
        # The logarithm is nearly a straight line; half a count keeps it finite.
        return math.log((known[sigma][subject.relevant].max() + 0.5) / (trials * error))

    found = math.log(_bracketed(excess, linear, error))
    sigma = math.exp(found)
    excess(found)
    counts = np.where(subject.relevant, known[sigma], -1)
    worst = int(counts.argmax())
    return TolerableNoise(
        sigma=sigma,
        error=error,
        state=state,
        comparator=comparator,
        gate=subject.rows[worst][0],
        inputs=subject.rows[worst][1],
        errors=shares(counts[worst : worst + 1], trials, confidence)[0],
        first_order=linear,
        seed=seed,
    )


def _bracketed(excess: Any, linear: float, error: float) -> float:
    from scipy.optimize import brentq

    if not 0 < linear < math.inf:
        linear = 1e-3
    low, stride = math.log(linear), math.log(STRIDE)
    for _ in range(WIDEST):
        if excess(low) < 0:
            break
        low -= stride
    else:
        raise ChaoscadError(f"a row errs with a probability above {error:g} at any noise")
    for _ in range(WIDEST):
        if excess(low + stride) >= 0:
            root = brentq(excess, low, low + stride, xtol=CLOSE)
            return math.exp(float(root))  # type: ignore[arg-type]
        low += stride
    raise ChaoscadError(
        f"no noise up to {math.exp(low):.3g} makes a row err with a probability of {error:g}"
    )


def _wrong(
    subject: Subject, state: float, comparator: float, trials: int, seed: int
) -> Int[np.ndarray, " rows"]:
    """Wrong bits of every row."""
    rows = len(subject.rows)
    most = CELLS_OF_FLOWS if subject.flows else CELLS
    chunk = 1 << max(6, (most // rows).bit_length() - 1)
    counts = np.zeros(rows, int)
    with double():
        for number, done in enumerate(range(0, trials, chunk)):
            bits = noisy_bits(
                subject.plan,
                subject.device,
                subject.below,
                jax.random.fold_in(jax.random.key(seed), number),
                chunk,
                state or None,
                comparator or None,
                subject.elements,
            )
            found = np.asarray(in_order(subject.plan, bits))[:, : trials - done]
            counts += (found != subject.wanted[:, None]).sum(1)
    return counts
