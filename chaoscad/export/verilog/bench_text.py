"""Text that the parts of a Verilog bench are made of: memories, and what is compared with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chaoscad.fixed_point.orbits import ElementOrbit

SHOWN = 10
"""Failures that a bench prints; all are counted."""


def concatenated(instance: str, names: Iterable[str]) -> str:
    """Signals within an instance, side by side, the first most significant."""
    return f"{{{', '.join(f'{instance}.{name}' for name in names)}}}"


def memory(name: str, width: int, values: Sequence[int]) -> Iterable[str]:
    """A memory of `width` bits that holds some numbers."""
    yield f"  reg [{width - 1}:0] {name} [0:{len(values) - 1}];"
    yield "  initial begin"
    for place, value in enumerate(values):
        yield f"    {name}[{place}] = {width}'h{value & ((1 << width) - 1):x};"
    yield "  end"


def orbit_words(orbit: ElementOrbit, width: int) -> list[int]:
    """For every local row, all coordinates of all iterates side by side, the state first."""
    flat = [values for state in orbit.orbit for values in state]
    found = []
    for row in range(len(flat[0])):
        value = 0
        for values in flat:
            value = (value << width) | (values[row] & ((1 << width) - 1))
        found.append(value)
    return found
