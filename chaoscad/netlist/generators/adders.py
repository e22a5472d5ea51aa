"""Adders and multipliers of two-input gates."""

from __future__ import annotations

from typing import Unpack

from chaoscad.arguments import whole
from chaoscad.errors import counted
from chaoscad.netlist.generators.build import Build, Options, bus
from chaoscad.netlist.model import Netlist

WIDEST_ADDER = 4096
WIDEST_MULTIPLIER = 128


def half_adder(build: Build, names: tuple[str, str], a: str, b: str) -> tuple[str, str]:
    """Add two gates: the sum and the carry, which get the two `names`."""
    total, carry = names
    return build.gate(total, "XOR", a, b), build.gate(carry, "AND", a, b)


def full_adder(
    build: Build, names: tuple[str, str], mark: str, a: str, b: str, carry: str
) -> tuple[str, str]:
    """Add five gates: the sum and the carry get `names`, the inner ones `p`, `g`, `t` and `mark`."""
    propagate = build.gate(f"p{mark}", "XOR", a, b)
    generate = build.gate(f"g{mark}", "AND", a, b)
    total = build.gate(names[0], "XOR", propagate, carry)
    through = build.gate(f"t{mark}", "AND", propagate, carry)
    return total, build.gate(names[1], "OR", generate, through)


def ripple_adder(width: int, *, cin: bool = False, **options: Unpack[Options]) -> Netlist:
    """a + b, the carry passing from bit to bit: 5 gates a bit, 2 for the first one without `cin`.

    **Arguments:**

    - `width`: bits of a and of b, 1 to 4096.
    - `cin`: whether a carry comes in.
    - `options`: see `Options`.

    **Returns:** a netlist with inputs a0.. b0.. [cin] and outputs s0.. cout, bit 0 being the least
    significant.
    """
    width = whole("the width", width, 1, WIDEST_ADDER)
    build = _adder("ripple_adder", width, cin)
    carry = "cin" if cin else ""
    for bit in range(width):
        following = f"c{bit + 1}" if bit + 1 < width else "cout"
        names, a, b = (f"s{bit}", following), f"a{bit}", f"b{bit}"
        if carry:
            _, carry = full_adder(build, names, str(bit), a, b, carry)
        else:
            _, carry = half_adder(build, names, a, b)
    return build.netlist([*bus("s", width), "cout"], **options)


def lookahead_adder(width: int, *, cin: bool = False, **options: Unpack[Options]) -> Netlist:
    """a + b, every carry computed from a tree of group carries: about 2 log2(width) levels.

    The tree is Sklansky's (IRE Trans. EC-9, 226, 1960): `g7_4` says that bits 4 to 7 generate a
    carry, `p7_4` that they pass one on.

    **Arguments:**

    - `width`: bits of a and of b, 1 to 4096.
    - `cin`: whether a carry comes in.
    - `options`: see `Options`.

    **Returns:** a netlist with inputs a0.. b0.. [cin] and outputs s0.. cout.
    """
    width = whole("the width", width, 1, WIDEST_ADDER)
    build = _adder("lookahead_adder", width, cin)
    lowest = -1 if cin else 0
    generated: dict[tuple[int, int], str] = {(-1, -1): "cin"}
    passed: dict[tuple[int, int], str] = {}
    for bit in range(width):
        # Without a carry in, the first sum is the first propagation.
        first = bit == 0 and not cin
        passed[bit, bit] = build.gate("s0" if first else f"p{bit}", "XOR", f"a{bit}", f"b{bit}")
        only = width == 1 and not cin
        generated[bit, bit] = build.gate("cout" if only else f"g{bit}", "AND", f"a{bit}", f"b{bit}")

    def passes(high: int, low: int) -> str:
        if (high, low) not in passed:
            middle = _split(high, low, lowest)
            upper, lower = passes(high, middle), passes(middle - 1, low)
            passed[high, low] = build.gate(f"p{high}_{low}", "AND", upper, lower)
        return passed[high, low]

    def generates(high: int, low: int) -> str:
        if (high, low) not in generated:
            middle = _split(high, low, lowest)
            lower, through = generates(middle - 1, low), passes(high, middle)
            whole = low == lowest
            mark = f"{high}" if whole else f"{high}_{low}"
            name = f"g{high}_{low}"
            if whole:
                name = "cout" if high == width - 1 else f"c{high + 1}"
            kept = build.gate(f"t{mark}", "AND", through, lower)
            generated[high, low] = build.gate(name, "OR", generates(high, middle), kept)
        return generated[high, low]

    for bit in range(0 if cin else 1, width):
        build.gate(f"s{bit}", "XOR", f"p{bit}", generates(bit - 1, lowest))
    generates(width - 1, lowest)
    return build.netlist([*bus("s", width), "cout"], **options)


def array_multiplier(width: int, width2: int | None = None, **options: Unpack[Options]) -> Netlist:
    """a * b, row by row: an AND for every pair of bits, then a ripple adder for every bit of b.

    **Arguments:**

    - `width`, `width2`: bits of a and of b, 1 to 128; `width2` is `width` by default.
    - `options`: see `Options`.

    **Returns:** a netlist with inputs a0.. b0.. and outputs m0..; there are `width + width2` of
    these, or one less where a or b has one bit, since the product never reaches it.
    """
    width2 = width if width2 is None else width2
    width = whole("the width", width, 1, WIDEST_MULTIPLIER)
    width2 = whole("the width of b", width2, 1, WIDEST_MULTIPLIER)
    most = width + width2 - (1 if 1 in (width, width2) else 0)
    name = f"array_multiplier{width}x{width2}"
    inputs = [*bus("a", width), *bus("b", width2)]
    build = Build(name, f"The product of {width} and {width2} bits.", inputs)

    def product(i: int, j: int) -> str:
        alone = (i == j == 0) or width == 1 or (width2 == 1)
        return build.gate(f"m{i + j}" if alone else f"q{i}_{j}", "AND", f"a{i}", f"b{j}")

    # The bits of the sum so far that the next row is added to, the least significant first.
    above = [product(i, 0) for i in range(width)][1:]
    for j in range(1, width2):
        carry = ""
        row: list[str] = []
        for i in range(width):
            addends = [product(i, j), *above[i : i + 1], *([carry] if carry else [])]
            mark = f"{i}_{j}"
            done = i == 0 or j == width2 - 1
            total = f"m{i + j}" if done else f"s{mark}"
            over = f"m{i + j + 1}" if i == width - 1 and j == width2 - 1 else f"c{mark}"
            if len(addends) == 1:
                row.append(addends[0])
                continue
            if len(addends) == 2:
                names = half_adder(build, (total, over), addends[0], addends[1])
            else:
                names = full_adder(build, (total, over), mark, addends[0], addends[1], addends[2])
            row.append(names[0])
            carry = names[1]
        above = [*row[1:], *([carry] if carry else [])]
    return build.netlist(bus("m", most), **options)


def _adder(kind: str, width: int, cin: bool) -> Build:
    words = "two numbers and a carry" if cin else "two numbers"
    inputs = [*bus("a", width), *bus("b", width), *(["cin"] if cin else [])]
    return Build(f"{kind}{width}", f"The sum of {words} of {counted(width, 'bit')}.", inputs)


def _split(high: int, low: int, lowest: int) -> int:
    """The lowest bit of the upper half: bits are grouped by powers of two, counted from `lowest`."""
    top, bottom = high - lowest, low - lowest
    return lowest + (top >> ((top ^ bottom).bit_length() - 1) << ((top ^ bottom).bit_length() - 1))
