"""Physical elements: one orbit each, and a comparator for every gate that is a reading of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chaoscad.design.model import DesignGate
    from chaoscad.systems import Setting


@dataclass(frozen=True)
class Element:
    """One nonlinear element of a circuit: inputs, system, x0 and weights once, and its readings.

    **Arguments:**

    - `name`: as the netlist has it; of a gate with an element of its own, the gate's.
    - `key`: its first gate in the order of the netlist. No other element has it, and it is the same
      in every configuration.
    - `members`: its readings in the order of the netlist, which is that of every configuration.
    """

    name: str
    key: str
    members: tuple[DesignGate, ...]

    @cached_property
    def readings(self) -> tuple[DesignGate, ...]:
        """By rising iterates, of a flow by rising time; equal ones as in the netlist."""
        return tuple(sorted(self.members, key=_length))

    @property
    def shared(self) -> bool:
        """Whether it is read more than once."""
        return len(self.members) > 1

    @property
    def longest(self) -> DesignGate:
        """The reading that is taken last: its orbit passes through all others."""
        return self.readings[-1]

    @property
    def held(self) -> tuple[DesignGate, ...]:
        """The readings after which the flow runs on, so that their values have to be held."""
        end = self.longest.setting.time
        return tuple(gate for gate in self.readings if gate.setting.time != end)

    @cached_property
    def setting(self) -> Setting:
        """The system with its parameters and, of a flow, the longest time; which coordinate is no matter."""
        return replace(self.longest.setting, read="")

    @property
    def iterates(self) -> int:
        """The iterates of the longest reading."""
        return self.longest.iterates

    @property
    def inputs(self) -> tuple[str, ...]:
        """The nets that it reads, the most significant first."""
        return self.longest.inputs

    @property
    def arity(self) -> int:
        """Number of inputs."""
        return self.longest.arity


def elements_of(gates: Iterable[DesignGate]) -> tuple[Element, ...]:
    """The elements of a circuit, in the order of their first gates."""
    members: dict[tuple[bool, str], list[DesignGate]] = {}
    for gate in gates:
        name = gate.source.element
        # A gate's own element may have the name of a shared one.
        members.setdefault((bool(name), name or gate.name), []).append(gate)
    return tuple(Element(name, found[0].name, tuple(found)) for (_, name), found in members.items())


def _length(gate: DesignGate) -> tuple[float, int]:
    return gate.setting.time or 0.0, gate.iterates
