"""The generators by name, with what each of them takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown
from chaoscad.netlist.generators import adders, random_circuits, selection, words
from chaoscad.netlist.model import Netlist


@dataclass(frozen=True)
class Parameter:
    """What a generator takes beside its width; `meaning` says its values and its default."""

    name: str
    meaning: str


@dataclass(frozen=True)
class StandardCircuit:
    """A generator of standard circuits.

    **Arguments:**

    - `make`: the generator; its first argument is the width.
    - `meaning`: what its circuits compute.
    - `width`: what the width counts.
    - `least`, `most`: the smallest and the largest width.
    - `parameters`: what else it takes.
    """

    name: str
    make: Callable[..., Netlist]
    meaning: str
    width: str
    least: int
    most: int
    parameters: tuple[Parameter, ...] = ()


_CIN = Parameter("cin", "a carry comes in; none by default")
_WIDTH2 = Parameter("width2", "bits of b; as many as a has by default")
_DIRECTION = Parameter("direction", "rotate (the default), left or right")
_GATES = Parameter("gates", "how many gates; 100 by default")
_SEED = Parameter("seed", "of the choices; 0 by default")

KINDS: dict[str, StandardCircuit] = {
    kind.name: kind
    for kind in (
        StandardCircuit(
            name="ripple_adder",
            make=adders.ripple_adder,
            meaning="a + b, carry by carry",
            width="bits of a and b",
            least=1,
            most=adders.WIDEST_ADDER,
            parameters=(_CIN,),
        ),
        StandardCircuit(
            name="lookahead_adder",
            make=adders.lookahead_adder,
            meaning="a + b, the carries from a tree",
            width="bits of a and b",
            least=1,
            most=adders.WIDEST_ADDER,
            parameters=(_CIN,),
        ),
        StandardCircuit(
            name="array_multiplier",
            make=adders.array_multiplier,
            meaning="a * b, row by row",
            width="bits of a",
            least=1,
            most=adders.WIDEST_MULTIPLIER,
            parameters=(_WIDTH2,),
        ),
        StandardCircuit(
            name="comparator",
            make=words.comparator,
            meaning="a < b, a = b, a > b",
            width="bits of a and b",
            least=1,
            most=words.WIDEST_WORD,
        ),
        StandardCircuit(
            name="parity",
            make=words.parity,
            meaning="1 where an odd number of inputs is 1",
            width="inputs",
            least=1,
            most=words.WIDEST_WORD,
        ),
        StandardCircuit(
            name="decoder",
            make=selection.decoder,
            meaning="one of 2^width lines",
            width="inputs",
            least=1,
            most=selection.WIDEST_SELECT,
        ),
        StandardCircuit(
            name="multiplexer",
            make=selection.multiplexer,
            meaning="one of 2^width inputs",
            width="select inputs",
            least=1,
            most=selection.WIDEST_SELECT,
        ),
        StandardCircuit(
            name="priority_encoder",
            make=selection.priority_encoder,
            meaning="the highest input that is 1",
            width="inputs",
            least=1,
            most=selection.WIDEST_ENCODER,
        ),
        StandardCircuit(
            name="barrel_shifter",
            make=selection.barrel_shifter,
            meaning="bits moved by any number of places",
            width="data bits",
            least=1,
            most=selection.WIDEST_SHIFTER,
            parameters=(_DIRECTION,),
        ),
        StandardCircuit(
            name="alu",
            make=words.alu,
            meaning=", ".join(words.OPERATIONS),
            width="bits of a and b",
            least=1,
            most=words.WIDEST_ALU,
        ),
        StandardCircuit(
            name="random",
            make=random_circuits.random_circuit,
            meaning="a random circuit, for benchmarks",
            width="inputs",
            least=2,
            most=random_circuits.MOST_RANDOM_INPUTS,
            parameters=(_GATES, _SEED),
        ),
    )
}
"""Every generator by name."""


def generate(kind: str, width: int, **options: Any) -> Netlist:
    """A standard circuit by the name of its kind.

    **Arguments:**

    - `width`: what it counts depends on the kind.
    - `options`: those of the kind, and those of `Options`.

    **Raises:** `ChaoscadError` for a kind that there is not, an option that it has not, or a value
    that it does not take.
    """
    if kind not in KINDS:
        hint = nearest(kind, KINDS) or "the kinds are " + ", ".join(KINDS)
        raise ChaoscadError(Diagnostic(f"there is no circuit of kind {shown(kind)}", hint=hint))
    known = [item.name for item in KINDS[kind].parameters]
    for name in options:
        if name not in (*known, "free", "system", "iterates", "weights"):
            owners = [item.name for item in KINDS.values() if _takes(item, name)]
            hint = f"it belongs to {', '.join(owners)}" if owners else nearest(name, known)
            raise ChaoscadError(Diagnostic(f"{kind} has no option {shown(name)}", hint=hint))
    return KINDS[kind].make(width, **options)


def _takes(kind: StandardCircuit, name: str) -> bool:
    return any(item.name == name for item in kind.parameters)
