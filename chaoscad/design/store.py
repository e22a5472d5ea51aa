"""Reading a design file: refused when it is not right."""

from __future__ import annotations

import math
import os
from typing import Any

from chaoscad.design.model import Design, DesignGate, VerificationSummary
from chaoscad.design.schema import Contradiction, DesignFile, FoundGate, FoundVerification
from chaoscad.design.version1 import OldFile, OldGate, renewed
from chaoscad.design.writer import FORMAT, VERSION
from chaoscad.documents import read_document, validated
from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.files import read_text
from chaoscad.gate import Setpoint
from chaoscad.netlist import Gate, Netlist, TruthTable, parse_data
from chaoscad.netlist.kind import refuse_others


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
    data = read_document(
        *(text, file, "design file"),
        format=FORMAT,
        version=VERSION,
        older=(1,),
        writer="chaoscad optimize writes design files",
    )
    try:
        if data["version"] == 1:
            old = validated(OldFile, (OldGate, FoundVerification), data, file)
            netlist = _netlist(old.netlist, file)
            return _assembled(renewed(old, netlist), netlist)
        content = validated(DesignFile, (FoundGate, FoundVerification), data, file)
        return _assembled(content, _netlist(content.netlist, file))
    except Contradiction as error:
        message = f"the design file contradicts itself: {error}"
        raise ChaoscadError(Diagnostic(message, file)) from None


def _netlist(data: dict[str, Any], file: str | None) -> Netlist:
    try:
        return parse_data(data, file)
    except ChaoscadError as error:
        # Positions inside the embedded netlist mean nothing to the reader of the file.
        raise ChaoscadError(
            [
                Diagnostic(f"in its netlist: {item.message}", file, hint=item.hint)
                for item in error.diagnostics
                if item.severity == "error"
            ]
        ) from None


def _assembled(content: DesignFile, netlist: Netlist) -> Design:
    if set(content.gates) != {gate.name for gate in netlist.gates}:
        raise Contradiction("its gates are not those of its netlist")
    return Design(
        netlist=netlist,
        gates=tuple(_gate(gate, content.gates[gate.name]) for gate in netlist.gates),
        status=content.status,
        verification=VerificationSummary(**content.verification.model_dump()),
        provenance=content.provenance,
    )


def _gate(source: Gate, item: FoundGate) -> DesignGate:
    what = f"gate {source.name!r}"
    if len(item.delta) != source.arity:
        raise Contradiction(f"{what} has another number of weights than of inputs")
    if item.iterates != source.iterates or item.compare != source.compare:
        raise Contradiction(f"{what} has other iterates or another comparator than in the netlist")
    for name in item.parameters:
        if name not in source.setting.parameters:
            raise Contradiction(f"{what} has a parameter {name!r}, which its system has not")
    try:
        function = TruthTable(item.function)
    except ValueError as error:
        raise Contradiction(f"{what}: {error}") from None
    if function.arity != source.arity:
        raise Contradiction(f"{what} has a truth table of another size than its inputs need")
    numbers = [item.x0, *item.delta, item.threshold, *item.parameters.values()]
    if not all(math.isfinite(value) for value in numbers):
        raise Contradiction(f"{what} has a parameter that is not finite")
    setpoint = Setpoint.of(source, item.x0, item.delta, item.threshold, item.parameters)
    return DesignGate(source, setpoint, function, item.margin)
