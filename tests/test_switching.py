"""Switches between configurations: what changes, how far, and the cheapest order of several."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise, permutations

import pytest

from chaoscad.cli.main import status
from chaoscad.design import Reconfigurable, load_any
from chaoscad.errors import ChaoscadError
from chaoscad.hardware import Hardware
from chaoscad.netlist.model import Tie
from chaoscad.switching import MOST_EXACT, cheapest_order, controls, switch, switching
from tests.conftest import ROOT

NAMES = ("and", "or", "and_or", "parity")


@pytest.fixture(scope="module")
def morph() -> Reconfigurable:
    """Two gates whose x0 are the controls; p is AND, OR, AND, XOR, and y is AND, OR, OR, XOR."""
    found = load_any(ROOT / "tests" / "data" / "designs" / "morph_two_gates.json")
    assert isinstance(found, Reconfigurable)
    return found


def many(design: Reconfigurable, count: int) -> Reconfigurable:
    """The design with configurations in which gate p has x0 at 0, 0.01, 0.02, ..., shuffled."""
    (one, *_) = design.configurations.values()
    p, y = one.gates

    def at(x0: float):
        return replace(one, gates=(replace(p, setpoint=replace(p.setpoint, x0=x0)), y))

    places = [7 * number % count for number in range(count)]
    return replace(design, configurations={f"c{place}": at(place / 100) for place in places})


def test_a_switch_counts_the_controls_that_change_and_their_largest_step(morph: Reconfigurable):
    found = switch(morph, "and", "and_or")
    assert found.to_data() == {
        "from": "and",
        "to": "and_or",
        "controls_changed": 1,
        "largest_step": 0.951288232813 - 0.850034898134,
        "largest_step_volts": 2 * (0.951288232813 - 0.850034898134),
        "changes": [
            {
                "gate": "y",
                "control": "x0",
                "before": 0.951288232813,
                "after": 0.850034898134,
                "step_volts": 2 * (0.951288232813 - 0.850034898134),
            }
        ],
    }
    assert [item.gate for item in switch(morph, "and", "or").changes] == ["p", "y"]
    assert switch(morph, "or", "or").cost == (0, 0.0)


def test_steps_are_in_volts_only_where_a_scale_is_given(morph: Reconfigurable):
    bare = replace(morph, netlist=replace(morph.netlist, hardware=None))
    assert switch(bare, "and", "or").largest_volts is None
    assert switch(bare, "and", "or").changes[0].volts is None
    found = switch(bare, "and", "or", Hardware(volts_per_unit=-10.0))
    assert found.largest_volts == pytest.approx(10 * (0.713449886264 - 0.480642863692))


def test_the_cheapest_order_is_that_of_all_orders(morph: Reconfigurable):
    def cost(names: tuple[str, ...]):
        found = [switch(morph, *pair).cost for pair in pairwise(names)]
        return sum(changed for changed, _ in found), max(step for _, step in found)

    found = cheapest_order(morph, NAMES)
    assert found.exact
    assert found.cost == cost(found.names) == min(map(cost, permutations(NAMES)))
    assert found.names == ("and", "and_or", "or", "parity")
    fixed = cheapest_order(morph, NAMES, start="or")
    starting = [names for names in permutations(NAMES) if names[0] == "or"]
    assert fixed.cost == cost(fixed.names) == min(map(cost, starting))
    assert fixed.names[0] == "or"


def test_equal_jobs_are_done_together_and_the_start_need_not_be_one(morph: Reconfigurable):
    found = cheapest_order(morph, ["and", "or", "and", "and_or", "or"], start="parity")
    assert found.names == ("parity", "or", "or", "and_or", "and", "and")
    assert [len(item.changes) for item in found.switches] == [2, 1, 1]


def test_more_configurations_than_can_be_tried_are_ordered_by_the_nearest(morph: Reconfigurable):
    design = many(morph, MOST_EXACT + 3)
    found = cheapest_order(design, list(design.configurations))
    assert not found.exact
    ordered = [f"c{place}" for place in range(MOST_EXACT + 3)]
    assert list(found.names) in (ordered, ordered[::-1])


def test_twelve_configurations_are_ordered_exactly(morph: Reconfigurable):
    design = many(morph, MOST_EXACT)
    found = cheapest_order(design, list(design.configurations))
    assert found.exact
    assert found.cost == (MOST_EXACT - 1, pytest.approx(0.01))


def test_tied_controls_are_set_once(morph: Reconfigurable):
    tied = replace(morph, netlist=replace(morph.netlist, ties=(Tie("x0", ("y", "p")),)))
    assert [(item.gate, item.name, item.follows) for item in controls(tied)] == [
        ("p", "x0", ""),
        ("y", "x0", "p"),
    ]
    assert [item.gate for item in switch(tied, "and", "or").changes] == ["p"]


def test_every_weight_and_count_of_iterates_is_a_control_of_its_own(morph: Reconfigurable):
    netlist = replace(morph.netlist, controls=("delta", "iterates", "a"))
    shared = replace(netlist.gates[0], weights="shared")
    found = controls(replace(morph, netlist=replace(netlist, gates=(shared, netlist.gates[1]))))
    assert [(item.gate, item.name) for item in found] == [
        ("p", "delta"),
        ("p", "iterates"),
        ("p", "a"),
        ("y", "delta1"),
        ("y", "delta2"),
        ("y", "iterates"),
        ("y", "a"),
    ]
    assert found[0].volts(-0.25, Hardware(2.0, 1.0)) == -0.5
    assert found[1].volts(4, Hardware()) is None


def test_the_plan_has_every_pair_and_the_order(morph: Reconfigurable):
    data = switching(morph).to_data()
    assert [item["gate"] for item in data["controls"]] == ["p", "y"]
    changed = {(item["from"], item["to"]): item["controls_changed"] for item in data["switches"]}
    assert changed == {
        ("and", "or"): 2,
        ("and", "and_or"): 1,
        ("and", "parity"): 2,
        ("or", "and_or"): 1,
        ("or", "parity"): 2,
        ("and_or", "parity"): 2,
    }
    assert data["cheapest_order"]["controls_changed"] == 4


def test_controls_have_volts_and_codes_where_the_hardware_has_a_scale(morph: Reconfigurable):
    hardware = Hardware(volts_per_unit=2.0, offset_volts=0.5, dac_bits=8, dac_range=(0.0, 5.1))
    control = switching(morph, hardware).to_data()["controls"][0]
    for name, value in control["values"].items():
        assert value == morph.configuration(name).gate("p").x0
        assert control["volts"][name] == 0.5 + 2 * value
        assert control["codes"][name] == round((0.5 + 2 * value) / 0.02)
    bare = replace(morph, netlist=replace(morph.netlist, hardware=None))
    assert switching(bare).to_data()["controls"][0].keys() == {
        "gate", "control", "follows", "values"
    }  # fmt: skip


def test_values_with_one_code_are_no_change(morph: Reconfigurable):
    coarse = Hardware(volts_per_unit=2.0, dac_bits=2, dac_range=(0.0, 3.0))
    x0 = [morph.configuration(name).gate("y").x0 for name in ("and", "and_or")]
    assert [round(2 * value) for value in x0] == [2, 2]
    assert switch(morph, "and", "and_or", coarse).changes == ()


def test_show_tells_the_plan(capsys):
    file = str(ROOT / "tests" / "data" / "designs" / "morph_two_gates.json")
    assert status(["show", file]) == 0
    told = capsys.readouterr().out
    assert "2 controls; at most 2 changes, from and to parity; largest step " in told
    assert "cheapest order: and > and_or > or > parity: 4 changes" in told
    assert status(["show", file, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert len(data["switching"]["switches"]) == 6


def test_show_names_no_step_of_iterates(capsys):
    file = str(ROOT / "tests" / "data" / "designs" / "functions_by_time.json")
    assert status(["show", file]) == 0
    told = "1 control; at most 1 change, from nand to and; no voltage among them\n"
    assert told in capsys.readouterr().out


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["and", "orr"], "morph_two_gates has no configuration 'orr'; did you mean 'or'?"),
        (
            [],
            "no configurations of morph_two_gates were given to order; its configurations are and, or, "
            "and_or, parity",
        ),
        ("parity", "'parity' is one name, and an order is of several; give a list of names"),
    ],
)
def test_bad_names_are_refused(names, message: str, morph: Reconfigurable):
    with pytest.raises(ChaoscadError) as caught:
        cheapest_order(morph, names)
    assert str(caught.value) == f"error: {message}"
