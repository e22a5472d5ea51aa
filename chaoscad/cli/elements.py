"""`chaoscad elements`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chaoscad.cli.main import ANSWER_IS_NO, echo_json
from chaoscad.cli.options import FiniteRange, force_option, scheduler_option, workers_option
from chaoscad.errors import counted

if TYPE_CHECKING:
    from chaoscad.cells import Elements, Universal
    from chaoscad.systems import Setting

SHIPPED = "shipped"

MOST_NAMED = 12
"""Elements of which a message says what they are."""


@click.command("elements")
@click.option(
    "--system",
    "systems",
    multiple=True,
    metavar="NAME",
    help="Only elements of this system: logistic, tent, sine, three_transistor_curve; with --build also "
    "another map, a file of one, or its text in braces, and again for several.",
)
@click.option("--inputs", type=click.IntRange(1, 6), help="Only of so many inputs.")
@click.option(
    "--weights", type=click.Choice(["shared", "independent"]), help="Only with these weights."
)
@click.option(
    "--iterates",
    type=click.IntRange(1, 20),
    multiple=True,
    help="Only after so many iterates; may be given again.",
)
@click.option("--margin", type=FiniteRange(0), help="Only with at least this worst margin.")
@click.option("--library", "file", type=click.Path(), help="This library file instead.")
@click.option(
    "--check",
    "checked",
    is_flag=False,
    flag_value=SHIPPED,
    metavar="[FILE]",
    help="Evaluate every function of every element anew.",
)
@click.option("--build", is_flag=True, help="Search a whole library, and write it to -o.")
@click.option("--seed", type=click.IntRange(0), help="Of the search.  [default: 0]")
@workers_option("the elements of --build", "this one", 1)
@scheduler_option
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="Write the one element that is left: its netlist (.yaml) or its verified design (.json).",
)
@force_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def command(
    systems: tuple[str, ...],
    inputs: int | None,
    weights: Any,
    iterates: tuple[int, ...],
    margin: float | None,
    file: str | None,
    checked: str | None,
    build: bool,
    seed: int | None,
    workers: int | None,
    scheduler: str | None,
    output: str | None,
    force: bool,
    as_json: bool,
) -> int:
    """Universal elements: hardware that one control, x0, makes every function of its inputs.

    With independent weights they are all functions, with shared weights all that depend on the number
    of ones alone. Without options, what ships with the package, with the worst margin over all
    functions. -o writes one of them as a netlist or as a design, whose configurations are the
    functions. --check evaluates everything anew in float64, and exits with status 3 when anything is
    wrong. --build searches a library.
    """
    _check_jobs(build, checked, file, output, seed, margin, workers, scheduler)
    if build:
        assert output is not None
        engine = {"workers": workers if scheduler or workers else 0, "scheduler": scheduler}
        return _build(systems, inputs, weights, iterates, seed or 0, output, force, as_json, engine)
    from chaoscad.cells import load_elements, shipped_elements

    if checked not in (None, SHIPPED):
        file = checked
    library = shipped_elements() if file is None else load_elements(file)
    found = _chosen(library, systems, inputs, weights, iterates, margin)
    if checked is not None:
        return _check(found, file, as_json)
    if output is not None:
        return _write(found, output, force, as_json)
    if as_json:
        data = [{**one.to_data(), "x0": dict(one.x0)} for one in found]
        echo_json({"ok": bool(found), "elements": data, "provenance": dict(library.provenance)})
    else:
        _print(found)
        if not found:
            for sentence in _proofs(library, systems, inputs, weights, iterates):
                click.echo(sentence, err=True)
    return 0 if found else ANSWER_IS_NO


def _check_jobs(
    build: bool,
    checked: str | None,
    file: str | None,
    output: str | None,
    seed: int | None,
    margin: float | None,
    workers: int | None,
    scheduler: str | None,
) -> None:
    """Refuse jobs that exclude each other, and options that a job does not use."""
    if build and checked is not None:
        raise click.UsageError("--build and --check are two jobs; give one of them")
    if build and file is not None:
        raise click.UsageError("--build makes a library; --library reads one")
    if build and output is None:
        raise click.UsageError("--build needs -o FILE")
    if build and margin is not None:
        raise click.UsageError("--margin has no meaning with --build, which keeps what it finds")
    for flag, given in (("--seed", seed), ("--workers", workers), ("--scheduler", scheduler)):
        if not build and given is not None:
            raise click.UsageError(f"{flag} belongs to --build")
    if checked is not None and output is not None:
        raise click.UsageError("-o has no meaning with --check")
    if checked not in (None, SHIPPED) and file is not None:
        raise click.UsageError("give the file to --check or to --library, not to both")


def _chosen(
    library: Elements,
    systems: tuple[str, ...],
    inputs: int | None,
    weights: str | None,
    iterates: tuple[int, ...],
    margin: float | None,
) -> list[Universal]:
    from chaoscad.arguments import choice
    from chaoscad.cli.system_named import SUFFIXES

    names = dict.fromkeys(one.name for one in library.elements)
    for name in systems:
        if name not in names and (name.lstrip().startswith("{") or Path(name).suffix in SUFFIXES):
            raise click.UsageError(
                f"no library is shipped of --system {name}: make one by --build --system {name} -o FILE, and "
                "give it to --library"
            )
        choice("--system", name, names)
    asked = {"inputs": inputs, "weights": weights, "iterates": iterates, "margin": margin or 0.0}
    found = library.chosen(**asked)  # type: ignore[arg-type]
    return [one for one in found if not systems or one.name in systems]


def _print(found: list[Universal]) -> None:
    from chaoscad.cli import render

    right = ("inputs", "n", "functions", "worst margin")
    made = render.table(
        *("system", "inputs", "weights", "n", "functions", "worst margin", "delta", "threshold"),
        right=right,
    )
    for one in found:
        made.add_row(
            render.plain(one.name),
            str(one.inputs),
            one.weights,
            str(one.iterates),
            str(len(one.x0)),
            f"{one.margin:.4f}",
            " ".join(render.number(value) for value in one.delta),
            render.number(one.threshold),
        )
    if found:
        render.console().print(made)
    else:
        click.echo("no element of the library is as asked for", err=True)


def _proofs(
    library: Elements,
    systems: tuple[str, ...],
    inputs: int | None,
    weights: str | None,
    iterates: tuple[int, ...],
) -> list[str]:
    """Why there can be no such element, where that is proven: a sentence each."""
    from chaoscad.feasibility.counting import most_functions
    from chaoscad.systems.model import MOST_ITERATES

    if inputs is None:
        return []
    rows = inputs + 1 if weights == "shared" else 1 << inputs
    told: list[str] = []
    for name in systems:
        one = next(item for item in library.elements if item.name == name)
        count = max(iterates, default=MOST_ITERATES)
        most = most_functions(one.setting, one.state, count, rows, "x0")
        if most is not None and most.count < 1 << rows:
            told.append(
                f"{name}: x0 alone makes at most {most.count} of {1 << rows} functions: {most.why}"
            )
    return told


def _check(found: list[Universal], file: str | None, as_json: bool) -> int:
    """Evaluate elements anew."""
    from chaoscad.cells import found_wrong

    wrong = [sentence for one in found for sentence in found_wrong(one)]
    functions = sum(len(one.x0) for one in found)
    if as_json:
        count = {"elements": len(found), "functions": functions}
        echo_json({"ok": bool(found) and not wrong, **count, "findings": wrong})
    else:
        verdict = "every one right" if not wrong else counted(len(wrong), "finding")
        where = file or "the library"
        click.echo(
            f"{where}: {counted(len(found), 'element')}, {counted(functions, 'function')}: {verdict}"
        )
    for sentence in wrong[:20]:
        click.echo(f"  {sentence}", err=True)
    return 0 if found and not wrong else ANSWER_IS_NO


def _write(found: list[Universal], output: str, force: bool, as_json: bool) -> int:
    """Write the netlist or the design of the one element that is left."""
    from pathlib import Path

    from chaoscad.cli.written import check_free

    endings = (".yaml", ".yml", ".json")
    ending = Path(output).suffix.lower()
    if ending not in endings:
        raise click.UsageError(f"-o {output}: a netlist ends with .yaml, a design with .json")
    if len(found) != 1:
        told = [one.title for one in found[:MOST_NAMED]]
        left = f", and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
        what = (
            f"{len(found)} elements are left: {'; '.join(told)}{left}" if found else "none is left"
        )
        hint = "--system, --inputs, --weights and --iterates leave one"
        raise click.UsageError(f"-o writes one element, and {what}; {hint}")
    check_free(output, force)
    (one,) = found
    netlist = one.netlist()
    if ending == ".json":
        from chaoscad.design import save
        from chaoscad.workflow import of_element

        save(of_element(one), output)
    else:
        from chaoscad.files import write_text
        from chaoscad.netlist.data import dump

        write_text(output, dump(netlist))
    if as_json:
        echo_json({"ok": True, "file": output, "element": one.to_data()})
    else:
        click.echo(f"{one.title}: worst margin {one.margin:.4f}; written to {output}")
    return 0


def _build(
    systems: tuple[str, ...],
    inputs: int | None,
    weights: Any,
    iterates: tuple[int, ...],
    seed: int,
    output: str,
    force: bool,
    as_json: bool,
    engine: dict[str, Any],
) -> int:
    """Search a library; of the shipped one's systems where none is named."""
    import shlex

    from chaoscad.cells import save_elements
    from chaoscad.cli.written import check_free
    from chaoscad.solve.cells.universal import WIDEST, build_elements

    if inputs is not None and inputs > WIDEST:
        raise click.UsageError(f"--inputs is {inputs}; --build searches up to {WIDEST}")
    settings = _settings(systems)
    check_free(output, force)
    words = ["chaoscad", "elements", "--build"]
    for name in systems:
        words += ["--system", name]
    words += [] if inputs is None else ["--inputs", str(inputs)]
    words += [] if weights is None else ["--weights", weights]
    for count in iterates:
        words += ["--iterates", str(count)]
    words += ["--seed", str(seed)] if seed else []
    asked: dict[str, Any] = {"iterates": iterates}
    asked |= {} if inputs is None else {"inputs": (inputs,)}
    asked |= {} if weights is None else {"weights": (weights,)}
    library = build_elements(
        settings,
        **asked,
        **engine,
        seed=seed,
        command=shlex.join(words),
        report=lambda sentence: click.echo(sentence, err=True),
    )
    if not library.elements:
        click.echo("no element was found; nothing was written", err=True)
        return ANSWER_IS_NO
    save_elements(library, output)
    if as_json:
        data = [one.to_data() for one in library.elements]
        echo_json({"ok": True, "file": output, "elements": data})
    else:
        click.echo(f"{counted(len(library.elements), 'element')} written to {output}")
    return 0


def _settings(systems: tuple[str, ...]) -> list[Setting]:
    from chaoscad.cells import shipped_elements
    from chaoscad.cli.system_named import system_named
    from chaoscad.solve.cells.universal import SYSTEMS
    from chaoscad.systems import setting

    known = {name: setting(name) for name in SYSTEMS}
    for one in shipped_elements().elements:
        known.setdefault(one.name, one.setting)
    if not systems:
        return list(known.values())
    return [
        known[text] if text in known else system_named(text, {}) for text in dict.fromkeys(systems)
    ]
