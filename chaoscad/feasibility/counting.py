"""How many functions an element can have at most, whatever its weights: counts of crossings.

Along x0 the function changes only where a row's value crosses the threshold. Fewer crossings than
functions are a proof, of every margin and of all weights at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from chaoscad.feasibility.members import Members
from chaoscad.systems import Interval, Setting

Controls = Literal["x0", "x0,threshold"]

LAPS = {"logistic": 2, "tent": 2, "sine": 2, "cubic": 3, "gauss": 2}
"""Maps by name, and on how many pieces of the real line, or of their range, they are monotone."""

FOLDS = {"tent": ("mu", 2.0), "bernoulli": ("beta", 2.0)}
"""Maps whose iterates repeat themselves, with the parameter at which they do."""


@dataclass(frozen=True)
class Most:
    """A bound of the number of functions.

    **Arguments:**

    - `why`: the proof, as the end of a sentence.
    """

    count: int
    why: str


def most_functions(
    setting: Setting, state: Interval, iterates: int, rows: int, controls: Controls
) -> Most | None:
    """The most functions that an element has in fixed hardware; `None` where no proof is known.

    Two bounds, of which the smaller one holds:

    - Iterates of the tent map of slope 2 and of the Bernoulli shift of 2 have a period P in z, since
      F(z) is a function of 2^n z modulo 2, or modulo 1, and each period is above a threshold on one
      interval. So the states of the rows are points on a circle of circumference P, and the rows that
      are 1 those on an arc. x0 turns the points: the function changes only where one of R points meets
      one of 2 ends, so that there are at most 2 R functions. With a threshold of its own for each, the
      arc is any: R points in a fixed order have R (R - 1) + 2 ways to be cut off by an arc.
    - An iterate of a map of L laps has at most L^n of them, each of which crosses a threshold at most
      once: R rows change the function at most R L^n times along x0.

    **Arguments:**

    - `state`: the range of the states, in which the map must stay.
    - `rows`: the number of different states R, 2^inputs, or inputs + 1 with one weight for all.
    """
    name = setting.system.name
    low, high = setting.system.state
    if not low <= state[0] <= state[1] <= high:
        return None
    title = setting.system.title
    parameter, value = FOLDS.get(name, ("", 0.0))
    if parameter and setting.parameters[parameter] == value:
        period = "2^(1 - n)" if name == "tent" else "2^-n"
        one = (
            f"F of the {title} has the period {period} after n iterates and lies above a threshold on one "
            f"interval of each, so that the {rows} states"
        )
        if controls == "x0":
            return Most(2 * rows, f"{one} cross its ends at most {2 * rows} times as x0 turns them")
        count = rows * (rows - 1) + 2
        return Most(count, f"{one}, in one order on a circle, are parted in at most {count} ways")
    if name in LAPS and controls == "x0":
        laps = LAPS[name] ** iterates
        count = 1 + rows * laps
        why = f"F of the {title} has at most {laps} laps, so that the {rows} states cross the threshold "
        return Most(count, f"{why}at most {rows * laps} times along x0")
    return None


def overcrowded(members: Members) -> str | None:
    """Why members are more functions than their element can have; `None` where that is not known."""
    family = members.family
    for number, (setting, iterates) in enumerate(members.readings):
        wanted: dict[int, set[str]] = {}
        for gate, table, level, own in zip(
            family.gates, family.wanted, family.threshold, members.reading, strict=True
        ):
            if own == number and "-" not in table.rows:
                rows = table if gate.compare == ">" else table.complement()
                wanted.setdefault(level, set()).add(rows.rows)
        asked = (setting, members.range, iterates, len(members.uses))
        for functions, controls in (
            *((one, "x0") for one in wanted.values()),
            (set[str]().union(*wanted.values()), "x0,threshold"),
        ):
            most = most_functions(*asked, controls)  # type: ignore[arg-type]
            if most is not None and len(functions) > most.count:
                return f"{len(functions)} functions are more than {most.count}: {most.why}"
    return None
