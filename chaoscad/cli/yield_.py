"""`chaoscad yield`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from chaoscad.cli.main import ANSWER_IS_NO, echo_json
from chaoscad.cli.options import (
    FiniteRange,
    configuration_option,
    force_option,
    global_option,
    noise_option,
    scheduler_option,
    tolerance_option,
    workers_option,
)

if TYPE_CHECKING:
    from chaoscad.design import Design, Reconfigurable
    from chaoscad.evidence import Evidence
    from chaoscad.netlist.deviations import Deviations
    from chaoscad.robustness import (
        BitErrorRates,
        ErrorGrowth,
        RareFailures,
        Share,
        WorstCases,
        YieldEstimate,
    )
    from chaoscad.robustness.curves import YieldCurve

MOST_TRIALS = 10**7
"""Evaluations of a noisy design, whatever the number of devices."""

SAMPLED = 20_000
"""Devices of every point of a curve, and of the margins in a figure."""

AGAINST = ("tolerance", "iterates", "time")


RARE = 20_000
"""Devices of an importance sampling."""


@dataclass(frozen=True)
class Asked:
    """What is asked of a design, as the options have it."""

    devices: int
    seed: int
    confidence: float
    by_parameter: bool
    worst_cases: bool
    rare: bool
    samples: int | None
    least: float | None
    against: str
    gate: str | None
    until: float | None
    output: str | None
    csv: str | None
    workers: int | None
    scheduler: str | None

    @property
    def of_yields(self) -> dict[str, bool]:
        """The options that only a tolerance gives a meaning, and which of them are given."""
        table = self.against == "tolerance"
        return {
            "--by-parameter": self.by_parameter,
            "--worst-cases": self.worst_cases,
            "--rare": self.rare,
            "--least": self.least is not None,
            "--workers": self.workers is not None,
            "--scheduler": self.scheduler is not None,
            "-o": table and self.output is not None,
            "--csv": table and self.csv is not None,
        }


@dataclass
class Found:
    """What is found; `None` where it was not asked for."""

    yield_: YieldEstimate | None = None
    rates: BitErrorRates | None = None
    cases: WorstCases | None = None
    rare: RareFailures | None = None
    curve: YieldCurve | None = None
    growth: ErrorGrowth | None = None
    each: Mapping[str, Share] | None = None

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data: the yield's at the top, the others by name."""
        parts = {
            "bit_errors": self.rates,
            "worst_cases": self.cases,
            "rare_failures": self.rare,
            "growth": self.growth,
        }
        data = {} if self.yield_ is None else self.yield_.to_data()
        if self.each is not None:
            data["configurations"] = {name: one.to_data() for name, one in self.each.items()}
        return data | {name: part.to_data() for name, part in parts.items() if part is not None}


@click.command("yield")
@click.argument("design", type=click.Path())
@tolerance_option
@global_option
@noise_option
@click.option(
    "--devices",
    type=click.IntRange(1, 10**9),
    default=100_000,
    show_default=True,
    help="How many devices are drawn.",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@click.option(
    "--confidence",
    type=FiniteRange(0.5, 0.999999),
    default=0.99,
    show_default=True,
    help="Of the exact binomial intervals.",
)
@click.option(
    "--by-parameter", is_flag=True, help="Also the yield when one parameter alone deviates."
)
@click.option(
    "--worst-cases",
    is_flag=True,
    help="Also the nearest failure of every gate: its distance in standard deviations, and the gate there.",
)
@click.option(
    "--rare",
    is_flag=True,
    help="Also the share of failures by importance sampling around the worst cases, however rare they are.",
)
@click.option(
    "--samples",
    type=click.IntRange(100, 10**7),
    help=f"How many devices --rare draws.  [default: {RARE}]",
)
@click.option(
    "--least",
    type=FiniteRange(0, 1),
    help="The yield that is asked for: the exit status is 3 when it is not shown to be reached.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="A figure (.png, .svg, .pdf) of what --against says.",
)
@click.option("--csv", type=click.Path(), help="The figure's curve as CSV.")
@click.option(
    "--against",
    type=click.Choice(AGAINST),
    default="tolerance",
    show_default=True,
    help="What -o and --csv are over: the yield over multiples of the tolerance, with the margins of "
    "the rows that fail most; or one gate's errors under noise over its iterates or its time.",
)
@click.option("--gate", help="The gate of --against iterates and time.")
@click.option("--until", type=FiniteRange(0, min_open=True), help="Where iterates or time end.")
@workers_option("the devices", "this one, and one for each core for very many")
@scheduler_option
@configuration_option
@force_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def command(
    design: str,
    configuration: str | None,
    tolerance: dict[str, str] | str | None,
    shared: dict[str, str] | str | None,
    noise: dict[str, float],
    force: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Say how many devices of a design work, and how often noise turns its bits.

    Devices are drawn with the tolerances of the netlist's `hardware`, or those given here; one works
    when every row of the circuit that matters is right. The yield comes with an exact binomial
    interval, the rows and gates that fail most, and how many devices leave the declared range. With
    noise, the design itself is evaluated as many times, and the rows that err most are listed. A
    yield says nothing of noise, and a bit error rate nothing of tolerances.

    A device of a design with several configurations works when it is right in all of them; the yield of
    each is told too. What configurations share has one error, a control one in each of them.
    """
    from chaoscad.cli.written import check_all_free
    from chaoscad.cli.yield_tables import print_found
    from chaoscad.design import Reconfigurable, load, load_any
    from chaoscad.errors import ChaoscadError
    from chaoscad.evidence import Evidence
    from chaoscad.robustness import deviations_of

    asked = Asked(**options)
    _check(asked)
    if asked.output is not None:
        from chaoscad.plot.save import check_figure_path

        check_figure_path(asked.output)
    check_all_free({"-o": asked.output, "--csv": asked.csv}, force, [design])
    loaded = load_any(design) if configuration is None else load(design, configuration)
    several = loaded if isinstance(loaded, Reconfigurable) else None
    try:
        if isinstance(loaded, Reconfigurable):
            from chaoscad.workflow import side_by_side

            loaded = side_by_side(loaded)
        evidence = Evidence(loaded)
        deviations = deviations_of(loaded, tolerance=tolerance, shared=shared, noise=noise)
        if several is not None and asked.against != "tolerance":
            _check_gate(several, loaded, asked)
        found = _measured(evidence, deviations, asked, design)
        if several is not None and found.yield_ is not None:
            from chaoscad.robustness.configurations import each_of

            found.each = each_of(
                *(several, deviations, found.yield_),
                workers=_workers(evidence, asked),
                scheduler=asked.scheduler,
            )
        _write(evidence, deviations, asked, found)
    except ChaoscadError as error:
        raise error.about(design) from None
    share = None if found.yield_ is None else found.yield_.yield_
    reached = asked.least is None or share is None or share.interval[0] >= asked.least
    if as_json:
        echo_json({"ok": reached, "design": loaded.name, **found.to_data()})
        return 0 if reached else ANSWER_IS_NO
    print_found(loaded.name, found)
    for what, path in (("drawn to", asked.output), ("written to", asked.csv)):
        if path is not None:
            click.echo(f"{what} {path}")
    if asked.least is not None and share is not None:
        from chaoscad.cli.yield_tables import percent

        verb = "reached" if reached else "NOT shown to be reached"
        low = percent(share.interval[0], share.of)
        click.echo(f"a yield of {100 * asked.least:g} % is {verb}: the interval begins at {low}")
    return 0 if reached else ANSWER_IS_NO


def _check(asked: Asked) -> None:
    """Refuse options that would do nothing."""
    if asked.samples is not None and not asked.rare:
        raise click.UsageError("--samples says how many devices --rare draws; give --rare")
    if asked.against != "tolerance":
        if asked.output is None and asked.csv is None:
            raise click.UsageError(
                f"--against {asked.against} says what -o or --csv shows; give one"
            )
        return
    for flag, given in (("--gate", asked.gate), ("--until", asked.until)):
        if given is not None:
            raise click.UsageError(f"{flag} belongs to --against iterates and --against time")


def _check_gate(several: Reconfigurable, whole: Design, asked: Asked) -> None:
    """Refuse what says neither a gate nor a configuration, with both."""
    if asked.gate in [gate.name for gate in whole.gates]:
        return
    gates = [gate.name for gate in several.netlist.gates]
    told = f"--configuration ({', '.join(several.configurations)})"
    told += f" and --gate ({', '.join(gates[:20])})" if len(gates) > 1 else ""
    raise click.UsageError(
        f"--against {asked.against} is of one gate in one configuration; choose it with {told}"
    )


def _measured(evidence: Evidence, deviations: Deviations, asked: Asked, path: str) -> Found:
    from chaoscad.errors import ChaoscadError
    from chaoscad.robustness import bit_error_rates, measure, rare_failures, worst_cases
    from chaoscad.tune.terminal import progress

    found = Found()
    seeded: dict[str, Any] = {"seed": asked.seed, "confidence": asked.confidence}
    for flag, given in asked.of_yields.items():
        if given and deviations.noisy and not deviations.spread:
            raise ChaoscadError(f"{flag} is of a yield, and no tolerance is given, only noise")
    if asked.against != "tolerance":
        found.growth = _growth(evidence, deviations, asked, path)
    if deviations.noisy:
        found.rates = bit_error_rates(
            *(evidence, deviations),
            trials=min(asked.devices, MOST_TRIALS),
            progress=progress("evaluations"),
            **seeded,
        )
        if not deviations.spread:
            return found
    found.yield_ = measure(
        *(evidence, deviations),
        devices=asked.devices,
        by_parameter=asked.by_parameter,
        progress=progress("devices"),
        workers=_workers(evidence, asked),
        scheduler=asked.scheduler,
        **seeded,
    )
    if asked.worst_cases or asked.rare:
        cases = worst_cases(evidence, deviations)
        found.cases = cases if asked.worst_cases else None
        if asked.rare:
            found.rare = rare_failures(
                evidence, deviations, samples=asked.samples or RARE, cases=cases, **seeded
            )
    return found


def _workers(evidence: Evidence, asked: Asked) -> int | None:
    """The processes that are asked for; else this one, where others would not pay."""
    from chaoscad.robustness import worth_sharing

    here = asked.scheduler is None and not worth_sharing(evidence, asked.devices)
    return 0 if asked.workers is None and here else asked.workers


def _growth(evidence: Evidence, deviations: Deviations, asked: Asked, path: str) -> ErrorGrowth:
    """The errors of a gate under noise, over its iterates or its time."""
    from chaoscad.cli.gate_of import gate_of
    from chaoscad.robustness import error_growth
    from chaoscad.systems import Flow

    gate = gate_of(evidence.design, asked.gate, path)
    flow = isinstance(gate.setting.system, Flow)
    if flow != (asked.against == "time"):
        kind, other = ("flow", "time") if flow else ("map", "iterates")
        raise click.UsageError(f"gate {gate.name!r} is a {kind}; give --against {other}")
    until = asked.until
    if not flow and until is not None:
        if until != int(until):
            raise click.UsageError(f"--until is {until:g}, and a map has whole numbers of iterates")
        until = int(until)
    trials = min(asked.devices, MOST_TRIALS)
    return error_growth(
        *(gate.setpoint, deviations),
        until=until,
        trials=trials,
        seed=asked.seed,
        confidence=asked.confidence,
    )


def _write(evidence: Evidence, deviations: Deviations, asked: Asked, found: Found) -> None:
    """The figure and the table of what `--against` says."""
    if asked.output is None and asked.csv is None:
        return
    devices = min(asked.devices, SAMPLED)
    if found.growth is None:
        from chaoscad.robustness.curves import yield_curve

        found.curve = yield_curve(
            *(evidence, deviations), devices=devices, seed=asked.seed, confidence=asked.confidence
        )
    drawn = found.growth or found.curve
    assert drawn is not None
    if asked.csv is not None:
        from chaoscad.analysis import to_csv
        from chaoscad.files import write_text

        write_text(asked.csv, to_csv(drawn.columns()))
    if asked.output is None:
        return
    from chaoscad.plot.save import save

    if found.growth is not None:
        from chaoscad.plot.noise import draw_error_growth

        save(draw_error_growth(found.growth), asked.output)
    elif found.curve is not None:
        from chaoscad.plot.yields import draw_yield
        from chaoscad.robustness.curves import row_margins

        rows = row_margins(evidence, deviations, devices=devices, seed=asked.seed)
        save(draw_yield(evidence.design.name, found.curve, rows), asked.output)
