"""The supervisor's side of its private Unix socket: JSON lines, a request and its replies."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, Protocol

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import state_dir, table_file
from devkit.engines.events import State, Status
from devkit.engines.local.client import BEAT, SOCKET, inside
from devkit.engines.local.operations import Operations
from devkit.engines.local.place import no_sockets
from devkit.engines.local.streams import Followed, follow, overview, unsettled, watch
from devkit.engines.local.units import TASK, services_named
from devkit.engines.names import named
from devkit.table.load import load_table

__all__ = ["serve_control"]

_going: set[asyncio.Task[Any]] = set()


class Controlled(Followed, Protocol):
    """What can be controlled: the supervisor, as this module needs it."""

    root: Path
    operations: Operations

    def want_commands(self) -> None: ...
    def ask_to_stop(self) -> None: ...
    def debug(self, unit: str, *, wait: bool) -> str | None: ...
    async def examined(self) -> list[Status]: ...


@contextlib.asynccontextmanager
async def serve_control(supervisor: Controlled) -> AsyncIterator[None]:
    """Answers requests until the block ends. Raises DevkitError where the file system has no sockets."""
    folder = state_dir(supervisor.root)
    (folder / SOCKET).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with inside(folder):
        try:
            listener.bind(SOCKET)
        except OSError as problem:
            raise no_sockets(problem) from None
        Path(SOCKET).chmod(0o600)
    tasks: set[asyncio.Task[None]] = set()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            request = json.loads(await reader.readline())
            async for reply in _answers(supervisor, request):
                writer.write(json.dumps(reply).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_unix_server(client, sock=listener)
    try:
        yield
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        (folder / SOCKET).unlink(missing_ok=True)


async def _answers(supervisor: Controlled, request: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    if request.get("do") in ("status", "restart", "stop", "up", "debug"):
        supervisor.want_commands()
    match request.get("do"):
        case "status":
            if not request.get("examine", True):
                yield overview(supervisor)
                return
            yield overview(supervisor) | {
                "units": [status.as_json() for status in await supervisor.examined()]
            }
        case "down":
            supervisor.ask_to_stop()
            yield {}
        case "restart" | "stop" | "up" as what:
            try:
                async for reply in _changed(supervisor, what, list(request.get("units", ()))):
                    yield reply
            except DevkitError as refused:
                yield {"error": refused.message, "fix": refused.fix, "exit_code": int(refused.exit_code)}
        case "debug":
            problem = supervisor.debug(str(request.get("unit")), wait=bool(request.get("wait")))
            yield {"error": problem, "fix": "./devkit debug --status"} if problem else {}
        case "follow":
            async for reply in follow(supervisor):
                yield reply
        case "watch":
            async for reply in watch(supervisor):
                yield reply
        case other:
            yield {"error": f"unknown request {other!r}"}


async def _changed(supervisor: Controlled, what: str, words: Sequence[str]) -> AsyncIterator[dict[str, Any]]:
    """Restarts, stops or adds units, with beats meanwhile; then what has become of them. Raises DevkitError."""
    if what == "up":
        adding = _to_the_end(supervisor.operations.add(words))
        async for beat in _while(adding, lambda: unsettled(supervisor)):
            yield beat
        yield {"started": adding.result()}
        return
    names = _running(supervisor, words)
    if what == "stop" and (
        tasks := [s.name for s in supervisor.statuses() if s.name in names and s.kind == TASK]
    ):
        raise DevkitError(f"{tasks[0]} ends by itself", exit_code=ExitCode.USAGE)
    operations = supervisor.operations
    if what == "restart" and (missing := operations.stopped_needs(names)):
        raise DevkitError(
            f"{', '.join(names)} cannot start: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} stopped",
            fix=f"./devkit up {' '.join(names)} starts all that is needed",
        )
    doing = operations.restart(names) if what == "restart" else _to_the_end(operations.stop(names))
    async for beat in _while(doing, lambda: unsettled(supervisor)):
        yield beat
    units = [status.as_json() for status in supervisor.statuses() if status.name in names]
    yield {"units": units, "needed_by": operations.needing(names) if what == "stop" else []}


def _running(supervisor: Controlled, words: Sequence[str]) -> list[str]:
    """The units that words name, which are there and not off. Raises DevkitError for others."""
    units = {status.name: status for status in supervisor.statuses()}
    there = {name: status for name, status in units.items() if status.state is not State.OFF}
    members: dict[str, list[str]] = {}
    for status in there.values():
        members.setdefault(status.group, []).append(status.name)
    members.pop("", None)
    for word in words:
        if word in units and word not in there:
            raise DevkitError(f"{word} does not run here: {units[word].detail}")
        if word not in units and word not in members:
            _refuse_from_table(supervisor.root, word)
    return named(words, list(there), members, running=True)


def _refuse_from_table(root: Path, name: str) -> None:
    """Raises DevkitError (exit 2) for a service that the table has, and that does not run."""
    table, _ = load_table(table_file(root))
    if table is not None and name in table.services:
        services_named(table, [name])
        raise DevkitError(
            f"{name} is in dev/services.yaml, but was not started", fix=f"./devkit up {name}",
            exit_code=ExitCode.USAGE,
        )  # fmt: skip


def _to_the_end(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """Is done whole, also where who asked for it does not wait: half of it would be neither old nor new."""
    task = asyncio.create_task(work)
    _going.add(task)
    task.add_done_callback(_going.discard)
    return task


async def _while(
    work: Coroutine[Any, Any, object] | asyncio.Task[Any], detail: Callable[[], str]
) -> AsyncIterator[dict[str, Any]]:
    """A beat now and then, so that the caller knows that somebody is at work, and on what. A coroutine ends with this."""
    task = work if isinstance(work, asyncio.Task) else asyncio.create_task(work)
    try:
        while not (await asyncio.wait({task}, timeout=BEAT))[0]:
            yield {"beat": detail()}
        task.result()
    finally:
        if task not in _going:
            task.cancel()
