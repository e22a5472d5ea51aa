"""Netlists to differentiable JAX programs.

Names are loaded when they are first used: setpoints as arrays need no JAX.
"""

from typing import TYPE_CHECKING

from chaoscad.lazy import lazy

if TYPE_CHECKING:
    from chaoscad.compile.plan import (
        Bank,
        CircuitPlan,
        Group,
        ScanShape,
        group_gates,
        plan_circuit,
        plan_gates,
        row_bits,
    )
    from chaoscad.compile.program import (
        Tables,
        bit_words,
        expected,
        look_up,
        per_gate,
        response,
        selected,
        states,
        straight_through,
        values,
        values_at,
    )
    from chaoscad.compile.scan import Topology, compile_circuit, plan_scan, propagate, read_heads
    from chaoscad.compile.selection import columns, lowest_of, take
    from chaoscad.compile.setpoints import Setpoints, stack, unstack

__all__ = [
    "Bank",
    "CircuitPlan",
    "Group",
    "ScanShape",
    "Setpoints",
    "Tables",
    "Topology",
    "bit_words",
    "columns",
    "compile_circuit",
    "expected",
    "group_gates",
    "look_up",
    "lowest_of",
    "per_gate",
    "plan_circuit",
    "plan_gates",
    "plan_scan",
    "propagate",
    "read_heads",
    "response",
    "row_bits",
    "selected",
    "stack",
    "states",
    "straight_through",
    "take",
    "unstack",
    "values",
    "values_at",
]

__getattr__, __dir__ = lazy(
    "chaoscad.compile",
    {
        "Bank": "chaoscad.compile.plan",
        "CircuitPlan": "chaoscad.compile.plan",
        "Group": "chaoscad.compile.plan",
        "ScanShape": "chaoscad.compile.plan",
        "Setpoints": "chaoscad.compile.setpoints",
        "Tables": "chaoscad.compile.program",
        "Topology": "chaoscad.compile.scan",
        "bit_words": "chaoscad.compile.program",
        "compile_circuit": "chaoscad.compile.scan",
        "expected": "chaoscad.compile.program",
        "group_gates": "chaoscad.compile.plan",
        "look_up": "chaoscad.compile.program",
        "columns": "chaoscad.compile.selection",
        "lowest_of": "chaoscad.compile.selection",
        "per_gate": "chaoscad.compile.program",
        "plan_circuit": "chaoscad.compile.plan",
        "plan_gates": "chaoscad.compile.plan",
        "plan_scan": "chaoscad.compile.scan",
        "propagate": "chaoscad.compile.scan",
        "read_heads": "chaoscad.compile.scan",
        "response": "chaoscad.compile.program",
        "row_bits": "chaoscad.compile.plan",
        "selected": "chaoscad.compile.program",
        "stack": "chaoscad.compile.setpoints",
        "states": "chaoscad.compile.program",
        "straight_through": "chaoscad.compile.program",
        "take": "chaoscad.compile.selection",
        "unstack": "chaoscad.compile.setpoints",
        "values": "chaoscad.compile.program",
        "values_at": "chaoscad.compile.program",
    },
)
