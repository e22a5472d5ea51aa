"""What a growing network is and how its size moves: the two descriptions that a run starts from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import jax.numpy as jnp

from chaoscad.arguments import choice, whole, within
from chaoscad.errors import ChaoscadError, shown
from neural.growing.activation import Activation, fingerprint, name_of
from neural.operations import parameters

Form = Literal["mask", "gate", "static"]
"""`mask`: a mask value per neuron; `gate`: one scalar per layer; `static`: neither, nor a size input."""

MOST_PARAMETERS = 2**28
"""Most parameters of a network; larger arrays end the process instead of raising an error."""

Mode = Literal["size_only", "joint", "schedule", "free"]
"""What moves the controllers; see `Growth`."""


@dataclass(frozen=True)
class Architecture:
    """A multilayer perceptron with slots for hidden units. Raises `ChaoscadError` when impossible.

    **Arguments:**

    - `inputs`, `outputs`: numbers of features and outputs, 1 or more.
    - `slots`: most units of every hidden layer, 1 or more layers of 1 or more units.
    - `activation`: one for all hidden layers, or one for each; every layer has its own copy of its
      parameters.
    - `form`: `mask` (Algorithm 2 with a true mask), `gate` (one scalar for a whole layer, as in the
      authors' public code) or `static` (the network that is compared with).
    - `size_input`: whether a hidden layer sees its controller as one more input. A static network
      has none.
    """

    inputs: int
    slots: tuple[int, ...]
    outputs: int
    activation: Activation | tuple[Activation, ...] = jnp.tanh
    form: Form = "mask"
    size_input: bool = True

    def __post_init__(self) -> None:
        slots: Any = self.slots
        if hasattr(slots, "tolist"):
            slots = slots.tolist()
        if isinstance(slots, (str, bytes)) or not isinstance(slots, Sequence):
            slots = (slots,)
        counts = tuple(
            whole(f"the number of slots of hidden layer {layer}", value, 1, None)
            for layer, value in enumerate(slots)
        )
        object.__setattr__(self, "slots", counts)
        object.__setattr__(self, "inputs", whole("the number of inputs", self.inputs, 1, None))
        object.__setattr__(self, "outputs", whole("the number of outputs", self.outputs, 1, None))
        if not counts:
            raise ChaoscadError(
                "a growing network needs a hidden layer; slots=(10,) gives one of 10"
            )
        count = parameters((self.inputs, *counts, self.outputs))
        if count > MOST_PARAMETERS:
            raise ChaoscadError(
                f"the network would have {count:.3g} parameters; at most {MOST_PARAMETERS} are allowed"
            )
        choice("form", self.form, get_args(Form))
        given: Any = self.activation
        each = tuple(given) if isinstance(given, (tuple, list)) else (given,) * len(counts)
        if len(each) != len(counts):
            message = (
                f"{len(each)} activations for {_layers(len(counts))}; give one, or one for each"
            )
            raise ChaoscadError(message)
        for layer, activation in enumerate(each):
            if not callable(activation):
                message = f"the activation of hidden layer {layer} is {shown(repr(activation))}"
                raise ChaoscadError(f"{message}; it must be a function of an array (..., units)")
        object.__setattr__(self, "activation", each)

    @property
    def activations(self) -> tuple[Activation, ...]:
        """The activation of every hidden layer."""
        return self.activation  # type: ignore[return-value]

    @property
    def fed(self) -> bool:
        """Whether hidden layers have a controller as input."""
        return self.size_input and self.form != "static"

    def to_data(self) -> dict[str, Any]:
        """The architecture as JSON-ready data; activations by name and fingerprint."""
        return {
            "inputs": self.inputs,
            "slots": list(self.slots),
            "outputs": self.outputs,
            "activations": [_print_of(activation) for activation in self.activations],
            "form": self.form,
            "size_input": self.fed,
        }


@dataclass(frozen=True)
class Growth:
    """How the sizes of hidden layers move. Raises `ChaoscadError` when impossible.

    The controller c of a layer of n slots makes the share s = sin^2(pi c / 2) of them present.
    The loss is the task's plus a size loss, and `mode` says what the controller feels:

    - `size_only`: the gradient of lambda (c - c_target)^2 alone, as in the authors' public code.
      Under Adam the size then follows a fixed ramp, whatever the data.
    - `joint`: that and the task's gradient, through the mask and through the size input.
    - `schedule`: none; the size moves linearly from `start` to `target` over the first `ramp` of the
      run. This is what `size_only` amounts to, without its dependence on the learning rate.
    - `free`: the task's gradient and that of lambda * s * n, a price per unit. Nothing pulls to a
      target: a layer grows while the units at its edge lower the task loss by more than lambda each.

    What `free` finds depends on how it is asked. With `edge` 1 only the one fractional unit speaks
    for all that are absent: where it happens to be useless, growth ends, often one unit too early.
    With Adam a controller's step does not depend on the size of its gradient, so at `pace` 1 the size
    runs ahead of the units, which have no time to learn. An edge of about 3 units and a pace of 0.1
    found the 3 units that data of 3 tanh units need, from a start of 1.5 of 16 slots, within one unit
    in most of 8 seeds, for lambda 1e-4 and 1e-3 alike (`tests/neural/test_growing_free.py`).
    It finds a size from below. From above it stops at a much larger one, because units that are
    there have found some use, and only a price near the loss itself takes them away. A layer that has
    shrunk to nothing cannot come back, since the slope of s is zero there: `Grown.warnings` says so.

    **Arguments:**

    - `start`, `target`: sizes in units, for every layer or one for each; no target means all slots.
      A start above the target shrinks. `free` has no target.
    - `weight`: lambda, 0 or more.
    - `edge`: number of units, 1 or more, over which the mask falls from 1 to 0:
      m_i = clip((s (n - 1 + edge) - i) / edge, 0, 1); 1 gives the published mask clip(s n - i, 0, 1).
    - `pace`: factor on every step of the controllers. Below 1, units have longer to learn before the
      next one is judged.
    - `ramp`: share of the run in (0, 1] over which `schedule` moves.

    The form is Algorithm 2 of Radhakrishnan et al., Proc R Soc A 481 (2025),
    doi 10.1098/rspa.2025.0222, with a mask per neuron; `schedule`, `free`, `edge` and `pace` are not
    in the paper.
    """

    mode: Mode = "size_only"
    start: float | tuple[float, ...] = 0.0
    target: float | tuple[float, ...] | None = None
    weight: float = 1.0
    edge: float = 1.0
    pace: float = 1.0
    ramp: float = 1.0

    def __post_init__(self) -> None:
        choice("mode", self.mode, get_args(Mode))
        numbers = {
            "weight": within("lambda (weight)", self.weight, 0.0, math.inf),
            "edge": within("the edge", self.edge, 1.0, math.inf),
            "pace": within("the pace", self.pace, 0.0, math.inf),
            "ramp": within("the ramp", self.ramp, 0.0, 1.0, above=True),
        }
        for name, value in numbers.items():
            object.__setattr__(self, name, value)
        for name in ("start", "target"):
            object.__setattr__(self, name, _sizes(name, getattr(self, name)))
        if self.mode == "free" and self.target is not None:
            raise ChaoscadError(
                "the mode free has no target size; leave out `target`, or use the mode joint"
            )

    def sizes(self, slots: tuple[int, ...]) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Start and target size of every layer, in units.

        **Raises:** `ChaoscadError` for sizes below 0 or above the slots, for a wrong number of
        sizes, and for a start from which the mode `free` could not move.
        """
        start = _per_layer("start", self.start, slots)
        target = _per_layer("target", slots if self.target is None else self.target, slots)
        if self.mode == "free":
            for layer, (size, most) in enumerate(zip(start, slots, strict=True)):
                if size in (0.0, float(most)):
                    raise ChaoscadError(
                        f"the start size of hidden layer {layer} is {size:g} of {most} slots; in the"
                        " mode free it must lie strictly between, because the slope of"
                        " sin^2(pi c / 2) is zero at both ends and the size could never move"
                    )
        return start, target

    def to_data(self) -> dict[str, Any]:
        """The growth as JSON-ready data."""
        return {
            "mode": self.mode,
            "start": self.start,
            "target": self.target,
            "weight": self.weight,
            "edge": self.edge,
            "pace": self.pace,
            "ramp": self.ramp,
        }


def _sizes(what: str, value: Any) -> Any:
    """A size, or a tuple of sizes, as plain floats; a target may be `None`."""
    if value is None and what == "target":
        return None
    value = getattr(value, "tolist", lambda: value)()
    if isinstance(value, (tuple, list)):
        return tuple(within(f"a {what} size", size, 0.0, math.inf) for size in value)
    return within(f"the {what} size", value, 0.0, math.inf)


def _per_layer(what: str, value: Any, slots: tuple[int, ...]) -> tuple[float, ...]:
    sizes = value if isinstance(value, tuple) else (value,) * len(slots)
    if len(sizes) != len(slots):
        message = f"{len(sizes)} {what} sizes for {_layers(len(slots))}"
        raise ChaoscadError(f"{message}; give one, or one for each")
    found = []
    for layer, (size, most) in enumerate(zip(sizes, slots, strict=True)):
        if size > most:
            raise ChaoscadError(
                f"the {what} size of hidden layer {layer} is {size:g}, but it has only {most}"
                f" slot{'' if most == 1 else 's'}; lower the size or give the layer more slots"
            )
        found.append(float(size))
    return tuple(found)


def _layers(count: int) -> str:
    return f"{count} hidden layer{'' if count == 1 else 's'}"


def _print_of(activation: Activation) -> str:
    try:
        return fingerprint(activation)
    except Exception:  # it needs all of its units; its name has to do
        return name_of(activation)
