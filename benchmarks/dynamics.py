"""The Lyapunov spectra of all built-in systems, and the period doublings of maps, with seconds."""

import time

from chaoscad.analysis import lyapunov, period_doublings
from chaoscad.errors import ChaoscadError
from chaoscad.systems import SYSTEMS, setting

CASCADES = (
    ("logistic", "a", 2.8, 3.6),
    ("sine", "r", 0.6, 0.9),
    ("cubic", "r", 1.5, 2.4),
    ("quadratic", "c", -1.5, 0.0),
)


def spectra() -> None:
    print(f"{'system':15}{'seconds':>8}  {'dimension':>9}  exponents (nats per iterate or time)")
    for name in SYSTEMS:
        start = time.perf_counter()
        try:
            found = lyapunov(setting(name))
        except ChaoscadError as error:
            print(f"{name:15}{time.perf_counter() - start:8.2f}  {error}")
            continue
        seconds = time.perf_counter() - start
        exponents = "  ".join(
            f"{value:.5f} ± {error:.5f}"
            for value, error in zip(found.exponents, found.errors, strict=True)
        )
        print(f"{name:15}{seconds:8.2f}  {found.dimension:9.3f}  {exponents}", flush=True)


def cascades() -> None:
    print(f"\n{'map':15}{'seconds':>8}  period doublings, and the ratios of their distances")
    for name, parameter, low, high in CASCADES:
        start = time.perf_counter()
        found = period_doublings(setting(name), parameter, low, high)
        seconds = time.perf_counter() - start
        values = ", ".join(f"{value:.8f}" for value in found.values)
        print(f"{name:15}{seconds:8.2f}  {parameter} = {values}")
        print(f"{'':25}{', '.join(f'{ratio:.4f}' for ratio in found.ratios)}", flush=True)


if __name__ == "__main__":
    spectra()
    cascades()
