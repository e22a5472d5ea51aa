"""C99: compiled without a warning, right in every row, equal to the model, and refused with a reason."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chaoscad.design import Design
from chaoscad.export import CheckLog, Export, Hardware, Options
from chaoscad.export.c.exporter import EXPORTER
from chaoscad.export.c.flows import runge_kutta, steps_of
from chaoscad.netlist import parse
from chaoscad.systems import setting
from chaoscad.systems.maps import MAPS
from chaoscad.verification.gates import gate_rows
from chaoscad.workflow import optimize
from tests.conftest import needs
from tests.export.conftest import exported, prepared, refusals
from tests.export.designs import on_system, with_numbers
from tests.export.family import iterate_family


def written(
    design: Design, options: Options, folder: Path, **changes: str
) -> tuple[Export, CheckLog]:
    """Export into a folder, change texts in the source, and check."""
    export = exported(EXPORTER, design, options)
    for name, text in export.files.items():
        if name.endswith(".c"):
            for old, new in changes.items():
                assert old in text
                text = text.replace(old, new, 1)
        (folder / name).write_text(text)
    return export, EXPORTER.check(prepared(EXPORTER, design, options), export, folder)


@needs("cc")
@pytest.mark.parametrize("system", [system.name for system in MAPS])
@pytest.mark.parametrize("compare", [">", "<"])
def test_every_map_in_fixed_and_in_floating_point(system: str, compare: str, tmp_path: Path):
    design = on_system(system, setting(system).system.state, iterates=2, compare=compare)
    _, log = written(design, Options(Hardware(fraction_bits=11)), tmp_path)
    assert log.passed, log.text
    assert "PASS: 4 rows in fixed and float point" in log.text
    assert "8 lines of values of gates compared with the model: all agree" in log.text


@needs("cc")
@pytest.mark.parametrize("fraction_bits", [5, 8, 20])
def test_the_iterate_family_at_its_widths(fraction_bits: int, tmp_path: Path):
    export, log = written(
        iterate_family(), Options(Hardware(fraction_bits=fraction_bits)), tmp_path
    )
    assert log.passed, log.text
    kind = "int64_t" if fraction_bits == 20 else "int32_t"
    assert f"typedef {kind} wide;" in export.files["iterate_family.c"]


@needs("cc")
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"int32_t z = 333,": "int32_t z = 334,"}, "gate n1, row 00: fixed point gives"),
        (
            {"z += net[READ_PLACE(place + 0)] ? 256": "z += net[READ_PLACE(place + 0)] ? 255"},
            "fixed point gives",
        ),
        (
            {"] = s[0] > 0.75;": "] = s[0] < 0.75;"},
            "FAIL row 0",
        ),
        ({"double z = 0.325,": "double z = 0.5,"}, "gate n1, row 00: floating point gives"),
        ({"    int i;": "    int i, unused;"}, "unused variable"),
    ],
)
def test_the_check_notices_what_is_changed(changes: dict[str, str], said: str, tmp_path: Path):
    _, log = written(iterate_family(), Options(), tmp_path, **changes)
    assert not log.passed
    assert said in log.text


def test_gates_that_do_the_same_share_one_function():
    gates = "{p: {inputs: [a, b], function: XOR}, s: {inputs: [p, c], function: XOR}}"
    netlist, _ = parse(
        f"chaoscad: 1\nname: parity\nsystem: logistic\ninputs: [a, b, c]\noutputs: [s]\ngates: {gates}\n"
    )
    text = exported(EXPORTER, optimize(netlist), Options()).files["parity.c"]
    assert len(re.findall(r"\*fixed_cell_\d+\(", text)) == 1
    assert "    0, 1, 3, /* p */\n    3, 2, 4, /* s */\n" in text
    assert "fixed_cell_of[ELEMENTS] PARITY_FLASH = {\n    0, 0,\n}" in text


@needs("cc")
def test_a_measured_curve_is_a_table_and_its_cubics(three_transistor: Design, tmp_path: Path):
    export, log = written(three_transistor, Options(), tmp_path)
    assert log.passed, log.text
    assert "static double curve_0(double x)" in export.files["three_transistor.c"]
    assert "fixed_step_0_table_0" in export.files["three_transistor.c"]


@needs("cc")
def test_flows_run_by_fixed_steps_in_floating_point(tmp_path: Path):
    # The Rössler flow, in names that a C file has for other things.
    rossler = (
        '{flow: {double: "-int - s", int: "double + a*int", s: "b + s*(double - c)"}, '
        "parameters: {a: 0.2, b: 0.2, c: 5.7}, encode: [double, int, s], read: double, time: 1, "
        "step: 0.05, state: [-3, 3]}"
    )
    design = on_system(rossler, (-3.0, 3.0))
    export, log = written(design, Options(), tmp_path)
    assert log.passed, log.text
    assert "/* Coordinates: q0 is double, q1 is int, q2 is s */" in export.files["netlist.c"]
    assert "PASS: 4 rows in float point" in log.text
    assert "evaluate_fixed" not in export.files["netlist.h"]
    assert "run_flow(field_0, 3, s, 0.0, 1.0, 20);" in export.files["netlist.c"]


def test_runge_kutta_is_of_fourth_order():
    (element,) = on_system("{name: rossler, time: 2.0}", (-3.0, 3.0)).elements
    z = np.linspace(-2, 2, 5)
    exact = element.setting.value(z)
    errors = [np.abs(runge_kutta(element, z, [n])[0] - exact).max() for n in (20, 40, 80)]
    assert 12 < errors[0] / errors[1] < 20
    assert 12 < errors[1] / errors[2] < 20


def test_a_flow_that_fixed_steps_do_not_follow_is_refused():
    # After nine units of time the Lorenz flow has magnified every error of the steps by 3000.
    design = on_system("{name: lorenz, time: 20.0, solver: {method: tsit5, step: 0.1}}", (1.0, 2.0))
    gate = design.gates[0]
    rows = gate_rows(gate.setpoint, (1.0, 2.0))
    close = replace(rows, distances=rows.distances * 1e-9)
    found = steps_of(design.elements[0], {gate.name: close}).refusal
    assert found is not None
    assert found.message.startswith("gate 'y', row ")
    assert "the Runge-Kutta method with 12800 steps is off the design's value by" in found.message
    assert found.hint == "give the flow a shorter time, or the gate a larger margin"


def test_integers_that_c_does_not_have_are_refused():
    design = on_system("{name: cubic, r: 2.5001}", (-1.0, 1.0))
    assert refusals(EXPORTER, design, Options(Hardware(fraction_bits=24))) == [
        "error: gate 'y': with 24 fraction bits its map needs integers of 98 bits, and C99 has 64; "
        "give fewer fraction_bits"
    ]


def test_dac_codes_stand_in_the_source():
    hardware = Hardware(fraction_bits=8, dac_bits=8, dac_range=(0.0, 1.02))
    export = exported(EXPORTER, iterate_family(), Options(hardware))
    assert (
        "const uint32_t iterate_family_dac_n1[5] ITERATE_FAMILY_FLASH = {188u, 81u, 144u, 144u, 206u};"
        in export.files["iterate_family.c"]
    )
    assert (
        "extern const uint32_t iterate_family_dac_n5[5] ITERATE_FAMILY_FLASH;"
        in export.files["iterate_family.h"]
    )


@needs("cc")
def test_dac_codes_compile(tmp_path: Path):
    hardware = Hardware(dac_bits=12, dac_range=(-1.0, 2.0), volts_per_unit=1.5)
    _, log = written(iterate_family(), Options(hardware), tmp_path)
    assert log.passed, log.text


def test_voltages_beyond_the_dac_are_refused():
    hardware = Hardware(dac_bits=8, dac_range=(0.0, 0.5))
    found = refusals(EXPORTER, iterate_family(), Options(hardware))
    assert len(found) == 5
    assert "cannot set" in found[0]


@needs("cc")
def test_inputs_that_are_read_twice_and_outputs_that_are_inputs(tmp_path: Path):
    design = with_numbers(
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y, a]\ngates:\n"
        "  y: {inputs: [a, b, a], function: '00101011'}\n",
        {"y": (0, (0.3, 0.2, 0.4), 0.6)},
    )
    _, log = written(design, Options(), tmp_path)
    assert log.passed, log.text
    assert "8 lines of values" in log.text


def compiled(compiler: str, arguments: list[str], folder: Path) -> str:
    """What a compiler says of an export, nothing when all is right."""
    done = subprocess.run([compiler, *arguments], cwd=folder, capture_output=True, text=True)
    assert (done.returncode == 0) == (done.stderr == "")
    return done.stderr


MIXED = Options(Hardware(dac_bits=8, dac_range=(-0.01, 1.21), fraction_bits=8))

USER = """\
#include "three_transistor.h"
int main(void)
{
    uint8_t inputs[2] = {1, 1}, outputs[6];
    three_transistor_evaluate_fixed(inputs, outputs);
    three_transistor_evaluate_float(inputs, outputs);
    return outputs[0] != 1 || THREE_TRANSISTOR_READ(&three_transistor_dac_nand[0]) != 158;
}
"""


@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ not installed")
def test_it_is_cpp_too_and_links_with_it(three_transistor: Design, tmp_path: Path):
    written(three_transistor, MIXED, tmp_path)
    (tmp_path / "user.cpp").write_text(USER)
    strict = ["-Wall", "-Wextra", "-Werror", "-O1"]
    assert compiled("g++", [*strict, "-x", "c++", "-c", "three_transistor.c"], tmp_path) == ""
    assert compiled("gcc", ["-std=c99", *strict, "-c", "three_transistor.c"], tmp_path) == ""
    linked = [*strict, "-o", "user", "user.cpp", "three_transistor.o", "-lm"]
    assert compiled("g++", linked, tmp_path) == ""
    assert subprocess.run([str(tmp_path / "user")]).returncode == 0


@pytest.mark.skipif(shutil.which("avr-gcc") is None, reason="avr-gcc not installed")
def test_on_an_avr_tables_are_in_flash_and_short_doubles_are_refused(
    three_transistor: Design, tmp_path: Path
):
    written(three_transistor, MIXED, tmp_path)
    strict = ["-mmcu=atmega328p", "-std=c99", "-Wall", "-Wextra", "-Werror", "-Os", "-c"]
    short = "-DTHREE_TRANSISTOR_SHORT_DOUBLE"
    for flags in ([], [short]):
        assert compiled("avr-gcc", [*strict, *flags, "three_transistor.c"], tmp_path) == ""
        said = subprocess.run(
            ["avr-objdump", "-h", "three_transistor.o"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        ).stdout
        sizes = {
            words[1]: int(words[2], 16)
            for line in said.splitlines()
            if len(words := line.split()) == 7
        }
        ram = [
            size for name, size in sizes.items() if name.startswith((".data", ".rodata", ".bss"))
        ]
        assert sum(ram) == 0
        assert sizes[".progmem.data"] > 1000
    user = USER.replace("int main", "int run")
    (tmp_path / "user.c").write_text(user)
    assert "three_transistor_evaluate_float" in compiled("avr-gcc", [*strict, "user.c"], tmp_path)
    self_test = compiled(
        "avr-gcc", [*strict, "-DTHREE_TRANSISTOR_SELF_TEST", "three_transistor.c"], tmp_path
    )
    assert (
        "the self-test walks the floating form too: define THREE_TRANSISTOR_SHORT_DOUBLE"
        in self_test
    )
    flow = on_system("{name: rossler, time: 1.0}", (-3.0, 3.0))
    written(flow, Options(), tmp_path)
    assert "flows have only a floating form, and double has fewer than 53 bits here" in compiled(
        "avr-gcc", [*strict, "netlist.c"], tmp_path
    )
