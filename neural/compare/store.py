"""Comparisons as files, version 1: JSON from which tables and figures are made without training."""

from __future__ import annotations

import json
import os
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
    of = comparison.metric
    data = {
        "format": FORMAT,
        "version": VERSION,
        "title": comparison.title,
        "metric": {
            "name": of.name,
            "higher_is_better": of.higher_is_better,
            "worst": word(of.worst),
            "low": word(of.low),
            "high": word(of.high),
        },
        "equal": comparison.equal,
        "failure": comparison.failure,
        "trivial": comparison.trivial,
        "trivial_predictor": comparison.trivial_predictor,
        "seeds": comparison.seeds.tolist(),
        "tune_seeds": comparison.tune_seeds.tolist(),
        "arms": [_arm_data(arm) for arm in comparison.arms],
    }
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def loads(text: str, file: str | None = None) -> Comparison:
    """Read a comparison from text; `file` is the name that diagnostics give.

    **Raises:** `ChaoscadError`.
    """
    if not isinstance(text, str):
        raise ChaoscadError(f"the text of a comparison is {told(text)}; it must be a string")
    writer = "Comparison.save writes comparison files"
    data = read_document(
        text, file, "comparison file", format=FORMAT, version=VERSION, writer=writer
    )
    parts = (_Metric, _Arm, _Tried, _Scores)
    content = validated(_Comparison, parts, data, file, lambda keys: place_of(text, keys))
    return _assemble(content, text, file)


def _assemble(content: _Comparison, text: str, file: str | None) -> Comparison:
    place: tuple[str | int, ...] = ("metric",)
    try:
        of = Metric(**content.metric.model_dump())
        arms = []
        for index, arm in enumerate(content.arms):
            place = ("arms", index, "scores")
            arms.append(_arm(arm))
        place = ()
        return Comparison(
            metric=of,
            seeds=np.array(content.seeds, np.int64),
            tune_seeds=np.array(content.tune_seeds, np.int64),
            equal=content.equal,
            arms=tuple(arms),
            failure=content.failure,
            trivial=content.trivial,
            trivial_predictor=content.trivial_predictor,
            title=content.title,
        )
    except ChaoscadError as error:
        at = place_of(text, place)
        raise ChaoscadError(
            [Diagnostic(item.message, file, *at, hint=item.hint) for item in error.diagnostics]
        ) from None
    except OverflowError:
        raise ChaoscadError(Diagnostic("a seed is larger than 2^63 - 1", file)) from None


def _arm(content: _Arm) -> ArmResult:
    return ArmResult(
        name=content.name,
        scores=Scores(
            **{**content.scores.model_dump(), "diverged": np.array(content.scores.diverged, bool)}
        ),
        tuned=Tuned(
            content.rate,
            tuple(Tried(**item.model_dump()) for item in content.tried),
            content.at_edge,
        ),
        steps=content.steps,
        planned_flops=content.planned_flops,
        setup_flops=content.setup_flops,
    )


def _arm_data(arm: ArmResult) -> dict[str, Any]:
    scores = arm.scores
    return {
        "name": arm.name,
        "rate": arm.tuned.rate,
        "at_edge": arm.tuned.at_edge,
        "tried": [
            {"rate": item.rate, "score": word(item.score), "failures": item.failures}
            for item in arm.tuned.tried
        ],
        "steps": arm.steps,
        "planned_flops": arm.planned_flops,
        "setup_flops": arm.setup_flops,
        "scores": {
            "test": _words(scores.test),
            "validation": _words(scores.validation),
            "diverged": scores.diverged.tolist(),
            "train": None if scores.train is None else _words(scores.train),
            "flops": None if scores.flops is None else _words(scores.flops),
            "extra": {name: _words(values) for name, values in scores.extra.items()},
        },
    }


def _words(values: np.ndarray) -> list[float | str]:
    return [word(value) for value in values.tolist()]
