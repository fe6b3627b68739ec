"""The report as text: what was done, two tables, and YAML to paste."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devkit.resources.figures import Figures
from devkit.resources.judge import Judged, column_of
from devkit.resources.model import IDLE, Observation
from devkit.resources.propose import as_cores, as_memory, written
from devkit.resources.site import COMPOSE

__all__ = ["CPU_HEADER", "MEMORY_HEADER", "caveat", "cpu_rows", "memory_rows", "not_seen", "snippet", "story"]

CPU_HEADER = ("cpu", "idle", "p50", "p95", "max", "in development", "in staging", "proposed")
MEMORY_HEADER = (
    "memory", "idle", "p50", "p95", "max", "share", "in development", "in staging", "proposed",
)  # fmt: skip
_NONE = "–"


def story(found: Observation) -> str:
    """One line: what was watched, how, for how long."""
    where = "a Compose project" if found.engine == COMPOSE else f"engine {found.engine}"
    phases = ", ".join(f"{phase.name} {phase.end - phase.begin:.0f} s" for phase in found.phases)
    line = f"{where} ({found.source}), {found.began.removesuffix('+00:00').replace('T', ' ')} UTC: {phases}"
    if found.sent is not None:
        topics = " and ".join(found.sent.topics)
        line += f"; {found.sent.accepted} of {found.sent.total} × {topics} accepted, {found.sent.rate:g} a second at most"
    return line + ("; ended early" if found.interrupted else "")


def caveat(found: Observation) -> str:
    """How to read the tables, and what the figures cannot say."""
    if column_of(found.engine) == "staging":
        return "In development, in staging: request … limit. Proposals are for staging's column; busier hours need more."
    lines = [
        "In development, in staging: request … limit. The services ran as they do in development, with their reloader.",
        "That does not carry over to staging, which runs other images: its limits are only compared.",
    ]
    if found.source == "processes":
        lines += [
            "Memory is what a container of its own would be charged with, but for its file cache, so no request of it is",
            "lowered; `share` divides what services share.",
            "The kernel counts CPU in hundredths of a second, so a second's average has steps of 10m.",
        ]
    return "\n".join(lines)


def cpu_rows(judged: Sequence[Judged]) -> list[list[str]]:
    """One row a service for `CPU_HEADER`, in cores."""
    return [
        [
            one.service.name,
            *_numbers(one.use.cpu, as_cores),
            _asked(one.development.requests, one.development.limits, "cpu"),
            _asked(one.staging.requests, one.staging.limits, "cpu"),
            _proposed(one, "cpu"),
        ]
        for one in judged
    ]


def memory_rows(judged: Sequence[Judged]) -> list[list[str]]:
    """One row a service for `MEMORY_HEADER`, in MiB."""
    return [
        [
            one.service.name,
            *_numbers(one.use.memory, as_memory),
            _NONE if one.use.share is None else as_memory(one.use.share),
            _asked(one.development.requests, one.development.limits, "memory"),
            _asked(one.staging.requests, one.staging.limits, "memory"),
            _proposed(one, "memory"),
        ]
        for one in judged
    ]


def _numbers(figures: Figures | None, shown: object) -> list[str]:
    assert callable(shown)
    if figures is None:
        return [_NONE] * 4
    idle = _NONE if figures.idle is None else shown(figures.idle)
    return [idle, shown(figures.p50), shown(figures.p95), shown(figures.maximum)]


def _asked(requests: Mapping[str, str], limits: Mapping[str, str], what: str) -> str:
    """`request … limit`; a missing one is a dash."""
    return f"{requests.get(what, _NONE)} … {limits.get(what, _NONE)}"


def _proposed(one: Judged, what: str) -> str:
    """The proposal; `keep` when what is written will do."""
    if what not in one.proposed.requests:
        return _NONE
    if what not in one.change.requests and what not in one.change.limits:
        return "keep"
    parts = [
        f"{word} {change[what]}"
        for word, change in (("request", one.change.requests), ("limit", one.change.limits))
        if what in change
    ]
    return ", ".join(parts)


def not_seen(found: Observation) -> list[str]:
    """Lines on services without figures, and on figures with gaps."""
    reasons: dict[str, list[str]] = {}
    for name, why in found.absent.items():
        reasons.setdefault(why, []).append(name)
    lines = [f"not observed ({why}): {', '.join(names)}" for why, names in reasons.items()]
    lines += [f"{name}: missing in {count} looks" for name, count in found.missed.items() if count]
    lines += [
        f"{name}: restarted {count} times while it was watched" for name, count in found.restarts.items()
    ]
    if found.sent is None and any(phase.name == IDLE for phase in found.phases):
        lines.append(
            "no webhooks were sent: the table names no example webhook (webhooks: {…: {example: TOPIC}})"
        )
    return lines


def snippet(found: Observation, judged: Sequence[Judged]) -> str:
    """YAML for dev/services.yaml with what is worth a change; empty when nothing is."""
    key = "resources" if column_of(found.engine) == "staging" else "dev_resources"
    lines: list[str] = []
    for one in judged:
        parts = [
            f"      {kind}: {written(values)}"
            for kind, values in (("requests", one.change.requests), ("limits", one.change.limits))
            if values
        ]
        if parts:
            lines += [f"  {one.service.name}:", f"    {key}:", *parts]
    return "\n".join(["services:", *lines]) if lines else ""
