"""Comparisons as files, version 1: JSON from which tables and figures are made without training."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from chaoscad.arguments import check_path, instance
from chaoscad.documents import from_word, place_of, read_document, validated, word
from chaoscad.errors import ChaoscadError, Diagnostic, told
from chaoscad.files import read_text, write_text
from neural.compare.comparison import ArmResult, Comparison
from neural.compare.metrics import Metric
from neural.compare.scores import Scores
from neural.compare.tuning import Tried, Tuned

FORMAT = "neural-comparison"
VERSION = 1

Number = Annotated[float, BeforeValidator(from_word)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Metric(_File):
    name: str
    higher_is_better: bool
    worst: Number
    low: Number
    high: Number


class _Tried(_File):
    rate: Positive
    score: Number
    failures: Annotated[int, Field(ge=0)]


class _Scores(_File):
    test: list[Number]
    validation: list[Number]
    diverged: list[bool]
    train: list[Number] | None
    flops: list[Number] | None
    extra: dict[str, list[Number]]


class _Arm(_File):
    name: str
    rate: Positive
    at_edge: bool
    tried: list[_Tried]
    steps: Annotated[int, Field(ge=1)]
    planned_flops: Positive | None
    setup_flops: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    scores: _Scores


class _Comparison(_File):
    format: Literal["neural-comparison"]
    version: Literal[1]
    title: str
    metric: _Metric
    equal: Literal["steps", "flops"]
    failure: Finite | None
    trivial: Finite | None
    trivial_predictor: str
    seeds: list[int]
    tune_seeds: list[int]
    arms: list[_Arm]


def save(comparison: Comparison, path: str | os.PathLike[str]) -> None:
    """Write a comparison, whole or not at all.

    **Raises:** `ChaoscadError` when it cannot be written.
    """
    check_path(path)
    instance("the comparison", comparison, Comparison, "compare(arms, seeds=8, steps=100)")
    write_text(path, dumps(comparison))


def load(path: str | os.PathLike[str]) -> Comparison:
    """Read a comparison that `save` wrote; its numbers are the same bit by bit.

    **Raises:** `ChaoscadError` with the lines of what is wrong.
    """
    check_path(path)
    return loads(read_text(path), os.fspath(path))


def dumps(comparison: Comparison) -> str:
    """The file's text: the same for the same comparison."""
    data = {"format": FORMAT, "version": VERSION, **_plain(comparison)}
    data["metric"]["worst"] = word(comparison.metric.worst)
    for arm in data["arms"]:
        arm |= arm.pop("tuned")
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def loads(text: str, file: str | None = None) -> Comparison:
    """Read a comparison from text; `file` is the name that diagnostics give.

    **Raises:** `ChaoscadError`.
    """
    if not isinstance(text, str):
        raise ChaoscadError(f"the text of a comparison is {told(text)}; it must be a string")
    writer = "neural.compare.save writes them"
    data = read_document(
        text, file, "comparison file", format=FORMAT, version=VERSION, writer=writer
    )
    parts = (_Metric, _Arm, _Tried, _Scores)
    content = validated(_Comparison, parts, data, file, lambda keys: place_of(text, keys))
    found = content.model_dump(exclude={"format", "version"})
    place: tuple[str | int, ...] = ("metric",)
    try:
        worst = found["metric"].pop("worst")
        found["metric"] = Metric(**found["metric"])
        if worst != found["metric"].worst:
            raise ChaoscadError(f"the worst score is {worst:g}, not {found['metric'].worst:g}")
        for index, arm in enumerate(found["arms"]):
            place = ("arms", index, "scores")
            found["arms"][index] = _arm(arm)
        place = ()
        for name in ("seeds", "tune_seeds"):
            found[name] = np.array(found[name], np.int64)
        return Comparison(**{**found, "arms": tuple(found["arms"])})
    except ChaoscadError as error:
        at = place_of(text, place)
        raise ChaoscadError(
            [Diagnostic(item.message, file, *at, hint=item.hint) for item in error.diagnostics]
        ) from None
    except OverflowError:
        raise ChaoscadError(Diagnostic("a seed is larger than 2^63 - 1", file)) from None


def _arm(data: dict[str, Any]) -> ArmResult:
    scores = data.pop("scores")
    scores["diverged"] = np.array(scores["diverged"], bool)
    tried = tuple(Tried(**one) for one in data.pop("tried"))
    tuned = Tuned(data.pop("rate"), tried, data.pop("at_edge"))
    return ArmResult(scores=Scores(**scores), tuned=tuned, **data)


def _plain(value: Any) -> Any:
    """JSON-ready data of dataclasses, arrays and numbers; words for what JSON has no number for."""
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, np.ndarray | tuple):
        return [_plain(one) for one in (value.tolist() if isinstance(value, np.ndarray) else value)]
    return word(value) if isinstance(value, float) else value
