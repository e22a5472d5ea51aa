"""The self-test of a C export: its rows, and a `main` that walks them."""

from __future__ import annotations

import numpy as np

from chaoscad.export.c.plan import CPlan
from chaoscad.export.rows import Expected


def rows_header(made: CPlan, rows: Expected) -> str:
    """The rows of the self-test: per row, inputs and outputs as bits, the first most significant."""
    netlist = made.design.netlist
    names = [*netlist.inputs, *netlist.outputs]
    every = [one.rows for one in made.every.values()] or [rows]
    packed = np.concatenate(
        [np.packbits(np.stack([one.nets[name] for name in names]), axis=0).T for one in every]
    )
    lines = [f"/* {rows.said()}: inputs, then outputs, the first most significant. */"]
    lines.append(f"#define ROWS {rows.rows}L")
    count = f"{len(every)} * ROWS" if made.every else "ROWS"
    lines.append(f"static const uint8_t rows[{count}][{packed.shape[1]}] = {{")
    lines += ["    {" + ",".join(map(str, row)) + "}," for row in packed.tolist()]
    return "\n".join([*lines, "};", ""])


def self_test(made: CPlan) -> list[str]:
    """A `main` that walks the rows and, with -v, prints every value of every element."""
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
        "typedef const place_t *(*element_t)(long element, const place_t *place, uint8_t *net);",
        *(_at_current(ways) if made.every else []),
    ]
    each = f"for (current = 0; current < {macro}_CONFIGURATIONS; current++) {{"
    start, end, chosen = "0", "ROWS", ""
    if made.every:
        start, end, chosen = "current * ROWS", "(current + 1) * ROWS", "current, "
    elements = made.design.elements
    for name, numbers in (
        ("arity", [element.arity for element in elements]),
        ("readings", [len(element.readings) for element in elements]),
    ):
        lines.append(
            f"static const uint16_t {name}[ELEMENTS] = {{{', '.join(map(str, numbers))}}};"
        )
    function = "at" if made.every else "element"
    lines += [
        "static void print_elements(const char *way, element_t evaluate)",
        "{",
        "    static uint8_t net[NETS];",
        "    const place_t *place = places, *next = places;",
        "    long element, row;",
        "    int i;",
        "    recording = 1;",
        "    for (element = 0; element < ELEMENTS; element++) {",
        "        for (row = 0; row < 1L << arity[element]; row++) {",
        "            for (i = 0; i < arity[element]; i++)",
        "                net[READ_PLACE(place + i)] = (uint8_t)(row >> (arity[element] - 1 - i) & 1);",
        "            printf("
        + ('"%s/%d %ld %ld:", way, current' if made.every else '"%s %ld %ld:", way')
        + ", element, row);",
        "            next = evaluate(element, place, net);",
        "            for (i = 0; i < readings[element]; i++)",
        '                printf(" %d", net[READ_PLACE(place + arity[element] + i)]);',
        '            printf("\\n");',
        "        }",
        "        place = next;",
        "    }",
        "    recording = 0;",
        "}",
        "int main(int argc, char **argv)",
        "{",
        f"    uint8_t inputs[{macro}_INPUTS], outputs[{macro}_OUTPUTS];",
        "    long row, failures = 0;",
        "    int i;",
        '    if (argc > 1 && strcmp(argv[1], "-v") == 0) {',
        *([f"        {each}"] if made.every else []),
        *(f'        print_elements("{way}", {way}_{function});' for way in ways),
        *(["        }"] if made.every else []),
        "    }",
        *([f"    {each}"] if made.every else []),
        f"    for (row = {start}; row < {end}; row++) {{",
        f"        for (i = 0; i < {macro}_INPUTS; i++) inputs[i] = row_bit(row, i);",
    ]
    for way in ways:
        lines += [
            f"        {stem}_evaluate_{way}({chosen}inputs, outputs);",
            f"        for (i = 0; i < {macro}_OUTPUTS; i++)",
            f"            if (outputs[i] != row_bit(row, {macro}_INPUTS + i)) {{",
            "                failures++;",
            f'                if (failures <= 10) printf("FAIL row %ld: output %d in {way} point\\n", '
            "row, i);",
            "            }",
        ]
    how = " and ".join(ways)
    total = f"{macro}_CONFIGURATIONS * ROWS" if made.every else "ROWS"
    lines += [
        *(["    }"] if made.every else []),
        "    }",
        f'    if (failures == 0) printf("PASS: %ld rows in {how} point\\n", {total});',
        f'    else printf("FAIL: %ld outputs of %ld rows\\n", failures, {total});',
        "    return failures != 0;",
        "}",
        "#endif",
        "",
    ]
    return lines


def _at_current(ways: list[str]) -> list[str]:
    """An element in the configuration that is walked."""
    lines = ["static int current;"]
    for way in ways:
        lines += [
            f"static const place_t *{way}_at(long element, const place_t *place, uint8_t *net)",
            f"{{ return {way}_element(element, place, net, {way}_controls[current]); }}",
        ]
    return lines
