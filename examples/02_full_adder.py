"""A circuit: five free gates become a full adder, from the truth table of its two outputs alone.

Run it with `python examples/02_full_adder.py`; it prints what each gate turned out to be, adds some
numbers with the verified gates, and leaves `full_adder.design.json`.
"""

from pathlib import Path

import chaoscad
from chaoscad.netlist import title

NETLIST = Path(__file__).parent.parent / "netlists" / "full_adder.yaml"


def main() -> None:
    netlist = chaoscad.load(NETLIST)
    design = chaoscad.optimize(netlist, seed=0)
    verification = chaoscad.verify(design)
    print(
        f"{verification.rows} rows, {verification.wrong_rows} wrong, margin {verification.worst_margin:.4f}"
    )
    for gate in design.gates:
        print(
            f"{gate.name:5} = {title(gate.function)}({', '.join(gate.inputs)}), margin {gate.margin:.4f}"
        )

    bits = {verdict.name: verdict.rows.bits for verdict in verification.gates}

    def add(a: int, b: int, cin: int) -> tuple[int, int]:
        nets = {"a": a, "b": b, "cin": cin}
        for gate in design.gates:
            row = int("".join(str(nets[name]) for name in gate.inputs), 2)
            nets[gate.name] = int(bits[gate.name][row])
        return nets["sum"], nets["cout"]

    def add_numbers(first: int, second: int, width: int = 8) -> int:
        total, carry = 0, 0
        for place in range(width):
            bit, carry = add(first >> place & 1, second >> place & 1, carry)
            total |= bit << place
        return total | carry << width

    for first, second in ((1, 1), (100, 55), (255, 255)):
        print(f"{first} + {second} = {add_numbers(first, second)}")
    print("written to", design.save())


if __name__ == "__main__":
    main()
