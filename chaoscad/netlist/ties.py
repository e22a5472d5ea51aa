"""Ties: which gates share a parameter, and whether they can."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chaoscad.errors import nearest, shown
from chaoscad.netlist.bounds import room
from chaoscad.netlist.complaints import Complain
from chaoscad.netlist.model import Gate, Tie
from chaoscad.netlist.schema import TieSchema
from chaoscad.netlist.source import Scalar
from chaoscad.systems import Interval


class TieReader:
    """Reads the ties of a circuit.

    **Arguments:**

    - `gates`: the gates that ties may name.
    - `unknown`: names of gates that were refused.
    - `aliases`: for names of instances' ports, the nets that they are connected to.
    """

    def __init__(
        self,
        complain: Complain,
        gates: Mapping[str, Gate],
        unknown: frozenset[str],
        aliases: Mapping[str, str],
    ) -> None:
        self.complain, self.gates = complain, gates
        self.unknown, self.aliases = unknown, aliases

    def ties(self, items: Iterable[TieSchema]) -> tuple[Tie, ...]:
        """The ties that are sound; the others are complained about."""
        found: list[Tie] = []
        for item in items:
            members = [self.gates[str(name)] for name in item.gates if self.known(name)]
            names = tuple(gate.name for gate in members)
            if len(set(names)) < len(names) or len(item.gates) < 2:
                self.complain("a tie takes two or more different gates", item.parameter)
            elif (
                len(members) == len(item.gates)
                and self.fits(item.parameter, members)
                and self.common_value(item.parameter, members)
            ):
                found.append(Tie(str(item.parameter), names))
        return tuple(found)

    def known(self, name: Scalar) -> bool:
        """Whether `name` is a gate that was read."""
        if str(name) in self.gates:
            return True
        if name not in self.unknown and name.partition(".")[0] not in self.unknown:
            alias = self.aliases.get(str(name))
            hint = nearest(name, self.gates)
            if alias is not None:
                hint = f"that gate is called {shown(alias)} here"
            self.complain(f"a tie names {shown(name)}, which is no gate", name, hint)
        return False

    def fits(self, parameter: Scalar, members: list[Gate]) -> bool:
        """Whether the gates have the parameter, and equally many of it."""
        if parameter == "delta":
            if len({gate.arity for gate in members}) == 1:
                return True
            if all(gate.weights == "shared" for gate in members):
                return True
            message = "gates tied in delta need equally many inputs, or shared weights"
            self.complain(message, parameter)
            return False
        if parameter in ("x0", "threshold"):
            return True
        if all(parameter in gate.train for gate in members):
            return True
        trained = {name for gate in members for name in gate.train}
        hint = nearest(parameter, ["x0", "delta", "threshold", *sorted(trained)])
        message = (
            f"{shown(parameter)} cannot be tied: a tie takes x0, delta, threshold, or a system "
            "parameter that every one of the gates trains"
        )
        self.complain(message, parameter, hint)
        return False

    def common_value(self, parameter: Scalar, members: list[Gate]) -> bool:
        """Whether the gates' own ranges of a tied parameter overlap."""
        rooms = [room(gate) for gate in members]
        ranges: list[list[Interval]]
        if parameter == "x0":
            ranges = [[space.x0 for space in rooms]]
        elif parameter == "delta":
            count = min(gate.arity for gate in members)
            ranges = [[space.delta[k] for space in rooms] for k in range(count)]
        elif parameter == "threshold":
            ranges = [[space.threshold for space in rooms if space.threshold is not None]]
        else:
            ranges = [[gate.train[str(parameter)] for gate in members]]
        for items in ranges:
            if items and max(low for low, _ in items) > min(high for _, high in items):
                names = ", ".join(gate.name for gate in members)
                message = f"the gates tied in {parameter} ({names}) have no value of it in common"
                self.complain(message, parameter, "widen their bounds")
                return False
        return True
