"""The library that `chaoscad cells` works with, and what it is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chaoscad.cells import Library
    from chaoscad.systems import Interval, Setting


def library_of(
    file: str | None,
    name: str | None,
    settings: Mapping[str, float],
    state: tuple[float, float] | None,
    *,
    empty: bool,
    objective: str = "margin",
) -> Library:
    from chaoscad.cells import Library, library, load, yield_libraries
    from chaoscad.errors import ChaoscadError, Diagnostic
    from chaoscad.systems import Flow

    if file is not None:
        return load(file)
    setting, room = system_of(name, settings, state)
    for_yield = objective == "yield"
    found = (
        next(iter(yield_libraries(setting, room)), None) if for_yield else library(setting, room)
    )
    if found is not None:
        return found
    if empty:
        return Library(setting, room, 0, {})
    what = "cell library for yield" if for_yield else "cell library"
    message = f"there is no {what} of {named(setting, room)}"
    options = [
        "--build",
        *(["--objective", "yield", "--tolerance", "0.01"] if for_yield else []),
        "-o",
    ]
    build = command_line(setting, room, options)
    hint = f"{build} FILE makes one, and --library FILE reads it"
    if isinstance(setting.system, Flow):
        hint = "cells are made of maps"
    raise ChaoscadError(Diagnostic(message, hint=hint))


def system_of(
    name: str | None, settings: Mapping[str, float], state: tuple[float, float] | None
) -> tuple[Setting, Interval]:
    from chaoscad.cli.system_named import system_named

    chosen = system_named(name or "logistic", settings)
    return chosen, chosen.system.state if state is None else (state[0], state[1])


def named(setting: Setting, state: Interval) -> str:
    """A system with its parameters and states, for messages."""
    values = ", ".join(f"{key}={value:g}" for key, value in setting.parameters.items())
    what = setting.system.formula if setting.system.name == "user" else setting.system.name
    return f"{what} {values}".strip() + f" with states in [{state[0]:g}, {state[1]:g}]"


def command_line(setting: Setting, state: Interval, options: list[str]) -> str:
    """The command that makes a library again, without the paths of this machine."""
    import json
    import shlex

    own = setting.system.equations is not None
    words = ["chaoscad", "cells", "--system"]
    words += [json.dumps(setting.to_data()) if own else setting.system.name]
    for key, value in setting.parameters.items():
        words += [] if own else ["--set", f"{key}={value!r}"]
    return shlex.join([*words, "--state", repr(state[0]), repr(state[1]), *options])
