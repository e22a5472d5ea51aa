"""Real circuits: gates found from the outputs alone, any logic mapped, equality proven.

Run it with `python examples/07_real_circuits.py`; it designs a 4x4 multiplier of which only the outputs
are specified, proves an adder equal to another, finds where a wrong one differs, and, where ABC is
installed, maps an arithmetic unit onto gates of four inputs. It draws multiplier.svg.
"""

from dataclasses import replace

from chaoscad.logic import Logic
from chaoscad.mapping import map_logic
from chaoscad.netlist import to_logic
from chaoscad.netlist.generators import alu, array_multiplier, lookahead_adder, ripple_adder
from chaoscad.plot import draw_circuit, save
from chaoscad.toolchain import TOOLS, available
from chaoscad.verification import design_logic, equivalent
from chaoscad.workflow import run


def broken(logic: Logic) -> Logic:
    """The circuit with the function of its last gate complemented."""
    *nodes, last = logic.nodes
    return replace(logic, nodes=(*nodes, replace(last, function=last.function.complement())))


def main() -> None:
    found = run(array_multiplier(4, free=True))
    summary = found.design.verification
    print(f"{len(found.design.gates)} gates from their outputs alone: {summary.rows} rows right")
    print(found.solution.stages[0].outcome)
    save(draw_circuit(found.design), "multiplier.svg")

    ripple, lookahead = to_logic(ripple_adder(32)), to_logic(lookahead_adder(32))
    answer = equivalent(ripple, lookahead)
    print(f"two adders of 32 bits are {answer.verdict}: {answer.method}")
    answer = equivalent(ripple, broken(lookahead))
    assert answer.counterexample is not None
    print(f"a broken one is {answer.verdict} at {', '.join(answer.counterexample.differing)}")

    if available("yosys-abc") is None and available("yosys") is None:
        print(f"to map logic, {TOOLS['yosys'].install}")
        return
    logic = to_logic(alu(8))
    design = run(map_logic(logic, 4)).design
    answer = equivalent(logic, design_logic(design))
    print(
        f"{len(logic.nodes)} gates of an arithmetic unit became {len(design.gates)} chaogates, "
        f"worst margin {design.verification.worst_margin:.3f}, {answer.verdict} by {answer.method}"
    )


if __name__ == "__main__":
    main()
