"""What a report measures of a design's devices: yields, worst cases, certified tolerances, noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chaoscad.evidence import Evidence
from chaoscad.reports.chart import text_of

if TYPE_CHECKING:
    from chaoscad.netlist.deviations import Deviations
    from chaoscad.robustness import Share

DEVICES = 20_000
"""Devices of a yield, and evaluations under noise."""

MOST_SEARCHED = 12
"""Gates of the largest design whose worst cases are searched for, which takes longer than a yield."""

MOST_LISTED = 20
"""Rows of a table of what fails most."""

Sizes = Mapping[str, str] | str | None


@dataclass(frozen=True)
class Asked:
    """What deviates, in place of what the netlists say, and how it is measured.

    **Arguments:**

    - `tolerance`, `shared`, `noise`: as for `deviations_of`.
    """

    tolerance: Sizes = None
    shared: Sizes = None
    noise: Mapping[str, float] | None = None
    devices: int = DEVICES
    seed: int = 0


@dataclass(frozen=True)
class Table:
    """A table of a page: its caption, its head, and rows of text or numbers."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str | float, ...], ...]


@dataclass(frozen=True)
class RobustnessView:
    """What deviates, in words, what is found, in sentences, and the tables."""

    deviations: str
    sentences: tuple[str, ...]
    tables: tuple[Table, ...]


def robustness_view(evidence: Evidence, asked: Asked) -> RobustnessView | None:
    """What is measured of a design, or `None` where nothing is said to deviate, or it does not verify.

    **Raises:** `ChaoscadError` for deviations that the design has not.
    """
    hardware = evidence.design.netlist.hardware or {}
    given = asked.tolerance is not None or asked.shared is not None or asked.noise
    if not given and not {"tolerance", "global", "noise"} & set(hardware):
        return None
    if not evidence.verification.passed:
        return None
    # Loads JAX, which a report without deviations does not need.
    from chaoscad.robustness.model import deviations_of

    deviations = deviations_of(
        evidence.design,
        tolerance=asked.tolerance,
        shared=asked.shared,
        noise=asked.noise or None,
    )
    sentences: list[str] = []
    tables: list[Table] = []
    if deviations.spread:
        _yield(evidence, deviations, asked, sentences, tables)
        _certified(evidence, deviations, sentences, tables)
        if len(evidence.design.gates) <= MOST_SEARCHED:
            _worst(evidence, deviations, sentences, tables)
    if deviations.noisy:
        _noise(evidence, deviations, asked, sentences, tables)
    return RobustnessView(_words(deviations), tuple(sentences), tuple(tables))


def _words(deviations: Deviations) -> str:
    told: list[str] = []
    for key, sizes in deviations.to_data().items():
        if isinstance(sizes, dict):
            told += [f"{key} of {name}: {_size(size)}" for name, size in sizes.items()]
    return "; ".join(told)


def _size(size: Any) -> str:
    return text_of(size) if isinstance(size, float) else str(size)


def _share(found: Share) -> str:
    low, high = (100 * end for end in found.interval)
    return (
        f"{100 * found.count / found.of:.4g} % ({100 * found.confidence:g} % interval {low:.4g} to "
        f"{high:.4g} %)"
    )


def _yield(
    evidence: Evidence,
    deviations: Deviations,
    asked: Asked,
    sentences: list[str],
    tables: list[Table],
) -> None:
    from chaoscad.robustness.monte_carlo import measure

    found = measure(evidence, deviations, devices=asked.devices, seed=asked.seed)
    sentences.append(
        f"Yield: {_share(found.yield_)} of {found.devices} devices (seed {asked.seed})."
    )
    failing = [row for row in found.rows if row.devices]
    if failing:
        tables.append(
            Table(
                "Rows whose bit differs most often",
                ("gate", "row", "devices"),
                tuple((row.gate, row.inputs, float(row.devices)) for row in failing[:MOST_LISTED]),
            )
        )


def _certified(
    evidence: Evidence, deviations: Deviations, sentences: list[str], tables: list[Table]
) -> None:
    from chaoscad.robustness.certified import certified_tolerance

    found = certified_tolerance(evidence, deviations)
    if found.proven is not None:
        sentences.append(
            f"Certified: every bit stays while all errors are within {text_of(found.proven)} times "
            f"these sizes; gate {found.weakest.gate} limits it."
        )
    rows = sorted(found.gates, key=lambda gate: (gate.proven is None, gate.proven or 0.0))
    tables.append(
        Table(
            "Certified tolerance, in sizes of the tolerance",
            ("gate", "limiting row", "proven", "fails at"),
            tuple(
                (
                    gate.gate,
                    gate.row,
                    "not proven" if gate.proven is None else gate.proven,
                    "not found" if gate.counterexample is None else gate.counterexample.times,
                )
                for gate in rows[:MOST_LISTED]
            ),
        )
    )


def _worst(
    evidence: Evidence, deviations: Deviations, sentences: list[str], tables: list[Table]
) -> None:
    from chaoscad.robustness.worst_case import worst_cases

    found = worst_cases(evidence, deviations)
    if found.distance is not None:
        sentences.append(
            f"Worst case: the nearest device found that breaks the circuit is "
            f"{text_of(found.distance)} standard deviations away."
        )
    rows = [row for row in found.rows if row.distance is not None][:MOST_LISTED]
    tables.append(
        Table(
            "Worst cases, in standard deviations",
            ("gate", "row", "margin", "distance", "breaks the circuit"),
            tuple(
                (
                    row.gate,
                    row.inputs,
                    row.margin,
                    row.distance or 0.0,
                    {True: "yes", False: "no", None: "not decided"}[row.breaks],
                )
                for row in rows
            ),
        )
    )


def _noise(
    evidence: Evidence,
    deviations: Deviations,
    asked: Asked,
    sentences: list[str],
    tables: list[Table],
) -> None:
    from chaoscad.robustness.noise import bit_error_rates

    found = bit_error_rates(evidence, deviations, trials=asked.devices, seed=asked.seed)
    worst = found.worst_output
    if worst.errors.count == 0:
        most = 100 * worst.errors.interval[1]
        sentences.append(
            f"Noise: no output erred in {found.trials} evaluations of every row; with "
            f"{100 * worst.errors.confidence:g} % confidence each errs in at most {most:.3g} %."
        )
    else:
        sentences.append(
            f"Noise: output {worst.output} errs most often, on inputs {worst.inputs}: "
            f"{_share(worst.errors)} of {found.trials} evaluations."
        )
    rows = sorted(found.rows, key=lambda row: -row.errors.count)[:MOST_LISTED]
    rows = [row for row in rows if row.errors.count]
    if not rows:
        return
    tables.append(
        Table(
            "Rows that err most often under noise",
            ("gate", "row", "errors"),
            tuple((row.gate, row.inputs, row.errors.count / row.errors.of) for row in rows),
        )
    )
