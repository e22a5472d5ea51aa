"""Circuits that choose: decoders, multiplexers, priority encoders and barrel shifters."""

from __future__ import annotations

from typing import Literal, Unpack

from chaoscad.arguments import whole
from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown
from chaoscad.netlist.generators.build import AND_NOT, Build, Options, bus
from chaoscad.netlist.model import Netlist

WIDEST_SELECT = 12
WIDEST_ENCODER = 1024
WIDEST_SHIFTER = 512

Direction = Literal["rotate", "left", "right"]
DIRECTIONS: tuple[Direction, ...] = ("rotate", "left", "right")


def decoder(width: int, **options: Unpack[Options]) -> Netlist:
    """One output of 2^width is 1: the one whose number the inputs are.

    **Arguments:**

    - `width`: number of inputs, 1 to 12.
    - `options`: see `Options`.

    **Returns:** a netlist with inputs s0.. (the least significant first) and outputs y0...
    """
    width = whole("the width", width, 1, WIDEST_SELECT)
    build = Build(f"decoder{width}", f"One of {1 << width} lines.", bus("s", width))
    lines = decoded(build, "y", bus("s", width))
    return build.netlist(lines, **options)


def decoded(build: Build, name: str, select: list[str]) -> list[str]:
    """Add gates that decode `select`, the least significant bit first; returns the lines."""
    if len(select) == 1:
        return [
            build.gate(f"{name}0", "NOT", select[0]),
            build.gate(f"{name}1", "BUF", select[0]),
        ]
    if len(select) == 2:
        rows = ("1000", "0100", "0010", "0001")
        return [
            build.gate(f"{name}{index}", row, select[1], select[0])
            for index, row in enumerate(rows)
        ]
    # Halves are decoded by themselves; a single bit left over is taken as it is, or complemented.
    half = (len(select) + 1) // 2
    low = decoded(build, f"{name}l", select[:half])
    if len(select) - half == 1:
        top = select[half]
        return [
            build.gate(f"{name}{index}", AND_NOT, net, top) for index, net in enumerate(low)
        ] + [
            build.gate(f"{name}{len(low) + index}", "AND", net, top)
            for index, net in enumerate(low)
        ]
    high = decoded(build, f"{name}h", select[half:])
    return [
        build.gate(f"{name}{row * len(low) + column}", "AND", high[row], low[column])
        for row in range(len(high))
        for column in range(len(low))
    ]


def multiplexer(width: int, **options: Unpack[Options]) -> Netlist:
    """The data input whose number the select inputs are.

    **Arguments:**

    - `width`: number of select inputs, 1 to 12; there are 2^width data inputs.
    - `options`: see `Options`.

    **Returns:** a netlist with inputs d0.. s0.. and the output y.
    """
    width = whole("the width", width, 1, WIDEST_SELECT)
    count = 1 << width
    inputs = [*bus("d", count), *bus("s", width)]
    build = Build(f"multiplexer{width}", f"One of {count} inputs.", inputs)
    row = bus("d", count)
    for level in range(width):
        last = level == width - 1
        row = [
            build.multiplexer(
                "y" if last else f"x{level}_{index}",
                f"s{level}",
                row[2 * index],
                row[2 * index + 1],
            )
            for index in range(len(row) // 2)
        ]
    return build.netlist(["y"], **options)


def priority_encoder(width: int, **options: Unpack[Options]) -> Netlist:
    """The number of the highest input that is 1, and whether there is one; 0 where there is none.

    **Arguments:**

    - `width`: number of inputs, 1 to 1024.
    - `options`: see `Options`.

    **Returns:** a netlist with inputs r0.. and outputs y0.. valid; one input needs no y.
    """
    width = whole("the width", width, 1, WIDEST_ENCODER)
    build = Build(f"priority_encoder{width}", f"The highest of {width} lines.", bus("r", width))
    bits = (width - 1).bit_length()
    # Whether any input from this one up is 1.
    above = f"r{width - 1}"
    won = {width - 1: above}
    for index in range(width - 2, -1, -1):
        if index:
            won[index] = build.gate(f"w{index}", AND_NOT, f"r{index}", above)
        above = build.gate(f"h{index}" if index else "valid", "OR", f"r{index}", above)
    if width == 1:
        build.gate("valid", "BUF", "r0")
    for bit in range(bits):
        winners = [won[index] for index in range(1, width) if index >> bit & 1]
        build.reduce(f"y{bit}", "OR", winners)
    return build.netlist([*bus("y", bits), "valid"], **options)


def barrel_shifter(
    width: int, *, direction: Direction = "rotate", **options: Unpack[Options]
) -> Netlist:
    """The data moved by any number of places, a stage for every bit of the number.

    **Arguments:**

    - `width`: number of data bits, 2 to 512, or 1, of which nothing is moved.
    - `direction`: `rotate` moves towards the most significant bit, which comes back at bit 0;
      `left` moves there and `right` away from it, zeros coming in.
    - `options`: see `Options`.

    **Returns:** a netlist with inputs d0.. s0.. and outputs y0...
    """
    width = whole("the width", width, 1, WIDEST_SHIFTER)
    if direction not in DIRECTIONS:
        hint = nearest(str(direction), DIRECTIONS) or "there are " + ", ".join(DIRECTIONS)
        raise ChaoscadError(Diagnostic(f"there is no direction {shown(str(direction))}", hint=hint))
    stages = (width - 1).bit_length()
    inputs = [*bus("d", width), *bus("s", stages)]
    name = f"barrel_shifter{width}" + ("" if direction == "rotate" else f"_{direction}")
    verb = "rotated" if direction == "rotate" else f"shifted {direction}"
    build = Build(name, f"{width} bits {verb} by any number of places.", inputs)
    row = bus("d", width)
    for stage in range(stages):
        distance = 1 << stage
        moved: list[str] = []
        for index in range(width):
            name = f"y{index}" if stage == stages - 1 else f"x{stage}_{index}"
            source = index + distance if direction == "right" else index - distance
            if direction == "rotate":
                source %= width
            if 0 <= source < width:
                moved.append(build.multiplexer(name, f"s{stage}", row[index], row[source]))
            else:
                moved.append(build.gate(name, AND_NOT, row[index], f"s{stage}"))
        row = moved
    if not stages:
        build.gate("y0", "BUF", "d0")
    return build.netlist(bus("y", width), **options)
