"""Charts as SVG whose colours are those of the page, so that they follow light, dark and paper."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

WIDTH, HEIGHT = 360.0, 246.0
"""The size of a chart in its own units, which are CSS pixels where it is shown at its natural width."""

LEFT, RIGHT, TOP, BOTTOM = 46.0, 10.0, 26.0, 40.0
"""The room around the plot."""

LETTER = 6.4
"""The width of a letter of the small labels."""


def text_of(value: float) -> str:
    """A number for a reader."""
    return f"{value:z.6g}".replace("-", "\u2212")


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers within a range, a step of 1, 2 or 5 times a power of ten apart."""
    step = 10.0 ** math.floor(math.log10((high - low) / most))
    step *= next(times for times in (1, 2, 5, 10) if (high - low) / (step * times) <= most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [count * step for count in range(first, last + 1)]


class Chart:
    """A plot with its axes; points are in the units of the data.

    **Arguments:**

    - `across`, `up`: the ranges of the axes; one of no width is widened.
    - `names`: of the two axes.
    - `words`, `words_up`: what stands along the axes at 0, 1, 2 and so on, in place of numbers.
    """

    def __init__(
        self,
        across: tuple[float, float],
        up: tuple[float, float],
        names: tuple[str, str],
        words: Sequence[str] | None = None,
        words_up: Sequence[str] | None = None,
    ) -> None:
        self.across, self.up = _wide(across), _wide(up)
        self.names = names
        self.words, self.words_up = words, words_up
        self.parts: list[str] = []

    def x(self, value: float) -> float:
        """Where a number stands, from the left."""
        low, high = self.across
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Where a number stands, from the top; what is far outside stands just outside."""
        low, high = self.up
        share = min(max((value - low) / (high - low), -0.5), 1.5)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def line(self, xs: Iterable[float], ys: Iterable[float], kind: str) -> None:
        """A line through points; it is broken where a value is not finite."""
        words: list[str] = []
        pen = "M"
        for x, y in zip(xs, ys, strict=True):
            if not (math.isfinite(x) and math.isfinite(y)):
                pen = "M"
                continue
            words.append(f"{pen}{self.x(x):.1f} {self.y(y):.1f}")
            pen = "L"
        self.parts.append(f'<path class="{kind}" d="{"".join(words)}"/>')

    def dots(self, xs: Iterable[float], ys: Iterable[float], kind: str) -> None:
        """Many small points as one path."""
        pairs = zip(xs, ys, strict=True)
        finite = [(x, y) for x, y in pairs if math.isfinite(x) and math.isfinite(y)]
        words = "".join(f"M{self.x(x):.1f} {self.y(y):.1f}h0" for x, y in finite)
        self.parts.append(f'<path class="{kind}" d="{words}"/>')

    def level(self, value: float, margin: float) -> None:
        """The threshold, with the band of the margin on both sides; nothing where it is no number."""
        if not math.isfinite(value):
            return
        left, right = LEFT, WIDTH - RIGHT
        if math.isfinite(margin) and margin > 0:
            top, low = self.y(value + margin), self.y(value - margin)
            self.parts.append(
                f'<rect class="band" x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" '
                f'height="{low - top:.1f}"/>'
            )
        y = self.y(value)
        self.parts.append(f'<path class="threshold" d="M{left:.1f} {y:.1f}H{right:.1f}"/>')

    def band(
        self, xs: Sequence[float], low: Sequence[float], high: Sequence[float], kind: str
    ) -> None:
        """The area between two lines, where both are finite."""
        points = [
            (self.x(x), self.y(under), self.y(over))
            for x, under, over in zip(xs, low, high, strict=True)
            if math.isfinite(under) and math.isfinite(over)
        ]
        if len(points) < 2:
            return
        above = "L".join(f"{x:.1f} {top:.1f}" for x, _, top in points)
        below = "L".join(f"{x:.1f} {under:.1f}" for x, under, _ in reversed(points))
        self.parts.append(f'<path class="between {kind}" d="M{above}L{below}Z"/>')

    def cells(
        self,
        xs: Sequence[float],
        ys: Sequence[float],
        values: Sequence[Sequence[float]],
        ends: tuple[float, float],
    ) -> None:
        """A map of `values[x][y]`: the larger, the deeper; what is not finite is grey."""
        low, high = ends
        self.parts.append(
            f'<rect class="void" x="{LEFT:.1f}" y="{TOP:.1f}" width="{WIDTH - LEFT - RIGHT:.1f}" '
            f'height="{HEIGHT - TOP - BOTTOM:.1f}"/>'
        )
        width = (WIDTH - LEFT - RIGHT) / len(xs)
        height = (HEIGHT - TOP - BOTTOM) / len(ys)
        for x, column in zip(xs, values, strict=True):
            for y, value in zip(ys, column, strict=True):
                if not math.isfinite(value):
                    continue
                share = round(10 * (value - low) / (high - low)) if high > low else 5
                self.parts.append(
                    f'<rect class="cell m{share}" x="{self.x(x) - width / 2:.1f}" '
                    f'y="{self.y(y) - height / 2:.1f}" width="{width + 0.3:.1f}" '
                    f'height="{height + 0.3:.1f}"/>'
                )

    def rows(
        self, xs: Sequence[float], ys: Sequence[float], kinds: Sequence[str], names: Sequence[str]
    ) -> None:
        """A point for every row, and its name above it where it has one, higher where two would meet."""
        shared: dict[tuple[int, int], tuple[float, float, list[str]]] = {}
        for x, y, kind, name in zip(xs, ys, kinds, names, strict=True):
            if not math.isfinite(y):
                continue
            place = self.x(x), self.y(y)
            self.parts.append(
                f'<circle class="row {kind}" cx="{place[0]:.1f}" cy="{place[1]:.1f}" r="4"/>'
            )
            if not name:
                continue
            key = round(place[0]), round(place[1])
            shared.setdefault(key, (*place, []))[2].append(name)
        taken: list[tuple[float, float, float]] = []
        for x, y, texts in sorted(shared.values(), key=lambda item: item[:2]):
            for text in _broken(texts):
                half = LETTER * len(text) / 2
                middle = min(max(x, LEFT + half), WIDTH - RIGHT - half)
                height = max(y - 8, TOP - 3)
                while any(abs(middle - m) < half + w and abs(height - h) < 11 for m, w, h in taken):
                    height -= 3
                if height < TOP - 4:
                    height = y + 16
                taken.append((middle, half + 2, height))
                self.parts.append(
                    f'<text class="label" x="{middle:.1f}" y="{height:.1f}" '
                    f'text-anchor="middle">{escape(text)}</text>'
                )

    def svg(self, told: str, kind: str = "chart") -> str:
        """The chart; `told` is what it shows, for those who cannot see it."""
        left, right, low = LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM
        axes = [f'<path class="axis" d="M{left:.1f} {TOP:.1f}V{low:.1f}H{right:.1f}"/>']
        for value, text in _marks(self.across, self.words, 8):
            x = self.x(value)
            axes.append(
                f'<path class="axis" d="M{x:.1f} {low:.1f}v4"/>'
                f'<text x="{x:.1f}" y="{low + 15:.1f}" text-anchor="middle">{text}</text>'
            )
        for value, text in _marks(self.up, self.words_up, 12):
            y = self.y(value)
            axes.append(
                f'<path class="axis" d="M{left:.1f} {y:.1f}h-4"/>'
                f'<text x="{left - 7:.1f}" y="{y + 3.5:.1f}" text-anchor="end">{text}</text>'
            )
        across, up = map(escape, self.names)
        names = (
            f'<text class="name" x="{right:.1f}" y="{HEIGHT - 7:.1f}" text-anchor="end">{across}</text>'
            f'<text class="name" x="{left:.1f}" y="10" text-anchor="start">{up}</text>'
        )
        clip = (
            f'<svg x="{left - 6:.1f}" y="{TOP - 6:.1f}" width="{right - left + 12:.1f}" '
            f'height="{low - TOP + 12:.1f}" viewBox="{left - 6:.1f} {TOP - 6:.1f} '
            f'{right - left + 12:.1f} {low - TOP + 12:.1f}">'
        )
        lines = [part for part in self.parts if not part.startswith("<text")]
        texts = [part for part in self.parts if part.startswith("<text")]
        return (
            f'<svg class="{kind}" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" '
            f'aria-label="{escape(told)}">{"".join(axes)}{clip}{"".join(lines)}</svg>'
            f"{''.join(texts)}{names}</svg>"
        )


def _marks(
    ends: tuple[float, float], words: Sequence[str] | None, most: int
) -> list[tuple[float, str]]:
    """Where an axis is marked, and with what."""
    if words is None:
        return [(value, text_of(value)) for value in ticks(*ends)]
    # Long words are cut, and of many every second, third and so on is left out.
    longest = max(map(len, words))
    step = math.ceil(len(words) / max(2, min(most, round(45 / min(longest + 1, 9)))))
    cut = [word if len(word) <= 9 else f"{word[:8]}\u2026" for word in words]
    return [(float(place), escape(cut[place])) for place in range(0, len(words), step)]


def _wide(ends: tuple[float, float]) -> tuple[float, float]:
    low, high = ends
    size = max(abs(low), abs(high), 1e-300)
    return ends if high - low > 1e-9 * size else (low - 0.5 * size - 1e-3, high + 0.5 * size + 1e-3)


def _broken(names: Sequence[str]) -> list[str]:
    """Names in lines of four; of many, the first and how many more."""
    if len(names) > 8:
        return [f"{names[0]}, {len(names) - 1} more"]
    return [", ".join(names[first : first + 4]) for first in range(0, len(names), 4)]
