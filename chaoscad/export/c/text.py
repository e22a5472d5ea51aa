"""The text of a C export: its header and its source."""

from __future__ import annotations

from chaoscad.design.model import DesignGate
from chaoscad.export.c import fixed_point, floating
from chaoscad.export.c.plan import CPlan, CSystem
from chaoscad.export.c.self_test import self_test
from chaoscad.export.coordinates import legal, renamed
from chaoscad.export.names import comment
from chaoscad.fixed_point.form import to_grid
from chaoscad.systems.curves import Curve
from chaoscad.systems.symbolic.assignments import written

_KINDS = {"fixed": "int32_t", "float": "double"}
"""The C type of a state, by number format."""


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
            lines += _fixed_value(system)
    lines += _nets(made)
    if made.word is not None:
        lines += _gates(made, "fixed")
        lines += _evaluate(made, "fixed")
    lines.append(f"#ifdef {macro}_HAS_FLOAT")
    lines += _float_systems(made)
    lines += _gates(made, "float")
    lines += _evaluate(made, "float")
    lines += ["#endif", "", *_dac_codes(made)]
    return "\n".join([*lines, *self_test(made)])


def _shifts(made: CPlan) -> bool:
    forms = [system.form for system in made.systems if system.form is not None]
    return any(item.operation == "shift_right" for form in forms for item in form.instructions)


def _fixed_value(system: CSystem) -> list[str]:
    setting, form = system.setting, system.form
    assert form is not None
    names = setting.system.coordinates
    starts = [
        "z" if name in setting.encode else str(to_grid(value, form.fraction_bits))
        for name, value in zip(names, setting.start, strict=True)
    ]
    lines = [f"static int32_t fixed_value_{system.number}(int32_t z, int iterates)", "{"]
    lines += [f"    int32_t s[{len(names)}];", "    int i;"]
    lines += [f"    s[{index}] = {start};" for index, start in enumerate(starts)]
    record = " ".join(f"RECORD_FIXED(s[{index}]);" for index in range(len(names)))
    lines += [
        f"    {record}",
        f"    for (i = 0; i < iterates; i++) {{ fixed_step_{system.number}(s); {record} }}",
        f"    return s[{setting.reading}];",
        "}",
        "",
    ]
    return lines


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
        lines += _float_value(system)
    first = [
        line
        for i, curve in enumerate(curves)
        for line in floating.curve_function(i, curve, made.macro)
    ]
    if curves:
        first = [*floating.READ_DOUBLE.splitlines(), "", *first]
    return [*first, *lines]


def _float_value(system: CSystem) -> list[str]:
    setting = system.setting
    names = setting.system.coordinates
    lines = [f"static double float_value_{system.number}(double z, long count)", "{"]
    lines.append(f"    double s[{len(names)}];")
    if not system.flow:
        lines.append("    long i;")
    lines += [
        f"    s[{index}] = {'z' if name in setting.encode else written(value)};"
        for index, (name, value) in enumerate(zip(names, setting.start, strict=True))
    ]
    if system.flow:
        assert setting.time is not None
        lines.append(
            f"    run_flow(field_{system.number}, {len(names)}, s, {setting.time!r}, count);"
        )
    else:
        lines.append(f"    for (i = 0; i < count; i++) float_step_{system.number}(s);")
    reading = setting.reading
    return [*lines, f"    RECORD_FLOAT(s[{reading}]);", f"    return s[{reading}];", "}", ""]


def _nets(made: CPlan) -> list[str]:
    """Every net has a place: the inputs first, then the gates in the order of evaluation."""
    count = len(made.design.netlist.inputs) + len(made.design.gates)
    return [f"#define NETS {count}", ""]


def _gates(made: CPlan, way: str) -> list[str]:
    """One function per gate, from the nets to its output."""
    places = made.places
    kind = _KINDS[way]
    control = f", const {kind} *control" if made.every else ""
    lines, written = _controls(made, way)
    for number, gate in enumerate(made.design.gates):
        lines += [
            f"/* {comment(gate.name)} */",
            f"static uint8_t {way}_gate_{number}(const uint8_t *net{control})",
        ]
        unused = ["    (void)control;"] if made.every else []
        lines += ["{", *_gate(made, gate, way, places, written[number], unused), "}"]
    return [*lines, ""]


def _controls(made: CPlan, way: str) -> tuple[list[str], list[list[str]]]:
    """The table of what differs between configurations, and of every gate its values as C has them."""
    every = list(made.every.values()) or [made]
    columns: list[list[str]] = []
    written: list[list[str]] = []
    for number in range(len(made.design.gates)):
        found: list[str] = []
        values = [_values(one, one.design.gates[number], way) for one in every]
        for each in zip(*values, strict=True):
            found.append(each[0] if len(set(each)) == 1 else f"control[{len(columns)}]")
            if len(set(each)) > 1:
                columns.append(list(each))
        written.append(found)
    if not made.every:
        return [], written
    columns = columns or [["0"] * len(every)]
    size = f"[{made.macro}_CONFIGURATIONS][{len(columns)}]"
    lines = ["/* What differs between configurations: a row for each. */"]
    lines.append(f"static const {_KINDS[way]} {way}_controls{size} = {{")
    lines += [f"    {{{', '.join(row)}}}," for row in zip(*columns, strict=True)]
    return [*lines, "};"], written


def _values(made: CPlan, gate: DesignGate, way: str) -> list[str]:
    """x0, the weights, the threshold and the steps of a gate in one configuration."""
    count = str(made.steps.get(gate.name, gate.iterates))
    if way == "fixed":
        words = made.orbits[gate.name].words
        return [*map(str, (words.x0, *words.delta, words.threshold)), count]
    return [*map(repr, (gate.x0, *gate.delta, gate.threshold)), count]


def _gate(
    made: CPlan,
    gate: DesignGate,
    way: str,
    places: dict[str, int],
    values: list[str],
    unused: list[str],
) -> list[str]:
    system = made.system_of[gate.name]
    x0, *delta, threshold, count = values
    zero = "0" if way == "fixed" else "0.0"
    lines = [f"    {_KINDS[way]} z = {x0};", *unused]
    lines += [
        f"    z += net[{places[name]}] ? {weight} : {zero};"
        for name, weight in zip(gate.inputs, delta, strict=True)
    ]
    if count.startswith("control"):
        count = f"({'int' if way == 'fixed' else 'long'}){count}"
    value = f"{way}_value_{system.number}(z, {count})"
    return [*lines, f"    return {value} {gate.compare} {threshold};"]


def _evaluate(made: CPlan, way: str) -> list[str]:
    netlist, macro = made.design.netlist, made.macro
    places = made.places
    first = len(netlist.inputs)
    control = ", control" if made.every else ""
    chosen = []
    if made.every:
        known = f"configuration > 0 && configuration < {macro}_CONFIGURATIONS"
        chosen = [
            f"    const {_KINDS[way]} *control = {way}_controls[{known} ? configuration : 0];"
        ]
    lines = [
        _signature(made, way),
        "{",
        "    uint8_t net[NETS];",
        "    int i;",
        *chosen,
        f"    for (i = 0; i < {first}; i++) net[i] = inputs[i] != 0;",
    ]
    lines += [
        f"    net[{first + number}] = {way}_gate_{number}(net{control});"
        for number in range(len(made.design.gates))
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
