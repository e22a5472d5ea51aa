"""The design: a circuit with its tuned parameters, complete in itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from chaoscad.design.elements import Element, elements_of
from chaoscad.design.writer import found_once, save
from chaoscad.gate import Setpoint
from chaoscad.netlist import Gate, Netlist, TruthTable
from chaoscad.netlist.model import Compare
from chaoscad.systems import Setting

Status = Literal["solved", "unsolved"]


@dataclass(frozen=True)
class DesignGate:
    """One gate of a design.

    **Arguments:**

    - `source`: the gate as the netlist has it.
    - `setpoint`: what was found.
    - `function`: the wanted table, `-` where the row does not occur or does not matter.
    - `margin`: the least distance from the threshold, on the right side, over the rows that matter;
      negative when one of them is wrong.
    """

    source: Gate
    setpoint: Setpoint
    function: TruthTable
    margin: float

    @property
    def name(self) -> str:
        """The net that it drives."""
        return self.source.name

    @property
    def inputs(self) -> tuple[str, ...]:
        """The nets that it reads, the most significant first."""
        return self.source.inputs

    @property
    def arity(self) -> int:
        """Number of inputs."""
        return self.source.arity

    @property
    def setting(self) -> Setting:
        """The system with the values of its parameters."""
        return self.setpoint.setting

    @property
    def iterates(self) -> int:
        """F is the `iterates`-th image under the system."""
        return self.setpoint.iterates

    @property
    def x0(self) -> float:
        """The offset of the states."""
        return self.setpoint.x0

    @property
    def delta(self) -> tuple[float, ...]:
        """The weight of each input."""
        return self.setpoint.delta

    @property
    def threshold(self) -> float:
        """What the value is compared with."""
        return self.setpoint.threshold

    @property
    def compare(self) -> Compare:
        """How it is compared."""
        return self.setpoint.compare


@dataclass(frozen=True)
class VerificationSummary:
    """What a design file says about its verification.

    **Arguments:**

    - `rows`: how many rows were compared, over all groups of outputs.
    - `exhaustive`: whether these are all rows.
    - `wrong_rows`: how many of them came out wrong.
    - `worst_margin`: the least margin of any gate.
    - `method`: how it was done, in words.
    """

    rows: int
    exhaustive: bool
    wrong_rows: int
    worst_margin: float
    method: str


@dataclass(frozen=True)
class Design:
    """A tuned circuit; `gates` is in topological order.

    `status` is `solved` only when verification found every row right with a positive margin and
    every state and parameter in range.
    """

    netlist: Netlist
    gates: tuple[DesignGate, ...]
    status: Status
    verification: VerificationSummary
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The netlist's name."""
        return self.netlist.name

    @property
    def solved(self) -> bool:
        """Whether the design was verified."""
        return self.status == "solved"

    @cached_property
    def by_name(self) -> Mapping[str, DesignGate]:
        """The gates by the nets that they drive."""
        return {gate.name: gate for gate in self.gates}

    @cached_property
    def elements(self) -> tuple[Element, ...]:
        """The physical elements, each with the gates that are its readings."""
        return elements_of(self.gates)

    def gate(self, name: str) -> DesignGate:
        """The gate that drives the net `name`; raises `KeyError` when none does."""
        return self.by_name[name]

    def found(self) -> dict[str, Any]:
        """What the design file says beside the netlist, as JSON-ready data."""
        return found_once(self)

    def save(self, path: str | None = None) -> str:
        """Write the design file; the default is `NAME.design.json` in the working folder.

        **Returns:** the path. **Raises:** `ChaoscadError` when it cannot be written.
        """
        return save(self, path)
