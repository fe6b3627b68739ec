"""The supervisor's side of its private Unix socket: JSON lines, a request and its replies."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, Protocol

from devkit.base.clone import CLONE_VARIABLE
from devkit.base.errors import DevkitError
from devkit.base.paths import state_dir
from devkit.engines.events import Event, Listener, State, Status
from devkit.engines.local.client import BEAT, SOCKET, inside
from devkit.engines.names import unknown_service

__all__ = ["serve_control"]


class Controlled(Protocol):
    """What can be controlled: the supervisor, as this module needs it."""

    root: Path
    offset: int

    def listen(self, listener: Listener) -> None: ...
    def unlisten(self, listener: Listener) -> None: ...
    def statuses(self) -> list[Status]: ...
    def want_commands(self) -> None: ...
    def ask_to_stop(self) -> None: ...
    def restart(self, unit: str) -> asyncio.Event | None: ...
    def debug(self, unit: str, *, wait: bool) -> str | None: ...
    async def settled(self) -> None: ...
    async def examined(self) -> list[Status]: ...


@contextlib.asynccontextmanager
async def serve_control(supervisor: Controlled) -> AsyncIterator[None]:
    """Answers requests until the block ends."""
    folder = state_dir(supervisor.root)
    (folder / SOCKET).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with inside(folder):
        listener.bind(SOCKET)
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
    if request.get("do") in ("status", "restart", "debug"):
        supervisor.want_commands()
    match request.get("do"):
        case "status":
            if not request.get("examine", True):
                yield _overview(supervisor)
                return
            yield _overview(supervisor) | {
                "units": [status.as_json() for status in await supervisor.examined()]
            }
        case "down":
            supervisor.ask_to_stop()
            yield {}
        case "restart":
            unit = str(request.get("unit"))
            settled = supervisor.restart(unit)
            if settled is None:
                yield _refusal(_does_not_run(supervisor, unit))
            else:
                async for beat in _while(settled.wait(), lambda: _doing(_status(supervisor, unit))):
                    yield beat
                yield {"status": _status(supervisor, unit).as_json()}
        case "debug":
            problem = supervisor.debug(str(request.get("unit")), wait=bool(request.get("wait")))
            yield {"error": problem, "fix": "./devkit debug --status"} if problem else {}
        case "follow":
            async for reply in _follow(supervisor):
                yield reply
        case other:
            yield {"error": f"unknown request {other!r}"}


def _status(supervisor: Controlled, unit: str) -> Status:
    return next(status for status in supervisor.statuses() if status.name == unit)


def _does_not_run(supervisor: Controlled, unit: str) -> DevkitError:
    units = {status.name: status for status in supervisor.statuses()}
    if unit in units:
        return DevkitError(f"{unit} does not run here: {units[unit].detail}")
    running = [name for name, status in units.items() if status.state is not State.OFF]
    return unknown_service(unit, running, running=True)


def _refusal(problem: DevkitError) -> dict[str, Any]:
    return {"error": problem.message, "fix": problem.fix, "exit_code": int(problem.exit_code)}


async def _while(
    waiting: Coroutine[Any, Any, object], detail: Callable[[], str]
) -> AsyncIterator[dict[str, Any]]:
    """A beat now and then, so that the caller knows that somebody is at work, and on what."""
    task = asyncio.create_task(waiting)
    try:
        while not (await asyncio.wait({task}, timeout=BEAT))[0]:
            yield {"beat": detail()}
    finally:
        task.cancel()


async def _follow(supervisor: Controlled) -> AsyncIterator[dict[str, Any]]:
    """Every change of status until all units are settled, then the overview."""
    queue: asyncio.Queue[Event] = asyncio.Queue()
    supervisor.listen(queue.put_nowait)
    settled = asyncio.create_task(supervisor.settled())
    try:
        for status in supervisor.statuses():
            yield {"status": status.as_json()}
        while not settled.done():
            getting = asyncio.create_task(queue.get())
            await asyncio.wait({getting, settled}, timeout=BEAT, return_when=asyncio.FIRST_COMPLETED)
            if not getting.done():
                yield {"beat": _unsettled(supervisor)}
            elif news := getting.result().status:
                yield {"status": news.as_json()}
            getting.cancel()
        yield _overview(supervisor)
    finally:
        supervisor.unlisten(queue.put_nowait)
        settled.cancel()


def _unsettled(supervisor: Controlled) -> str:
    """What is not settled yet, and what each of these does."""
    settled = (State.READY, State.DONE, State.OFF, State.CRASHED)
    return ", ".join(_doing(status) for status in supervisor.statuses() if status.state not in settled)


def _doing(status: Status) -> str:
    return f"{status.name} ({status.detail or status.state.value})"


def _overview(supervisor: Controlled) -> dict[str, Any]:
    return {
        "pid": os.getpid(),
        "clone": os.environ.get(CLONE_VARIABLE, ""),
        "offset": supervisor.offset,
        "units": [status.as_json() for status in supervisor.statuses()],
    }
