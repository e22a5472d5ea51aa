"""Errors against iterates, with the Lyapunov exponent: do both grow together?

Run it with `python examples/23_error_growth.py`, or with `full` for more parameters and iterates. Noise on
the state is multiplied by F' along the orbit, on the average over the attractor by exp(lambda n) after n
iterates. The best gate of n iterates has a margin that hardly falls with n, so the errors of the same noise
grow with n. That they also grow with lambda holds for late iterates only: a larger a makes the margin
larger too, and of few iterates that counts more.
"""

import sys

import numpy as np

import chaoscad
from chaoscad.plot.save import save


def main() -> None:
    full = "full" in sys.argv[1:]
    results = chaoscad.sweep(
        {
            "sweep": 1,
            "netlist": {
                "chaoscad": 1,
                "system": "logistic",
                "inputs": ["a", "b"],
                "outputs": ["y"],
                "gates": {"y": {"inputs": ["a", "b"], "function": "XOR"}},
                "hardware": {"noise": {"state": 0.03}},
            },
            "axes": {
                "iterates": {
                    "path": "defaults.iterates",
                    "values": [1, 2, 3, 4, 5, 6] if full else [1, 2, 3, 4],
                },
                "a": {
                    "path": "system.a",
                    "values": [3.6, 3.7, 3.8, 3.9, 4] if full else [3.6, 4],
                },
            },
            "measures": ["solved", "margin", "bit_error_rate", "lyapunov"],
            "settings": {"trials": 100_000 if full else 20_000},
        },
        workers=None if full else 0,
    )
    for a in results["a"].values:
        one = results.sel(a=a)
        rates = one["bit_error_rate"].values
        exponent = float(one["lyapunov"][0])
        told = ", ".join(f"{rate:.2g}" for rate in rates)
        print(f"a = {a:g}: lambda {exponent:.3f} nats, bit error rates {told}")
    grows = bool((np.diff(results["bit_error_rate"].values, axis=0) >= -0.01).all())
    print(f"errors grow with the iterates at every a: {'yes' if grows else 'no'}")
    for n in results["iterates"].values:
        rates = results["bit_error_rate"].sel(iterates=n).values
        order = "most" if rates.argmax() == len(rates) - 1 and rates[-1] > 0 else "not most"
        print(f"{n} iterates: {order} errors where the exponent is largest")
    save(results.chaoscad.draw("bit_error_rate", x="iterates", line="a"), "error_growth.png")


if __name__ == "__main__":
    main()
