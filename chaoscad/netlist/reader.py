"""Netlist text to a `Netlist`, with every complaint about the file collected."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown
from chaoscad.expression import Expression, names
from chaoscad.files import read_text
from chaoscad.logic.truth import TruthTable
from chaoscad.netlist import connect
from chaoscad.netlist.bounds import room
from chaoscad.netlist.functions import WIDEST_TABLE, Refusal, read
from chaoscad.netlist.gates import GateReader, plain_data
from chaoscad.netlist.model import Gate, Netlist, Target, Tie
from chaoscad.netlist.schema import GateSchema, NetlistSchema, TieSchema, validate
from chaoscad.netlist.source import Mapping, Scalar, compose, from_data
from chaoscad.systems import Interval


def load(path: str | os.PathLike[str]) -> Netlist:
    """Read a netlist file; `check` gives its warnings too.

    **Raises:** `ChaoscadError` with every error of the file.
    """
    return check(path)[0]


def check(path: str | os.PathLike[str]) -> tuple[Netlist, tuple[Diagnostic, ...]]:
    """Read a netlist file; returns it with the warnings about it.

    **Raises:** `ChaoscadError` with every error and warning of the file.
    """
    name = os.fspath(path)
    return parse(read_text(path), name, default_name=_stem(name))


def _stem(name: str) -> str:
    stem = Path(name).name.removesuffix(".yaml").removesuffix(".yml")
    safe = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in stem)
    return safe[:100] or "netlist"


def parse(
    text: str, file: str | None = None, default_name: str = "netlist"
) -> tuple[Netlist, tuple[Diagnostic, ...]]:
    """Read a netlist from text; `file` is the name that diagnostics give.

    **Raises:** `ChaoscadError` with every error and warning.
    """
    diagnostics: list[Diagnostic] = []
    return _read(compose(text, file, diagnostics), file, diagnostics, default_name)


def parse_data(data: object, file: str | None = None) -> Netlist:
    """Read a netlist from data such as `to_data` gives.

    **Raises:** `ChaoscadError` with every error and warning, without places.
    """
    root = from_data(data)
    if not isinstance(root, Mapping):
        raise ChaoscadError(Diagnostic("a netlist is a mapping of keys", file))
    return _read(root, file, [], "netlist")[0]


def _read(
    root: Mapping, file: str | None, diagnostics: list[Diagnostic], default_name: str
) -> tuple[Netlist, tuple[Diagnostic, ...]]:
    schema = validate(root, file, diagnostics)
    damaged: frozenset[str] = frozenset()
    if schema is None:
        # Go on without the parts that are wrong, so that one run reports all there is.
        damaged = prune(root, diagnostics)
        schema = validate(root, file, [])
    if schema is None:
        raise ChaoscadError(_sorted(diagnostics))
    netlist = _Reader(file, diagnostics, damaged).netlist(schema, default_name)
    found = _sorted(diagnostics)
    if netlist is None or any(item.severity == "error" for item in found):
        raise ChaoscadError(found)
    return netlist, found


def _sorted(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(sorted(diagnostics, key=lambda item: (item.line, item.column)))


def prune(root: Mapping, diagnostics: list[Diagnostic]) -> frozenset[str]:
    """Drop the top-level values and the gates in which an error lies; returns their names."""
    places = {(item.line, item.column) for item in diagnostics}
    damaged: set[str] = set()

    def touched(node: object) -> bool:
        if isinstance(node, Scalar | Mapping | list) and (
            (getattr(node, "line", 0), getattr(node, "column", 0)) in places
        ):
            return True
        if isinstance(node, Mapping):
            return any(touched(key) or touched(value) for key, value in node.items())
        return isinstance(node, list) and any(touched(value) for value in node)

    for owner in (root.get(Scalar("gates")), root):
        if isinstance(owner, Mapping):
            for key in [key for key, value in owner.items() if touched(key) or touched(value)]:
                damaged.add(str(key))
                del owner[key]
    return frozenset(damaged)


class _Reader:
    def __init__(
        self, file: str | None, diagnostics: list[Diagnostic], damaged: frozenset[str]
    ) -> None:
        self.file, self.diagnostics, self.damaged = file, diagnostics, damaged
        self.gate_names: frozenset[str] = frozenset()

    def complain(self, message: str, at: Scalar, hint: str | None = None, column: int = 0) -> None:
        """Report at a scalar, or at `column` (from 1) of its text."""
        offset = 0
        if column and "\n" not in at:
            offset = column - 1 + (0 if at.plain else 1)
        self.diagnostics.append(Diagnostic(message, self.file, at.line, at.column + offset, hint))

    def netlist(self, schema: NetlistSchema, default_name: str) -> Netlist | None:
        wiring = connect.Wiring(
            inputs=tuple(schema.inputs),
            outputs=tuple(schema.outputs),
            gates={name: tuple(gate.inputs) for name, gate in schema.gates.items()},
            unknown=self.damaged,
        )
        order = connect.check(wiring, self.file, self.diagnostics)
        gate_reader = GateReader(self.complain, schema.defaults, schema.system, _folder(self.file))
        gates: dict[str, Gate] = {}
        self.gate_names = frozenset(str(name) for name in schema.gates)
        for name, item in schema.gates.items():
            gate = gate_reader.gate(name, item)
            if gate is not None:
                gates[str(name)] = gate
        targets = self.targets(schema)
        ties = self.ties(schema.tie or [], gates)
        if order is None or len(gates) != len(schema.gates) or self.damaged:
            return None
        ordered = tuple(gates[name] for name in order)
        netlist = Netlist(
            name=schema.name or default_name,
            description=str(schema.description or ""),
            inputs=tuple(str(name) for name in schema.inputs),
            outputs=tuple(str(name) for name in schema.outputs),
            gates=ordered,
            targets=targets,
            ties=ties,
            hardware=plain_data(schema.hardware) if schema.hardware else None,
            file=self.file,
        )
        if len(targets) == len(schema.targets or {}):
            self.free_gates(netlist, schema.gates)
            self.enumerable(netlist, schema)
        return netlist

    def targets(self, schema: NetlistSchema) -> tuple[Target, ...]:
        found: list[Target] = []
        inputs = tuple(str(name) for name in schema.inputs)
        for output, text in (schema.targets or {}).items():
            if output not in schema.outputs:
                hint = nearest(output, schema.outputs) or "add it to 'outputs'"
                self.complain(f"the target {shown(output)} is not an output", output, hint)
                continue
            try:
                function = read(text, inputs, "the circuit", WIDEST_TABLE)
            except Refusal as refusal:
                self.complain(refusal.message, text, refusal.hint, refusal.column)
                continue
            found.append(Target(str(output), str(text), _support(function, inputs), function))
        order = {str(name): index for index, name in enumerate(schema.outputs)}
        return tuple(sorted(found, key=lambda target: order[target.output]))

    def ties(self, items: list[TieSchema], gates: dict[str, Gate]) -> tuple[Tie, ...]:
        found: list[Tie] = []
        for item in items:
            members: list[Gate] = []
            for name in item.gates:
                if str(name) in gates:
                    members.append(gates[str(name)])
                elif str(name) not in self.damaged and str(name) not in self.gate_names:
                    hint = nearest(name, gates)
                    self.complain(f"a tie names {shown(name)}, which is no gate", name, hint)
            names = tuple(gate.name for gate in members)
            if len(set(names)) < len(names) or len(item.gates) < 2:
                self.complain("a tie takes two or more different gates", item.parameter)
            elif (
                len(members) == len(item.gates)
                and self.tie_fits(item.parameter, members)
                and self.common_value(item.parameter, members)
            ):
                found.append(Tie(str(item.parameter), names))
        return tuple(found)

    def tie_fits(self, parameter: Scalar, members: list[Gate]) -> bool:
        if parameter == "delta":
            if len({gate.arity for gate in members}) == 1:
                return True
            if all(gate.weights == "shared" for gate in members):
                return True
            message = "gates tied in delta need equally many inputs, or shared weights"
            self.complain(message, parameter)
            return False
        if parameter in ("x0", "threshold"):
            return True
        if all(parameter in gate.train for gate in members):
            return True
        trained = {name for gate in members for name in gate.train}
        hint = nearest(parameter, ["x0", "delta", "threshold", *sorted(trained)])
        message = (
            f"{shown(parameter)} cannot be tied: a tie takes x0, delta, threshold, or a system "
            "parameter that every one of the gates trains"
        )
        self.complain(message, parameter, hint)
        return False

    def common_value(self, parameter: Scalar, members: list[Gate]) -> bool:
        """Whether the gates' own ranges of a tied parameter overlap."""
        rooms = [room(gate) for gate in members]
        ranges: list[list[Interval]]
        if parameter == "x0":
            ranges = [[space.x0 for space in rooms]]
        elif parameter == "delta":
            count = min(gate.arity for gate in members)
            ranges = [[space.delta[k] for space in rooms] for k in range(count)]
        elif parameter == "threshold":
            ranges = [[space.threshold for space in rooms if space.threshold is not None]]
        else:
            ranges = [[gate.train[str(parameter)] for gate in members]]
        for items in ranges:
            if items and max(low for low, _ in items) > min(high for _, high in items):
                names = ", ".join(gate.name for gate in members)
                message = f"the gates tied in {parameter} ({names}) have no value of it in common"
                self.complain(message, parameter, "widen their bounds")
                return False
        return True

    def free_gates(self, netlist: Netlist, schemas: dict[Scalar, GateSchema]) -> None:
        constrained = connect.ancestors(netlist, [target.output for target in netlist.targets])
        keys = {str(key): key for key in schemas}
        for gate in netlist.gates:
            if gate.function is None and gate.name not in constrained:
                message = f"gate {shown(gate.name)} has no function and no path to a target"
                hint = "give it a function, or give a target to an output that it feeds"
                self.complain(message, keys[gate.name], hint)

    def enumerable(self, netlist: Netlist, schema: NetlistSchema) -> None:
        if not netlist.targets:
            return
        supports = connect.supports(netlist)
        keys = {str(key): key for key in schema.targets or {}}
        for target in netlist.targets:
            count = len(supports[target.output] | set(target.inputs))
            if count > connect.MOST_INPUTS:
                message = (
                    f"the target {shown(target.output)} is over {count} inputs: 2^{count} rows are "
                    f"too many to enumerate, the limit is {connect.MOST_INPUTS} inputs"
                )
                hint = (
                    "split the output into parts, or give each gate a function and drop the target"
                )
                self.complain(message, keys[target.output], hint)


def _folder(file: str | None) -> Path:
    """Where the files that a netlist names are looked for."""
    return Path(file).parent if file is not None else Path()


def _support(function: Expression | TruthTable | str, inputs: tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(function, TruthTable | str):
        return inputs
    used = {name.name for name in names(function)}
    return tuple(name for name in inputs if name in used)
