"""Noise: how results depend on batch size and hidden noise, and how a trained model bears noise."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float64, Num, Real

from chaoscad.arguments import choice, function, number, real_array, several, whole
from chaoscad.errors import ChaoscadError, shown
from neural.keys import keys


@dataclass(frozen=True)
class Row:
    """One metric at one batch size and noise, over the seeds.

    **Arguments:**

    - `median`: over the seeds whose value is finite; NaN when there are none.
    - `low`, `high`: the bootstrap interval of that median; NaN for fewer than 2 finite seeds.
    - `seeds`, `not_finite`: how many were run, and how many of them gave NaN or infinity.
    """

    batch_size: int
    noise: float
    metric: str
    median: float
    low: float
    high: float
    seeds: int
    not_finite: int


Run = Callable[[int, float, int], Mapping[str, Any]]
"""Trains once with (batch size, noise, seed) and returns metrics by name."""


def noise_study(
    run: Run,
    batch_sizes: Iterable[int],
    noises: Iterable[float],
    seeds: Iterable[int],
    *,
    interval: float = 0.95,
    resamples: int = 2000,
    bootstrap_seed: int = 0,
) -> tuple[Row, ...]:
    """Run every batch size with every noise and seed, and summarise every metric.

    Every row's interval is the percentile bootstrap of its median (B. Efron, R. J. Tibshirani, An
    Introduction to the Bootstrap, 1993, section 13.3); the same numbers give the same rows.

    **Arguments:**

    - `run`: (batch size, noise, seed) to numbers by name, the same names every time.
    - `interval`: the share of resamples inside.

    **Returns:** rows by batch size, noise and metric, in the order given.

    **Raises:** `ChaoscadError` for a bad argument, an empty or repeated axis, and a run whose metrics
    are not numbers or have other names than the first one's.
    """
    function("the run", run)
    sizes = tuple(whole("the batch size", size) for size in several("batch sizes", batch_sizes))
    levels = tuple(
        number("the noise", level, "zero or a positive number", lambda value: value >= 0)
        for level in several("noises", noises)
    )
    starts = tuple(whole("the seed", seed, 0, 2**32 - 1) for seed in several("seeds", seeds))
    number("the interval", interval, "between 0 and 1", lambda value: 0 < value < 1)
    resamples = whole("resamples", resamples, 1, 1_000_000)
    generator = np.random.default_rng(whole("the bootstrap's seed", bootstrap_seed, 0))
    names: tuple[str, ...] | None = None
    rows: list[Row] = []
    for size in sizes:
        for level in levels:
            found = [_numbers(run(size, level, seed), (size, level, seed)) for seed in starts]
            for one, seed in zip(found, starts, strict=True):
                names = tuple(one) if names is None else names
                _same_names(one, names, (size, level, seed))
            for name in names or ():
                values = np.array([one[name] for one in found])
                finite = values[np.isfinite(values)]
                low, high = _interval(finite, interval, resamples, generator)
                median = float(np.median(finite)) if len(finite) else math.nan
                lost = len(values) - len(finite)
                rows.append(Row(size, level, name, median, low, high, len(values), lost))
    return tuple(rows)


def to_csv(rows: Iterable[Row]) -> str:
    """The rows as CSV text; floats read back bit-exactly."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(field.name for field in fields(Row))
    writer.writerows([getattr(row, field.name) for field in fields(Row)] for row in rows)
    return text.getvalue()


def to_markdown(rows: Iterable[Row], digits: int = 3) -> str:
    """The rows as a Markdown table, numbers rounded to some significant digits."""
    digits = whole("digits", digits, 1, 17)
    lines = [
        "| batch size | noise | metric | median | interval | seeds | not finite |",
        "|---:|---:|---|---:|---|---:|---:|",
    ]
    for row in rows:
        median, low, high = (f"{value:.{digits}g}" for value in (row.median, row.low, row.high))
        metric = row.metric.replace("|", "\\|").replace("\n", " ")
        lines.append(
            f"| {row.batch_size} | {row.noise:g} | {metric} | {median} | {low} to {high} | "
            f"{row.seeds} | {row.not_finite} |"
        )
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class NoisyScores:
    """A trained model's score under noise.

    **Arguments:**

    - `scores`: of every repeat at every level. What is not finite is kept.
    """

    levels: Float64[np.ndarray, " levels"]
    scores: Float64[np.ndarray, "levels repeats"]

    @property
    def mean(self) -> Float64[np.ndarray, " levels"]:
        """Over the repeats; NaN or infinite where one of them is."""
        return self.scores.mean(axis=1)

    @property
    def deviation(self) -> Float64[np.ndarray, " levels"]:
        """The standard deviation over the repeats; NaN for one."""
        if self.scores.shape[1] < 2:
            return np.full(len(self.levels), np.nan)
        with np.errstate(invalid="ignore"):
            return self.scores.std(axis=1, ddof=1)


KINDS = ("normal", "uniform")
"""Kinds of input noise."""

PLACES = ("inputs", "inside")
"""Where noise is added."""


def noisy_scores(
    model: Callable[..., Array],
    inputs: Real[Array | np.ndarray, "samples ..."],
    targets: Num[Array | np.ndarray, "samples ..."],
    metric: Callable[[Array, Array], Array],
    levels: Iterable[float],
    key: Array,
    repeats: int = 16,
    *,
    where: Literal["inputs", "inside"] = "inputs",
    kind: Literal["normal", "uniform"] = "normal",
) -> NoisyScores:
    """The score of a trained model with noise of several levels, each drawn several times.

    All levels and repeats are one XLA program. Every draw has its own key.

    **Arguments:**

    - `model`: a callable pytree from inputs to outputs; with `where="inside"`, a function of
      (inputs, level, key) that adds noise to its own hidden units.
    - `metric`: (outputs, targets) to a scalar. Pure JAX.
    - `levels`: zero or positive. The standard deviation of normal noise; uniform noise lies between
      minus and plus the level.

    **Raises:** `ChaoscadError` for a bad argument, and a metric that is not one real number.
    """
    choice("place of noise", where, PLACES)
    choice("kind of noise", kind, KINDS)
    function("the model", model)
    function("the metric", metric)
    repeats = whole("repeats", repeats)
    found = tuple(
        number("the level", level, "zero or a positive number", lambda value: value >= 0)
        for level in several("levels", levels)
    )
    x = jnp.asarray(real_array("the inputs", inputs))
    wanted = jnp.asarray(real_array("the targets", targets))
    if x.ndim < 1 or wanted.ndim < 1 or len(x) != len(wanted) or not len(x):
        raise ChaoscadError(
            f"the inputs have shape {x.shape} and the targets {wanted.shape}, and must have the same "
            "number of samples first, at least one"
        )
    if not jnp.issubdtype(x.dtype, jnp.floating):
        x = x.astype(jnp.result_type(float))
    strengths = jnp.repeat(jnp.asarray(found, x.dtype), repeats)
    split = keys(key, len(strengths))
    scores = _scores(model, x, wanted, metric, strengths, split, where, kind)
    table = np.asarray(scores, np.float64).reshape(len(found), repeats)
    return NoisyScores(np.array(found), table)


@eqx.filter_jit
def _scores(
    model: Callable[..., Array],
    inputs: Array,
    targets: Array,
    metric: Callable[[Array, Array], Array],
    strengths: Array,
    keys: Array,
    where: str,
    kind: str,
) -> Array:
    draw = jax.random.normal if kind == "normal" else _symmetric

    def one(item: tuple[Array, Array]) -> Array:
        strength, key = item
        if where == "inside":
            outputs = model(inputs, strength, key)
        else:
            outputs = model(inputs + strength * draw(key, inputs.shape, inputs.dtype))
        score = jnp.asarray(metric(outputs, targets))
        if score.shape != () or jnp.issubdtype(score.dtype, jnp.complexfloating):
            raise ChaoscadError(
                f"the metric gives {score.dtype} of shape {score.shape}, and must give one real number"
            )
        return score

    return jax.lax.map(one, (strengths, keys))


def _symmetric(key: Array, shape: tuple[int, ...], dtype: Any) -> Array:
    return jax.random.uniform(key, shape, dtype, -1.0, 1.0)


def _numbers(metrics: Mapping[str, Any], at: tuple[int, float, int]) -> dict[str, float]:
    if not isinstance(metrics, Mapping):
        given = type(metrics).__name__
        raise ChaoscadError(f"{_place(at)} gives {given}, and must give numbers by name")
    found: dict[str, float] = {}
    for name, value in metrics.items():
        array = np.asarray(value)
        if array.size != 1 or array.dtype.kind not in "iufb":
            raise ChaoscadError(
                f"{_place(at)} gives the metric {shown(str(name))} no single number"
            )
        found[str(name)] = float(array.reshape(()))
    return found


def _same_names(
    found: Mapping[str, float], names: tuple[str, ...], at: tuple[int, float, int]
) -> None:
    if not names or set(found) != set(names):
        given = ", ".join(found) or "none"
        raise ChaoscadError(
            f"{_place(at)} gives the metrics {given}; every run must give the same ones, and the "
            f"first gave {', '.join(names) or 'none'}"
        )


def _place(at: tuple[int, float, int]) -> str:
    size, level, seed = at
    return f"the run with batch size {size}, noise {level:g} and seed {seed}"


def _interval(
    values: np.ndarray, interval: float, resamples: int, generator: np.random.Generator
) -> tuple[float, float]:
    if len(values) < 2:
        return math.nan, math.nan
    picks = generator.integers(len(values), size=(resamples, len(values)))
    medians = np.median(values[picks], axis=1)
    low, high = np.quantile(medians, [(1 - interval) / 2, (1 + interval) / 2])
    return float(low), float(high)
