"""A map of your own: the same gates on a Gaussian map, with its width trained along.

Run it with `python examples/03_custom_map.py`; it prints the best margin of six functions for one
and two iterates, with the width of the map fixed and trained.
"""

import chaoscad
from chaoscad.errors import ChaoscadError

TEXT = """
chaoscad: 1
system: {map: "exp(-w*(x - 0.5)**2)", parameters: {w: 12}}
defaults: {iterates: ITERATES, TRAIN}
inputs: [a, b]
outputs: [f0, f1, f2, f3, f4, f5]
gates:
  f0: {inputs: [a, b], function: AND}
  f1: {inputs: [a, b], function: OR}
  f2: {inputs: [a, b], function: XOR}
  f3: {inputs: [a, b], function: NAND}
  f4: {inputs: [a, b], function: NOR}
  f5: {inputs: [a, b], function: XNOR}
"""


def main() -> None:
    print("iterates  width    AND    OR     XOR    NAND   NOR    XNOR")
    for iterates in (1, 2):
        for name, train in (("12", "train: {}"), ("trained", "train: {w: [4, 60]}")):
            text = TEXT.replace("ITERATES", str(iterates)).replace("TRAIN", train)
            netlist, _ = chaoscad.parse(text)
            design = chaoscad.optimize(netlist, seed=0)
            margins = "  ".join(f"{gate.margin:.3f}" for gate in design.gates)
            print(f"{iterates:8}  {name:7}  {margins}")

    try:
        chaoscad.parse(TEXT.replace("w*(x", "v*(x").replace("ITERATES", "1").replace(", TRAIN", ""))
    except ChaoscadError as error:
        print("a misspelt parameter is refused:", error)


if __name__ == "__main__":
    main()
