"""The design: a circuit with its tuned parameters, complete in itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from chaoscad.design.writer import save
from chaoscad.netlist import Netlist, TruthTable
from chaoscad.netlist.model import Compare
from chaoscad.systems import Setting

if TYPE_CHECKING:
    import numpy as np

Status = Literal["solved", "unsolved"]


@dataclass(frozen=True)
class DesignGate:
    """One gate with its parameters.

    **Arguments:**

    - `name`, `inputs`: the net it drives, and those it reads.
    - `setting`, `iterates`: F is the `iterates`-th image under the system.
    - `x0`, `delta`, `threshold`: in the unit of the system's state; `delta` has one per input.
    - `function`: the wanted table, `-` where the row does not occur or does not matter.
    - `margin`: the least distance from the threshold, on the right side, over the rows that matter;
      negative when one of them is wrong.
    """

    name: str
    inputs: tuple[str, ...]
    setting: Setting
    iterates: int
    x0: float
    delta: tuple[float, ...]
    threshold: float
    compare: Compare
    function: TruthTable
    margin: float

    @property
    def arity(self) -> int:
        """Number of inputs."""
        return len(self.inputs)

    def states(self) -> np.ndarray:
        """z = x0 + sum(delta_k I_k) at every local row, summed from the first input to the last."""
        import numpy as np

        found = np.array([self.x0])
        for weight in self.delta:
            found = np.stack([found, found + weight], axis=-1).reshape(-1)
        return found


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

    def gate(self, name: str) -> DesignGate:
        """The gate that drives the net `name`; raises `KeyError` when none does."""
        for gate in self.gates:
            if gate.name == name:
                return gate
        raise KeyError(name)

    def save(self, path: str | None = None) -> str:
        """Write the design file; the default is `NAME.design.json` in the working folder.

        **Returns:** the path. **Raises:** `ChaoscadError` when it cannot be written.
        """
        return save(self, path)
