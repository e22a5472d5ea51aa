"""Circuits over whole words: comparison, parity, and a small arithmetic and logic unit."""

from __future__ import annotations

from typing import Unpack

from chaoscad.arguments import whole
from chaoscad.netlist.generators.adders import full_adder
from chaoscad.netlist.generators.build import AND_NOT, Build, Options, bus
from chaoscad.netlist.model import Netlist

WIDEST_WORD = 4096
WIDEST_ALU = 1024

OPERATIONS = ("a + b", "a - b", "a & b", "a | b", "a ^ b", "~(a | b)", "a", "~a")
"""What the arithmetic and logic unit computes for op = 0 to 7."""


def comparator(width: int, **options: Unpack[Options]) -> Netlist:
    """Whether a < b, a = b or a > b, of numbers without sign.

    **Arguments:**

    - `width`: bits of a and of b, 1 to 4096.
    - `options`: see `Options`.

    **Returns:** a netlist with inputs a0.. b0.. and outputs lt, eq, gt.
    """
    width = whole("the width", width, 1, WIDEST_WORD)
    inputs = [*bus("a", width), *bus("b", width)]
    build = Build(f"comparator{width}", f"Two numbers of {width} bits compared.", inputs)
    greater = ""
    for bit in range(width):
        last = bit == width - 1
        name = "gt" if last else f"r{bit}"
        if not bit:
            greater = build.gate(name, AND_NOT, "a0", "b0")
        else:
            here = build.gate(f"g{bit}", AND_NOT, f"a{bit}", f"b{bit}")
            same = build.gate(f"e{bit}", "XNOR", f"a{bit}", f"b{bit}")
            below = build.gate(f"t{bit}", "AND", same, greater)
            greater = build.gate(name, "OR", here, below)
    if width == 1:
        build.gate("eq", "XNOR", "a0", "b0")
    else:
        build.gate("e0", "XNOR", "a0", "b0")
        build.reduce("eq", "AND", bus("e", width))
    build.gate("lt", "NOR", "eq", "gt")
    return build.netlist(["lt", "eq", "gt"], **options)


def parity(width: int, **options: Unpack[Options]) -> Netlist:
    """1 where an odd number of inputs is 1, by a tree of XOR.

    **Arguments:**

    - `width`: number of inputs, 1 to 4096.
    - `options`: see `Options`.

    **Returns:** a netlist with inputs a0.. and the output odd.
    """
    width = whole("the width", width, 1, WIDEST_WORD)
    build = Build(f"parity{width}", f"The parity of {width} bits.", bus("a", width))
    build.reduce("odd", "XOR", bus("a", width))
    return build.netlist(["odd"], **options)


def alu(width: int, **options: Unpack[Options]) -> Netlist:
    """An arithmetic and logic unit with the eight operations of `OPERATIONS`.

    **Arguments:**

    - `width`: bits of a and of b, 1 to 1024.
    - `options`: see `Options`.

    **Returns:** a netlist with inputs a0.. b0.. op0 op1 op2 and outputs y0.. cout zero. `cout` is the
    carry of a + b, 1 for a - b where nothing is borrowed (a >= b), and 0 otherwise; `zero` says that
    every y is 0.
    """
    width = whole("the width", width, 1, WIDEST_ALU)
    inputs = [*bus("a", width), *bus("b", width), "op0", "op1", "op2"]
    description = f"{', '.join(OPERATIONS)} of {width} bits, chosen by op."
    build = Build(f"alu{width}", description, inputs)
    arithmetic = build.gate("arithmetic", "NOR", "op1", "op2")
    carry = subtract = build.gate("subtract", "AND", arithmetic, "op0")
    for bit in range(width):
        a, b = f"a{bit}", f"b{bit}"
        operand = build.gate(f"n{bit}", "XOR", b, subtract)
        names = (f"s{bit}", f"c{bit + 1}")
        total, carry = full_adder(build, names, str(bit), a, operand, carry)
        both = build.gate(f"and{bit}", "AND", a, b)
        either = build.gate(f"or{bit}", "OR", a, b)
        differ = build.gate(f"xor{bit}", "XOR", a, b)
        neither = build.gate(f"nor{bit}", "NOR", a, b)
        copied = build.gate(f"not{bit}", "XOR", a, "op0")
        products = build.multiplexer(f"u{bit}", "op0", both, either)
        others = build.multiplexer(f"v{bit}", "op0", differ, neither)
        low = build.multiplexer(f"l{bit}", "op1", total, products)
        high = build.multiplexer(f"h{bit}", "op1", others, copied)
        build.multiplexer(f"y{bit}", "op2", low, high)
    build.gate("cout", "AND", carry, arithmetic)
    build.reduce("zero", "OR", bus("y", width), last="NOR")
    return build.netlist([*bus("y", width), "cout", "zero"], **options)
