"""What may be chosen for an export: each target lists its options, the command line and Python read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar, get_args

from chaoscad.errors import ChaoscadError, Diagnostic, told
from chaoscad.hardware import SERIES, Hardware, Rounding

T = TypeVar("T")

Kind = Literal["choice", "count", "number", "ends", "spreads"]
"""One of some words, a whole number, a number, a low and a high number, sizes by parameter."""


@dataclass(frozen=True)
class Option(Generic[T]):
    """One option of a target: `name=value` in Python, `--name value` on the command line.

    **Arguments:**

    - `flag`: on the command line, where it is not the name.
    - `choices`: the words of a choice; `folds_case` on the command line.
    - `least`, `most`: of a count.
    - `default`: `None` where the design or its netlist's `hardware` has it.
    """

    name: str
    kind: Kind
    help: str | None = None
    default: T | None = None
    flag: str | None = None
    choices: Sequence[str] = ()
    folds_case: bool = False
    least: int = 0
    most: int | None = None

    def of(self, options: Options) -> T:
        """The value in some options, or the default."""
        return options.own.get(self.name, self.default)

    def checked(self, value: Any) -> Any:
        """The value as the export takes it.

        **Raises:** `ChaoscadError` for one of another type, or out of range.
        """
        right, wanted = False, "a number"
        if self.kind == "choice":
            right, wanted = value in self.choices, f"one of {', '.join(self.choices)}"
        elif self.kind == "count":
            most = float("inf") if self.most is None else self.most
            right = type(value) is int and self.least <= value <= most
            wanted = f"a whole number from {self.least}" + (
                "" if self.most is None else f" to {self.most}"
            )
        elif self.kind == "number":
            right = _is_number(value)
        elif self.kind == "spreads":
            # What a design's parameters may deviate by is for the model of deviations to say.
            right = isinstance(value, Mapping | str) or _is_number(value)
            wanted = "a size such as 0.01 or 2 %, or a mapping of parameters to sizes"
        else:
            wanted = "two numbers"
            if isinstance(value, list | tuple):
                right = len(value) == 2 and all(map(_is_number, value))
                value = tuple(value)
        if not right:
            raise ChaoscadError(Diagnostic(f"{self.name} is {told(value)}; it is {wanted}"))
        return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


ROWS: Option[int] = Option(
    "most_rows",
    "count",
    "Most rows that a bench walks; of more a sample.",
    4096,
    flag="--rows",
    least=2,
    most=1 << 20,
)
SEED: Option[int] = Option("seed", "count", default=0)
WALK = (ROWS, SEED)
"""Which rows a bench walks."""

SCALE = (
    Option("volts_per_unit", "number", "Volts that a state of 1 stands for."),
    Option("offset_volts", "number", "Volts that a state of 0 stands for."),
)
DAC = (
    Option("dac_bits", "count", "Bits of the converter.", least=1, most=32),
    Option("dac_range", "ends", "Its range in volts."),
)
WORD = (
    Option("integer_bits", "count", "Of a fixed-point word.", most=31),
    Option("fraction_bits", "count", "Of a fixed-point word.", most=31),
    Option(
        "rounding",
        "choice",
        "Of fixed-point iterates.  [default: as the design was tuned for, else truncate]",
        choices=get_args(Rounding),
    ),
)
SUMMING = (
    Option("reference_ohms", "number", "Resistor of the summing network."),
    Option(
        "resistors",
        "choice",
        "The series of its resistors; ideal ones are trimmed.  [default: E96]",
        choices=SERIES,
        folds_case=True,
    ),
)
LEVELS = Option("logic_levels", "ends", "Volts of a 0 and of a 1.  [default: 0 1]")
SUPPLY = Option("supply", "ends", "Its ends in volts.")
TIME = Option("seconds_per_unit", "number", "Seconds of one unit of a flow's time.")
TOLERANCES: tuple[Option[Any], ...] = (
    Option(
        "tolerance",
        "spreads",
        "The spread of a parameter from gate to gate, in place of the netlist's",
    ),
    Option(
        "shared",
        "spreads",
        "The spread that all gates of a device have in common, in place of the netlist's",
        flag="--global",
    ),
)
"""How far the devices of a design lie from it; the netlist's `hardware` where they are not given."""

SHARED = (*SCALE, *DAC, *WORD, *SUMMING, LEVELS, SUPPLY, TIME, *WALK)
"""The options that several targets read, or that say what the hardware is, in the order of the help."""


@dataclass(frozen=True)
class Options:
    """How a design is exported.

    **Arguments:**

    - `most_rows`: rows that a bench walks: all of them up to this many, else a sample.
    - `seed`: of the sample.
    - `own`: what a target alone has, by the name of the option; what is missing is its default.
    """

    hardware: Hardware = field(default_factory=Hardware)
    most_rows: int = 4096
    seed: int = 0
    own: Mapping[str, Any] = field(default_factory=dict)
