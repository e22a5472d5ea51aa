"""Square roots: the hypotenuse of two numbers."""

from __future__ import annotations

from typing import Unpack

from chaoscad.arguments import whole
from chaoscad.netlist.generators.adders import full_adder, half_adder
from chaoscad.netlist.generators.build import AND_NOT, Build, Options, bus
from chaoscad.netlist.model import Netlist

NARROWEST_HYPOTENUSE, WIDEST_HYPOTENUSE = 2, 128


def hypotenuse(width: int, **options: Unpack[Options]) -> Netlist:
    """The whole part of sqrt(a^2 + b^2): two array squarers, an adder, and a restoring square root.

    The function of the circuit `hyp` of the EPFL benchmarks, which has 128 bits (L. Amaru,
    P.-E. Gaillardon, G. De Micheli, "The EPFL combinational benchmark suite", IWLS 2015).

    **Arguments:**

    - `width`: bits of a and of b, 2 to 128.
    - `options`: see `Options`.

    **Returns:** a netlist with inputs a0.. b0.. and outputs h0.., one more than a has.
    """
    width = whole("the width", width, NARROWEST_HYPOTENUSE, WIDEST_HYPOTENUSE)
    name, words = f"hypotenuse{width}", f"The hypotenuse of two numbers of {width} bits."
    build = Build(name, words, [*bus("a", width), *bus("b", width)])
    squares = _square(build, "a", width), _square(build, "b", width)
    total = _sum(build, "n", 0, *squares, last=f"h{width}")
    _root(build, total, width)
    return build.netlist(bus("h", width + 1), **options)


def _square(build: Build, name: str, width: int) -> list[str | None]:
    """The bits of the square of a bus, the least significant first; `None` where they are 0.

    a^2 is the sum over j of 4^j (a_j + sum over i > j of a_i a_j 2^(i - j + 1)): half of the products
    of a multiplier.
    """
    found: list[str | None] = []
    for j in range(width):
        row: list[str | None] = [f"{name}{j}", None]
        row += [
            build.gate(f"q{name}{i}_{j}", "AND", f"{name}{i}", f"{name}{j}")
            for i in range(j + 1, width)
        ]
        if j == 0:
            found = row
        elif j + 1 < width:
            found[2 * j :] = _sum(build, f"{name}{j}", 2 * j, found[2 * j :], row)
        else:
            # A square has not more than twice the bits: nothing is carried out of the last row.
            above, *top = found[2 * j :]
            assert above is not None
            names = f"s{name}{j}_{2 * j}", f"c{name}{j}"
            low, carry = half_adder(build, names, above, f"{name}{j}")
            for net in top:
                assert net is not None
                carry = build.gate(f"s{name}{j}_{2 * j + 1}", "XOR", net, carry)
            found[2 * j :] = [low, carry]
    return found


def _sum(
    build: Build,
    name: str,
    first: int,
    one: list[str | None],
    other: list[str | None],
    last: str | None = None,
) -> list[str | None]:
    """Two words added from bit to bit, and the carry, which gets the name `last`.

    **Arguments:**

    - `name`, `first`: of the adder, for its nets; and the place of its least significant bit.
    """
    found: list[str | None] = []
    carry = None
    width = max(len(one), len(other))
    for index in range(width):
        places = (*one[index : index + 1], *other[index : index + 1], carry)
        addends = [net for net in places if net is not None]
        mark = f"{name}_{first + index}"
        names = f"s{mark}", f"c{mark}"
        if last is not None and index == width - 1:
            names = f"s{mark}", last
        carry = None
        if len(addends) == 3:
            total, carry = full_adder(build, names, mark, addends[0], addends[1], addends[2])
        elif len(addends) == 2:
            total, carry = half_adder(build, names, addends[0], addends[1])
        else:
            total = addends[0] if addends else None
        found.append(total)
    return [*found, carry]


def _root(build: Build, radicand: list[str | None], width: int) -> None:
    """The bits below the highest of the square root, one for each pair of bits of the radicand.

    The highest pair is 0 or 1, and so is its root. From then on 4 root + 1 is taken off the remainder
    where it fits: bit by bit the borrow says whether it does.
    """
    root: list[str] = [f"h{width}"]
    remainder: list[str] = []
    for k in reversed(range(width)):
        low, high = radicand[2 * k], radicand[2 * k + 1]
        assert low is not None
        assert high is not None
        remainder = [low, high, *remainder]
        borrow = build.gate(f"d{k}_0", "NOT", low)
        taken = [borrow]
        # What is left is at most twice the root, which now has a bit more.
        left = min(len(remainder), len(root) + 2) if k else 0
        for place in range(1, max(len(remainder), len(root) + 2)):
            mark = f"{k}_{place}"
            bit = remainder[place] if place < len(remainder) else None
            off = root[place - 2] if 2 <= place < len(root) + 2 else None
            if bit is None:
                assert off is not None
                borrow = build.gate(f"w{mark}", "OR", off, borrow)
                continue
            differ = bit if off is None else build.gate(f"x{mark}", "XOR", bit, off)
            if place < left:
                taken.append(build.gate(f"d{mark}", "XOR", differ, borrow))
            through = build.gate(f"v{mark}", AND_NOT, borrow, differ)
            if off is not None:
                fresh = build.gate(f"u{mark}", AND_NOT, off, bit)
                through = build.gate(f"w{mark}", "OR", fresh, through)
            borrow = through
        fits = build.gate(f"h{k}", "NOT", borrow)
        root = [fits, *root]
        remainder = [
            build.multiplexer(f"r{k}_{place}", fits, remainder[place], taken[place])
            for place in range(left)
        ]
