"""The self-test of a C export: its rows, and a `main` that walks them."""

from __future__ import annotations

import numpy as np

from chaoscad.export.c.plan import CPlan
from chaoscad.export.rows import Expected


def rows_header(made: CPlan, rows: Expected) -> str:
    """The rows of the self-test: per row, inputs and outputs as bits, the first most significant."""
    netlist = made.design.netlist
    names = [*netlist.inputs, *netlist.outputs]
    packed = np.packbits(np.stack([rows.nets[name] for name in names]), axis=0).T
    lines = [f"/* {rows.said()}: inputs, then outputs, the first most significant. */"]
    lines.append(f"#define ROWS {rows.rows}L")
    lines.append(f"static const uint8_t rows[ROWS][{packed.shape[1]}] = {{")
    lines += ["    {" + ",".join(map(str, row)) + "}," for row in packed.tolist()]
    return "\n".join([*lines, "};", ""])


def self_test(made: CPlan) -> list[str]:
    """A `main` that walks the rows and, with -v, prints every value of every gate."""
    macro, stem = made.macro, made.stem
    ways = ["float"] if made.word is None else ["fixed", "float"]
    lines = [
        f"#ifdef {macro}_SELF_TEST",
        f"#ifndef {macro}_HAS_FLOAT",
        f'#error "the self-test walks the floating form too: define {macro}_SHORT_DOUBLE"',
        "#endif",
        f'#include "{stem}_rows.h"',
        "static uint8_t row_bit(long row, int place)",
        "{",
        "    return (uint8_t)(rows[row][place / 8] >> (7 - place % 8) & 1);",
        "}",
        "typedef uint8_t (*gate_t)(const uint8_t *net);",
        f"static const uint16_t arity[{macro}_GATES] = {{"
        + ", ".join(str(gate.arity) for gate in made.design.gates)
        + "};",
    ]
    places = made.places
    flat = [str(places[name]) for gate in made.design.gates for name in gate.inputs]
    lines.append(f"static const uint32_t reads[] = {{{', '.join(flat)}}};")
    for way in ways:
        listed = ", ".join(f"{way}_gate_{number}" for number in range(len(made.design.gates)))
        lines.append(f"static const gate_t {way}_gates[{macro}_GATES] = {{{listed}}};")
    lines += [
        "static void print_gates(const char *way, const gate_t *gates)",
        "{",
        "    static uint8_t net[NETS];",
        "    long gate, row, first = 0;",
        "    int i;",
        "    recording = 1;",
        f"    for (gate = 0; gate < {macro}_GATES; gate++) {{",
        "        for (row = 0; row < 1L << arity[gate]; row++) {",
        "            for (i = 0; i < arity[gate]; i++)",
        "                net[reads[first + i]] = (uint8_t)(row >> (arity[gate] - 1 - i) & 1);",
        '            printf("%s %ld %ld:", way, gate, row);',
        "            i = gates[gate](net);",
        '            printf(" %d\\n", i);',
        "        }",
        "        first += arity[gate];",
        "    }",
        "    recording = 0;",
        "}",
        "int main(int argc, char **argv)",
        "{",
        f"    uint8_t inputs[{macro}_INPUTS], outputs[{macro}_OUTPUTS];",
        "    long row, failures = 0;",
        "    int i;",
        '    if (argc > 1 && strcmp(argv[1], "-v") == 0) {',
        *(f'        print_gates("{way}", {way}_gates);' for way in ways),
        "    }",
        "    for (row = 0; row < ROWS; row++) {",
        f"        for (i = 0; i < {macro}_INPUTS; i++) inputs[i] = row_bit(row, i);",
    ]
    for way in ways:
        lines += [
            f"        {stem}_evaluate_{way}(inputs, outputs);",
            f"        for (i = 0; i < {macro}_OUTPUTS; i++)",
            f"            if (outputs[i] != row_bit(row, {macro}_INPUTS + i)) {{",
            "                failures++;",
            f'                if (failures <= 10) printf("FAIL row %ld: output %d in {way} point\\n", '
            "row, i);",
            "            }",
        ]
    how = " and ".join(ways)
    lines += [
        "    }",
        f'    if (failures == 0) printf("PASS: %ld rows in {how} point\\n", ROWS);',
        '    else printf("FAIL: %ld outputs of %ld rows\\n", failures, ROWS);',
        "    return failures != 0;",
        "}",
        "#endif",
        "",
    ]
    return lines
