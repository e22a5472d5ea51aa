"""What noise is measured on: gates with one device's parameters, and the bits that they should give."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Bool

from chaoscad.compile import CircuitPlan, Setpoints, plan_gates, stack
from chaoscad.compile.precision import double
from chaoscad.design import Design
from chaoscad.errors import ChaoscadError
from chaoscad.evidence import Evidence
from chaoscad.gate import Setpoint
from chaoscad.netlist.deviations import Deviations
from chaoscad.netlist.model import Bounds, Gate
from chaoscad.robustness.circuit import Judge
from chaoscad.robustness.devices import draw, population
from chaoscad.robustness.monte_carlo import judge_of
from chaoscad.systems import Flow
from chaoscad.systems.curves import saturating


@dataclass(frozen=True, eq=False)
class Subject:
    """Gates whose bits are disturbed.

    Rows are the local rows of the first gate, of the second, and so on.

    **Arguments:**

    - `plan`: of the gates; hashable, it selects a compiled program.
    - `device`: their parameters, one device on the last axis, in float64.
    - `below`: which of them compare by `<`.
    - `wanted`: the bits without noise.
    - `relevant`: rows that matter.
    - `rows`: the gate and the local inputs of every row.
    - `elements`: the gates of every element that is read more than once.
    """

    plan: CircuitPlan
    device: Setpoints
    below: Bool[np.ndarray, " gates"]
    wanted: Bool[np.ndarray, " rows"]
    relevant: Bool[np.ndarray, " rows"]
    rows: tuple[tuple[str, str], ...]
    elements: tuple[tuple[int, ...], ...] = ()

    @property
    def flows(self) -> bool:
        """Whether some gate is a flow."""
        return any(isinstance(group.setting.system, Flow) for group in self.plan.groups)


def of_design(design: Design | Evidence, device: Setpoints | None = None) -> tuple[Subject, Judge]:
    """A design, or a device of it, whose bits should be those of the design.

    **Raises:** `ChaoscadError` for a design that does not verify.
    """
    evidence = design if isinstance(design, Evidence) else Evidence(design)
    judge = judge_of(evidence)
    found = population(evidence.design, Deviations())
    own = found.centre if device is None else _checked(device, found.centre)
    rows = tuple(judge.name(row) for row in range(judge.offsets[-1]))
    place = {gate.name: index for index, gate in enumerate(evidence.design.gates)}
    elements = tuple(
        tuple(place[gate.name] for gate in element.readings)
        for element in evidence.design.elements
        if element.shared
    )
    return Subject(
        found.plan, own, found.below, judge.nominal, judge.relevant, rows, elements
    ), judge


def _checked(device: Setpoints, centre: Setpoints) -> Setpoints:
    for name, given, known in zip(Setpoints._fields, device, centre, strict=True):
        if np.shape(given) != np.shape(known):
            raise ChaoscadError(
                f"{name} of the device has shape {np.shape(given)}, and that of the design "
                f"{np.shape(known)}; draw the device from this design"
            )
    return device


def of_setpoint(gate: Setpoint, name: str = "gate") -> Subject:
    """A gate alone; its bits should be those that it gives without noise."""
    arity = len(gate.delta)
    setting = saturating(gate.setting)
    source = Gate(
        name=name,
        inputs=tuple(f"i{index}" for index in range(arity)),
        function=None,
        setting=setting,
        iterates=gate.iterates,
        weights="independent",
        compare=gate.compare,
        bounds=Bounds(setting.system.state),
    )
    values = setting.value(gate.states(), gate.iterates)
    return Subject(
        plan=plan_gates([source]),
        device=Setpoints(*(leaf[..., None] for leaf in stack([gate]))),
        below=np.array([gate.compare == "<"]),
        wanted=values < gate.threshold if gate.compare == "<" else values > gate.threshold,
        relevant=np.ones(1 << arity, bool),
        rows=tuple((name, format(row, f"0{arity}b")) for row in range(1 << arity)),
    )


def drawn_device(design: Design, deviations: Deviations, *, seed: int = 0) -> Setpoints:
    """The parameters of one device of a design, drawn with its tolerances."""
    found = population(design, deviations)
    with double():
        device = draw(jax.random.key(seed), 1, found.centre, found.errors)
        return Setpoints(*(np.asarray(part) for part in device))  # type: ignore[arg-type]
