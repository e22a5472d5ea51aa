"""The parameters of a flow or a map from a record in time, by multiple shooting.

A chaotic system forgets its start: over a long record no trajectory from one start stays near the data,
whatever its parameters. So the record is cut into short pieces, each with a start of its own, and the
jumps between them are made to vanish step by step (H. G. Bock, Springer Ser. Chem. Phys. 18, 102 (1981);
E. Baake, M. Baake, H. G. Bock, K. M. Briggs, Phys. Rev. A 45, 5524 (1992)).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from chaoscad.errors import ChaoscadError, Diagnostic, counted
from chaoscad.fitting.analogues import Analogues, attractor
from chaoscad.fitting.motion import moved, substeps_of
from chaoscad.fitting.residuals import noise_of, structure_of
from chaoscad.fitting.system import (
    MOST_EVALUATIONS,
    SystemFit,
    free_parameters,
    inverse,
    solved,
    warnings_of,
)
from chaoscad.systems import Flow, Parameter, Setting
from chaoscad.systems.evaluate import ESCAPED

FEWEST_SAMPLES = 20

MOST_SAMPLES = 5000
"""Most samples of a record; more cost time, and add little where they are close."""

MOST_ITERATES = 1000
"""The same of a map, whose pieces are short."""

MOST_PIECES = 60

SHORTEST = 6
"""Fewest samples of a flow's piece."""

ITERATES = 3
"""Iterates of a map's piece: each of them may double an error."""

STIFFNESS = (3.0, 30.0, 300.0, 3000.0)
"""The weights of the jumps in turn, where the size of the attractor is 1."""

ON_THE_WAY = 40
"""Most evaluations at a weight of the jumps that is not the last."""

SEAMLESS = 0.5
"""Largest jump, in standard deviations of the noise, of pieces that are one trajectory."""

GUESS = 0.01
"""The noise of a map's record, as a part of its size, by which the jumps are weighed."""

STEP = 1e-6
"""Steps of the derivatives, as parts of the attractor's size and of the parameters."""


@dataclass(frozen=True)
class Record:
    """A record in time of some coordinates of a flow or a map, in the units of the system.

    **Arguments:**

    - `times`: rising; of a map, the numbers of the iterates.
    - `values`: `[samples, observed]`; `observed`: the places of these coordinates in the system.
    """

    times: Float64[np.ndarray, " n"]
    values: Float64[np.ndarray, "n m"]
    observed: tuple[int, ...]


def fit_record(setting: Setting, record: Record, free: Sequence[str] | None = None) -> SystemFit:
    """The parameters of a flow or a map, and the states of it, that are nearest to a record.

    Nothing but the record is known: the start of every piece is unknown too, with the coordinates that
    were not measured. The search starts at the parameters of the setting.

    **Arguments:**

    - `free`: the parameters that are fitted; all where it is `None`.

    **Raises:** `ChaoscadError` for too few or too many samples, times that do not rise, a system that
    escapes from everywhere, and a record that does not determine a parameter.
    """
    chosen = free_parameters(setting, free)
    _check(record, MOST_SAMPLES if isinstance(setting.system, Flow) else MOST_ITERATES)
    return _Shooting(setting, record, chosen).fit()


def _check(record: Record, most: int) -> None:
    count = len(record.times)
    if not FEWEST_SAMPLES <= count <= most:
        hint = (
            "measure for longer" if count < most else "take a part, or of a flow every tenth sample"
        )
        wanted = f"{FEWEST_SAMPLES} to {most}"
        message = f"the record has {counted(count, 'sample')}, and must have {wanted}"
        raise ChaoscadError(Diagnostic(message, hint=hint))
    back = np.flatnonzero(np.diff(record.times) <= 0)
    if len(back):
        at = int(back[0]) + 1
        raise ChaoscadError(
            f"the time {record.times[at]:g} of sample {at + 1} does not lie after that of the one before it"
        )


class _Shooting:
    """One record, cut into pieces of `length` steps; the last is padded with steps of no time.

    The unknowns are the free parameters, and then the state at the start of every piece.
    """

    def __init__(self, setting: Setting, record: Record, free: Sequence[Parameter]) -> None:
        self.setting, self.record, self.free = setting, record, free
        self.names = [item.name for item in free]
        self.width = len(setting.system.coordinates)
        steps = len(record.times) - 1
        self.length = ITERATES
        if isinstance(setting.system, Flow):
            self.length = max(SHORTEST, math.ceil(steps / MOST_PIECES), min(20, steps // 4))
        self.pieces = math.ceil(steps / self.length)
        padded = np.append(
            record.times, np.full(self.pieces * self.length - steps, record.times[-1])
        )
        self.starts = padded[:-1].reshape(self.pieces, self.length)
        self.gaps = np.diff(padded).reshape(self.pieces, self.length)
        self.substeps = substeps_of(setting, float(self.gaps.max()))
        # Iterates of a map are not near to each other, so their noise is only guessed, and found by the fit.
        flow = isinstance(setting.system, Flow)
        noise = [
            noise_of(record.times, column) if flow else GUESS * float(column.std())
            for column in record.values.T
        ]
        spread = record.values.std(0)
        if not (spread > 0).all():
            raise ChaoscadError("the record does not change, and says nothing of the parameters")
        self.noise = np.maximum(noise, 1e-4 * spread)

    def fit(self) -> SystemFit:
        orbits = attractor(self.setting, float(np.median(np.diff(self.record.times))))
        self.scale = orbits.scale
        starts = Analogues(self.setting, self.record, orbits).states(
            [piece * self.length for piece in range(self.pieces)], self.length
        )
        parameters = [self.setting.parameters[name] for name in self.names]
        unknowns = np.concatenate([parameters, (starts / self.scale).ravel()])
        found = None
        for weight in STIFFNESS:
            self.weight = weight
            # On the way the next weight moves the unknowns by more than these tolerances.
            last = weight == STIFFNESS[-1]
            effort = (1e-9, MOST_EVALUATIONS) if last else (1e-4, ON_THE_WAY)
            found = solved(self.residuals, unknowns, self.free, self.jacobian, *effort)
            unknowns = found.values
        assert found is not None
        return self._result(unknowns, found.jacobian)

    def states(self, unknowns: np.ndarray, parameters: np.ndarray) -> np.ndarray:
        """The states of every piece, `[coordinates, pieces, variants, samples]`.

        **Arguments:**

        - `unknowns`: the starts, `[coordinates, pieces, variants]`, in units of the scale.
        - `parameters`: `[free, variants]`.
        """
        given = {**self.setting.parameters, **dict(zip(self.names, parameters, strict=True))}

        state = unknowns * self.scale[:, None, None]
        found = [state]
        with np.errstate(all="ignore"):
            for index in range(self.length):
                time, gap = self.starts[:, index, None], self.gaps[:, index, None]
                state = moved(self.setting, given, state, time, gap, self.substeps)
                found.append(state)
        return np.clip(np.nan_to_num(np.stack(found, -1), nan=ESCAPED), -ESCAPED, ESCAPED)

    def split(self, unknowns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The parameters, and the starts as `[coordinates, pieces]`."""
        count = len(self.names)
        return unknowns[:count], unknowns[count:].reshape(self.pieces, self.width).T

    def residuals(self, unknowns: np.ndarray) -> np.ndarray:
        """The misfits of the samples in units of the noise, then the weighted jumps."""
        parameters, starts = self.split(unknowns)
        states = self.states(starts[:, :, None], parameters[:, None])[:, :, 0]
        jumps = states[:, :-1, -1] / self.scale[:, None] - starts[:, 1:]
        return np.concatenate([self.misfits(states).ravel(), self.weight * jumps.T.ravel()])

    def misfits(self, states: np.ndarray) -> np.ndarray:
        """Model less data at every sample, `[samples, observed]`, in units of the noise."""
        flat = states[:, :, :-1].reshape(self.width, -1)
        flat = np.concatenate([flat, states[:, -1:, -1]], axis=1)[:, : len(self.record.times)]
        # A padded last piece stands still, so that its end is the last sample.
        flat[:, -1] = states[:, -1, -1]
        return (flat[list(self.record.observed)].T - self.record.values) / self.noise

    def jacobian(self, unknowns: np.ndarray) -> np.ndarray:
        """Derivatives of the residuals by central differences, all variants in one integration."""
        parameters, starts = self.split(unknowns)
        count, width = len(parameters), self.width
        sizes = STEP * np.maximum(np.abs(parameters), 1.0)
        shifted = np.repeat(starts[:, :, None], 2 * (count + width), axis=2)
        given = np.repeat(parameters[:, None], 2 * (count + width), axis=1)
        for place in range(count):
            given[place, 2 * place] += sizes[place]
            given[place, 2 * place + 1] -= sizes[place]
        for place in range(width):
            shifted[place, :, 2 * (count + place)] += STEP
            shifted[place, :, 2 * (count + place) + 1] -= STEP
        states = self.states(shifted, given)
        halves = np.concatenate([2 * sizes, np.full(width, 2 * STEP)])
        slopes = (states[:, :, ::2] - states[:, :, 1::2]) / halves[:, None]
        samples = len(self.record.times)
        observed = len(self.record.observed)
        rows = samples * observed + (self.pieces - 1) * width
        found = np.zeros((rows, len(unknowns)))
        for variant in range(count + width):
            misfits = self.misfits(slopes[:, :, variant]) + self.record.values / self.noise
            ends = slopes[:, :-1, variant, -1] / self.scale[:, None]
            if variant < count:
                found[: samples * observed, variant] = misfits.ravel()
                found[samples * observed :, variant] = self.weight * ends.T.ravel()
                continue
            # A start moves the samples of its own piece and the jump at its end only.
            coordinate = variant - count
            for piece in range(self.pieces):
                column = count + piece * width + coordinate
                last = samples if piece == self.pieces - 1 else (piece + 1) * self.length
                own = slice(piece * self.length, last)
                found[own.start * observed : own.stop * observed, column] = misfits[own].ravel()
                if piece < self.pieces - 1:
                    place = samples * observed + piece * width
                    found[place : place + width, column] = self.weight * ends[:, piece]
                if piece:
                    place = samples * observed + (piece - 1) * width + coordinate
                    found[place, column] -= self.weight
        return found

    def _result(self, unknowns: np.ndarray, jacobian: np.ndarray) -> SystemFit:
        parameters, starts = self.split(unknowns)
        states = self.states(starts[:, :, None], parameters[:, None])[:, :, 0]
        misfits = self.misfits(states)
        count = misfits.size - len(self.names) - self.width
        if count < 1:
            raise ChaoscadError("the record has too few samples for so many unknowns")
        variance = float((misfits**2).sum()) / count
        covariance = variance * inverse(jacobian, self.names)
        fitted = self.setting.with_values(dict(zip(self.names, parameters.tolist(), strict=True)))
        jumps = (states[:, :-1, -1] - starts[:, 1:] * self.scale[:, None])[
            list(self.record.observed)
        ]
        jump = float(np.abs(jumps / self.noise[:, None]).max(initial=0.0))
        structure = structure_of(misfits.T.ravel())
        warnings = warnings_of(structure, fitted, self.free)
        if jump > SEAMLESS:
            warnings.append(
                f"the pieces are no one trajectory: they jump by up to {jump:.2g} standard deviations of the "
                "noise; the search has not found the way, so give nearer parameters to start from"
            )
        first = self.record.values[:, 0]
        return SystemFit(
            setting=fitted,
            errors=dict(zip(self.names, np.sqrt(np.diag(covariance)).tolist(), strict=True)),
            covariance=covariance,
            residual=math.sqrt(variance) * float(self.noise[0]),
            axis=self.record.times,
            outputs=first,
            model=first + misfits[:, 0] * self.noise[0],
            kind="time" if isinstance(self.setting.system, Flow) else "iterate",
            structure=structure,
            jump=jump,
            warnings=tuple(warnings),
        )
