"""Logic covered by functions of few inputs, and a cell for each: equal to what it was made of."""

import json

import numpy as np
import pytest

from chaoscad.cells import library, tolerance_of, yield_libraries
from chaoscad.cli.main import status
from chaoscad.errors import ChaoscadError
from chaoscad.logic import Logic, LogicNode, TruthTable
from chaoscad.logic.rows import all_rows
from chaoscad.mapping import EFFORTS, Effort, cover, map_logic, with_cells, with_least_failing
from chaoscad.mapping.by_yield import LeastFailing
from chaoscad.mapping.cover import MOST_CHOSEN, recipe
from chaoscad.netlist import dump_yaml, from_logic, parse, to_logic
from chaoscad.netlist.generators import alu, array_multiplier, ripple_adder
from chaoscad.robustness import deviations_of, measure
from chaoscad.systems import setting
from chaoscad.toolchain import available
from chaoscad.verification import equivalent
from chaoscad.workflow import optimize
from tests.conftest import needs

FULL_ADDER = Logic(
    "full adder",
    ("a", "b", "c in"),
    ("sum", "$cout"),
    (
        LogicNode("p", ("a", "b"), TruthTable("0110")),
        LogicNode("g", ("a", "b"), TruthTable("0001")),
        LogicNode("sum", ("p", "c in"), TruthTable("0110")),
        LogicNode("t", ("p", "c in"), TruthTable("0001")),
        LogicNode("$cout", ("g", "t"), TruthTable("0111")),
    ),
)


@needs("yosys-abc")
def test_a_full_adder_becomes_two_gates():
    netlist = map_logic(FULL_ADDER, 3)
    assert [gate.name for gate in netlist.gates] == ["sum", "$cout"]
    assert netlist.gate("sum").iterates == 2
    assert netlist.gate("$cout").iterates == 1
    assert netlist.inputs == ("a", "b", "c in")
    assert optimize(netlist).solved


@needs("yosys-abc")
@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("inputs", [2, 3, 4, 5, 6])
def test_a_cover_is_equal_and_has_no_wider_function(inputs: int, effort: Effort):
    logic = to_logic(array_multiplier(4))
    covered = cover(logic, inputs, effort=effort)
    assert max(len(node.inputs) for node in covered.nodes) <= inputs
    assert covered.inputs == logic.inputs
    assert covered.outputs == logic.outputs
    assert equivalent(logic, covered).equal
    assert len(covered.nodes) <= len(logic.nodes)


@needs("yosys-abc")
def test_the_effort_decides_whether_levels_or_gates_are_few(tmp_path, capsys):
    (tmp_path / "in.yaml").write_text(dump_yaml(array_multiplier(8)))
    found = {}
    for effort in EFFORTS:
        arguments = ["map", str(tmp_path / "in.yaml"), "-o", str(tmp_path / f"{effort}.yaml")]
        assert status([*arguments, "--effort", effort, "--json"]) == 0
        data = json.loads(capsys.readouterr().out)
        assert data["equal"] is True
        found[effort] = data["gates"], data["levels"]
    assert found["area"][0] <= 0.98 * found["depth"][0]
    assert found["area"][1] > found["depth"][1]
    with pytest.raises(ChaoscadError) as caught:
        map_logic(FULL_ADDER, effort="aera")  # type: ignore[arg-type]
    assert str(caught.value) == "error: unknown effort 'aera'; did you mean 'area'?"


@needs("yosys")
def test_yosys_covers_by_area_where_abc_is_missing(monkeypatch):
    from chaoscad.toolchain import tools

    kind = tools.TOOLS["yosys-abc"]
    missing = tools._Kind(("no-such-program",), kind.install)
    monkeypatch.setattr(tools, "TOOLS", {**tools.TOOLS, "yosys-abc": missing})
    covered = cover(to_logic(alu(4)), 4, effort="area")
    assert max(len(node.inputs) for node in covered.nodes) <= 4
    assert equivalent(to_logic(alu(4)), covered).equal


@needs("yosys-abc")
def test_a_mapped_circuit_is_designed_by_look_up_and_proven():
    logic = to_logic(alu(4))
    design = optimize(map_logic(logic, 4))
    assert design.solved
    assert design.verification.worst_margin >= 0.1
    assert [stage["name"] for stage in design.provenance["stages"]] == ["cell library"]
    from chaoscad.verification import design_logic

    assert equivalent(logic, design_logic(design)).equal


ODD = Logic(
    "odd",
    ("a", "b"),
    ("same", "again", "inverted", "a", "zero", "one"),
    (
        LogicNode("same", ("a", "b"), TruthTable("0001")),
        LogicNode("again", ("same",), TruthTable("01")),
        LogicNode("inverted", ("same",), TruthTable("10")),
        LogicNode("zero", (), TruthTable("0")),
        LogicNode("one", (), TruthTable("1")),
    ),
)


@needs("yosys-abc")
def test_outputs_that_share_a_node_read_its_inputs_themselves():
    covered = cover(ODD, 4)
    assert {node.name: (node.inputs, node.function.rows) for node in covered.nodes} == {
        "same": (("a", "b"), "0001"),
        "again": (("a", "b"), "0001"),
        "inverted": (("a", "b"), "1110"),
        "zero": ((), "0"),
        "one": ((), "1"),
    }
    assert covered.outputs == ODD.outputs
    assert optimize(map_logic(ODD, 4)).solved


@needs("yosys")
def test_yosys_alone_covers_as_well(monkeypatch):
    from chaoscad.toolchain import tools

    kept = {name: kind for name, kind in tools.TOOLS.items() if name != "yosys-abc"}
    kept["yosys-abc"] = tools._Kind(("no-such-program",), "")
    monkeypatch.setattr(tools, "TOOLS", kept)
    assert available("yosys-abc") is None
    logic = to_logic(ripple_adder(6))
    covered = cover(logic, 4)
    assert max(len(node.inputs) for node in covered.nodes) <= 4
    assert equivalent(logic, covered).equal


def test_without_a_tool_the_message_says_what_to_install(monkeypatch):
    from chaoscad.toolchain import tools

    nothing = {
        name: tools._Kind(("no-such-program",), kind.install) for name, kind in tools.TOOLS.items()
    }
    monkeypatch.setattr(tools, "TOOLS", nothing)
    with pytest.raises(ChaoscadError) as caught:
        cover(FULL_ADDER, 4)
    assert str(caught.value) == (
        "error: yosys is not installed; install it (Debian: apt install yosys), or pip install "
        "'chaoscad[verilog]'"
    )


@pytest.mark.parametrize("inputs", [1, 7])
def test_covers_of_other_widths_are_refused(inputs: int):
    with pytest.raises(ChaoscadError, match=f"functions of 2 to 6 inputs, not {inputs}"):
        cover(FULL_ADDER, inputs)


def test_functions_that_the_library_lacks_are_named():
    five = Logic(
        "five",
        tuple("abcde"),
        ("y",),
        (LogicNode("y", tuple("abcde"), TruthTable("01101001100101101001011001101001")),),
    )
    with pytest.raises(ChaoscadError) as caught:
        with_cells(from_logic(five), library())  # type: ignore[arg-type]
    assert str(caught.value) == (
        "error: the cell library has no 5-input cell of margin 0.1 for 'XOR5', the function of "
        "gate 'y'; 'chaoscad cells --add --margin 0.1 -- XOR5' searches and keeps them, or ask for a "
        "smaller margin or fewer inputs"
    )


def test_fewer_iterates_are_taken_when_their_margin_is_enough():
    netlist = from_logic(FULL_ADDER)
    cells = library()
    assert cells is not None
    modest = with_cells(netlist, cells, margin=0.1)
    assert [gate.iterates for gate in modest.gates] == [1] * 5
    demanding = with_cells(netlist, cells, margin=0.48)
    for gate in demanding.gates:
        assert gate.function is not None
        cell = cells.look_up(gate.function, gate.iterates, gate.compare)
        assert cell is not None
        assert cell.margin >= 0.48


@needs("yosys-abc")
def test_mapping_by_yield_chooses_cells_that_fail_less_and_a_design_keeps_them():
    logic = to_logic(alu(1))
    tolerance = tolerance_of(setting("logistic"), tolerance=0.003)
    by_margin, by_yield = (map_logic(logic, 4, tolerance=stands) for stands in (None, tolerance))
    assert by_yield.hardware == tolerance.to_data()
    netlist, _ = parse(dump_yaml(by_yield))
    found = optimize(netlist)
    assert found.solved
    for gate, declared in zip(found.gates, by_yield.gates, strict=True):
        assert (gate.x0,) == declared.fixed["x0"]
        assert gate.delta == declared.fixed["delta"]
        assert (gate.threshold,) == declared.fixed["threshold"]
    yields = [
        measure(design, deviations_of(design, tolerance=0.003), devices=10_000).yield_.value
        for design in (optimize(by_margin), found)
    ]
    assert yields[1] > yields[0] + 0.05


def test_of_all_cells_the_one_with_the_least_sum_of_failures_is_taken():
    margin = library()
    assert margin is not None
    libraries = (margin, *yield_libraries(margin.setting, margin.state))
    stands = tolerance_of(margin.setting, tolerance={"threshold": 0.05})
    choice = LeastFailing(libraries, stands, 0.0)
    # Errors of the threshold alone are those of the margin: the best margin fails least.
    for rows in ("0001", "0110", "0111"):
        cell = choice.cell(TruthTable(rows))
        best = max(
            (one for shelf in libraries for one in shelf.cells(TruthTable(rows))),
            key=lambda one: one.margin,
        )
        assert cell is not None
        assert cell.margin > 0.98 * best.margin
    noisy = LeastFailing(libraries, tolerance_of(margin.setting, noise={"state": 0.02}), 0.0)
    cell = noisy.cell(TruthTable("0001"))
    assert cell is not None
    assert cell.reach is not None
    assert noisy.risk(cell) == pytest.approx(
        min(map(noisy.risk, libraries[0].cells(cell.function) + libraries[1].cells(cell.function)))
    )
    assert cell.reach > 0.03


def test_functions_that_no_library_has_are_named_for_yield_too():
    five = Logic(
        "five",
        tuple("abcde"),
        ("y",),
        (LogicNode("y", tuple("abcde"), TruthTable("0" * 31 + "1")),),
    )
    stands = tolerance_of(setting("logistic"), tolerance=0.003)
    margin = library()
    assert margin is not None
    with pytest.raises(ChaoscadError) as caught:
        with_least_failing(from_logic(five), (margin,), stands)
    assert str(caught.value).startswith(
        "error: the cell library has no 5-input cell for 'AND5', the function of gate 'y'"
    )


@needs("yosys-abc")
def test_names_never_reach_the_tool():
    rows = all_rows(2)
    logic = Logic(
        "bad",
        ("x; quit", "$(touch pwned)"),
        ("../../etc", "a b"),
        (
            LogicNode("../../etc", ("x; quit", "$(touch pwned)"), TruthTable("0110")),
            LogicNode("a b", ("x; quit", "$(touch pwned)"), TruthTable("1000")),
        ),
    )
    covered = cover(logic, 2)
    zero = np.zeros(1, np.uint64)
    columns = dict(zip(logic.inputs, rows, strict=True))
    one, other = logic.evaluate(columns, zero), covered.evaluate(columns, zero)
    for name in logic.outputs:
        assert np.array_equal(one[name], other[name])


def test_only_a_large_circuit_is_covered_without_structural_choices():
    assert recipe(4, "depth", MOST_CHOSEN) == ("strash; dch; if -K 4",)
    assert recipe(4, "depth", MOST_CHOSEN + 1) == ("strash; if -K 4",)
    for nodes in (MOST_CHOSEN, MOST_CHOSEN + 1):
        rounds = recipe(4, "area", nodes)
        assert {" dch; if -a -K 4;" in one for one in rounds} == {nodes == MOST_CHOSEN}


@needs("yosys-abc")
def test_what_a_large_circuit_goes_without_is_said(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("chaoscad.mapping.MOST_CHOSEN", 36)
    for bits, said in ((8, True), (7, False)):
        (tmp_path / "in.yaml").write_text(dump_yaml(ripple_adder(bits)))
        assert status(["map", str(tmp_path / "in.yaml"), "--force"]) == 0
        found = capsys.readouterr().out.splitlines()
        line = "covered without structural choices, which circuits of more than 36 gates would wait long for"
        assert (found[1] == line) is said
    arguments = ["map", str(tmp_path / "in.yaml"), "--force", "--time-limit", "1e-4"]
    for effort, less in (("area", "; --effort depth takes less"), ("depth", "")):
        assert status([*arguments, "--effort", effort]) == 1
        message = "error: yosys-abc took longer than 0.0001 s; --time-limit gives it longer"
        assert capsys.readouterr().err.splitlines()[-1] == message + less
