"""Units as instruments write them, and what they are in the SI."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Unit:
    """The unit of a column.

    **Arguments:**

    - `symbol`: of the unit that the numbers are turned into; `"1"` where there is none.
    - `written`: as the file has it.
    - `power`, `factor`, `offset`: numbers are multiplied by 10 to the first and by the second, and the
      third is added.
    """

    symbol: str
    written: str = ""
    power: int = 0
    factor: float = 1.0
    offset: float = 0.0

    @property
    def scaled(self) -> bool:
        """Whether the numbers change."""
        return self.power != 0 or self.factor != 1 or self.offset != 0

    def si(self, value: float) -> float:
        """A number in `symbol`."""
        # A power of ten up to 10^22 is exact in float64, its inverse is not.
        shifted = value / 10.0**-self.power if self.power < 0 else value * 10.0**self.power
        return shifted * self.factor + self.offset


ONE = Unit("1")

_PREFIXES = {"f": -15, "p": -12, "n": -9, "u": -6, "µ": -6, "μ": -6, "m": -3, "": 0}
_PREFIXES |= {"k": 3, "K": 3, "M": 6, "G": 9, "T": 12}
_WORDS = {"femto": -15, "pico": -12, "nano": -9, "micro": -6, "milli": -3, "kilo": 3, "mega": 6}
_WORDS |= {"giga": 9, "n": -9, "u": -6, "µ": -6, "m": -3, "": 0}

_SYMBOLS = ("V", "A", "s", "Hz", "W", "Ω", "F", "H", "S", "T", "Pa", "N", "J", "C", "g", "m")
_SYMBOLS += ("rad", "rad/s", "rad/s^2", "V/s", "m/s", "m/s^2")
_NAMES = {"second": "s", "sec": "s", "volt": "V", "ampere": "A", "amp": "A", "hertz": "Hz"}
_NAMES |= {"watt": "W", "ohm": "Ω", "farad": "F", "henry": "H", "siemens": "S", "radian": "rad"}

_OTHER = {
    "deg": Unit("rad", "deg", 0, math.pi / 180),
    "°": Unit("rad", "°", 0, math.pi / 180),
    "degree": Unit("rad", "degree", 0, math.pi / 180),
    "degrees": Unit("rad", "degrees", 0, math.pi / 180),
    "min": Unit("s", "min", 0, 60.0),
    "h": Unit("s", "h", 0, 3600.0),
    "1": ONE,
    "-": ONE,
    "sequence": Unit("1", "Sequence"),
    "samples": Unit("1", "samples"),
    **{name: Unit(name, name) for name in ("dB", "dBm", "dBV", "°C", "degC", "K", "%", "counts")},
}

_BRACKETS = {"(": ")", "[": "]", "<": ">"}


def unit_of(text: str) -> Unit | None:
    """The unit that a text such as `mV`, `(uA)` or `second` writes, or `None` where it is none known."""
    text = bare(text)
    if text in _OTHER:
        return _OTHER[text]
    for symbol in _SYMBOLS:
        prefix = text.removesuffix(symbol)
        if prefix != text and prefix in _PREFIXES and not (symbol == "m" and prefix in ("K", "T")):
            return Unit(symbol, text, _PREFIXES[prefix])
    lower = text.lower()
    if lower in _OTHER:
        return _OTHER[lower]
    for name, symbol in _NAMES.items():
        for ending in (name, name + "s"):
            prefix = lower.removesuffix(ending)
            if prefix != lower and prefix in _WORDS:
                return Unit(symbol, text, _WORDS[prefix])
    return None


def bare(text: str) -> str:
    """A unit without the brackets around it."""
    text = text.strip()
    if len(text) > 1 and _BRACKETS.get(text[0]) == text[-1]:
        return text[1:-1].strip()
    return text


_IN_NAME = re.compile(r"(?P<name>.*?)\s*(?:\((?P<round>[^()]*)\)|\[(?P<square>[^\[\]]*)\])\s*")
_AFTER = re.compile(r"(?P<name>.*?)(?:\s+in\s+|\s*/\s*|\s*,\s*|^in\s+)(?P<unit>\S+)")
_SPICE = (
    (re.compile(r"v\(.+\)|v-sweep|.*\bvoltage", re.IGNORECASE), "V"),
    (re.compile(r"i\w*\(.+\)|i-sweep|.+#branch", re.IGNORECASE), "A"),
    (re.compile(r"time", re.IGNORECASE), "s"),
    (re.compile(r"freq(uency)?|hertz", re.IGNORECASE), "Hz"),
)


def name_and_unit(head: str) -> tuple[str, Unit | None]:
    """The name in a column's head, and the unit that stands in it: `Time (s)`, `v[mV]`, `CH1 in V`.

    `V(out)` and `i(v1)` are a node's voltage and a branch's current, as SPICE writes them.
    """
    found = _IN_NAME.fullmatch(head)
    if found is not None and found["name"].strip():
        name = found["name"].strip()
        text = found["round"] if found["round"] is not None else found["square"]
        unit = unit_of(text)
        # A node of SPICE may be called A: V(A) is its voltage.
        own = {"v": "V", "i": "A"}.get(name.lower()) if found["round"] is not None else None
        if unit is not None and own in (None, unit.symbol):
            return name, unit
        if found["square"] is not None and text.strip():
            return name, Unit(text.strip(), text.strip())
    found = _AFTER.fullmatch(head)
    if found is not None and (unit := unit_of(found["unit"])) is not None and unit is not ONE:
        return found["name"].strip() or ("time" if unit.symbol == "s" else head), unit
    return head, None


def unit_of_quantity(head: str) -> Unit | None:
    """The unit that SPICE leaves unsaid: of `time`, `V(out)`, `v1#branch`."""
    return next((Unit(unit, unit) for shape, unit in _SPICE if shape.fullmatch(head)), None)
