"""SVG in small pieces: escaped, with numbers that are written the same everywhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Scale", "at", "group", "line", "path", "rect", "text", "ticks"]


def at(value: float) -> str:
    """A coordinate: at most one decimal, never `-0`."""
    written = f"{value:.1f}"
    written = written.removesuffix(".0")
    return "0" if written == "-0" else written


def rect(x: float, y: float, width: float, height: float, kind: str, round_by: float = 0) -> str:
    """A rectangle of a class."""
    corner = f' rx="{at(round_by)}"' if round_by else ""
    return f'<rect class="{kind}" x="{at(x)}" y="{at(y)}" width="{at(max(width, 0))}" height="{at(height)}"{corner}/>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line of a class."""
    return f'<line class="{kind}" x1="{at(x1)}" y1="{at(y1)}" x2="{at(x2)}" y2="{at(y2)}"/>'


def path(points: Sequence[tuple[float, float]], kind: str, *, closed: bool = False) -> str:
    """A polygon or a polyline of a class."""
    steps = " ".join(f"{'L' if index else 'M'}{at(x)} {at(y)}" for index, (x, y) in enumerate(points))
    return f'<path class="{kind}" d="{steps}{" Z" if closed else ""}"/>'


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "") -> str:
    """Words, with their baseline at `y`."""
    options = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{at(x)}" y="{at(y)}"{options}>{escape(words)}</text>'


def group(title: str, parts: Sequence[str]) -> str:
    """Shapes that belong together; `title` is read aloud, and shown to a pointer that rests there."""
    return f"<g><title>{escape(title)}</title>{''.join(parts)}</g>"


@dataclass(frozen=True)
class Scale:
    """Values from 0 to `top` on `width` pixels from `left`."""

    left: float
    width: float
    top: float

    def x(self, value: float) -> float:
        """Where a value is; what is past the top is at its end."""
        return self.left + self.width * min(max(value, 0.0) / self.top, 1.0)


def ticks(most: float, unit: float, about: int = 2) -> list[float]:
    """Round steps of 1, 2 or 5 (powers of two for `unit` 2) from 0 to the first that `most` does not exceed."""
    most = max(most, 1e-9)
    if unit == 2:
        step = 2.0 ** math.ceil(math.log2(most / about))
    else:
        power = 10.0 ** math.floor(math.log10(most / about))
        step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor * about >= most * 0.999)
    count = math.ceil(most / step - 1e-9)
    return [step * index for index in range(count + 1)]
