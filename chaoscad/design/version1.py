"""Design files of version 1, which repeated of each gate what their netlist says."""

from __future__ import annotations

from typing import Any, Literal

from chaoscad.design.schema import (
    Contradiction,
    DesignFile,
    FoundGate,
    FoundVerification,
    Number,
    Part,
)
from chaoscad.netlist import Netlist


class OldGate(Part):
    """A gate, complete in itself."""

    inputs: list[str]
    system: dict[str, Any]
    iterates: int
    x0: Number
    delta: list[Number]
    threshold: Number
    compare: Literal[">", "<"]
    function: str
    margin: Number


class OldFile(Part):
    """The whole file."""

    format: Literal["chaoscad-design"]
    version: Literal[1]
    name: str
    status: Literal["solved", "unsolved"]
    inputs: list[str]
    outputs: list[str]
    gates: dict[str, OldGate]
    verification: FoundVerification
    netlist: dict[str, Any]
    provenance: dict[str, Any]


def renewed(old: OldFile, netlist: Netlist) -> DesignFile:
    """The same in version 2.

    **Raises:** `Contradiction` where it is not as the netlist says.
    """
    if old.name != netlist.name:
        raise Contradiction("its name is not that of its netlist")
    if tuple(old.inputs) != netlist.inputs or tuple(old.outputs) != netlist.outputs:
        raise Contradiction("its inputs and outputs are not those of its netlist")
    gates: dict[str, FoundGate] = {}
    sources = {gate.name: gate for gate in netlist.gates}
    for name, item in old.gates.items():
        if name not in sources:
            raise Contradiction("its gates are not those of its netlist")
        source, what = sources[name], f"gate {name!r}"
        if tuple(item.inputs) != source.inputs:
            raise Contradiction(f"{what} has other inputs than in the netlist")
        if {**item.system, "parameters": 0} != {**source.setting.to_data(), "parameters": 0}:
            raise Contradiction(f"{what} has another system than in the netlist")
        parameters = item.system.get("parameters", {})
        if not isinstance(parameters, dict) or set(parameters) != set(source.setting.parameters):
            raise Contradiction(f"{what} has other system parameters than in the netlist")
        if not all(type(value) in (int, float) for value in parameters.values()):
            raise Contradiction(f"{what} has a system parameter that is not a number")
        kept = item.model_dump(exclude={"inputs", "system"})
        gates[name] = FoundGate(**kept, parameters=parameters)
    return DesignFile(
        format=old.format,
        version=2,
        status=old.status,
        gates=gates,
        verification=old.verification,
        netlist=old.netlist,
        provenance=old.provenance,
    )
