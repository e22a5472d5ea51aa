"""The word of an export: asked for or chosen, and refused where a row breaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from chaoscad.design.model import Design, DesignGate
from chaoscad.errors import Diagnostic, Refused, shown
from chaoscad.evidence import Evidence, once
from chaoscad.fixed_point.form import Rounding
from chaoscad.fixed_point.orbits import (
    LONGEST_WORD,
    GateOrbit,
    Word,
    fixed_logic,
    integer_bits,
    orbits,
)
from chaoscad.fixed_point.widths import no_form, widths
from chaoscad.hardware import Hardware
from chaoscad.systems import Flow
from chaoscad.verification import equivalent

PROVENANCE = "quantised"
"""The key of a design's provenance under which a re-tuning on a grid keeps its word."""

MOST_COMPLAINTS = 20


def rounding_of(design: Design) -> Rounding:
    """How the iterates of a design are rounded: as it was tuned for, else truncated."""
    kept = design.provenance.get(PROVENANCE)
    rounding = kept.get("rounding") if isinstance(kept, dict) else None
    return "nearest" if rounding == "nearest" else "truncate"


@once
def word_of(evidence: Evidence, hardware: Hardware) -> Word:
    """The word in which a design is exported.

    What the hardware gives is taken. Without `fraction_bits`, they are the least from which on every
    width works, and two more; without `integer_bits`, they are the fewest that hold every value.

    **Raises:** `Refused` when no width works, a word is too short or too long, or a gate has
    no fixed-point form.
    """
    design = evidence.design
    rounding = hardware.rounding or rounding_of(design)
    flows = [gate for gate in design.gates if isinstance(gate.setting.system, Flow)]
    if flows:
        raise Refused([no_form(gate.name, gate.setting.system.name) for gate in flows[:20]])
    fraction = hardware.fraction_bits
    if fraction is None:
        fraction = _chosen(evidence, rounding)
    elif not 2 <= fraction < LONGEST_WORD:
        message = f"the word has {fraction} fraction bits; 2 to {LONGEST_WORD - 1} are allowed"
        raise Refused(Diagnostic(message, hint="chaoscad quantise lists those that work"))
    integers = hardware.integer_bits
    if integers is None:
        integers = integer_bits(list(orbits(evidence, fraction, rounding).values()), fraction)
    word = Word(integers, fraction, rounding)
    if integers < 0 or word.length > LONGEST_WORD:
        message = (
            f"the word has {word.length} bits (1 sign, {integers} integer, {fraction} fraction); "
            f"at most {LONGEST_WORD} are allowed"
        )
        raise Refused(Diagnostic(message, hint="give fewer fraction_bits"))
    return word


def _chosen(evidence: Evidence, rounding: Rounding) -> int:
    found = widths(evidence, rounding)
    if found.chosen is None:
        message = "no number of fraction bits from 2 to 24 makes every gate right"
        hint = "chaoscad quantise shows which gate fails at which width, and --bits re-tunes it"
        raise Refused(Diagnostic(message, hint=hint))
    return found.chosen


def complaints(evidence: Evidence, word: Word) -> list[Diagnostic]:
    """The rows and values that break in a word: empty when the design works in it.

    Rows that a gate's function leaves open may change where the circuit's outputs do not.
    """
    found = orbits(evidence, word.fraction_bits, word.rounding)
    broken: list[Diagnostic] = []
    for gate in evidence.design.gates:
        broken += _gate(gate, found[gate.name], word)
    if not broken:
        broken += _outputs(evidence, found, word)
    if len(broken) > MOST_COMPLAINTS:
        rest = len(broken) - MOST_COMPLAINTS
        broken = [*broken[:MOST_COMPLAINTS], Diagnostic(f"and {rest} more of this kind")]
    return broken


def _gate(gate: DesignGate, found: GateOrbit, word: Word) -> Iterator[Diagnostic]:
    what = f"gate {shown(gate.name)}"
    lowest, highest = found.range
    low, high = word.range
    scale = 1 << word.fraction_bits
    if lowest < low or highest > high:
        worst = lowest if low - lowest > highest - high else highest
        needed = max(integer_bits([found], word.fraction_bits), 0)
        yield Diagnostic(
            f"{what} needs the value {worst / scale:g}, which the word {word.title} does not hold",
            hint=f"give integer_bits {needed}",
        )
        return
    for row, (got, want) in enumerate(zip(found.table, gate.function.rows, strict=True)):
        if want not in ("-", got):
            yield Diagnostic(
                f"{what}, row {format(row, f'0{gate.arity}b')}: with {word.fraction_bits} fraction "
                f"bits the value is {found.values[row] / scale:g}, the threshold "
                f"{found.words.threshold / scale:g} and the output {got}, wanted {want}",
                hint="chaoscad quantise lists the widths that work; with --bits it re-tunes",
            )


def _outputs(evidence: Evidence, found: Mapping[str, GateOrbit], word: Word) -> list[Diagnostic]:
    """Whether open rows that changed reach an output."""
    computed, wanted = fixed_logic(evidence.design, found), evidence.logic
    if computed.nodes == wanted.nodes:
        return []
    answer = equivalent(computed, wanted)
    if answer.equal:
        return []
    example = answer.counterexample
    where = "" if example is None else ", as output " + ", ".join(map(repr, example.differing[:4]))
    message = (
        f"with {word.fraction_bits} fraction bits the circuit differs from the design{where}: a row "
        "that a gate's function leaves open changes"
    )
    return [Diagnostic(message, hint="chaoscad quantise lists the widths that work")]


def word_of_all(evidence: Mapping[str, Evidence], hardware: Hardware) -> Hardware:
    """The hardware with the word in which every configuration of a design works.

    From the fraction bits of a configuration on every width works in it, so the most of all work in
    all; then the most integer bits hold every value.

    **Raises:** `Refused`, as `word_of`, and for a row of any configuration that breaks.
    """
    fraction = max(word_of(one, hardware).fraction_bits for one in evidence.values())
    hardware = replace(hardware, fraction_bits=fraction)
    integers = max(word_of(one, hardware).integer_bits for one in evidence.values())
    hardware = replace(hardware, integer_bits=integers)
    broken = [
        replace(item, message=f"in configuration {shown(name)}: {item.message}")
        for name, one in evidence.items()
        for item in complaints(one, word_of(one, hardware))
    ]
    if broken:
        raise Refused(broken[:MOST_COMPLAINTS])
    return hardware
