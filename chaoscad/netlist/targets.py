"""What the outputs of a netlist must compute: functions of its inputs, or a reference circuit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown
from chaoscad.expression import Expression, names
from chaoscad.logic.circuit import Logic
from chaoscad.logic.graph import by_level, members, supports
from chaoscad.logic.truth import TruthTable
from chaoscad.netlist import connect
from chaoscad.netlist.complaints import Complain
from chaoscad.netlist.functions import WIDEST_TABLE, Refusal, read
from chaoscad.netlist.library import Library
from chaoscad.netlist.model import Netlist, Target
from chaoscad.netlist.reference import Reference
from chaoscad.netlist.source import Scalar

FILE = "file"
"""The key that takes the targets from the file of a reference circuit."""

TEXT = "blif"
"""The key that holds a reference circuit as BLIF, for netlists that are complete in themselves."""


class TargetReader:
    """Reads the targets of a netlist with these inputs and outputs."""

    def __init__(
        self, library: Library, inputs: Sequence[Scalar], outputs: Sequence[Scalar]
    ) -> None:
        self.library = library
        self.complain: Complain = library.top.own.complaints.complain
        self.inputs = tuple(str(name) for name in inputs)
        self.outputs = outputs

    def targets(self, given: Mapping[Scalar, Scalar]) -> tuple[Target, ...]:
        """The targets in the order of the outputs; those that are wrong are complained about."""
        key = self.reference_key(given)
        found = self.functions(given) if key is None else self.reference(key, given)
        order = {str(name): index for index, name in enumerate(self.outputs)}
        return tuple(sorted(found, key=lambda target: order[target.output]))

    def reference_key(self, given: Mapping[Scalar, Scalar]) -> Scalar | None:
        """The key of a reference circuit; an output of that name is a target like any other."""
        for key, text in given.items():
            if key == FILE and key not in self.outputs:
                return key
            # BLIF starts with .model or a comment, and no expression does.
            if key == TEXT and (key not in self.outputs or text.lstrip()[:1] in (".", "#")):
                return key
        return None

    def functions(self, given: Mapping[Scalar, Scalar]) -> Iterable[Target]:
        """Targets that are written one by one."""
        found: list[Target] = []
        for output, text in given.items():
            if output not in self.outputs:
                hint = nearest(output, self.outputs) or "add it to 'outputs'"
                self.complain(f"the target {shown(output)} is not an output", output, hint)
                continue
            try:
                function = read(text, self.inputs, "the circuit", WIDEST_TABLE)
            except Refusal as refusal:
                self.complain(refusal.message, text, refusal.hint, refusal.column)
                continue
            support = _support(function, self.inputs)
            found.append(Target(str(output), str(text), support, function))
        return found

    def reference(self, key: Scalar, given: Mapping[Scalar, Scalar]) -> Iterable[Target]:
        """A target for every output, all from one circuit."""
        if len(given) > 1:
            other = next(output for output in given if output is not key)
            message = f"{shown(key)} gives every target, and {shown(other)} is given too"
            self.complain(message, other, "leave one of them out")
            return ()
        logic = self.from_file(given[key]) if key == FILE else self.from_text(key, given[key])
        if logic is None or not self.same_ports(logic, given[key] if key == FILE else key):
            return ()
        return from_reference(logic, self.inputs)

    def from_file(self, name: Scalar) -> Logic | None:
        """The circuit in a file, of any format that is read."""
        library = self.library
        path = library.opened.path(library.top.folder, name, "reference", self.complain)
        if path is None:
            return None
        from chaoscad.formats import read as read_circuit

        try:
            logic = read_circuit(path, outside=self.library.outside)
        except ChaoscadError as error:
            for item in error.diagnostics:
                if item.line:
                    self.keep(item)
                else:
                    message = f"the reference {shown(name)}: {item.message}"
                    self.complain(message, name, item.hint)
            return None
        for item in logic.warnings:
            self.keep(item)
        return logic

    def keep(self, item: Diagnostic) -> None:
        """Keep what was found in a file that the netlist names."""
        self.library.found.append(item)
        if item.file not in self.library.opened.files:
            self.library.opened.files.append(item.file)

    def from_text(self, key: Scalar, text: Scalar) -> Logic | None:
        """The circuit that a netlist carries as BLIF."""
        from chaoscad.formats.blif import loads

        try:
            return loads(str(text))
        except ChaoscadError as error:
            for item in error.diagnostics:
                where = f" in line {item.line}" if item.line else ""
                self.complain(f"the reference{where}: {item.message}", key, item.hint)
            return None

    def same_ports(self, logic: Logic, at: Scalar) -> bool:
        """Whether netlist and reference have the same inputs and outputs, in any order."""
        sound = True
        outputs = [str(name) for name in self.outputs]
        for kind, own, its in (
            ("inputs", self.inputs, logic.inputs),
            ("outputs", outputs, logic.outputs),
        ):
            for which, lacking in (
                (f"{kind} of the netlist are not in the reference", _without(own, its)),
                (f"{kind} of the reference are not in the netlist", _without(its, own)),
            ):
                if lacking:
                    listed = ", ".join(shown(name) for name in lacking[:8])
                    more = f" and {len(lacking) - 8} more" if len(lacking) > 8 else ""
                    hint = "ports are matched by name"
                    self.complain(f"these {which}: {listed}{more}", at, hint)
                    sound = False
        return sound


def from_reference(logic: Logic, inputs: Sequence[str]) -> tuple[Target, ...]:
    """Targets that take every output from a reference circuit.

    **Arguments:**

    - `inputs`: the netlist's inputs, in its order.
    """
    reference = Reference(replace(logic, nodes=by_level(logic.nodes)))
    masks = supports(logic.drivers, inputs)
    return tuple(
        Target(
            output,
            f"{output} of the reference {logic.name}",
            members(masks[output], inputs),
            reference,
        )
        for output in logic.outputs
    )


def check_rows(netlist: Netlist, complain: Complain, given: Mapping[Scalar, Scalar]) -> None:
    """Complain about expressions over too many inputs to enumerate their rows.

    A reference may have more: that a circuit equals it is then proven.
    """
    if not netlist.targets:
        return
    keys = {str(key): key for key in given}
    enumerated = connect.enumerated(netlist)
    for target in netlist.targets:
        count = len(enumerated[target.output])
        if count <= connect.MOST_INPUTS or isinstance(target.function, Reference):
            continue
        message = (
            f"the target {shown(target.output)} is over {count} inputs: 2^{count} rows are "
            f"too many to enumerate, the limit is {connect.MOST_INPUTS} inputs"
        )
        hint = (
            "give the targets as a circuit ({file: ...}), which may have more, or split the output"
        )
        complain(message, keys[target.output], hint)


def _without(names_: Iterable[str], others: Iterable[str]) -> list[str]:
    known = set(others)
    return [name for name in names_ if name not in known]


def _support(function: Expression | TruthTable | str, inputs: tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(function, TruthTable | str):
        return inputs
    used = {name.name for name in names(function)}
    return tuple(name for name in inputs if name in used)
