"""Six Lorenz gates against rho: what training reaches in the literature, and what a search finds.

Run it with `python examples/22_rho_sweep.py`, or with `full` for every rho from 10 to 28 at four times.
The published sweep (A. Radhakrishnan, S. Sinha, K. Murali, W. L. Ditto, Chaos, Solitons & Fractals,
2025, 116007; read off its plot) trains every gate from random starts, with one shared weight, and its
accuracy falls as rho grows. Here the value curve of the flow is searched instead, and a gate counts when
integrators that have nothing in common agree on every row. What falls is not what the flow can do.

A printed margin is the best that the search found, and not the greatest. Near the fixed point at 0, a
saddle, the value curve has high hills that an even table of 2001 states does not show. The search looks
for them in a table refined where the curve bends, and a sweep, like a design, takes one where it has twice
the margin of the best in the even table: at rho 28 that is XNOR, with 10.5 in place of 3. Its states are
0.0029 apart in a range of 40, and its values change by up to 3,600 for a change of 1 in the state. What
`chaoscad feasible` asks for is the greatest margin whatever the states: AND, OR, NAND and NOR 17.5, XOR
12.8, with values that change by up to 48,000.
"""

import sys
from pathlib import Path

import chaoscad
from chaoscad.plot.save import save

PUBLISHED = {
    "AND": "1.0 up to rho 17, about 0.8 at 22",
    "OR": "0.5 to 0.7 near 20 to 25",
    "XOR": "0.5 to 0.9",
    "NAND": "0.5 to 0.7 near 20 to 25",
    "XNOR": "0.5 to 0.9",
}


def main() -> None:
    full = "full" in sys.argv[1:]
    results = chaoscad.sweep(
        {
            "sweep": 1,
            "netlist": {
                "chaoscad": 1,
                "system": {"name": "lorenz"},
                "defaults": {"weights": "shared"},
                "inputs": ["a", "b"],
                "outputs": ["y"],
                "gates": {"y": {"inputs": ["a", "b"], "function": "AND"}},
            },
            "axes": {
                "time": {
                    "path": "system.time",
                    "values": [0.25, 0.5, 0.75, 1.0] if full else [1.0],
                },
                "rho": {
                    "path": "system.rho",
                    "from": 10,
                    "to": 28,
                    "count": 19 if full else 4,
                },
                "function": {
                    "path": "gates.y.function",
                    "values": ["AND", "OR", "XOR", "NAND", "NOR", "XNOR"],
                },
            },
        },
        "rho.zarr" if full else None,
        workers=None if full else 0,
    )
    one = results.sel(time=1.0)
    print(f"{'':6}" + "".join(f"{f'rho {rho:g}':>10}" for rho in one["rho"].values))
    for name in one["function"].values:
        margins = one["margin"].sel(function=name).values
        row = "".join(f"{value:>10.3g}" if value > 0 else f"{'none':>10}" for value in margins)
        print(f"{name:6}{row}   published accuracy: {PUBLISHED.get(str(name), 'not given')}")
    solved, points = int(results["solved"].sum()), results["solved"].size
    print(f"{solved} of {points} gates have a margin on which integrators agree")
    save(results.chaoscad.draw("margin", x="rho", line="function", panels="time"), "rho.png")
    if full:
        maps = results.chaoscad.draw("margin", x="rho", y="time", panels="function")
        save(maps, "rho_time.png")
        Path("rho.csv").write_text(results.chaoscad.to_csv())


if __name__ == "__main__":
    main()
