"""Functions of one variable: the regression tasks of growing networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chaoscad.arguments import whole, within
from neural.tasks import checks
from neural.tasks.build import valued
from neural.tasks.scaling import Scaling, unit_range
from neural.tasks.splits import apart, shuffled
from neural.tasks.task import Task

SOURCE = (
    "A. Radhakrishnan et al., Proc R Soc A 481 (2025), doi 10.1098/rspa.2025.0222, repository N3"
)

CENTRES = np.array([-2.0, 0.0, 2.0])
WIDTHS = np.array([0.5, 0.8, 0.3])
HEIGHTS = np.array([1.0, 1.5, 0.8])


def bessel_sum(x: Any, orders: int = 3) -> Any:
    """J0(x) + J1(x) + J2(x), or the first so many of these."""
    from scipy.special import jv

    return sum(jv(order, x) for order in range(orders))


def gaussians(x: np.ndarray) -> np.ndarray:
    """The sum over three bumps of height exp(-(x - centre)^2 / (2 width^2))."""
    distance = (x[..., None] - CENTRES) / WIDTHS
    return (HEIGHTS * np.exp(-np.square(distance) / 2)).sum(axis=-1)


def bessel(
    *, seed: int = 0, samples: int = 1024, test: float = 0.2, validation: float = 0.1
) -> Task:
    """y = J0(x) + J1(x) + J2(x) on an even grid from -2 pi to 2 pi, both ends included.

    Inputs and targets are scaled to [-1, 1] by the training part's range.

    **Arguments:**

    - `seed`: draws the parts.
    - `samples`: points of the grid; the reference has 32768.
    """
    samples = whole("samples", samples, 10, 2**20)
    x = np.linspace(-2 * np.pi, 2 * np.pi, samples)
    return _on_grid("bessel", x, bessel_sum(x), 0.0, seed, test, validation, "J0 + J1 + J2")


def gaussian_mixture(
    *,
    seed: int = 0,
    samples: int = 1024,
    noise: float = 0.1,
    test: float = 0.2,
    validation: float = 0.1,
) -> Task:
    """Three Gaussian bumps on an even grid from -4 to 4, with noise on the values of all parts.

    Centres -2, 0, 2; widths 0.5, 0.8, 0.3; heights 1, 1.5, 0.8. Inputs and targets are scaled to
    [-1, 1] by the training part's range.

    **Arguments:**

    - `seed`: draws the noise and the parts.
    - `noise`: its standard deviation before scaling; the reference has 0.01, 0.1 and 0.5.
    """
    samples = whole("samples", samples, 10, 2**20)
    noise = within("noise", noise, 0.0, 100.0)
    x = np.linspace(-4, 4, samples)
    title = "three Gaussian bumps with noise"
    return _on_grid("gaussian_mixture", x, gaussians(x), noise, seed, test, validation, title)


def _on_grid(
    name: str,
    x: np.ndarray,
    exact: np.ndarray,
    noise: float,
    seed: int,
    test: float,
    validation: float,
    description: str,
) -> Task:
    test, validation = checks.shares(test, validation)
    for_parts, for_noise = checks.generator(seed).spawn(2)
    return valued(
        name,
        x[:, None],
        (exact + noise * for_noise.standard_normal(exact.shape))[:, None],
        shuffled(len(x), test, validation, for_parts),
        "range",
        columns=("x",),
        target_columns=("y",),
        description=description,
        source=SOURCE,
    )


def _drawn(
    name: str,
    formula: str,
    function: Callable[[np.ndarray | float], Any],
    domain: tuple[float, float] = (-1.0, 1.0),
    image: tuple[float, float] = (-1.0, 1.0),
) -> Callable[..., Task]:
    """A task of a function at points drawn uniformly from an interval.

    Its scaling is that of the function, not of the points, so it needs no fit: the interval and the
    function's range there become [-1, 1].
    """

    def make(
        *, seed: int = 0, samples: int = 32, test_samples: int = 8, validation: float = 0.0
    ) -> Task:
        samples = whole("samples", samples, 2, 2**20)
        test_samples = whole("test_samples", test_samples, 1, 2**20)
        validation = checks.share("validation", validation, zero=True)
        x = checks.generator(seed).uniform(*domain, samples + test_samples)[:, None]
        onto = [unit_range(np.array(one)[:, None]) for one in (domain, image)]
        return valued(
            name,
            x,
            function(x),
            apart(samples, test_samples, validation),
            Scaling("range", onto[0], onto[1]),
            columns=("x",),
            target_columns=("y",),
            description=formula,
            source=SOURCE,
        )

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"""{formula} at points drawn uniformly; the interval and the range there become [-1, 1].

    **Arguments:**

    - `seed`: draws all points; training and test points are drawn independently.
    - `samples`: training and validation points; `test_samples`: test points.
    """
    return make


# J0(0.2) and J0(0.1), which only SciPy, loaded late, could compute here.
J0_RANGE = (0.9900249722395764, 0.9975015620660401)

small_bessel = _drawn(
    "small_bessel", "J0(x) on [0.1, 0.2]", lambda x: bessel_sum(x, 1), (0.1, 0.2), J0_RANGE
)
# The parabola through (-1, 1), (1, -1) and (0, -1/5).
small_quadratic = _drawn(
    "small_quadratic", "x^2/5 - x - 1/5 on [-1, 1]", lambda x: x**2 / 5 - x - 1 / 5
)
# The cubic through (-1, 1), (1, 1) that is flat at (1/3, -2/3).
small_cubic = _drawn(
    "small_cubic",
    "(45 (x^3 + x^2 - x) - 13) / 32 on [-1, 1]",
    lambda x: (45 * (x**3 + x**2 - x) - 13) / 32,
    image=(-2 / 3, 1.0),
)
