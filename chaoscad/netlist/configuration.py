"""What a circuit computes in its configurations, and what of its gates may differ between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from chaoscad.errors import listed, nearest, shown
from chaoscad.logic.truth import TruthTable
from chaoscad.netlist.complaints import Complaints
from chaoscad.netlist.controls import LENGTHS, read_controls
from chaoscad.netlist.functions import Refusal, gate_table
from chaoscad.netlist.model import Configuration, Gate, Netlist
from chaoscad.netlist.schema import ConfigurationSchema, NetlistSchema
from chaoscad.netlist.source import Scalar
from chaoscad.netlist.targets import TargetReader
from chaoscad.systems import Flow


class ConfigurationReader:
    """Reads the configurations and controls of a netlist whose gates and targets are read."""

    def __init__(self, netlist: Netlist, complaints: Complaints, targets: TargetReader) -> None:
        self.netlist, self.complaints, self.targets = netlist, complaints, targets
        self.gates = {gate.name: gate for gate in netlist.gates}

    def read(self, schema: NetlistSchema) -> Netlist:
        """The netlist with its configurations; what is wrong is complained about."""
        netlist, complain = self.netlist, self.complaints.complain
        if schema.configurations is None:
            if schema.controls:
                message = "'controls' says what differs between configurations, and there are none"
                complain(message, schema.controls[0], "add 'configurations', or leave it out")
            for gate in netlist.gates:
                if gate.controls is not None:
                    message = (
                        f"gate {shown(gate.name)} has controls, which differ between configurations, "
                        "and there are none"
                    )
                    self.about(gate, message, "add 'configurations', or leave them out")
            return netlist
        if not schema.configurations:
            self.complaints.whole("'configurations' is empty: give at least one, or leave it out")
        found = tuple(
            self.configuration(name, item) for name, item in schema.configurations.items()
        )
        trained = {name for gate in netlist.gates for name in gate.train}
        controls = read_controls(schema.controls or [], trained, complain)
        self.lengths(schema.controls or [])
        for gate in netlist.gates:
            self.check(gate, controls)
        return replace(netlist, configurations=found, controls=controls)

    def configuration(self, name: Scalar, schema: ConfigurationSchema) -> Configuration:
        """One configuration, without what is wrong in it."""
        complain, what = self.complaints.complain, f"configuration {shown(name)}"
        if not schema.targets and not schema.functions:
            message = f"{what} says nothing that the circuit must compute"
            complain(message, name, "give it 'targets' of outputs, or 'functions' of gates")
        given: Mapping[Scalar, Scalar] = schema.targets or {}
        everywhere = {target.output for target in self.netlist.targets}
        for output in given:
            if str(output) in everywhere or (everywhere and str(output) in ("file", "blif")):
                message = f"{what} gives a target that every configuration has: {shown(output)}"
                complain(message, output, "leave it out here or under 'targets'")
        functions: dict[str, TruthTable] = {}
        for net, text in (schema.functions or {}).items():
            table = self.function(net, text, what)
            if table is not None:
                functions[str(net)] = table
        return Configuration(str(name), self.targets.targets(given), functions)

    def function(self, name: Scalar, text: Scalar, what: str) -> TruthTable | None:
        """What a gate computes in a configuration."""
        complain, gate = self.complaints.complain, self.gates.get(str(name))
        if gate is None:
            hint = nearest(name, self.gates) or f"the gates are {listed(list(self.gates)[:12])}"
            complain(f"{what} gives a function to {shown(name)}, which is no gate", name, hint)
            return None
        if gate.function is not None:
            message = f"{what} gives gate {shown(name)} a function, and the gate has one for all"
            complain(message, name, "leave it out here or at the gate")
            return None
        try:
            return gate_table(text, gate.inputs, f"gate {shown(name)}")
        except Refusal as refusal:
            complain(refusal.message, text, refusal.hint, refusal.column)
            return None

    def lengths(self, controls: Sequence[Scalar]) -> None:
        """Complain about iterates of a circuit without maps, and about a time of one without flows."""
        flows = {isinstance(gate.setting.system, Flow) for gate in self.netlist.gates}
        for control in controls:
            if str(control) in LENGTHS and flows == {control == "iterates"}:
                kind, other = ("flow", "time") if True in flows else ("map", "iterates")
                message = f"{control} is a control, and every gate is a {kind}"
                self.complaints.complain(message, control, f"a {kind} has {other!r}")

    def check(self, gate: Gate, usual: tuple[str, ...]) -> None:
        """Complain about controls of a gate that cannot move."""
        what, flow = f"gate {shown(gate.name)}", isinstance(gate.setting.system, Flow)
        for control in usual if gate.controls is None else gate.controls:
            if gate.controls is not None and control in LENGTHS and flow == (control == "iterates"):
                kind, other = ("flow", "time") if flow else ("map", "iterates")
                message = f"{control} is a control of {what}, which is a {kind}"
                self.about(gate, message, f"a {kind} has {other!r}")
                continue
            if control in gate.fixed:
                message = f"{control} is a control, and {what} fixes it"
                self.about(gate, message, f"leave it free, or give {what} 'controls: []'")
            elif control == "iterates" and not flow and len(gate.choices.iterates) < 2:
                message = f"iterates is a control, and {what} has one number of them"
                self.about(gate, message, "give a list to choose from, such as [1, 2, 3]")
            elif control == "time" and flow and len(gate.choices.time) < 2:
                message = f"time is a control, and {what} has one"
                self.about(gate, message, "give a list to choose from, such as time: [0.4, 0.8]")
            else:
                self.tied_away(gate, control, usual)

    def tied_away(self, gate: Gate, control: str, usual: tuple[str, ...]) -> None:
        """Complain about a control that is tied to a parameter which is none."""
        for tie in self.netlist.sharing:
            if tie.parameter != control or gate.name not in tie.gates:
                continue
            for name in tie.gates:
                its = self.gates[name].controls
                if control not in (usual if its is None else its):
                    message = (
                        f"{control} is a control of gate {shown(gate.name)}, and is tied to gate "
                        f"{shown(name)}, which holds it"
                    )
                    self.about(gate, message, "let both have the control, or untie them")
                    return

    def about(self, gate: Gate, message: str, hint: str) -> None:
        at = Scalar.at(gate.name, gate.line, gate.column, file=gate.file)
        self.complaints.inside(gate.instance).complain(message, at, hint)
