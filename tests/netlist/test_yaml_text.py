"""Netlists as YAML for people to read."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given

from chaoscad.formats import read
from chaoscad.netlist import Netlist, dump_yaml, from_logic, load, parse
from tests.conftest import ROOT
from tests.netlist.test_roundtrip import netlists

DATA = ROOT / "tests" / "data"


@given(netlists())
def test_any_netlist_survives(netlist: Netlist):
    text = dump_yaml(netlist)
    again, _ = parse(text)
    assert again == netlist
    assert dump_yaml(again) == text


@given(netlists())
def test_other_yaml_readers_read_it(netlist: Netlist):
    data = yaml.safe_load(dump_yaml(netlist))
    assert len(data["gates"]) == len(netlist.gates)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "netlists").glob("*.yaml")), ids=lambda path: path.stem
)
def test_the_gallery_survives(path: Path):
    netlist = load(path)
    again, _ = parse(dump_yaml(netlist), str(path))
    assert again == netlist


def test_one_line_a_gate_names_for_functions_and_quotes_only_where_needed():
    netlist = from_logic(read(DATA / "priority.blif"), iterates=2)
    extra = replace(netlist.gates[0], iterates=3)
    netlist = replace(
        netlist, description="Three requests: the highest wins.", gates=(extra, *netlist.gates[1:])
    )
    assert dump_yaml(netlist) == (
        "chaoscad: 1\n"
        "name: priority\n"
        'description: "Three requests: the highest wins."\n'
        "system: logistic\n"
        "defaults: {iterates: 2}\n"
        "inputs: [r2, r1, r0]\n"
        "outputs: [code1, code0, valid, idle]\n"
        "gates:\n"
        "  code1: {inputs: [r2, r1], function: OR, iterates: 3}\n"
        '  code0: {inputs: [r2, r1, r0], function: "01001111"}\n'
        "  valid: {inputs: [r2, r1, r0], function: OR}\n"
        "  idle: {inputs: [valid], function: NOT}\n"
    )


def test_options_that_all_gates_share_are_said_once():
    text = (
        "chaoscad: 1\nname: m\nsystem: {name: logistic, parameters: {a: 3.9}}\n"
        'defaults: {weights: shared, compare: "<", bounds: {x0: [0, 0.5]}, fixed: {threshold: 0.5}}\n'
        'inputs: [a, "b[0]"]\noutputs: [y, z]\ngates:\n'
        '  y: {inputs: [a, "b[0]"], function: AND}\n'
        '  z: {inputs: [a, "b[0]"], function: "0010", system: lorenz, bounds: {state: [-30, 30]}}\n'
        "targets:\n  y: AND\n"
        "tie:\n  - {parameter: delta, gates: [y, z]}\n"
        "hardware:\n  dac: {bits: 12, range: [-5, 5]}\n  noise: {state: 0.001}\n"
    )
    netlist, _ = parse(text)
    assert dump_yaml(netlist) == text


def test_long_lists_are_broken_and_long_keys_are_not_lost():
    long = "n" * 2000
    text = (
        f"chaoscad: 1\ninputs: [{', '.join(f'input{k}' for k in range(40))}]\noutputs: [{long}]\n"
        f"gates:\n  ? {long}\n  : {{inputs: [{', '.join(f'input{k}' for k in range(9))}]}}\n"
        f"targets: {{? {long}\n : input0 & input1}}\n"
    )
    netlist, _ = parse(text)
    written = dump_yaml(netlist)
    assert parse(written)[0] == netlist
    assert max(len(line) for line in written.splitlines() if long not in line) <= 110
