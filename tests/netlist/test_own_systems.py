"""Equations of one's own in netlists: what they stand for, and how they are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaoscad.errors import NetlistError
from chaoscad.netlist import check, load, parse, parse_data, to_data
from chaoscad.systems import Parameter, Setting, Solver, setting, user_flow, user_map
from tests.conftest import gate_text

JERK = (
    '{flow: {x: "y", y: "z", z: "-A*z + y**2 - x"}, parameters: {A: 2.017}, encode: [x], '
    "start: {y: 0, z: 0}, read: x, time: 2, step: 0.01}"
)
PORTS = "read: x, time: 2, step: 0.01}"


def read(system: str, extra: str = "") -> Setting:
    return parse(gate_text(f"function: OR, system: {system}", extra=extra))[0].gates[0].setting


def refused(system: str, extra: str = "") -> str:
    """The one message about a system, counted from its first column."""
    with pytest.raises(NetlistError) as caught:
        parse(gate_text(f"function: OR, system: {system}", extra=extra), "n.yaml")
    (message,) = [str(item) for item in caught.value.diagnostics if item.severity == "error"]
    place, _, text = message.partition(": error: ")
    offset = len("  y: {inputs: [a, b], function: OR, system: ")
    line, column = map(int, place.split(":")[1:])
    return f"{column - offset}: {text}" if line == 5 else message.removeprefix("n.yaml:")


def test_a_flow_with_all_that_can_be_said_of_it_is_the_same_as_in_python():
    found = read(
        '{flow: {q: "v", v: "g*cos(w*t) - q**3"}, parameters: {g: {default: 8, bounds: [0, .inf], '
        "unit: V, meaning: drive}, w: 0.5}, name: oscillator, title: Driven, citation: none, unit: V, "
        "time_unit: s, state: [-2, 2], initial: {v: 1}, lyapunov: 0.1, encode: [v], start: {q: 0.3}, "
        'read: q, time: 3, step: 0.02, period: "2*pi/w", solver: {method: dopri5, tolerance: 1e-6}}'
    )
    written = user_flow(
        {"q": "v", "v": "g*cos(w*t) - q**3"},
        {"g": Parameter("g", 8.0, 0.0, float("inf"), "V", "drive"), "w": 0.5},
        encode=["v"],
        start={"q": 0.3},
        read="q",
        time=3.0,
        step=0.02,
        period="2*pi/w",
        initial={"v": 1.0},
        state=(-2.0, 2.0),
        name="oscillator",
        title="Driven",
        citation="none",
        unit="V",
        time_unit="s",
        lyapunov=0.1,
    )
    assert found.solver == Solver("dopri5", tolerance=1e-6)
    assert found.system == written.system
    assert found.key == (*written.key[:-1], found.solver)


def test_what_a_netlist_leaves_out_is_as_in_python():
    assert read('{map: {x: "1 - a*x*x + y", y: "b*x"}, parameters: {a: 1.4, b: 0.3}, read: x}') == (
        user_map({"x": "1 - a*x*x + y", "y": "b*x"}, {"a": 1.4, "b": 0.3})
    )
    one = read('{map: "r*x", parameters: {r: 2}, state: [0, 4], name: line}')
    assert (one.system.state, one.system.name) == ((0.0, 4.0), "line")
    assert read('{map: {q: "q*q"}}').read == "q"


def test_systems_have_names_and_stand_where_a_built_in_one_may():
    extra = f"systems:\n  jerk: {JERK}\n  slow: {{name: lorenz, rho: 24}}\n"
    jerk = read(JERK)
    assert read("jerk", extra) == jerk
    assert read("jerk", extra).system.name == "jerk"
    changed = read("{name: jerk, A: 2.1, time: 3, read: y, start: {z: 1}}", extra)
    assert (changed.parameters, changed.time, changed.read) == ({"A": 2.1}, 3.0, "y")
    assert changed.start == (0.0, 0.0, 1.0)
    assert read("{name: slow, time: 2}", extra).parameters == setting("lorenz", rho=24).parameters


def test_a_resolved_netlist_reads_back_and_its_readings_stay_those_of_one_element():
    text = (
        f"chaoscad: 1\nsystems: {{jerk: {JERK}}}\ninputs: [a, b]\noutputs: [y, w]\ngates:\n"
        "  y: {inputs: [a, b], function: OR, system: {name: jerk, A: 2.1}, element: e}\n"
        "  w: {inputs: [a, b], function: AND, system: {name: jerk, A: 2.1, time: 3, read: z}, element: e}\n"
    )
    netlist, warnings = parse(text)
    assert warnings == ()
    data = to_data(netlist)
    assert parse_data(data) == netlist
    assert to_data(parse_data(data)) == data


def test_a_parameter_without_use_is_a_warning():
    text = gate_text(f"function: OR, system: {JERK.replace('A: 2.017', 'A: 2.017, B: 3')}")
    (warning,) = parse(text)[1]
    column = text.splitlines()[4].index("B: 3") + 1
    assert str(warning) == (
        f"5:{column}: warning: no equation uses the parameter 'B'; leave it out, or use it"
    )


@pytest.mark.parametrize(
    ("system", "message"),
    [
        (
            '{flow: {x: "y", y: "z - x"}, ' + PORTS,
            "21: unknown name 'z'; give its derivative under 'flow', or its value under 'parameters'",
        ),
        (
            '{flow: {x: "-sin*x"}, ' + PORTS,
            "14: unknown name 'sin'; sin is a function: its argument stands in parentheses",
        ),
        (
            '{flow: {x: "-x; 1"}, ' + PORTS,
            "15: ';' is not allowed in an equation; use + - * / ** , parentheses, numbers and the "
            "functions sin cos tan exp log sqrt tanh abs minimum maximum",
        ),
        (
            '{flow: {x: "-x", v: "x"}, time: 2, step: 0.01}',
            "2: this flow has no 'read'; give it the coordinate that is the value of a gate: x, v",
        ),
        ('{flow: {x: "-x"}, read: x, step: 0.01}', "2: this flow has no 'time'; give it when it is "
         "read, such as 'time: 2'"),
        ('{flow: {x: "-x"}, read: x, time: 2}', "2: this flow has no 'step'; give it a step that "
         "resolves it, such as 'step: 0.01'"),
        ('{map: {x: "y", y: "x"}}', "2: this map has no 'read'; give it the coordinate that is the "
         "value of a gate: x, y"),
        ('{map: {x: "y", y: "x"}, read: x, time: 2}', "34: a map has no 'time'; 'iterates' says how "
         "long a map runs"),
        ('{flow: "-x", ' + PORTS, "8: a flow is a mapping of derivatives, not '-x'; such as "
         '{x: "y", y: "-x"}'),
        ('{flow: {exp: "-1"}, ' + PORTS, "9: exp is a function of expressions and cannot be a "
         "coordinate; rename it"),
        ('{flow: {x: "-X", X: "x"}, ' + PORTS, "18: the coordinates x and X differ by upper and lower "
         "case only; rename it"),
        ('{flow: {"a;b": "1"}, ' + PORTS, "9: 'a;b' cannot name a coordinate: up to 20 letters, digits "
         "and '_', a letter first; rename it"),
        ('{flow: {x: "-x"}, read: w, time: 1, step: 1}', "25: this flow has no coordinate 'w'; it has x"),
        ('{flow: {x: "-x"}, start: {x: 1}, ' + PORTS, "27: 'x' starts at z, and 'start' gives it a "
         "value too; leave it out here or in 'encode'"),
        ('{flow: {x: "-A*x"}, parameters: {A: {default: 3, bounds: [0, 1]}}, ' + PORTS,
         "47: A is 3, outside its bounds [0, 1]"),
        ('{flow: {x: "-A*x"}, parameters: {A: {bounds: [0, 1]}}, ' + PORTS,
         "34: the parameter 'A' has no 'default'; give it a value"),
        ('{flow: {x: "-x"}, parameters: {x0: 1}, ' + PORTS,
         "32: x0 is a gate's own and cannot be a flow's parameter; rename it"),
        ('{flow: {x: "-x"}, ' + PORTS.replace("2", "2e9"),
         "34: a time of 2e+09 takes 2e+11 steps of 0.01; the most is 100000; shorten the time"),
        ('{flow: {x: "-x"}, state: [1, 1], ' + PORTS,
         "26: 'state': [1, 1] is no range of finite width; write [low, high]"),
        ('{flow: {x: "-x"}, period: "2*pi/w", ' + PORTS,
         "33: unknown name 'w'; give it a value under 'parameters'"),
        ('{flow: {x: "x' + "*x" * 500_000 + '"}, ' + PORTS,
         "13: the expression is longer than 100000 characters"),
        ('{flow: {x: "' + "-(" * 60 + "x" + ")" * 60 + '"}, ' + PORTS,
         "113: the expression is nested deeper than 100 levels"),
    ],
)  # fmt: skip
def test_equations_are_refused_at_their_place_with_what_to_do(system: str, message: str):
    assert refused(system) == message


def test_long_equations_are_read_at_once():
    # Quadratic in the number of its 50 000 factors it would take a minute.
    found = read('{flow: {x: "x' + "*x" * 49_999 + '"}, ' + PORTS)
    assert len(found.system.equations.texts[0]) == 99_999


@pytest.mark.parametrize(
    ("systems", "message"),
    [
        ("{s: {name: r}, r: s}", "6:28: error: a system stands for itself: s -> r -> s; give one of "
         "them its equations"),
        ("{s: {name: s}}", "6:21: error: a system stands for itself: s -> s; give one of them its equations"),
        ("{s: [1]}", "6:14: error: 's': a system's name or a mapping is expected, not a list"),
        ("{s: lorenz, 'a b': lorenz}", "6:22: error: 'a b' cannot name a system: up to 40 letters, "
         "digits and '_', a letter first; rename it"),
        ("{S: lorenz}", "1: unknown system 's'; did you mean 'S'?"),
        ("3", "6:10: error: 'systems': a mapping is expected, not '3'"),
    ],
)  # fmt: skip
def test_named_systems_are_refused_once(systems: str, message: str):
    assert refused("s", f"systems: {systems}\n") == message


def test_circuits_share_a_file_of_a_system(tmp_path: Path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "jerk.yaml").write_text("chaoscad: 1\nfile: body.yaml\n")
    (tmp_path / "parts" / "body.yaml").write_text(JERK)
    (tmp_path / "part.yaml").write_text(
        "chaoscad: 1\nsystem: {file: parts/jerk.yaml, time: 3}\ninputs: [p]\noutputs: [q]\n"
        "gates: {q: {inputs: [p], function: NOT}}\n"
    )
    (tmp_path / "top.yaml").write_text(
        "chaoscad: 1\nsystems: {j: {file: parts/jerk.yaml}}\nsystem: j\ninputs: [a]\noutputs: [y]\n"
        "circuits: {part: {file: part.yaml}}\ninstances: {i: {circuit: part, connect: {p: a}}}\n"
        "gates: {y: {inputs: [i.q], function: NOT}}\n"
    )
    netlist, warnings = check(tmp_path / "top.yaml")
    assert warnings == ()
    assert {gate.name: gate.setting.time for gate in netlist.gates} == {"i.q": 3.0, "y": 2.0}
    assert netlist.gates[1].setting == read(JERK)
    assert netlist.gates[1].setting.system.name == "body"
    assert parse_data(to_data(netlist)) == parse_data(to_data(parse_data(to_data(netlist))))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "n.yaml:2:16: error: the system file 's.yaml': cannot read the file: it does not exist"),
        (
            {"s.yaml": "file: r.yaml\n", "r.yaml": "file: s.yaml\n"},
            "r.yaml:1:7: error: the file of a system names itself: s.yaml -> r.yaml -> s.yaml; a chain "
            "of files ends at one with equations",
        ),
        (
            {"s.yaml": 'chaoscad: 1\nflow: {x: "y"}\nread: x\ntime: 1\nstep: 1\n'},
            "s.yaml:2:12: error: unknown name 'y'; give its derivative under 'flow', or its value under "
            "'parameters'",
        ),
        (
            {"s.yaml": "file: ../s.yaml\n"},
            "s.yaml:1:7: error: the system file '../s.yaml' lies outside of the netlist's folder; move it "
            "there, or allow it: --allow-outside, or outside=True in Python",
        ),
        (
            {"s.yaml": "chaoscad: 1\ngates: {}\n"},
            "s.yaml:2:1: error: a system's file has no 'gates'; it holds the keys of one system: 'flow' or "
            "'map', and the others",
        ),
        ({"s.yaml": "chaoscad: 2\n"}, "s.yaml:1:11: error: a system's file is of version 1; write 'chaoscad: 1'"),
    ],
)  # fmt: skip
def test_files_of_systems_are_refused_at_their_place(files, message, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in files.items():
        Path(name).write_text(text)
    Path("n.yaml").write_text(
        "chaoscad: 1\nsystem: {file: s.yaml}\ninputs: [a]\noutputs: [y, z]\n"
        "gates: {y: {inputs: [a], function: NOT}, z: {inputs: [a], function: NOT}}\n"
    )
    with pytest.raises(NetlistError) as caught:
        load("n.yaml")
    assert str(caught.value) == message
