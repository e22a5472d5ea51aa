"""The settings of a search, from the options of `chaoscad optimize`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chaoscad.cli.centred import CENTRED
from chaoscad.errors import ChaoscadError

if TYPE_CHECKING:
    from chaoscad.solve import Search, Settings
    from chaoscad.tune import WeightedSum


def with_options(settings: Settings, options: Mapping[str, Any]) -> Settings:
    """The settings of a recipe, changed by what the options give.

    **Raises:** `ChaoscadError` for an objective, an optimizer or an argument that there is not.
    """
    changes: dict[str, Any] = {}
    objective = options["objective"]
    on_gates, on_circuit = settings.gates.loss, settings.circuit.loss
    if objective is not None and objective not in CENTRED:
        on_gates, on_circuit = _losses(objective)
    changes["gates"] = replace(_search(settings.gates, options), loss=on_gates)
    changes["circuit"] = replace(_search(settings.circuit, options), loss=on_circuit)
    for name in ("polish", "method", "look_up"):
        if options[name] is not None:
            changes[name] = options[name]
    return replace(settings, **changes)


def _losses(objective: str) -> tuple[WeightedSum | None, WeightedSum]:
    """The losses of gates and of circuits that an objective stands for."""
    from chaoscad.arguments import choice
    from chaoscad.solve.model import MARGIN
    from chaoscad.tune import LOSSES, parse_loss

    if not {*objective} & {*" +*"}:
        choice("objective", objective, dict.fromkeys((MARGIN, *CENTRED, "fewest", *LOSSES)))
    on_circuit = parse_loss(objective)
    return None if objective.strip() == MARGIN else on_circuit, on_circuit


def _search(search: Search, options: Mapping[str, Any]) -> Search:
    from chaoscad.tune import optimizer

    given = search.optimizer
    name = given.name if options["optimizer_name"] is None else options["optimizer_name"]
    arguments = dict(given.arguments) if name == given.name else {}
    changes: dict[str, Any] = {
        "optimizer": optimizer(
            name,
            given.learning_rate if options["learning_rate"] is None else options["learning_rate"],
            schedule=given.schedule if options["schedule"] is None else options["schedule"],
            clip_norm=given.clip_norm if options["clip_norm"] is None else options["clip_norm"],
            clip_value=given.clip_value,
            **{**arguments, **dict(_argument(text) for text in options["arguments"])},
        )
    }
    for name in ("restarts", "steps", "relaxation"):
        if options[name] is not None:
            changes[name] = options[name]
    if options["restarts"] is not None:
        changes["flow_restarts"] = options["restarts"]
    return replace(search, **changes)


def _argument(text: str) -> tuple[str, bool | int | float | str | None]:
    name, separator, value = text.partition("=")
    if not separator or not name.isidentifier():
        raise ChaoscadError(f"an optimizer argument is NAME=VALUE, not {text!r}")
    if name in ("name", "learning_rate", "schedule", "clip_norm", "clip_value"):
        raise ChaoscadError(f"{name} is an option of its own, not an optimizer argument")
    if value.lower() in ("true", "false"):
        return name, value.lower() == "true"
    if value.lower() == "none":
        return name, None
    for read in (int, float):
        try:
            return name, read(value)
        except ValueError:
            continue
    return name, value
