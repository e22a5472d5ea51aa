"""What a cell is to stand: spreads of its parameters, and noise."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chaoscad.arguments import number
from chaoscad.errors import ChaoscadError, Diagnostic, listed, nearest, shown
from chaoscad.netlist.hardware import PARAMETERS
from chaoscad.netlist.tolerance import Spread, spread_of
from chaoscad.systems import Setting

NOISES = ("state", "comparator")

Given = Mapping[str, Spread | float | str] | float | str
"""Spreads as they are given: by parameter, or one size for all."""


@dataclass(frozen=True)
class Tolerance:
    """What a cell is to stand: spreads of its parameters, and noise.

    **Arguments:**

    - `spreads`: of `x0`, `delta` (each weight), `threshold` and the system's parameters, for each gate.
      What is not named is exact.
    - `shared`: the same, for all gates of a device; to one gate they are errors as any others.
    - `state`: the standard deviation of noise on the state from which the iteration starts.
    - `comparator`: of noise on the value that is compared.
    """

    spreads: Mapping[str, Spread] = field(default_factory=dict)
    shared: Mapping[str, Spread] = field(default_factory=dict)
    state: float = 0.0
    comparator: float = 0.0

    @property
    def nothing(self) -> bool:
        """Whether all is exact."""
        spreads = (*self.spreads.values(), *self.shared.values())
        return not (any(spread.size for spread in spreads) or self.state or self.comparator)

    def __str__(self) -> str:
        """For people: `x0 0.01, a 1 % in all gates, noise on the state 0.02`."""
        sizes = [f"{name} {spread}" for name, spread in self.spreads.items()]
        sizes += [f"{name} {spread} in all gates" for name, spread in self.shared.items()]
        if self.state:
            sizes.append(f"noise on the state {self.state:g}")
        if self.comparator:
            sizes.append(f"noise at the comparator {self.comparator:g}")
        return ", ".join(sizes)

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data, in the words of a netlist's `hardware`."""
        data: dict[str, Any] = {}
        for key, given in (("tolerance", self.spreads), ("global", self.shared)):
            if given:
                data[key] = {name: spread.to_data() for name, spread in given.items()}
        noise = {"state": self.state, "comparator": self.comparator}
        if self.state or self.comparator:
            data["noise"] = {name: size for name, size in noise.items() if size}
        return data

    def deviation(self, name: str, value: float) -> float:
        """The standard deviation of a parameter of this value."""
        sizes = (
            spread.absolute(value) / (math.sqrt(3) if spread.distribution == "uniform" else 1.0)
            for given in (self.spreads, self.shared)
            if (spread := given.get(name)) is not None
        )
        return math.hypot(*sizes)


def tolerance_of(
    setting: Setting,
    *,
    tolerance: Given | None = None,
    shared: Given | None = None,
    noise: Mapping[str, float] | None = None,
) -> Tolerance:
    """The tolerance of a system's cells as a command or a netlist gives it.

    **Arguments:**

    - `tolerance`, `shared`: of each gate, and of all gates of a device: by parameter, or one size for
      x0, delta and threshold, of their values for the system's parameters.
    - `noise`: `state` and `comparator`.

    **Raises:** `ChaoscadError` for a parameter that the system has not, a size that is none, an
    unknown noise, and where nothing deviates.
    """
    own = [item.name for item in setting.system.parameters if not item.whole]
    sizes: dict[str, float] = {}
    for name, size in (noise or {}).items():
        if name not in NOISES:
            hint = nearest(name, NOISES) or f"the kinds are {listed(NOISES)}"
            raise ChaoscadError(Diagnostic(f"unknown noise {shown(name)}", hint=hint))
        wanted = "a number of at least 0"
        sizes[name] = number(f"the noise {name}", size, wanted, lambda value: value >= 0)
    result = Tolerance(
        _spreads("tolerance", tolerance, own, setting),
        _spreads("global", shared, own, setting),
        **sizes,
    )
    if result.nothing:
        message = "the objective yield needs a tolerance or noise: nothing deviates"
        hint = "give a size above 0"
        raise ChaoscadError(Diagnostic(message, hint=hint))
    return result


def _spreads(what: str, given: Given | None, own: list[str], setting: Setting) -> dict[str, Spread]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        spread = _spread("all parameters", given)
        relative = Spread(spread.size, True, spread.distribution)
        return dict.fromkeys(PARAMETERS, spread) | dict.fromkeys(own, relative)
    allowed = [*PARAMETERS, *own]
    for name in given:
        if name not in allowed:
            whole = setting.system.parameter(name) is not None
            message = f"{what}: cells have no parameter {shown(name)}"
            if whole:
                message = f"{what} of {shown(name)}: it is a whole number, and exact"
            hint = "leave it out" if whole else nearest(name, allowed)
            raise ChaoscadError(Diagnostic(message, hint=hint or f"they have {listed(allowed)}"))
    return {name: _spread(name, item) for name, item in given.items()}


def _spread(name: str, given: Spread | float | str) -> Spread:
    try:
        return given if isinstance(given, Spread) else spread_of(given)
    except ValueError as error:
        reason = "is negative" if str(error) == "negative" else "is none"
        raise ChaoscadError(
            f"the tolerance {shown(str(given))} of {name} {reason}; "
            "write 0.01 or 2 %, and after it normal or uniform if you like"
        ) from None
