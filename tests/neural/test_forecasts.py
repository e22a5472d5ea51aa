"""Forecasts along test trajectories."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from neural.activations import fixed
from neural.architecture import Architecture
from neural.forecasts import forecast
from neural.hamiltonian import HamiltonianNetwork
from neural.tasks import task
from neural.training import Fitted, Training, fit

SHORT = {"trajectories": 10, "duration": 4.0}


def exact(model, seeds=1):
    """A fitted result whose networks are the law itself."""
    return Fitted(
        kind="hamiltonian",
        seeds=np.arange(seeds),
        networks=model,
        losses=np.zeros((seeds, 1)),
        steps=(1,),
        scores={},
        diverged=np.zeros(seeds, bool),
    )


class Law(HamiltonianNetwork):
    """The energy of Henon and Heiles times a factor, one for every seed."""

    factor: jax.Array

    def __init__(self, factor):
        self.factor = factor

        def energy(x):
            q1, q2, p1, p2 = jnp.moveaxis(x, -1, 0)
            value = (p1**2 + p2**2 + q1**2 + q2**2) / 2 + q1**2 * q2 - q2**3 / 3
            return value[..., None]

        self.model = energy

    def __call__(self, x):
        return self.factor * super().__call__(x)


def test_the_law_itself_forecasts_without_error_and_keeps_the_energy():
    system = task("henon_heiles", **SHORT)
    found = forecast(exact(Law(jnp.ones(1))), system, substeps=8)
    assert found.times[-1] == pytest.approx(4.0)
    assert found.root_mean_square[0] < 2e-2
    assert found.drift[0] < 2e-2
    fine = forecast(exact(Law(jnp.ones(1))), system, method="rk4", substeps=8)
    assert fine.root_mean_square[0] < 1e-4
    assert not fine.lost.any()


def test_every_seed_has_its_own_network():
    system = task("henon_heiles", **SHORT)
    found = forecast(exact(Law(jnp.asarray([1.0, 0.5])), 2), system)
    assert found.errors.shape == (2, len(found.times))
    assert found.root_mean_square[1] > 10 * found.root_mean_square[0]


def test_a_trained_field_forecasts_better_than_an_untrained_one():
    system = task("van_der_pol")
    shape = Architecture(2, [30], 2)
    few = fit(shape, [fixed("tanh")], system, Training(steps=2, batch=50), seeds=2)
    many = fit(shape, [fixed("tanh")], system, Training(steps=600, batch=50), seeds=2)
    rough, better = (forecast(one, system, samples=20).root_mean_square for one in (few, many))
    assert (better < 0.6 * rough).all()


def test_a_lost_roll_out_has_an_infinite_error():
    system = task("henon_heiles", **SHORT)
    found = forecast(exact(Law(jnp.asarray([-40.0]))), system, method="rk4")
    assert found.lost[0] == 1.0
    assert np.isinf(found.errors[0, -1])


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (
            "digits",
            {},
            "error: the task digits has no trajectories; it cannot be forecast from its states",
        ),
        (
            "pendulum",
            {},
            "error: the task pendulum is driven; it cannot be forecast from its states",
        ),
        (
            "henon_heiles",
            {"method": "euler"},
            "error: unknown method 'euler'; it is one of midpoint, rk4",
        ),
        ("henon_heiles", {"substeps": 0}, "error: substeps is 0, and must be from 1 to 1000"),
        ("henon_heiles", {"samples": 1}, "error: samples is 1, and must be from 2 to 20000000"),
    ],
)
def test_what_cannot_be_forecast_is_named(name, options, message):
    short = {"pendulum": {"duration": 10.0}, "henon_heiles": SHORT}.get(name, {})
    with pytest.raises(ChaoscadError) as caught:
        forecast(exact(Law(jnp.ones(1))), task(name, **short), **options)
    assert str(caught.value) == message


def test_networks_of_another_task_are_refused():
    curve = task("small_cubic")
    training = Training(steps=1, batch=8)
    fitted = fit(Architecture(1, [2], 1), [fixed("tanh")], curve, training, seeds=1)
    with pytest.raises(ChaoscadError) as caught:
        forecast(fitted, task("henon_heiles", **SHORT))
    assert str(caught.value).startswith(
        "error: the networks do not take the 4 coordinates of the task henon_heiles: "
    )
