"""Configurations, controls and elements of the netlist language."""

import pytest

from chaoscad.errors import ChaoscadError, NetlistError
from chaoscad.netlist import (
    Netlist,
    Tie,
    configurations,
    configured,
    dump,
    dump_yaml,
    load,
    parse,
    unrolled,
)
from chaoscad.netlist.unrolled import controls_of
from tests.conftest import ROOT

GATE = "  y: {inputs: [a, b]}"
TWO = "{inputs: [a, b], function: OR"


def text(rest: str, gates: str = GATE, outputs: str = "y") -> str:
    return f"chaoscad: 1\ninputs: [a, b]\noutputs: [{outputs}]\ngates:\n{gates}\n{rest}\n"


def read(rest: str, gates: str = GATE, outputs: str = "y") -> Netlist:
    return parse(text(rest, gates, outputs), "n.yaml")[0]


MORPH = """configurations:
  and: {functions: {y: AND}}
  xor: {targets: {y: a ^ b}}
controls: [x0]
"""


def test_a_configuration_is_a_circuit_of_its_own():
    netlist = read(MORPH)
    assert [item.name for item in netlist.configurations] == ["and", "xor"]
    assert netlist.controls == ("x0",)
    first, second = configurations(netlist).values()
    assert first.gate("y").function is not None
    assert first.gate("y").function.rows == "0001"
    assert first.targets == ()
    assert second.gate("y").function is None
    assert [target.text for target in second.targets] == ["a ^ b"]
    assert configured(netlist, "xor") == second
    assert second.configurations == ()


def test_an_unknown_configuration_is_refused_with_the_nearest_name():
    with pytest.raises(ChaoscadError) as caught:
        configured(read(MORPH), "xo")
    assert str(caught.value) == (
        "n.yaml: error: netlist has no configuration 'xo'; did you mean 'xor'?"
    )


def test_the_circuit_of_all_configurations_ties_what_is_no_control():
    whole = unrolled(read(MORPH))
    names = ("y@and", "y@xor")
    assert tuple(gate.name for gate in whole.gates) == names
    assert whole.ties == (Tie("delta", names), Tie("threshold", names))
    assert whole.together == (names,)
    assert whole.outputs == names
    assert [target.output for target in whole.targets] == ["y@xor"]


def test_a_gate_has_controls_of_its_own():
    netlist = read(MORPH, "  y: {inputs: [a, b], controls: [threshold, delta]}")
    assert unrolled(netlist).ties == (Tie("x0", ("y@and", "y@xor")),)


def test_readings_of_an_element_share_its_parameters():
    netlist = load(ROOT / "netlists" / "full_adder_element.yaml")
    assert list(netlist.elements) == ["core"]
    assert netlist.ties == ()
    names = ("cout", "sum")
    assert netlist.sharing == (Tie("x0", names), Tie("delta", names))


@pytest.mark.parametrize("stem", ["alu_slice", "functions_by_time", "full_adder_element"])
def test_a_netlist_is_written_and_read_back(stem: str):
    netlist = load(ROOT / "netlists" / f"{stem}.yaml")
    assert parse(dump(netlist))[0] == netlist
    assert parse(dump_yaml(netlist))[0] == netlist


TIMES = (
    "chaoscad: 1\ninputs: [a, b]\noutputs: [y, z, m]\n"
    "defaults: {system: duffing, time: [2, 0.5, 1], iterates: [1, 3]}\n"
    "gates:\n  y: {inputs: [a, b]}\n  z: {inputs: [a, b], time: 4}\n"
    "  m: {inputs: [a, b], system: tent, function: OR}\n"
    "configurations: {and: {functions: {y: AND, z: AND}}, or: {functions: {y: OR, z: OR}}}\n"
)


def test_a_flow_has_times_where_a_map_has_iterates():
    # Defaults for maps say nothing of flows, and the other way round.
    netlist, _ = parse(TIMES + "controls: [x0]\n")
    y, z, m = netlist.gates
    assert (y.setting.time, y.choices.time, y.choices.iterates) == (2.0, (2.0, 0.5, 1.0), ())
    assert (z.setting.time, z.choices.time) == (4.0, ())
    assert (m.setting.time, m.choices.time, m.choices.iterates) == (None, (), (1, 3))
    assert [one.setting.time for one in y.variants] == [2.0, 0.5, 1.0]
    assert y.chosen(1, ">", 1.0).choices.time == (1.0, 2.0, 0.5)
    assert parse(dump(netlist))[0] == netlist
    assert parse(dump_yaml(netlist))[0] == netlist
    assert unrolled(netlist).together[0] == ("y@and", "y@or")
    # What stands at the gate comes before the defaults, and its time before that of its system.
    own = "z: {inputs: [a, b], system: {name: duffing, time: 3}"
    for text, time in ((own, 3.0), (f"{own}, time: 4", 4.0)):
        z = parse(TIMES.replace("z: {inputs: [a, b], time: 4", text))[0].gates[1]
        assert (z.setting.time, z.choices.time) == (time, ())


def test_a_time_that_is_a_control_is_chosen_by_every_configuration():
    text = TIMES.replace("z: {inputs: [a, b], time: 4}", "z: {inputs: [a, b], controls: []}")
    netlist, _ = parse(text + "controls: [time, iterates]\n")
    y, z, m = netlist.gates
    assert [controls_of(netlist, gate) for gate in (y, z, m)] == [("time",), (), ("iterates",)]
    assert unrolled(netlist).together == (("z@and", "z@or"),)


def test_elements_of_instances_are_elements_of_their_own():
    gates = "y: {inputs: [a, b], function: AND, element: core}, "
    gates += "z: {inputs: [a, b], function: XOR, element: core}"
    half = f"circuits: {{half: {{inputs: [a, b], outputs: [y, z], gates: {{{gates}}}}}}}"
    netlist, _ = parse(
        f"chaoscad: 1\ninputs: [a, b, c]\noutputs: [p.z, q.z]\n{half}\n"
        "instances: {p: {circuit: half, connect: {a: a, b: b}}, "
        "q: {circuit: half, connect: {a: b, b: c}}}\ngates: {}\n"
    )
    assert {name: len(gates) for name, gates in netlist.elements.items()} == {
        "p.core": 2,
        "q.core": 2,
    }


BAD = [
    (
        "configurations: {and: {functions: {y: AND}}, or: {}}",
        GATE,
        "n.yaml:6:46: error: configuration 'or' says nothing that the circuit must compute; give it "
        "'targets' of outputs, or 'functions' of gates",
    ),
    (
        "configurations: {and: {functions: {z: AND}}}",
        GATE,
        "n.yaml:6:36: error: configuration 'and' gives a function to 'z', which is no gate; the gates "
        "are y",
    ),
    (
        "configurations: {and: {targets: {q: a & b}}}",
        GATE,
        "n.yaml:6:34: error: the target 'q' is not an output; add it to 'outputs'",
    ),
    (
        "configurations: {and: {functions: {y: AND}}}\ncontrols: [x0]",
        "  y: {inputs: [a, b], element: c}\n"
        "  z: {inputs: [a, b], function: OR, element: c, controls: []}",
        "n.yaml:5:3: error: x0 is a control of gate 'y', and is tied to gate 'z', which holds it; let "
        "both have the control, or untie them",
    ),
    (
        "configurations: {and: {functions: {y: AND}}, and: {functions: {y: OR}}}",
        GATE,
        "n.yaml:6:46: error: duplicate key 'and'; it stands already at line 6",
    ),
    (
        "configurations: {}",
        GATE,
        "n.yaml: error: 'configurations' is empty: give at least one, or leave it out",
    ),
    (
        "controls: [x0]",
        "  y: {inputs: [a, b], function: AND}",
        "n.yaml:6:12: error: 'controls' says what differs between configurations, and there are none; "
        "add 'configurations', or leave it out",
    ),
    (
        "configurations: {and: {functions: {y: AND}}}\ncontrols: [xo]",
        GATE,
        "n.yaml:7:12: error: 'xo' cannot be a control; controls are x0, delta, threshold, iterates, "
        "time",
    ),
    (
        "configurations: {and: {functions: {y: AND}}}\ncontrols: [x0, x0]",
        GATE,
        "n.yaml:7:16: error: the control 'x0' is listed twice",
    ),
    (
        "configurations: {and: {functions: {y: AND}}}\ncontrols: [x0]",
        "  y: {inputs: [a, b], fixed: {x0: 0.1}}",
        "n.yaml:5:3: error: x0 is a control, and gate 'y' fixes it; leave it free, or give gate 'y' "
        "'controls: []'",
    ),
    (
        "configurations: {and: {functions: {y: AND}}}\ncontrols: [iterates]",
        GATE,
        "n.yaml:5:3: error: iterates is a control, and gate 'y' has one number of them; give a list to "
        "choose from, such as [1, 2, 3]",
    ),
    (
        "configurations: {and: {functions: {y: AND}}}\ncontrols: [time]",
        "  y: {inputs: [a, b], system: lorenz}",
        "n.yaml:5:3: error: time is a control, and gate 'y' has one; give a list to choose from, such as "
        "time: [0.4, 0.8]",
    ),
    (
        "configurations: {and: {functions: {y: AND}}}\ncontrols: [time]",
        GATE,
        "n.yaml:7:12: error: time is a control, and every gate is a map; a map has 'iterates'",
    ),
    (
        "configurations: {and: {functions: {y: AND}}}",
        "  y: {inputs: [a, b], system: lorenz, controls: [iterates]}",
        "n.yaml:5:3: error: iterates is a control of gate 'y', which is a flow; a flow has 'time'",
    ),
    (
        "",
        f"  y: {TWO}, time: [0.4, 0.8]}}",
        "n.yaml:5:3: error: gate 'y' has a time, and logistic is a map; 'iterates' says how long a map "
        "runs",
    ),
    (
        "",
        f"  y: {TWO}, system: {{name: lorenz, time: [0.4, 0.8]}}}}",
        "n.yaml:5:66: error: a system runs for one time, and this is a list; a gate takes a list to choose "
        "from, beside its system: time: [0.4, 0.8]",
    ),
    (
        "",
        f"  y: {TWO}, system: lorenz, time: [0.4, -1]}}",
        "n.yaml:5:59: error: 'time': -1 is not positive; a flow runs for a positive time",
    ),
    (
        "",
        f"  y: {TWO}, system: lorenz, time: 1e9}}",
        "n.yaml:5:3: error: a time of 1e+09 takes 4e+10 steps of 0.025; the most is 100000; shorten the "
        "time",
    ),
    (
        "configurations: {and: {functions: {y: AND}}}",
        f"  y: {TWO}}}",
        "n.yaml:6:36: error: configuration 'and' gives gate 'y' a function, and the gate has one for "
        "all; leave it out here or at the gate",
    ),
    (
        "targets: {y: a}\nconfigurations: {and: {targets: {y: a & b}}}",
        GATE,
        "n.yaml:7:34: error: configuration 'and' gives a target that every configuration has: 'y'; "
        "leave it out here or under 'targets'",
    ),
    (
        "tie: [{parameter: x0, gates: [y, z]}]\nconfigurations: {and: {functions: {y: AND}}}\n"
        "controls: [x0]",
        f"{GATE}\n  z: {TWO}, controls: []}}",
        "n.yaml:5:3: error: x0 is a control of gate 'y', and is tied to gate 'z', which holds it; let "
        "both have the control, or untie them",
    ),
    (
        "configurations: {and: {functions: {y: AND}}}",
        f"{GATE}\n  z: {{inputs: [a, b]}}",
        "n.yaml:6:3: error: gate 'z' has no function and no path to a target in configuration 'and'; "
        "give it a function, or give a target to an output that it feeds",
    ),
    (
        "",
        f"  y: {TWO}, controls: [x0]}}",
        "n.yaml:5:3: error: gate 'y' has controls, which differ between configurations, and there are "
        "none; add 'configurations', or leave them out",
    ),
    (
        "",
        f"  y: {TWO}, element: ''}}",
        "n.yaml:5:46: error: 'element': a name is expected, not ''",
    ),
    (
        "",
        f"  y: {TWO}, element: c}}\n  z: {{inputs: [b, a], function: OR, element: c}}",
        "n.yaml:6:3: error: gate 'z' reads the element 'c' and has the inputs [b, a], and gate 'y' has "
        "[a, b]; the readings of an element have the same inputs, system, weights and ranges; leave "
        "'element' out of one of them",
    ),
    (
        "",
        f"  y: {TWO}, element: c}}\n  z: {TWO}, element: c, system: tent}}",
        "n.yaml:6:3: error: gate 'z' reads the element 'c' and has the system tent, mu: 2, and gate 'y' "
        "has logistic, a: 4; the readings of an element have the same inputs, system, weights and "
        "ranges; leave 'element' out of one of them",
    ),
]


@pytest.mark.parametrize(("rest", "gates", "message"), BAD)
def test_what_cannot_be_is_refused_at_its_place(rest: str, gates: str, message: str):
    outputs = "y, z" if "\n  z:" in gates else "y"
    with pytest.raises(NetlistError) as caught:
        read(rest, gates, outputs)
    assert [str(item) for item in caught.value.diagnostics] == [message]


def test_an_element_of_one_reading_is_warned_about():
    warnings = parse(text("", f"  y: {TWO}, element: c}}"), "n.yaml")[1]
    assert [str(item) for item in warnings] == [
        "n.yaml:5:3: warning: element 'c' has one reading, gate 'y'"
    ]
