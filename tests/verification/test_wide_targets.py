"""Targets over more inputs than rows are enumerated for: compared with their reference by proof."""

from dataclasses import replace

from chaoscad.cli.render import rows_right
from chaoscad.design import dumps, loads
from chaoscad.logic import TruthTable
from chaoscad.netlist.generators import ripple_adder
from chaoscad.verification import verify
from chaoscad.workflow import run
from tests.conftest import with_changes

WIDTH = 14


def test_outputs_of_many_inputs_are_proven():
    result = run(ripple_adder(WIDTH, free=True), seed=3)
    assert result.design.solved
    found = result.verification
    assert found.proven == ("s9", "s10", "s11", "s12", "s13", "cout")
    assert found.exhaustive
    assert found.rows == sum(4**bits for bits in range(1, 10))
    assert rows_right(found) == (
        f"{found.rows} of {found.rows} rows right, 6 outputs proven equal for every row"
    )
    assert "6 outputs proven equal to the reference for every row" in found.method
    again = verify(loads(dumps(result.design)))
    assert again.passed
    assert again.proven == found.proven


def test_a_wrong_output_of_many_inputs_is_shown_with_a_row():
    netlist = ripple_adder(WIDTH, free=True)
    design = run(netlist).design

    def spoil(gate):
        if gate.name != "s13":
            return gate
        function = TruthTable(gate.function.rows.replace("-", "0")).complement()
        return with_changes(gate, compare="<" if gate.compare == ">" else ">", function=function)

    spoilt = replace(design, gates=tuple(spoil(gate) for gate in design.gates))
    found = verify(spoilt)
    assert not found.passed
    assert found.wrong_by_output["s13"] == 1
    assert "output 's13': wrong in a row" in found.findings()
    (example,) = found.examples
    got, wanted = example.outputs["s13"]
    a = sum(example.inputs[f"a{bit}"] << bit for bit in range(WIDTH))
    b = sum(example.inputs[f"b{bit}"] << bit for bit in range(WIDTH))
    assert wanted == (a + b) >> 13 & 1
    assert got != wanted
