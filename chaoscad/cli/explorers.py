"""The kinds of `chaoscad explore`, and the options that each takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chaoscad.cli.explore_orbits import (
    explore_orbit,
    explore_portrait,
    explore_recurrence,
    explore_section,
    explore_series,
)
from chaoscad.cli.explore_parameters import explore_bifurcation, explore_lyapunov
from chaoscad.cli.explore_states import explore_basins, explore_ftle
from chaoscad.cli.explored import Found

if TYPE_CHECKING:
    from chaoscad.systems import Setting


@dataclass(frozen=True)
class Explorer:
    """A kind of exploring a system.

    **Arguments:**

    - `title`: one phrase.
    - `takes`: its options beyond the system, the parameters, the files and --json.
    - `explore`: of the setting and the options that were given.
    """

    title: str
    takes: frozenset[str]
    explore: Callable[[Setting, dict[str, Any]], Found]


def _explorer(
    title: str, takes: str, explore: Callable[[Setting, dict[str, Any]], Found]
) -> Explorer:
    return Explorer(title, frozenset(takes.split()), explore)


EXPLORERS = {
    "orbit": _explorer(
        "states of a map, one iterate apart", "initial steps skip coordinates", explore_orbit
    ),
    "series": _explorer(
        "states of a flow over time", "initial time steps skip coordinates", explore_series
    ),
    "lyapunov": _explorer(
        "the Lyapunov spectrum, of one setting or over a parameter",
        "initial steps time skip parameter low high columns",
        explore_lyapunov,
    ),
    "bifurcation": _explorer(
        "the attractor over a parameter",
        "initial steps time skip parameter low high columns both_ways period phase maxima",
        explore_bifurcation,
    ),
    "portrait": _explorer(
        "arrows, orbits and fixed points in a plane",
        "initial steps time coordinates ranges",
        explore_portrait,
    ),
    "section": _explorer(
        "a flow where it crosses a plane, or once per period of its drive",
        "initial steps skip coordinates plane down period phase",
        explore_section,
    ),
    "recurrence": _explorer(
        "when an orbit comes back to where it was",
        "initial steps time skip threshold",
        explore_recurrence,
    ),
    "ftle": _explorer(
        "the finite-time Lyapunov exponent over the initial state",
        "initial steps time coordinates ranges columns",
        explore_ftle,
    ),
    "basins": _explorer(
        "to which attractor each initial state comes",
        "initial steps time coordinates ranges columns period",
        explore_basins,
    ),
}
