import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoscad.design import (
    Design,
    DesignGate,
    VerificationSummary,
    dumps,
    load,
    loads,
    save,
    to_json,
)
from chaoscad.errors import ChaoscadError
from chaoscad.gate import Setpoint
from chaoscad.netlist import TruthTable, parse
from chaoscad.verification import claims, verify
from tests.conftest import ROOT, gate_text, with_changes

XOR = TruthTable("0110")


def design(**changes) -> Design:
    netlist, _ = parse(gate_text("function: XOR"))
    setpoint = Setpoint.of(netlist.gates[0], 0.0, (0.5, 0.5), 0.5)
    gate = DesignGate(netlist.gates[0], setpoint, XOR, 0.5)
    return Design(
        netlist=netlist,
        gates=(with_changes(gate, **changes),),
        status="solved",
        verification=VerificationSummary(4, True, 0, 0.5, "by hand"),
        provenance={"seed": 0},
    )


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(finite, finite, finite, finite)
def test_numbers_come_back_bit_by_bit(x0, one, two, threshold):
    made = design(x0=x0, delta=(one, two), threshold=threshold)
    again = loads(dumps(made))
    assert again == made
    assert math.copysign(1, again.gates[0].x0) == math.copysign(1, x0)
    assert dumps(again) == dumps(made)


def test_the_file_has_the_documented_form(tmp_path):
    path = save(design(), tmp_path / "y.design.json")
    data = json.loads((tmp_path / "y.design.json").read_text())
    assert list(data) == [
        "format",
        "version",
        "status",
        "gates",
        "verification",
        "netlist",
        "provenance",
    ]
    assert data["gates"]["y"] == {
        "iterates": 1,
        "x0": 0.0,
        "delta": [0.5, 0.5],
        "threshold": 0.5,
        "compare": ">",
        "function": "0110",
        "margin": 0.5,
    }
    assert load(path) == design()


def test_tuned_parameters_of_systems_are_kept_and_declared_ones_are_not_repeated():
    netlist, _ = parse(gate_text("function: XOR, system: henon, train: {a: [1.2, 1.4]}"))
    source = netlist.gates[0]
    setpoint = Setpoint.of(source, 0.1, (0.2, 0.3), 0.4, {"a": 1.3})
    made = replace(design(), netlist=netlist, gates=(DesignGate(source, setpoint, XOR, 0.5),))
    assert to_json(made)["gates"]["y"]["parameters"] == {"a": 1.3}
    assert loads(dumps(made)) == made


def old_file() -> dict:
    """A file that version 0.1 of the program wrote: two maps, a curve, a formula and a flow."""
    return json.loads((ROOT / "tests" / "data" / "designs" / "version1.json").read_text())


def test_version_1_is_read_bit_by_bit_and_verifies():
    data = old_file()
    found = loads(json.dumps(data))
    for gate in found.gates:
        old = data["gates"][gate.name]
        numbers = (gate.x0, list(gate.delta), gate.threshold, gate.iterates, gate.compare)
        assert repr(numbers) == repr(
            (old["x0"], old["delta"], old["threshold"], old["iterates"], old["compare"])
        )
        assert gate.setting.to_data() == old["system"]
        assert (gate.function.rows, gate.margin) == (old["function"], old["margin"])
    assert found.gate("trained").setting.parameters == {"a": 3.9}
    assert found.netlist.gate("trained").setting.parameters == {"a": 3.7}
    assert json.loads(dumps(found))["version"] == 2
    assert loads(dumps(found)) == found
    assert claims(found, verify(found)) == []


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("name",), "z", "its name is not that of its netlist"),
        (("outputs",), [], "its inputs and outputs are not those of its netlist"),
        (("gates", "own", "inputs"), ["a"], "gate 'own' has other inputs than in the netlist"),
        (
            ("gates", "two", "system", "name"),
            "tent",
            "gate 'two' has another system than in the netlist",
        ),
        (
            ("gates", "two", "system", "parameters"),
            {"a": 1},
            "gate 'two' has other system parameters than in the netlist",
        ),
        (
            ("gates", "two", "system", "parameters", "a"),
            "x",
            "gate 'two' has a system parameter that is not a number",
        ),
        (("gates", "no"), old_file()["gates"]["two"], "its gates are not those of its netlist"),
        (
            ("gates", "own", "iterates"),
            2,
            "gate 'own' has other iterates or another comparator than in the netlist",
        ),
    ],
)
def test_a_file_of_version_1_that_contradicts_itself_is_refused(path, value, message):
    data = put(old_file(), path, value)
    assert refused(data) == f"d.json: error: the design file contradicts itself: {message}"


def test_infinite_margins_survive():
    made = design(margin=-math.inf)
    assert loads(dumps(made)) == made
    json.loads(dumps(made), parse_constant=lambda name: pytest.fail(name))


def put(data: dict, path: tuple[str, ...], value: object) -> dict:
    """The data with one value replaced, or added."""
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return data


def refused(data: object) -> str:
    with pytest.raises(ChaoscadError) as caught:
        loads(json.dumps(data) if not isinstance(data, str) else data, "d.json")
    return str(caught.value)


def test_what_is_no_design_file_is_refused():
    assert refused("{") == (
        "d.json:1:2: error: this is not valid JSON: expecting property name enclosed in double quotes"
    )
    assert refused([1]) == (
        "d.json: error: this is not a design file; chaoscad optimize writes design files"
    )
    deep = "d.json: error: this is nested more than 100 levels deep; no design file is"
    assert refused("[" * 100_000) == deep
    assert refused('{"a": ' * 101 + "1" + "}" * 101) == deep
    data = to_json(design())
    assert refused({**data, "version": True}) == (
        "d.json: error: the design file has version True; this program reads version 1 or 2"
    )
    assert refused({**data, "version": 3}) == (
        "d.json: error: the design file has version 3; this program reads version 1 or 2"
    )


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("gates", "y", "x0"), "zero", "'gates.y.x0': input should be a valid number"),
        (("gates", "y", "detla"), 1, "unknown key 'gates.y.detla'; did you mean 'delta'?"),
        (("status",), "perfect", "'status': input should be 'solved' or 'unsolved'"),
        (("name",), "z", "unknown key 'name'"),
        (
            ("gates", "y", "delta"),
            [0.5],
            "the design file contradicts itself: gate 'y' has another number of weights than of inputs",
        ),
        (
            ("gates", "z"),
            to_json(design())["gates"]["y"],
            "the design file contradicts itself: its gates are not those of its netlist",
        ),
        (
            ("gates", "y", "function"),
            "01",
            "the design file contradicts itself: gate 'y' has a truth table of another size than its "
            "inputs need",
        ),
        (
            ("gates", "y", "iterates"),
            2,
            "the design file contradicts itself: gate 'y' has other iterates or another comparator than "
            "in the netlist",
        ),
        (
            ("gates", "y", "parameters"),
            {"b": 1.0},
            "the design file contradicts itself: gate 'y' has a parameter 'b', which its system has not",
        ),
        (
            ("gates", "y", "x0"),
            ".inf",
            "the design file contradicts itself: gate 'y' has a parameter that is not finite",
        ),
        (
            ("netlist", "gates", "y", "functoin"),
            "0110",
            "in its netlist: unknown key 'functoin'; did you mean 'function'?",
        ),
    ],
)
def test_a_damaged_file_is_refused(path, value, message):
    data = put(to_json(design()), path, value)
    assert refused(data) == f"d.json: error: {message}"


def test_missing_keys_are_named():
    data = to_json(design())
    del data["gates"]["y"]["threshold"]
    assert refused(data) == "d.json: error: the key 'gates.y.threshold' is missing"


HUGE = "1" + "0" * 400


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            ' "status": "solved",',
            ' "status": "unsolved",\n "status": "solved",',
            "5:2: error: the key 'status' stands there twice; delete one of them",
        ),
        ('"threshold": 0.5,', '"threshold": NaN,', "not valid JSON: NaN is not a JSON number"),
        ('"threshold": 0.5,', '"threshold": -Infinity,', "JSON: -Infinity is not a JSON number"),
        (
            '"threshold": 0.5,',
            '"threshold": 1e400,',
            "error: '1e400' is larger than any number that a float holds",
        ),
        (
            '"threshold": 0.5,',
            f'"threshold": {HUGE},',
            f"error: '{HUGE[:57]}...' is larger than any number that a float holds",
        ),
        (
            '"a": 4.0',
            f'"a": {HUGE}',
            f"error: '{HUGE[:57]}...' is larger than any number that a float holds",
        ),
        (
            ' "name": "netlist",',
            ' "name": "net\\ud800",',
            r"""error: '"net\\ud800"' holds half of a surrogate pair, which is no character""",
        ),
    ],
    ids=lambda text: text[:24],
)
def test_what_json_readers_let_pass_is_refused_at_its_line(old, new, message):
    text = dumps(design())
    assert old in text
    line = text[: text.index(old)].count("\n") + 1
    found = refused(text.replace(old, new, 1))
    assert found.endswith(message)
    assert "status" in old or found.startswith(f"d.json:{line}:")


def test_many_findings_are_counted():
    data = to_json(design())
    data["gates"]["y"]["delta"] = ["x"] * 100_000
    found = refused(data).splitlines()
    assert found[0] == "d.json: error: 'gates.y.delta.0': input should be a valid number"
    assert (len(found), found[-1]) == (21, "d.json: error: and 99980 more")
