"""Programs compiled with options of XLA."""

import jax
import jax.numpy as jnp
import pytest

from chaoscad.tune.compiled import ONCE, SMALL, WIDE, compiled


def doubled(values):
    return 2.0 * values


@pytest.mark.parametrize("options", [WIDE, SMALL, ONCE])
def test_the_options_are_known_to_xla(options):
    program = jax.jit(doubled, compiler_options=dict(options))
    assert program(jnp.arange(3.0)).tolist() == [0.0, 2.0, 4.0]


def test_an_option_that_xla_does_not_have_is_left_out():
    program = compiled(doubled, {"xla_cpu_option_of_another_version": 1})
    assert program(jnp.arange(3.0)).tolist() == [0.0, 2.0, 4.0]
