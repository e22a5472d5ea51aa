"""What is asked of the solver, and what it answers."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol, runtime_checkable

from chaoscad.errors import ChaoscadError, nearest, shown
from chaoscad.feasibility import Feasibility
from chaoscad.gate import Setpoint
from chaoscad.netlist import Gate, TruthTable
from chaoscad.systems import Flow
from chaoscad.tune import Anneal, Optimizer, WeightedSum, optimizer

Relaxation = Literal["expected", "straight-through"]

Method = Literal["auto", "gradient", "sat"]
"""How the functions of free gates are found: by training, by exact search, or by what suits."""

METHODS: tuple[Method, ...] = ("auto", "gradient", "sat")

MARGIN = "margin"
"""The objective of gates whose function is known: the threshold projected out."""

CROSS_ENTROPY = WeightedSum((("cross-entropy", 1.0),))
"""The loss of the recipes, made without loading the losses."""


@dataclass(frozen=True)
class Search:
    """How one stage of the search runs.

    **Arguments:**

    - `restarts`: trials of every problem, in one program.
    - `flow_restarts`: the same where flows are trained: a step of a flow costs as much as a hundred of a
      map.
    - `loss`: on the logits; `None` maximises the margin itself, the threshold projected out.
    - `steepness`: of the comparator, beta in logit = beta (v - threshold), relative to the size of
      the gate's values.
    - `temperature`: of the smooth extremes when the margin is maximised, relative likewise.
    - `relaxation`: what a gate passes on while a circuit is trained: the `expected` bit of
      independent inputs, or the hard bit with the smooth gradient, `straight-through`.
    - `rounds`: how often the stage is repeated with fresh starts while nothing is solved.
    """

    optimizer: Optimizer
    steps: int
    restarts: int
    loss: WeightedSum | None = None
    steepness: Anneal = Anneal(2.0, 20.0)
    temperature: Anneal = Anneal(0.2, 0.001)
    relaxation: Relaxation = "expected"
    rounds: int = 1
    flow_restarts: int = 32


GATES = Search(optimizer("adam", 0.05, schedule="cosine"), steps=1000, restarts=256)
"""Gates whose functions are known."""

CIRCUIT = Search(
    optimizer("adam", 0.05),
    steps=1500,
    restarts=256,
    loss=CROSS_ENTROPY,
    rounds=4,
)
"""Free gates, from the targets of their circuit."""


LOOK = 10
"""Steps of a training between two looks at what the trials have reached."""


def affordable(search: Search, gates: Sequence[Gate]) -> Search:
    """The search with the restarts that flows get, where there are any among the gates."""
    if any(isinstance(gate.setting.system, Flow) for gate in gates):
        return replace(search, restarts=search.flow_restarts)
    return search


@runtime_checkable
class Ranking(Protocol):
    """How functions of gates are ranked where a circuit may take one or another."""

    def __call__(self, gates: Sequence[Gate], /) -> Sequence[float]:
        """How good every gate can be made at its function, greater where it is better.

        Minus infinity where no setting was found.
        """
        ...


@dataclass(frozen=True)
class Settings:
    """Every choice of a run.

    **Arguments:**

    - `seed`: of all random starts.
    - `gates`, `circuit`: the two kinds of stage.
    - `polish`: maximise the margin of every gate once the functions are known. Without it, the
      parameters are what the search left.
    - `bounded`: keep every bound by construction. Without it, bounds are ignored in the search.
    - `method`: `gradient` trains free gates, all together where they are few and else output by
      output; `sat` chooses their functions by exact search; `auto` searches where it is known at once
      what the gates can compute and no training of one's own is asked for, and turns to the other
      where the first fails.
    - `look_up`: take gates of known function from a cell library where one fits.
    """

    seed: int = 0
    gates: Search = GATES
    circuit: Search = CIRCUIT
    polish: bool = True
    bounded: bool = True
    method: Method = "auto"
    look_up: bool = True

    def to_data(self) -> dict[str, Any]:
        """The settings as JSON-ready data, for a design's provenance."""

        def stage(search: Search) -> dict[str, Any]:
            return {
                "optimizer": search.optimizer.to_data(),
                "steps": search.steps,
                "restarts": search.restarts,
                "objective": str(search.loss or MARGIN),
                "steepness": [search.steepness.start, search.steepness.end],
                "temperature": [search.temperature.start, search.temperature.end],
                "relaxation": search.relaxation,
                "rounds": search.rounds,
            }

        return {
            "gates": stage(self.gates),
            "circuit": stage(self.circuit),
            "polish": self.polish,
            "bounded": self.bounded,
            "method": self.method,
            "look_up": self.look_up,
        }


PUBLISHED = Search(
    optimizer("adabelief", 1e-3),
    steps=5000,
    restarts=256,
    loss=CROSS_ENTROPY,
    steepness=Anneal(1.0, 1.0),
    relaxation="straight-through",
)
"""Radhakrishnan, Sinha, Murali, Ditto, Chaos, Solitons & Fractals (2025), 116007."""

RECIPES: dict[str, Settings] = {
    "default": Settings(),
    "published": Settings(gates=PUBLISHED, circuit=PUBLISHED, polish=False, bounded=False),
}
"""Complete settings by name. `published` starts from N(0, 1) and keeps no bounds."""


def recipe(name: str) -> Settings:
    """The settings called `name`.

    **Raises:** `ChaoscadError` with the nearest name.
    """
    if name not in RECIPES:
        hint = nearest(name, RECIPES) or "the recipes are " + ", ".join(RECIPES)
        raise ChaoscadError(f"unknown recipe {shown(name)}; {hint}")
    return RECIPES[name]


class Verdict(enum.Enum):
    """What the solver says of a circuit, before verification."""

    SOLVED = "Every gate and every target was solved."
    GATES = "No setting was found for some gates that a function is declared for."
    INFEASIBLE = "Some gates are proven infeasible within their bounds; nothing was trained."
    TARGETS = "No start reached the targets."
    IMPOSSIBLE = "No functions that the gates were found able to compute reach the targets: proven."
    WIRING = "With this wiring, no functions of the gates reach the targets: proven."


@dataclass(frozen=True)
class GateSolution:
    """What was found for one gate.

    **Arguments:**

    - `function`: the declared table, or the one found, with `-` in rows that never occur.
    - `bound`: it is proven that no setting of the gate has a greater margin; infinite where nothing
      is proven, as for flows and for gates that share a parameter by a tie.
    """

    setpoint: Setpoint
    function: TruthTable
    bound: float = math.inf


@dataclass(frozen=True)
class Stage:
    """How one stage of a run went: trials in all, solved, and retired as non-finite."""

    name: str
    problems: int
    trials: int
    solved: int
    retired: int
    steps: int
    outcome: str

    def to_data(self) -> dict[str, Any]:
        """The stage as JSON-ready data."""
        return {
            "name": self.name,
            "problems": self.problems,
            "trials": self.trials,
            "solved": self.solved,
            "retired": self.retired,
            "steps": self.steps,
            "outcome": self.outcome,
        }


@dataclass(frozen=True)
class Solution:
    """What the solver found for every gate of a netlist.

    **Arguments:**

    - `infeasible`: the certificates of the gates that no setting can solve.
    - `undecided`: what is known of families for which no setting was found and none is ruled out.
    """

    verdict: Verdict
    gates: Mapping[str, GateSolution]
    unsolved: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    infeasible: Mapping[str, Feasibility] = field(default_factory=dict)
    undecided: tuple[Feasibility, ...] = ()

    @property
    def solved(self) -> bool:
        """Whether the solver is content; verification has the last word."""
        return self.verdict is Verdict.SOLVED
