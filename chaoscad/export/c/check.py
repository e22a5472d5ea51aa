"""The check of a C export: compiled without a warning, its self-test run, its values compared."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from chaoscad.design import DesignGate, Element
from chaoscad.export.c.elements import in_order
from chaoscad.export.c.plan import CPlan
from chaoscad.export.model import CheckLog
from chaoscad.export.rows import Expected
from chaoscad.systems.convergence import AGREEMENT
from chaoscad.toolchain import require

LONGEST_RUN = 600.0
"""Seconds that compilation or the self-test may take."""


def run_self_test(made: CPlan, rows: Expected, folder: Path) -> CheckLog:
    """Compile the written files, let the self-test walk its rows, and compare all that it prints.

    **Raises:** `ChaoscadError` when there is no C compiler.
    """
    tool = require("cc")
    flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-O2"]
    arguments = [*flags, f"-D{made.macro}_SELF_TEST", f"{made.stem}.c"]
    said = [f"$ cc {' '.join([*flags, f'-c {made.stem}.c'])}"]
    with tempfile.TemporaryDirectory(prefix="chaoscad-") as scratch:
        part = str(Path(scratch) / "part.o")
        plain = tool.run(
            [*flags, "-c", "-o", part, f"{made.stem}.c"], folder=folder, timeout=LONGEST_RUN
        )
        program = str(Path(scratch) / "self_test")
        said.append(f"$ cc {' '.join(arguments)} -lm && ./self_test -v")
        compiled = tool.run([*arguments, "-o", program, "-lm"], folder=folder, timeout=LONGEST_RUN)
        for done in (plain, compiled):
            if done.status or done.output.strip():
                said += done.output.splitlines()[:40]
                said.append(f"the compiler ended with status {done.status}")
                return CheckLog(False, "\n".join([*said, ""]), 0)
        ran = type(tool)("self_test", (program,)).run(["-v"], folder=scratch, timeout=LONGEST_RUN)
    lines = ran.stdout.splitlines()
    said += [line for line in lines if line.startswith(("PASS", "FAIL"))]
    complaints, compared = _compare_all(made, rows, lines)
    said += complaints[:20]
    passed = ran.status == 0 and not complaints and bool(lines) and lines[-1].startswith("PASS: ")
    if not complaints:
        said.append(f"{compared} lines of values of gates compared with the model: all agree")
    return CheckLog(passed, "\n".join([*said, ""]), rows.rows * max(1, len(made.every)))


def _compare_all(made: CPlan, rows: Expected, lines: list[str]) -> tuple[list[str], int]:
    """`_compare` in every configuration, where there are several."""
    if not made.every:
        return _compare(made, rows, lines)
    complaints: list[str] = []
    compared = 0
    for number, (name, one) in enumerate(made.every.items()):
        mark = f"/{number} "
        own = [line.replace(mark, " ", 1) for line in lines if line[5:].startswith(mark)]
        found, count = _compare(one, one.rows, own)
        complaints += [f"configuration {name}, {item}" for item in found]
        compared += count
    return complaints, compared


def _compare(made: CPlan, rows: Expected, lines: list[str]) -> tuple[list[str], int]:
    """Every printed integer with the model's, every printed double with the design's value."""
    printed: dict[tuple[str, int, int], list[str]] = {}
    for line in lines:
        head, _, tail = line.partition(":")
        words = head.split()
        if len(words) == 3 and words[0] in ("fixed", "float"):
            printed[words[0], int(words[1]), int(words[2])] = tail.split()
    complaints: list[str] = []
    compared = 0
    for number, element in enumerate(made.design.elements):
        readings = element.readings
        found = {gate.name: rows.gates[gate.name] for gate in readings}
        matters = {gate.name: [want != "-" for want in gate.function.rows] for gate in readings}
        for row in range(1 << element.arity):
            if _contradicts(element.inputs, row):
                continue
            where = f"{_title(made, element)}, row {format(row, f'0{element.arity}b')}"
            if made.word is not None:
                orbit = made.orbits[element.longest.name].orbit
                wanted = [str(values[row]) for state in orbit for values in state]
                bits = [made.orbits[gate.name].bits[row] for gate in in_order(element, made.places)]
                wanted += [str(int(bit)) for bit in bits]
                got = printed.get(("fixed", number, row))
                compared += 1
                if got != wanted:
                    complaints.append(f"{where}: fixed point gives {got}, the model {wanted}")
            got = printed.get(("float", number, row), [])
            compared += 1
            for gate, value, bit in _read(made, element, got):
                own = found[gate.name]
                least = np.abs(own.distances[matters[gate.name]]).min(initial=np.inf)
                right = bit == str(int(own.bits[row]))
                right &= abs(float(value) - own.values[row]) <= AGREEMENT * least
                if matters[gate.name][row] and not right:
                    complaints.append(
                        f"gate {made.nets[gate.name]}, row {format(row, f'0{gate.arity}b')}: floating "
                        f"point gives {[value, bit]}, the design {own.values[row]!r}"
                    )
    return complaints, compared


def _title(made: CPlan, element: Element) -> str:
    names = " and ".join(made.nets[gate.name] for gate in element.readings)
    return f"{'gates' if element.shared else 'gate'} {names}"


def _read(made: CPlan, element: Element, got: list[str]) -> Iterator[tuple[DesignGate, str, str]]:
    """Every reading with the value and the bit that were printed; without a number where they were not."""
    count = len(element.readings)
    values, bits = got[:count], got[count:]
    if len(got) != 2 * count:
        values, bits = ["nan"] * count, ["-"] * count
    by_name = dict(zip((gate.name for gate in in_order(element, made.places)), bits, strict=True))
    for gate, value in zip(element.readings, values, strict=True):
        yield gate, value, by_name[gate.name]


def _contradicts(inputs: tuple[str, ...], row: int) -> bool:
    """Whether a local row wants two values of one net: it never occurs, and cannot be set."""
    bits = format(row, f"0{len(inputs)}b")
    return len(set(zip(inputs, bits, strict=True))) > len(set(inputs))
