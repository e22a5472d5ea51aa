"""A netlist as frozen data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from chaoscad.expression import Expression, evaluate_logic
from chaoscad.logic.circuit import select
from chaoscad.logic.graph import Drivers, digraph, levels
from chaoscad.logic.truth import NAMED, TruthTable
from chaoscad.netlist.reference import Reference
from chaoscad.systems import Interval, Setting

if TYPE_CHECKING:
    from networkx import DiGraph

Weights = Literal["independent", "shared"]
Compare = Literal[">", "<"]


@dataclass(frozen=True)
class Bounds:
    """Closed ranges of a gate's parameters; `None` leaves a parameter to the range of the states.

    `state` holds every x0 + sum(delta_k I_k); an infinite end leaves that side free.
    """

    state: Interval
    x0: Interval | None = None
    delta: Interval | None = None
    threshold: Interval | None = None


@dataclass(frozen=True)
class Choices:
    """Of what the search may choose; empty where there is no choice."""

    iterates: tuple[int, ...] = ()
    compare: tuple[Compare, ...] = ()
    time: tuple[float, ...] = ()


@dataclass(frozen=True)
class Gate:
    """One chaogate; `name` is the net it drives.

    **Arguments:**

    - `inputs`: the nets it reads, the most significant first.
    - `function`: the wanted truth table, or `None` for a free gate, whose function is found.
    - `setting`: the system and its parameters.
    - `fixed`: values of x0, delta (one, or one per input) and threshold that are not trained.
    - `train`: the ranges of the system parameters that are trained.
    - `choices`: iterates, comparators and times of a flow that the search may take; the gate's own are
      among them.
    - `element`: the physical element that it is a reading of; empty for a gate that has one of its own.
    - `controls`: the parameters that may differ between configurations; `None` where the netlist's hold.
    - `file`, `line`, `column`: where it is written, `None` and 0 where that is nowhere.
    - `instance`: the instance that it is in (`fa0`, `alu.fa0`), empty outside of instances.
    """

    name: str
    inputs: tuple[str, ...]
    function: TruthTable | None
    setting: Setting
    iterates: int
    weights: Weights
    compare: Compare
    bounds: Bounds
    fixed: Mapping[str, tuple[float, ...]] = field(default_factory=dict, hash=False)
    train: Mapping[str, Interval] = field(default_factory=dict, hash=False)
    choices: Choices = Choices()
    element: str = ""
    controls: tuple[str, ...] | None = None
    file: str | None = field(default=None, compare=False)
    line: int = field(default=0, compare=False)
    column: int = field(default=0, compare=False)
    instance: str = field(default="", compare=False)

    @property
    def arity(self) -> int:
        """Number of inputs."""
        return len(self.inputs)

    def chosen(self, iterates: int, compare: Compare, time: float | None = None) -> Gate:
        """The gate with these of its choices, which are then the first of them.

        **Arguments:**

        - `time`: of a flow; by default the gate's own.
        """
        time = self.setting.time if time is None else time
        counts, signs, times = self.choices.iterates, self.choices.compare, self.choices.time
        return replace(
            self,
            setting=replace(self.setting, time=time),
            iterates=iterates,
            compare=compare,
            choices=Choices(
                tuple(dict.fromkeys((iterates, *counts))) if counts else (),
                tuple(dict.fromkeys((compare, *signs))) if signs else (),
                tuple(dict.fromkeys((time, *times))) if times and time is not None else (),
            ),
        )

    @property
    def variants(self) -> tuple[Gate, ...]:
        """The gate with every one of its choices, none of them left; first as it is."""
        counts = dict.fromkeys((self.iterates, *self.choices.iterates))
        signs = dict.fromkeys((self.compare, *self.choices.compare))
        times = dict.fromkeys((self.setting.time, *self.choices.time))
        settings = [replace(self.setting, time=time) for time in times]
        return tuple(
            replace(self, setting=setting, iterates=count, compare=sign, choices=Choices())
            for setting in settings
            for count in counts
            for sign in signs
        )


@dataclass(frozen=True)
class Target:
    """What an output must compute, as a function of circuit inputs.

    **Arguments:**

    - `text`: the target as the netlist writes it.
    - `inputs`: the circuit inputs it depends on, in the order that `function` takes them.
    - `function`: an expression over the inputs, a truth table, the name of a function, or a
      reference circuit that has an output of the same name.
    - `called`: the name of the output in a reference circuit, where that is another.
    """

    output: str
    text: str
    inputs: tuple[str, ...]
    function: Expression | TruthTable | str | Reference
    called: str = ""

    def evaluate(self, bits: Mapping[str, Any], zero: Any) -> tuple[Any, Any]:
        """The wanted bits, and where they matter.

        **Arguments:**

        - `bits`: a word, or an array of words, for every circuit input.
        - `zero`: the all-zero word.

        **Returns:** two words: the wanted values, and ones where the row matters.
        """
        if isinstance(self.function, TruthTable):
            columns = [bits[name] for name in self.inputs]
            rows = self.function.rows
            ones = select(columns, [row == "1" for row in rows], zero)
            return ones, select(columns, [row != "-" for row in rows], zero)
        if isinstance(self.function, Reference):
            return self.function.evaluate(self.called or self.output, bits, zero), ~zero
        if isinstance(self.function, str):
            return NAMED[self.function].evaluate([bits[name] for name in self.inputs]), ~zero
        return evaluate_logic(self.function, bits, zero), ~zero


@dataclass(frozen=True)
class Tie:
    """Gates that share one parameter: x0, delta, threshold or a trained system parameter."""

    parameter: str
    gates: tuple[str, ...]


@dataclass(frozen=True)
class Configuration:
    """What a circuit computes in one of its configurations.

    **Arguments:**

    - `targets`: of the outputs, beside those that hold in every configuration.
    - `functions`: of gates that have none in every configuration.
    """

    name: str
    targets: tuple[Target, ...] = ()
    functions: Mapping[str, TruthTable] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Instance:
    """A copy of a circuit that was flattened into the netlist.

    **Arguments:**

    - `name`: the prefix of its nets (`fa0`, `alu.fa0`).
    - `circuit`: the name of the circuit.
    """

    name: str
    circuit: str


@dataclass(frozen=True)
class Netlist:
    """A circuit of chaogates.

    `gates` is in topological order, whatever the order in the file. Instances are flattened:
    `instances` only says which there were, and is not written out again. Targets that come from a
    reference circuit share one `Reference`.

    **Arguments:**

    - `configurations`: what the circuit computes in each; `targets` and the gates' functions hold in
      every one of them.
    - `controls`: the parameters that may differ between configurations, for gates that have no
      controls of their own.
    - `together`: gates that make one choice of iterates, time and comparator, as the copies of a gate do.
    - `alike`: gates that make one choice of the comparator alone.
    """

    name: str
    description: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    gates: tuple[Gate, ...]
    targets: tuple[Target, ...] = ()
    ties: tuple[Tie, ...] = ()
    hardware: Mapping[str, Any] | None = None
    configurations: tuple[Configuration, ...] = ()
    controls: tuple[str, ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    alike: tuple[tuple[str, ...], ...] = ()
    file: str | None = field(default=None, compare=False)
    instances: tuple[Instance, ...] = field(default=(), compare=False)

    @cached_property
    def elements(self) -> Mapping[str, tuple[Gate, ...]]:
        """The gates that are readings of one physical element, by its name."""
        found: dict[str, list[Gate]] = {}
        for gate in self.gates:
            if gate.element:
                found.setdefault(gate.element, []).append(gate)
        return {name: tuple(gates) for name, gates in found.items()}

    @cached_property
    def sharing(self) -> tuple[Tie, ...]:
        """Everything that gates share: the ties, and what the readings of an element have in common."""
        found = list(self.ties)
        for gates in self.elements.values():
            names = tuple(gate.name for gate in gates)
            if len(gates) > 1:
                found += [Tie(parameter, names) for parameter in ("x0", "delta", *gates[0].train)]
        return tuple(found)

    @property
    def files(self) -> tuple[str, ...]:
        """The netlist files and the reference that it was read from, as far as they are known."""
        found = [self.file, *(gate.file for gate in self.gates)]
        for target in self.targets:
            if isinstance(target.function, Reference):
                found.append(target.function.logic.file)
        return tuple(dict.fromkeys(file for file in found if file is not None))

    @cached_property
    def drivers(self) -> Drivers:
        """For every gate's net, in topological order, the nets that it reads."""
        return {gate.name: gate.inputs for gate in self.gates}

    @property
    def depth(self) -> int:
        """The largest number of gates on a path."""
        return max(levels(self.drivers).values(), default=0)

    def graph(self) -> DiGraph[str]:
        """The circuit as a `networkx.DiGraph` of its nets, each before those that depend on it.

        A node is the name of a net. Its attributes are `kind` (`"input"` or `"gate"`), `level` (0 for
        an input, one more than the highest net that it reads for a gate), `output` (whether it is
        an output of the circuit) and, for a gate, `gate` (the `Gate`). An edge leads from a net to a
        gate that reads it; its attribute `pins` holds the positions among the gate's inputs, from 0.

        `networkx.ancestors(graph, net)` is the cone of a net, `graph.out_degree(net)` its fan-out,
        `networkx.weakly_connected_components(graph)` the parts that have no net in common. Changing
        the graph does not change the netlist.
        """
        return digraph(self.inputs, self.outputs, self.gates)

    def gate(self, name: str) -> Gate:
        """The gate that drives the net `name`; raises `KeyError` when none does."""
        for gate in self.gates:
            if gate.name == name:
                return gate
        raise KeyError(name)

    def map_gates(self, change: Callable[[Gate], Gate]) -> Netlist:
        """The same circuit with every gate replaced by `change(gate)`."""
        return replace(self, gates=tuple(change(gate) for gate in self.gates))
