"""Fixed points as a summary: lines for people, data for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chaoscad.analysis import FixedPoints
    from chaoscad.systems import Setting


def fixed_points_of(setting: Setting) -> tuple[dict[str, Any], list[str]]:
    from chaoscad.analysis import fixed_points
    from chaoscad.errors import ChaoscadError

    try:
        found = fixed_points(setting)
    except ChaoscadError as error:
        return {"fixed_points": None}, [item.message for item in error.diagnostics]
    return {"fixed_points": points_data(found)}, points_lines(found)


def points_data(found: FixedPoints) -> list[dict[str, Any]]:
    return [
        {
            "state": point.state.tolist(),
            "class": point.kind,
            "eigenvalues": [[value.real, value.imag] for value in point.eigenvalues.tolist()],
        }
        for point in found.points
    ]


def points_lines(found: FixedPoints) -> list[str]:
    lines = []
    for point in found.points:
        state = ", ".join(f"{x:z.6g}" for x in point.state)
        values = ", ".join(
            f"{value.real:z.4g}" + (f"{value.imag:+.4g}i" if value.imag else "")
            for value in point.eigenvalues.tolist()
        )
        lines.append(f"fixed point ({state}): {point.kind}, eigenvalues {values}")
    return lines or ["no fixed point was found"]
