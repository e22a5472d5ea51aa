"""chaoscad: design logic gates and circuits made of nonlinear systems.

    import chaoscad
    netlist = chaoscad.load("netlists/full_adder.yaml")
    design = chaoscad.optimize(netlist, seed=0)
    print(chaoscad.verify(design).passed)
    design.save("full_adder.design.json")

Names are loaded when they are first used, so that `import chaoscad` stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaoscad.lazy import lazy

if TYPE_CHECKING:
    from chaoscad.design import Design, Reconfigurable
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
    from chaoscad.reports import report
    from chaoscad.robustness import trim
    from chaoscad.solve import Settings, recipe
    from chaoscad.sweeps import sweep
    from chaoscad.verification import Verification, equivalent, verify
    from chaoscad.workflow import optimize, reconfigure

__all__ = [
    "ChaoscadError",
    "Design",
    "Diagnostic",
    "Netlist",
    "NetlistError",
    "NotSolved",
    "Reconfigurable",
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
    "reconfigure",
    "report",
    "sweep",
    "trim",
    "verify",
]

__getattr__, __dir__ = lazy(
    "chaoscad",
    {
        "ChaoscadError": "chaoscad.errors",
        "Design": "chaoscad.design",
        "Diagnostic": "chaoscad.errors",
        "Netlist": "chaoscad.netlist",
        "NetlistError": "chaoscad.errors",
        "NotSolved": "chaoscad.errors",
        "Reconfigurable": "chaoscad.design",
        "Refused": "chaoscad.errors",
        "Settings": "chaoscad.solve",
        "ToolMissing": "chaoscad.errors",
        "TruthTable": "chaoscad.netlist",
        "Verification": "chaoscad.verification",
        "check": "chaoscad.netlist",
        "equivalent": "chaoscad.verification",
        "export_design": "chaoscad.export.handover:export",
        "load": "chaoscad.netlist",
        "load_design": "chaoscad.design:load",
        "map_logic": "chaoscad.mapping",
        "optimize": "chaoscad.workflow",
        "parse": "chaoscad.netlist",
        "read_logic": "chaoscad.formats:read",
        "recipe": "chaoscad.solve",
        "reconfigure": "chaoscad.workflow",
        "report": "chaoscad.reports.verb",
        "fit": "chaoscad.fitting",
        "sweep": "chaoscad.sweeps.run",
        "trim": "chaoscad.robustness.trimming",
        "verify": "chaoscad.verification",
    },
)
