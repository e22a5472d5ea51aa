"""What deviates in a device, by how much: mismatch of every gate, global errors, noise.

*Mismatch* is drawn once for every device and gate, *global* errors once for every device and shared
by its gates (a process corner, a supply, a temperature), *noise* at every evaluation. A yield is a
probability over devices, a bit error rate one over the noise in a given device.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from chaoscad.arguments import number
from chaoscad.design import Design
from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown
from chaoscad.netlist import Netlist
from chaoscad.netlist.hardware import PARAMETERS
from chaoscad.netlist.tolerance import Spread, spread_of

Spreads = Mapping[str, Spread]
"""Spreads by parameter: `x0`, `delta` (each weight), `threshold`, or one of a system's."""

Given = Mapping[str, Spread | float | str] | float | str
"""Spreads as they are given: by parameter, or one size for all of them (`everywhere`)."""


@dataclass(frozen=True)
class Deviations:
    """How the devices of a design differ from it, and what disturbs them; what is not named is exact.

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

    def to_data(self) -> dict[str, object]:
        """As the netlist's `hardware` writes it; what is exact is left out."""
        data: dict[str, object] = {}
        for key, given in (("tolerance", self.tolerance), ("global", self.shared)):
            if given:
                data[key] = {name: item.to_data() for name, item in given.items()}
        noise = {"state": self.state_noise, "comparator": self.comparator_noise}
        if self.noisy:
            data["noise"] = {name: size for name, size in noise.items() if size}
        return data


def everywhere(size: float | str, design: Design | Netlist) -> dict[str, Spread]:
    """One size for all parameters: absolute on x0, delta and threshold, relative on the system's.

    A size in per cent is relative everywhere. Whole-number parameters of systems stay exact.

    **Raises:** `ChaoscadError` for a size that is none.
    """
    spread = _spread("all parameters", size)
    own = Spread(spread.size, True, spread.distribution)
    return dict.fromkeys(PARAMETERS, spread) | dict.fromkeys(
        _own(_netlist(design), whole=False), own
    )


def deviations_of(
    design: Design | Netlist,
    *,
    tolerance: Given | None = None,
    shared: Given | None = None,
    noise: Mapping[str, float] | None = None,
) -> Deviations:
    """The deviations of a netlist or of a design's, with what is given in their place.

    **Arguments:**

    - `tolerance`, `shared`: by parameter, each in place of the netlist's for that parameter; or one
      size for all parameters (`everywhere`), in place of all that the netlist says.
    - `noise`: `state` and `comparator`.

    **Raises:** `ChaoscadError` for a parameter that no gate has, a size that is negative or not
    finite, a percentage of a parameter that is 0 in the design, a tolerance of a whole number.
    """
    data = _netlist(design).hardware or {}
    sigmas = dict(data.get("noise") or {})
    for name, size in (noise or {}).items():
        if name not in ("state", "comparator"):
            hint = nearest(name, ("state", "comparator")) or "the kinds are state and comparator"
            raise ChaoscadError(f"unknown noise {shown(name)}; {hint}")
        wanted = "a number of at least 0"
        sigmas[name] = number(f"the noise {name}", size, wanted, lambda found: found >= 0)
    return Deviations(
        _merged("tolerance", design, data.get("tolerance") or {}, tolerance),
        _merged("global", design, data.get("global") or {}, shared),
        sigmas.get("state") or 0.0,
        sigmas.get("comparator") or 0.0,
    )


def _merged(
    what: str, design: Design | Netlist, known: Mapping[str, float | str], given: Given | None
) -> dict[str, Spread]:
    if given is not None and not isinstance(given, Mapping):
        found = everywhere(given, design)
    else:
        found = {name: spread_of(item) for name, item in known.items()}
        found |= {name: _spread(name, item) for name, item in (given or {}).items()}
    complaints = list(_complaints(what, design, found))
    if complaints:
        raise ChaoscadError([Diagnostic(message, hint=hint) for message, hint in complaints])
    return found


def _spread(name: str, given: Spread | float | str) -> Spread:
    if isinstance(given, Spread):
        given = given.to_data()
    try:
        return spread_of(given)
    except ValueError as error:
        reason = "is negative" if str(error) == "negative" else "is none"
        raise ChaoscadError(
            f"the tolerance {shown(str(given))} of {name} {reason}; "
            "write 0.01 or 2 %, and after it normal or uniform if you like"
        ) from None


def _netlist(design: Design | Netlist) -> Netlist:
    return design if isinstance(design, Netlist) else design.netlist


def _own(netlist: Netlist, *, whole: bool) -> list[str]:
    """The parameters of the netlist's systems, those that are whole numbers or those that are not."""
    settings = (gate.setting for gate in netlist.gates)
    found = (item for one in settings for item in one.system.parameters if item.whole == whole)
    return list(dict.fromkeys(item.name for item in found))


def _complaints(what: str, design: Design | Netlist, given: Spreads) -> Iterable[tuple[str, str]]:
    netlist = _netlist(design)
    allowed = [*PARAMETERS, *_own(netlist, whole=False)]
    for name, spread in given.items():
        if name in _own(netlist, whole=True):
            yield f"{what} of {shown(name)}: it is a whole number, and exact", "leave it out"
        elif name not in allowed:
            hint = nearest(name, allowed) or "the gates have " + ", ".join(allowed)
            yield f"{what}: no gate has a parameter {shown(name)}", hint
        elif spread.relative and spread.size > 0:
            for gate in () if isinstance(design, Netlist) else design.gates:
                values = {"x0": (gate.x0,), "delta": gate.delta, "threshold": (gate.threshold,)}
                own = gate.setting.parameters
                if 0.0 in values.get(name, (own[name],) if name in own else ()):
                    message = (
                        f"{what} of {name}: it is 0 in gate {gate.name!r}, and {spread} of 0 is 0"
                    )
                    yield message, "give an absolute size"
                    break
