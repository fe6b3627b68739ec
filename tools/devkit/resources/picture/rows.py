"""One service's row: its two bars with the table's marks, and its time line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from devkit.model import Resources
from devkit.resources.figures import Figures
from devkit.resources.judge import Judged
from devkit.resources.model import Observation, Sample
from devkit.resources.picture.shapes import Scale, group, line, path, rect, text
from devkit.resources.propose import amounts, as_cores, as_memory

__all__ = ["FIGURES", "Panels", "row"]

_BAR = 10.0
FIGURES = 8.0  # from the end of a panel to the figures beside it


@dataclass(frozen=True)
class Panels:
    """The three panels of a row; the third's values are seconds."""

    cpu: Scale
    memory: Scale
    time: Scale


def row(found: Observation, one: Judged, panels: Panels, left: float, top: float, height: float) -> str:
    """Everything of one service, from `top`."""
    parts = [text(left, top + height / 2 + 4, one.service.name, "h2")]
    parts += _bar(panels.cpu, one.use.cpu, one, "cpu", as_cores, top)
    parts += _bar(panels.memory, one.use.memory, one, "memory", as_memory, top)
    parts += _wave(panels.time, [s for s in found.samples if s.service == one.service.name], top, height)
    return group(_described(one), parts)


def _described(one: Judged) -> str:
    said = [one.service.name]
    for name, figures, shown in (("CPU", one.use.cpu, as_cores), ("memory", one.use.memory, as_memory)):
        if figures is not None:
            said.append(
                f"{name}: median {shown(figures.p50)}, p95 {shown(figures.p95)}, most {shown(figures.maximum)}"
            )
    return "; ".join(said)


def _bar(
    scale: Scale, figures: Figures | None, one: Judged, what: str, shown: Callable[[float], str], top: float
) -> list[str]:
    """Up to the largest value pale, up to p95 full, the median as a notch; what was used in figures beside it."""
    y = top + 13
    colour = "cpu" if what == "cpu" else "mem"
    parts = [rect(scale.left, y, scale.width, _BAR, "track", 2)]
    if figures is None:
        return [*parts, text(scale.left + scale.width + FIGURES, y + 9, "no samples", "s")]
    parts.append(
        rect(scale.left, y, max(scale.x(figures.maximum) - scale.left, 1), _BAR, f"{colour}-soft", 2)
    )
    parts.append(rect(scale.left, y, max(scale.x(figures.p95) - scale.left, 1), _BAR, colour, 2))
    middle = scale.x(figures.p50)
    if middle - scale.left > 3:
        parts.append(line(middle, y, middle, y + _BAR, "mid"))
    most = figures.p95 if what == "cpu" else figures.maximum
    values = f"{shown(figures.p50).rstrip('mMi')} · {shown(most)}"  # one unit for both
    parts.append(text(scale.left + scale.width + FIGURES, y + 9, values, "n"))
    parts += _marks(scale, one.development, what, y, above=True)
    parts += _marks(scale, one.staging, what, y, above=False)
    return parts


def _marks(scale: Scale, asked: Resources, what: str, y: float, *, above: bool) -> list[str]:
    edge, way = (y - 1, -1) if above else (y + _BAR + 1, 1)
    parts: list[str] = []
    for x in _places(scale, asked.requests, what):
        parts.append(
            path([(x - 4.5, edge + way * 7), (x + 4.5, edge + way * 7), (x, edge)], "mark", closed=True)
        )
    for x in _places(scale, asked.limits, what):
        parts.append(line(x, edge + way * 7, x, edge - way * 3, "limit"))
    return parts


def _places(scale: Scale, values: Mapping[str, str], what: str) -> list[float]:
    return [scale.x(amount) for name, amount in amounts(values).items() if name == what]


def _wave(scale: Scale, samples: list[Sample], top: float, height: float) -> list[str]:
    """CPU over time. A sample is an average since the one before, so it is drawn as a step back to that."""
    floor, room = top + height - 4, height - 9
    most = max((sample.cpu for sample in samples if sample.cpu is not None), default=0.0)
    if not most:
        return []
    parts: list[str] = []
    for instance in sorted({sample.instance for sample in samples}):
        points: list[tuple[float, float]] = []
        before: Sample | None = None
        for sample in samples:
            if sample.instance != instance:
                continue
            if sample.cpu is not None and before is not None:
                y = floor - room * sample.cpu / most
                points += [(scale.x(before.at), y), (scale.x(sample.at), y)]
            before = sample
        if points:
            parts.append(path([(points[0][0], floor), *points, (points[-1][0], floor)], "wave", closed=True))
            parts.append(path(points, "crest"))
    parts.append(text(scale.left + scale.width + FIGURES, top + height / 2 + 4, as_cores(most), "n"))
    return parts
