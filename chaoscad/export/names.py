"""Legal names in the languages of the exports, from any names of nets.

A name that a language allows stays as it is. Every other one is made of what is legal in it, so that
it can be recognised, with a number where two would be equal; `names.csv` of the folder has them all.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST = 60
"""Most characters of a name; tools cut longer ones off, or wrap them."""

_LEGAL = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_UNFIT = re.compile(r"[^A-Za-z0-9_]+")
_UNSAFE = re.compile(r"[^A-Za-z0-9 _.,:()\[\]+=<>-]")


@dataclass(frozen=True)
class Language:
    """What a language allows as a name, apart from letters, digits and underscores.

    **Arguments:**

    - `keywords`: words that it keeps for itself, in lower case where `folds_case`.
    - `folds_case`: whether `A` and `a` are one name to it.
    """

    name: str
    keywords: frozenset[str]
    folds_case: bool = False

    def key(self, name: str) -> str:
        """What is equal for two names that are one to the language."""
        return name.lower() if self.folds_case else name

    def allows(self, name: str) -> bool:
        """Whether `name` may stand in a file as it is."""
        fits = len(name) <= LONGEST and _LEGAL.fullmatch(name)
        return bool(fits) and self.key(name) not in self.keywords


class Namespace:
    """The names of one scope of a file; each is given out once."""

    def __init__(self, language: Language, reserved: Iterable[str] = ()) -> None:
        self.language = language
        self._used = {language.key(name) for name in reserved}

    def take(self, wanted: str, longest: int = LONGEST) -> str:
        """A legal name that is not in use, as near to `wanted` as can be."""
        language = self.language
        stem = wanted
        if not language.allows(wanted) or len(wanted) > longest:
            stem = _stem(wanted, longest)
            if language.key(stem) in language.keywords:
                stem += "_"
        found, number = stem, 1
        while language.key(found) in self._used or language.key(found) in language.keywords:
            number += 1
            found = f"{stem[: longest - 8]}_{number}"
        self._used.add(language.key(found))
        return found

    def take_all(self, names: Iterable[str], longest: int = LONGEST) -> dict[str, str]:
        """The legal name of each of some distinct names; those that are legal go first."""
        wanted = list(names)
        legal = [name for name in wanted if self.language.allows(name) and len(name) <= longest]
        found = {name: self.take(name, longest) for name in legal}
        found |= {name: self.take(name, longest) for name in wanted if name not in found}
        return {name: found[name] for name in wanted}


def legal_names(
    names: Iterable[str], language: Language, reserved: Iterable[str] = ()
) -> dict[str, str]:
    """For every name, the one that stands for it in a file of `language`.

    **Arguments:**

    - `names`: distinct, in the order of the file.
    - `reserved`: names that the file uses for something else.
    """
    return Namespace(language, reserved).take_all(names)


def circuit_name(name: str, language: Language, longest: int) -> str:
    """The legal name of a circuit, which two circuits of different names do not share.

    Where it is not `name` itself it ends with six digits that are made of all of `name`.
    """
    if language.allows(name) and len(name) <= longest:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:6]
    return f"{_stem(name, longest)}_{mark}"


def comment(text: str, longest: int = 200) -> str:
    """`text` as it may stand in a comment of any language: one line of harmless characters."""
    plain = _UNSAFE.sub("?", _ascii(text))
    return plain if len(plain) <= longest else plain[: longest - 3] + "..."


def _ascii(text: str) -> str:
    """Letters with accents without them; what has no such form stays."""
    split = unicodedata.normalize("NFKD", text)
    return "".join(character for character in split if not unicodedata.combining(character))


def _stem(name: str, longest: int) -> str:
    stem = _UNFIT.sub("_", _ascii(name[: 4 * LONGEST]))[: longest - 8]
    if not stem.strip("_"):
        return "net"
    return stem if stem[0].isalpha() else f"n_{stem.lstrip('_')}"


_VERILOG_WORDS = """
accept_on alias always always_comb always_ff always_latch and assert assign assume automatic
before begin bind bins binsof bit break buf bufif0 bufif1 byte case casex casez cell chandle
checker class clocking cmos config const constraint context continue cover covergroup
coverpoint cross deassign default defparam design disable dist do edge else end endcase
endchecker endclass endclocking endconfig endfunction endgenerate endgroup endinterface
endmodule endpackage endprimitive endprogram endproperty endsequence endspecify endtable
endtask enum event eventually expect export extends extern final first_match for force
foreach forever fork forkjoin function generate genvar global highz0 highz1 if iff ifnone
ignore_bins illegal_bins implements implies import incdir include initial inout input inside
instance int integer interconnect interface intersect join join_any join_none large let
liblist library local localparam logic longint macromodule matches medium modport module nand
negedge nettype new nexttime nmos nor noshowcancelled not notif0 notif1 null or output
package packed parameter pmos posedge primitive priority program property protected pull0
pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent pure rand randc randcase
randsequence rcmos real realtime ref reg reject_on release repeat restrict return rnmos rpmos
rtran rtranif0 rtranif1 s_always s_eventually s_nexttime s_until s_until_with scalared
sequence shortint shortreal showcancelled signed small soft solve specify specparam static
string strong strong0 strong1 struct super supply0 supply1 sync_accept_on sync_reject_on
table tagged task this throughout time timeprecision timeunit tran tranif0 tranif1 tri tri0
tri1 triand trior trireg type typedef union unique unique0 unsigned until until_with untyped
use uwire var vectored virtual void wait wait_order wand weak weak0 weak1 while wildcard wire
with within wor xnor xor
"""

_C_WORDS = """
alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl const
constexpr continue default delete do double else enum errno exit explicit export extern false
float for friend goto if inline int linux long main malloc mutable namespace new not not_eq
nullptr operator or or_eq printf private protected public register restrict return short
signed sizeof stderr stdin stdout static static_assert struct switch template this
thread_local throw true try typedef typeid typename typeof union unix unsigned using virtual
void volatile wchar_t while xor xor_eq int8_t int16_t int32_t int64_t uint8_t uint16_t
uint32_t uint64_t intmax_t uintmax_t size_t EOF NULL INT64_C UINT64_C
abs exp log sin cos tan sqrt floor ceil round fabs pow tanh fmin fmax j0 j1 jn y0 y1 yn gamma
"""

_SPICE_WORDS = """
0 gnd time temp temper temperature hertz freq pi e c i kelvin echarge boltz planck no yes
true false all gauss agauss unif aunif limit
"""

VERILOG = Language("Verilog", frozenset(_VERILOG_WORDS.split()))
"""Verilog and SystemVerilog."""

C = Language("C", frozenset(_C_WORDS.split()))
"""C99, and C++ with it; names of the standard library that a file is likely to meet."""

SPICE = Language("SPICE", frozenset(_SPICE_WORDS.split()), folds_case=True)
"""Nodes and elements of ngspice."""

PLAIN = Language("plain", frozenset(), folds_case=True)
"""Tables: names that every program reads, and that differ even where case does not count."""
