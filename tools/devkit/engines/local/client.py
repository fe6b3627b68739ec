"""The callers' side of the supervisor's private Unix socket. Light: `webhook` and `status` go through it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from devkit.base.clone import is_ours, known_clone
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import STATE_FOLDER
from devkit.engines.events import Status
from devkit.engines.local.state import RunState, load_state

__all__ = [
    "BEAT",
    "SOCKET",
    "NothingRuns",
    "SupervisorSilent",
    "ask",
    "follow",
    "inside",
    "is_running",
    "nothing_runs",
    "running",
    "units",
    "watch",
]

SOCKET = "control.sock"
# Seconds between two signs of life while a request takes its time.
BEAT = 2.0
# Seconds of silence after which one looks what holds the supervisor, and after which it is given up.
_LOOK, _SILENCE = 3.0, 30.0


class NothingRuns(DevkitError):
    """Nobody answers for this clone; the message says what is left of its platform, if anything."""


class SupervisorSilent(DevkitError):
    """A supervisor is there and does not answer; the message says why, as far as can be seen."""


@contextlib.contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Works in `folder` for a moment: a socket's address holds about 100 bytes, less than many a path."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def is_running(root: Path) -> bool:
    """Whether there is a supervisor of this clone, which may be too busy to answer. Raises DevkitError (exit 5) when the
    state here is another clone's."""
    known_clone(root)
    connection = _connected(root)
    if connection:
        connection.close()
    return connection is not None


def running(root: Path) -> RunState | None:
    """What runs in this clone, None when nothing does."""
    state = load_state(root)
    return state if state and is_running(root) else None


def units(root: Path) -> list[Status]:
    """Every unit, as it answers now. Raises DevkitError when nothing runs."""
    return [Status.from_json(unit) for unit in ask(root, do="status")["units"]]


def ask(root: Path, *, deadline: float | None = None, **request: object) -> dict[str, Any]:
    """One request, one reply. Raises DevkitError when nothing runs, with what the supervisor answers, or with what it was
    waiting for after `deadline` seconds."""
    for reply in _exchange(root, request, deadline):
        return reply
    return {}


def follow(root: Path, deadline: float, on_wait: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """Statuses as they change until everything is settled; the last item is the overview (`units`). `on_wait` is told
    what is being waited for while nothing changes. Raises DevkitError with that after `deadline` seconds."""
    yield from _exchange(root, {"do": "follow"}, deadline, on_wait)


def watch(root: Path) -> Iterator[dict[str, Any]]:
    """Everything that happens, from now on until the platform ends (`streams.watch`). Raises DevkitError as `ask`."""
    yield from _exchange(root, {"do": "watch"}, None)


def _exchange(
    root: Path,
    request: dict[str, object],
    deadline: float | None,
    on_wait: Callable[[str], None] = lambda _: None,
) -> Iterator[dict[str, Any]]:
    known_clone(root)
    connection = _connected(root)
    if connection is None:
        raise nothing_runs(root)
    until = None if deadline is None else time.monotonic() + deadline
    with connection:
        connection.settimeout(_LOOK)
        connection.sendall(json.dumps(request).encode() + b"\n")
        for line in _lines(root, connection):
            reply: dict[str, Any] = json.loads(line)
            if "beat" in reply:
                on_wait(reply["beat"])
                if until is not None and time.monotonic() > until:
                    what = f": {reply['beat']}" if reply["beat"] else ""
                    raise DevkitError(
                        f"not done after {deadline:g} s{what}", fix="./devkit status, ./devkit logs"
                    )
                continue
            if "error" in reply:
                code = ExitCode(reply.get("exit_code", ExitCode.CHECK_FAILED))
                raise DevkitError(reply["error"], fix=reply.get("fix"), exit_code=code)
            if reply.get("clone") and not is_ours(root, reply["clone"]):
                raise DevkitError(
                    f"the supervisor that answers in {STATE_FOLDER} is another clone's (pid {reply['pid']})",
                    fix="./devkit down in that clone", exit_code=ExitCode.REFUSED,
                )  # fmt: skip
            yield reply


def _lines(root: Path, connection: socket.socket) -> Iterator[bytes]:
    """The lines of replies. Raises SupervisorSilent as soon as it is plain that none will come."""
    buffer, silent_since = b"", time.monotonic()
    while True:
        try:
            data = connection.recv(1 << 16)
        except TimeoutError:
            _refuse_silence(root, time.monotonic() - silent_since)
            continue
        except ConnectionError:
            return
        if not data:
            return
        silent_since = time.monotonic()
        *lines, buffer = (buffer + data).split(b"\n")
        yield from lines


def _refuse_silence(root: Path, seconds: float) -> None:
    """Raises SupervisorSilent when the supervisor is stopped, or has been silent for too long."""
    from devkit.engines.local.belongings import belongings

    supervisor = belongings(root).supervisor
    stops = "./devkit down ends it and all that it started"
    if supervisor is not None and _process_state(supervisor.pid) == "stopped":
        raise SupervisorSilent(
            f"the supervisor (pid {supervisor.pid}) is stopped, as by Ctrl-Z",
            fix=f"`fg` in its terminal, or kill -CONT {supervisor.pid}; {stops}",
        )
    if seconds > _SILENCE:
        who = f" (pid {supervisor.pid})" if supervisor else ""
        raise SupervisorSilent(f"the supervisor{who} has not answered for {seconds:.0f} s", fix=stops)


def _process_state(pid: int) -> str:
    """In psutil's words; empty when it cannot be seen."""
    import psutil

    try:
        return psutil.Process(pid).status()
    except psutil.Error:
        return ""


def _connected(root: Path) -> socket.socket | None:
    """A connection to whoever listens here; None when nobody does."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(_SILENCE)
        with inside(root / STATE_FOLDER):
            connection.connect(SOCKET)
    except OSError:
        connection.close()
        return None
    return connection


def nothing_runs(root: Path) -> NothingRuns:
    """What someone is told whose platform does not answer: mostly that none runs."""
    from devkit.engines.local.belongings import belongings

    found = belongings(root)
    if found.supervisor:
        there = (root / STATE_FOLDER / SOCKET).exists()
        why = "but does not answer" if there else f"but its state in {STATE_FOLDER} is gone"
        return NothingRuns(
            f"this clone's platform runs (pid {found.supervisor.pid}), {why}",
            fix="./devkit down ends it, ./devkit up starts it anew",
        )
    if found:
        return NothingRuns(
            f"nothing supervises this clone's platform any more; {len(found.others)} of its processes are left",
            fix="./devkit down ends them",
        )
    return NothingRuns("nothing runs in this clone", fix="./devkit up starts it")
