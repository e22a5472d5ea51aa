"""Sweeps: a netlist measured over a grid of changes to it, on many cores, into arrays with names."""

from typing import TYPE_CHECKING

from chaoscad.lazy import lazy

if TYPE_CHECKING:
    from chaoscad.sweeps.results import opened
    from chaoscad.sweeps.run import Listener, sweep
    from chaoscad.sweeps.spec import Spec, load

__all__ = ["Listener", "Spec", "load", "opened", "sweep"]

__getattr__, __dir__ = lazy(
    "chaoscad.sweeps",
    {
        "Listener": "chaoscad.sweeps.run",
        "Spec": "chaoscad.sweeps.spec",
        "load": "chaoscad.sweeps.spec",
        "opened": "chaoscad.sweeps.results",
        "sweep": "chaoscad.sweeps.run",
    },
)
