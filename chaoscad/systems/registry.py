"""Systems by name."""

from __future__ import annotations

from collections.abc import Mapping

from chaoscad.errors import ChaoscadError, nearest, shown, told
from chaoscad.systems.equations import name_refusal, system_name_refusal
from chaoscad.systems.flows import FLOWS
from chaoscad.systems.maps import MAPS
from chaoscad.systems.model import Flow, Map, Parameter, Setting, System

SYSTEMS: dict[str, System] = {system.name: system for system in (*MAPS, *FLOWS)}
"""Every system that has a name: the built-in ones in the order in which they are listed, then those of
`register`."""

_BUILT_IN = frozenset(SYSTEMS)


def register(system: System) -> System:
    """Make a map or a flow of one's own known by its name, to netlists, designs and `setting`.

    It is known in this process. A design of it names it, and is read where it is registered too; what can
    be written as equations is better written as equations, which every design carries along. A system
    that was registered under the name before is replaced, a built-in one is not.

    **Arguments:**

    - `system`: a `Map` or a `Flow`; its `step` or `field` is written over an array namespace.

    **Returns:** the system.

    **Raises:** `ChaoscadError` for a name that is taken or none, coordinates that cannot be, and a step or
    field that does not give a number for each of them.
    """
    if not isinstance(system, Map | Flow):
        raise ChaoscadError(f"a Map or a Flow is registered, not {told(system)}")
    kind = "flow" if isinstance(system, Flow) else "map"
    why = system_name_refusal(system.name)
    if why is None and system.name in _BUILT_IN:
        why = f"there is a built-in system {system.name}; give yours another name"
    for name in system.coordinates:
        why = why or name_refusal(name, "coordinate", (), kind == "flow")
    for item in system.parameters:
        why = why or name_refusal(item.name, "parameter", system.coordinates, kind == "flow")
    lists = {"start": system.start, "initial": system.initial}
    for what, values in lists.items():
        if why is None and len(values) != len(system.coordinates):
            why = f"{what} has {len(values)} numbers for {len(system.coordinates)} coordinates"
    for name in (*system.encode, system.read):
        if why is None and name not in system.coordinates:
            why = f"there is no coordinate {shown(name)}"
    if why is None and not system.encode:
        why = "encode names no coordinate"
    if why is not None:
        raise ChaoscadError(f"the {kind} {shown(system.name)} cannot be registered: {why}")
    _try(system)
    SYSTEMS[system.name] = system
    return system


def _try(system: System) -> None:
    """Run the step or the field in NumPy, on symbols and, of a map, on intervals."""
    import numpy as np

    from chaoscad.systems.enclosure import enclose
    from chaoscad.systems.symbolic import NoForm, trace

    what = "field" if isinstance(system, Flow) else "step"
    state = tuple(np.full(2, value) for value in system.initial)
    setting = Setting(system, tuple(system.defaults().values()))
    try:
        with np.errstate(all="ignore"):
            if isinstance(system, Flow):
                found = system.field(np, 0.0, state, system.defaults())
            else:
                found = system.step(np, state, system.defaults())
            shapes = [np.shape(value) for value in found]
            if shapes == [(2,)] * len(state):
                trace(setting)
                if isinstance(system, Map):
                    low, high = system.state
                    enclose(setting, np.array([low]), np.array([high]), 1)
    except Exception as error:
        reason = f"its {what} fails: {type(error).__name__}: {error}"
        if isinstance(error, NoForm):
            reason = f"its {what} uses {error}, which proofs and exports have not"
        raise ChaoscadError(f"{shown(system.name)} cannot be registered: {reason}") from error
    if shapes != [(2,)] * len(state):
        message = (
            f"{shown(system.name)} cannot be registered: of {len(state)} coordinates in arrays of two "
            f"numbers its {what} gives {len(shapes)} results of the shapes {shapes}"
        )
        raise ChaoscadError(message)


def find(name: str) -> System:
    """The built-in or registered system called `name`.

    **Raises:** `ChaoscadError` that offers the nearest name.
    """
    if name not in SYSTEMS:
        hint = nearest(name, SYSTEMS) or "the systems are " + ", ".join(SYSTEMS)
        raise ChaoscadError(f"unknown system {shown(name)}; {hint}")
    return SYSTEMS[name]


def setting(name: str, **parameters: float) -> Setting:
    """A built-in or registered system with some parameters set and the others at their defaults.

    How z goes in and v comes out, the time and the solver are the system's own; change them with
    `dataclasses.replace`.

    **Raises:** `ChaoscadError` for an unknown system or parameter, or a value outside its range.
    """
    system = find(name)
    return changed(Setting(system, tuple(system.defaults().values())), parameters)


def changed(setting: Setting, values: Mapping[str, float]) -> Setting:
    """The same system with some parameters at other values.

    **Raises:** `ChaoscadError` for a parameter that it has not, or a value outside its range.
    """
    system = setting.system
    for key, value in values.items():
        item = system.parameter(key)
        if item is None:
            allowed = [known.name for known in system.parameters]
            hint = nearest(key, allowed) or "it has " + (", ".join(allowed) or "no parameters")
            raise ChaoscadError(f"{system.name} has no parameter {shown(key)}; {hint}")
        if not item.accepts(value):
            raise ChaoscadError(out_of_range(system.name, item, value))
    return setting.with_values({name: float(value) for name, value in values.items()})


def out_of_range(system: str, item: Parameter, value: float) -> str:
    """The message for a parameter's value outside its range."""
    if item.whole and not float(value).is_integer():
        return f"{item.name} of {system} is {value:g}, and must be a whole number"
    return f"{item.name} of {system} is {value:g}, outside its range [{item.low:g}, {item.high:g}]"
