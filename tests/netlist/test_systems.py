"""What a netlist may say about systems, and how it is refused."""

import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.netlist import parse, parse_data, to_data
from chaoscad.systems import Solver
from tests.conftest import gate_text


def read(system: str, options: str = "function: OR"):
    return parse(gate_text(f"{options}, system: {system}"))[0].gates[0].setting


def test_a_flow_with_everything_that_can_be_said_of_it():
    found = read(
        "{name: lorenz, rho: 24, time: 0.8, encode: [z, x], read: y, start: {y: 1.5}, "
        "solver: {method: dopri8, tolerance: 1e-6}}"
    )
    assert found.parameters["rho"] == 24.0
    assert found.time == 0.8
    assert found.encode == ("x", "z")
    assert found.read == "y"
    assert found.start == (0.0, 1.5, 0.0)
    assert found.solver == Solver("dopri8", tolerance=1e-6)


def test_what_is_left_out_is_the_system_s():
    found = read("rossler")
    assert found.solver == Solver("tsit5", step=0.05)
    assert found.time == 3.0
    assert read("{name: rossler, solver: dopri5}").solver == Solver("dopri5", step=0.05)
    assert read("{name: henon, read: y, encode: [x, y]}").read == "y"


def test_a_resolved_netlist_reads_back():
    netlist, _ = parse(
        gate_text(
            "function: OR, system: {name: chua, alpha: 12, read: z, start: {y: 0.1}, time: 0.5}"
        )
    )
    assert parse_data(to_data(netlist)) == netlist


def test_defaults_for_maps_do_not_disturb_flows():
    text = (
        "chaoscad: 1\ndefaults: {iterates: 3}\ninputs: [a]\noutputs: [y, z]\n"
        "gates:\n  y: {inputs: [a], function: NOT, system: lorenz}\n"
        "  z: {inputs: [a], function: NOT}\n"
    )
    netlist, warnings = parse(text)
    assert [gate.iterates for gate in netlist.gates] == [1, 3]
    assert not warnings


@pytest.mark.parametrize(
    ("system", "default", "message"),
    [
        (
            "logistic",
            "time",
            "nothing reads this 'time': every gate is a map, which has 'iterates'",
        ),
        (
            "lorenz",
            "iterates",
            "nothing reads this 'iterates': every gate is a flow, which has 'time'",
        ),
    ],
)
def test_a_default_that_no_gate_has_is_a_warning_at_its_place(system, default, message):
    text = gate_text(f"function: AND, system: {system}") + f"defaults: {{{default}: 3}}\n"
    _, warnings = parse(text, "n.yaml")
    line = text.splitlines().index(f"defaults: {{{default}: 3}}") + 1
    assert [str(item) for item in warnings] == [f"n.yaml:{line}:12: warning: {message}"]


@pytest.mark.parametrize(
    ("system", "message"),
    [
        ("{name: lorenz, rh: 2}", "lorenz has no parameter 'rh'; did you mean 'rho'?"),
        ("{name: lorenz, rho: 400}", "rho of lorenz is 400, outside its range [0, 350]"),
        ("{name: chebyshev, k: 2.5}", "k of chebyshev is 2.5, and must be a whole number"),
        ("{name: lorenz, time: 0}", "'time': 0 is not positive; a flow runs for a positive time"),
        ("{name: lorenz, time: -1}", "'time': -1 is not positive; a flow runs for a positive time"),
        (
            "{name: lorenz, time: 1e9}",
            "a time of 1e+09 takes 4e+10 steps of 0.025; the most is 100000; shorten the time",
        ),
        (
            "{name: logistic, time: 1}",
            "logistic is a map and has no 'time'; 'iterates' says how long a map runs",
        ),
        (
            "{name: logistic, solver: tsit5}",
            "logistic is a map and has no 'solver'; 'iterates' says how long a map runs",
        ),
        ("{name: lorenz, read: w}", "lorenz has no coordinate 'w'; it has x, y, z"),
        ("{name: lorenz, encode: [x, x]}", "'encode' takes one or more different coordinates"),
        ("{name: lorenz, encode: [x, q]}", "lorenz has no coordinate 'q'; it has x, y, z"),
        ("{name: lorenz, start: {q: 1}}", "lorenz has no coordinate 'q'; it has x, y, z"),
        ("{name: lorenz, start: 3}", "'start' is a mapping, not '3'; such as {z: 10}"),
        (
            "{name: lorenz, solver: rk4}",
            "there is no solver 'rk4'; there are euler, midpoint, heun, bosh3, tsit5, dopri5, dopri8",
        ),
        (
            "{name: lorenz, solver: {method: tsit}}",
            "there is no solver 'tsit'; did you mean 'tsit5'?",
        ),
        ("{name: lorenz, solver: {step: 0}}", "'step': 0 is outside its range; it is positive"),
        (
            "{name: lorenz, solver: {step: 1e-9}}",
            "a time of 1 takes 1e+09 steps of 1e-09; the most is 100000; shorten the time",
        ),
        (
            "{name: lorenz, solver: {tolerance: 2}}",
            "'tolerance': 2 is outside its range; it is 1e-12 to 0.1",
        ),
        (
            "{name: lorenz, solver: {step: 0.1, tolerance: 1e-3}}",
            "a solver takes a step or a tolerance, not both; a fixed step, or steps that keep a tolerance",
        ),
        (
            "{name: lorenz, solver: {method: euler, tolerance: 1e-3}}",
            "euler does not estimate its error and takes no tolerance",
        ),
        ("{name: lorenz, solver: dopri8}", "dopri8 chooses its own steps; give it a tolerance"),
        ("{name: lorenz, solver: {steps: 3}}", "unknown key 'steps'; did you mean 'step'?"),
        ("{name: logistic, a: 3, parameters: {a: 4}}", "'a' is given twice; give it once"),
        ("{curve: [1]}", "a curve is a file's name, not a list"),
    ],
)
def test_bad_systems_are_refused_with_what_to_do(system, message):
    with pytest.raises(ChaoscadError) as caught:
        read(system)
    assert message in str(caught.value)


def test_iterates_of_a_flow_are_refused():
    with pytest.raises(ChaoscadError) as caught:
        read("lorenz", "function: OR, iterates: 2")
    assert "gate 'y' has 2 iterates, and lorenz is a flow; give it a longer 'time'" in str(
        caught.value
    )


def test_a_whole_number_is_not_trained():
    with pytest.raises(ChaoscadError) as caught:
        read("chebyshev", "function: OR, train: {k: [2, 4]}")
    assert "k of chebyshev is a whole number and cannot be trained" in str(caught.value)


def test_a_map_without_values_is_refused_at_the_column_that_makes_it_so():
    with pytest.raises(ChaoscadError) as caught:
        read('{map: "r*x + c/0", parameters: {r: 1, c: 2}}')
    column = gate_text('function: OR, system: {map: "r*x + c/0"').splitlines()[4].index("/0") + 1
    message = "a constant part of the expression is not a finite number: 2 / 0 with c = 2"
    assert str(caught.value) == f"5:{column}: error: {message}"
    data = to_data(
        parse(gate_text('function: OR, system: {map: "r*x", parameters: {r: 1, c: 2}}'))[0]
    )
    data["gates"]["y"]["system"]["map"] = "r*x + c/0"
    with pytest.raises(ChaoscadError) as caught:
        parse_data(data)
    assert str(caught.value) == f"error: {message}, in column 8 of 'r*x + c/0'"
