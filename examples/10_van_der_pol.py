"""Van der Pol: a network learns the field of an oscillator, and forecasts it.

Run it with `python examples/10_van_der_pol.py`; it prints field and forecast errors of the base, the
learned activations and two rivals, and leaves `van_der_pol.md` and `van_der_pol.png`.
"""

from pathlib import Path

import numpy as np

from neural.activations import fixed, parametric
from neural.architecture import Architecture
from neural.figures import draw_curves
from neural.forecasts import forecast
from neural.metalearn import MetaSettings, metalearn
from neural.optimizers import rmsprop
from neural.tasks import task
from neural.training import Training, fit


def main() -> None:
    oscillator = task("van_der_pol")
    shape = Architecture(2, [30], 2)
    training = Training(steps=150, batch=60, optimizer=rmsprop(0.01))
    settings = MetaSettings(hidden=10, inner=training, outer_steps=60, truncation=50)
    a1, a2 = metalearn(shape, oscillator, settings).of(0)

    arms = {
        "sin": [fixed("sin")],
        "sin + az": [parametric("sin+az")],
        "GELU": [fixed("gelu")],
        "a1 and a2": [a1, a2],
    }
    lines = ["| activations | field error (mse) | forecast error (rms, 10 time units) |"]
    lines.append("|---|---:|---:|")
    curves = {}
    for name, activations in arms.items():
        fitted = fit(shape, activations, oscillator, training, seeds=8)
        rolled = forecast(fitted, oscillator)
        field = np.median(fitted.scores["test"])
        lines.append(f"| {name} | {field:.2e} | {np.median(rolled.root_mean_square):.3f} |")
        curves[name] = (rolled.times, rolled.errors)
    table = "\n".join(lines) + "\n"
    print(table)
    Path("van_der_pol.md").write_text(table)
    draw_curves(
        curves, xlabel="time", ylabel="distance from the truth", title="forecasts, 8 networks each"
    ).savefig("van_der_pol.png", dpi=150)


if __name__ == "__main__":
    main()
