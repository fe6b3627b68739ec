"""Where a subject waits: computed from its journal and its jobs, which are of one moment."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from devkit.operations.contract import Entry, Job, Queue

__all__ = ["Hop", "hops"]

# What stands still comes first; what goes on by itself, last.
_RANK = {
    "dead": 0,
    "lost": 1,
    "no worker": 2,
    "paused": 3,
    "abandoned": 4,
    "retrying": 5,
    "person": 6,
    "outside": 7,
}
_MOVES = 8


@dataclass(frozen=True)
class Hop:
    """One place where a subject waits: between whom (`hop`), for what, since when, and what to do about it.

    `stuck`: it does not go on by itself. `job` is the one that waits there, if there is one.
    """

    hop: str
    state: str
    what: str
    since: datetime | None
    todo: str
    stuck: bool
    job: int | None = None


def hops(
    entries: Sequence[Entry],
    jobs: Sequence[Job],
    queues: Mapping[str, Queue],
    away: Mapping[str, str] = {},
    routes: Mapping[str, Sequence[str]] = {},
) -> list[Hop]:
    """All places where a subject waits, the one that holds it up first; none for one that waits for nothing.

    `away` are the platform's services that do not run, each with its state; `routes` is through which services a webhook comes
    in, by its provider.
    """
    found = [_of_job(job, queues.get(job.queue), away) for job in jobs]
    newest = {entry.thread: entry for entry in entries}
    asked = {job.queue for job in jobs}
    for entry in newest.values():
        if entry.waits_for is None or entry.waits_for in asked:
            continue  # its job tells more
        if entry.waits_for in queues:
            found.append(_lost(entry))
        else:
            found.append(_outside(entry, away, routes))
    return sorted(found, key=lambda hop: _RANK.get(hop.state, _MOVES))


def _of_job(job: Job, queue: Queue | None, away: Mapping[str, str]) -> Hop:
    hop = f"{job.sender or 'unknown'} → {job.queue}"
    beyond = f"{job.queue} → {job.party}" if job.party else hop  # it was the other side that failed
    named = f"{job.name} (job {job.id})"
    again = f"./devkit jobs retry {job.id}"
    if job.state == "dead":
        what = f"{named} failed for good after {job.tries} tries: {job.error or 'no reason is known'}"
        todo = f"{again}, once its cause is gone; ./devkit jobs drop {job.id} gives it up"
        return Hop(beyond, "dead", what, job.failed_at or job.since, todo, stuck=True, job=job.id)
    if job.state == "paused":
        what = f"{named} waits: the queue is paused"
        return Hop(
            hop, "paused", what, job.since, f"./devkit jobs resume {job.queue}", stuck=True, job=job.id
        )
    if queue is None or queue.workers == 0:
        state = away.get(job.queue, "does not run")
        what = f"{named} waits: nobody works on the queue; {job.queue} {state}"
        todo = f"./devkit restart {job.queue}; ./devkit logs {job.queue} says why it ended"
        return Hop(hop, "no worker", what, job.since, todo, stuck=True, job=job.id)
    if job.state == "retrying":
        what = f"{named} failed {job.tries} times: {job.error or 'it was interrupted'}"
        return Hop(
            beyond,
            "retrying",
            what,
            job.since,
            f"it is tried again by itself; {again} does so now",
            stuck=False,
            job=job.id,
        )
    if job.state == "abandoned":
        what = f"{named} was begun by a worker that is gone"
        return Hop(
            hop, "abandoned", what, job.since, "it is taken over within seconds", stuck=False, job=job.id
        )
    what = f"{named} {'runs' if job.state == 'running' else 'waits for its turn'}"
    return Hop(
        hop,
        job.state,
        what,
        job.since,
        f"nothing, unless it stays so: ./devkit logs {job.queue}",
        stuck=False,
        job=job.id,
    )


def _lost(entry: Entry) -> Hop:
    what = f"{entry.what}, but no such job is there"
    todo = "it was dropped, or its queue lost it; the journal says which"
    return Hop(f"{entry.service} → {entry.waits_for}", "lost", what, entry.at, todo, stuck=True)


def _outside(entry: Entry, away: Mapping[str, str], routes: Mapping[str, Sequence[str]]) -> Hop:
    """Who acts next is no service: a person, or somebody whose word comes in on a route, of which each part must run."""
    what = f"{entry.what}{f' ({entry.detail})' if entry.detail else ''}"
    if entry.waits_for == "person":
        todo = entry.hint or "decide"
        return Hop(f"{entry.service} → a person", "person", what, entry.at, todo, stuck=True)
    whose = str(entry.waits_for)
    route = (whose, *(routes.get(whose.casefold()) or next(iter(routes.values()), ("the platform",))))
    for before, name in itertools.pairwise(route):
        if name in away:
            closed = f"{what}; {name} {away[name]}"
            todo = f"./devkit restart {name}"
            return Hop(f"{before} → {name}", "no worker", closed, entry.at, todo, stuck=True)
    todo = entry.hint or f"{whose} acts next"
    return Hop(f"{route[0]} → {route[1]}", "outside", what, entry.at, todo, stuck=False)
