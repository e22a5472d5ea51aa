"""Reading a design file: refused when it is not right."""

from __future__ import annotations

import math
import os
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from chaoscad.design.model import Design, DesignGate, VerificationSummary
from chaoscad.design.writer import FORMAT, VERSION
from chaoscad.documents import from_word, read_document, validated
from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.files import read_text
from chaoscad.gate import Setpoint
from chaoscad.netlist import TruthTable, parse_data
from chaoscad.netlist.kind import refuse_others

# An unsolved gate's margin may be infinite.
Number = Annotated[float, BeforeValidator(from_word)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Gate(_File):
    inputs: list[str]
    system: dict[str, Any]
    iterates: int
    x0: Number
    delta: list[Number]
    threshold: Number
    compare: Literal[">", "<"]
    function: str
    margin: Number


class _Verification(_File):
    rows: int
    exhaustive: bool
    wrong_rows: int
    worst_margin: Number
    method: str


class _Design(_File):
    format: Literal["chaoscad-design"]
    version: Literal[1]
    name: str
    status: Literal["solved", "unsolved"]
    inputs: list[str]
    outputs: list[str]
    gates: dict[str, _Gate]
    verification: _Verification
    netlist: dict[str, Any]
    provenance: dict[str, Any]


def load(path: str | os.PathLike[str]) -> Design:
    """Read a design file.

    **Raises:** `ChaoscadError` when it is missing, damaged, of another version, or when its gates
    are not those of its netlist.
    """
    refuse_others("design", None, os.fspath(path))
    return loads(read_text(path), os.fspath(path))


def loads(text: str, file: str | None = None) -> Design:
    """Read a design from text; `file` is the name that diagnostics give.

    **Raises:** `ChaoscadError`.
    """
    refuse_others("design", text, file)
    writer = "chaoscad optimize writes design files"
    data = read_document(text, file, "design file", format=FORMAT, version=VERSION, writer=writer)
    return _assemble(validated(_Design, (_Gate, _Verification), data, file), file)


def _assemble(content: _Design, file: str | None) -> Design:
    def fail(message: str) -> ChaoscadError:
        return ChaoscadError(Diagnostic(f"the design file contradicts itself: {message}", file))

    try:
        netlist = parse_data(content.netlist, file)
    except ChaoscadError as error:
        # Positions inside the embedded netlist mean nothing to the reader of the file.
        raise ChaoscadError(
            [
                Diagnostic(f"in its netlist: {item.message}", file, hint=item.hint)
                for item in error.diagnostics
                if item.severity == "error"
            ]
        ) from None
    if content.name != netlist.name:
        raise fail("its name is not that of its netlist")
    if tuple(content.inputs) != netlist.inputs or tuple(content.outputs) != netlist.outputs:
        raise fail("its inputs and outputs are not those of its netlist")
    if set(content.gates) != {gate.name for gate in netlist.gates}:
        raise fail("its gates are not those of its netlist")
    gates: list[DesignGate] = []
    for source in netlist.gates:
        item = content.gates[source.name]
        what = f"gate {source.name!r}"
        if tuple(item.inputs) != source.inputs or len(item.delta) != source.arity:
            raise fail(f"{what} has other inputs than in the netlist")
        if item.iterates != source.iterates or item.compare != source.compare:
            raise fail(f"{what} has other iterates or another comparator than in the netlist")
        known = source.setting.to_data()
        given = item.system
        if {**given, "parameters": 0} != {**known, "parameters": 0}:
            raise fail(f"{what} has another system than in the netlist")
        parameters = given.get("parameters", {})
        if not isinstance(parameters, dict) or set(parameters) != set(source.setting.parameters):
            raise fail(f"{what} has other system parameters than in the netlist")
        if not all(type(value) in (int, float) for value in parameters.values()):
            raise fail(f"{what} has a system parameter that is not a number")
        try:
            function = TruthTable(item.function)
        except ValueError as error:
            raise fail(f"{what}: {error}") from None
        if function.arity != source.arity:
            raise fail(f"{what} has a truth table of another size than its inputs need")
        numbers = [item.x0, *item.delta, item.threshold, *parameters.values()]
        if not all(math.isfinite(value) for value in numbers):
            raise fail(f"{what} has a parameter that is not finite")
        setpoint = Setpoint.of(source, item.x0, item.delta, item.threshold, parameters)
        gates.append(DesignGate(source, setpoint, function, item.margin))
    return Design(
        netlist=netlist,
        gates=tuple(gates),
        status=content.status,
        verification=VerificationSummary(**content.verification.model_dump()),
        provenance=content.provenance,
    )
