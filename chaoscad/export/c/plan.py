"""What a C export says about a design, settled before any text is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from chaoscad.design.model import Design
from chaoscad.evidence import Evidence, once
from chaoscad.export.c.fixed_point import NARROW, reach, widest
from chaoscad.export.c.flows import Steps, steps_of
from chaoscad.export.gate_table import GateTable, gate_tables
from chaoscad.export.names import C, Namespace
from chaoscad.export.options import Options
from chaoscad.export.rows import Expected, expected
from chaoscad.fixed_point.form import Form
from chaoscad.fixed_point.lowering import form
from chaoscad.fixed_point.orbits import GateOrbit, Word, domains, orbits
from chaoscad.fixed_point.word import word_of
from chaoscad.hardware import Hardware
from chaoscad.systems import Flow, Setting


@dataclass(frozen=True)
class CSystem:
    """Elements on one system with the same parameters; `form` is `None` for flows."""

    number: int
    setting: Setting
    form: Form | None

    @property
    def flow(self) -> bool:
        """Whether it is a flow."""
        return isinstance(self.setting.system, Flow)


@dataclass(frozen=True)
class CPlan:
    """A design on its way to C.

    **Arguments:**

    - `stem`, `macro`: with which public names begin, in lower and in upper case.
    - `nets`: the C name of every net.
    - `word`: of fixed point; `None` where there is none.
    - `systems`, `system_of`: the systems, and that of every element by its key.
    - `orbits`: the integers of every gate; empty without a word.
    - `steps`: of every element on a flow, the steps up to each of its readings.
    - `wide`: the C type that holds every intermediate integer.
    - `rows`: of the self-test.
    - `tables`: of every gate, where there is a DAC.
    - `every`: of a design of several configurations, the plan of each; this is then the first.
    """

    design: Design
    hardware: Hardware
    stem: str
    macro: str
    nets: Mapping[str, str]
    word: Word | None
    systems: tuple[CSystem, ...]
    system_of: Mapping[str, CSystem]
    orbits: Mapping[str, GateOrbit]
    steps: Mapping[str, tuple[int, ...]]
    wide: str
    rows: Expected
    tables: Sequence[GateTable]
    every: Mapping[str, CPlan] = field(default_factory=dict)

    @cached_property
    def places(self) -> dict[str, int]:
        """The place of every net: inputs first, then gates in the order of evaluation."""
        names = [*self.design.netlist.inputs, *(gate.name for gate in self.design.gates)]
        return {name: index for index, name in enumerate(names)}

    @property
    def configurations(self) -> dict[str, str]:
        """By configuration, the constant of the header that is its number."""
        space = Namespace(C)
        return {name: f"{self.macro}_{space.take(f'CONFIGURATION_{name}')}" for name in self.every}

    def arithmetic(self) -> list[str]:
        """The number formats and the order of operations, in words."""
        lines = ["Floating point is double precision; the values are those of the design."]
        if self.steps:
            lines.append("Flows are integrated by the classical Runge-Kutta method of order 4.")
        word = self.word
        if word is not None:
            how = "truncated, towards minus infinity"
            if word.rounding == "nearest":
                how = "rounded to the nearest, halves up"
            lines += [
                f"Fixed point is {word.title}: {word.length} bits with one sign bit; the integer i "
                f"stands for i / {1 << word.fraction_bits}.",
                "x0, weights, threshold and the map's parameters are rounded to it, states are summed,",
                f"an iterate is computed in full width and then {how}; the comparison is strict.",
            ]
        return lines


@once
def steps(evidence: Evidence) -> Mapping[str, Steps]:
    """The steps of every element on a flow, by its key."""
    return {
        element.key: steps_of(element, evidence.rows)
        for element in evidence.design.elements
        if isinstance(element.setting.system, Flow)
    }


def plan(evidence: Evidence, options: Options) -> CPlan:
    """Settle names, number formats and steps."""
    design, hardware = evidence.design, options.hardware
    space = Namespace(C)
    names = [*design.netlist.inputs, *(gate.name for gate in design.gates)]
    nets = space.take_all(names)
    stem = Namespace(C).take(design.name)
    flows = steps(evidence)
    word = None if flows else word_of(evidence, hardware)
    found = {} if word is None else orbits(evidence, word.fraction_bits, word.rounding)
    reached = domains(evidence)
    systems: dict[Setting, CSystem] = {}
    system_of: dict[str, CSystem] = {}
    for element in design.elements:
        setting = element.setting.element
        if setting not in systems:
            made = None
            if word is not None:
                made = form(setting, word.fraction_bits, word.rounding, domain=reached[setting])
            systems[setting] = CSystem(len(systems), setting, made)
        system_of[element.key] = systems[setting]
    return CPlan(
        design=design,
        hardware=hardware,
        stem=stem,
        macro=stem.upper(),
        nets=nets,
        word=word,
        systems=tuple(systems.values()),
        system_of=system_of,
        orbits=found,
        steps={name: item.counts for name, item in flows.items()},
        wide=_wide(design, system_of, found),
        rows=expected(evidence, options.most_rows, options.seed),
        tables=() if hardware.dac_bits is None else gate_tables(evidence, hardware),
    )


def _wide(design: Design, system_of: Mapping[str, CSystem], found: Mapping[str, GateOrbit]) -> str:
    for system in dict.fromkeys(system_of.values()):
        if system.form is None:
            continue
        own = [
            found[element.longest.name]
            for element in design.elements
            if system_of[element.key] is system
        ]
        if widest(system.form, reach(own)) > NARROW:
            return "int64_t"
    return "int32_t"
