"""A system as the value of a netlist's key `system`, by itself: `logistic`, `{map: "r*x*(1-x)", ...}`."""

from __future__ import annotations

from dataclasses import replace

from chaoscad.errors import ChaoscadError, NetlistError
from chaoscad.netlist.reader import parse
from chaoscad.systems import Setting


def system_of_text(text: str) -> Setting:
    """The system that a text stands for; files are looked for in the working folder.

    **Raises:** `ChaoscadError` with what a netlist would be told about it.
    """
    body = " ".join(text.split())
    gate = "gates: {y: {inputs: [a], function: NOT}}"
    try:
        netlist, _ = parse(f"chaoscad: 1\ninputs: [a]\noutputs: [y]\n{gate}\nsystem: {body}\n")
    except NetlistError as error:
        raise ChaoscadError(
            replace(item, line=0, column=0)
            for item in error.diagnostics
            if item.severity == "error"
        ) from None
    return netlist.gates[0].setting
