"""chaoscad: design logic gates and circuits made of nonlinear systems.

    import chaoscad
    netlist = chaoscad.load("netlists/full_adder.yaml")
    design = chaoscad.optimize(netlist, seed=0)
    print(chaoscad.verify(design).passed)
    design.save("full_adder.design.json")

Names are loaded when they are first used, so that `import chaoscad` stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chaoscad.design import Design
    from chaoscad.design import load as load_design
    from chaoscad.errors import (
        ChaoscadError,
        Diagnostic,
        NetlistError,
        NotSolved,
        Refused,
        ToolMissing,
    )
    from chaoscad.export.handover import export as export_design
    from chaoscad.fitting import fit
    from chaoscad.formats import read as read_logic
    from chaoscad.mapping import map_logic
    from chaoscad.netlist import Netlist, TruthTable, check, load, parse
    from chaoscad.robustness import trim
    from chaoscad.solve import Settings, recipe
    from chaoscad.verification import Verification, equivalent, verify
    from chaoscad.workflow import optimize

__all__ = [
    "ChaoscadError",
    "Design",
    "Diagnostic",
    "Netlist",
    "NetlistError",
    "NotSolved",
    "Refused",
    "Settings",
    "ToolMissing",
    "TruthTable",
    "Verification",
    "check",
    "equivalent",
    "export_design",
    "fit",
    "load",
    "load_design",
    "map_logic",
    "optimize",
    "parse",
    "read_logic",
    "recipe",
    "trim",
    "verify",
]

_HOMES = {
    "ChaoscadError": ("chaoscad.errors", "ChaoscadError"),
    "Design": ("chaoscad.design", "Design"),
    "Diagnostic": ("chaoscad.errors", "Diagnostic"),
    "Netlist": ("chaoscad.netlist", "Netlist"),
    "NetlistError": ("chaoscad.errors", "NetlistError"),
    "NotSolved": ("chaoscad.errors", "NotSolved"),
    "Refused": ("chaoscad.errors", "Refused"),
    "Settings": ("chaoscad.solve", "Settings"),
    "ToolMissing": ("chaoscad.errors", "ToolMissing"),
    "TruthTable": ("chaoscad.netlist", "TruthTable"),
    "Verification": ("chaoscad.verification", "Verification"),
    "check": ("chaoscad.netlist", "check"),
    "equivalent": ("chaoscad.verification", "equivalent"),
    "export_design": ("chaoscad.export.handover", "export"),
    "fit": ("chaoscad.fitting", "fit"),
    "load": ("chaoscad.netlist", "load"),
    "load_design": ("chaoscad.design", "load"),
    "map_logic": ("chaoscad.mapping", "map_logic"),
    "optimize": ("chaoscad.workflow", "optimize"),
    "parse": ("chaoscad.netlist", "parse"),
    "read_logic": ("chaoscad.formats", "read"),
    "recipe": ("chaoscad.solve", "recipe"),
    "trim": ("chaoscad.robustness.trimming", "trim"),
    "verify": ("chaoscad.verification", "verify"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'chaoscad' has no attribute {name!r}")
    from importlib import import_module

    module, attribute = _HOMES[name]
    found = getattr(import_module(module), attribute)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
