"""Every function of expressions has a form in every target, and a new one needs two tables only."""

from dataclasses import replace

import numpy as np
import pytest

from chaoscad.export import Hardware
from chaoscad.export.c.floating import step_function
from chaoscad.export.spice.expressions import Sheet
from chaoscad.export.spice.systems import equations
from chaoscad.expression import ARITHMETIC
from chaoscad.fixed_point.lowering import form
from chaoscad.systems import jet, user_map
from chaoscad.systems.enclosure import enclose
from chaoscad.systems.symbolic import FUNCTIONS, Function

WRITTEN = {
    "sin": ("sin(x)", "sin(v(x))", "table"),
    "cos": ("cos(x)", "cos(v(x))", "table"),
    "tan": ("tan(x)", "tan(v(x))", "table"),
    "exp": ("exp(x)", "exp(v(x))", "table"),
    "log": ("log(x)", "ln(max(v(x),1e-30))", "table"),
    "sqrt": ("sqrt(x)", "sqrt(max(v(x),1e-30))", "table"),
    "tanh": ("tanh(x)", "tanh(v(x))", "table"),
    "abs": ("fabs(x)", "abs(v(x))", "exact"),
    "minimum": ("fmin(x, 0.5)", "min(v(x),0.5)", "exact"),
    "maximum": ("fmax(x, 0.5)", "max(v(x),0.5)", "exact"),
}
"""In C, in SPICE, and of what kind the fixed-point form is."""


def forms(name):
    """The function of x, or of x and 1/2, as every target writes it."""
    setting = user_map(f"{name}({', '.join(['x', '0.5'][: ARITHMETIC.functions[name]])})", {})
    c = step_function("step", setting, [])
    (spice,) = equations(setting, Sheet(), Hardware())
    assert c[-3:] == ["    s[0] = v0;", "}", ""]
    constant = next(line for line in c if " v0 = " in line)
    text = constant.removeprefix("    const double v0 = ").removesuffix(";")
    return text, spice, form(setting, 8, domain=(0.25, 1.0)).kind


def test_the_tables_list_the_same_functions():
    assert set(WRITTEN) == set(ARITHMETIC.functions)
    # The maps of the library also fold with floor, which expressions lack.
    assert set(FUNCTIONS) == {*ARITHMETIC.functions, "floor"}


@pytest.mark.parametrize("name", ARITHMETIC.functions)
def test_every_function_has_a_form_in_every_target(name):
    assert forms(name) == WRITTEN[name]
    setting = user_map(f"{name}({', '.join(['x', '0.5'][: ARITHMETIC.functions[name]])})", {})
    found = enclose(setting, np.array([0.3]), np.array([0.4]))
    values = setting.value(np.linspace(0.3, 0.4, 9))
    assert (found.value.low <= values).all()
    assert (values <= found.value.high).all()
    assert found.value.high - found.value.low < 0.4


def test_a_new_function_needs_the_two_tables_only(monkeypatch):
    monkeypatch.setitem(ARITHMETIC.functions, "cosh", 1)
    cosh = Function(lambda x: 0.5 * (jet.exp(x) + jet.exp(-x)), "cosh", "cosh")
    monkeypatch.setitem(FUNCTIONS, "cosh", cosh)
    assert forms("cosh") == ("cosh(x)", "cosh(v(x))", "table")


def test_a_choice_by_the_state_has_a_form_in_every_target():
    def step(xp, state, parameters):
        return (xp.where(state[0] < 0.5, 2 * state[0], 1 - state[0]),)

    setting = user_map("x", {})
    folded = replace(setting.system, step=step, equations=None, name="folded")
    setting = replace(setting, system=folded)
    assert step_function("step", setting, [])[3:-4] == [
        "    const double v0 = x < 0.5;",
        "    const double v1 = 2.0 * x;",
        "    const double v2 = 1.0 - x;",
        "    const double v3 = v0 ? v1 : v2;",
    ]
    assert equations(setting, Sheet(), Hardware()) == ["((v(x)<0.5)?(2.0*v(x)):(1.0-v(x)))"]
    assert form(setting, 4, domain=(0.0, 1.0)).step((12,)) == (4,)
