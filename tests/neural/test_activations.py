"""Activation functions: values, learning networks, tables and closed forms, files."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from neural.activations import (
    FUNCTIONS,
    PARAMETRIC,
    activations_of,
    by_role,
    closed_form,
    even_share,
    fixed,
    learned,
    learned_set,
    load_activations,
    parametric,
    read_table,
    save_activations,
    tabulate,
)

Z = jnp.linspace(-3, 3, 61)


def test_a_learned_activation_is_its_base_plus_a_scaled_network():
    one = learned(jax.random.key(0), "tanh", hidden=3, nonlinearity="sin", scale=0.5)
    for z in (-2.0, 0.3, 1.7):
        g = sum(
            float(v) * math.sin(float(u) * z + float(b))
            for u, b, v in zip(one.in_weight, one.in_bias, one.out_weight, strict=True)
        )
        wanted = math.tanh(z) + 0.5 * (g + float(one.out_bias))
        assert float(one(jnp.asarray(z))) == pytest.approx(wanted, abs=1e-6)


def test_it_takes_arrays_of_any_shape():
    one = learned(jax.random.key(0))
    cube = Z[:60].reshape(3, 4, 5)
    np.testing.assert_allclose(one(cube).reshape(-1), one(Z[:60]), atol=1e-6)


def test_the_networks_of_a_set_start_apart():
    first, second = learned_set(jax.random.key(0), 2)
    assert float(jnp.abs(first(Z) - second(Z)).max()) > 0.05


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_that_is_called_smooth_has_a_continuous_second_derivative(name):
    z = jnp.linspace(-1, 1, 2001) + 1e-5
    once = jax.grad(fixed(name))
    slope, second = jax.jit(jax.vmap(lambda z: (once(z), jax.grad(once)(z))))(z)
    jump = max(np.abs(np.diff(second)).max(), np.abs(np.diff(slope)).max())
    assert (jump < 0.1) == fixed(name).smooth


@pytest.mark.parametrize(
    ("fast", "exact", "slope"), [("sin", np.sin, np.cos), ("cos", np.cos, lambda z: -np.sin(z))]
)
def test_the_fast_waves_are_the_waves(fast, exact, slope):
    wave = fixed(f"fast_{fast}")
    for far, error in ((100.0, 2e-7), (1e4, 1e-5)):
        z = np.linspace(-far, far, 400_001).astype(np.float32)
        assert np.abs(np.asarray(wave(z), np.float64) - exact(z.astype(np.float64))).max() < error
    z = np.linspace(-5, 5, 20_001).astype(np.float32)
    found, bent = jax.vmap(jax.grad(wave))(z), jax.vmap(jax.grad(jax.grad(wave)))(z)
    assert np.abs(found - slope(z)).max() < 1e-6
    assert np.abs(bent + exact(z)).max() < 1e-5


@pytest.mark.parametrize("name", PARAMETRIC)
def test_parametric_activations_have_a_number_to_train(name):
    one = parametric(name, 0.4)
    gradient = jax.grad(lambda one: one(jnp.linspace(-2, -1, 5)).sum())(one)
    assert one.trained
    assert abs(float(gradient.a)) > 0.1


def test_the_parametric_formulas():
    at = jnp.asarray(-0.7)
    assert float(parametric("sin+az", 0.5)(at)) == pytest.approx(math.sin(-0.7) - 0.35)
    assert float(parametric("tanh+az", 0.5)(at)) == pytest.approx(math.tanh(-0.7) - 0.35)
    assert float(parametric("prelu")(at)) == pytest.approx(-0.175)
    assert float(parametric("snake", 2.0)(at)) == pytest.approx(-0.7 + math.sin(-1.4) ** 2 / 2)
    assert float(parametric("snake", 0.0)(at)) == pytest.approx(-0.7)


def test_a_table_agrees_with_its_activation():
    one = learned(jax.random.key(1))
    table = tabulate(one, -6, 6, 401)
    inner = jnp.linspace(-5.5, 5.5, 997)
    assert float(jnp.abs(table(inner) - one(inner)).max()) < 1e-4


def test_outside_its_range_a_table_goes_on_straight_without_a_jump():
    table = tabulate(fixed("sin"), -3, 3, 101)
    slope = jax.jit(jax.vmap(jax.grad(table)))(jnp.asarray([2.9999, 3.0001, 4.0]))
    assert float(table(jnp.asarray(4.0)) - table(jnp.asarray(3.0))) == pytest.approx(
        float(slope[1]), abs=1e-5
    )
    assert float(slope[0]) == pytest.approx(float(slope[1]), abs=1e-3)
    second = jax.jit(jax.vmap(jax.grad(jax.grad(table))))(jnp.linspace(-3.2, 3.2, 4001))
    assert float(jnp.abs(jnp.diff(second)).max()) < 0.1


def test_a_table_is_read_back_from_csv(tmp_path):
    table = tabulate(learned(jax.random.key(2)), -4, 4, 65)
    table.to_csv(tmp_path / "a1.csv")
    assert (tmp_path / "a1.csv").read_text().startswith("z,value\n-4.0,")
    again = read_table(tmp_path / "a1.csv")
    np.testing.assert_array_equal(again.value, table.value)
    np.testing.assert_allclose(again(Z), table(Z), atol=1e-6)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.csv:1:1: error: the file is empty; it has no line of column names"),
        ("x,y\n", "t.csv:1:1: error: there is no column 'z'; its columns are x, y"),
        ("z,value\n0,1\n", "t.csv: error: the table has 1 rows; a spline needs at least 4"),
        (
            "z,value\n0,1\n1,nan\n",
            "t.csv:3:3: error: nan in column 'value' is not finite; leave the line out",
        ),
        (
            "z,value\n0,1\n1,1_0\n",
            "t.csv:3:3: error: '1_0' in column 'value' is not a number; write 10, without marks between "
            "the digits",
        ),
        ("z,value\n0,1\n1\n", "t.csv:3:1: error: the line has 1 fields, and there are 2 columns"),
        ("z,value\n0,1\n1,1\n3,1\n4,1\n", "t.csv:3:1: error: z must rise by equal steps"),
        ("z,value\n3,1\n2,1\n1,1\n0,1\n", "t.csv:3:1: error: z must rise by equal steps"),
    ],
)
def test_a_bad_table_is_refused_at_its_line(tmp_path, monkeypatch, text, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(ChaoscadError) as caught:
        read_table("t.csv")
    assert str(caught.value) == message


def test_a_closed_form_finds_a_sum_of_known_functions():
    found = closed_form(lambda z: jnp.sin(z) - 0.3 * z + 0.5, tolerance=1e-4)
    assert set(found.names) == {"sin(z)", "z", "1"}
    assert found.error < 1e-4
    parts = dict(zip(found.names, np.asarray(found.coefficients), strict=True))
    assert parts["z"] == pytest.approx(-0.3, abs=1e-3)
    np.testing.assert_allclose(found(Z), jnp.sin(Z) - 0.3 * Z + 0.5, atol=1e-3)


def test_a_closed_form_reads_as_a_formula_and_states_its_error():
    found = closed_form(lambda z: 2 * jnp.tanh(z) - 0.25, tolerance=1e-4)
    assert str(found) == "-0.25 + 2 tanh(z)"
    rough = closed_form(learned(jax.random.key(3), scale=1.0), most=2, tolerance=1e-6)
    assert len(rough.names) == 2
    assert rough.error > 1e-6


def test_activations_of_every_kind_are_saved_and_loaded_bit_for_bit(tmp_path):
    one = learned(jax.random.key(4))
    kinds = (one, fixed("gelu"), parametric("sin+az", 0.1), tabulate(one), closed_form(one))
    save_activations(tmp_path / "a.npz", kinds)
    again = load_activations(tmp_path / "a.npz")
    for before, after in zip(kinds, again, strict=True):
        assert jax.tree.structure(before) == jax.tree.structure(after)
        np.testing.assert_array_equal(before(Z), after(Z))
    save_activations(tmp_path / "b.npz", kinds)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_files_that_hold_no_activations_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.npz").write_bytes(b"PK nothing")
    save_activations("good.npz", [fixed("sin")])
    (tmp_path / "cut.npz").write_bytes((tmp_path / "good.npz").read_bytes()[:100])
    for name, message in (
        ("none.npz", "none.npz: error: cannot read the file: it does not exist"),
        ("bad.npz", "bad.npz: error: this is not a file of activations, or it is damaged"),
        ("cut.npz", "cut.npz: error: this is not a file of activations, or it is damaged"),
    ):
        with pytest.raises(ChaoscadError) as caught:
            load_activations(name)
        assert str(caught.value) == message


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fixed("sine"), "error: unknown activation function 'sine'; did you mean 'sin'?"),
        (
            lambda: learned(jax.random.key(0), "tan"),
            "error: unknown base 'tan'; did you mean 'tanh'?",
        ),
        (
            lambda: learned(jax.random.key(0), nonlinearity="gelo"),
            "error: unknown nonlinearity 'gelo'; did you mean 'gelu'?",
        ),
        (
            lambda: learned(jax.random.key(0), hidden=0),
            "error: the number of an activation network's hidden units is 0, and must be from 1 "
            "to 10000000",
        ),
        (
            lambda: learned(jax.random.key(0), scale=math.nan),
            "error: the scale of an activation network is nan, and must be a finite number",
        ),
        (
            lambda: learned_set(jax.random.key(0), 0),
            "error: the number of activations in a set is 0, and must be from 1 to 10000000",
        ),
        (
            lambda: parametric("relu"),
            "error: unknown parametric activation 'relu'; did you mean 'prelu'?",
        ),
        (
            lambda: tabulate(fixed("sin"), 1, 1),
            "error: a table from 1 to 1 was asked for; low must be below high",
        ),
        (
            lambda: tabulate(lambda z: jnp.where(z > 1, jnp.inf, z), 0, 2, 5),
            "error: the activation is not finite at 1.5; it cannot be tabulated",
        ),
        (
            lambda: closed_form(fixed("sin"), most=0),
            "error: the number of a fit's terms is 0, and must be from 1 to 6",
        ),
        (
            lambda: fixed(5),
            "error: activation function is 5, and must be one of sin, cos, fast_sin, "
            "fast_cos, tanh, sigmoid, gelu, "
            "swish, softplus, gaussian, identity, relu, elu, leaky_relu",
        ),
        (
            lambda: learned(jax.random.key(0), hidden=1.5),
            "error: the number of an activation network's hidden units is 1.5, and must be a whole number",
        ),
        (
            lambda: parametric("snake", math.nan),
            "error: the number a of an activation is nan, and must be a finite number",
        ),
        (
            lambda: tabulate(fixed("sin"), "a"),
            "error: low is 'a', and must be a finite number",
        ),
        (
            lambda: tabulate(3),
            "error: an activation is 3, and must be a function",
        ),
        (
            lambda: tabulate(lambda z: z[:, None]),
            "error: the activation gives shape (513, 1) for 513 points; it must act on each point "
            "on its own, and give shape (513,)",
        ),
        (
            lambda: closed_form(lambda z: 1j * z),
            "error: the activation's values are complex64, and must be real numbers",
        ),
        (
            lambda: tabulate(fixed("sin"), 1, 1 + 1e-12),
            "error: 513 points from 1 to 1 cannot be told apart in float32; take a range near 0, "
            "and fewer points",
        ),
        (
            lambda: closed_form(fixed("sin"), spread=0),
            "error: spread is 0, and must be a positive number",
        ),
        (
            lambda: closed_form(fixed("sin"), tolerance=math.nan),
            "error: tolerance is nan, and must be zero or a positive number",
        ),
        (
            lambda: closed_form(fixed("sin"), low=100, high=101),
            "error: a density of spread 1.5 has no weight from 100 to 101; take a wider one, or a "
            "range that holds 0",
        ),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ChaoscadError) as caught:
        call()
    assert str(caught.value) == message


def test_activations_of_several_seeds_are_not_saved_as_one(tmp_path):
    path = tmp_path / "a.npz"
    keys = jax.random.split(jax.random.key(0), 3)
    several = jax.vmap(lambda key: learned_set(key, 2, hidden=4))(keys)
    with pytest.raises(ChaoscadError) as caught:
        save_activations(path, several)
    assert str(caught.value) == (
        "error: the arrays of activation 0 have further axes, as those of several seeds do; "
        "take one seed's, for example learned.of(0)"
    )
    assert not path.exists()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            3,
            "error: the activations are 3; they must be a list or tuple, for example [fixed('sin')]",
        ),
        (
            [abs],
            "error: the activation abs is code, which no file holds; tabulate it and save that",
        ),
    ],
)
def test_what_is_no_activation_is_not_saved(tmp_path, given, message):
    with pytest.raises(ChaoscadError) as caught:
        save_activations(tmp_path / "a.npz", given)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "z,value\n0," + "1" * 200_000 + "\n",
            "t.csv:2:1: error: the line is not CSV: field larger than field limit (131072)",
        ),
        (
            "z,value\n0,1e30\n1e-9,1\n2e-9,1\n3e-9,-1e30\n",
            "t.csv: error: the table's values or slopes are too large for float32",
        ),
        (
            "z,value\n0,1e300\n1,1\n2,1\n3,1\n",
            "t.csv:2:3: error: 1e300 in column 'value' is larger than 1e+30: instruments write such a "
            "number for an overload; leave the line out",
        ),
        (
            "z,value\n100000000,1\n100000001,1\n100000002,1\n100000003,1\n",
            "t.csv: error: 4 points from 1e+08 to 1e+08 cannot be told apart in float32; take a "
            "range near 0, and fewer points",
        ),
    ],
)
def test_tables_that_numbers_cannot_hold_are_refused(tmp_path, monkeypatch, text, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(ChaoscadError) as caught:
        read_table("t.csv")
    assert str(caught.value) == message


def test_members_are_ordered_by_their_even_share():
    mixed = activations_of(lambda z: jnp.sin(z) + 0.2 * jnp.cos(z) + 3)[0]
    assert [even_share(fixed(name)) for name in ("cos", "sin")] == pytest.approx([1, 0], abs=1e-6)
    assert 0.0 < even_share(mixed) < 0.1
    ordered = by_role((fixed("sin"), mixed, fixed("cos")))
    assert [one.label for one in ordered] == ["cos", "<lambda>", "sin"]
