"""Reading netlists, and everything that is refused, with whole messages."""

from pathlib import Path

import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.netlist import TruthTable, check, load, parse, parse_data, to_data
from chaoscad.netlist.yaml_text import dump_yaml
from tests.conftest import gate_text


def errors(text: str) -> list[str]:
    with pytest.raises(ChaoscadError) as caught:
        parse(text, "n.yaml")
    return [str(item) for item in caught.value.diagnostics if item.severity == "error"]


def netlist_text(gates: str, inputs: str = "a, b", outputs: str = "y", extra: str = "") -> str:
    return f"chaoscad: 1\ninputs: [{inputs}]\noutputs: [{outputs}]\ngates:\n{gates}\n{extra}"


def test_the_language_s_own_example_is_read():
    netlist, warnings = parse(
        """\
chaoscad: 1
name: full_adder
description: One-bit full adder.
system: {name: logistic, a: 3.9}
defaults: {weights: shared, iterates: 2}
inputs: [a, b, cin]
outputs: [sum, cout]
gates:
  cout: {inputs: [g, t]}
  p:    {inputs: [a, b]}
  g:    {inputs: [a, b], function: AND, iterates: 1, weights: independent}
  sum:  {inputs: [p, cin]}
  t:    {inputs: [p, cin]}
targets:
  cout: a & b | cin & (a ^ b)
  sum: a ^ b ^ cin
"""
    )
    assert not warnings
    assert netlist.name == "full_adder"
    assert [gate.name for gate in netlist.gates] == ["p", "g", "sum", "t", "cout"]
    p, g = netlist.gate("p"), netlist.gate("g")
    assert p.setting.parameters == {"a": 3.9}
    assert (p.weights, p.iterates, p.function) == ("shared", 2, None)
    assert (g.weights, g.iterates, g.function) == ("independent", 1, TruthTable("0001"))
    assert [target.output for target in netlist.targets] == ["sum", "cout"]
    assert netlist.targets[0].inputs == ("a", "b", "cin")


@pytest.mark.parametrize(
    ("function", "rows"),
    [
        ("NAND", "1110"),
        ('"0110"', "0110"),
        ('"01-0"', "01-0"),
        ("a & ~b", "0010"),
        ("'~(a | b)'", "1000"),
        ("0", "0000"),
        ("1", "1111"),
    ],
)
def test_functions_are_names_tables_and_expressions(function: str, rows: str):
    netlist, _ = parse(gate_text(f"function: {function}"))
    assert netlist.gates[0].function == TruthTable(rows)


def test_net_names_are_text_as_written():
    netlist, _ = parse(
        'chaoscad: 1\ninputs: [1, on, "x y"]\noutputs: [0x1]\n'
        'gates: {0x1: {inputs: [1, on, "x y"], function: "`1` & on & `x y`"}}'
    )
    assert netlist.inputs == ("1", "on", "x y")
    assert netlist.gates[0].name == "0x1"
    assert netlist.gates[0].function == TruthTable("00000001")


def test_a_function_s_name_is_the_function_also_where_a_net_is_called_so():
    text = "chaoscad: 1\ninputs: [AND, b]\noutputs: [y]\ngates: {y: {inputs: [AND, b], function: FUNCTION}}"
    tables = {"AND": "0001", "'`AND`'": "0011", "AND | b": "0111"}
    for function, rows in tables.items():
        netlist, _ = parse(text.replace("FUNCTION", function))
        assert netlist.gates[0].function == TruthTable(rows)


def test_all_errors_of_a_file_are_collected():
    text = """\
chaoscad: 1
inputs: [a, b]
outputs: [y, z]
colour: red
gates:
  y: {inputs: [a, q], functon: AND}
  w: {inputs: [a, a2], function: AND}
  v: {inputs: [a, b], function: "011"}
  u: {inputs: [a, b], iterates: 0}
"""
    assert errors(text) == [
        "n.yaml:3:14: error: output 'z' is not driven",
        "n.yaml:4:1: error: unknown key 'colour'; the keys here are chaoscad, name, description, "
        "system, systems, defaults, inputs, outputs, circuits, instances, gates, targets, configurations, controls, tie, hardware",
        "n.yaml:6:23: error: unknown key 'functon'; did you mean 'function'?",
        "n.yaml:7:19: error: net 'a2' is not driven; did you mean 'a'?",
        "n.yaml:8:33: error: the truth table has 3 rows; 2 inputs need 4",
        "n.yaml:9:33: error: 'iterates': 0 is outside the allowed range 1 to 1000",
    ]


def test_an_unknown_key_offers_the_nearest():
    assert errors(gate_text("functon: AND")) == [
        "n.yaml:5:23: error: unknown key 'functon'; did you mean 'function'?"
    ]
    assert errors(gate_text("function: AND, bounds: {detla: [0, 1]}")) == [
        "n.yaml:5:47: error: unknown key 'detla'; did you mean 'delta'?"
    ]
    assert errors(gate_text("function: AND", extra="defaults: {itertes: 2}")) == [
        "n.yaml:6:12: error: unknown key 'itertes'; did you mean 'iterates'?"
    ]


def test_a_duplicate_gate_is_refused():
    text = netlist_text("  y: {inputs: [a, b], function: AND}\n  y: {inputs: [a, b], function: OR}")
    assert errors(text) == ["n.yaml:6:3: error: duplicate key 'y'; it stands already at line 5"]


def test_missing_keys_are_named():
    assert errors("name: x\n") == [
        "n.yaml:1:1: error: the key 'chaoscad' is missing; write 'chaoscad: 1'",
        "n.yaml:1:1: error: the key 'inputs' is missing",
        "n.yaml:1:1: error: the key 'outputs' is missing",
        "n.yaml:1:1: error: the key 'gates' is missing",
    ]
    assert errors(netlist_text("  y: {function: AND}")) == [
        "n.yaml:5:6: error: the key 'inputs' is missing"
    ]


def test_another_version_is_refused():
    assert errors("chaoscad: 2\ninputs: [a]\noutputs: [a]\ngates: {}\n") == [
        "n.yaml:1:11: error: 'chaoscad': netlist language version '2' is not known; "
        "this program reads version 1"
    ]


@pytest.mark.parametrize("table", ["0110", "1000", "01-1"])
def test_an_unquoted_truth_table_is_refused(table: str):
    assert errors(gate_text(f"function: {table}")) == [
        f"n.yaml:5:33: error: 'function': the truth table {table} is not quoted; write \"{table}\""
    ]


def test_a_table_of_the_wrong_length_is_refused():
    assert errors(gate_text('function: "01101"')) == [
        "n.yaml:5:33: error: the truth table has 5 rows; 2 inputs need 4"
    ]


def test_a_table_in_which_nothing_matters_is_refused():
    assert errors(gate_text('function: "----"')) == [
        "n.yaml:5:33: error: the truth table has no row that matters; leave the function out"
    ]


@pytest.mark.parametrize(
    ("function", "column", "message"),
    [
        ("a & q", 37, "unknown name 'q'; the inputs of gate 'y' are a, b"),
        ("and", 33, "unknown name 'and'; did you mean 'AND'?"),
        (
            "f(a)",
            33,
            "a call of 'f' is not allowed in a logic expression; "
            "use ~ & ^ | , parentheses and 0 or 1",
        ),
        ("a.real & b", 33, "unknown name 'a.real'; the inputs of gate 'y' are a, b"),
        (
            "a ** b",
            35,
            "'**' is not allowed in a logic expression; use ~ & ^ | , parentheses and 0 or 1",
        ),
        ('"a & "', 38, "the expression ends where a name is expected"),
        ('""', 34, "the expression is empty"),
    ],
)
def test_bad_expressions_are_placed(function: str, column: int, message: str):
    assert errors(gate_text(f"function: {function}")) == [f"n.yaml:5:{column}: error: {message}"]


@pytest.mark.parametrize(
    ("function", "inputs", "message"),
    [
        ("NOT", "a, b", "NOT takes exactly 1 input, and gate 'y' has 2"),
        ("MAJ", "a, b", "MAJ takes an odd number of inputs, at least 3, and gate 'y' has 2"),
        ("MUX", "a, b", "MUX takes exactly 3 inputs, and gate 'y' has 2"),
        ("AND", "a", "AND takes at least 2 inputs, and gate 'y' has 1"),
    ],
)
def test_an_arity_that_the_function_cannot_have_is_refused(function, inputs, message):
    text = gate_text(f"function: {function}", inputs)
    assert [item.split(": error: ")[1] for item in errors(text)] == [message]


def test_an_undriven_net_is_refused():
    assert errors(netlist_text("  y: {inputs: [a, bb], function: AND}")) == [
        "n.yaml:5:19: error: net 'bb' is not driven; did you mean 'b'?"
    ]


def test_two_drivers_are_refused():
    text = netlist_text("  a: {inputs: [b], function: NOT}\n  y: {inputs: [a, b], function: AND}")
    assert errors(text) == [
        "n.yaml:5:3: error: net 'a' has two drivers: this gate and the input at line 2; "
        "rename one of them"
    ]


def test_a_cycle_is_shown_as_a_path():
    text = netlist_text(
        "  p: {inputs: [a, r], function: AND}\n  q: {inputs: [p], function: NOT}\n"
        "  r: {inputs: [q, b], function: OR}\n  y: {inputs: [r], function: NOT}"
    )
    assert errors(text) == [
        "n.yaml:5:3: error: the gates form a cycle: p -> q -> r -> p; "
        "a chaogate circuit is combinational: every path leads forward"
    ]


def test_a_gate_that_feeds_itself_is_a_cycle():
    assert errors(netlist_text("  y: {inputs: [a, y], function: AND}")) == [
        "n.yaml:5:3: error: the gates form a cycle: y -> y; "
        "a chaogate circuit is combinational: every path leads forward"
    ]


def test_an_output_that_nothing_drives_is_refused():
    text = netlist_text("  y: {inputs: [a, b], function: AND}", outputs="y, carry")
    assert errors(text) == ["n.yaml:3:14: error: output 'carry' is not driven"]


def test_a_gate_needs_an_input_and_a_circuit_an_output():
    assert errors(netlist_text("  y: {inputs: [], function: AND}")) == [
        "n.yaml:5:3: error: gate 'y' has no input; a gate reads at least one net"
    ]
    assert errors(netlist_text("  y: {inputs: [a, b], function: AND}", outputs=""))[0] == (
        "n.yaml: error: the circuit has no output"
    )
    assert errors("chaoscad: 1\ninputs: [a]\noutputs: [a]\ngates: {}\n") == [
        "n.yaml: error: the circuit has no gate"
    ]


def test_a_gate_may_not_be_too_wide():
    inputs = ", ".join(f"i{index}" for index in range(13))
    assert errors(gate_text("function: AND", inputs)) == [
        "n.yaml:5:3: error: gate 'y' has 13 inputs; a gate may have at most 12; "
        "build it from smaller gates"
    ]


def test_a_free_gate_needs_a_path_to_a_target():
    text = netlist_text(
        "  y: {inputs: [a, b]}\n  z: {inputs: [a, b]}", outputs="y, z", extra="targets: {y: XOR}"
    )
    assert errors(text) == [
        "n.yaml:6:3: error: gate 'z' has no function and no path to a target; "
        "give it a function, or give a target to an output that it feeds"
    ]


def test_bounds_upside_down_are_refused():
    assert errors(gate_text("function: AND, bounds: {x0: [1, 0.5]}")) == [
        "n.yaml:5:51: error: 'x0': the range [1, 0.5] is upside down; write [0.5, 1]"
    ]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("[1]", "'delta': a range [low, high] is expected, not a list"),
        ("wide", "'delta': a range [low, high] is expected, not 'wide'"),
        ("[a, 1]", "'delta': a number is expected, not 'a'"),
        ('["0", 1]', "'delta': a number is expected, not '0'; write it without quotes"),
        ("[.nan, 1]", "'delta': a number is expected, not '.nan'"),
    ],
)
def test_a_range_is_two_numbers(value: str, message: str):
    found = errors(gate_text(f"function: AND, bounds: {{delta: {value}}}"))
    assert [item.split(": error: ")[1] for item in found] == [message]


def test_numbers_are_read_as_numbers():
    netlist, _ = parse(
        gate_text("function: AND, bounds: {delta: [-1e-3, .5], state: [-.inf, inf]}")
    )
    bounds = netlist.gates[0].bounds
    assert bounds.delta == (-0.001, 0.5)
    assert bounds.state == (float("-inf"), float("inf"))


def test_bounds_that_leave_no_room_are_refused():
    text = gate_text("function: AND, bounds: {delta: [0.6, 0.7]}")
    assert errors(text) == [
        "n.yaml:5:3: error: the bounds of gate 'y' leave no room: no x0 keeps the states in [0, 1] "
        "with delta in [0.6, 0.7]; widen a range, or declare 'state' wider"
    ]
    text = gate_text("function: AND, bounds: {x0: [2, 3]}")
    assert errors(text) == [
        "n.yaml:5:3: error: the bounds of gate 'y' leave no room: no x0 keeps the states in [0, 1] "
        "with delta in [-1, 1] and x0 in [2, 3]; widen a range, or declare 'state' wider"
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            "fixed: {a: 4}",
            "'a' cannot be fixed: fixed takes x0, delta, threshold; "
            "a system parameter's value stands under 'system'",
        ),
        (
            "fixed: {xo: 0}",
            "'xo' cannot be fixed: fixed takes x0, delta, threshold; "
            "a system parameter's value stands under 'system'",
        ),
        ("fixed: {x0: zero}", "'x0': a number is expected, not 'zero'"),
        ("fixed: {x0: inf}", "'x0': a finite number is expected, not 'inf'"),
        (
            "fixed: {delta: [0.1, 0.2, 0.3]}",
            "delta fixes 3 weights, and gate 'y' has 2 inputs; "
            "give one weight, or one for each input",
        ),
        (
            "weights: shared, fixed: {delta: [0.1, 0.2]}",
            "shared weights are equal, and the fixed ones differ",
        ),
        (
            "bounds: {x0: [0, 0.5]}, fixed: {x0: 0.6}",
            "gate 'y' fixes x0 at 0.6, outside its bounds [0, 0.5]",
        ),
        ("train: {b: [0, 1]}", "logistic has no parameter 'b' to train; its parameters are a"),
        ("train: {a: [3, 5]}", "a is trained in [3, 5], outside its range [0, 4]"),
        (
            "weights: shard",
            "'weights': independent or shared is expected, not 'shard'; did you mean 'shared'?",
        ),
        ("compare: '>='", "'compare': > or < is expected, not '>='; did you mean '>'?"),
        ("iterates: 1.5", "'iterates': a whole number is expected, not '1.5'"),
        ("system: logistik", "unknown system 'logistik'; did you mean 'logistic'?"),
        ("system: {name: logistic, b: 3}", "logistic has no parameter 'b'; it has a"),
        ("system: {name: logistic, a: 4.5}", "a of logistic is 4.5, outside its range [0, 4]"),
        (
            "system: {a: 4}",
            "a system is a name, or a mapping with the key 'name', 'map', 'flow', 'curve' or 'file'; "
            "for example {name: logistic, a: 3.9}",
        ),
        ("system: [logistic]", "'system': a system's name or a mapping is expected, not a list"),
        (
            "system: {map: 'r*y', parameters: {r: 1}}",
            "unknown name 'y'; give it a value under 'parameters'",
        ),
        (
            "system: {map: 'r*x', parameter: {r: 1}}",
            "unknown key 'parameter'; did you mean 'parameters'?",
        ),
        ("system: {map: 'x*(1-x'}", "this parenthesis is never closed"),
        ("inputs: a", "duplicate key 'inputs'; it stands already at line 5"),
    ],
)
def test_gate_options_are_checked(options: str, message: str):
    found = errors(gate_text(f"function: AND, {options}"))
    assert [item.split(": error: ")[1] for item in found] == [message]


def test_targets_are_checked():
    text = netlist_text("  y: {inputs: [a, b]}", extra="targets: {y: a ^ c, x: a}")
    assert errors(text) == [
        "n.yaml:6:18: error: unknown name 'c'; the inputs of the circuit are a, b",
        "n.yaml:6:21: error: the target 'x' is not an output; add it to 'outputs'",
    ]


def test_a_target_over_too_many_inputs_is_refused():
    inputs = ", ".join(f"i{index}" for index in range(30))
    gates = ["  g0: {inputs: [i0, i1]}"]
    gates += [f"  g{index}: {{inputs: [g{index - 1}, i{index + 1}]}}" for index in range(1, 29)]
    text = netlist_text("\n".join(gates), inputs, "g28", "targets: {g28: XOR}")
    assert errors(text) == [
        "n.yaml:34:11: error: the target 'g28' is over 30 inputs: 2^30 rows are too many to "
        "enumerate, the limit is 24 inputs; give the targets as a circuit ({file: "
        "...}), which may have more, or split the output"
    ]


def test_ties_are_checked():
    gates = "  y: {inputs: [a, b], function: AND}\n  z: {inputs: [a], function: NOT}"

    def tied(tie: str) -> list[str]:
        found = errors(netlist_text(gates, outputs="y, z", extra=f"tie: [{tie}]"))
        return [item.split(": error: ")[1] for item in found]

    assert tied("{parameter: delta, gates: [y, z]}") == [
        "gates tied in delta need equally many inputs, or shared weights"
    ]
    assert tied("{parameter: x0, gates: [y, zz]}") == [
        "a tie names 'zz', which is no gate; did you mean 'z'?"
    ]
    assert tied("{parameter: x0, gates: [y]}") == ["a tie takes two or more different gates"]
    assert tied("{parameter: x0, gates: [y, y]}") == ["a tie takes two or more different gates"]
    assert tied("{parameter: a, gates: [y, z]}") == [
        "'a' cannot be tied: a tie takes x0, delta, threshold, or a system parameter that every "
        "one of the gates trains"
    ]


def test_tied_gates_need_a_common_value():
    text = netlist_text(
        "  y: {inputs: [a, b], function: AND, bounds: {x0: [0, 0.2]}}\n"
        "  z: {inputs: [a, b], function: OR, bounds: {x0: [0.5, 0.7]}}",
        outputs="y, z",
        extra="tie: [{parameter: x0, gates: [y, z]}]",
    )
    assert errors(text) == [
        "n.yaml:7:19: error: the gates tied in x0 (y, z) have no value of it in common; "
        "widen their bounds"
    ]


def test_a_name_must_be_fit_for_a_file():
    assert errors("chaoscad: 1\nname: ../../x\ninputs: [a]\noutputs: [a]\ngates: {}\n") == [
        "n.yaml:2:7: error: 'name': '../../x' cannot name a netlist; use letters, digits, '_', '.' "
        "and '-', starting with one of the first three"
    ]


def test_unused_nets_are_warnings():
    text = netlist_text("  y: {inputs: [a], function: NOT}\n  spare: {inputs: [a], function: NOT}")
    _, warnings = parse(text, "n.yaml")
    assert [str(item) for item in warnings] == [
        "n.yaml:2:13: warning: input 'b' is not used",
        "n.yaml:6:3: warning: gate 'spare' is not used",
    ]


def test_the_hardware_block_is_checked_and_kept():
    block = (
        "hardware: {volts_per_unit: 1.2, offset_volts: 0, dac: {bits: 12, range: [0, 3.3]}, "
        "fixed_point: {integer_bits: 2, fraction_bits: 14}, "
        "tolerance: {x0: 0.01, threshold: 2.50 %, delta: 1e-3 normal, a: '2 % uniform'}, "
        "global: {x0: 0}, noise: {comparator: 1e-3}}"
    )
    netlist, warnings = parse(gate_text("function: AND", extra=block), "n.yaml")
    assert netlist.hardware is not None
    assert netlist.hardware["dac"] == {"bits": 12, "range": [0.0, 3.3]}
    assert netlist.hardware["tolerance"] == {
        "x0": 0.01,
        "threshold": "2.5 %",
        "delta": 0.001,
        "a": "2 % uniform",
    }
    assert parse_data(to_data(netlist)) == netlist
    assert parse(dump_yaml(netlist))[0] == netlist
    assert not warnings
    assert errors(
        gate_text("function: AND", extra="hardware: {dac: {bits: 40, range: [0, 1]}}")
    ) == ["n.yaml:6:24: error: 'bits': 40 is outside the allowed range 1 to 32"]


@pytest.mark.parametrize(
    ("hardware", "message"),
    [
        (
            "tolerance: {banana: .4}",
            "24: error: no gate has a parameter 'banana'; the gates have x0, delta, threshold, a",
        ),
        (
            "global: {treshold: 1 %}",
            "21: error: no gate has a parameter 'treshold'; did you mean 'threshold'?",
        ),
        ("tolerance: {x0: -1 %}", "28: error: 'x0': '-1 %' is negative; give a size, 0 or more"),
        (
            "tolerance: {x0: .inf}",
            "28: error: 'x0': a tolerance is expected, not '.inf'; "
            "write 0.01 or 2 %, and after it normal or uniform if you like",
        ),
        (
            "tolerance: {x0: 1 % gaussian}",
            "28: error: 'x0': a tolerance is expected, not '1 % gaussian'; "
            "write 0.01 or 2 %, and after it normal or uniform if you like",
        ),
        (
            "noise: 0.1",
            "19: error: 'noise': a mapping of the kinds of noise is expected, not '0.1'; "
            "write {state: 0.1, comparator: 0.1}",
        ),
        ("noise: {stat: 0.1}", "20: error: unknown key 'stat'; did you mean 'state'?"),
        ("noise: {state: -1}", "27: error: 'state': '-1' is negative; give a size, 0 or more"),
        ("globl: {x0: 1}", "12: error: unknown key 'globl'; did you mean 'global'?"),
    ],
)
def test_tolerances_and_noise_are_of_something_and_have_a_size(hardware, message):
    found = errors(gate_text("function: AND", extra=f"hardware: {{{hardware}}}"))
    assert found == [f"n.yaml:6:{message}"]


def test_a_system_that_defaults_overrule_is_a_warning():
    text = "system: tent\ndefaults: {system: logistic}\n"
    netlist, warnings = parse(text + gate_text("function: AND"), "n.yaml")
    assert netlist.gates[0].setting.system.name == "logistic"
    assert [str(item) for item in warnings] == [
        "n.yaml:1:9: warning: nothing reads this 'system'; the one under 'defaults' stands for all "
        "gates"
    ]


def test_numbers_are_written_in_ascii_digits():
    wrong = "a number is expected, not '{}'"
    for text in ("1_000", "\uff11", "infinity", "nan"):
        found = errors(gate_text(f"function: AND, bounds: {{x0: [0, {text}]}}"))
        assert len(found) == 1
        assert wrong.format(text) in found[0]
    assert "a whole number is expected" in errors(gate_text("function: AND, iterates: \u0661"))[0]


def test_a_file_s_name_is_the_netlist_s_name_unless_it_says_otherwise(tmp_path: Path):
    path = tmp_path / "my gate.yaml"
    path.write_text(gate_text())
    assert load(path).name == "my_gate"
    assert check(path)[1] == ()


def test_lists_where_mappings_belong_are_refused():
    assert errors("chaoscad: 1\ninputs: a\noutputs: [y]\ngates: []\n") == [
        "n.yaml:2:9: error: 'inputs': a list is expected, not 'a'",
        "n.yaml:4:8: error: 'gates': a mapping is expected, not a list",
    ]


def test_inputs_listed_twice_are_refused():
    assert errors(netlist_text("  y: {inputs: [a, b], function: AND}", "a, b, a", "y, y")) == [
        "n.yaml:2:16: error: the input 'a' is listed twice",
        "n.yaml:3:14: error: the output 'y' is listed twice",
    ]
