"""The Colpitts oscillator as a circuit in ngspice, beside its dimensionless equations.

The transistor is an exponential of its base-emitter voltage. Both attractors are compared in scaled units,
and the mean time between maxima of the emitter's voltage.
"""

import math
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from chaoscad.analysis import series
from chaoscad.netlist.system_text import systems_of_file

VT, I0, OMEGA0 = 0.025, 1e-3, 1e6
IS = 1e-14
END, SKIP, STEP = 3000.0, 200.0, 0.01
"""In units of 1 / OMEGA0."""


def circuit(g: float, q: float, k: float) -> tuple[str, float]:
    """The netlist, and the emitter's voltage at rest."""
    # g/Q = I0 / (VT C w0), w0^2 = 1 / (L C k (1 - k)), Q = w0 L / R.
    c = I0 / (VT * OMEGA0) * q / g
    inductance = 1 / (OMEGA0**2 * c * k * (1 - k))
    resistance = OMEGA0 * inductance / q
    rest = -VT * math.log(I0 / IS)
    lines = [
        "Colpitts oscillator",
        "Vcc supply 0 5",
        f"R1 supply coil {resistance!r}",
        f"L1 coil collector {inductance!r} ic={I0!r}",
        f"C1 collector emitter {(1 - k) * c!r} ic={5 - resistance * I0 - rest + 0.1 * VT!r}",
        f"C2 emitter 0 {k * c!r} ic={rest + 0.1 * VT!r}",
        f"B1 collector emitter I={{{IS!r}*exp(-V(emitter)/{VT!r})}}",
        f"I1 emitter 0 {I0!r}",
        ".options reltol=1e-6 abstol=1e-13 vntol=1e-9 method=gear",
        f".tran {STEP / OMEGA0!r} {END / OMEGA0!r} 0 {STEP / OMEGA0!r} uic",
        ".control",
        "run",
        "wrdata out.txt V(collector) V(emitter) i(L1)",
        "quit 0",
        ".endc",
        ".end",
    ]
    return "\n".join(lines), rest


def told(name: str, times: np.ndarray, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> None:
    inner = (y[1:-1] > y[:-2]) & (y[1:-1] >= y[2:])
    maxima = times[1:-1][inner]
    ends = "  ".join(f"{item.min():8.3f} to {item.max():7.3f}" for item in (x, y, z))
    print(f"{name:10}{ends}  {np.diff(maxima).mean():8.4f}")


def main() -> None:
    path = Path(__file__).parent.parent / "netlists" / "systems" / "colpitts.yaml"
    (setting,) = systems_of_file(path)[0].values()
    p = setting.parameters
    text, rest = circuit(p["g"], p["Q"], p["k"])
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "colpitts.cir").write_text(text)
        subprocess.run(
            ["ngspice", "-b", "colpitts.cir"], cwd=folder, check=True, capture_output=True
        )
        data = np.loadtxt(Path(folder, "out.txt"))
    times = data[:, 0] * OMEGA0
    collector, emitter, current = data[:, 1], data[:, 3], data[:, 5]
    x, y, z = collector - emitter, (emitter - rest) / VT, current / I0 - 1
    resistance = OMEGA0 / (OMEGA0**2 * I0 / (VT * OMEGA0) * p["Q"] / p["g"] * p["k"] * (1 - p["k"]))
    x = (x - (5 - resistance / p["Q"] * I0 - rest)) / VT
    kept = times >= SKIP
    print(f"{'':10}{'x':^19}  {'y':^19}  {'z':^19}  time between maxima of y")
    told("ngspice", times[kept], x[kept], y[kept], z[kept])
    run = series(setting, END - SKIP, 280_000, skip=SKIP)
    told("equations", run.times, *run.states.T)


if __name__ == "__main__":
    main()
