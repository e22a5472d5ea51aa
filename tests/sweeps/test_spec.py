"""What a spec says, and what is said about one that is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.sweeps.blocks import blocks_of
from chaoscad.sweeps.spec import load, of_data, read

HEAD = """\
sweep: 1
netlist:
  chaoscad: 1
  system: logistic
  inputs: [a, b]
  outputs: [y]
  gates: {y: {inputs: [a, b], function: AND}}
"""
ROWS = "write them as PATH: [values] or PATH: {from: 0, to: 1, count: 11}"


def test_axes_are_lists_and_ranges_of_any_key():
    spec = read(
        HEAD
        + """
axes:
  system.a: {from: 3.5, to: 4, count: 51}
  sigma: {path: hardware.tolerance.x0, from: 1e-4, to: 1, count: 5, spacing: logarithmic}
  gates.y.function: [AND, "0110"]
  bounds: {path: [defaults.bounds.x0, defaults.bounds.delta], values: [[0, 1], [0, 0.5]]}
  seed: [0, 1]
measures: [margin, yield, solved]
settings: {devices: 1e3}
"""
    )
    a, sigma, function, bounds, seed = (axis.coordinates() for axis in spec.axes)
    assert a[1] == 3.51
    np.testing.assert_array_equal(sigma, [1e-4, 1e-3, 1e-2, 0.1, 1])
    assert list(function) == ["AND", "0110"]
    assert list(bounds) == ["[0, 1]", "[0, 0.5]"]
    assert seed.dtype.kind == "i"
    assert spec.points == 51 * 5 * 2 * 2 * 2
    assert spec.measures == ("solved", "margin", "yield")
    netlist, choices = spec.at((1, 2, 1, 1, 1))
    (gate,) = netlist.gates
    assert gate.setting.parameters == {"a": 3.51}
    assert gate.function is not None
    assert gate.function.rows == "0110"
    assert gate.bounds.x0 == gate.bounds.delta == (0.0, 0.5)
    assert netlist.hardware == {"tolerance": {"x0": 0.01}}
    assert (choices.seed, choices.devices) == (1, 1000)
    # Points leave the tree of the netlist as it is.
    assert spec.at((0, 0, 0, 0, 0))[0].gates[0].bounds.x0 == (0.0, 1.0)


def test_batches_are_boxes_of_one_structure():
    spec = read(
        HEAD
        + """
axes:
  defaults.iterates: [1, 2]
  system.a: {from: 3, to: 4, count: 3000}
  gates.y.function: [AND, XOR]
  system: [logistic, tent]
""".replace("  system: [logistic, tent]\n", "  defaults.weights: [shared, independent]\n")
    )
    blocks, _, warnings = blocks_of(spec)
    assert blocks.size[0] == blocks.size[3] == 1
    assert np.prod(blocks.size) <= 256
    assert sum(np.prod(block.shape) for block in blocks) == spec.points
    assert not warnings


WRONG = {
    "axes: {sytem.a: [3.9]}": "8:8: error: unknown key 'sytem'; did you mean 'system'?",
    "axes: {system.b: [3.9]}": "8:8: error: logistic has no parameter 'b'; it has a",
    "axes: {gates.z.function: [AND]}": "8:8: error: the netlist has no gate 'z', which the axis "
    "'gates.z.function' names; it has y",
    "axes: {gates.y.functon: [AND]}": "8:8: error: unknown key 'functon'; did you mean 'function'?",
    "axes: {inputs.a: [1]}": "8:8: error: the axis 'inputs.a' leads through 'inputs', which is no mapping",
    "axes: {system.a: []}": "8:18: error: axis 'system.a' has no values; give at least one",
    "axes: {}": f"8:7: error: there are no axes; {ROWS}",
    "axes: [1]": f"8:7: error: axes is a mapping of paths, not a list; {ROWS}",
    "axes: {system.a: {from: 1, to: 2}}": "8:8: error: axis 'system.a' has no 'count'; a range is "
    "{from: 0, to: 1, count: 11}, a list [0, 0.5, 1]",
    "axes: {system.a: {from: 1, to: 2, count: 0}}": "8:42: error: axis 'system.a' has no values: count "
    "is '0'; give a whole number of at least 1",
    "axes: {system.a: {from: 0, to: 2, count: 3, spacing: logarithmic}}": "8:25: error: axis 'system.a': "
    "a logarithmic range goes from one positive number to another",
    "axes: {system.a: [3.9, 3.90]}": "8:24: error: axis 'system.a' has the value '3.90' twice; leave one "
    "out",
    "axes: {system.a: {from: 3.5, to: 3.50000000000001, count: 3}}": "8:59: error: axis 'system.a' has "
    "values that are equal to 12 digits; give ends farther apart, or fewer values",
    "axes: {margin: {path: system.a, values: [3]}}": "8:8: error: the axis 'margin' is what results call "
    "something else; write another name, with path: and the key of the netlist",
    "axes: {a/b: {path: system.a, values: [3]}}": "8:8: error: the axis 'a/b' is no name of a folder; "
    "write another name, with path: and the key of the netlist",
    "axes: {system.a: [3], a: {path: system.a, values: [4]}}": "8:33: error: two axes set 'system.a'; "
    "leave one of them out",
    "axes: {system.a: [3]}\nmeasures: yield": " error: the measure yield needs hardware.tolerance, which the "
    "netlist does not have; write it there, or make an axis of it",
    "axes: {seed: [x]}": "8:15: error: seed is 'x', and must be a whole number",
    "axes: {objective: [margn]}": "8:20: error: unknown objective 'margn'; did you mean 'margin'?",
    "axes: {settings.sed: [1]}": "8:23: error: unknown setting 'sed'; did you mean 'seed'?",
    "axes: {system.a: [3]}\nmeasures: [margn]": "9:12: error: unknown measure 'margn'; did you mean "
    "'margin'?",
    "axes: {system.a: [3]}\nsettings: {devices: 0}": "9:21: error: devices is 0, and must be from 1 to "
    "20000000",
    "axis: {system.a: [3]}": "8:1: error: unknown key 'axis'; did you mean 'axes'?\n"
    "s.yaml:1:1: error: the key 'axes' is missing",
    "axes: {a: {path: system.a, from: 1, to: 2, count: 10000}, b: {path: gates.y.fixed.x0, from: 0, to: 1, "
    "count: 10000}, c: {path: gates.y.fixed.threshold, from: 0, to: 1, count: 10000}}": "8:8: error: the "
    "axes make 1e+12 points (10000 x 10000 x 10000), and a sweep has at most 20000000; take fewer values, "
    "or several sweeps",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_axis_is_told_with_its_place_before_anything_runs(text):
    with pytest.raises(ChaoscadError) as refused:
        blocks_of(read(HEAD + text, "s.yaml"))
    assert str(refused.value) == f"s.yaml:{WRONG[text]}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "s.yaml: error: the file is empty; {}"),
        ("[1]", "s.yaml:1:1: error: a sweep is a mapping of keys, not a list; {}"),
        ("chaoscad: 1\ngates: {}", "s.yaml: error: this is a netlist, and a sweep is needed; {}"),
        (
            "sweep: 1\nnetlist: gate.yaml\naxes: {system.a: [1]}",
            "gate.yaml: error: cannot read the file: it does not exist",
        ),
    ],
)
def test_a_file_that_is_no_sweep_is_told_so(text, message):
    hint = "a sweep is a file of its own, with the keys sweep: 1, netlist: FILE, axes and measures"
    with pytest.raises(ChaoscadError) as refused:
        read(text, "s.yaml")
    assert str(refused.value) == message.format(hint)


def test_a_value_that_the_netlist_refuses_is_a_warning_and_names_its_place():
    _, _, warnings = blocks_of(read(HEAD + "axes: {gates.y.function: [AND, ORR]}", "s.yaml"))
    assert [str(item) for item in warnings] == [
        "s.yaml:8:32: warning: unknown name 'ORR'; its points are recorded as failed"
    ]


def test_places_in_a_netlist_of_its_own_file_are_told_apart(tmp_path):
    (tmp_path / "gate.yaml").write_text(
        "chaoscad: 1\ninputs: [a]\noutputs: [y]\ngates:\n  y: {inputs: [a], funtion: NOT}\n"
    )
    path = tmp_path / "s.yaml"
    path.write_text("sweep: 1\nnetlist: gate.yaml\naxes:\n  sistem.a: [1]\n")
    with pytest.raises(ChaoscadError) as refused:
        blocks_of(load(path))
    own, of_the_netlist = sorted(str(refused.value).splitlines())[::-1]
    assert own == f"{path}:4:3: error: unknown key 'sistem'; did you mean 'system'?"
    assert (
        of_the_netlist
        == f"{tmp_path}/gate.yaml:5:20: error: unknown key 'funtion'; did you mean 'function'?"
    )


def test_a_mapping_in_python_is_a_spec():
    spec = of_data(
        {
            "sweep": 1,
            "netlist": {
                "chaoscad": 1,
                "inputs": ["a"],
                "outputs": ["y"],
                "gates": {"y": {"inputs": ["a"]}},
            },
            "axes": {"gates.y.function": ["NOT", "BUF"], "defaults.fixed.x0": [0.25]},
        }
    )
    assert spec.at((1, 0))[0].gates[0].fixed == {"x0": (0.25,)}
