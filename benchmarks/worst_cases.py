"""Certified tolerances of the gallery, rare failures against plain sampling, true distances.

python benchmarks/worst_cases.py certified   every design on maps: time, proof, counterexample, samples
python benchmarks/worst_cases.py rare        importance sampling at failures of 1e-2, 1e-4 and 1e-7
python benchmarks/worst_cases.py distances   worst-case distances beside those of the linear formula
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from scipy.stats import norm

import chaoscad
from chaoscad.design import Design
from chaoscad.evidence import Evidence
from chaoscad.robustness import (
    certified_tolerance,
    deviations_of,
    measure,
    rare_failures,
    worst_cases,
)
from chaoscad.systems import Flow

GALLERY = sorted((Path(__file__).parent.parent / "netlists").glob("*.yaml"))

SIZE = 0.02
"""Of x0, every weight and the threshold; relative on the system's parameters."""

SAMPLES = 1_000_000


def gallery() -> list[Design]:
    found = [chaoscad.load(path) for path in GALLERY]
    maps = (one for one in found if not any(isinstance(g.setting.system, Flow) for g in one.gates))
    return [chaoscad.optimize(netlist, seed=0) for netlist in maps]


def certified() -> None:
    print(f"| design | seconds | certified, times {SIZE} | fails at | outside | failures in 10^6 |")
    print("|---|---|---|---|---|---|")
    for design in gallery():
        evidence = Evidence(design)
        begin = time.perf_counter()
        found = certified_tolerance(evidence, deviations_of(design, tolerance=SIZE))
        seconds = time.perf_counter() - begin
        points = [gate.counterexample for gate in found.gates]
        gaps = [
            point.times / gate.proven - 1 if point and gate.proven else float("nan")
            for point, gate in zip(points, found.gates, strict=True)
        ]
        outside = found.weakest.counterexample
        assert found.proven is not None
        box = deviations_of(design, tolerance=f"{SIZE * found.proven!r} uniform")
        yielded = measure(evidence, box, devices=SAMPLES).yield_
        print(
            f"| {design.name} | {seconds:.2f} | {found.proven:.4f} "
            f"| {outside.times if outside else float('nan'):.4f} | {100 * max(gaps):.2f} % "
            f"| {yielded.of - yielded.count} |"
        )


def rare() -> None:
    netlist = chaoscad.load(GALLERY[0].parent / "full_adder.yaml")
    adder = chaoscad.optimize(netlist, seed=0)
    print(
        "| what deviates | importance sampling, 20,000 | 99 % | plain sampling | 99 % | seconds |"
    )
    print("|---|---|---|---|---|---|")
    for size, devices in ((0.03, SAMPLES), (0.0195, 10 * SAMPLES)):
        deviations = deviations_of(adder, tolerance=size)
        begin = time.perf_counter()
        found = rare_failures(adder, deviations)
        seconds = time.perf_counter() - begin
        plain = measure(adder, deviations, devices=devices).yield_
        low, high = (1 - end for end in reversed(plain.interval))
        assert found.interval is not None
        print(
            f"| full adder, all {size} | {found.failure:.4g} "
            f"| {found.interval[0]:.4g} to {found.interval[1]:.4g} "
            f"| {1 - plain.value:.4g} | {low:.4g} to {high:.4g} | {seconds:.1f} |"
        )
    netlist = chaoscad.load(GALLERY[0].parent / "half_adder.yaml")
    half = chaoscad.optimize(netlist, seed=0)
    for name, size in (("threshold", 0.031), ("x0", 0.0133)):
        found = rare_failures(half, deviations_of(half, tolerance={name: size}))
        wanted = integral(half, name, size)
        print(
            f"| half adder, {name} {size} | {found.failure:.4g} | "
            f"| integral {wanted:.4g} | off by {100 * (found.failure / wanted - 1):.1f} % | |"
        )


def integral(design: Design, name: str, size: float) -> float:
    """The share of failing devices when one parameter of every gate alone deviates."""
    right = 1.0
    errors, width = np.linspace(-12 * size, 12 * size, 2_000_001, retstep=True)
    density = norm.pdf(errors / size) / size * width
    for gate in design.gates:
        values = gate.setting.value(gate.setpoint.states(), gate.iterates)
        wrong = np.zeros(errors.shape, bool)
        for state, value in zip(gate.setpoint.states(), values, strict=True):
            if name == "x0":
                moved = gate.setting.value(state + errors, gate.iterates) > gate.threshold
            else:
                moved = value > gate.threshold + errors
            wrong |= moved != (value > gate.threshold)
        right *= 1 - float(density[wrong].sum())
    return 1 - right


def distances() -> None:
    print(f"| design | row | linear | distance | yields at {SIZE}: by linear, true, sampled |")
    print("|---|---|---|---|---|")
    for design in gallery():
        evidence = Evidence(design)
        deviations = deviations_of(design, tolerance=SIZE)
        found = worst_cases(evidence, deviations)
        row = found.rows[0]
        by_linear = 1 - sum(norm.sf(one.linear) for one in found.rows if one.linear is not None)
        true = 1 - sum(
            norm.sf(distance)
            for one in found.rows
            if one.distance is not None
            for distance in (one.distance, *one.others)
        )
        sampled = measure(evidence, deviations, devices=SAMPLES).yield_.value
        print(
            f"| {design.name} | {row.gate} {row.inputs} | {row.linear or float('nan'):.3f} "
            f"| {row.distance or float('nan'):.3f} | {by_linear:.5f}, {true:.5f}, {sampled:.5f} |"
        )


if __name__ == "__main__":
    parts = {"certified": certified, "rare": rare, "distances": distances}
    for chosen in sys.argv[1:] or parts:
        parts[chosen]()
