"""What is attacked: every reader of text that others write, and what must hold when one accepts.

A reader may refuse by `ChaoscadError`, with messages that can be printed. Anything else that it raises is
a fault, and so is taking longer than `SECONDS`, or accepting what it then cannot write and read again.
"""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaoscad.errors import ChaoscadError
from tests.conftest import ROOT
from tests.fuzz.mutations import damaged_bytes, damaged_document, damaged_text

SECONDS = 10.0
"""Longest time for one input, on a machine that may be busy."""

DATA = ROOT / "tests" / "data"


@dataclass(frozen=True)
class Target:
    """A reader, its inputs that are right, and how they are damaged.

    **Arguments:**

    - `read`: reads one input, and checks what must hold for what it accepts.
    - `damage`: one damaged input of the random source.
    """

    name: str
    read: Callable[[Any], None]
    damage: Callable[[random.Random], Any]


@dataclass(frozen=True)
class Fault:
    """An input on which a target neither succeeded nor refused."""

    target: str
    number: int
    input: Any
    what: str

    def __str__(self) -> str:
        return f"{self.target} {self.number}: {self.what}\n{self.input!r:.2000}"


def attack(target: Target, numbers: range) -> tuple[int, list[Fault]]:
    """How many of the inputs were accepted, and the faults; the same for the same numbers."""
    accepted, faults = 0, []
    for number in numbers:
        item = target.damage(random.Random(f"{target.name} {number}"))
        try:
            with _limit(SECONDS):
                target.read(item)
            accepted += 1
        except ChaoscadError as error:
            wrong = _unprintable(error)
            if wrong is not None:
                faults.append(Fault(target.name, number, item, wrong))
        except _TooLong:
            faults.append(Fault(target.name, number, item, f"longer than {SECONDS:g} s"))
        except (Exception, RecursionError) as error:
            what = f"{type(error).__name__}: {str(error)[:200]}"
            faults.append(Fault(target.name, number, item, what))
    return accepted, faults


class _TooLong(BaseException):
    """Not an `Exception`, so that no reader takes it for its own."""


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise _TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _unprintable(error: ChaoscadError) -> str | None:
    """What is wrong with the messages of a refusal."""
    if not error.diagnostics:
        return "refused without a word"
    for item in error.diagnostics:
        text = str(item)
        try:
            text.encode("utf-8")
            json.dumps(item.to_data()).encode("utf-8")
        except UnicodeEncodeError:
            return f"a message that cannot be printed: {text!a}"
        if len(text) > 5000:
            return f"a message of {len(text)} characters"
        if "internal error" in text:
            return text
    return None


def _texts(*patterns: str, most: int = 6000) -> list[str]:
    paths = sorted(path for pattern in patterns for path in ROOT.glob(pattern))
    found = [path.read_text(encoding="utf-8") for path in paths]
    return [text for text in found if len(text) <= most]


def _of_text(name: str, read: Callable[[str], None], corpus: list[str]) -> Target:
    assert corpus

    def damage(source: random.Random) -> str:
        return damaged_text(source.choice(corpus), source, corpus)

    return Target(name, read, damage)


def _of_documents(name: str, read: Callable[[str], None], corpus: list[str]) -> Target:
    documents = [json.loads(text) for text in corpus]
    return Target(name, read, lambda source: damaged_document(source.choice(documents), source))


BENCH = """# a comment
INPUT(a)
INPUT(b)
INPUT(c)
OUTPUT(y)
OUTPUT(z)
n1 = NAND(a, b)
n2 = XOR(n1, c)
y = MUX(a, n1, n2)
z = LUT 0x8 (n2, a)
# chaoscad name n2 = "a b"
"""

SLOW = ("--build", "--add", "--check", "--functions", "-o", "--output")
"""Options that search, evaluate a whole library, or write files."""

AIGER = "aag 5 2 0 2 3\n2\n4\n10\n7\n6 2 4\n8 3 5\n10 7 9\ni0 a\ni1 b\no0 y\nc\nwords\n"

CURVE = "v_in,v_out\n# V,V\n0,0.1\n0.25,0.9\n0.5,0.2\n0.75,0.8\n1,0.3\n"

EXPRESSIONS = [
    "r*x*(1-x)",
    "1 - a*x**2 + sin(pi*x)",
    "minimum(2*x, 2 - 2*x)",
    "exp(-b*x**2) + c",
    "abs(x)**0.5",
]

LOGIC = ["a & b | ~c", "a ^ b ^ cin", "`a b` & (x | 0)", "XOR", "AND4", "0110", "~(a & 1)"]


def _logic(format: str) -> Callable[[str], None]:
    from chaoscad.formats import dumps, loads

    def read(text: str) -> None:
        circuit = loads(text, format, file=f"x.{format}", name="x")
        for written in ("blif", "bench"):
            again = loads(dumps(circuit, written), written, file="y", name=circuit.name)
            assert (again.inputs, again.outputs) == (circuit.inputs, circuit.outputs)

    return read


def _aiger(data: bytes) -> None:
    from chaoscad.formats import aiger

    aiger.loads(data, "x.aig", "x")


def _netlist(text: str) -> None:
    from chaoscad.netlist import dump_yaml, parse

    netlist, _ = parse(text, file="x.yaml")
    again, _ = parse(dump_yaml(netlist), file="x.yaml")
    assert again == netlist


def _design(text: str) -> None:
    from chaoscad.design import dumps, loads
    from chaoscad.verification import verify

    design = loads(text, "x.design.json")
    assert loads(dumps(design), "x.design.json") == design
    if all(gate.setting.system.name not in ("lorenz", "duffing") for gate in design.gates):
        verify(design).findings()


def _cells(text: str) -> None:
    from chaoscad.cells.store import dumps, loads

    library = loads(text, "x.json")
    assert loads(dumps(library), "x.json") == library


def _curve(text: str) -> None:
    import numpy as np

    from chaoscad.systems import read_curve
    from chaoscad.systems.curves import curve_setting

    curve = read_curve(text, "x.csv")
    values = curve_setting(curve).value(np.linspace(*curve.domain, 33), 1)
    assert np.isfinite(values).all()


def _instrument(data: bytes) -> None:
    from chaoscad.instrument import read_table
    from chaoscad.instrument.bytes_read import decoded
    from chaoscad.systems.curve_file import read_sweeps

    text = decoded(data, "x.csv")
    table = read_table(text, "x.csv")
    table.numbers(range(len(table.columns)))
    read_sweeps(text, "x.csv")


def _arithmetic(text: str) -> None:
    _netlist(
        "chaoscad: 1\ninputs: [a]\noutputs: [y]\n"
        f"system: {{map: {json.dumps(text)}, parameters: {{r: 3.9, a: 1.4, b: 2.0, c: 0.1}}}}\n"
        "gates: {y: {inputs: [a], function: NOT}}\n"
    )


def _function(text: str) -> None:
    from chaoscad.cells.request import parse_function

    parse_function(text)


def _command(arguments: list[str]) -> None:
    """A command line: in debugging mode, the command line lets every internal error through."""
    import contextlib
    import io
    import os

    from chaoscad.cli.main import status

    os.environ["CHAOSCAD_DEBUG"] = "1"
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = status(arguments)
    if code not in (0, 1, 2, 3):
        raise AssertionError(f"exit status {code}")
    if code and not err.getvalue().strip():
        raise AssertionError(f"exit status {code} without a word")
    if "--json" in arguments and out.getvalue().strip():
        json.loads(out.getvalue())


def _options(folder: Path) -> Callable[[random.Random], list[str]]:
    """Command lines with options that exist, arguments that may, and values that often are wrong."""
    from chaoscad.cli.main import COMMANDS

    files = [
        *(str(ROOT / "netlists" / name) for name in ("full_adder.yaml", "half_adder.yaml")),
        *(str(DATA / "designs" / name) for name in ("full_adder.json", "user_map.json")),
        *(str(DATA / name) for name in ("five_nands.bench", "priority.blif", "majority.aag")),
        *(str(DATA), str(folder / "missing.yaml"), "", "-", "logistic", "lorenz", "\udcff"),
    ]
    values = [
        *(
            "0",
            "1",
            "2",
            "-1",
            "nan",
            "inf",
            "1e400",
            "1_0",
            "x",
            "",
            "a=1",
            "a=nan",
            "a=",
            "=",
            "\udcff",
        ),
        *("x0", "x0,threshold", "XOR", "a & b", "0110", "logistic", "blif", "x.blif", "x.png", "p"),
    ]
    # Commands that search or integrate take too long for thousands of tries.
    quick = [
        name
        for name in COMMANDS
        if name not in ("optimize", "explore", "map", "export", "quantise")
    ]
    taken = {name: [*_taken(name)] for name in quick}

    def damage(source: random.Random) -> list[str]:
        name = source.choice(quick)
        arguments = [source.choice(files) for _ in range(source.choice((0, 1, 1, 1, 2)))]
        for _ in range(source.randint(0, 3)):
            if taken[name]:
                option, flag = source.choice(taken[name])
                arguments += [option] if flag else [option, source.choice(values)]
        if name in ("generate",):
            arguments += ["-o", "-"]
        return [name, *arguments]

    return damage


def _taken(name: str) -> Iterator[tuple[str, bool]]:
    """The options of a command that are quick, and whether each is a flag."""
    import click

    from chaoscad.cli.main import main

    command = main.get_command(click.Context(main), name)
    assert command is not None
    for option in command.params:
        flag = option.opts[-1]
        if not isinstance(option, click.Option) or flag in SLOW:
            continue
        # Any other option of `systems` makes it prove what they all can do.
        if name != "systems" or flag in ("--set", "--json"):
            yield flag, option.is_flag


def targets(folder: Path) -> list[Target]:
    """Every target; `folder` is one that commands may be run in."""
    netlists = _texts("netlists/*.yaml")
    designs = _texts("tests/data/designs/*.json", most=30_000)
    aag = (DATA / "majority.aag").read_bytes()
    aig = (DATA / "majority.aig").read_bytes()
    instruments = [path.read_bytes() for path in sorted((DATA / "instruments").iterdir())]
    return [
        _of_text("bench", _logic("bench"), [BENCH, *_texts("tests/data/*.bench")]),
        _of_text("blif", _logic("blif"), _texts("tests/data/*.blif")),
        _of_text("aiger text", _logic("aiger"), [AIGER, aag.decode()]),
        Target("aiger bytes", _aiger, lambda s: damaged_bytes(s.choice([aag, aig]), s)),
        _of_text("netlist", _netlist, netlists),
        _of_documents("design", _design, designs),
        _of_text("design text", _design, designs),
        _of_documents("cells", _cells, [_small_library()]),
        _of_text("curve", _curve, [CURVE, CURVE.replace(",", ";"), CURVE.replace("\n", "\r\n")]),
        Target("instrument", _instrument, lambda s: damaged_bytes(s.choice(instruments), s)),
        _of_text("map", _arithmetic, EXPRESSIONS),
        _of_text("function", _function, LOGIC),
        Target("command", _command, _options(folder)),
    ]


def _small_library() -> str:
    """A cell library of two inputs on one iterate, cut out of the shipped one."""
    from dataclasses import replace

    from chaoscad.cells import shipped
    from chaoscad.cells.store import dumps

    library = shipped()[0]
    kept = {count: dict(list(cells.items())[:8]) for count, cells in library.entries.items()}
    return dumps(replace(library, entries=kept))
