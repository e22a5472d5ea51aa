"""Hamiltonian networks and roll-outs."""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from chaoscad.compile.precision import double
from chaoscad.errors import ChaoscadError
from neural.hamiltonian import (
    HamiltonianNetwork,
    midpoint_step,
    rk4_step,
    rollout,
)

OMEGA = np.block([[np.zeros((2, 2)), np.eye(2)], [-np.eye(2), np.zeros((2, 2))]])


class Net(eqx.Module):
    """A tanh network from whole batches to one number per row."""

    first: jax.Array
    bias: jax.Array
    second: jax.Array

    def __call__(self, x):
        return jnp.tanh(x @ self.first + self.bias) @ self.second


def net(key, inputs=4, units=16):
    one, two, three = jax.random.split(key, 3)
    return Net(
        jax.random.normal(one, (inputs, units)) / 2,
        jax.random.normal(two, (units,)) / 2,
        jax.random.normal(three, (units, 1)) / 2,
    )


def henon_heiles(x):
    q1, q2 = x[..., :1], x[..., 1:2]
    return (x**2).sum(-1, keepdims=True) / 2 + q1**2 * q2 - q2**3 / 3


def henon_heiles_rates(x):
    q1, q2, p1, p2 = x.T
    return np.stack([p1, p2, -q1 - 2 * q1 * q2, -q2 - q1**2 + q2**2], axis=1)


EXACT = HamiltonianNetwork(henon_heiles)
START = np.array([[0.1, -0.2, 0.3, 0.1], [0.0, 0.1, 0.45, 0.0], [0.3, 0.0, 0.0, 0.35]])


@eqx.filter_jit
def rates(network, x):
    return network(x)


def message(error):
    return str(error.value)


def test_the_rates_are_those_of_the_energy():
    start = START.astype(np.float32)
    np.testing.assert_allclose(rates(EXACT, start), henon_heiles_rates(START), atol=1e-6)
    np.testing.assert_allclose(EXACT.energy(start), henon_heiles(START)[:, 0], atol=1e-7)


def test_one_state_and_many_axes_of_states_give_the_same_rates():
    network = HamiltonianNetwork(net(jax.random.key(0)))
    x = np.linspace(-1, 1, 24, dtype=np.float32).reshape(2, 3, 4)
    assert jax.eval_shape(network.energy, x).shape == (2, 3)
    assert jax.eval_shape(network.energy, x[0, 0]).shape == ()
    np.testing.assert_allclose(rates(network, x)[1, 2], rates(network, x[1, 2]), atol=1e-6)


def test_the_network_works_under_jit_and_stacked():
    models = eqx.filter_vmap(net)(jax.random.split(jax.random.key(0), 3))
    x = jax.random.normal(jax.random.key(1), (5, 4))
    stacked = eqx.filter_jit(eqx.filter_vmap(lambda model: HamiltonianNetwork(model)(x)))(models)
    for index in range(3):
        model = jax.tree.map(lambda leaf, i=index: np.asarray(leaf)[i], models)
        np.testing.assert_allclose(stacked[index], rates(HamiltonianNetwork(model), x), atol=1e-5)


def test_the_gradient_with_respect_to_the_weights_is_that_of_differences():
    x = jax.random.normal(jax.random.key(1), (7, 4))
    target = jax.random.normal(jax.random.key(2), (7, 4))

    @jax.jit
    def loss(network):
        return jnp.mean((network(x) - target) ** 2)

    with double():
        network = HamiltonianNetwork(net(jax.random.key(0)))
        network = jax.tree.map(lambda leaf: leaf.astype(jnp.float64), network)
        x, target = x.astype(jnp.float64), target.astype(jnp.float64)
        direction = jax.tree.map(np.cos, network)
        slope = sum(
            (one * two).sum()
            for one, two in zip(
                jax.tree.leaves(jax.jit(jax.grad(loss))(network)),
                jax.tree.leaves(direction),
                strict=True,
            )
        )
        moved = [
            loss(jax.tree.map(lambda a, b, s=sign: a + s * 1e-5 * b, network, direction))
            for sign in (1, -1)
        ]
        assert float(slope) == pytest.approx(float(moved[0] - moved[1]) / 2e-5, rel=1e-8)
        # The product of Hessian and vector needs a third derivative of the energy.
        product = jax.jit(lambda n, d: jax.jvp(jax.grad(loss), (n,), (d,))[1])(network, direction)
        curvature = sum(
            (one * two).sum()
            for one, two in zip(jax.tree.leaves(product), jax.tree.leaves(direction), strict=True)
        )
        second = (moved[0] + moved[1] - 2 * loss(network)) / 1e-10
        assert float(curvature) == pytest.approx(float(second), rel=1e-4)


def test_the_midpoint_step_is_symplectic_to_rounding():
    with double():
        network = HamiltonianNetwork(
            jax.tree.map(lambda leaf: leaf.astype(jnp.float64), net(jax.random.key(3)))
        )

        def step(x, dt):
            return midpoint_step(network, x[None], dt)[0][0]

        def runge_kutta(x, dt):
            return rk4_step(network, x[None], dt)[0]

        for differentiate in (jax.jacfwd, jax.jacrev):
            derivative = jax.jit(differentiate(step))
            for dt in (0.1, 0.5, -2.0):
                found = np.asarray(derivative(START[0], dt))
                np.testing.assert_allclose(found.T @ OMEGA @ found, OMEGA, atol=3e-14)
        other = np.asarray(jax.jit(jax.jacfwd(runge_kutta))(START[0], 0.1))
        assert np.abs(other.T @ OMEGA @ other - OMEGA).max() > 1e-9


def test_the_midpoint_step_solves_its_equation_whatever_the_other_rows_do():
    with double():
        start = jnp.asarray(np.concatenate([START, [[3.0, -3.0, 3.0, -3.0]]]))
        step = jax.jit(lambda x: midpoint_step(EXACT, x, 0.3))
        after, solved = step(start)
        assert solved.all()
        np.testing.assert_allclose(
            after, start + 0.3 * henon_heiles_rates((start + after) / 2), atol=1e-13
        )
        alone, _ = step(start[:1])
        np.testing.assert_array_equal(alone[0], after[0])


def test_the_derivative_of_a_midpoint_step_with_respect_to_weights_is_that_of_differences():
    with double():

        def reached(stiffness):
            field = HamiltonianNetwork(lambda x: henon_heiles(x) * stiffness)
            return midpoint_step(field, jnp.asarray(START), 0.4)[0].sum()

        found = jax.jit(jax.vmap(jax.grad(reached)))(jnp.array([1.0, 0.5]))
        reached_of = jax.jit(reached)
        for slope, at in zip(found.tolist(), (1.0, 0.5), strict=True):
            difference = float(reached_of(at + 1e-6) - reached_of(at - 1e-6)) / 2e-6
            assert slope == pytest.approx(difference, rel=1e-8)


@pytest.mark.parametrize(
    ("method", "field", "order"),
    [("midpoint", EXACT, 2), ("rk4", EXACT, 4)],
)
def test_the_methods_agree_with_scipy_at_their_order(method, field, order):
    exact = np.stack(
        [
            solve_ivp(
                lambda _, y: henon_heiles_rates(y[None])[0],
                (0.0, 5.0),
                one,
                method="DOP853",
                rtol=1e-12,
                atol=1e-12,
            ).y[:, -1]
            for one in START
        ]
    )
    with double():
        errors = []
        for steps in (50, 100):
            run = rollout(field, START, 5 / steps, steps, method, every=steps).checked()
            assert run.times.tolist() == [0.0, 5.0]
            errors.append(np.abs(run.states[:, -1] - exact).max())
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.15)
    assert errors[1] < (2e-3 if order == 2 else 1e-5)


def test_the_energy_stays_bounded_where_the_runge_kutta_method_drifts():
    with double():
        slope, largest = {}, {}
        for method in ("midpoint", "rk4"):
            run = rollout(EXACT, START[1:2], 0.25, 40_000, method, every=20).checked()
            energy = np.asarray(EXACT.energy(run.states))[0]
            largest[method] = np.abs(energy - energy[0]).max()
            slope[method] = np.polyfit(run.times, energy, 1)[0]
    # Over a time of 10000 the line explains nothing of what oscillates.
    assert abs(slope["midpoint"]) * 10_000 < 0.1 * largest["midpoint"]
    assert largest["midpoint"] < 4e-3
    assert slope["rk4"] * 10_000 < -0.05 * largest["rk4"]
    assert abs(slope["rk4"]) > 20 * abs(slope["midpoint"])


def test_the_midpoint_goes_back_where_it_came_from():
    there = rollout(EXACT, START, 0.1, 50)
    back = rollout(EXACT, there.states[:, -1], -0.1, 50)
    assert back.times[-1] == pytest.approx(-5.0)
    np.testing.assert_allclose(back.states[:, -1], START, atol=1e-5)
    assert there.states.dtype == np.float32


def test_kept_states_are_those_of_every_step():
    full = rollout(EXACT, START, 0.1, 12)
    some = rollout(EXACT, START, 0.1, 12, every=4)
    np.testing.assert_array_equal(some.states, full.states[:, ::4])
    np.testing.assert_array_equal(some.times, full.times[::4])


def test_a_learned_network_rolls_out_and_keeps_its_own_energy():
    network = HamiltonianNetwork(net(jax.random.key(5)))
    run = rollout(network, START, 0.1, 300).checked()
    assert run.states.shape == (3, 301, 4)
    energy = np.asarray(network.energy(run.states))
    assert np.abs(energy - energy[:, :1]).max() < 1e-3


@pytest.mark.parametrize("every", [1, 5])
def test_a_start_that_escapes_is_reported_with_its_step(every):
    start = np.array([[0.1, 0.0, 0.0, 0.0], [0.0, 9.0, 0.0, 9.0]])
    run = rollout(EXACT, start, 0.5, 40, "rk4", every=every)
    step = int(run.lost_at[1])
    assert run.lost_at[0] == -1
    assert np.isfinite(run.states[1, run.times < step * 0.5]).all()
    assert np.isnan(run.states[1, run.times >= step * 0.5]).all()
    assert run.problems() == (f"start 1 is not finite from step {step} (time {step * 0.5:g}) on",)
    with pytest.raises(ChaoscadError) as error:
        run.checked()
    assert message(error) == "error: " + run.problems()[0]


def test_a_start_whose_equation_has_no_solution_is_reported():
    # m = x + dt/2 (1 + m^2) has no real solution for x = 1, dt = 1.
    run = rollout(lambda x: 1 + x**2, np.array([[-1.0], [1.0]]), 1.0, 1)
    assert run.unsolved_at.tolist() == [-1, 1]
    assert run.problems() == ("start 1 misses the tolerance at step 1 (time 1)",)


def test_a_field_that_cannot_be_hashed_rolls_out():
    @dataclass
    class Decay:
        rate: float

        def __call__(self, x):
            return -self.rate * x

    run = rollout(Decay(2.0), np.ones((1, 3)), 0.1, 10, "rk4")
    np.testing.assert_allclose(run.states[0, -1], np.exp(-2), rtol=1e-4)


def test_a_report_names_the_first_starts_only():
    run = rollout(lambda x: x**3, np.full((11, 1), 1e20), 1.0, 2, "rk4")
    assert len(run.problems()) == 9
    assert run.problems()[-1] == "3 more of the 11 starts"


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        (
            lambda: EXACT(np.zeros((2, 3))),
            "the states have shape (2, 3), and the last axis must hold d positions and then d momenta, an even number",
        ),
        (
            lambda: EXACT(1.0),
            "the states have shape (), and the last axis must hold d positions and then d momenta, an even number",
        ),
        (
            lambda: EXACT(np.zeros((2, 4), bool)),
            "the states are bool, and must be real numbers",
        ),
        (
            lambda: HamiltonianNetwork(lambda x: x)(np.zeros((2, 4))),
            "the energy's model gives float32 of shape (2, 4) for states of shape (2, 4), and must give one real number per state, shape (2, 1)",
        ),
        (
            lambda: HamiltonianNetwork(lambda x: x @ jnp.ones((6, 1))).energy(np.zeros((2, 4))),
            "the energy's model does not take states of shape (2, 4): dot_general requires contracting dimensions to have the same shape, got (4,) and (6,).",
        ),
        (
            lambda: rollout(EXACT, START, 0.1, 10, "midpiont"),
            "unknown method 'midpiont'; did you mean 'midpoint'?",
        ),
        (
            lambda: rollout(EXACT, START, 0.1, 10, "euler"),
            "unknown method 'euler'; it is one of midpoint, rk4",
        ),
        (
            lambda: rollout(EXACT, START[0], 0.1, 10),
            "the starts have shape (4,), and must have shape (starts, coordinates)",
        ),
        (
            lambda: rollout(EXACT, START[:, :3], 0.1, 10),
            "the states have shape (3, 3), and the last axis must hold d positions and then d momenta, an even number",
        ),
        (
            lambda: rollout(EXACT, START * np.nan, 0.1, 10),
            "12 of the 12 numbers of the starts are not finite",
        ),
        (
            lambda: rollout(EXACT, START + 1j, 0.1, 10),
            "the starts are complex128, and must be real numbers",
        ),
        (
            lambda: rollout(EXACT, 1e300 * START, 0.1, 10),
            "start 0 is too large for float32",
        ),
        (
            lambda: rollout(EXACT, [[0.0, 1.0], [0.0]], 0.1, 10),
            "the starts are not an array of numbers; are all rows equally long?",
        ),
        (
            lambda: rollout(None, START, 0.1, 10),
            "the field is None, and must be a function",
        ),
        (
            lambda: rollout(EXACT, START, "fast", 10),
            "dt is 'fast', and must be a finite number other than 0",
        ),
        (
            lambda: HamiltonianNetwork(lambda x: x[..., :1].astype(int))(np.zeros((2, 4))),
            "the energy's model gives int32 of shape (2, 1) for states of shape (2, 4), and must give one real number per state, shape (2, 1)",
        ),
        (
            lambda: rollout(EXACT, START, 0.0, 10),
            "dt is 0, and must be a finite number other than 0",
        ),
        (
            lambda: rollout(EXACT, START, 0.1, 2.5),
            "steps is 2.5, and must be a whole number",
        ),
        (
            lambda: rollout(EXACT, START, 0.1, 10, every=3),
            "every is 3, and must divide the 10 steps",
        ),
        (
            lambda: rollout(EXACT, START, 0.1, 10**7),
            "the roll-out would keep 120000012 numbers, and at most 20000000 fit; take a larger 'every' or fewer starts",
        ),
        (
            lambda: rollout(lambda x: x[:, :2], START, 0.1, 10),
            "the field gives rates of shape (3, 2) for states of shape (3, 4)",
        ),
    ],
)
def test_bad_arguments_are_explained(call, wanted):
    with pytest.raises(ChaoscadError) as error:
        call()
    assert message(error) == "error: " + wanted
