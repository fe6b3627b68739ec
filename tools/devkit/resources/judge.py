"""What was used against what the table asks for, as findings with their places in the table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from devkit.findings.model import Finding, Place, Severity
from devkit.model import Resources, Service, Table
from devkit.render.manifest import dev_resources
from devkit.resources.figures import Use
from devkit.resources.model import Observation
from devkit.resources.propose import (
    FEW,
    amounts,
    as_cores,
    as_memory,
    is_thin,
    is_wasteful,
    propose,
    to_change,
    written,
)
from devkit.resources.site import COMPOSE
from devkit.table.source import read_source
from devkit.table.source_map import SourceMap
from devkit.table.syntax import read_syntax

__all__ = ["Judged", "column_of", "judge", "table_spots"]

_NEAR = 0.9  # of the memory limit: what the next request needs may be the end
_THROTTLED = 0.8  # of the CPU limit, on average over a second: within it, bursts are held back already
_DOCS = "docs/resources.md"


@dataclass(frozen=True)
class Judged:
    """A service, both columns of the table, and the proposal for the one that was measured (`change`: what of it is
    worth a change)."""

    service: Service
    use: Use
    development: Resources
    staging: Resources
    proposed: Resources
    change: Resources


def _same_program(service: Service) -> bool:
    """Whether staging runs the same program, though from another image. A page is built there, and served as files."""
    return not service.development_only and service.type.measured.same_in_staging


def column_of(engine: str) -> str:
    """Which column of the table an engine's figures are of: a Compose project runs as staging does."""
    return "staging" if engine == COMPOSE else "development"


def lowered(found: Observation) -> tuple[str, ...]:
    """Which requests may be found too large. Processes do not show the file cache that a pod is charged with, so what they
    say of memory is too little to lower a request by."""
    if found.sent is None or not found.sent.accepted:
        return ()  # nothing is called waste that was not put to use
    return ("cpu",) if found.source == "processes" else ("cpu", "memory")


def table_spots(path: Path, shown: str) -> SourceMap:
    """Where things stand in the table's file."""
    text = read_source(path, shown)
    return SourceMap(shown) if isinstance(text, Finding) else read_syntax(text, shown).source_map


def judge(
    table: Table, source_map: SourceMap, found: Observation, used: Sequence[Use]
) -> tuple[list[Judged], list[Finding]]:
    """Every service that was seen, and what there is to say."""
    column = column_of(found.engine)
    judged: list[Judged] = []
    findings: list[Finding] = list(_of_the_run(found, used))
    for use in used:
        service = table.services[use.service]
        development, staging = dev_resources(service), service.resources
        measured = staging if column == "staging" else development
        proposed = propose(service, use, column)
        one = Judged(
            service, use, development, staging, proposed, to_change(measured, proposed, lowered(found))
        )
        judged.append(one)
        findings += _Column(source_map, one, column, found).findings()
        if column != "staging" and _same_program(service):
            findings += _Column(source_map, one, "staging", found).limits()
    return judged, findings


def _of_the_run(found: Observation, used: Sequence[Use]) -> Iterator[Finding]:
    thin = [use for use in used if is_thin(use.cpu) or is_thin(use.memory)]
    if thin:
        least = min(use.cpu.count if use.cpu else 0 for use in thin)
        whose = thin[0].service if len(thin) == 1 else f"{len(thin)} services"
        yield Finding(
            "resources.few-samples", Severity.NOTE,
            f"{whose}: only {least} samples, so p95 is practically the largest, and proposals are guesses",
            fix=f"observe longer: --seconds {max(30, round(found.period * FEW))} gives {FEW} or more", link=_DOCS,
        )  # fmt: skip
    sent = found.sent
    if sent is not None and sent.total and sent.accepted < sent.total:
        results = ", ".join(f"{count} × {result}" for result, count in sent.results.items())
        yield Finding(
            "resources.load-refused", Severity.WARNING,
            f"{sent.total - sent.accepted} of {sent.total} webhooks were not accepted ({results})",
            fix="./devkit verify says why; the figures are for less load than intended",
        )  # fmt: skip


@dataclass(frozen=True)
class _Column:
    """One service against one column. Only of the measured one are requests judged: what the development image needs
    says little of how much staging should set aside."""

    source_map: SourceMap
    one: Judged
    column: str
    found: Observation

    @property
    def _asked(self) -> Resources:
        return self.one.staging if self.column == "staging" else self.one.development

    @property
    def _measured(self) -> bool:
        return self.column == column_of(self.found.engine)

    def findings(self) -> Iterator[Finding]:
        """Everything, of the column that was measured."""
        yield from self.limits()
        yield from self._requests()

    def limits(self) -> Iterator[Finding]:
        """What comes near a limit, or is over it."""
        use, limits = self.one.use, amounts(self._asked.limits)
        if use.memory is not None and (limit := limits.get("memory")):
            most, written = as_memory(use.memory.maximum), self._asked.limits["memory"]
            at = ("limits", "memory")
            if use.memory.maximum > limit:
                said = f"used {most} of memory at most, and the limit is {written}: it would be killed"
                yield self._finding(
                    "memory-over-limit", Severity.ERROR, said, at, self._raise("limits", "memory")
                )
            elif use.memory.maximum > _NEAR * limit:
                said = f"used {most} of memory at most, more than {_NEAR:.0%} of the limit {written}"
                yield self._finding(
                    "memory-near-limit", Severity.WARNING, said, at, self._raise("limits", "memory")
                )
        if self._measured and use.throttled:
            said = f"the kernel throttled it for {use.throttled:.1f} s at its CPU limit"
            yield self._finding(
                "cpu-throttled", Severity.WARNING, said, ("limits", "cpu"), self._raise("limits", "cpu")
            )
        elif use.cpu is not None and (limit := limits.get("cpu")) and use.cpu.p95 > _THROTTLED * limit:
            said = f"used {as_cores(use.cpu.p95)} of CPU (p95), more than {_THROTTLED:.0%} of the limit {self._asked.limits['cpu']}: throttling is likely"
            yield self._finding(
                "cpu-near-limit", Severity.WARNING, said, ("limits", "cpu"), self._raise("limits", "cpu")
            )

    def _requests(self) -> Iterator[Finding]:
        use, requests = self.one.use, self._asked.requests
        asked = amounts(requests)
        wasted: dict[str, str] = {}
        for what, figures, shown in (("cpu", use.cpu, as_cores), ("memory", use.memory, as_memory)):
            if figures is None or what not in asked:
                continue
            name = "CPU" if what == "cpu" else "memory"
            if figures.p95 > asked[what]:
                said = f"{name} request {requests[what]} is below use ({shown(figures.p95)}, p95)"
                fix = self._raise("requests", what)
                # Too little memory asked for is what evictions choose by; of CPU it only counts when others want it too.
                grade = Severity.WARNING if what == "memory" else Severity.NOTE
                yield self._finding("request-below-use", grade, said, ("requests", what), fix)
            elif what in lowered(self.found) and is_wasteful(
                what, requests[what], self.one.proposed.requests[what]
            ):
                wasted[what] = f"{requests[what]} of {name} and uses {shown(figures.p95)}"
        if wasted:
            said = f"requests {', '.join(wasted.values())} (p95)"
            fix = f"`requests: {written({what: self.one.proposed.requests[what] for what in wasted})}` leaves more of the node to others"
            yield self._finding("request-above-use", Severity.NOTE, said, ("requests",), fix)

    def _raise(self, kind: str, what: str) -> str:
        proposed = getattr(self.one.proposed, kind).get(what)
        if self._measured and proposed:
            return f"`{kind}: {written({what: proposed})}`"
        return "measure there: these figures are of the development image"

    def _finding(self, name: str, severity: Severity, said: str, at: tuple[str, ...], fix: str) -> Finding:
        if not self._measured:  # a development image, with its reloader: less than a signature
            severity = Severity.WARNING if severity is Severity.ERROR else Severity.NOTE
            said = f"{said} in staging"
        return Finding(
            f"resources.{name}", severity, f"{self.one.service.name}: {said}", self._place(*at), fix
        )

    def _place(self, *at: str) -> Place:
        """Where the value stands: in `dev_resources` if it is written there, else in `resources`."""
        row = ("services", self.one.service.name)
        keys = ["resources"] if self.column == "staging" else ["dev_resources", "resources"]
        for key in keys:
            if (*row, key, *at) in self.source_map.values:
                return self.source_map.value(*row, key, *at)
        return self.source_map.key(*row, keys[-1])
