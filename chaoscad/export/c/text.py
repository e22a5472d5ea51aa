"""The text of a C export: its header and its source."""

from __future__ import annotations

from chaoscad.export.c import fixed_point, floating
from chaoscad.export.c.elements import KINDS, element_functions, places_table, start_function
from chaoscad.export.c.plan import CPlan
from chaoscad.export.c.self_test import self_test
from chaoscad.export.coordinates import legal, renamed
from chaoscad.export.names import comment
from chaoscad.systems.curves import Curve


def header(made: CPlan) -> str:
    """The interface: sizes, places of inputs and outputs, functions, DAC codes."""
    netlist, macro = made.design.netlist, made.macro
    lines = [
        f"/* {comment(made.design.name)}: a circuit of {len(made.design.gates)} chaogates.",
        *(f"   {line}" for line in made.arithmetic()),
        "*/",
        f"#ifndef {macro}_H",
        f"#define {macro}_H",
        "#include <float.h>",
        "#include <stdint.h>",
        *_flash(made),
        "",
        *_width(made),
        "",
        f"#define {macro}_INPUTS {len(netlist.inputs)}",
        f"#define {macro}_OUTPUTS {len(netlist.outputs)}",
        f"#define {macro}_GATES {len(made.design.gates)}",
    ]
    if made.word is not None:
        lines.append(f"#define {macro}_FRACTION_BITS {made.word.fraction_bits}")
    if made.every:
        numbers = [
            f"    {name} = {number}" for number, name in enumerate(made.configurations.values())
        ]
        lines += [f"#define {macro}_CONFIGURATIONS {len(made.every)}"]
        lines += ["", "/* Configurations; any other number is the first. */", "enum {"]
        lines += [",\n".join(numbers), "};"]
    lines += ["", "/* Places in the arrays of inputs and outputs. */", "enum {"]
    places = [f"    {macro}_IN_{made.nets[name]} = {i}" for i, name in enumerate(netlist.inputs)]
    places += [f"    {macro}_OUT_{made.nets[name]} = {i}" for i, name in enumerate(netlist.outputs)]
    lines += [",\n".join(places), "};", ""]
    lines += ["#ifdef __cplusplus", 'extern "C" {', "#endif"]
    lines.append("/* Every byte of inputs that is not 0 is a one; outputs become 0 or 1. */")
    if made.word is not None:
        lines.append(_interface(made, "fixed"))
    lines += [f"#ifdef {macro}_HAS_FLOAT", _interface(made, "float"), "#endif"]
    if made.hardware.dac_bits is not None:
        lines += _dac_declarations(made)
    return "\n".join([*lines, "#ifdef __cplusplus", "}", "#endif", "", "#endif", ""])


def _interface(made: CPlan, way: str) -> str:
    return f"{_signature(made, way)};"


def _signature(made: CPlan, way: str) -> str:
    chosen = "int configuration, " if made.every else ""
    return (
        f"void {made.stem}_evaluate_{way}({chosen}const uint8_t inputs[{made.macro}_INPUTS], "
        f"uint8_t outputs[{made.macro}_OUTPUTS])"
    )


def _flash(made: CPlan) -> list[str]:
    """Where tables stand: on an AVR in flash, which only its own functions read."""
    macro = made.macro
    return [
        "#ifdef __AVR__",
        "#include <avr/pgmspace.h>",
        f"#define {macro}_FLASH PROGMEM",
        f"#define {macro}_READ(place) pgm_read_dword(place)",
        "#else",
        f"#define {macro}_FLASH",
        f"#define {macro}_READ(place) (*(place))",
        "#endif",
    ]


def _width(made: CPlan) -> list[str]:
    """Whether there is a floating form: only where `double` is what the design was checked with."""
    macro = made.macro
    lines = [
        "/* The floating form was checked with doubles of 53 bits. Where they have fewer, as those of",
        "   avr-gcc, which have 24, its values differ and rows may be wrong: it is left out there, unless",
        f"   {macro}_SHORT_DOUBLE is defined. Then run the self-test on the target. */",
        f"#if DBL_MANT_DIG >= 53 || defined({macro}_SHORT_DOUBLE)",
        f"#define {macro}_HAS_FLOAT",
    ]
    if made.word is None:
        lines += [
            "#else",
            '#error "flows have only a floating form, and double has fewer than 53 bits here"',
        ]
    return [*lines, "#endif"]


def _dac_declarations(made: CPlan) -> list[str]:
    hardware = made.hardware
    assert hardware.dac_range is not None
    low, high = hardware.dac_range
    lines = [
        "",
        f"/* Codes of a DAC of {hardware.dac_bits} bits from {low!r} V to {high!r} V, round((V - Vmin) "
        "/ LSB):",
        "   the threshold, and then the state in every row of the gate, first input most significant.",
        f"   {made.macro}_READ(&TABLE[place]) reads one, also from the flash of an AVR. */",
    ]
    lines += [
        f"extern const uint32_t {made.stem}_dac_{made.nets[gate.name]}"
        f"{_of_each(made)}[{1 + (1 << gate.arity)}] {made.macro}_FLASH;"
        for gate in made.design.gates
    ]
    return lines


def _of_each(made: CPlan) -> str:
    """The first dimension of a table that has a row for each configuration."""
    return f"[{made.macro}_CONFIGURATIONS]" if made.every else ""


def source(made: CPlan) -> str:
    """The circuit in both number formats, and a self-test that a macro switches on."""
    macro, stem = made.macro, made.stem
    lines = [f'#include "{stem}.h"', "#include <math.h>"]
    lines += [
        f"#ifdef {macro}_SELF_TEST",
        "#include <stdio.h>",
        "#include <string.h>",
        "static int recording;",
        '#define RECORD_FIXED(value) do { if (recording) printf(" %ld", (long)(value)); } while (0)',
        '#define RECORD_FLOAT(value) do { if (recording) printf(" %.17g", (value)); } while (0)',
        "#else",
        "#define RECORD_FIXED(value) ((void)0)",
        "#define RECORD_FLOAT(value) ((void)0)",
        "#endif",
        "",
    ]
    if made.word is not None:
        lines += [f"typedef {made.wide} wide;", ""]
        lines += fixed_point.SHIFT.splitlines() if _shifts(made) else []
        lines.append("")
        for system in made.systems:
            assert system.form is not None
            coordinates = legal(system.setting).system.coordinates
            name = f"fixed_step_{system.number}"
            lines += fixed_point.step_function(name, system.form, coordinates, macro)
            lines += start_function(system, "fixed")
    lines += _nets(made)
    if made.word is not None:
        lines += element_functions(made, "fixed")
        lines += _evaluate(made, "fixed")
    lines.append(f"#ifdef {macro}_HAS_FLOAT")
    lines += _float_systems(made)
    lines += element_functions(made, "float")
    lines += _evaluate(made, "float")
    lines += ["#endif", "", *_dac_codes(made)]
    return "\n".join([*lines, *self_test(made)])


def _shifts(made: CPlan) -> bool:
    forms = [system.form for system in made.systems if system.form is not None]
    return any(item.operation == "shift_right" for form in forms for item in form.instructions)


def _float_systems(made: CPlan) -> list[str]:
    """Steps and fields, each once; curves before the steps that read them."""
    curves: list[Curve] = []
    lines: list[str] = []
    flows = [system for system in made.systems if system.flow]
    if flows:
        most = max(len(system.setting.system.coordinates) for system in flows)
        lines += [f"#define MOST_COORDINATES {most}", *floating.RUNGE_KUTTA.splitlines(), ""]
    for system in made.systems:
        named = legal(system.setting)
        lines += [f"/* {line} */" for line in renamed(system.setting)]
        if system.flow:
            lines += floating.field_function(f"field_{system.number}", named)
        else:
            lines += floating.step_function(f"float_step_{system.number}", named, curves)
        lines += start_function(system, "float")
    first = [
        line
        for i, curve in enumerate(curves)
        for line in floating.curve_function(i, curve, made.macro)
    ]
    if curves:
        first = [*floating.READ_DOUBLE.splitlines(), "", *first]
    return [*first, *lines]


def _nets(made: CPlan) -> list[str]:
    """Every net has a place: the inputs first, then the gates in the order of evaluation."""
    count = len(made.design.netlist.inputs) + len(made.design.gates)
    sizes = [f"#define NETS {count}", f"#define ELEMENTS {len(made.design.elements)}", ""]
    return [*sizes, *places_table(made)]


def _evaluate(made: CPlan, way: str) -> list[str]:
    netlist, macro = made.design.netlist, made.macro
    places = made.places
    first = len(netlist.inputs)
    control = ", control" if made.every else ""
    chosen = []
    if made.every:
        known = f"configuration > 0 && configuration < {macro}_CONFIGURATIONS"
        chosen = [f"    const {KINDS[way]} *control = {way}_controls[{known} ? configuration : 0];"]
    lines = [
        _signature(made, way),
        "{",
        # A compiler does not see that every reading is taken where the table says when.
        f"    uint8_t net[NETS]{' = {0}' if made.every else ''};",
        "    const place_t *place = places;",
        "    long i;",
        *chosen,
        f"    for (i = 0; i < {first}; i++) net[i] = inputs[i] != 0;",
        f"    for (i = 0; i < ELEMENTS; i++) place = {way}_element(i, place, net{control});",
    ]
    lines += [
        f"    outputs[{index}] = net[{places[name]}];" for index, name in enumerate(netlist.outputs)
    ]
    return [*lines, "}", ""]


def _dac_codes(made: CPlan) -> list[str]:
    if made.hardware.dac_bits is None:
        return []
    lines: list[str] = []
    every = list(made.every.values()) or [made]
    for tables in zip(*(one.tables for one in every), strict=True):
        gate, rows = tables[0].gate, []
        for table in tables:
            codes = table.dac
            assert codes is not None
            listed = ", ".join(f"{int(code)}u" for code in (codes.threshold_code, *codes.codes))
            rows.append(f"{{{listed}}}")
        size = f"{_of_each(made)}[{1 + (1 << gate.arity)}]"
        each = "{" + ", ".join(rows) + "}" if made.every else rows[0]
        lines.append(
            f"const uint32_t {made.stem}_dac_{made.nets[gate.name]}{size} {made.macro}_FLASH = "
            f"{each};"
        )
    return [*lines, ""]
