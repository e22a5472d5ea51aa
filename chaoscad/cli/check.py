"""`chaoscad check`."""

from __future__ import annotations

from typing import Any

import click

from chaoscad.cli.main import FAILED, echo_json
from chaoscad.cli.options import allow_outside
from chaoscad.errors import counted


@click.command("check")
@click.argument("netlists", nargs=-1, required=True, type=click.Path())
@allow_outside
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def command(netlists: tuple[str, ...], outside: bool, as_json: bool) -> int:
    """Check netlists and report every error in them.

    Every complaint gives file, line and column, what was found, what is allowed and what to do.
    """
    from chaoscad.errors import ChaoscadError, Diagnostic
    from chaoscad.netlist import check

    found: list[dict[str, Any]] = []
    for path in netlists:
        diagnostics: tuple[Diagnostic, ...]
        entry: dict[str, Any] = {"file": path}
        try:
            netlist, diagnostics = check(path, outside=outside)
            entry |= {"ok": True, "summary": summary(netlist)}
        except ChaoscadError as error:
            diagnostics = error.diagnostics
            entry["ok"] = False
        entry["diagnostics"] = [item.to_data() for item in diagnostics]
        found.append(entry)
        for item in diagnostics:
            click.echo(str(item), err=True)
        if not as_json and entry["ok"]:
            click.echo(f"{path}: ok: {sentence(entry['summary'])}")
    passed = all(entry["ok"] for entry in found)
    if as_json:
        echo_json({"ok": passed, "files": found})
    return 0 if passed else FAILED


def summary(netlist: Any) -> dict[str, Any]:
    """The counts of a netlist."""
    return {
        "name": netlist.name,
        "inputs": len(netlist.inputs),
        "outputs": len(netlist.outputs),
        "gates": len(netlist.gates),
        "free_gates": sum(gate.function is None for gate in netlist.gates),
        "targets": len(netlist.targets),
        "instances": len(netlist.instances),
        "levels": netlist.depth,
    }


def sentence(counts: dict[str, Any]) -> str:
    """The counts in words."""
    instances = counts["instances"]
    return (
        f"{counted(counts['inputs'], 'input')}, {counted(counts['outputs'], 'output')}, "
        f"{counted(counts['gates'], 'gate')} ({counts['free_gates']} free) in "
        f"{counted(counts['levels'], 'level')}, {counted(counts['targets'], 'target')}"
        + (f", {counted(instances, 'instance')}" if instances else "")
    )
