"""All configurations of a design in one C program: what differs stands in a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from chaoscad.design.reconfigurable import Reconfigurable
from chaoscad.errors import Diagnostic, Refused, shown
from chaoscad.evidence import Evidence
from chaoscad.export.c.plan import CPlan, CSystem, plan
from chaoscad.export.options import Options
from chaoscad.fixed_point.lowering import form
from chaoscad.fixed_point.orbits import domains
from chaoscad.systems import Interval, Setting


@dataclass(frozen=True)
class Configured:
    """A design of several configurations on its way to C.

    `plan` is that of the first, and knows those of all.
    """

    design: Reconfigurable
    plan: CPlan


def configured(
    evidence: Mapping[str, Evidence], design: Reconfigurable, options: Options
) -> Configured:
    """Settle the names, the systems and the word of all configurations.

    **Raises:** `Refused` when a parameter of a system differs between configurations.
    """
    found = list(_systems_that_differ(evidence))
    if found:
        raise Refused(found[:20])
    plans = {name: plan(one, options) for name, one in evidence.items()}
    first = next(iter(plans.values()))
    wide = "int64_t" if any(one.wide == "int64_t" for one in plans.values()) else "int32_t"
    if first.word is None:
        return Configured(design, replace(first, every=plans))
    # A table has to reach the states of every configuration.
    reach: dict[Setting, Interval] = {}
    for one in evidence.values():
        for setting, (low, high) in domains(one).items():
            before = reach.get(setting, (low, high))
            reach[setting] = min(low, before[0]), max(high, before[1])
    bits, rounding = first.word.fraction_bits, first.word.rounding
    systems: dict[Setting, CSystem] = {
        item.setting: replace(
            item, form=form(item.setting, bits, rounding, domain=reach[item.setting])
        )
        for item in first.systems
    }
    system_of = {name: systems[item.setting] for name, item in first.system_of.items()}
    whole = replace(
        first, every=plans, wide=wide, systems=tuple(systems.values()), system_of=system_of
    )
    return Configured(design, whole)


def _systems_that_differ(evidence: Mapping[str, Evidence]) -> Iterator[Diagnostic]:
    (first, one), *others = evidence.items()
    for name, other in others:
        for gate, there in zip(one.design.gates, other.design.gates, strict=True):
            if gate.setting.element != there.setting.element:
                yield Diagnostic(
                    f"gate {shown(gate.name)}: the system differs between the configurations "
                    f"{shown(first)} and {shown(name)}, and the C form has no table of systems",
                    hint="controls can be x0, delta, threshold, iterates and time; --configuration "
                    "NAME exports one",
                )
