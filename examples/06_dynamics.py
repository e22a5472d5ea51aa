"""The dynamics behind the gates: Lyapunov spectra, and the road of the logistic map to chaos.

Run it with `python examples/06_dynamics.py`; it prints the spectra of three systems and the period
doublings of the logistic map, and draws its bifurcation diagram to bifurcation.png.
"""

from chaoscad.analysis import bifurcation, lyapunov, period_doublings
from chaoscad.plot import draw_bifurcation, save
from chaoscad.systems import setting


def main() -> None:
    for name in ("logistic", "henon", "lorenz"):
        spectrum = lyapunov(setting(name))
        told = ", ".join(f"{exponent:.3f}" for exponent in spectrum.exponents)
        print(f"{name}: Lyapunov exponents {told}; dimension {spectrum.dimension:.2f}")
    doublings = period_doublings(setting("logistic"), "a", 2.9, 3.57)
    places = ", ".join(f"{value:.5f}" for value in doublings.values)
    print(f"the logistic map doubles its period at {places}")
    print(f"the last ratio of their distances is {doublings.ratios[-1]:.3f}")
    diagram = bifurcation(setting("logistic"), "a", 2.8, 4.0)
    save(draw_bifurcation(diagram, doublings), "bifurcation.png")


if __name__ == "__main__":
    main()
