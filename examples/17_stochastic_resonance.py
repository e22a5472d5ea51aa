"""Logical stochastic resonance: a bistable element that computes OR only with the right amount of noise.

Run it with `python examples/17_stochastic_resonance.py [copies]`; it prints a table and draws
stochastic_resonance.png. The element is dx/dt = -1.8 x + 3 g(x) + I1 + I2 + D eta, with g clipping x to
[-0.5, 1.3] and inputs of +-0.5 (K. Murali, S. Sinha, W. L. Ditto, A. R. Bulsara, Phys. Rev. Lett. 102,
104101 (2009)); eta is white noise of unit strength. Each copy sees 20 random pairs of inputs, one after
the other, each for 820 units of time. Its output, x > 0, is right on a pair when it is right at every
unit of time in the second half: with little noise the element stays in its well, with much it does not.

Published probabilities depend on how long inputs are held and when the output is read; here that is as
said above.
"""

import sys

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from chaoscad.plot.save import save
from chaoscad.plot.style import COLOURS, COLUMN, styled
from chaoscad.robustness.stochastic import along
from chaoscad.systems import Flow, Parameter, Setting, Solver

STRENGTHS = (0.1, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
PAIRS, HOLD, STEP = 20, 820, 0.1


def field(xp, t, state, parameters):  # noqa: ARG001
    (x,) = state
    return (-1.8 * x + 3 * xp.clip(x, -0.5, 1.3) + parameters["drive"],)


ELEMENT = Flow(
    name="clipped element",
    title="bistable element",
    formula="dx = (-1.8 x + 3 clip(x, -0.5, 1.3) + drive) dt",
    parameters=(Parameter("drive", 0.0, -1.0, 1.0, "1", "sum of the inputs"),),
    state=(-2.0, 3.0),
    field=field,
    citation="K. Murali, S. Sinha, W. L. Ditto, A. R. Bulsara, Phys. Rev. Lett. 102, 104101 (2009)",
    coordinates=("x",),
    encode=("x",),
    read="x",
    start=(0.0,),
    initial=(0.0,),
    time=1.0,
    step=STEP,
)


@jax.jit
def held(key, x, drive, wanted, noise):
    """The state after a pair of inputs, and whether the output was right in the second half."""
    setting = Setting(ELEMENT, (0.0,), solver=Solver("euler", step=STEP))

    def unit(carry, t):
        x, right = carry
        (x,) = along(
            setting, (x,), {"drive": drive}, jax.random.fold_in(key, t), noise, lambda at: at
        )
        x = x[-1]
        return (x, right & ((t < HOLD // 2) | ((x > 0) == wanted))), None

    return jax.lax.scan(unit, (x, jnp.ones(x.shape, bool)), jnp.arange(HOLD))[0]


def probabilities(copies: int, seed: int = 0) -> np.ndarray:
    """How often OR is right, at every strength of the noise."""
    random, key = np.random.default_rng(seed), jax.random.key(seed)
    noise = jnp.array(STRENGTHS)[:, None]
    x = jnp.zeros((len(STRENGTHS), copies))
    right = np.zeros(len(STRENGTHS))
    for pair in range(PAIRS):
        # Equally many copies see each of the four pairs.
        rows = random.permutation(np.arange(copies) % 4)
        ones = (rows & 1) + (rows >> 1)
        x, found = held(jax.random.fold_in(key, pair), x, ones - 1.0, ones > 0, noise)
        right += np.asarray(found).mean(1)
    return right / PAIRS


def main(copies: int = 100) -> None:
    found = probabilities(copies)
    print("noise strength  P(OR)")
    for strength, share in zip(STRENGTHS, found, strict=True):
        print(f"{strength:14.1f}  {share:.3f}")
    with styled():
        made = Figure(figsize=(COLUMN, 2.6), layout="constrained")
        axes = made.subplots()
        axes.plot(STRENGTHS, found, color=COLOURS[0], marker="o")
        axes.set(xlabel="strength of the noise, D", ylabel="P(OR)", ylim=(0, 1.05))
    save(made, "stochastic_resonance.png")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
