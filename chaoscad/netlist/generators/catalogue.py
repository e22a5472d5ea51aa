"""The generators by name, with what each of them takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown
from chaoscad.netlist.generators import adders, random_circuits, roots, selection, words
from chaoscad.netlist.model import Netlist


@dataclass(frozen=True)
class Parameter:
    """What a generator takes beside its width; `meaning` says its values and its default."""

    name: str
    meaning: str


@dataclass(frozen=True)
class Generator:
    """A generator of standard circuits.

    **Arguments:**

    - `make`: what makes them; its first argument is the width.
    - `meaning`: what its circuits compute.
    - `width`: what the width counts.
    - `most`, `least`: the largest and the smallest width.
    - `parameters`: what else it takes.
    """

    name: str
    make: Callable[..., Netlist]
    meaning: str
    width: str
    most: int
    parameters: tuple[Parameter, ...] = ()
    least: int = 1


_CIN = Parameter("cin", "a carry comes in; none by default")
_WIDTH2 = Parameter("width2", "bits of b; as many as a has by default")
_DIRECTION = Parameter("direction", "rotate (the default), left or right")
_GATES = Parameter("gates", "how many gates; 100 by default")
_SEED = Parameter("seed", "of the choices; 0 by default")

_ALL = (
    Generator(
        "ripple_adder",
        adders.ripple_adder,
        "a + b, carry by carry",
        "bits of a and b",
        adders.WIDEST_ADDER,
        (_CIN,),
    ),
    Generator(
        "lookahead_adder",
        adders.lookahead_adder,
        "a + b, the carries from a tree",
        "bits of a and b",
        adders.WIDEST_ADDER,
        (_CIN,),
    ),
    Generator(
        "array_multiplier",
        adders.array_multiplier,
        "a * b, row by row",
        "bits of a",
        adders.WIDEST_MULTIPLIER,
        (_WIDTH2,),
    ),
    Generator(
        "hypotenuse",
        roots.hypotenuse,
        "the whole part of sqrt(a^2 + b^2)",
        "bits of a and b",
        roots.WIDEST_HYPOTENUSE,
        least=roots.NARROWEST_HYPOTENUSE,
    ),
    Generator(
        "comparator", words.comparator, "a < b, a = b, a > b", "bits of a and b", words.WIDEST_WORD
    ),
    Generator(
        "parity", words.parity, "1 where an odd number of inputs is 1", "inputs", words.WIDEST_WORD
    ),
    Generator(
        "decoder", selection.decoder, "one of 2^width lines", "inputs", selection.WIDEST_SELECT
    ),
    Generator(
        "multiplexer",
        selection.multiplexer,
        "one of 2^width inputs",
        "select inputs",
        selection.WIDEST_SELECT,
    ),
    Generator(
        "priority_encoder",
        selection.priority_encoder,
        "the highest input that is 1",
        "inputs",
        selection.WIDEST_ENCODER,
    ),
    Generator(
        "barrel_shifter",
        selection.barrel_shifter,
        "bits moved by any number of places",
        "data bits",
        selection.WIDEST_SHIFTER,
        (_DIRECTION,),
    ),
    Generator("alu", words.alu, ", ".join(words.OPERATIONS), "bits of a and b", words.WIDEST_ALU),
    Generator(
        "random",
        random_circuits.random_circuit,
        "a random circuit, for benchmarks",
        "inputs",
        random_circuits.MOST_RANDOM_INPUTS,
        (_GATES, _SEED),
        least=2,
    ),
)

GENERATORS: dict[str, Generator] = {item.name: item for item in _ALL}
"""Every generator by name."""


def generate(kind: str, width: int, **options: Any) -> Netlist:
    """A standard circuit by the name of its kind.

    **Arguments:**

    - `width`: what it counts depends on the kind.
    - `options`: those of the kind, and those of `Options`.

    **Raises:** `ChaoscadError` for a kind that there is not, an option that it has not, or a value
    that it does not take.
    """
    if kind not in GENERATORS:
        hint = nearest(kind, GENERATORS) or "the kinds are " + ", ".join(GENERATORS)
        raise ChaoscadError(Diagnostic(f"there is no circuit of kind {shown(kind)}", hint=hint))
    known = [item.name for item in GENERATORS[kind].parameters]
    for name in options:
        if name not in (*known, "free", "system", "iterates", "weights"):
            owners = [item.name for item in GENERATORS.values() if _takes(item, name)]
            hint = f"it belongs to {', '.join(owners)}" if owners else nearest(name, known)
            raise ChaoscadError(Diagnostic(f"{kind} has no option {shown(name)}", hint=hint))
    return GENERATORS[kind].make(width, **options)


def _takes(generator: Generator, name: str) -> bool:
    return any(item.name == name for item in generator.parameters)
