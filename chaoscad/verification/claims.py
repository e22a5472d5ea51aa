"""What a design file claims, against what verification found."""

from __future__ import annotations

from chaoscad.design.model import Design
from chaoscad.verification.report import Verification


def claims(design: Design, verification: Verification) -> list[str]:
    """Where the design file says something else than verification found, one sentence each."""
    found: list[str] = []
    margins = {verdict.name: verdict.margin for verdict in verification.gates}
    for gate in design.gates:
        if not _close(gate.margin, margins[gate.name]):
            found.append(
                f"gate {gate.name!r}: the file claims margin {gate.margin:.6g}, "
                f"verification finds {margins[gate.name]:.6g}"
            )
    stated = design.verification
    if not _close(stated.worst_margin, verification.worst_margin):
        found.append(
            f"the file claims worst margin {stated.worst_margin:.6g}, "
            f"verification finds {verification.worst_margin:.6g}"
        )
    if (stated.rows, stated.wrong_rows) != (verification.rows, verification.wrong_rows):
        found.append(
            f"the file claims {stated.wrong_rows} wrong of {stated.rows} rows, "
            f"verification finds {verification.wrong_rows} of {verification.rows}"
        )
    if design.solved != verification.passed:
        found.append(f"the file claims to be {design.status}, and verification disagrees")
    return found


def _close(claimed: float, found: float) -> bool:
    return claimed == found or abs(claimed - found) <= 1e-9 * max(1.0, abs(found))
