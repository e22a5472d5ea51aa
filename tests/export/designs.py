"""Designs for the tests: solved once, or made of given numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from chaoscad.design import Design, DesignGate, Reconfigurable, VerificationSummary
from chaoscad.gate import Setpoint
from chaoscad.netlist import Netlist, TruthTable, configurations, parse


def with_numbers(text: str, numbers: dict[str, tuple[float, tuple[float, ...], float]]) -> Design:
    """A design of a netlist with x0, delta and threshold of every gate given."""
    netlist, _ = parse(text)
    gates = []
    for gate in netlist.gates:
        setpoint = Setpoint.of(gate, *numbers[gate.name])
        function = TruthTable("".join("1" if bit else "0" for bit in setpoint.bits()))
        gates.append(DesignGate(gate, setpoint, function, setpoint.margin(function)))
    return finished(netlist, gates)


def reconfigurable(
    text: str, numbers: Mapping[str, Mapping[str, tuple[float, float, tuple[float, ...], float]]]
) -> Reconfigurable:
    """A design of several configurations: iterates or time, x0, delta and threshold of every gate given."""
    netlist, _ = parse(text)
    designs: dict[str, Design] = {}
    for name, one in configurations(netlist).items():
        gates = []
        for source in one.gates:
            length, x0, delta, threshold = numbers[name][source.name]
            flow = source.setting.time is not None
            chosen = source.chosen(1, ">", length) if flow else source.chosen(int(length), ">")
            setpoint = Setpoint.of(chosen, x0, delta, threshold)
            table = source.function
            assert table is not None
            gates.append(DesignGate(chosen, setpoint, table, setpoint.margin(table)))
        designs[name] = finished(replace(one, gates=tuple(gate.source for gate in gates)), gates)
    return Reconfigurable(netlist, designs)


def finished(netlist: Netlist, gates: list[DesignGate]) -> Design:
    """The gates as a design that says of itself that it is solved."""
    rows = sum(1 << gate.arity for gate in gates)
    summary = VerificationSummary(rows, True, 0, min(gate.margin for gate in gates), "given")
    return Design(netlist, tuple(gates), "solved", summary)


def on_system(
    system: str, state: tuple[float, float], iterates: int = 1, compare: str = ">"
) -> Design:
    """One gate of two inputs on a system, its four states spread over a range, with a fair margin."""
    text = (
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y]\n"
        f"gates:\n  y: {{inputs: [a, b], system: {system}, iterates: {iterates}, "
        f"compare: '{compare}', function: AND}}\n"
    )
    netlist, _ = parse(text)
    low, high = state
    width = high - low
    x0, delta = low + 0.07 * width, (0.57 * width, 0.22 * width)
    states = np.array([x0, x0 + delta[1], x0 + delta[0], x0 + sum(delta)])
    values = np.sort(netlist.gates[0].setting.value(states, iterates))
    widest = int(np.argmax(np.diff(values)))
    threshold = float(values[widest] + values[widest + 1]) / 2
    return with_numbers(text, {"y": (x0, delta, threshold)})
