"""Reading a design file: refused when it is not right."""

from __future__ import annotations

import math
import os
from typing import Any

from chaoscad.design.model import Design, DesignGate, VerificationSummary
from chaoscad.design.reconfigurable import Reconfigurable, chosen
from chaoscad.design.schema import (
    Contradiction,
    DesignFile,
    FoundConfiguration,
    FoundGate,
    FoundVerification,
    ReconfigurableFile,
)
from chaoscad.design.version1 import OldFile, OldGate, renewed
from chaoscad.design.writer import FORMAT, VERSION, moving
from chaoscad.documents import read_document, validated
from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.files import read_text
from chaoscad.gate import Setpoint
from chaoscad.netlist import Gate, Netlist, TruthTable, configurations, parse_data
from chaoscad.netlist.kind import refuse_others


def load(path: str | os.PathLike[str], configuration: str | None = None) -> Design:
    """Read a design file as a design of one configuration.

    **Arguments:**

    - `configuration`: which one, of a design that has several.

    **Raises:** `ChaoscadError` when it is missing, damaged, of another version, when its gates are not
    those of its netlist, or when it has several configurations and none is chosen.
    """
    design = load_any(path)
    try:
        return chosen(design, configuration)
    except ChaoscadError as error:
        raise error.about(os.fspath(path)) from None


def loads(text: str, file: str | None = None) -> Design:
    """Read a design of one configuration from text; `file` is the name that diagnostics give.

    **Raises:** `ChaoscadError`, as `load`.
    """
    design = loads_any(text, file)
    try:
        return chosen(design, None)
    except ChaoscadError as error:
        raise error.about(file) from None


def load_any(path: str | os.PathLike[str]) -> Design | Reconfigurable:
    """Read a design file of one configuration or of several.

    **Raises:** `ChaoscadError` when it is missing, damaged, of another version, or when its gates are
    not those of its netlist.
    """
    refuse_others("design", None, os.fspath(path))
    return loads_any(read_text(path), os.fspath(path))


def loads_any(text: str, file: str | None = None) -> Design | Reconfigurable:
    """Read a design of one configuration or of several from text.

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
            return _assembled(renewed(old, netlist), _plain(netlist))
        if "configurations" in data:
            parts = (FoundConfiguration, FoundGate, FoundVerification)
            whole = validated(ReconfigurableFile, parts, data, file)
            return _reconfigurable(whole, _netlist(whole.netlist, file), file)
        content = validated(DesignFile, (FoundGate, FoundVerification), data, file)
        return _assembled(content, _plain(_netlist(content.netlist, file)))
    except Contradiction as error:
        message = f"the design file contradicts itself: {error}"
        raise ChaoscadError(Diagnostic(message, file)) from None


def _plain(netlist: Netlist) -> Netlist:
    if netlist.configurations:
        raise Contradiction("its netlist has configurations, and it has none")
    return netlist


def _reconfigurable(
    content: ReconfigurableFile, netlist: Netlist, file: str | None
) -> Reconfigurable:
    circuits = configurations(netlist)
    if list(content.configurations) != list(circuits):
        raise Contradiction("its configurations are not those of its netlist")
    names = [gate.name for gate in netlist.gates]
    if list(content.gates) != names:
        raise Contradiction("its gates are not those of its netlist")
    differing = {gate.name: moving(netlist, gate) for gate in netlist.gates}
    designs: dict[str, Design] = {}
    for name, item in content.configurations.items():
        if list(item.gates) != names:
            raise Contradiction(f"the gates of configuration {name!r} are not those of its netlist")
        for gate, found in item.gates.items():
            for key in found:
                if key not in differing[gate]:
                    what = f"gate {gate!r} has {key!r} in configuration {name!r}"
                    raise Contradiction(f"{what}, where it is no control")
        gates = {gate: {**content.gates[gate], **item.gates[gate]} for gate in names}
        merged = {
            "format": content.format,
            "version": content.version,
            "status": item.status,
            "gates": gates,
            "verification": item.verification.model_dump(),
            "netlist": {},
            "provenance": {},
        }
        one = validated(DesignFile, (FoundGate, FoundVerification), merged, file)
        designs[name] = _assembled(one, circuits[name])
    return Reconfigurable(netlist, designs, content.provenance)


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
    if source.choices.time and item.time is None:
        raise Contradiction(f"{what} has no time, and its netlist has several to choose from")
    made = source.chosen(item.iterates, item.compare, item.time)
    if made.variants[0] in source.variants:
        source = made
    if len(item.delta) != source.arity:
        raise Contradiction(f"{what} has another number of weights than of inputs")
    if item.iterates != source.iterates or item.compare != source.compare:
        raise Contradiction(f"{what} has other iterates or another comparator than in the netlist")
    if item.time not in (None, source.setting.time):
        raise Contradiction(f"{what} has another time than in the netlist")
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
