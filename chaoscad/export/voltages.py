"""The voltages that occur in a gate, and those that leave the supply."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from jaxtyping import Float64

from chaoscad.design.model import DesignGate
from chaoscad.errors import Diagnostic, shown
from chaoscad.export.c.flows import trajectory
from chaoscad.hardware import Hardware
from chaoscad.systems import Flow, Interval

USUAL_SUPPLY: Interval = (-15.0, 15.0)
"""The supply of most analog circuits, in volts; what voltages are compared with where none is given."""

ROOM = 0.9
"""The part of the supply that the scale which a warning proposes fills."""


def reach(gate: DesignGate) -> Interval:
    """The lowest and the highest of states, coordinates on the way, values and the threshold.

    In the system's units, over the rows that matter. A flow is followed by fixed steps, which is no
    proof, but right to far less than a per cent.
    """
    wanted = np.array([want != "-" for want in gate.function.rows])
    states = gate.setpoint.states()[wanted if wanted.any() else ~wanted]
    seen = [gate.threshold, *states.tolist()]
    with np.errstate(all="ignore"):
        for values in _on_the_way(gate, states):
            finite = values[np.isfinite(values)]
            if finite.size:
                seen += [float(finite.min()), float(finite.max())]
    return min(seen), max(seen)


def _on_the_way(gate: DesignGate, states: Float64[np.ndarray, " rows"]) -> Iterator[np.ndarray]:
    setting, system = gate.setting, gate.setting.system
    if isinstance(system, Flow):
        assert setting.time is not None
        yield from trajectory(setting, states, max(1, math.ceil(setting.time / system.step)))
        return
    state = setting.launch(np, states)
    for _ in range(gate.iterates):
        state = system.step(np, state, setting.parameters)
        yield from (np.asarray(item, np.float64) for item in state)


def volts(ends: Interval, hardware: Hardware) -> Interval:
    """A range of states as a range of voltages, the lower end first."""
    low, high = sorted(map(hardware.volts, ends))
    return low, high


def beyond_supply(
    gates: Sequence[DesignGate], reached: Mapping[str, Interval], hardware: Hardware
) -> list[Diagnostic]:
    """The warning that the voltages of some gates leave the supply, with a scale that keeps them in."""
    low, high = hardware.supply or USUAL_SUPPLY
    # The last bit of a number that was computed in another order is no reason.
    slack = 1e-9 * (high - low)
    ranges = {gate.name: volts(reached[gate.name], hardware) for gate in gates}
    out = {
        name: ends
        for name, ends in ranges.items()
        if ends[0] < low - slack or ends[1] > high + slack
    }
    if not out:
        return []
    worst = max(out, key=lambda name: max(low - out[name][0], out[name][1] - high))
    said = "" if hardware.supply else ", the usual one; --supply gives yours"
    more = "" if len(out) == 1 else f" (and those of {len(out) - 1} more gates)"
    message = (
        f"gate {shown(worst)}: voltages of {out[worst][0]:.4g} V to {out[worst][1]:.4g} V{more} leave "
        f"the supply, {low:g} V to {high:g} V{said}"
    )
    least = min(ends[0] for ends in reached.values())
    most = max(ends[1] for ends in reached.values())
    scale = float(f"{ROOM * (high - low) / (most - least):.2g}")
    offset = float(f"{(high + low) / 2 - scale * (most + least) / 2:.3g}")
    hint = f"--volts-per-unit {scale:g} --offset-volts {offset:g} keeps them inside"
    return [Diagnostic(message, hint=hint, severity="warning")]


def levels_beyond_supply(hardware: Hardware) -> list[Diagnostic]:
    """The warning that the logic levels leave the supply."""
    low, high = hardware.supply or USUAL_SUPPLY
    zero, one = hardware.logic_levels
    if low <= zero and one <= high:
        return []
    message = (
        f"the logic levels of {zero:g} V and {one:g} V leave the supply, {low:g} V to {high:g} V"
    )
    hint = "--logic-levels and --supply give yours"
    return [Diagnostic(message, hint=hint, severity="warning")]
