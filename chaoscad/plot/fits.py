"""Fits: what was measured with what was found, and the residuals below."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from chaoscad.analysis.table import heading
from chaoscad.fitting import CurveFit, SystemFit
from chaoscad.plot.style import COLOURS, FAINT, PAGE, head, styled

POINTS = 1001


def draw_fit(name: str, found: CurveFit | SystemFit) -> Figure:
    """Two panels over one axis: points and fit, and the residuals, with their deviation as a band."""
    with styled():
        made = Figure(figsize=(PAGE, 4.0), layout="constrained")
        top, bottom = made.subplots(2, 1, sharex=True, height_ratios=[2, 1])
        if isinstance(found, CurveFit):
            curve = found.curve
            names = [heading(curve.input, curve.units[0]), heading(curve.output, curve.units[1])]
            axis, outputs, size = found.inputs, found.outputs, found.noise
            grid = np.linspace(*found.curve.domain, POINTS)
            line = grid, found.setting.value(grid)
            told = f"noise {found.noise:.3g}"
        else:
            names = [found.kind, found.setting.read]
            axis, outputs, size = found.axis, found.outputs, found.residual
            line = found.axis, found.model
            told = ", ".join(
                f"{one} = {value:.6g} ± {found.errors[one]:.2g}"
                for one, value in found.parameters.items()
            )
        top.plot(axis, outputs, ".", color=FAINT, markersize=3, label="measured")
        top.plot(*line, color=COLOURS[0], label="fit")
        top.set(ylabel=names[1])
        top.legend(loc="best")
        bottom.axhspan(-size, size, color=FAINT, alpha=0.3, linewidth=0)
        bottom.plot(axis, found.residuals, ".", color=COLOURS[1], markersize=3)
        bottom.set(xlabel=names[0], ylabel="residual")
        structure = found.structure
        said = "the residuals have structure" if structure.structured else "the residuals are noise"
        head(made, f"{name}: {told}\n{said} (Durbin-Watson {structure.durbin_watson:.2f})")
        return made
