"""What every exporter promises: complete, the same each time, any names, and right in the real tool."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chaoscad.design import Design
from chaoscad.export import EXPORTERS, TARGETS, Hardware, Options
from chaoscad.export.options import SHARED
from chaoscad.hardware import hardware_of
from tests.export.conftest import KEPT, exported, handed_over, tools_for
from tests.export.designs import with_numbers

ODD = (
    "a b",
    "$(touch hit)",
    "0",
    "module",
    "A",
    "a",
    "*/ x /*",
    "back\\slash",
    "line\nbreak",
    '"quoted"',
    "größe",
    "網",
    "a_b",
    "gnd",
    "time",
)


def options(design: Design) -> Options:
    return Options(hardware_of(design))


def needs_tools(target: str) -> None:
    if not tools_for(target):
        pytest.skip(f"the tools that check {target} are not installed")


def odd_names() -> Design:
    """XOR gates whose inputs, gates and coordinates have names that no language allows, or has already."""
    half = len(ODD) // 2
    inputs, gates = ODD[:2], ODD[2:]

    def quoted(name: str) -> str:
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'

    logistic = '{map: {in: "clk*in*(1 - in)", in_next: "in"}, parameters: {clk: 4}, read: in, state: [0, 1]}'
    lines = [
        f"  {quoted(name)}: {{inputs: [{', '.join(map(quoted, inputs))}], function: XOR, "
        f"system: {logistic}}}"
        for name in gates[:half]
    ]
    lines += [
        f"  {quoted(name)}: {{inputs: [{quoted(inputs[0])}, {quoted(gates[0])}], function: XOR}}"
        for name in gates[half:]
    ]
    text = (
        f"chaoscad: 1\nname: odd\ninputs: [{', '.join(map(quoted, inputs))}]\n"
        f"outputs: [{', '.join(map(quoted, gates))}]\ngates:\n" + "\n".join(lines) + "\n"
    )
    return with_numbers(text, dict.fromkeys(gates, (0.0, (0.5, 0.5), 0.5)))


def test_every_exporter_says_what_it_is_and_what_it_reads():
    shared = {option.name: option for option in SHARED}
    assert shared.keys() >= set(Hardware.__dataclass_fields__)
    for name, exporter in EXPORTERS.items():
        assert exporter.name == name
        assert exporter.title
        names = [option.name for option in exporter.options]
        assert len(set(names)) == len(names)
        for option in exporter.options:
            assert shared.get(option.name, option) is option, f"{name}: two options {option.name}"


@pytest.mark.parametrize("target", TARGETS)
def test_any_names_become_legal_ones(target: str, tmp_path: Path):
    needs_tools(target)
    design = odd_names()
    exporter = EXPORTERS[target]
    export = exported(exporter, design, options(design))
    assert set(export.names) == set(ODD)
    assert len(set(export.names.values())) == len(ODD)
    for text in export.files.values():
        assert text.isascii()
        for name in ("$(touch", "*/ x", "back\\slash", "line\nbreak"):
            assert name not in text
    written = handed_over(exporter, design, options(design), tmp_path / "out", check=True)
    assert written.log is not None
    assert written.log.passed, written.log.text


@pytest.mark.parametrize("target", TARGETS)
def test_the_readme_says_what_of_the_netlist_is_not_modelled(target: str):
    hardware = "{tolerance: {x0: 0.01}, global: {a: 2 %}, noise: {state: 0.001}}"
    text = (
        f"chaoscad: 1\nsystem: logistic\ninputs: [a]\noutputs: [y]\nhardware: {hardware}\n"
        "gates: {y: {inputs: [a], function: BUF}}\n"
    )
    design = with_numbers(text, {"y": (0.0, (0.5,), 0.5)})
    said = (
        "\nThese files do not model what the netlist's `hardware` gives as `tolerance` (x0 0.01), "
        "`global` (a 2 %), `noise` (state 0.001): in them every device is the design. "
        "`chaoscad yield design.json` says how many devices are right.\n"
    )
    if target == "table":
        # It has the spread of every row.
        said = (
            "\nThese files do not model what the netlist's `hardware` gives as `noise` (state 0.001). "
            "`chaoscad yield design.json` says what it does.\n"
        )
    assert said in exported(EXPORTERS[target], design, options(design)).files["README.md"]
    plain = with_numbers(text.replace(f"hardware: {hardware}", ""), {"y": (0.0, (0.5,), 0.5)})
    assert (
        "do not model" not in exported(EXPORTERS[target], plain, options(plain)).files["README.md"]
    )


def test_exports_do_not_depend_on_the_hash_seed(tmp_path: Path):
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from chaoscad.design import load\n"
        "from chaoscad.errors import ChaoscadError\n"
        "from chaoscad.evidence import Evidence\n"
        "from chaoscad.export import EXPORTERS, Options\n"
        "from chaoscad.export.handover import hand_over\n"
        "for path in sys.argv[2:]:\n"
        "    evidence = Evidence(load(path))\n"
        "    for target, exporter in EXPORTERS.items():\n"
        "        try:\n"
        "            made = exporter.prepare(evidence, Options())\n"
        "        except ChaoscadError:\n"
        "            continue\n"
        "        hand_over(exporter, made, f'{sys.argv[1]}/{made.design.name}.{target}')\n"
    )
    designs = [str(KEPT / f"{name}.json") for name in ("full_adder", "three_transistor")]
    written: list[dict[str, bytes]] = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        folder.mkdir()
        subprocess.run(
            [sys.executable, "-c", code, str(folder), *designs],
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        written.append({str(path.relative_to(folder)): path.read_bytes() for path in files})
    assert written[0] == written[1]
    assert len(written[0]) >= 2 * len(EXPORTERS) * 4
