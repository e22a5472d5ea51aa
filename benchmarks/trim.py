"""Devices of a full adder of three-transistor gates, measured and set anew: the yield before and after.

Every gate of every device has a curve of its own: the inputs, the outputs and the offset of the output
of the three-transistor curve deviate by a normal spread, relative to 1.2 V. What is measured is a file of
121 points. Before, the devices have the design's x0 and thresholds. The weights of the design are bounded,
so that its states leave room in the curve's 1.2 V in which x0 can be moved.
"""

import tempfile
import time
from pathlib import Path

import numpy as np

import chaoscad
from chaoscad.robustness import Trimmed
from chaoscad.systems import curve_setting, read_curve

DEVICES = 100
SUPPLY = 1.2

CASES = ((0.35, 0.02, 10), (0.35, 0.05, 10), (0.35, 0.05, 8), (0.35, 0.05, 6), (0.45, 0.05, 10))
"""The most that a weight of the design may be, the spread, the bits of the converter."""

NETLIST = """chaoscad: 1
name: core_adder
system: {{curve: core.csv, input: v_in, output: v_out}}
defaults: {{weights: independent, bounds: {{delta: [-{weight}, {weight}]}}}}
inputs: [a, b, cin]
outputs: [sum, cout]
gates:
  p:    {{inputs: [a, b], function: XOR}}
  g:    {{inputs: [a, b], function: AND}}
  sum:  {{inputs: [p, cin], function: XOR}}
  t:    {{inputs: [p, cin], function: AND}}
  cout: {{inputs: [g, t], function: OR}}
hardware: {{dac: {{bits: {bits}, range: [0, 1.2]}}}}
"""


def measured(folder: Path, spread: float, seed: int, gates: tuple[str, ...]) -> list[Path]:
    """A folder for every device, with a file for every gate."""
    core = curve_setting(read_curve((folder / "core.csv").read_text(), "core.csv"))
    random = np.random.default_rng(seed)
    x = np.linspace(0, SUPPLY, 121)
    devices: list[Path] = []
    for index in range(DEVICES):
        device = folder / f"s{seed}" / f"d{index:03d}"
        device.mkdir(parents=True)
        for gate in gates:
            stretch, gain, offset = spread * random.standard_normal(3)
            y = (1 + gain) * core.value(np.clip(x * (1 + stretch), 0, SUPPLY)) + SUPPLY * offset
            rows = "".join(f"{a:.3f},{b:.6f}\n" for a, b in zip(x, y, strict=True))
            (device / f"{gate}.csv").write_text(f"v_in (V),v_out (V)\n{rows}")
        devices.append(device)
    return devices


def main() -> None:
    print("| weights | spread | DAC | yield before | yield after | least margin after | seconds |")
    print("|---|---|---|---|---|---|---|")
    last: Trimmed | None = None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = Path(__file__).parent.parent / "netlists" / "three_transistor_curve.csv"
        (folder / "core.csv").write_text(source.read_text())
        for seed, (weight, spread, bits) in enumerate(CASES):
            netlist = folder / "core_adder.yaml"
            netlist.write_text(NETLIST.format(weight=weight, bits=bits))
            design = chaoscad.optimize(chaoscad.load(str(netlist)), seed=0)
            devices = measured(folder, spread, seed, tuple(gate.name for gate in design.gates))
            start = time.perf_counter()
            found = last = chaoscad.trim(design, devices)
            seconds = time.perf_counter() - start
            margin = min(device.after for device in found.devices)
            print(
                f"| {weight:g} V | {100 * spread:g} % | {bits} bits | {found.before.value:.2f} "
                f"| {found.after.value:.2f} | {margin:.3f} V | {seconds:.1f} |"
            )
            for device in found.lost:
                print(device.name, *device.reasons)
    assert last is not None
    print("\n| parameter | may fall by | may rise by |")
    print("|---|---|---|")
    for item in last.drift:
        unit = "" if item.relative else " V"
        print(f"| {item.parameter} | {item.down:.3g}{unit} | {item.up:.3g}{unit} |")


if __name__ == "__main__":
    main()
