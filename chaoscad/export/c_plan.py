"""What a C export says about a design, settled before any text is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chaoscad.design.model import Design
from chaoscad.export.c_fixed import NARROW, reach, widest
from chaoscad.export.c_flows import steps_of
from chaoscad.export.fixed_point import GateOrbit, Word, domains, orbits
from chaoscad.export.fixed_point_form import Form
from chaoscad.export.fixed_point_lowering import form
from chaoscad.export.fixed_point_word import word_of
from chaoscad.export.model import Hardware, Options
from chaoscad.export.names import C, Namespace
from chaoscad.systems import Flow, Setting
from chaoscad.verification.gates import every_gate


@dataclass(frozen=True)
class Kind:
    """Gates on one system with the same parameters; `form` is `None` for flows."""

    number: int
    setting: Setting
    form: Form | None

    @property
    def flow(self) -> bool:
        """Whether it is a flow."""
        return isinstance(self.setting.system, Flow)


@dataclass(frozen=True)
class Plan:
    """A design on its way to C.

    **Arguments:**

    - `stem`, `macro`: with which public names begin, in lower and in upper case.
    - `nets`: the C name of every net.
    - `word`: of fixed point; `None` where there is none.
    - `kinds`, `kind_of`: the systems, and that of every gate.
    - `orbits`: the integers of every gate; empty without a word.
    - `steps`: of every gate on a flow, the number of its steps.
    - `wide`: the C type that holds every intermediate integer.
    """

    design: Design
    hardware: Hardware
    stem: str
    macro: str
    nets: Mapping[str, str]
    word: Word | None
    kinds: tuple[Kind, ...]
    kind_of: Mapping[str, Kind]
    orbits: Mapping[str, GateOrbit]
    steps: Mapping[str, int]
    wide: str

    @property
    def places(self) -> dict[str, int]:
        """The place of every net: inputs first, then gates in the order of evaluation."""
        names = [*self.design.netlist.inputs, *(gate.name for gate in self.design.gates)]
        return {name: index for index, name in enumerate(names)}

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


def plan(design: Design, options: Options) -> Plan:
    """Settle names, number formats and steps."""
    space = Namespace(C)
    names = [*design.netlist.inputs, *(gate.name for gate in design.gates)]
    nets = space.take_all(names)
    stem = Namespace(C).take(design.name)
    flows = any(isinstance(gate.setting.system, Flow) for gate in design.gates)
    word = None if flows else word_of(design, options.hardware)
    found = {} if word is None else orbits(design, word.fraction_bits, word.rounding)
    reached = domains(design)
    kinds: dict[Setting, Kind] = {}
    kind_of: dict[str, Kind] = {}
    for gate in design.gates:
        setting = gate.setting
        if setting not in kinds:
            made = None
            if word is not None:
                made = form(setting, word.fraction_bits, word.rounding, domain=reached[setting])
            kinds[setting] = Kind(len(kinds), setting, made)
        kind_of[gate.name] = kinds[setting]
    steps: dict[str, int] = {}
    if flows:
        rows = every_gate(design)
        for gate in design.gates:
            if isinstance(gate.setting.system, Flow):
                steps[gate.name] = steps_of(gate, rows[gate.name]).count
    return Plan(
        design=design,
        hardware=options.hardware,
        stem=stem,
        macro=stem.upper(),
        nets=nets,
        word=word,
        kinds=tuple(kinds.values()),
        kind_of=kind_of,
        orbits=found,
        steps=steps,
        wide=_wide(design, kind_of, found),
    )


def _wide(design: Design, kind_of: Mapping[str, Kind], found: Mapping[str, GateOrbit]) -> str:
    members: dict[int, list[GateOrbit]] = {}
    for gate in design.gates:
        if gate.name in found:
            members.setdefault(kind_of[gate.name].number, []).append(found[gate.name])
    for kind in kind_of.values():
        if kind.form is not None and widest(kind.form, reach(members[kind.number])) > NARROW:
            return "int64_t"
    return "int32_t"
