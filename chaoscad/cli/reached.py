"""`chaoscad systems NAME --controls x0 --functions`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from chaoscad.cli.main import echo_json
from chaoscad.errors import counted

if TYPE_CHECKING:
    from chaoscad.systems import Setting

MOST_NAMED = 4
"""Functions that are missing and named, at most."""


class Iterates(click.ParamType):
    """A number of iterates, or several of them: `4`, `1-9`; as a tuple."""

    name = "integer"

    def __init__(self, least: int, most: int) -> None:
        self.one = click.IntRange(least, most)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """All numbers from the first to the last."""
        first, dash, last = str(value).partition("-")
        if not (dash and first and last):
            return (int(self.one.convert(value, param, ctx)),)
        ends: tuple[Any, Any] = first, last
        low, high = (int(self.one.convert(end, param, ctx)) for end in ends)
        if high < low:
            self.fail(f"{value} runs backwards; did you mean {high}-{low}?", param, ctx)
        return tuple(range(low, high + 1))


def count(
    setting: Setting,
    *,
    controls: str,
    iterates: tuple[int, ...],
    inputs: int,
    weights: str,
    output: str | None,
    as_json: bool,
) -> int:
    """Count the functions that the controls reach in fixed hardware, and draw their growth."""
    from chaoscad.analysis.reachable import exponent, reachable
    from chaoscad.arguments import choice
    from chaoscad.netlist import title

    # Not only "x0,threshold" but also "x0, threshold".
    named = ",".join(name.strip() for name in controls.split(","))
    found = reachable(
        setting,
        iterates,
        inputs=inputs,
        controls=choice("--controls", named, ("x0", "x0,threshold")),
        weights=weights,  # type: ignore[arg-type]
    )
    slope = exponent(found, inputs)
    if output is not None:
        from chaoscad.plot.control import draw_growth
        from chaoscad.plot.save import save

        save(draw_growth(found, setting, inputs, named), output)
    if as_json:
        summary = {"system": setting.system.name, "parameters": setting.parameters}
        echo_json(
            {
                "ok": True,
                **summary,
                "controls": named.split(","),
                "inputs": inputs,
                "weights": weights,
                "iterates": [one.to_data() for one in found],
                "exponent": slope,
                "figure": output,
            }
        )
        return 0
    from itertools import product

    from chaoscad.cli import render
    from chaoscad.logic.truth import TruthTable

    every = [TruthTable("".join(bits)) for bits in product("01", repeat=2**inputs)]
    heads = ("iterates", "functions", "at most", "worst margin")
    made = render.table(*heads, "not reached", right=heads)
    for one in found:
        missing = [title(table) for table in every if table not in one.setpoints]
        words = ", ".join(missing) if len(missing) <= MOST_NAMED else f"{len(missing)} functions"
        made.add_row(
            str(one.iterates),
            f"{one.count} of {len(every)}",
            str(one.most),
            f"{one.worst_margin:.4g}",
            render.plain(words),
        )
    out = render.console()
    out.print(
        f"{setting.system.title}, {weights} weights, {counted(inputs, 'input')}: what {named} alone reaches "
        "in one piece of hardware",
        markup=False,
        soft_wrap=True,
    )
    out.print(made)
    if any(one.count < one.most for one in found):
        told = "counts are of a search, so that more may be reached, up to 'at most'"
    else:
        told = "no hardware reaches more"
    out.print(f"{told}; margins are not optimised", markup=False, soft_wrap=True)
    if proofs := [one for one in found if one.why]:
        last = proofs[-1]
        out.print(f"at n = {last.iterates}: {last.why}", markup=False, soft_wrap=True)
    if slope is not None:
        click.echo(f"computing exponent {slope:.3g} per iterate")
    if output is not None:
        click.echo(f"drawn to {output}")
    return 0
