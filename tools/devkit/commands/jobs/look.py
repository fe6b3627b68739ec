"""`devkit jobs list|show`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from devkit.base.console import emit, print_table, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.commands.completion import service_names
from devkit.commands.jobs.target import age, open_operations
from devkit.commands.options import EngineOption

if TYPE_CHECKING:
    from devkit.operations.contract import Job, Queue

__all__ = ["listed", "show"]


def listed(
    queue: Annotated[
        str | None, typer.Argument(metavar="QUEUE", autocompletion=service_names, help="Default: all.")
    ] = None,
    state: Annotated[
        str | None,
        typer.Option("--state", help="dead, abandoned, paused, retrying, waiting or running. Default: all."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Jobs to show.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    engine: EngineOption = None,
) -> int:
    """Show the queues, and their jobs: those first that failed for good. Exit 1 when there are such."""
    from devkit.operations.contract import STATES

    if state is not None and state not in STATES:
        raise DevkitError(f"no state {state!r}", fix=f"one of {', '.join(STATES)}", exit_code=ExitCode.USAGE)
    with open_operations(engine) as operations:
        queues = operations.queues()
        if queue is not None and queue not in {each.queue for each in queues}:
            names = ", ".join(each.queue for each in queues) or "there are none yet"
            raise DevkitError(f"no queue {queue!r}", fix=f"queues: {names}", exit_code=ExitCode.USAGE)
        jobs = operations.jobs(queue, state, limit + 1)
    shown = [each for each in queues if queue in (None, each.queue)]
    if as_json:
        content = {
            "version": 1,
            "queues": [asdict(each) for each in shown],
            "jobs": [_plain(job) for job in jobs[:limit]],
            "more": len(jobs) > limit,
        }
        emit(json.dumps(content, indent=2, default=str))
    else:
        _print_queues(shown)
        _print_jobs(jobs[:limit])
        if len(jobs) > limit:
            say(f"devkit: there are more; --limit {limit * 4} shows more of them")
    return ExitCode.CHECK_FAILED if any(each.dead for each in shown) else ExitCode.OK


def show(
    number: Annotated[int, typer.Argument(metavar="JOB", help="Its number.")],
    payload: Annotated[
        bool,
        typer.Option("--payload", help="Show the message too; it may hold people's names and addresses."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    engine: EngineOption = None,
) -> None:
    """Show one job: what it is about, who sent it and why, its tries and the last error."""
    with open_operations(engine) as operations:
        job = operations.job(number)
    if as_json:
        emit(json.dumps(_plain(job, payload), indent=2, default=str))
        return
    facts = {
        "job": f"{job.id} {job.name}",
        "queue": f"{job.queue}, from {job.sender or 'unknown'}",
        "state": job.state + (f", for {age(job.since)}" if job.since else ""),
        "tries": str(job.tries) + (f", the next at {job.next_try:%H:%M:%S}" if job.next_try else ""),
        "error": f"{job.error} ({age(job.failed_at)} ago)" if job.error else "",
        "about": job.subject or "",
        "cause": job.cause or "",
        "trace": job.trace or "",
        "key": job.key or "",
        "message": json.dumps(job.payload, indent=2, default=str) if payload else "",
    }
    for name, fact in facts.items():
        if fact:
            emit(f"{name:<8} {fact}")
    if job.subject:
        say(f"devkit: ./devkit why {job.subject} tells the whole story")


def _plain(job: Job, payload: bool = False) -> dict[str, object]:
    facts = asdict(job)
    return facts if payload else {name: fact for name, fact in facts.items() if name != "payload"}


def _print_queues(queues: list[Queue]) -> None:
    header = ("queue", "workers", "waiting", "oldest", "running", "dead", "")
    print_table(
        header,
        [
            (
                each.queue, str(each.workers), str(each.waiting), age(each.oldest) or "-", str(each.running),
                str(each.dead), f"paused for {age(each.paused_at)}" if each.paused_at else "",
            )
            for each in queues
        ],
    )  # fmt: skip


def _print_jobs(jobs: list[Job]) -> None:
    if not jobs:
        return
    emit("")
    rows = [
        (str(job.id), job.state, job.queue, job.name, age(job.since), str(job.tries), job.error or "")
        for job in jobs
    ]
    print_table(("job", "state", "queue", "what", "for", "tries", "last error"), rows)
