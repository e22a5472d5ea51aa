"""Netlists to differentiable JAX programs."""

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
from chaoscad.compile.setpoints import Setpoints, stack, unstack
from chaoscad.compile.take import lowest_of, take

__all__ = [
    "Bank",
    "CircuitPlan",
    "Group",
    "ScanShape",
    "Setpoints",
    "Tables",
    "Topology",
    "bit_words",
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
