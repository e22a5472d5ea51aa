"""The export to C99: a design for a microcontroller, in fixed and in floating point."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chaoscad.design.model import Design
from chaoscad.errors import ChaoscadError, Diagnostic, shown
from chaoscad.export.c_check import run_self_test
from chaoscad.export.c_fixed import WIDEST, reach, widest
from chaoscad.export.c_flows import steps_of
from chaoscad.export.c_plan import Plan, plan
from chaoscad.export.c_self_test import rows_header
from chaoscad.export.c_text import header, source
from chaoscad.export.fixed_point_word import complaints, word_of
from chaoscad.export.model import CheckLog, Export, Options
from chaoscad.export.readme import readme
from chaoscad.export.rows import Expected, expected
from chaoscad.export.table_rows import gate_table, outside, wrong_by_dac
from chaoscad.systems import Flow
from chaoscad.verification.gates import every_gate


@dataclass(frozen=True)
class CExporter:
    """C99: a header, a source, and the rows of its self-test."""

    name: str = "c"
    title: str = "C99 for a microcontroller, in fixed and floating point"

    def refuse(self, design: Design, options: Options) -> list[Diagnostic]:
        """Words that break a row or are too wide, flows that fixed steps do not follow, DAC codes."""
        found = outside(design, options.hardware)
        flows = [gate for gate in design.gates if isinstance(gate.setting.system, Flow)]
        if flows:
            rows = every_gate(design)
            refusals = [steps_of(gate, rows[gate.name]).refusal for gate in flows]
            return [*found, *(item for item in refusals if item is not None)]
        try:
            word = word_of(design, options.hardware)
            found += complaints(design, word)
        except ChaoscadError as error:
            return [*found, *error.diagnostics]
        return found or _too_wide(plan(design, options))

    def export(self, design: Design, options: Options) -> Export:
        """`NAME.h`, `NAME.c` and, for the self-test, `NAME_rows.h`."""
        made = plan(design, options)
        rows = expected(design, options)
        files = {
            f"{made.stem}.h": header(made),
            f"{made.stem}.c": source(made),
            f"{made.stem}_rows.h": rows_header(made, rows),
            "README.md": _readme(made, rows),
        }
        wrong: list[Diagnostic] = []
        if options.hardware.dac_bits is not None:
            found = every_gate(design)
            tables = [gate_table(gate, found[gate.name], options.hardware) for gate in design.gates]
            wrong = wrong_by_dac(tables, options.hardware)
        return Export(self.name, files, dict(made.nets), tuple(wrong))

    def check(self, export: Export, design: Design, options: Options, folder: Path) -> CheckLog:  # noqa: ARG002
        """Compile without a warning, run the self-test, and compare every value that it prints."""
        made = plan(design, options)
        return run_self_test(made, expected(design, options), folder)


EXPORTER = CExporter()
"""The exporter of the target `c`."""


def _too_wide(made: Plan) -> list[Diagnostic]:
    """Maps whose exact product does not fit the widest integers that C99 is sure to have."""
    found: list[Diagnostic] = []
    for kind in made.kinds:
        assert kind.form is not None
        members = [gate.name for gate in made.design.gates if made.kind_of[gate.name] is kind]
        width = widest(kind.form, reach([made.orbits[name] for name in members]))
        if width > WIDEST:
            assert made.word is not None
            message = (
                f"gate {shown(members[0])}: with {made.word.fraction_bits} fraction bits its map needs "
                f"integers of {width} bits, and C99 has {WIDEST + 1}"
            )
            found.append(Diagnostic(message, hint="give fewer fraction_bits"))
    return found


def _readme(made: Plan, rows: Expected) -> str:
    stem, macro = made.stem, made.macro
    notes = [
        f"Call `{stem}_evaluate_float(inputs, outputs)`"
        + (f" or `{stem}_evaluate_fixed(inputs, outputs)`" if made.word is not None else "")
        + "; bytes of `inputs` that are not 0 are ones, `outputs` become 0 or 1, both in the order of "
        f"the header. `{macro}_SELF_TEST` adds a `main` that walks {rows.said()}; with the argument "
        "`-v` it prints every value of every gate.",
    ]
    notes += [" ".join(made.arithmetic())]
    notes.append(
        "It compiles as C++ too. The floating form needs a `double` of 53 bits; where it has fewer, as "
        f"with avr-gcc, it is left out, unless `{macro}_SHORT_DOUBLE` is defined: then its values are "
        "others, and rows may be wrong until the self-test has passed on the target. On an AVR tables "
        f"stand in flash; `{macro}_READ(&TABLE[place])` reads one."
    )
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
