"""Bounded parameters: smooth maps from the whole real line onto a range.

A transform is a pytree whose leaves are arrays, so problems of one shape batch with `jax.vmap`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from chaoscad.errors import ChaoscadError

Leaf = Any
"""An array. JAX rebuilds pytrees with other things in their leaves, so it is not checked."""


@runtime_checkable
class Transform(Protocol):
    """A differentiable map from raw values, which the optimizer moves, to parameters."""

    def forward(self, raw: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """The parameter of a raw value."""
        ...

    def inverse(self, value: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """A raw value of a parameter inside the range."""
        ...


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Identity:
    """No bound."""

    def forward(self, raw: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """The raw value itself."""
        return raw

    def inverse(self, value: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """The value itself."""
        return value


BoxKind = Literal["fixed", "bounded", "mixed", "free"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Box:
    """Elementwise ranges `[low, high]`, either end possibly infinite. Build it with `box`.

    With two finite ends the value is low + (high - low) (1 + w(raw)) / 2 with the periodic `wave` w.
    Unlike a sigmoid it reaches both ends at finite raw values, and an optimum on a bound is a smooth
    minimum; MINUIT does the same with a sine (F. James, M. Roos, Comput. Phys. Commun. 10, 343
    (1975)). With one finite end it is a softplus away from that end; with none it is the identity.
    Where `low` equals `high` the value is constant.

    `kind` says what all elements have in common, so that no work is done for the other cases.
    """

    low: Leaf
    high: Leaf
    kind: BoxKind = field(default="mixed", metadata={"static": True})

    def forward(self, raw: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Values in the range; `raw` may have more axes than the range, at the end."""
        low, high = _beside(self.low, raw), _beside(self.high, raw)
        if self.kind == "fixed":
            return jnp.broadcast_to(low, raw.shape)
        if self.kind == "free":
            return raw
        if self.kind == "bounded":
            return _inside(raw, low, high)
        left, right = jnp.isfinite(low), jnp.isfinite(high)
        start, end = jnp.where(left, low, 0.0), jnp.where(right, high, 0.0)
        soft = jax.nn.softplus(raw)
        one_end = jnp.where(left, start + soft, jnp.where(right, end - soft, raw))
        return jnp.where(left & right, _inside(raw, start, end), one_end)

    def inverse(self, value: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """A raw value whose image is `value`; values outside the range are moved onto it."""
        low, high = _beside(self.low, value), _beside(self.high, value)
        left, right = jnp.isfinite(low), jnp.isfinite(high)
        start, span = jnp.where(left, low, 0.0), jnp.where(left & right, high - low, 0.0)
        share = (value - start) / jnp.where(span > 0, span, 1.0)
        inside = unwave(jnp.clip(2 * share - 1, -1.0, 1.0))
        distance = jnp.where(left, value - start, jnp.where(right, high, 0.0) - value)
        soft = jnp.log(jnp.expm1(jnp.maximum(distance, 1e-6)))
        return jnp.where(left & right, inside, jnp.where(left | right, soft, value))


def box(low: Any, high: Any) -> Box:
    """The ranges `[low, high]`, with the kind that their values have.

    **Raises:** `ChaoscadError` for ends that are not numbers, or a low one above its high one.
    """
    try:
        low, high = np.asarray(low, np.float64), np.asarray(high, np.float64)
        ordered = bool((low <= high).all())
    except (TypeError, ValueError) as error:
        raise ChaoscadError(f"the ends of a box are not numbers of one shape: {error}") from None
    if not ordered:
        raise ChaoscadError("the low end of a box is above its high end, or one of them is NaN")
    finite = np.isfinite(low) & np.isfinite(high)
    kind: BoxKind = "mixed"
    if (low == high).all():
        kind = "fixed"
    elif finite.all():
        kind = "bounded"
    elif not np.isfinite(low).any() and not np.isfinite(high).any():
        kind = "free"
    return Box(low, high, kind)  # type: ignore[arg-type]


@jax.custom_jvp
def wave(raw: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """A sine made of cubics: t (3 - t^2) / 2 of the triangle wave t with period 6.

    Values are in [-1, 1], the slope at 0 is 1 and the second derivative is continuous. It takes a
    fifth of the time of the sine.
    """
    return _cubic(_triangle(raw)[0])


@wave.defjvp
def _wave_jvp(primals: tuple[Any], tangents: tuple[Any]) -> tuple[Array, Array]:
    triangle, falling = _triangle(primals[0])
    # Written down, it is half as long as what the formula leads to.
    slope = 1.0 - triangle * triangle
    return _cubic(triangle), tangents[0] * jnp.where(falling, -slope, slope)


def _cubic(triangle: Any) -> Array:
    return triangle * (1.5 - 0.5 * triangle * triangle)


def _triangle(raw: Any) -> tuple[Array, Array]:
    """The triangle wave of period 6, and where it falls."""
    turns = raw / 1.5
    inside = turns - 4.0 * jnp.round(turns / 4.0)
    falling = jnp.abs(inside) > 1.0
    return jnp.where(falling, jnp.sign(inside) * 2.0 - inside, inside), falling


def unwave(value: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The raw value between -1.5 and 1.5 at which `wave` has the given value."""
    return 3.0 * jnp.sin(jnp.arcsin(value) / 3.0)


def _inside(raw: Array, low: Array, high: Array) -> Array:
    value = low + (high - low) * (0.5 + 0.5 * wave(raw))
    # Rounding must not carry a value past its end. A clip's gradient, divided where values tie, takes
    # as long as the wave.
    return jnp.where(value < low, low, jnp.where(value > high, high, value))


def _beside(ends: Leaf, raw: Array) -> Array:
    """The ends with axes added at the end, to go with raw values of more axes."""
    ends = jnp.asarray(ends, raw.dtype)
    return ends.reshape(ends.shape + (1,) * (raw.ndim - ends.ndim))


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Chain:
    """Transforms applied one after another, the first one to the raw value."""

    parts: tuple[Any, ...]

    def forward(self, raw: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """The image under every part in turn."""
        for part in self.parts:
            raw = part.forward(raw)
        return raw

    def inverse(self, value: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """The raw value, through the inverses in reverse order."""
        for part in reversed(self.parts):
            value = part.inverse(value)
        return value


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Affine:
    """scale * raw + shift."""

    scale: Leaf
    shift: Leaf

    def forward(self, raw: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """scale * raw + shift."""
        return self.scale * raw + self.shift

    def inverse(self, value: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """(value - shift) / scale."""
        return (value - self.shift) / self.scale
