"""Random circuits, for benchmarks: the same seed gives the same circuit."""

from __future__ import annotations

import random
from collections import deque
from typing import Unpack

from chaoscad.arguments import whole
from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.netlist.generators.build import Build, Options
from chaoscad.netlist.model import Netlist

MOST_RANDOM_GATES = 100_000
MOST_RANDOM_INPUTS = 4096

_FUNCTIONS = tuple(
    rows
    for rows in (format(number, "04b") for number in range(16))
    if rows[:2] != rows[2:] and rows[::2] != rows[1::2]
)
"""The ten functions of two inputs that depend on both."""


def random_circuit(
    width: int, *, gates: int = 100, seed: int = 0, **options: Unpack[Options]
) -> Netlist:
    """A random circuit of two-input gates in which nothing is unused.

    Every gate computes one of the ten functions that depend on both of its inputs. While more than
    half as many nets as there are inputs are read by nothing, a gate reads the oldest of them; other
    choices are uniform among all nets so far. What is read by nothing at the end are the outputs.

    **Arguments:**

    - `width`: number of inputs, 2 to 4096.
    - `gates`: number of gates, at least width / 2 and at most 100000.
    - `seed`: of the choices.
    - `options`: see `Options`.

    **Returns:** a netlist with inputs i0.. and gates n0...
    """
    width = whole("the width", width, 2, MOST_RANDOM_INPUTS)
    gates = whole("the number of gates", gates, 1, MOST_RANDOM_GATES)
    if 2 * gates < width:
        message = f"{gates} gates of two inputs cannot read {width} inputs"
        hint = f"take {-(-width // 2)} gates or more"
        raise ChaoscadError(Diagnostic(message, hint=hint))
    chance = random.Random(seed)

    def below(count: int) -> int:
        # Of all methods of Random, only this one is promised to stay as it is.
        return int(chance.random() * count)

    inputs = [f"i{index}" for index in range(width)]
    description = f"A random circuit of {gates} gates, seed {seed}."
    build = Build(f"random{width}_{gates}_{seed}", description, inputs)
    nets = list(inputs)
    unread = set(inputs)
    queue = deque(inputs)
    waiting = width

    def oldest() -> str:
        while queue[0] not in unread:
            queue.popleft()
        return queue[0]

    def read(net: str) -> str:
        nonlocal waiting
        if net in unread:
            unread.remove(net)
            waiting -= net.startswith("i")
        return net

    for index in range(gates):
        # As many inputs as the gates that are left can just read come first.
        left = 2 * (gates - index)
        forced = waiting >= left - 1
        first = read(oldest() if forced or 2 * len(unread) > width else nets[below(len(nets))])
        second = oldest() if waiting >= left - 1 and waiting else first
        while second == first:
            second = nets[below(len(nets))]
        read(second)
        name = f"n{index}"
        build.gate(name, _FUNCTIONS[below(len(_FUNCTIONS))], first, second)
        nets.append(name)
        unread.add(name)
        queue.append(name)
    return build.netlist([net for net in nets if net in unread], **options)
