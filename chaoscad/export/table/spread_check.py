"""The spreads of margins read back, beside those of devices that NumPy draws on its own."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float64

from chaoscad.design.model import Design, DesignGate
from chaoscad.export.table.tolerances import LOWEST, RowSpreads
from chaoscad.hardware import Hardware
from chaoscad.netlist.deviations import Deviations
from chaoscad.netlist.tolerance import Spread
from chaoscad.systems import Flow
from chaoscad.systems.curves import saturating

DEVICES = 4000
"""Devices that are drawn again."""

STANDARD_ERRORS = 6.0
"""By how many a share may differ from that of other devices: 1 row in 10^9 does by chance."""

SHARE = 0.2
"""By how much a standard deviation may differ from that of other devices, relatively. Those of margins
near a crest have long tails, and vary by some per cent."""


def compare_spreads(
    texts: Mapping[str, str],
    names: Mapping[str, str],
    design: Design,
    hardware: Hardware,
    spread: RowSpreads,
) -> tuple[list[str], list[str]]:
    """What does not agree, and what was done.

    **Arguments:**

    - `texts`: of the files `rows`, `tolerances`, `resistors` and `tolerances_ohms`.
    """
    tables = ("rows", "tolerances", "resistors", "tolerances_ohms")
    rows, told, resistors, ohms = (list(csv.DictReader(io.StringIO(texts[n]))) for n in tables)
    complaints = _ohms(resistors, ohms)
    known = {(line["gate"], line["row"]): line for line in rows}
    random = np.random.default_rng(0)
    # What all gates share is drawn once, as in a device.
    common = {name: _drawn(random, item, 1.0) for name, item in spread.deviations.shared.items()}
    by_gate: dict[str, list[dict[str, str]]] = {}
    for line in told:
        by_gate.setdefault(line["gate"], []).append(line)
    flows = False
    for gate in design.gates:
        lines = by_gate.pop(names[gate.name], [])
        if isinstance(gate.setting.system, Flow):
            flows = True
            continue
        margins = _margins(gate, spread.deviations, common, random) * abs(hardware.volts_per_unit)
        for line in lines:
            where = f"tolerances of gate {line['gate']}, row {line['row']}"
            own = known.get((line["gate"], line["row"]))
            if own is None:
                complaints.append(f"{where}: there is no such row")
                continue
            margin, sigma, low, wrong = (float(line[name]) for name in list(line)[2:])
            if not math.isclose(
                margin, abs(float(own["margin_volts"])), rel_tol=1e-5, abs_tol=1e-12
            ):
                complaints.append(f"{where}: the margin is {own['margin_volts']} V")
            drawn = margins[int(line["row"], 2)]
            finite = drawn[np.isfinite(drawn)]
            if abs(sigma - finite.std()) > SHARE * max(sigma, float(finite.std())) + 1e-12:
                complaints.append(f"{where}: sigma is {finite.std():.4g} V in other devices")
            again = float(np.mean(~(drawn > 0)))
            # Laplace's rule keeps the error of a share that was not seen above 0.
            mean = (again * DEVICES + 1) / (DEVICES + 2)
            if abs(wrong - again) > STANDARD_ERRORS * math.sqrt(mean * (1 - mean) / DEVICES):
                complaints.append(f"{where}: {again:g} of other devices are wrong")
            if (wrong > 2 * LOWEST and low > 0) or (wrong < LOWEST / 2 and low < 0):
                complaints.append(f"{where}: a share of {wrong:g} and a low margin of {low:g} V")
    complaints += [f"tolerances of gate {name}: there is no such gate" for name in by_gate]
    said = f"spreads of margins compared with those of {DEVICES} devices that NumPy drew"
    return complaints, [said + (", but of flows only read" if flows else "")]


def _ohms(resistors: list[dict[str, str]], ohms: list[dict[str, str]]) -> list[str]:
    """Whether a resistor that is off by sigma moves the state by sigma."""
    complaints: list[str] = []
    if len(resistors) != len(ohms):
        complaints.append(f"{len(ohms)} tolerances are of {len(resistors)} resistors")
    for item, line in zip(resistors, ohms, strict=False):
        if not item["ohms"] or not line["sigma_ohms"]:
            continue
        moved = float(line["sigma_ohms"]) / float(item["ohms"]) * abs(float(item["volts"]))
        if not math.isclose(moved, float(line["sigma_volts"]), rel_tol=1e-4, abs_tol=1e-12):
            where = f"tolerances of gate {line['gate']}, input {line['input']}"
            complaints.append(f"{where}: {line['sigma_ohms']} ohms are {moved:.4g} V")
    return complaints


def _drawn(
    random: np.random.Generator, spread: Spread, value: float
) -> Float64[np.ndarray, " devices"]:
    """The errors of a parameter of this value; of one that gates share, a part of it if it is relative."""
    size = spread.absolute(value)
    if spread.distribution == "uniform":
        return random.uniform(-size, size, DEVICES)
    return random.normal(0.0, size, DEVICES)


def _margins(
    gate: DesignGate,
    deviations: Deviations,
    common: Mapping[str, np.ndarray],
    random: np.random.Generator,
) -> Float64[np.ndarray, "rows devices"]:
    """The margins of a gate's rows over devices."""

    def parameter(name: str, value: float) -> np.ndarray:
        found = np.full(DEVICES, value)
        own, shared = deviations.tolerance.get(name), deviations.shared.get(name)
        if own is not None:
            found = found + _drawn(random, own, value)
        if shared is not None:
            found = found + common[name] * (abs(value) if shared.relative else 1.0)
        return found

    states = parameter("x0", gate.x0)[None]
    for weight in gate.delta:
        moved = states + parameter("delta", weight)
        states = np.stack([states, moved], axis=1).reshape(-1, DEVICES)
    setting = saturating(gate.setting)
    own = {name: parameter(name, value) for name, value in setting.parameters.items()}
    given = {name: np.broadcast_to(value, states.shape) for name, value in own.items()}
    with np.errstate(all="ignore"):
        values = setting.value(states, gate.iterates, given)
    above = np.array([(bit == "1") == (gate.compare == ">") for bit in gate.function.rows])
    distance = values - parameter("threshold", gate.threshold)
    return np.where(above[:, None], distance, -distance)
