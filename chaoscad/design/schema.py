"""The keys of a design file, version 2."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from chaoscad.documents import from_word

# An unsolved gate's margin may be infinite.
Number = Annotated[float, BeforeValidator(from_word)]


class Contradiction(Exception):
    """What a design file says against itself."""


class Part(BaseModel):
    """A part of the file: no other keys, no other types."""

    model_config = ConfigDict(extra="forbid", strict=True)


class FoundGate(Part):
    """What was found for a gate; `parameters` are those of its system that are not as declared.

    `time` is that of a flow with several to choose from.
    """

    iterates: int
    x0: Number
    delta: list[Number]
    threshold: Number
    compare: Literal[">", "<"]
    time: Number | None = None
    parameters: dict[str, Number] = {}
    function: str
    margin: Number


class FoundVerification(Part):
    """The summary of a verification."""

    rows: int
    exhaustive: bool
    wrong_rows: int
    worst_margin: Number
    method: str


class FoundConfiguration(Part):
    """What differs in one configuration: of every gate its controls, function and margin."""

    status: Literal["solved", "unsolved"]
    gates: dict[str, dict[str, Any]]
    verification: FoundVerification


class ReconfigurableFile(Part):
    """The whole file of a design of several configurations; `gates` holds what they share."""

    format: Literal["chaoscad-design"]
    version: Literal[2]
    status: Literal["solved", "unsolved"]
    gates: dict[str, dict[str, Any]]
    configurations: dict[str, FoundConfiguration]
    netlist: dict[str, Any]
    provenance: dict[str, Any]


class DesignFile(Part):
    """The whole file of a design of one configuration."""

    format: Literal["chaoscad-design"]
    version: Literal[2]
    status: Literal["solved", "unsolved"]
    gates: dict[str, FoundGate]
    verification: FoundVerification
    netlist: dict[str, Any]
    provenance: dict[str, Any]
