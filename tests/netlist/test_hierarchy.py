"""Circuits of circuits: flattened with readable names, and refused with a place in the right file."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaoscad.errors import ChaoscadError
from chaoscad.netlist import Instance, Netlist, Tie, check, dump, load, parse, parse_data, to_data
from tests.conftest import ROOT

FULL_ADDER = """\
chaoscad: 1
inputs: [a, b, cin]
outputs: [sum, cout]
gates:
  p:    {inputs: [a, b], function: XOR}
  g:    {inputs: [a, b], function: AND}
  sum:  {inputs: [p, cin], function: XOR}
  t:    {inputs: [p, cin], function: AND}
  cout: {inputs: [g, t], function: OR}
"""

HALF = """\
  half:
    inputs: [a, b]
    outputs: [s, c]
    gates:
      s: {inputs: [a, b], function: XOR}
      c: {inputs: [a, b], function: AND}
"""

TWO_BITS = """\
chaoscad: 1
inputs: [a0, a1, b0, b1, c0]
outputs: [s0, s1, c2]
circuits: {full_adder: {file: fa.yaml}}
instances:
  fa0: {circuit: full_adder, connect: {a: a0, b: b0, cin: c0, sum: s0, cout: c1}}
  fa1: {circuit: full_adder, connect: {a: a1, b: b1, cin: c1, sum: s1, cout: c2}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("fa.yaml").write_text(FULL_ADDER)
    return tmp_path


def write(name: str, text: str) -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)
    return name


def errors(text: str, name: str = "top.yaml") -> list[str]:
    with pytest.raises(ChaoscadError) as caught:
        parse(text, name)
    return [str(item) for item in caught.value.diagnostics if item.severity == "error"]


def wires(netlist: Netlist) -> dict[str, tuple[str, ...]]:
    return {gate.name: gate.inputs for gate in netlist.gates}


def inline(body: str, instances: str, extra: str = "", outputs: str = "y") -> str:
    return (
        f"chaoscad: 1\ninputs: [a, b]\noutputs: [{outputs}]\ncircuits:\n{body}"
        f"instances:\n{instances}{extra}"
    )


def test_instances_of_a_file_are_flattened_with_readable_names(folder):
    netlist, warnings = check(write("top.yaml", TWO_BITS))
    assert warnings == ()
    assert wires(netlist) == {
        "fa0.p": ("a0", "b0"),
        "fa0.g": ("a0", "b0"),
        "fa1.p": ("a1", "b1"),
        "fa1.g": ("a1", "b1"),
        "s0": ("fa0.p", "c0"),
        "fa0.t": ("fa0.p", "c0"),
        "c1": ("fa0.g", "fa0.t"),
        "s1": ("fa1.p", "c1"),
        "fa1.t": ("fa1.p", "c1"),
        "c2": ("fa1.g", "fa1.t"),
    }
    assert netlist.instances == (Instance("fa0", "full_adder"), Instance("fa1", "full_adder"))
    gate = netlist.gate("fa1.t")
    assert (gate.file, gate.line, gate.column, gate.instance) == ("fa.yaml", 8, 3, "fa1")


def test_the_written_form_is_flat_and_complete(folder):
    netlist = load(write("top.yaml", TWO_BITS))
    Path("fa.yaml").unlink()
    again, _ = parse(dump(netlist))
    assert again == netlist
    assert parse_data(to_data(netlist)) == netlist
    assert set(to_data(netlist)) == {"chaoscad", "name", "inputs", "outputs", "gates"}


def test_instances_nest_and_circuits_use_circuits():
    text = """\
chaoscad: 1
inputs: [x, y, z]
outputs: [total, carry]
circuits:
  half:
    inputs: [a, b]
    outputs: [s, c]
    gates:
      s: {inputs: [a, b], function: XOR}
      c: {inputs: [a, b], function: AND}
  full:
    inputs: [a, b, cin]
    outputs: [s, cout]
    instances:
      first: {circuit: half, connect: {a: a, b: b}}
      second: {circuit: half, connect: {a: first.s, b: cin, s: s}}
    gates:
      cout: {inputs: [first.c, second.c], function: OR}
instances:
  fa: {circuit: full, connect: {a: x, b: y, cin: z, s: total, cout: carry}}
"""
    netlist, warnings = parse(text)
    assert warnings == ()
    assert wires(netlist) == {
        "fa.first.s": ("x", "y"),
        "fa.first.c": ("x", "y"),
        "total": ("fa.first.s", "z"),
        "fa.second.c": ("fa.first.s", "z"),
        "carry": ("fa.first.c", "fa.second.c"),
    }
    assert [item.name for item in netlist.instances] == ["fa", "fa.first", "fa.second"]
    assert netlist.gate("total").instance == "fa.second"


def test_an_unconnected_output_keeps_its_name_and_can_be_read():
    netlist, warnings = parse(
        inline(
            HALF,
            "  h: {circuit: half, connect: {a: a, b: b}}\n",
            "gates: {y: {inputs: [h.s, h.c], function: OR}}\n",
        )
    )
    assert warnings == ()
    assert wires(netlist)["y"] == ("h.s", "h.c")
    text = inline(HALF, "  h: {circuit: half, connect: {a: a, b: b, s: y}}\n", outputs="y, h.c")
    assert parse(text)[0].outputs == ("y", "h.c")


def test_an_output_that_is_an_input_is_the_net_at_that_input():
    body = """\
  through:
    inputs: [a]
    outputs: [a, n]
    gates: {n: {inputs: [a], function: NOT}}
"""
    text = inline(body, "  t: {circuit: through, connect: {a: b, n: y}}\n").replace("[a, b]", "[b]")
    netlist, warnings = parse(text)
    assert warnings == ()
    assert wires(netlist) == {"y": ("b",)}


def test_unused_outputs_and_nets_are_warnings():
    text = inline(HALF, "  h: {circuit: half, connect: {a: a, b: b, s: y}}\n")
    assert [str(item) for item in parse(text, "top.yaml")[1]] == [
        "top.yaml:12:3: warning: output 'c' of instance h is not used"
    ]
    text = inline(HALF, "  h: {circuit: half, connect: {a: a, b: b, s: y, c: spare}}\n")
    assert [str(item) for item in parse(text, "top.yaml")[1]] == [
        "top.yaml:12:53: warning: output 'c' of instance h is not used"
    ]


def test_inner_defaults_hold_over_outer_ones():
    text = """\
chaoscad: 1
system: tent
defaults: {iterates: 3, weights: shared, bounds: {x0: [0, 0.5], delta: [0, 0.5]}}
inputs: [a, b]
outputs: [y, z, w]
circuits:
  plain:
    inputs: [a, b]
    outputs: [y]
    gates: {y: {inputs: [a, b], function: AND}}
  own:
    system: {name: logistic, a: 3.9}
    defaults: {iterates: 2, bounds: {x0: [0, 0.25]}}
    inputs: [a, b]
    outputs: [y, z]
    instances: {inner: {circuit: plain, connect: {a: a, b: b, y: z}}}
    gates: {y: {inputs: [a, b], function: AND, compare: "<"}}
instances:
  p: {circuit: plain, connect: {a: a, b: b, y: y}}
  o: {circuit: own, connect: {a: a, b: b, y: z, z: w}}
"""
    netlist, _ = parse(text)
    y, z, w = (netlist.gate(name) for name in "yzw")
    assert (y.setting.system.name, y.iterates, y.weights) == ("tent", 3, "shared")
    assert y.bounds.x0 == (0, 0.5)
    for gate in (z, w):
        assert gate.setting.parameters == {"a": 3.9}
        assert (gate.iterates, gate.weights) == (2, "shared")
        assert (gate.bounds.x0, gate.bounds.delta) == ((0, 0.25), (0, 0.5))
    assert (z.compare, w.compare) == ("<", ">")


def test_an_error_in_outer_defaults_is_placed_where_they_stand(folder):
    text = TWO_BITS + "defaults: {fixed: {xo: 0}}\n"
    assert errors(text) == [
        "top.yaml:8:20: error: 'xo' cannot be fixed: fixed takes x0, delta, threshold (in instance "
        "fa0); a system parameter's value stands under 'system'"
    ]


def test_ties_in_a_circuit_hold_within_each_instance(folder):
    write("fa.yaml", FULL_ADDER + "tie: [{parameter: delta, gates: [p, sum]}]\n")
    netlist = load(
        write("top.yaml", TWO_BITS + "tie: [{parameter: x0, gates: [fa0.g, c1, fa1.g]}]\n")
    )
    assert netlist.ties == (
        Tie("delta", ("fa0.p", "s0")),
        Tie("delta", ("fa1.p", "s1")),
        Tie("x0", ("fa0.g", "c1", "fa1.g")),
    )


def test_a_tie_of_a_connected_port_says_what_it_is_called(folder):
    text = TWO_BITS + "tie: [{parameter: x0, gates: [fa0.g, fa0.cout, fa1.q]}]\n"
    assert errors(text) == [
        "top.yaml:8:38: error: a tie names 'fa0.cout', which is no gate; "
        "that gate is called 'c1' here",
        "top.yaml:8:48: error: a tie names 'fa1.q', which is no gate; did you mean 'fa1.t'?",
    ]


def test_an_error_inside_an_instance_names_its_own_file_and_the_instance(folder):
    bad = FULL_ADDER.replace(" OR}", " ORR}").replace("g:    {inputs: [a, b]", "g: {inputs: [a, q]")
    write("fa.yaml", bad)
    assert errors(TWO_BITS.replace("outputs: [s0", "outputs: [s9, s0")) == [
        "top.yaml:3:11: error: output 's9' is not driven",
        "fa.yaml:6:19: error: net 'q' is not driven (in instance fa0); "
        "add it to 'inputs', or add a gate of that name",
        "fa.yaml:9:36: error: unknown name 'ORR' (in instance fa0); did you mean 'OR'?",
    ]


def test_the_errors_of_all_files_are_collected(folder):
    write("fa.yaml", FULL_ADDER.replace("function: OR", "functon: OR"))
    write("ha.yaml", "chaoscad: 1\ninputs: [a, b]\noutputs: [s]\ngates: [")
    text = TWO_BITS.replace(
        "{full_adder: {file: fa.yaml}}",
        "{full_adder: {file: fa.yaml}, h: {file: ha.yaml}, m: {file: missing.yaml}}",
    ).replace("c1, sum: s1", "c11, sum: s1")
    found = errors(text)
    assert found[:3] == [
        "top.yaml:4:71: error: the circuit file 'missing.yaml': cannot read the file: it does not exist",
        "top.yaml:7:59: error: net 'c11' is not driven; did you mean 'c1'?",
        "fa.yaml:9:26: error: unknown key 'functon'; did you mean 'function'?",
    ]
    assert len(found) == 4
    assert found[3].startswith("ha.yaml:5:1: error: this is not valid YAML: ")


def test_a_free_gate_in_an_instance_needs_a_path_to_a_target(folder):
    write("fa.yaml", FULL_ADDER.replace(", function: XOR", ""))
    assert errors(TWO_BITS + "targets: {s0: a0 ^ b0 ^ c0}\n") == [
        "fa.yaml:5:3: error: gate 'fa1.p' has no function and no path to a target (in instance "
        "fa1); give it a function, or give a target to an output that it feeds",
        "fa.yaml:7:3: error: gate 's1' has no function and no path to a target (in instance "
        "fa1); give it a function, or give a target to an output that it feeds",
    ]


def test_targets_of_a_circuit_file_are_its_own(folder):
    write("fa.yaml", FULL_ADDER + "targets: {sum: a ^ b ^ cin}\nhardware: {noise: {state: 0.1}}\n")
    netlist = load(write("top.yaml", TWO_BITS))
    assert netlist.targets == ()
    assert netlist.hardware is None


def test_ports_are_checked(folder):
    text = TWO_BITS.replace("cin: c0, sum: s0", "suum: s0")
    assert errors(text)[:2] == [
        "top.yaml:6:3: error: input 'cin' of instance fa0 is not connected; "
        "add it to 'connect': {cin: NET}",
        "top.yaml:6:54: error: circuit 'full_adder' has no port 'suum'; did you mean 'sum'?",
    ]


def test_an_unknown_circuit_offers_the_nearest(folder):
    assert errors(TWO_BITS.replace("fa0: {circuit: full_adder", "fa0: {circuit: ful_adder")) == [
        "top.yaml:6:18: error: there is no circuit 'ful_adder'; did you mean 'full_adder'?"
    ]
    text = "chaoscad: 1\ninputs: [a]\noutputs: [y]\ninstances: {i: {circuit: c, connect: {a: a, y: y}}}\n"
    assert errors(text) == [
        "top.yaml:4:26: error: there is no circuit 'c'; define it under 'circuits'"
    ]


def test_two_drivers_are_both_named(folder):
    text = TWO_BITS.replace("sum: s1", "sum: s0").replace("cin: c0", "cin: c1")
    assert errors(text)[0] == "top.yaml:3:15: error: output 's1' is not driven"
    assert (
        "top.yaml:7:68: error: net 's0' has two drivers: output 'sum' of instance fa1 and output "
        "'sum' of instance fa0 at line 6; connect it to another net"
    ) in errors(text)
    text = TWO_BITS + "gates: {s0: {inputs: [a0], function: NOT}}\n"
    assert errors(text) == [
        "top.yaml:6:68: error: net 's0' has two drivers: output 'sum' of instance fa0 and the gate "
        "at line 8; connect it to another net"
    ]


def test_a_name_that_flattening_makes_too_is_refused_with_both_places(folder):
    text = TWO_BITS + "gates: {fa0.p: {inputs: [a0], function: NOT}}\n"
    text = text.replace("[s0, s1, c2]", "[s0, s1, c2, fa0.p]")
    assert errors(text) == [
        "top.yaml:8:9: error: net 'fa0.p' has two drivers: this gate and a gate in instance fa0 "
        "at fa.yaml:5; rename one of them"
    ]
    text = TWO_BITS.replace("[a0, a1", "[fa0.p, a0, a1").replace("cin: c0", "cin: fa0.p")
    assert errors(text.replace(", c0]", "]")) == [
        "top.yaml:2:10: error: net 'fa0.p' has two drivers: this input and a gate in instance fa0 "
        "at fa.yaml:5; rename one of them"
    ]


def test_nets_inside_an_instance_cannot_be_read(folder):
    text = TWO_BITS.replace("b: b1, cin: c1", "b: fa0.p, cin: fa0.cout")
    assert errors(text) == [
        "top.yaml:7:50: error: net 'fa0.p' is not driven; every output of instance fa0 is "
        "connected; read the nets that they are",
        "top.yaml:7:62: error: net 'fa0.cout' is not driven; it is called 'c1' here",
    ]


def test_a_cycle_through_instances_is_shown_with_flat_names(folder):
    text = TWO_BITS.replace("cin: c0", "cin: c2").replace(", c0]", "]")
    assert errors(text) == [
        "fa.yaml:8:3: error: the gates form a cycle: fa0.t -> c1 -> fa1.t -> c2 -> fa0.t (in "
        "instance fa0); a chaogate circuit is combinational: every path leads forward"
    ]


def test_independent_paths_through_one_instance_are_no_cycle():
    body = """\
  pair:
    inputs: [a, b]
    outputs: [na, nb]
    gates:
      na: {inputs: [a], function: NOT}
      nb: {inputs: [b], function: NOT}
"""
    text = inline(body, "  p: {circuit: pair, connect: {a: a, b: mid, na: mid, nb: y}}\n")
    assert wires(parse(text)[0]) == {"mid": ("a",), "y": ("mid",)}


def test_a_circuit_that_contains_itself_is_refused_with_the_path(folder):
    text = """\
chaoscad: 1
inputs: [x]
outputs: [y]
circuits:
  a: {inputs: [x], outputs: [y], instances: {i: {circuit: b, connect: {x: x, y: y}}}}
  b: {inputs: [x], outputs: [y], instances: {i: {circuit: a, connect: {x: x, y: y}}}}
instances: {top: {circuit: a, connect: {x: x, y: y}}}
"""
    assert errors(text) == [
        "top.yaml:6:59: error: a circuit contains itself: a -> b -> a (in instance top.i); "
        "instances end at circuits of gates only"
    ]


def test_a_file_that_includes_itself_is_refused_with_the_path(folder):
    text = """\
chaoscad: 1
inputs: [x]
outputs: [y]
circuits: {c: {file: OTHER}}
instances: {i: {circuit: c, connect: {x: x, y: y}}}
"""
    write("one.yaml", text.replace("OTHER", "one.yaml"))
    with pytest.raises(ChaoscadError) as caught:
        load("one.yaml")
    assert str(caught.value) == (
        "one.yaml:5:26: error: a circuit contains itself: one.yaml -> one.yaml; "
        "instances end at circuits of gates only"
    )
    write("one.yaml", text.replace("OTHER", "./two.yaml"))
    write("two.yaml", text.replace("OTHER", "one.yaml"))
    with pytest.raises(ChaoscadError) as caught:
        load("one.yaml")
    assert str(caught.value) == (
        "two.yaml:5:26: error: a circuit contains itself: one.yaml -> two.yaml -> one.yaml "
        "(in instance i); instances end at circuits of gates only"
    )


def test_files_outside_of_the_folder_are_refused_unless_allowed(folder):
    inner = folder / "inner"
    inner.mkdir()
    (inner / "link.yaml").symlink_to(folder / "fa.yaml")
    hint = "move it there, or allow it: --allow-outside, or outside=True in Python"
    for name in ("../fa.yaml", "link.yaml", str(folder / "fa.yaml"), str(inner / "link.yaml")):
        path = inner / "top.yaml"
        path.write_text(TWO_BITS.replace("fa.yaml", name))
        with pytest.raises(ChaoscadError) as caught:
            load("inner/top.yaml")
        shown = name if len(name) <= 60 else name[:57] + "..."
        assert str(caught.value) == (
            f"inner/top.yaml:4:31: error: the circuit file '{shown}' lies outside of the netlist's "
            f"folder; {hint}"
        )
        assert len(load("inner/top.yaml", outside=True).gates) == 10


def test_a_file_names_others_from_its_own_folder(folder):
    write("parts/adders/fa.yaml", FULL_ADDER)
    write("parts/two.yaml", TWO_BITS.replace("fa.yaml", "adders/fa.yaml"))
    write("parts/three.yaml", TWO_BITS.replace("fa.yaml", "../fa.yaml"))
    for part in ("two", "three"):
        top = f"""\
chaoscad: 1
inputs: [a, b, c]
outputs: [x, y, z]
circuits: {{two: {{file: parts/{part}.yaml}}}}
instances: {{t: {{circuit: two, connect: {{a0: a, a1: b, b0: c, b1: a, c0: b, s0: x, s1: y, c2: z}}}}}}
"""
        netlist = load(write("top.yaml", top))
        assert netlist.gate("t.fa0.p").inputs == ("a", "c")
    assert netlist.gate("t.fa0.p").file == "parts/../fa.yaml"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ('""', "the circuit file has no name"),
        (".", "the circuit file '.': cannot read the file: it is a directory"),
        ("pipe", "the circuit file 'pipe' is not a regular file"),
        ('"a\\0b"', "the circuit file 'a\\x00b' is not a regular file"),
        ("bad.yaml", "the circuit file 'bad.yaml' in line 2: byte 0xff is not valid UTF-8"),
        ("loop.yaml", "the circuit file 'loop.yaml' is not a regular file"),
    ],
)
def test_files_that_cannot_be_read_are_said_at_their_name(folder, name: str, message: str):
    os.mkfifo("pipe")
    Path("bad.yaml").write_bytes(b"x\n\xff")
    Path("loop.yaml").symlink_to("loop.yaml")
    (found,) = errors(TWO_BITS.replace("fa.yaml", name))
    assert found.split(": error: ")[1].split(";")[0] == message


def test_names_with_a_dot_are_refused():
    text = inline(HALF.replace("half:", "ha.lf:"), "  h.0: {circuit: half, connect: {a: a}}\n")
    assert errors(text) == [
        "top.yaml:5:3: error: the name 'ha.lf' has a dot; "
        "the dot separates an instance from its nets",
        "top.yaml:12:3: error: the name 'h.0' has a dot; "
        "the dot separates an instance from its nets",
    ]


def test_a_circuit_is_a_file_or_written_out():
    body = "  f: {file: x.yaml, inputs: [a]}\n  g: {outputs: [y]}\n"
    assert errors(inline(body, "  h: {circuit: f, connect: {a: a, y: y}}\n")) == [
        "top.yaml:5:21: error: circuit 'f' has a file and 'inputs'; "
        "the file says all about it; leave one of them out",
        "top.yaml:6:6: error: the key 'inputs' is missing",
        "top.yaml:6:6: error: the key 'gates' is missing",
    ]


def test_unknown_keys_inside_circuits_and_instances_offer_the_nearest():
    body = HALF.replace("gates:", "gats:")
    text = inline(body, "  h: {circuit: half, conect: {a: a}}\n")
    assert errors(text) == [
        "top.yaml:6:5: error: the key 'gates' is missing",
        "top.yaml:8:5: error: unknown key 'gats'; did you mean 'gates'?",
        "top.yaml:12:22: error: unknown key 'conect'; did you mean 'connect'?",
    ]


def test_a_damaged_instance_hides_no_other_error_and_makes_none_up(folder):
    text = TWO_BITS.replace("fa0: {circuit", "fa0: {circut").replace("sum: s1", "sum: [s1]")
    assert errors(text + "gates: {q: {inputs: [fa0.p, c1], function: ANDD}}\n") == [
        "top.yaml:6:8: error: the key 'circuit' is missing",
        "top.yaml:6:9: error: unknown key 'circut'; did you mean 'circuit'?",
        "top.yaml:7:68: error: 'sum': a name is expected, not a list",
        "top.yaml:8:44: error: unknown name 'ANDD'; did you mean 'AND'?",
    ]


def test_circuits_that_are_not_used_are_checked_too():
    body = HALF + "  other: {inputs: [a], outputs: [y], gates: {y: {inputs: [q], function: NOT}}}\n"
    text = inline(body, "  h: {circuit: half, connect: {a: a, b: b, s: y}}\n")
    assert errors(text) == [
        "top.yaml:11:59: error: net 'q' is not driven; "
        "add it to 'inputs', or add a gate of that name"
    ]


def chain(levels: int, copies: int = 1) -> str:
    """Circuits c0 to c(levels), each of them made of `copies` instances of the one before."""
    body = "  c0: {inputs: [x], outputs: [y], gates: {y: {inputs: [x], function: NOT}}}\n"
    for level in range(1, levels + 1):
        instances = ", ".join(
            f"i{copy}: {{circuit: c{level - 1}, connect: {{x: x{', y: y' if not copy else ''}}}}}"
            for copy in range(copies)
        )
        body += f"  c{level}: {{inputs: [x], outputs: [y], instances: {{{instances}}}}}\n"
    return (
        f"chaoscad: 1\ninputs: [x]\noutputs: [y]\ncircuits:\n{body}"
        f"instances: {{top: {{circuit: c{levels}, connect: {{x: x, y: y}}}}}}\n"
    )


def test_nesting_has_a_limit():
    netlist, _ = parse(chain(63))
    assert wires(netlist) == {"y": ("x",)}
    for levels in (64, 500):
        (found,) = errors(chain(levels))
        names = [f"c{levels - step}" for step in range(5)]
        assert ": error: instances nest deeper than 64 levels: top.yaml -> " in found
        assert " -> ".join(names) + " -> ... -> " in found
        assert found.endswith("; make fewer levels of them")


def test_a_bomb_of_instances_is_refused_before_it_goes_off():
    found = errors(chain(40, copies=2))
    assert found == [
        "top.yaml:23:91: error: the instances make more than 200000 gates "
        f"(in instance top{'.i0' * 22}); make fewer instances, or split the netlist"
    ]


def test_thousands_of_instances_are_read_in_seconds(folder):
    count = 2000
    names = [f"a{i}, b{i}" for i in range(count)]
    text = f"chaoscad: 1\ninputs: [{', '.join(names)}, c0]\n"
    text += f"outputs: [{', '.join(f's{i}' for i in range(count))}, c{count}]\n"
    text += "circuits: {full_adder: {file: fa.yaml}}\ninstances:\n"
    text += "".join(
        f"  fa{i}: {{circuit: full_adder, connect: "
        f"{{a: a{i}, b: b{i}, cin: c{i}, sum: s{i}, cout: c{i + 1}}}}}\n"
        for i in range(count)
    )
    netlist, warnings = parse(text, "top.yaml")
    assert (len(netlist.gates), warnings) == (5 * count, ())


@settings(max_examples=30)
@given(st.integers(1, 6), st.integers(1, 4), st.randoms())
def test_any_tree_of_adders_is_the_adder_of_its_names(depth, width, chance):
    """Wrapping a circuit in more levels changes its gates' names and nothing else."""
    text = """\
chaoscad: 1
inputs: [a, b, cin]
outputs: [sum, cout]
circuits:
  l0:
    inputs: [a, b, cin]
    outputs: [sum, cout]
    gates:
      p:    {inputs: [a, b], function: XOR}
      g:    {inputs: [a, b], function: AND}
      sum:  {inputs: [p, cin], function: XOR}
      t:    {inputs: [p, cin], function: AND}
      cout: {inputs: [g, t], function: OR}
"""
    ports = "connect: {a: a, b: b, cin: cin, sum: sum, cout: cout}"
    order = list(range(1, depth + 1))
    chance.shuffle(order)
    for level in order:
        text += (
            f"  l{level}: {{inputs: [a, b, cin], outputs: [sum, cout], "
            f"instances: {{i{'x' * width}: {{circuit: l{level - 1}, {ports}}}}}}}\n"
        )
    text += f"instances: {{top: {{circuit: l{depth}, {ports}}}}}\n"
    netlist, warnings = parse(text)
    assert warnings == ()
    prefix = "top." + f"i{'x' * width}." * depth
    assert wires(netlist) == {
        f"{prefix}p": ("a", "b"),
        f"{prefix}g": ("a", "b"),
        "sum": (f"{prefix}p", "cin"),
        f"{prefix}t": (f"{prefix}p", "cin"),
        "cout": (f"{prefix}g", f"{prefix}t"),
    }


def test_the_gallery_s_adder_is_four_full_adders():
    netlist, warnings = check(ROOT / "netlists" / "adder4_hierarchical.yaml")
    assert warnings == ()
    assert len(netlist.gates) == 20
    assert netlist.gate("fa3.p").inputs == ("a3", "b3")
