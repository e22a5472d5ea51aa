"""The command `chaoscad`: commands by name, and what happens when one fails."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from importlib import import_module
from keyword import iskeyword
from typing import Any

import click

from chaoscad.errors import ChaoscadError, Diagnostic

COMMANDS = {
    "check": "Check netlists and report every error in them.",
    "generate": "Write the netlist of a standard circuit: an adder, a multiplier, ...",
    "import": "Turn a standard netlist (.bench, BLIF, AIGER, Verilog) into one of chaogates.",
    "optimize": "Find parameters for every gate of a netlist, verify them, write a design file.",
    "show": "Show a netlist or a design: its gates, their parameters and margins.",
    "draw": "Draw a netlist or a design as a picture.",
    "report": "Write designs as one page for a browser, with a live gate.",
    "verify": "Evaluate design files again, row by row, and compare.",
    "yield": "Say how many devices work, with tolerances and noise.",
    "feasible": "Prove what the gates of a netlist can and cannot do.",
    "export": "Write a design for a lab or an FPGA: Verilog, SPICE, C, tables, BLIF; check it.",
    "quantise": "Find the word length that a design needs in fixed point, or tune it for one.",
    "map": "Turn any logic into few chaogates, each with a cell of the library.",
    "cells": "Look up, build and check libraries of solved gates.",
    "elements": "Look up, build and check elements that one control makes every function.",
    "fit": "Make a system of a measurement: a smooth curve, or fitted parameters.",
    "sweep": "Measure a netlist over a grid of changes to it, on all cores or a cluster.",
    "plot": "Draw the results of a sweep, or write them as CSV.",
    "trim": "Set every device of a design anew, from its own measurement.",
    "systems": "List the systems, or say what one of them can do.",
    "explore": "Draw a system's dynamics, or the gates of a design.",
}
"""Every command with its one-line help. Their modules are imported when they are called."""

FAILED = 1
USAGE = 2
ANSWER_IS_NO = 3
INTERRUPTED = 130

INSIST = 2.0
"""Seconds after which an interrupt that was not heard is raised again; cleaning up takes less."""


class _Commands(click.Group):
    """Knows the commands by name, so that `--help` imports none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        # Words of Python's cannot name modules.
        module = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        return import_module(f"chaoscad.cli.{module}").command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        name = args[0] if args else ""
        if name not in COMMANDS and not name.startswith("-"):
            from chaoscad.errors import nearest, shown

            hint = nearest(name, COMMANDS) or "the commands are " + ", ".join(COMMANDS)
            raise click.UsageError(f"no command {shown(name)}; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"chaoscad {version('chaoscad')}")
        ctx.exit()


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 0 done and right; 1 a failure; 2 wrong usage; 3 the answer is no.",
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_version,
    help="Show the version and exit.",
)
def main() -> None:
    """Design chaogates: logic gates made of one nonlinear system and a comparator."""


def run(arguments: list[str] | None = None) -> None:
    """Run the command line and leave the process with its exit status."""
    # Before NumPy is loaded: threads of BLAS add in another order, and a search ends in other digits.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    _insist_on_interrupts()
    code = status(sys.argv[1:] if arguments is None else arguments)
    if code == INTERRUPTED:
        # A compiled program may still be running in its threads; tearing the interpreter down under
        # them crashes. Everything that was to be cleaned up has been.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _insist_on_interrupts() -> None:
    """Raise an interrupt again until it is heard: callbacks of the garbage collector, such as JAX's,
    swallow an exception that reaches Python while they run, and the program would go on."""
    if not hasattr(signal, "setitimer"):
        return

    def interrupt(*_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, INSIST)
        raise KeyboardInterrupt

    def unheard(what: Any) -> None:
        if what.exc_type is not KeyboardInterrupt:
            sys.__unraisablehook__(what)

    sys.unraisablehook = unheard
    signal.signal(signal.SIGALRM, interrupt)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)


def status(arguments: list[str]) -> int:
    """Run the command line; returns the exit status. No exception leaves it as a traceback."""
    as_json = "--json" in arguments
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = main.main(arguments, prog_name="chaoscad", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return USAGE
    except click.UsageError as error:
        error.show()
        return USAGE
    except click.ClickException as error:
        error.show()
        return FAILED
    except ChaoscadError as error:
        return failed(error.diagnostics, as_json)
    except (click.Abort, KeyboardInterrupt):
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        click.echo("\ninterrupted; nothing was written", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        _abandon_output()
        return FAILED
    except OSError as error:
        _abandon_output()
        reason = (error.strerror or str(error)).lower()
        click.echo(f"error: cannot write the output: {reason}", err=True)
        return FAILED
    except MemoryError:
        hint = "give it a smaller file, or fewer rows, restarts or points where it has an option"
        return failed(
            (Diagnostic("the command needs more memory than there is", hint=hint),), as_json
        )
    except Exception as error:
        if os.environ.get("CHAOSCAD_DEBUG"):
            raise
        message = f"internal error: {type(error).__name__}: {str(error)[:300]}"
        hint = "this is a bug; CHAOSCAD_DEBUG=1 shows where it happened"
        return failed((Diagnostic(message, hint=hint),), as_json)


def _abandon_output() -> None:
    """Stdout cannot be written any more: keep the interpreter from trying at exit."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def failed(diagnostics: tuple[Diagnostic, ...], as_json: bool) -> int:
    """Report diagnostics: text on stderr, or one JSON document on stdout."""
    for diagnostic in diagnostics:
        click.echo(str(diagnostic), err=True)
    if as_json:
        echo_json({"ok": False, "diagnostics": [item.to_data() for item in diagnostics]})
    return FAILED


def echo_json(data: Any) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False))
