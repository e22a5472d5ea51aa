"""What a cell is to stand: spreads of its parameters, and noise."""

from __future__ import annotations

from collections.abc import Mapping

from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.netlist.deviations import Deviations, Given, deviations_in
from chaoscad.systems import Setting


def tolerance_of(
    setting: Setting,
    *,
    tolerance: Given | None = None,
    shared: Given | None = None,
    noise: Mapping[str, float] | None = None,
) -> Deviations:
    """What a system's cells are to stand, as a command or a netlist gives it.

    To one gate, global errors are errors as any others; noise on the state is that of the state from
    which the iteration starts.

    **Raises:** `ChaoscadError` as `deviations_in`, and where nothing deviates.
    """
    found = deviations_in(
        setting.system.parameters, tolerance=tolerance, shared=shared, noise=noise
    )
    if not (found.spread or found.noisy):
        message = "the objective yield needs a tolerance or noise: nothing deviates"
        raise ChaoscadError(Diagnostic(message, hint="give a size above 0"))
    return found
