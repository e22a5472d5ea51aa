"""Pictures of circuits: gates in their columns, wires that connect what is connected, no overlaps."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

import chaoscad
from chaoscad.design import load as load_design
from chaoscad.errors import ChaoscadError
from chaoscad.netlist import load, parse, to_logic
from chaoscad.netlist.generators import array_multiplier, random_circuit, ripple_adder
from chaoscad.plot import draw_circuit, save
from chaoscad.schematic.layers import layered, place
from chaoscad.schematic.wires import wires
from tests.conftest import ROOT, needs

SIZES = {"input": 0.2, "gate": 0.5, "output": 0.2, "wire": 0.1, "pitch": 0.1}


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def boxes(figure: Figure) -> list[FancyBboxPatch]:
    return [patch for patch in figure.axes[0].patches if isinstance(patch, FancyBboxPatch)]


@pytest.fixture(scope="module")
def design():
    text = (
        "chaoscad: 1\nname: adder\nsystem: logistic\ninputs: [a, b]\noutputs: [s, c]\n"
        "gates:\n  s: {inputs: [a, b], function: XOR}\n  c: {inputs: [a, b], function: AND}\n"
    )
    return chaoscad.optimize(chaoscad.parse(text)[0])


def test_a_netlist_shows_its_ports_gates_and_functions():
    figure = draw_circuit(load(ROOT / "netlists" / "c17.yaml"))
    shown = texts(figure)
    assert shown[-2:] == ["c17", "6 gates in 3 levels"]
    for name in load(ROOT / "netlists" / "c17.yaml").inputs:
        assert shown.count(name) == 1
    assert len(boxes(figure)) == 6
    # Free gates are dashed.
    assert shown.count("free") == 6
    assert all(
        box.get_linestyle() == (0, (3, 2)) or "-" in str(box.get_linestyle())
        for box in boxes(figure)
    )


def test_a_design_is_coloured_by_its_margins(design):
    s, c = design.gates
    gates = (replace(s, margin=0.5), replace(c, margin=0.25))
    figure = draw_circuit(replace(design, gates=gates))
    assert "2 gates in 1 level; solved, least margin 0.25" in texts(figure)
    assert figure.axes[1].get_ylabel() == "margin"
    assert figure.axes[1].get_ylim() == (0.0, 0.5)
    colours = {box.get_facecolor() for box in boxes(figure)}
    assert len(colours) == 2
    # A gate that fails has the colour of no margin.
    broken = draw_circuit(replace(design, gates=(gates[0], replace(c, margin=-0.1))))
    words = "2 gates in 1 level; solved, least margin -0.1; 1 without a margin in orange"
    assert words in texts(broken)
    assert any(
        box.get_facecolor()[:3] == pytest.approx((0.835, 0.369, 0), abs=0.01)
        for box in boxes(broken)
    )
    nothing = draw_circuit(replace(design, gates=tuple(replace(g, margin=-1.0) for g in gates)))
    assert len(nothing.axes) == 1


def test_an_element_is_one_box_with_an_output_for_each_reading():
    figure = draw_circuit(load_design("tests/data/designs/full_adder_element.json"))
    (box,) = boxes(figure)
    assert "2 gates of 1 element in 1 level; solved, least margin 0.1191" in texts(figure)
    assert {"core", "cout: MAJ3", "sum: XOR3"} < set(texts(figure))
    (lines,) = [item for item in figure.axes[0].collections if isinstance(item, LineCollection)]
    right = box.get_x() + box.get_width()
    heights = [y for line in lines.get_segments() for x, y in line if abs(x - right) < 1e-9]
    rows = [text.get_position()[1] for text in figure.axes[0].texts if ": " in text.get_text()]
    assert sorted(heights) == pytest.approx(sorted(rows))


def test_margins_have_the_unit_of_their_systems():
    figure = draw_circuit(load_design("tests/data/designs/three_transistor.json"))
    assert "6 gates in 1 level; solved, least margin 0.1594 V" in texts(figure)
    assert figure.axes[1].get_ylabel() == "margin (V)"


def rectangles(artists) -> np.ndarray:
    """Left, lower, right and upper ends in pixels, `(artists, 4)`."""
    return np.array([artist.get_window_extent().extents for artist in artists])


def overlaps(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Which rectangles of one overlap which of the other."""
    low, high = one[:, None, :2], one[:, None, 2:]
    return np.all((low < other[:, 2:]) & (other[:, :2] < high), axis=-1)


@pytest.mark.parametrize(
    "circuit", [array_multiplier(3), ripple_adder(6), random_circuit(8, gates=60, seed=1)]
)
def test_nothing_overlaps_and_every_text_fits_its_box(circuit):
    figure = draw_circuit(circuit)
    figure.canvas.draw()
    found, words = rectangles(boxes(figure)), rectangles(figure.axes[0].texts)
    assert len(found) == len(circuit.gates)
    for some in (found, words):
        assert np.array_equal(overlaps(some, some), np.eye(len(some), dtype=bool))
    inner = words[overlaps(words, found).any(axis=1)]
    assert len(inner) == 2 * len(found)
    left, low, right, high = np.moveaxis(found, -1, 0)
    within = (left < inner[:, :1]) & (inner[:, 2:3] < right)
    within &= (low < inner[:, 1:2]) & (inner[:, 3:] < high)
    assert within.any(axis=1).all()
    x0, y0, x1, y1 = figure.bbox.extents
    assert np.all((words >= (x0, y0, x0, y0)) & (words <= (x1, y1, x1, y1)))


def check_columns(graphviz: bool) -> None:
    netlist = random_circuit(8, gates=60, seed=2)
    gates = {gate.name: gate.inputs for gate in netlist.gates}
    columns = layered(netlist.inputs, gates, netlist.outputs, SIZES, through=True)
    place(columns, graphviz)
    assert {item.net for column in columns for item in column if item.kind == "gate"} == set(gates)
    for column in columns:
        for above, below in pairwise(column):
            assert above.y - below.y >= (above.height + below.height) / 2 - 1e-5


def test_items_of_a_column_stand_apart_in_our_own_order():
    check_columns(graphviz=False)


@needs("dot")
def test_items_of_a_column_stand_apart_in_the_order_of_graphviz():
    check_columns(graphviz=True)


def test_without_graphviz_circuits_are_drawn_too(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", "/nowhere")
    netlist = load(ROOT / "netlists" / "c17.yaml")
    figure = draw_circuit(netlist)
    drawn = {text.get_text() for text in figure.axes[0].texts}
    assert {gate.name for gate in netlist.gates} <= drawn
    save(figure, tmp_path / "c17.svg")


def test_verticals_of_different_wires_never_lie_on_each_other():
    netlist = array_multiplier(5)
    gates = {gate.name: gate.inputs for gate in netlist.gates}
    columns = layered(netlist.inputs, gates, netlist.outputs, SIZES, through=True)
    place(columns, graphviz=False)
    for column in columns[:-1]:
        routed = wires(column)
        assert len(routed) == sum(bool(item.sinks) for item in column)
        for index, one in enumerate(routed):
            for other in routed[:index]:
                if one.track is None or one.track != other.track:
                    continue
                assert one.heights[-1] < other.heights[0] or other.heights[-1] < one.heights[0]


def test_every_gate_is_reached_from_the_nets_that_it_reads():
    # Follow the drawn lines: the ends of a gate's wires touch the boxes of its drivers.
    netlist = ripple_adder(2)
    gates = {gate.name: gate.inputs for gate in netlist.gates}
    columns = layered(netlist.inputs, gates, netlist.outputs, SIZES, through=True)
    place(columns, graphviz=False)
    origin: dict[int, str] = {}
    for column in columns:
        for item in column:
            nets = []
            for source, (net, _) in zip(item.sources, item.pins, strict=True):
                assert origin[id(source)] == net
                nets.append(net)
            origin[id(item)] = item.net
            if item.kind == "gate":
                assert nets == list(dict.fromkeys(gates[item.net]))


def test_large_circuits_get_small_boxes_without_text(design):
    netlist = random_circuit(16, gates=400, seed=3)
    figure = draw_circuit(netlist)
    assert not boxes(figure)
    small = [c for c in figure.axes[0].collections if isinstance(c, PatchCollection)]
    assert len(small[0].get_paths()) == 400
    lines = [c for c in figure.axes[0].collections if isinstance(c, LineCollection)]
    wanted = sum(len(set(gate.inputs)) for gate in netlist.gates) + len(netlist.outputs)
    assert len(lines[0].get_segments()) == wanted
    assert not set(texts(figure)) & {"XOR", "AND", "OR"}


def test_more_than_two_thousand_gates_are_refused_but_their_cones_are_drawn():
    netlist = random_circuit(40, gates=2500, seed=0)
    with pytest.raises(ChaoscadError) as caught:
        draw_circuit(netlist)
    assert str(caught.value) == (
        "error: there are 2500 gates; a picture has at most 2000; "
        "--output-net NAME draws only the gates that a net depends on"
    )
    first = netlist.gates[0]
    shown = texts(draw_circuit(netlist, [first.name]))
    assert shown.count(first.name) == 2
    assert sorted(set(shown) & set(netlist.inputs)) == sorted(first.inputs)


def test_nets_that_no_gate_drives_are_refused_together():
    with pytest.raises(ChaoscadError) as caught:
        draw_circuit(load(ROOT / "netlists" / "full_adder.yaml"), ["summ", "cin"])
    assert str(caught.value).splitlines() == [
        "error: the net 'summ' does not exist; did you mean 'sum'?",
        "error: the net 'cin' is an input, and no gate drives it",
    ]


def test_names_that_are_long_or_that_the_font_lacks_are_drawn_and_cut(tmp_path, recwarn):
    text = (
        "chaoscad: 1\nsystem: logistic\ninputs: ['$x^2$', '\U00010348', b]\noutputs: [y, w]\n"
        "gates:\n  y: {inputs: ['$x^2$', '\U00010348'], function: OR}\n"
        f"  {'long' * 20}: {{inputs: [b], function: NOT}}\n"
        f"  w: {{inputs: [{'long' * 20}, b], function: '0111'}}\n"
    )
    figure = draw_circuit(parse(text)[0])
    assert {"$x^2$", "?", "longlonglonglongl…"} <= set(texts(figure))
    save(figure, tmp_path / "odd.png")
    assert not recwarn.list


def test_constants_outputs_that_are_inputs_and_unused_inputs_are_drawn():
    logic = to_logic(ripple_adder(1))
    from chaoscad.logic import LogicNode, TruthTable

    logic = replace(
        logic,
        inputs=(*logic.inputs, "idle"),
        outputs=(*logic.outputs, "one", "a0"),
        nodes=(*logic.nodes, LogicNode("one", (), TruthTable("1"))),
    )
    shown = texts(draw_circuit(logic))
    assert "TRUE" in shown
    assert "idle" in shown
    assert shown.count("a0") == 2


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_the_same_circuit_gives_the_same_bytes(tmp_path, suffix):
    files = [tmp_path / f"{index}.{suffix}" for index in range(2)]
    for file in files:
        save(draw_circuit(load(ROOT / "netlists" / "full_adder.yaml")), file)
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_large_picture_has_fewer_dots_to_the_inch():
    small, large = draw_circuit(ripple_adder(1)), draw_circuit(random_circuit(40, gates=150))
    assert (small.dpi, large.dpi) == (300, 150)
