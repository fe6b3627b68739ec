"""How other calls of devkit talk to the running supervisor: JSON lines over a private Unix socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Protocol

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import state_dir
from devkit.engines.events import Event, Listener, State, Status
from devkit.engines.local.state import RunState, load_state
from devkit.engines.names import unknown_service

__all__ = ["ask", "follow", "is_running", "running", "serve_control", "units"]

_NAME = "control.sock"


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """Works in `folder` for a moment: a socket's address holds about 100 bytes, less than many a path."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


class Controlled(Protocol):
    """What can be controlled: the supervisor, as this module needs it."""

    root: Path
    offset: int

    def listen(self, listener: Listener) -> None: ...
    def unlisten(self, listener: Listener) -> None: ...
    def statuses(self) -> list[Status]: ...
    def ask_to_stop(self) -> None: ...
    def restart(self, unit: str) -> asyncio.Event | None: ...
    def debug(self, unit: str, *, wait: bool) -> str | None: ...
    async def settled(self) -> None: ...
    async def examined(self) -> list[Status]: ...


# The supervisor's side ------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def serve_control(supervisor: Controlled) -> AsyncIterator[None]:
    """Answers requests until the block ends."""
    folder = state_dir(supervisor.root)
    (folder / _NAME).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with _inside(folder):
        listener.bind(_NAME)
        Path(_NAME).chmod(0o600)
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
        (folder / _NAME).unlink(missing_ok=True)


async def _answers(supervisor: Controlled, request: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    match request.get("do"):
        case "status":
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
                await settled.wait()
                yield {"status": next(s.as_json() for s in supervisor.statuses() if s.name == unit)}
        case "debug":
            problem = supervisor.debug(str(request.get("unit")), wait=bool(request.get("wait")))
            yield {"error": problem, "fix": "./devkit debug --status"} if problem else {}
        case "follow":
            async for reply in _follow(supervisor):
                yield reply
        case other:
            yield {"error": f"unknown request {other!r}"}


def _does_not_run(supervisor: Controlled, unit: str) -> DevkitError:
    units = {status.name: status for status in supervisor.statuses()}
    if unit in units:
        return DevkitError(f"{unit} does not run here: {units[unit].detail}")
    running = [name for name, status in units.items() if status.state is not State.OFF]
    return unknown_service(unit, running, running=True)


def _refusal(problem: DevkitError) -> dict[str, Any]:
    return {"error": problem.message, "fix": problem.fix, "exit_code": int(problem.exit_code)}


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
            await asyncio.wait({getting, settled}, return_when=asyncio.FIRST_COMPLETED)
            if getting.done() and (news := getting.result().status):
                yield {"status": news.as_json()}
            getting.cancel()
        yield _overview(supervisor)
    finally:
        supervisor.unlisten(queue.put_nowait)
        settled.cancel()


def _overview(supervisor: Controlled) -> dict[str, Any]:
    return {
        "pid": os.getpid(),
        "offset": supervisor.offset,
        "units": [status.as_json() for status in supervisor.statuses()],
    }


# The callers' side ----------------------------------------------------------------------------------


def is_running(root: Path) -> bool:
    """Whether a supervisor of this clone answers."""
    try:
        _connect(root).close()
    except DevkitError:
        return False
    return True


def running(root: Path) -> RunState | None:
    """What runs in this clone, None when nothing does."""
    state = load_state(root)
    return state if state and is_running(root) else None


def units(root: Path) -> list[Status]:
    """Every unit, as it answers now. Raises DevkitError when nothing runs."""
    return [Status.from_json(unit) for unit in ask(root, do="status")["units"]]


def ask(root: Path, **request: object) -> dict[str, Any]:
    """One request, one reply. Raises DevkitError when nothing runs, or with what the supervisor answers."""
    for reply in _exchange(root, request):
        return reply
    return {}


def follow(root: Path) -> Iterator[dict[str, Any]]:
    """Statuses as they change until everything is settled; the last item is the overview (`units`)."""
    yield from _exchange(root, {"do": "follow"})


def _exchange(root: Path, request: dict[str, object]) -> Iterator[dict[str, Any]]:
    with _connect(root) as connection, connection.makefile("rw", encoding="utf-8") as stream:
        stream.write(json.dumps(request) + "\n")
        stream.flush()
        for line in stream:
            reply: dict[str, Any] = json.loads(line)
            if "error" in reply:
                code = ExitCode(reply.get("exit_code", ExitCode.CHECK_FAILED))
                raise DevkitError(reply["error"], fix=reply.get("fix"), exit_code=code)
            yield reply


def _connect(root: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _inside(state_dir(root)):
            connection.connect(_NAME)
    except OSError:
        connection.close()
        raise DevkitError("nothing runs in this clone", fix="./devkit up starts it") from None
    return connection
