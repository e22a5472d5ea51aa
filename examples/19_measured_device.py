"""From the oscilloscope to trimmed devices: fit a noisy curve, design for it, set every device anew.

Run it with `python examples/19_measured_device.py`; it writes scope.csv and diode.csv, and draws
measured_device.png. The device is a tunnel diode, I = Ip (V/Vp) exp(1 - V/Vp) + I0 exp(V/V0), behind an
amplifier of 1 V per mA; its sweeps up and down lie 5 mV apart. Devices differ by 15 % in Ip and Vp.
"""

from pathlib import Path

import numpy as np

import chaoscad
from chaoscad.fitting import curve_table
from chaoscad.plot.fits import draw_fit
from chaoscad.plot.save import save
from chaoscad.robustness import Device
from chaoscad.systems import Curve, curve_setting

GRID = np.linspace(0, 0.5, 101)

NETLIST = """chaoscad: 1
name: diode
system: {curve: diode.csv, input: V_diode, output: V_out}
defaults: {bounds: {state: [0, 0.44], x0: [0.04, 0.4]}}
inputs: [a, b]
outputs: [xor, and]
gates:
  xor: {inputs: [a, b], function: XOR}
  and: {inputs: [a, b], function: AND}
hardware: {dac: {bits: 8, range: [0, 1.2]}}
"""


def diode(v: np.ndarray, peak: float = 1.0, at: float = 0.065) -> np.ndarray:
    """Volts behind the amplifier: the current in mA."""
    return peak * (v / at) * np.exp(1 - v / at) + 2e-5 * np.exp(v / 0.045)


def oscilloscope(path: str, random: np.random.Generator) -> None:
    """A record in millivolts, with decimal commas, as an instrument writes it."""
    rows = ["Vdiode;Vout", "(mV);(mV)"]
    for side in (-1, 1):
        y = diode(np.maximum(GRID + side * 0.0025, 0)) + 0.005 * random.standard_normal(len(GRID))
        rows += [
            f"{1e3 * a:.1f};{1e3 * b:.2f}" for a, b in list(zip(GRID, y, strict=True))[::-side]
        ]
    Path(path).write_text("\n".join(rows).replace(".", ",") + "\n")


def device(name: str, gates: list[str], random: np.random.Generator) -> Device:
    """A device: every gate of it has a diode of its own."""
    settings = {}
    for gate in gates:
        peak, at = np.array([1.0, 0.065]) * (1 + 0.15 * random.standard_normal(2))
        points = tuple(GRID.tolist()), tuple(diode(GRID, peak, at).tolist())
        settings[gate] = curve_setting(Curve(f"{name}.csv", "V_diode", "V_out", points))
    return Device(name, settings)


def main() -> None:
    random = np.random.default_rng(0)
    oscilloscope("scope.csv", random)
    found = chaoscad.fit("scope.csv", sweep="mean")
    for remark in found.remarks:
        print(remark)
    assert found.hysteresis is not None
    print(f"noise {1e3 * found.noise:.1f} mV, hysteresis {1e3 * found.hysteresis.width:.1f} mV")
    save(draw_fit("tunnel diode", found), "measured_device.png")
    curve = Curve("diode.csv", "V_diode", "V_out", found.curve.points, ("V", "V"))
    Path("diode.csv").write_text(curve_table(curve, "scope.csv"))

    netlist, _ = chaoscad.parse(NETLIST)
    design = chaoscad.optimize(netlist)
    gates = [gate.name for gate in design.gates]
    devices = [device(f"d{index}", gates, random) for index in range(100)]
    trimmed = chaoscad.trim(design, devices)
    print(f"{trimmed.before.count} of 100 devices work as designed, {trimmed.after.count} set anew")
    for lost in trimmed.lost:
        print(lost.name, *lost.reasons)
    for item in trimmed.drift:
        print(f"{item.parameter} may move from {-item.down:.3f} to {item.up:.3f}")


if __name__ == "__main__":
    main()
