"""A circuit while its file is read: ports and drivers with their places, checked once at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from chaoscad.errors import Diagnostic, NetlistError, nearest, shown
from chaoscad.logic import Cycle, Logic, LogicNode, TruthTable, by_level
from chaoscad.logic.graph import arrows

MOST_DIAGNOSTICS = 100
"""Most complaints about one file that are kept; the rest are counted."""

MOST_NODES = 2_000_000
"""Most nodes of a circuit, after its hierarchy is flattened."""


@dataclass(frozen=True)
class Place:
    """A line and a column, counted from 1; 0 where there is none.

    `file` is set where they lie in a file that the circuit's own includes: a key of `Draft.files`.
    """

    line: int = 0
    column: int = 0
    file: str | None = None


@dataclass
class Draft:
    """Collects what a reader finds and every complaint about it.

    **Arguments:**

    - `file`: the file's name in diagnostics.
    - `declare`: what to do about an undriven net, with `{net}` for its name.
    - `broken`: nets that something refused may drive.
    - `parts`: how many inner nets the functions of wide nets have so far.
    - `reserved`: every name of the file, which no inner net may take.
    - `files`: the included files by the names that places give them.
    """

    file: str | None
    declare: str
    inputs: dict[str, Place] = field(default_factory=dict)
    outputs: dict[str, Place] = field(default_factory=dict)
    nodes: dict[str, LogicNode] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)
    dropped: int = 0
    parts: dict[str, int] = field(default_factory=dict)
    reserved: frozenset[str] = frozenset()
    files: dict[str, str] = field(default_factory=dict)

    def complain(self, message: str, at: Place, hint: str | None = None) -> None:
        """Keep one complaint."""
        file = self.file if at.file is None else self.files.get(at.file, at.file)
        self.keep(Diagnostic(message, file, at.line, at.column, hint))

    def keep(self, found: Diagnostic) -> None:
        """Keep one complaint, which may be about another file, once."""
        if len(self.diagnostics) >= MOST_DIAGNOSTICS:
            self.dropped += 1
        elif found not in self.diagnostics:
            self.diagnostics.append(found)

    def warn(self, message: str, at: Place, hint: str) -> None:
        """Keep what the file leaves open."""
        self.warnings.append(
            Diagnostic(message, self.file, at.line, at.column, hint, severity="warning")
        )

    def fail(self, message: str, at: Place, hint: str | None = None) -> NoReturn:
        """Give up: raise this complaint with those before it."""
        self.complain(message, at, hint)
        self.check()
        raise AssertionError("a complaint was raised")

    def input(self, name: str, at: Place) -> None:
        """A port of the circuit that drives the net `name`."""
        if name in self.inputs:
            first = self.inputs[name].line
            self.complain(f"the input {shown(name)} is listed twice", at, _already(first))
        elif name in self.nodes:
            self.two_drivers(name, at)
        else:
            self.inputs[name] = at

    def output(self, name: str, at: Place) -> None:
        """A port of the circuit that reads the net `name`."""
        if name in self.outputs:
            first = self.outputs[name].line
            self.complain(f"the output {shown(name)} is listed twice", at, _already(first))
        else:
            self.outputs[name] = at

    def node(self, name: str, inputs: Sequence[str], function: TruthTable, at: Place) -> None:
        """The function that drives the net `name`; a second driver is refused."""
        if self.free(name, at):
            self.nodes[name] = LogicNode(name, tuple(inputs), function, at.line, at.column)

    def free(self, name: str, at: Place) -> bool:
        """Whether nothing drives `name` yet; complains otherwise."""
        if name in self.inputs or name in self.nodes:
            self.two_drivers(name, at)
            return False
        return True

    def two_drivers(self, name: str, at: Place) -> None:
        """Complain about a second driver of `name`."""
        if name in self.inputs:
            first = f"the input at line {self.inputs[name].line}"
        else:
            first = f"the one at line {self.nodes[name].line}"
        message = f"net {shown(name)} has two drivers: this one and {first}"
        self.complain(message, at, "rename or remove one of them")

    def damaged(self, name: str) -> None:
        """What may drive the net `name` was refused: nobody complains that nothing does."""
        self.broken.add(name)

    def taken(self, name: str) -> bool:
        """Whether `name` is a net already."""
        return name in self.inputs or name in self.nodes or name in self.broken

    def logic(self, name: str) -> Logic:
        """The circuit.

        **Raises:** `NetlistError` with every complaint about the file.
        """
        if not self.outputs and not self.diagnostics:
            empty = not self.inputs and not self.nodes
            message = "the file holds no circuit" if empty else "the circuit has no output"
            self.complain(message, Place())
        for output, at in self.outputs.items():
            if not self.taken(output):
                hint = self.near(output)
                self.complain(f"output {shown(output)} is not driven", at, hint)
        said = {output for output in self.outputs if not self.taken(output)}
        for node in self.nodes.values():
            for net in node.inputs:
                if net not in said and not self.taken(net):
                    said.add(net)
                    at = Place(node.line, node.column)
                    hint = self.near(net) or self.declare.format(net=net)
                    self.complain(f"net {shown(net)} is not driven", at, hint)
        nodes = self.by_level()
        self.check()
        return Logic(
            name,
            tuple(self.inputs),
            tuple(self.outputs),
            nodes,
            self.file,
            tuple(self.warnings),
        )

    def near(self, net: str) -> str | None:
        """The driven net whose name is nearest, in files where that is quickly found."""
        drivers = [*self.inputs, *self.nodes]
        return nearest(net, drivers) if len(drivers) <= 5_000 else None

    def by_level(self) -> tuple[LogicNode, ...]:
        """The nodes by level; a cycle is a complaint."""
        try:
            return by_level(self.nodes.values())
        except Cycle as error:
            node = self.nodes[error.path[0]]
            self.complain(
                f"the nets form a loop: {arrows(error.path)}",
                Place(node.line, node.column),
                "a combinational circuit has none: every path leads from inputs to outputs",
            )
            return ()

    def check(self) -> None:
        """Raise the complaints so far, if there are any.

        **Raises:** `NetlistError`.
        """
        if not self.diagnostics:
            return
        found = sorted(
            self.diagnostics, key=lambda item: (item.file != self.file, item.line, item.column)
        )
        if self.dropped:
            found.append(Diagnostic(f"{self.dropped} more errors are not shown", self.file))
        raise NetlistError(found)


def fresh(stem: str, taken: Callable[[str], bool]) -> str:
    """The first of `stem`, `stem_2`, `stem_3` ... that is not taken."""
    name, count = stem, 1
    while taken(name):
        count += 1
        name = f"{stem}_{count}"
    return name


def _already(line: int) -> str:
    return f"it stands already at line {line}"
