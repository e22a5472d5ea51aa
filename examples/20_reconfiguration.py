"""One element, many functions: by one voltage, by offset and threshold, and two at once."""

from chaoscad import load_design, optimize, parse, reconfigure
from chaoscad.gate import Setpoint
from chaoscad.logic import TruthTable
from chaoscad.plot import save
from chaoscad.plot.control import draw_control

# One voltage: three functions of one gate, whose weight, threshold and iterates stay.
MORPH = """
chaoscad: 1
name: morph
defaults: {weights: shared, iterates: 3}
inputs: [a, b]
outputs: [y]
gates:
  y: {inputs: [a, b]}
configurations:
  and: {functions: {y: AND}}
  or: {functions: {y: OR}}
  xor: {functions: {y: XOR}}
controls: [x0]
"""

morph = reconfigure(parse(MORPH)[0])
print(f"AND, OR and XOR by x0 alone: worst margin {morph.worst_margin:.4g}")
save(draw_control(morph), "morph.png")

# Offset and threshold: the settings of Munakata, Sinha and Ditto (2002). Values that are to be 0 meet the
# threshold; netlists/functions_by_x0_and_threshold.yaml asks for settings with a margin.
PUBLISHED = {
    "0001": (0, 3 / 4),
    "0111": (1 / 8, 11 / 16),
    "0110": (1 / 4, 3 / 4),
    "1110": (3 / 8, 11 / 16),
}
gate = parse(
    "chaoscad: 1\ninputs: [a, b]\noutputs: [y]\ngates: {y: {inputs: [a, b], function: AND}}"
)[0]
margins = [
    Setpoint.of(gate.gate("y"), x0, (0.25, 0.25), threshold).margin(TruthTable(rows))
    for rows, (x0, threshold) in PUBLISHED.items()
]
print(f"the published settings with weights of 1/4: worst margin {abs(min(margins)):.4g}")

# Two at once: the orbit of one element is read after one iterate and after two.
HALF_ADDER = """
chaoscad: 1
name: half_adder
defaults: {weights: shared}
inputs: [a, b]
outputs: [sum, carry]
gates:
  sum: {inputs: [a, b], function: XOR, element: core, iterates: 1}
  carry: {inputs: [a, b], function: AND, element: core, iterates: 2}
"""

half = optimize(parse(HALF_ADDER)[0])
(element,) = load_design(half.save("half_adder.json")).elements
for reading in element.readings:
    print(f"{reading.name} after {reading.iterates}: margin {reading.margin:.4g}")
