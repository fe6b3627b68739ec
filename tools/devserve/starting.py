"""How a process comes to be, chosen once for a fork server.

A Python process is a fork of the server, which has imported what it needs; or, where forking after imports is not safe, a
fresh interpreter (`spawns`). Any other program is started by fork and exec in one step of C, which is safe everywhere.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, Protocol

from devserve import wire

__all__ = [
    "ENDINGS",
    "SPAWN_VARIABLE",
    "Forking",
    "Spawning",
    "Starter",
    "interpreter",
    "run_program",
    "spawns",
]

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SPAWN_VARIABLE = "DEVKIT_SPAWN"
_TOOLS = Path(__file__).resolve().parents[1]
# Of the socket through which a fresh interpreter is told its work: an environment is larger than macOS's 8 kB.
_BUFFER = 1 << 20


def spawns() -> bool:
    """Whether Python processes are started as fresh interpreters: on macOS, where a fork that asks for proxies (or touches
    Objective-C in any other way) may be killed. The variable overrides that. Raises ValueError for any other value of it.
    """
    value = os.environ.get(SPAWN_VARIABLE, "")
    if value not in ("", "0", "1"):
        raise ValueError(f"{SPAWN_VARIABLE}={value} is neither 0 (fork) nor 1 (spawn)")
    return value == "1" if value else sys.platform == "darwin"


def interpreter(module: str) -> list[str]:
    """The command that runs `main` of a module beside this package, or in it; it knows no PYTHONPATH. Arguments may follow."""
    return [
        sys.executable, "-E", "-s", "-X", "frozen_modules=off", "-c",
        f"import sys; sys.path.insert(0, sys.argv.pop(1)); from {module} import main; main()", str(_TOOLS),
    ]  # fmt: skip


class Starter(Protocol):
    """`shares`: its processes have what the fork server has imported."""

    shares: bool

    def start(
        self, work: Mapping[str, Any], sockets: Sequence[socket.socket | None], output: int | None
    ) -> int:
        """Starts a process, the leader of a session, that does this work (`child.begin`) with these sockets and the output
        on a descriptor (None: where the server itself writes to). Its pid. Raises OSError."""


class Forking:
    """`let_go` is called in the child: it closes all that is the server's but these sockets."""

    shares = True

    def __init__(self, let_go: Callable[[Sequence[socket.socket | None]], None]) -> None:
        self._let_go = let_go

    def start(
        self, work: Mapping[str, Any], sockets: Sequence[socket.socket | None], output: int | None
    ) -> int:
        # The handlers of the server are the child's too until it heeds signals: one that is sent at once would be lost, and
        # a process live on that was told to end. Blocked, it waits.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
        pid = -1
        try:
            pid = os.fork()
        finally:
            if pid != 0:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if pid == 0:
            self._begin(work, sockets, output)
        return pid

    def _begin(
        self, work: Mapping[str, Any], sockets: Sequence[socket.socket | None], output: int | None
    ) -> NoReturn:
        try:
            from devserve.child import begin

            os.setsid()
            signal.set_wakeup_fd(-1)
            self._let_go(sockets)
            begin(work, sockets, output)
        finally:
            os._exit(70)  # EX_SOFTWARE (sysexits.h); never back into the server's loop


class Spawning:
    """A fresh interpreter is told its work through a socket, since everybody may read a command line."""

    shares = False

    def start(
        self, work: Mapping[str, Any], sockets: Sequence[socket.socket | None], output: int | None
    ) -> int:
        ours, theirs = socket.socketpair()
        kept = [each.fileno() for each in sockets if each is not None]
        with ours, theirs:
            with contextlib.suppress(OSError):  # more than this system allows: then it waits until it is read
                ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
            pid = _launch(interpreter("devserve.spawned"), theirs, output, pass_fds=kept)
            theirs.close()
            numbers = [each.fileno() if each is not None else None for each in sockets]
            with contextlib.suppress(OSError):  # it has ended already, as its exit code will say
                wire.send(ours, {"work": dict(work), "sockets": numbers})
        return pid


def run_program(start: Mapping[str, Any], output: int) -> int:
    """Starts a program (`argv`, `cwd`, `env`), the leader of a session. Its pid. Raises OSError."""
    return _launch(
        start["argv"], subprocess.DEVNULL, output, cwd=start["cwd"], env=start["env"], restore_signals=False
    )


def _launch(argv: Sequence[str], stdin: Any, output: int | None, **options: Any) -> int:
    """The server's handlers do not survive the exec, so the program ends on whatever it is sent from here on."""
    process = subprocess.Popen(
        argv, stdin=stdin, stdout=output, stderr=output, start_new_session=True, **options
    )
    process.returncode = 0  # the fork server reaps all of its children itself: this object is not to
    return process.pid
