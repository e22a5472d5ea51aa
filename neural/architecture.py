"""What a network is: its widths, how its units share activations, and whether they are masked."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from chaoscad.arguments import choice, truth, whole, within
from chaoscad.errors import ChaoscadError, told
from neural.activations import Activation, activations_of
from neural.hamiltonian import HamiltonianNetwork
from neural.keys import check_key
from neural.masks import Form
from neural.operations import parameters
from neural.perceptron import Assignment, Linear, Perceptron

Init = Literal["fan_in", "unit"]
"""How the numbers that weights begin with are scaled; see `Architecture`."""

MOST_PARAMETERS = 2**28
"""Most parameters of a network; larger arrays end the process instead of raising an error."""


def blocks(width: int, count: int) -> Assignment:
    """`width` units cut into `count` blocks in order; the first blocks take what is left over."""
    return tuple(index for index in range(count) for _ in range(index, width, count))


@dataclass(frozen=True)
class Architecture:
    """The shape of a network: hashable, so that it selects a compiled program.

    **Arguments:**

    - `hidden`: the width of every hidden layer; at least one layer. Of a network with a mask these
      are its slots, the most units that it can have.
    - `hamiltonian`: the network gives one energy, and answers with its rates (dH/dp, -dH/dq).
    - `assignments`: for every hidden layer, one activation number for every unit; `None` cuts every
      layer into blocks. A growing network has its units in this order, so that (0, 1, 0, 1, ..)
      grows both kinds alike; ((0, 0), (1, 1)) gives each layer its own activation.
    - `form`: `static`; or, for `neural.growing.grow`, `mask` (a mask value per neuron, Algorithm 2 with
      a true mask), `auxiliary` (the number of neurons is a weight, Algorithm 1) or `gate` (one scalar
      for a whole layer, as in the authors' public code).
    - `size_input`: whether a hidden layer sees its controller as one more input, or a factor on that
      input. A static network has none.
    - `residual`: hidden layers after the first are blocks that add to the first one's units, and all
      read those. A block of no units changes nothing: where sizes are learned, so is the depth.
    - `init`: `fan_in` divides the numbers that weights begin with, uniform in [-1, 1], by the root of
      a layer's inputs; `unit` takes them as they are, as the source of Algorithm 1 does.

    **Raises:** `ChaoscadError` for widths that are not whole numbers of at least 1, too many
    parameters, and assignments of another length.
    """

    inputs: int
    hidden: Sequence[int]
    outputs: int
    hamiltonian: bool = False
    assignments: Sequence[Sequence[int]] | None = None
    form: Form = "static"
    size_input: bool | float = True
    init: Init = "fan_in"
    residual: bool = False

    def __post_init__(self) -> None:
        inputs = whole("the number of inputs", self.inputs)
        outputs = whole("the number of outputs", self.outputs)
        hidden = _hidden(self.hidden)
        for name in ("hamiltonian", "residual"):
            truth(name, getattr(self, name))
        seen = self.size_input
        if not isinstance(seen, bool | np.bool_):
            seen = within("size_input, where it is not True or False,", seen, -1e6, 1e6)
        choice("form", self.form, get_args(Form))
        choice("init", self.init, get_args(Init))
        if self.hamiltonian and (inputs % 2 or outputs != inputs):
            raise ChaoscadError(
                f"a Hamiltonian network of {inputs} inputs and {outputs} outputs was asked for; "
                "it takes (q, p), an even number, and answers with as many rates"
            )
        if self.hamiltonian and self.form != "static":
            raise ChaoscadError("a Hamiltonian network cannot grow; give it the form 'static'")
        count = parameters((inputs, *hidden, outputs), bool(self.residual))
        if count > MOST_PARAMETERS:
            raise ChaoscadError(
                f"the network would have {count:.3g} parameters; at most {MOST_PARAMETERS} are allowed"
            )
        given = self.assignments
        plain = {
            "inputs": inputs,
            "hidden": hidden,
            "outputs": outputs,
            "hamiltonian": bool(self.hamiltonian),
            "residual": bool(self.residual),
            "assignments": None if given is None else _assignments(given, hidden),
            "size_input": bool(seen) if isinstance(seen, np.bool_) else seen,
        }
        for name, value in plain.items():
            object.__setattr__(self, name, value)

    def assigned(self, count: int) -> tuple[Assignment, ...]:
        """Every layer's assignment to `count` activations.

        **Raises:** `ChaoscadError` when there are more activations than units, or when an
        assignment names an activation that is not there.
        """
        count = whole("the number of activations", count, 0)
        if count < 1:
            raise ChaoscadError("a network was given no activation; it needs at least 1")
        if self.assignments is None:
            for index, width in enumerate(self.hidden):
                if count > width:
                    raise ChaoscadError(
                        f"{count} activations for the {width} units of hidden layer {index + 1}; "
                        "every activation needs a unit: give fewer activations, or more units"
                    )
            return tuple(blocks(width, count) for width in self.hidden)
        highest = max(max(one) for one in self.assignments)
        if highest >= count:
            raise ChaoscadError(
                f"a unit is assigned to activation {highest}, and there are {count}: "
                f"they count from 0 to {count - 1}"
            )
        return tuple(map(tuple, self.assignments))

    def to_data(self) -> dict[str, Any]:
        """The architecture as JSON-ready data; of a static network what it had before there were masks."""
        data = asdict(self)
        if self.form == "static":
            del data["form"], data["size_input"]
        if self.init == "fan_in":
            del data["init"]
        if not self.residual:
            del data["residual"]
        return data

    @property
    def fed(self) -> bool:
        """Whether hidden layers have a controller as input."""
        return self.size_input != 0 and self.form != "static"

    @property
    def sizes(self) -> tuple[int, ...]:
        """The widths of all layers; a Hamiltonian network ends in one, its energy."""
        return (self.inputs, *self.hidden, 1 if self.hamiltonian else self.outputs)

    def build(self, key: PRNGKeyArray, activations: Sequence[Activation]) -> Any:
        """A new network: `assemble` on the numbers that `draw` gives.

        **Raises:** `ChaoscadError` for what is not one key, and as `assemble` does.
        """
        check_key(key)
        return self.assemble(self.draw(key), activations)

    def draw(self, key: PRNGKeyArray) -> Float[Array, " numbers"]:
        """Numbers uniform in [-1, 1] for all weights and biases; one draw, which compiles fast."""
        count = parameters(self.sizes, self.residual) + self.fed * sum(self.hidden)
        return jax.random.uniform(key, (count,), minval=-1.0, maxval=1.0)

    def assemble(self, numbers: Float[Array, " numbers"], activations: Sequence[Activation]) -> Any:
        """The network whose weights and biases are the numbers over the root of a layer's inputs.

        The controller counts as an input where a layer has it. All slots get their values here; a unit
        that is absent at first starts from them later. The controllers are 1: all units are present.

        **Returns:** a `Perceptron`, within a `HamiltonianNetwork` if the architecture is one.
        **Raises:** `ChaoscadError` as `assigned` does, and for an activation with a kink in a
        Hamiltonian network, whose rates would jump.
        """
        activations = activations_of(activations)
        assignments = self.assigned(len(activations))
        if self.hamiltonian:
            for activation in activations:
                if not activation.smooth:
                    raise ChaoscadError(
                        f"the activation {activation.label} has a kink; in a Hamiltonian network "
                        "its slope becomes a step in the rates: take a smooth one, as tanh or gelu"
                    )
        layers, size_weights = [], []
        start = 0
        ends_of = list(itertools.pairwise(self.sizes))
        first, blocks = self.hidden[0], self.hidden[1:] if self.residual else ()
        if blocks:
            ends_of[1:] = [(first, after) for _, after in ends_of[1:]]
        for index, (inputs, outputs) in enumerate(ends_of):
            fed = self.fed and index < len(self.hidden)
            ends = [inputs * outputs, (inputs + 1) * outputs, (inputs + 1 + fed) * outputs]
            scaled = numbers[start : start + ends[-1]]
            if self.init == "fan_in":
                scaled = scaled / math.sqrt(inputs + fed)
            weight = scaled[: ends[0]].reshape(inputs, outputs)
            layers.append(Linear(weight, scaled[ends[0] : ends[1]]))
            size_weights += [scaled[ends[1] :]] if fed else []
            start += ends[-1]
        branches = []
        for units in blocks:
            weight = numbers[start : start + units * first].reshape(units, first)
            branches.append(weight / math.sqrt(units) if self.init == "fan_in" else weight)
            start += units * first
        network = Perceptron(
            layers=tuple(layers),
            activations=activations,
            assignments=assignments,
            size_weights=tuple(size_weights),
            branch_weights=tuple(branches),
            control=None if self.form == "static" else jnp.ones(len(self.hidden)),
            form=self.form,
            size_scale=float(self.size_input),
        )
        return HamiltonianNetwork(network) if self.hamiltonian else network


def _hidden(widths: Any) -> tuple[int, ...]:
    found = tuple(
        whole(f"the width of hidden layer {index + 1}", one)
        for index, one in enumerate(_listed("the widths of the hidden layers are", widths))
    )
    if not found:
        raise ChaoscadError("a network needs at least one hidden layer; its activations are there")
    return found


def _assignments(given: Any, hidden: tuple[int, ...]) -> tuple[Assignment, ...]:
    layers = [
        _listed(f"the assignment of hidden layer {index + 1} is", one)
        for index, one in enumerate(_listed("the assignments are", given))
    ]
    if len(layers) != len(hidden):
        raise ChaoscadError(
            f"{len(layers)} assignments for {len(hidden)} hidden layers; give one for each"
        )
    found = []
    for index, (one, width) in enumerate(zip(layers, hidden, strict=True), start=1):
        if len(one) != width:
            raise ChaoscadError(
                f"the assignment of hidden layer {index} has {len(one)} entries, "
                f"and the layer has {width} units; give one for each"
            )
        what = f"the activation of a unit of hidden layer {index}"
        found.append(tuple(whole(what, number, 0) for number in one))
    return tuple(found)


def _listed(name: str, values: Any) -> tuple[Any, ...]:
    """The entries of a list, tuple, range or array."""
    if isinstance(values, list | tuple | range) or np.ndim(values):
        return tuple(values)
    raise ChaoscadError(f"{name} {told(values)}, and must be a list")
