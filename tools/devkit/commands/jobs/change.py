"""`devkit jobs retry|drop|pause|resume`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from devkit.base.console import ask, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.commands.completion import service_names
from devkit.commands.jobs.target import open_operations
from devkit.commands.options import EngineOption

if TYPE_CHECKING:
    from devkit.operations.contract import Job, Operations

__all__ = ["drop", "pause", "resume", "retry"]

_MOST = 10_000
_Numbers = Annotated[list[int] | None, typer.Argument(metavar="JOB", help="Their numbers.")]
_All = Annotated[bool, typer.Option("--all", help="All that failed for good.")]
_OfQueue = Annotated[
    str | None, typer.Option("--queue", autocompletion=service_names, help="With --all: of this queue alone.")
]
_Queue = Annotated[str, typer.Argument(metavar="QUEUE", autocompletion=service_names)]


def retry(
    jobs: _Numbers = None, every: _All = False, queue: _OfQueue = None, engine: EngineOption = None
) -> None:
    """Try jobs again now, as if for the first time: those that failed for good, or that wait for their next try."""
    with open_operations(engine) as operations:
        chosen = _chosen(operations, jobs, every, queue)
        _each(operations, "retry", chosen, "it runs just now, or is done")
    say(f"devkit: {_counted(chosen)} tried again")


def drop(
    jobs: _Numbers = None,
    every: _All = False,
    queue: _OfQueue = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    engine: EngineOption = None,
) -> None:
    """Give jobs up: what they are about stays where it is. Asks; the journal says that a person did it."""
    with open_operations(engine) as operations:
        chosen = _chosen(operations, jobs, every, queue)
        for job in chosen:
            say(
                f"devkit: {job.id} {job.name}, {job.state}"
                + (f", about {job.subject}" if job.subject else "")
            )
        if chosen and not yes and not ask(f"Drop {_counted(chosen)}? Nobody does that work then."):
            raise DevkitError("nothing was dropped", fix="answer y, or use --yes", exit_code=ExitCode.USAGE)
        _each(operations, "drop", chosen, "it runs just now, or is done")
    say(f"devkit: {_counted(chosen)} dropped")


def pause(queue: _Queue, engine: EngineOption = None) -> None:
    """Let a queue's jobs wait. What runs is finished; the queue's service goes on answering."""
    with open_operations(engine) as operations:
        _known(operations, queue)
        operations.call("pause", queue)
    say(f"devkit: {queue} takes no more jobs; ./devkit jobs resume {queue}")


def resume(queue: _Queue, engine: EngineOption = None) -> None:
    """Let a paused queue go on."""
    with open_operations(engine) as operations:
        _known(operations, queue)
        operations.call("resume", queue)
    say(f"devkit: {queue} goes on")


def _chosen(operations: Operations, numbers: list[int] | None, every: bool, queue: str | None) -> list[Job]:
    if bool(numbers) == every:
        raise DevkitError("which jobs?", fix="their numbers, or --all", exit_code=ExitCode.USAGE)
    if queue is not None and not every:
        raise DevkitError("--queue goes with --all", exit_code=ExitCode.USAGE)
    if queue is not None:
        _known(operations, queue)
    if every:
        return operations.jobs(queue, "dead", _MOST)
    return [operations.job(number) for number in dict.fromkeys(numbers or ())]


def _each(operations: Operations, function: str, jobs: list[Job], otherwise: str) -> None:
    # One transaction: all or none.
    for job in jobs:
        if not operations.call(function, job.id):
            raise DevkitError(
                f"job {job.id} cannot be taken: {otherwise}", fix=f"./devkit jobs show {job.id}"
            )


def _known(operations: Operations, queue: str) -> None:
    names = [each.queue for each in operations.queues()]
    if queue not in names:
        raise DevkitError(
            f"no queue {queue!r}",
            fix=f"queues: {', '.join(names) or 'there are none yet'}",
            exit_code=ExitCode.USAGE,
        )


def _counted(jobs: list[Job]) -> str:
    return f"{len(jobs)} job{'' if len(jobs) == 1 else 's'}"
