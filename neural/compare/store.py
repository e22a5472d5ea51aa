"""Comparisons as files, version 1: JSON from which tables and figures are made without training."""

from __future__ import annotations

import json
import math
import os
from typing import Annotated, Any, Literal

import numpy as np
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown, told
from chaoscad.files import read_text, write_text
from neural.arguments import instance
from neural.compare.comparison import ArmResult, Comparison
from neural.compare.metrics import Metric
from neural.compare.scores import Scores
from neural.compare.tuning import Tried, Tuned
from neural.storage import check_path

FORMAT = "neural-comparison"
VERSION = 1
MOST_MESSAGES = 20
"""Findings about one file that are listed."""

# YAML takes about a second for so many letters.
_LONGEST_LOCATED = 500_000

# JSON has neither; they are written as words.
_WORDS = {".inf": math.inf, "-.inf": -math.inf, ".nan": math.nan}


def _number(value: object) -> object:
    return _WORDS.get(value, value) if isinstance(value, str) else value


Number = Annotated[float, BeforeValidator(_number)]
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
            "worst": _word(of.worst),
            "low": _word(of.low),
            "high": _word(of.high),
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
    try:
        data = json.loads(
            text,
            parse_constant=_no_constant,
            parse_float=_float,
            parse_int=_int,
            object_pairs_hook=_distinct,
        )
    except json.JSONDecodeError as error:
        message = f"this is not valid JSON: {error.msg.lower()}"
        raise ChaoscadError(Diagnostic(message, file, error.lineno, error.colno)) from None
    except ValueError as error:
        raise ChaoscadError(Diagnostic(f"this is not valid JSON: {error}", file)) from None
    except RecursionError:
        raise ChaoscadError(Diagnostic("this is not a comparison file", file)) from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        hint = "Comparison.save writes comparison files"
        raise ChaoscadError(Diagnostic("this is not a comparison file", file, hint=hint))
    if data.get("version") != VERSION or isinstance(data["version"], bool):
        message = f"the comparison file has version {data.get('version')!r}"
        hint = f"this program reads version {VERSION}"
        raise ChaoscadError(Diagnostic(message, file, hint=hint))
    try:
        content = _Comparison.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False)
        root = _root(text)
        complaints = [_complaint(item, root, file) for item in found[:MOST_MESSAGES]]
        if len(found) > MOST_MESSAGES:
            complaints.append(Diagnostic(f"and {len(found) - MOST_MESSAGES} more", file))
        raise ChaoscadError(complaints) from None
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
        at = _place(_root(text), place)
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
            {"rate": item.rate, "score": _word(item.score), "failures": item.failures}
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
    return [_word(value) for value in values.tolist()]


def _word(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return ".inf" if value > 0 else "-.inf" if value < 0 else ".nan"


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"the number {shown(digits)} is beyond the largest float")
    return value


def _int(digits: str) -> int:
    _float(digits)
    return int(digits)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} is given twice")
    return found


def _complaint(item: Any, root: yaml.Node | None, file: str | None) -> Diagnostic:
    location = tuple(item["loc"])
    place = ".".join(str(part) for part in location)
    at = _place(root, location)
    if item["type"] == "extra_forbidden":
        models = (_Comparison, _Metric, _Arm, _Tried, _Scores)
        known = [name for model in models for name in model.model_fields]
        hint = nearest(str(location[-1]), known)
        return Diagnostic(f"unknown key {place!r}", file, *at, hint=hint)
    if item["type"] == "missing":
        return Diagnostic(f"the key {place!r} is missing", file, *at)
    return Diagnostic(f"{place!r}: {item['msg'].lower()}", file, *at)


def _root(text: str) -> yaml.Node | None:
    """The text as YAML, which keeps lines; `None` where that is too long or not YAML."""
    if len(text) > _LONGEST_LOCATED:
        return None
    try:
        return yaml.compose(text, yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return None


def _place(node: yaml.Node | None, location: tuple[str | int, ...]) -> tuple[int, int]:
    """The line and column of a value, or of what encloses it; 0 where they are not known."""
    if node is None:
        return 0, 0
    found = node
    for part in location:
        if isinstance(found, yaml.MappingNode):
            inner = [value for key, value in found.value if key.value == part]
        elif isinstance(found, yaml.SequenceNode) and isinstance(part, int):
            inner = found.value[part : part + 1]
        else:
            inner = []
        if not inner:
            break
        found = inner[0]
    mark = found.start_mark
    return (0, 0) if mark is None else (mark.line + 1, mark.column + 1)
