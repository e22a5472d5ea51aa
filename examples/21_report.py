"""A page for a browser: two gates, their curves, and sliders that move them.

Run it with `python examples/21_report.py` and open gates.html: choose a gate, move x0, the threshold or the
noise, and see the truth table follow. The page needs nothing else, and no network.
"""

from pathlib import Path

import chaoscad

MAP = """
chaoscad: 1
name: logistic_xor
description: XOR by one iterate of the logistic map.
system: {name: logistic, a: 4}
inputs: [a, b]
outputs: [y]
gates:
  y: {inputs: [a, b], function: XOR}
"""

MORPHING = """
chaoscad: 1
name: morphing
description: One element that is AND, OR or XOR by its offset alone.
defaults: {iterates: 4}
inputs: [a, b]
outputs: [y]
gates:
  y: {inputs: [a, b]}
configurations:
  and: {functions: {y: AND}}
  or:  {functions: {y: OR}}
  xor: {functions: {y: XOR}}
controls: [x0]
"""


def main() -> None:
    gate = chaoscad.optimize(chaoscad.parse(MAP)[0])
    morphing = chaoscad.reconfigure(chaoscad.parse(MORPHING)[0])
    path = chaoscad.report([gate, morphing], "gates.html")
    print(f"a report of 2 designs, {Path(path).stat().st_size / 1000:.0f} kB: open {path}")


if __name__ == "__main__":
    main()
