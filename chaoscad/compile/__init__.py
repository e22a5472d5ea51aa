"""Netlists to differentiable JAX programs."""

from chaoscad.compile.plan import Bank, Group, Plan, group_gates, plan_circuit, plan_gates, row_bits
from chaoscad.compile.program import (
    Parameters,
    Tables,
    bit_words,
    expected,
    look_up,
    per_gate,
    propagate,
    read_heads,
    response,
    selected,
    states,
    straight_through,
    values,
)
from chaoscad.compile.take import lowest_of, take

__all__ = [
    "Bank",
    "Group",
    "Parameters",
    "Plan",
    "Tables",
    "bit_words",
    "expected",
    "group_gates",
    "look_up",
    "lowest_of",
    "per_gate",
    "plan_circuit",
    "plan_gates",
    "propagate",
    "read_heads",
    "response",
    "row_bits",
    "selected",
    "states",
    "straight_through",
    "take",
    "values",
]
