"""Systems written as own equations: the jerk flow, and built-in systems that are written again.

Written again, a system must have the built-in one's values, gates, speed, exponents, fixed points and
period doublings. Seconds are of the process's CPU, the best of some repeats, and of `optimize` after a
first one that compiles.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import chaoscad
from chaoscad.analysis import bifurcation, fixed_points, lyapunov, period_doublings
from chaoscad.evidence import Evidence
from chaoscad.export import EXPORTERS, Options
from chaoscad.export.handover import hand_over
from chaoscad.hardware import hardware_of
from chaoscad.netlist.system_text import system_of_text
from chaoscad.systems import Flow, Setting, setting

NETLISTS = Path(__file__).parent.parent / "netlists"

OWN = {
    "logistic": '{map: "a*x*(1 - x)", parameters: {a: 4}}',
    "tent": '{map: "mu*minimum(x, 1 - x)", parameters: {mu: 2}}',
    "sine": '{map: "r*sin(pi*x)", parameters: {r: 1}}',
    "gauss": '{map: "exp(-alpha*x*x) + beta", parameters: {alpha: 6.2, beta: -0.5}, state: [-1, 1]}',
    "henon": '{map: {x: "1 - a*x*x + y", y: "b*x"}, parameters: {a: 1.4, b: 0.3}, read: x}',
    "lozi": '{map: {x: "1 - a*abs(x) + y", y: "b*x"}, parameters: {a: 1.7, b: 0.5}, read: x}',
    "lorenz": '{flow: {x: "sigma*(y - x)", y: "x*(rho - z) - y", z: "x*y - beta*z"}, parameters: '
    "{sigma: 10, rho: 28, beta: 2.6666666666666665}, encode: [x, y, z], read: x, time: 1, step: 0.025}",
    "rossler": '{flow: {x: "-y - z", y: "x + a*y", z: "b + z*(x - c)"}, parameters: {a: 0.2, b: 0.2, '
    "c: 5.7}, encode: [x, y, z], read: x, time: 3, step: 0.05}",
    "duffing": '{flow: {x: "v", v: "gamma*cos(omega*t) - damping*v - alpha*x - beta*x*x*x"}, parameters: '
    "{alpha: 1, beta: 5, damping: 0.02, gamma: 8, omega: 0.5}, read: x, time: 2, step: 0.04, "
    'period: "2*pi/omega"}',
    "van_der_pol": '{flow: {x: "v", v: "mu*(1 - x*x)*v - x"}, parameters: {mu: 1}, encode: [x, v], read: x, '
    "time: 4, step: 0.05}",
}

DOUBLING = {
    "logistic": ("a", 2.9, 3.6),
    "sine": ("r", 0.7, 0.9),
    "gauss": ("beta", -1.0, 0.0),
}
"""Parameters over which the maps of one coordinate double their periods."""

OVER = {
    "tent": ("mu", 0.5, 1.5),
    "henon": ("a", 0.1, 1.05),
    "lozi": ("a", 0.3, 1.2),
    "lorenz": ("rho", 148.0, 170.0),
    "rossler": ("c", 2.5, 4.2),
    "duffing": ("gamma", 1.0, 4.0),
    "van_der_pol": ("mu", 0.5, 3.0),
}
"""Parameters of the others, whose doublings are in their bifurcation diagrams."""

GATES = ("lorenz", "rossler", "duffing", "henon")
REPEATS = 5


def own(name: str) -> Setting:
    """A built-in system written again; what only explores, it has from the built-in one."""
    system = setting(name).system
    found = system_of_text(OWN[name])
    again = {"state": system.state, "initial": system.initial}
    return Setting(type(found.system)(**{**vars(found.system), **again}), found.values)


def seconds(run: Callable[[], object]) -> float:
    taken = []
    for _ in range(REPEATS):
        start = time.process_time()
        run()
        taken.append(time.process_time() - start)
    return min(taken)


def jerk() -> None:
    netlist = chaoscad.load(NETLISTS / "jerk.yaml")
    found = lyapunov(netlist.gates[0].setting)
    design = chaoscad.optimize(netlist, seed=0)
    verification = chaoscad.verify(design)
    exporter, options = EXPORTERS["spice"], Options(hardware_of(design))
    with TemporaryDirectory() as folder:
        made = exporter.prepare(Evidence(design), options)
        log = hand_over(exporter, made, Path(folder) / "deck", check=True).log
    assert log is not None
    (said,) = [line for line in log.text.splitlines() if "of the margin" in line]
    print("| the jerk flow, A = 2.017 | found | published |\n|---|---|---|")
    for value, published in zip(found.exponents, (0.055, 0.0, -2.072), strict=True):
        print(f"| exponent | {value:.4f} | {published} |")
    for gate in design.gates:
        print(f"| margin of {gate.name} | {gate.margin:.4f} | |")
    print(f"| converged | {verification.passed} | |\n| ngspice | {said} | |\n")


def gates_of(system: str) -> str:
    """Four gates on a system."""
    wanted = enumerate(("AND", "OR", "XOR", "NAND"))
    gates = "".join(f"  f{index}: {{inputs: [a, b], function: {name}}}\n" for index, name in wanted)
    return (
        f"chaoscad: 1\nsystem: {system}\ninputs: [a, b]\noutputs: [f0, f1, f2, f3]\ngates:\n{gates}"
    )


def same_gates() -> None:
    print(
        "| written again | greatest difference of a value | of a margin | CPU: value | CPU: optimize |"
    )
    print("|---|---|---|---|---|")
    for name in GATES:
        built_in, again = setting(name), own(name)
        low, high = built_in.system.state
        z = np.linspace(low / 4, high / 4, 64)
        off = np.abs(built_in.value(z) - again.value(z)).max()
        values = [seconds(partial(item.value, z)) for item in (built_in, again)]
        state = f", state: [{low}, {high}]}}"
        texts = [gates_of(name), gates_of(OWN[name].removesuffix("}") + state)]
        netlists = [chaoscad.parse(text)[0] for text in texts]
        designs = [chaoscad.optimize(netlist, seed=0) for netlist in netlists]
        pairs = zip(designs[0].gates, designs[1].gates, strict=True)
        margins = max(abs(one.margin - other.margin) for one, other in pairs)
        runs = [seconds(partial(chaoscad.optimize, one, seed=0)) for one in netlists]
        print(
            f"| {name} | {off:.1e} | {margins:.1e} | {values[1] / values[0]:.2f} | {runs[1] / runs[0]:.2f} |"
        )
    print()


def same_diagram(pair: tuple[Setting, Setting], name: str, low: float, high: float) -> str:
    """How many values of a parameter have a cycle of each length, and how far the points are apart."""
    first, second = (bifurcation(item, name, low, high, columns=40) for item in pair)
    off = np.abs(first.values - second.values).max() if len(first.at) == len(second.at) else np.inf
    counts: dict[str, int] = {}
    for at in np.unique(second.at):
        places = np.round(second.values[second.at == at] / np.ptp(second.values), 3)
        cycle = len(np.unique(places))
        length = f"{cycle}" if cycle <= 16 else "more"
        counts[length] = counts.get(length, 0) + 1
    told = ", ".join(f"{count} of {length}" for length, count in sorted(counts.items()))
    return f"diagram over {name}: {told}; points off by {off:.1e}"


def dynamics() -> None:
    print(
        "| written again | largest exponent | fixed points | period doublings |\n|---|---|---|---|"
    )
    for name in OWN:
        pair = setting(name), own(name)
        spectra = [lyapunov(item).exponents for item in pair]
        cells = [f"{spectra[1][0]:.5f}, off by {np.abs(spectra[0] - spectra[1]).max():.1e}"]
        driven = isinstance(pair[0].system, Flow) and pair[0].system.driven
        if driven:
            cells.append("none: driven")
        else:
            points = [np.array([p.state for p in fixed_points(item).points]) for item in pair]
            cells.append(
                f"{len(points[1])}, off by {np.abs(points[0] - points[1]).max(initial=0):.1e}"
            )
        if name in DOUBLING:
            found = [period_doublings(item, *DOUBLING[name]).values for item in pair]
            cells.append(f"{len(found[1])}, off by {np.abs(found[0] - found[1]).max():.1e}")
        else:
            cells.append(same_diagram(pair, *OVER[name]))
        print(f"| {name} | {' | '.join(cells)} |")


def main() -> None:
    jerk()
    same_gates()
    dynamics()


if __name__ == "__main__":
    main()
