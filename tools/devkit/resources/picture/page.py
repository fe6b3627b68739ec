"""The picture as a whole: a row a service, three panels side by side, a legend below. 830 pixels wide."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from devkit.engines.registry import ENGINES
from devkit.resources.judge import Judged
from devkit.resources.model import LOAD, Observation
from devkit.resources.picture.rows import FIGURES, Panels, row
from devkit.resources.picture.shapes import Scale, at, group, line, path, rect, text, ticks
from devkit.resources.picture.style import STYLE
from devkit.resources.propose import MEBI, amounts, as_cores, as_memory
from devkit.resources.site import COMPOSE

__all__ = ["draw"]

WIDTH = 830.0
_MARGIN = 14.0
# (left, width) of each panel; beside it there is room for figures.
_CPU, _MEMORY, _TIME = (148.0, 140.0), (372.0, 140.0), (602.0, 172.0)
_ROW, _HEAD, _FOOT = 36.0, 92.0, 62.0


def draw(found: Observation, judged: Sequence[Judged]) -> str:
    """The picture as a file's text. The same observation and table give the same bytes."""
    height = _HEAD + _ROW * max(len(judged), 1) + _FOOT
    bottom = height - _FOOT
    cpu = _ticks(judged, "cpu")
    memory = _ticks(judged, "memory")
    end = max((phase.end for phase in found.phases), default=1.0) or 1.0
    panels = Panels(Scale(*_CPU, cpu[-1]), Scale(*_MEMORY, memory[-1]), Scale(*_TIME, end))
    title = f"What services use: {_load(found)}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{at(WIDTH)}" height="{at(height)}" '
        f'viewBox="0 0 {at(WIDTH)} {at(height)}" role="img" aria-labelledby="t">',
        f'<title id="t">{title}</title><style>{STYLE}</style>',
        rect(0, 0, WIDTH, height, "page", 6),
        text(_MARGIN, 24, title, "h1"),
        text(_MARGIN, 42, _machine(found), "s"),
        *_phases(found, panels.time, bottom),
        *_axis(panels.cpu, cpu, "CPU", "p50 · p95", as_cores, bottom),
        *_axis(panels.memory, memory, "Memory", "p50 · max", as_memory, bottom),
        text(panels.time.left, 64, "CPU over time", "h2"),
        text(panels.time.left + panels.time.width + FIGURES, 82, "max", "s"),
    ]
    for index, one in enumerate(judged):
        top = _HEAD + index * _ROW
        parts.append(line(_MARGIN, top, WIDTH - _MARGIN, top, "rule"))
        parts.append(row(found, one, panels, _MARGIN, top, _ROW))
    parts += [*_legend(bottom + 22), "</svg>"]
    return "\n".join(parts) + "\n"


def _load(found: Observation) -> str:
    where = "Compose" if found.engine == COMPOSE else ENGINES[found.engine].title
    if found.sent is None or not found.sent.total:
        return f"{where}, watched only"
    long = sum(phase.end - phase.begin for phase in found.phases if phase.name == LOAD)
    return f"{where}, {found.sent.accepted} webhooks in {long:.0f} s"


def _machine(found: Observation) -> str:
    memory = found.memory / 2**30
    return f"{found.began[:10]}, {found.cores} cores, {memory:.0f} GiB, read from {_source(found)}"


def _source(found: Observation) -> str:
    return {"processes": "the processes", "kubelet": "the kubelet", "docker": "Docker"}.get(
        found.source, found.source
    )


def _ticks(judged: Sequence[Judged], what: str) -> list[float]:
    """The axis: everything that was used, asked for or allowed fits on it."""
    most = 0.0
    for one in judged:
        used = getattr(one.use, what)
        most = max(most, used.maximum if used else 0.0)
        for column in (one.development, one.staging):
            most = max(most, amounts(column.requests).get(what, 0.0), amounts(column.limits).get(what, 0.0))
    if what == "memory":
        return ticks(max(most, 64 * MEBI), 2)
    return ticks(max(most, 0.1), 10)


def _axis(
    scale: Scale, marks: Sequence[float], name: str, beside: str, shown: Callable[[float], str], bottom: float
) -> list[str]:
    parts = [text(scale.left, 64, name, "h2"), text(scale.left + scale.width + FIGURES, 82, beside, "s")]
    for index, value in enumerate(marks):
        x = scale.x(value)
        anchor = "start" if index == 0 else "end" if index == len(marks) - 1 else "middle"
        written = "0" if value == 0 else "1Gi" if (name, value) == ("Memory", 2.0**30) else shown(value)
        parts += [line(x, _HEAD, x, bottom, "rule"), text(x, 82, written, "s", anchor)]
    return parts


def _phases(found: Observation, scale: Scale, bottom: float) -> list[str]:
    """Bands behind the time lines; where webhooks come in stands out."""
    parts = []
    for phase in found.phases:
        left, right = scale.x(phase.begin), scale.x(phase.end)
        kind = "load" if phase.name == LOAD else "band"
        parts.append(rect(left, _HEAD, right - left, bottom - _HEAD, kind))
        long = f"{phase.name} {phase.end - phase.begin:.0f} s"
        for words in (long, phase.name):
            if right - left > 5.2 * len(words):
                parts.append(text((left + right) / 2, 82, words, "s", "middle"))
                break
    return parts


def _legend(y: float) -> list[str]:
    """What the shapes mean."""
    x = _MARGIN
    bar = [
        rect(x, y - 9, 70, 10, "cpu-soft", 2),
        rect(x, y - 9, 48, 10, "cpu", 2),
        line(x + 24, y - 9, x + 24, y + 1, "mid"),
        text(x + 78, y, "p50 (notch), p95 (full), max (pale)", "n"),
    ]
    x = 312.0
    marks = [
        path([(x, y - 9), (x + 9, y - 9), (x + 4.5, y - 1)], "mark", closed=True),
        text(x + 15, y, "request", "n"),
        line(x + 70, y - 10, x + 70, y + 1, "limit"),
        text(x + 77, y, "limit", "n"),
        text(x + 118, y, "above: dev; below: staging", "n"),
    ]
    notes = (
        "One instance of each service, from the first order to the end of settling. Each time line is as high as its own largest "
        "value."
    )
    return [
        group("How to read a bar", bar),
        group("How to read the marks", marks),
        text(_MARGIN, y + 22, notes, "s"),
    ]
