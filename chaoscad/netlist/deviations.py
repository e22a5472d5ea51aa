"""What deviates in a device, by how much: mismatch of every gate, global errors, noise.

*Mismatch* is drawn once for every device and gate, *global* errors once for every device and shared
by its gates (a process corner, a supply, a temperature), *noise* at every evaluation.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chaoscad.arguments import number
from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown
from chaoscad.netlist.tolerance import Spread, spread_of
from chaoscad.systems.model import Parameter

PARAMETERS = ("x0", "delta", "threshold")
"""Parameters that every gate has; `delta` stands for each of its weights, whatever a system calls its own."""

NOISES = ("state", "comparator")
"""Kinds of noise."""

Spreads = Mapping[str, Spread]
"""Spreads by parameter: `x0`, `delta` (each weight), `threshold`, or one of a system's."""

Given = Mapping[str, Spread | float | str] | float | str
"""Spreads as they are given: by parameter, or one size for all of them (`everywhere`)."""


@dataclass(frozen=True)
class Deviations:
    """How devices differ from their design, and what disturbs them; what is not named is exact.

    **Arguments:**

    - `tolerance`: mismatch, drawn for every gate.
    - `shared`: global errors, drawn once for all gates of a device.
    - `state_noise`: the standard deviation on every iterate of a map; for a flow that of the Wiener
      term, in units of the state per square root of the flow's unit of time.
    - `comparator_noise`: the standard deviation on the value that is compared.
    """

    tolerance: Spreads = field(default_factory=dict)
    shared: Spreads = field(default_factory=dict)
    state_noise: float = 0.0
    comparator_noise: float = 0.0

    @property
    def spread(self) -> bool:
        """Whether devices differ at all."""
        return any(item.size > 0 for item in (*self.tolerance.values(), *self.shared.values()))

    @property
    def noisy(self) -> bool:
        """Whether anything disturbs them."""
        return self.state_noise > 0 or self.comparator_noise > 0

    def scaled(self, factor: float) -> Deviations:
        """Every spread so many times as wide; the noise as it is."""
        return Deviations(
            {name: item.scaled(factor) for name, item in self.tolerance.items()},
            {name: item.scaled(factor) for name, item in self.shared.items()},
            self.state_noise,
            self.comparator_noise,
        )

    def only(self, name: str) -> Deviations:
        """The spreads of one parameter; everything else is exact."""

        def one(given: Spreads) -> Spreads:
            return {name: given[name]} if name in given else {}

        return Deviations(one(self.tolerance), one(self.shared))

    def names(self) -> tuple[str, ...]:
        """The parameters that deviate."""
        given = (*self.tolerance.items(), *self.shared.items())
        return tuple(dict.fromkeys(name for name, item in given if item.size > 0))

    def deviation(self, name: str, value: float) -> float:
        """The standard deviation of a gate's parameter of this value, mismatch and global errors."""
        sizes = (
            spread.absolute(value) / (math.sqrt(3) if spread.distribution == "uniform" else 1.0)
            for given in (self.tolerance, self.shared)
            if (spread := given.get(name)) is not None
        )
        return math.hypot(*sizes)

    def __str__(self) -> str:
        """For people: `x0 0.01, a 1 % in all gates, noise on the state 0.02`."""
        sizes = [f"{name} {spread}" for name, spread in self.tolerance.items()]
        sizes += [f"{name} {spread} in all gates" for name, spread in self.shared.items()]
        if self.state_noise:
            sizes.append(f"noise on the state {self.state_noise:g}")
        if self.comparator_noise:
            sizes.append(f"noise at the comparator {self.comparator_noise:g}")
        return ", ".join(sizes)

    def to_data(self) -> dict[str, Any]:
        """As the netlist's `hardware` writes it; what is exact is left out."""
        data: dict[str, Any] = {}
        for key, given in (("tolerance", self.tolerance), ("global", self.shared)):
            if given:
                data[key] = {name: item.to_data() for name, item in given.items()}
        noise = dict(zip(NOISES, (self.state_noise, self.comparator_noise), strict=True))
        if self.noisy:
            data["noise"] = {name: size for name, size in noise.items() if size}
        return data


def deviations_in(
    parameters: Iterable[Parameter],
    hardware: Mapping[str, Any] | None = None,
    *,
    tolerance: Given | None = None,
    shared: Given | None = None,
    noise: Mapping[str, float] | None = None,
) -> Deviations:
    """The deviations of gates whose systems have some parameters.

    **Arguments:**

    - `hardware`: of a netlist, with what is given in its place.
    - `tolerance`, `shared`: by parameter, each in place of the netlist's for that parameter; or one
      size for all parameters (`everywhere`), in place of all that the netlist says.
    - `noise`: `state` and `comparator`.

    **Raises:** `ChaoscadError` for a parameter that no gate has, a size that is negative or not
    finite, a tolerance of a whole number, an unknown noise.
    """
    data, own = hardware or {}, tuple(parameters)
    sigmas = dict(data.get("noise") or {})
    for name, size in (noise or {}).items():
        if name not in NOISES:
            hint = nearest(name, NOISES) or "the kinds are state and comparator"
            raise ChaoscadError(f"unknown noise {shown(name)}; {hint}")
        wanted = "a number of at least 0"
        sigmas[name] = number(f"the noise {name}", size, wanted, lambda found: found >= 0)
    return Deviations(
        _merged("tolerance", own, data.get("tolerance") or {}, tolerance),
        _merged("global", own, data.get("global") or {}, shared),
        sigmas.get("state") or 0.0,
        sigmas.get("comparator") or 0.0,
    )


def everywhere(size: Spread | float | str, parameters: Iterable[Parameter]) -> dict[str, Spread]:
    """One size for all parameters: absolute on x0, delta and threshold, relative on the systems'.

    A size in per cent is relative everywhere. Whole-number parameters of systems stay exact, and so does
    one that is called as a gate's is (Duffing's delta): the name stands for the gate's.

    **Raises:** `ChaoscadError` for a size that is none.
    """
    spread = _spread("all parameters", size)
    own = Spread(spread.size, True, spread.distribution)
    names = (item.name for item in parameters if not item.whole and item.name not in PARAMETERS)
    return dict.fromkeys(PARAMETERS, spread) | dict.fromkeys(names, own)


def _merged(
    what: str,
    parameters: tuple[Parameter, ...],
    known: Mapping[str, float | str],
    given: Given | None,
) -> dict[str, Spread]:
    if given is not None and not isinstance(given, Mapping):
        return everywhere(given, parameters)
    found = {name: spread_of(item) for name, item in known.items()}
    found |= {name: _spread(name, item) for name, item in (given or {}).items()}
    whole = {item.name for item in parameters if item.whole}
    allowed = [*PARAMETERS, *(item.name for item in parameters if not item.whole)]
    complaints: list[Diagnostic] = []
    for name in found:
        if name in whole:
            message = f"{what} of {shown(name)}: it is a whole number, and exact"
            complaints.append(Diagnostic(message, hint="leave it out"))
        elif name not in allowed:
            hint = nearest(name, allowed) or "the gates have " + ", ".join(dict.fromkeys(allowed))
            message = f"{what}: no gate has a parameter {shown(name)}"
            complaints.append(Diagnostic(message, hint=hint))
    if complaints:
        raise ChaoscadError(complaints)
    return found


def _spread(name: str, given: Spread | float | str) -> Spread:
    try:
        # A spread that was built by hand is held to the same.
        return spread_of(given.to_data() if isinstance(given, Spread) else given)
    except ValueError as error:
        reason = "is negative" if str(error) == "negative" else "is none"
        raise ChaoscadError(
            f"the tolerance {shown(str(given))} of {name} {reason}; "
            "write 0.01 or 2 %, and after it normal or uniform if you like"
        ) from None
