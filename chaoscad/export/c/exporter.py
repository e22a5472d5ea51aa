"""The export to C99: a design for a microcontroller, in fixed and in floating point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chaoscad.design.reconfigurable import Reconfigurable
from chaoscad.errors import ChaoscadError, Diagnostic, Refused, shown
from chaoscad.evidence import Evidence
from chaoscad.export.c import OPTIONS
from chaoscad.export.c.check import run_self_test
from chaoscad.export.c.configured import Configured, configured
from chaoscad.export.c.fixed_point import WIDEST, reach, widest
from chaoscad.export.c.plan import CPlan, plan, steps
from chaoscad.export.c.self_test import rows_header
from chaoscad.export.c.text import header, source
from chaoscad.export.gate_table import outside, wrong_by_dac
from chaoscad.export.model import CheckLog, Export
from chaoscad.export.options import Option, Options
from chaoscad.export.readme import readme
from chaoscad.fixed_point.orbits import Word
from chaoscad.fixed_point.word import complaints, word_of, word_of_all


@dataclass(frozen=True)
class CExporter:
    """C99: a header, a source, and the rows of its self-test."""

    name: str = "c"
    title: str = "C99 for a microcontroller, in fixed and floating point"
    options: tuple[Option[Any], ...] = OPTIONS

    def prepare(self, evidence: Evidence, options: Options) -> CPlan:
        """Refused: words that break a row or are too wide, flows off their fixed steps, DAC codes."""
        found = _refusals(evidence, options)
        if not steps(evidence):
            try:
                found += complaints(evidence, word_of(evidence, options.hardware))
            except ChaoscadError as error:
                found += error.diagnostics
        if found:
            raise Refused(found)
        made = plan(evidence, options)
        if made.word is not None and (wide := _too_wide(made, made.word)):
            raise Refused(wide)
        return made

    def prepare_configurations(
        self, evidence: Mapping[str, Evidence], design: Reconfigurable, options: Options
    ) -> Configured:
        """Refused as in `prepare`, for each configuration; all are in one word."""
        found = [
            replace(item, message=f"in configuration {shown(name)}: {item.message}")
            for name, one in evidence.items()
            for item in _refusals(one, options)
        ]
        if found:
            raise Refused(found)
        if not any(map(steps, evidence.values())):
            options = replace(options, hardware=word_of_all(evidence, options.hardware))
        made = configured(evidence, design, options)
        wide = [
            item
            for one in made.plan.every.values()
            if one.word
            for item in _too_wide(one, one.word)
        ]
        if wide:
            raise Refused(wide)
        return made

    def export(self, made: CPlan | Configured) -> Export:
        """`NAME.h`, `NAME.c` and, for the self-test, `NAME_rows.h`."""
        made = made.plan if isinstance(made, Configured) else made
        files = {
            f"{made.stem}.h": header(made),
            f"{made.stem}.c": source(made),
            f"{made.stem}_rows.h": rows_header(made, made.rows),
            "README.md": _readme(made),
        }
        wrong = wrong_by_dac(made.tables, made.hardware)
        if made.every:
            wrong = [
                replace(item, message=f"in configuration {shown(name)}: {item.message}")
                for name, one in made.every.items()
                for item in wrong_by_dac(one.tables, one.hardware)
            ]
        return Export(self.name, files, dict(made.nets), tuple(wrong))

    def check(self, made: CPlan | Configured, export: Export, folder: Path) -> CheckLog:  # noqa: ARG002
        """Compile without a warning, run the self-test, and compare every value that it prints."""
        made = made.plan if isinstance(made, Configured) else made
        return run_self_test(made, made.rows, folder)


EXPORTER = CExporter()
"""The exporter of the target `c`."""


def _refusals(evidence: Evidence, options: Options) -> list[Diagnostic]:
    """DAC codes and flows that cannot be."""
    found = outside(evidence.design, options.hardware)
    return found + [item.refusal for item in steps(evidence).values() if item.refusal is not None]


def _too_wide(made: CPlan, word: Word) -> list[Diagnostic]:
    """Maps whose exact product does not fit the widest integers that C99 is sure to have."""
    found: list[Diagnostic] = []
    for system in made.systems:
        assert system.form is not None
        members = [
            element.longest.name
            for element in made.design.elements
            if made.system_of[element.key] is system
        ]
        width = widest(system.form, reach([made.orbits[name] for name in members]))
        if width > WIDEST:
            message = (
                f"gate {shown(members[0])}: with {word.fraction_bits} fraction bits its map needs "
                f"integers of {width} bits, and C99 has {WIDEST + 1}"
            )
            found.append(Diagnostic(message, hint="give fewer fraction_bits"))
    return found


def _readme(made: CPlan) -> str:
    stem, macro = made.stem, made.macro
    notes = [
        f"Call `{stem}_evaluate_float(inputs, outputs)`"
        + (f" or `{stem}_evaluate_fixed(inputs, outputs)`" if made.word is not None else "")
        + "; bytes of `inputs` that are not 0 are ones, `outputs` become 0 or 1, both in the order of "
        f"the header. `{macro}_SELF_TEST` adds a `main` that walks {made.rows.said()}; with the argument "
        "`-v` it prints every value of every gate.",
    ]
    notes += [" ".join(made.arithmetic())]
    notes.append(
        "It compiles as C++ too. The floating form needs a `double` of 53 bits; where it has fewer, as "
        f"with avr-gcc, it is left out, unless `{macro}_SHORT_DOUBLE` is defined: then its values are "
        "others, and rows may be wrong until the self-test has passed on the target. On an AVR tables "
        f"stand in flash; `{macro}_READ(&TABLE[place])` reads one."
    )
    if made.every:
        notes += [
            f"Both take a configuration as their first argument: {', '.join(made.configurations.values())}. "
            f"What differs between them stands in the tables `..._controls` of `{stem}.c`; the table of "
            "gates above is that of the first."
        ]
    if made.word is None:
        notes.append("Flows have no fixed-point form.")
    return readme(
        made.design,
        made.nets,
        title="C99",
        files={
            f"{stem}.h": "the interface, the names of inputs and outputs, DAC codes where there is a DAC",
            f"{stem}.c": "the circuit",
            f"{stem}_rows.h": "the rows of the self-test; only that needs it",
        },
        run=[
            f"cc -std=c99 -Wall -Wextra -Werror -O2 -D{macro}_SELF_TEST -o self_test {stem}.c -lm",
            "./self_test",
        ],
        notes=notes,
        hardware=made.hardware,
    )
