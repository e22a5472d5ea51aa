"""Switching between configurations: what changes, by how much, in which order."""

import json
from dataclasses import replace

import pytest

from chaoscad.cli.main import status
from chaoscad.design import Reconfigurable, load_any
from chaoscad.hardware import Hardware
from chaoscad.netlist import Tie
from chaoscad.switching import switching_plan
from tests.conftest import ROOT

DESIGN = ROOT / "tests" / "data" / "designs" / "morph.json"


@pytest.fixture(scope="module")
def morph() -> Reconfigurable:
    design = load_any(DESIGN)
    assert isinstance(design, Reconfigurable)
    return design


def test_a_plan_has_volts_and_codes_of_every_configuration(morph: Reconfigurable):
    hardware = Hardware(volts_per_unit=2.0, offset_volts=0.5, dac_bits=8, dac_range=(0.0, 5.1))
    plan = switching_plan(morph, hardware)
    (control,) = plan.controls
    assert (control.gate, control.name) == ("y", "x0")
    for name, design in morph.configurations.items():
        x0 = design.gate("y").x0
        assert control.values[name] == x0
        assert control.volts is not None
        assert control.volts[name] == 0.5 + 2 * x0
        assert control.codes is not None
        assert control.codes[name] == round((0.5 + 2 * x0) / 0.02)


def test_a_switch_counts_what_changes_and_the_largest_step(morph: Reconfigurable):
    plan = switching_plan(morph)
    first, second = (morph.configuration(name).gate("y").x0 for name in ("and", "xor"))
    found = plan.switch("and", "xor")
    assert (found.changes, found.largest_step) == (1, abs(first - second))
    assert plan.switch("and", "and").changes == 0


def test_the_cheapest_order_is_that_of_the_least_steps(morph: Reconfigurable):
    plan = switching_plan(morph)
    order = plan.cheapest_order()
    assert order[0] == "and"
    assert set(order) == {"and", "or", "xor"}

    def length(names: tuple[str, ...]) -> float:
        return sum(item.largest_step for item in plan.sequence(names))

    assert length(order) == min(length(("and", "or", "xor")), length(("and", "xor", "or")))


def test_of_many_configurations_each_is_followed_by_its_nearest(morph: Reconfigurable):
    plan = switching_plan(morph)
    (control,) = plan.controls
    names = tuple(f"c{place}" for place in range(14))
    values = {name: float(place * 5 % 14) for place, name in enumerate(names)}
    many = replace(
        plan,
        configurations=names,
        controls=(replace(control, values=values, volts=values, codes=None),),
    )
    assert [values[name] for name in many.cheapest_order()] == [float(step) for step in range(14)]


def test_a_control_that_gates_share_is_set_once(morph: Reconfigurable):
    gates = [replace(gate, name=name) for gate in morph.netlist.gates for name in ("y", "z")]
    designs = {
        name: replace(
            one,
            gates=tuple(replace(one.gates[0], source=gate) for gate in gates),
        )
        for name, one in morph.configurations.items()
    }
    apart = Reconfigurable(replace(morph.netlist, gates=tuple(gates)), designs)
    tied = replace(apart, netlist=replace(apart.netlist, ties=(Tie("x0", ("y", "z")),)))
    assert [control.gate for control in switching_plan(apart).controls] == ["y", "z"]
    assert [control.gate for control in switching_plan(tied).controls] == ["y"]


def test_show_tells_the_plan(capsys):
    assert status(["show", str(DESIGN)]) == 0
    told = capsys.readouterr().out
    assert "1 control; at most 1 change, from " in told
    assert "(in units of the state)\ncheapest order from and: and > " in told
    assert status(["show", str(DESIGN), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["switching"]["controls"][0]["gate"] == "y"
    assert len(data["switching"]["switches"]) == 3
