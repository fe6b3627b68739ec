"""Judges what services did with files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from devkit.checks.allows import Suspect
from devkit.findings.model import Place
from devkit.instance.watching import Record
from devkit.state.model import Evidence

__all__ = ["suspects_in_files"]

_OUTSIDE = "keep it in Postgres or Redis; a file that is needed for a moment belongs in tempfile.TemporaryDirectory()"
_LEFT = "delete it where it was made: with tempfile.TemporaryDirectory() as folder"
_SHARED = "the next request may meet another process: keep it in Postgres or Redis"
_MOST = 3


def suspects_in_files(seen: Evidence, shown: Callable[[str], str]) -> list[Suspect]:
    """Every violation, one for each line of code and rule. `shown` says a path as a person knows it."""
    seen.records = [_placed(record, seen.records) for record in seen.records]
    found: dict[tuple[str, Place], tuple[list[str], list[str], Record, set[Place]]] = {}
    for rule, record, said, other in [
        *_outside(seen.records, shown),
        *_left(seen, shown),
        *_shared(seen.records, shown),
    ]:
        _, texts, _, also = found.setdefault((rule, _place(record, seen)), ([], [], record, set()))
        if said not in texts:
            texts.append(said)
        also |= other
        found[rule, _place(record, seen)][0].append(record.service)
    suspects = [
        Suspect(rule, place, _message(services, texts, record), _fix(rule), also=tuple(sorted(also)))
        for (rule, place), (services, texts, record, also) in found.items()
    ]
    starts = [record for record in seen.records if record.what == "start" and record.stack]
    starts.sort(
        key=lambda each: str(each.about["program"]).startswith("python")
    )  # those are watched themselves
    for service, path in seen.native:
        start = next((record for record in starts if service in ("", record.service)), None)
        who = service or (start.service if start else "a service")
        by = f"perhaps by {start.about['program']}, which is started here" if start else "by a library"
        said = f"{who}: writes {shown(path)}, of which Python is not told: {by}"
        place = _place(start, seen) if start else Place(seen.table)
        suspects.append(Suspect("files", place, said, _fix("files")))
    return suspects


def _placed(record: Record, records: Sequence[Record]) -> Record:
    """What a program of Python does that a service has started counts for the line that started it."""
    if record.what == "start" or any(
        frame.line and not frame.file.startswith(("/", "<")) for frame in record.stack
    ):
        return record
    started = [r for r in records if r.what == "start" and r.pid == record.parent and r.at <= record.at]
    return replace(record, stack=started[-1].stack) if started else record


def _message(services: Sequence[str], texts: Sequence[str], record: Record) -> str:
    more = f" and {len(texts) - _MOST} more" if len(texts) > _MOST else ""
    through = " ← ".join(str(frame) for frame in record.stack[1:4])
    return f"{', '.join(dict.fromkeys(services))}: {', '.join(texts[:_MOST])}{more}" + (
        f" (called by {through})" if through else ""
    )


def _fix(rule: str) -> str:
    return {"files": _OUTSIDE, "left": _LEFT, "shared": _SHARED, "memory": _SHARED}[
        rule
    ] + "; or: # state: allow: reason"


def _place(record: Record, seen: Evidence) -> Place:
    return Place(record.stack[0].file, record.stack[0].line, 1) if record.stack else Place(seen.table)


_Found = Iterator[tuple[str, Record, str, set[Place]]]


def _outside(records: Sequence[Record], shown: Callable[[str], str]) -> _Found:
    for record in records:
        if record.what == "sqlite":
            yield "files", record, "keeps a SQLite database in its memory", set()
        elif record.what == "process":
            yield "memory", record, str(record.about["does"]), set()
        elif record.what in ("write", "remove") and not record.about["temporary"]:
            does = "writes" if record.what == "write" else "removes"
            yield "files", record, f"{does} {shown(record.path)}", set()


def _left(seen: Evidence, shown: Callable[[str], str]) -> _Found:
    told = set()
    for record in seen.records:
        if record.what == "left":
            told.add(record.path)
            yield "left", record, f"{shown(record.path)} is there when {_whose(record)} has ended", set()
    made = {
        record.path: record for record in seen.records if record.what == "write" and record.about["temporary"]
    }
    for service, path in seen.left:
        if path in told:
            continue
        maker = made.get(path) or next((r for p, r in made.items() if path.startswith(f"{p}/")), None)
        if maker is not None:
            yield "left", maker, f"{shown(path)} is there when the flow has ended", set()
        else:
            unseen = Record(service, "left", 0, 0, 0.0, (), (), {"path": path})
            yield (
                "left",
                unseen,
                f"{shown(path)}, which Python was not told of, is there when the flow has ended",
                set(),
            )


def _shared(records: Sequence[Record], shown: Callable[[str], str]) -> _Found:
    wrote: dict[str, Record] = {}
    processes = {record.pid for record in records}
    for record in sorted(records, key=lambda each: each.at):
        if record.what == "write" and record.about["temporary"]:
            wrote[record.path] = record
        elif record.what == "remove":
            wrote.pop(record.path, None)
        elif (
            record.what == "read"
            and (writer := wrote.get(record.path))
            and not _belong_together(writer, record, processes)
        ):
            place = Place(record.stack[0].file, record.stack[0].line, 1) if record.stack else None
            by = (
                f"{_whose(record)} in {record.stack[0].file}:{record.stack[0].line}"
                if place
                else _whose(record)
            )
            yield "shared", writer, f"{shown(record.path)} is read later by {by}", {place} if place else set()


def _belong_together(one: Record, other: Record, processes: Collection[int]) -> bool:
    """Whether one of them is part of the other: the same request, a task that it began, a program that it started."""
    if one.pid != other.pid:
        return (
            one.parent == other.pid
            or other.parent == one.pid
            or (one.parent == other.parent and one.parent in processes)
        )
    short, long = sorted((one.scope, other.scope), key=len)
    return long[: len(short)] == short


def _whose(record: Record) -> str:
    """The request; of what no request has begun, the task."""
    if not record.scope:
        return "the process"
    is_task = record.scope[0].startswith("task ")
    return record.scope[-1 if is_task else 0].rpartition(" #")[0]
