"""Programs that prepare the start of a process, such as a package manager: each can be ended, with all that it started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Finished", "ProgramEnded", "Programs", "end_session", "in_loop"]

# Seconds from SIGTERM to SIGKILL, for the rest of the output of a program that has ended, from Ctrl-C to SIGKILL.
GRACE, _REST, _CTRL_C = 3.0, 1.0, 0.5


class ProgramEnded(Exception):
    """The program was ended on request: what it did is not complete, and it did not fail."""


@dataclass(frozen=True)
class Finished:
    """How a program ended, negative for a signal, and what it wrote to both of its outputs."""

    code: int
    output: str


class Programs:
    """Runs the programs of one preparation, from its thread; any thread may end them.

    Each gets a session of its own, so that all that it starts ends with it. `apart` False is for a command that waits for
    the program in a terminal, where Ctrl-C reaches both. `say` gets what is to be told in the process's log.
    """

    def __init__(self, *, apart: bool = True, say: Callable[[str], None] = lambda _: None) -> None:
        self.say = say
        self._apart = apart
        self._lock = threading.Lock()
        self._running: subprocess.Popen[bytes] | None = None
        self._ended = threading.Event()

    @property
    def ended(self) -> bool:
        """Whether somebody asked for the end."""
        return self._ended.is_set()

    def run(
        self,
        command: Sequence[str],
        *,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Finished:
        """Runs one program and waits for it. Raises ProgramEnded when it was ended on request, OSError when it cannot start."""
        process: subprocess.Popen[bytes] | None = None
        said: list[bytes] = []
        try:
            with self._lock, _ctrl_c_waits():
                if self.ended:
                    raise ProgramEnded
                process = self._running = subprocess.Popen(
                    command, cwd=folder, env=None if environment is None else dict(environment),
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                    start_new_session=self._apart,
                )  # fmt: skip
            # Not by communicate(): a process that it left behind may hold the pipe open for ever.
            reading = threading.Thread(target=_read, args=(process, said), daemon=True)
            reading.start()
            code = process.wait()
        except BaseException:  # Ctrl-C: it has heard of that too
            if process is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_CTRL_C)
                process.kill()
            raise
        finally:
            with self._lock:
                self._running = None
            if self._apart and process is not None:
                end_session(process.pid)
        reading.join(_REST)
        if self.ended:
            raise ProgramEnded
        return Finished(code, b"".join(said).decode("utf-8", "replace"))

    def end(self, grace: float = GRACE) -> None:
        """Ends what runs, and lets nothing more start. Returns at once: by force after `grace` seconds."""
        with self._lock:
            self._ended.set()
            process = self._running
            if process is not None:
                _signal(process, signal.SIGTERM)
                threading.Thread(target=self._force, args=(process, grace), daemon=True).start()

    def _force(self, process: subprocess.Popen[bytes], grace: float) -> None:
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            with self._lock:
                if self._running is process:
                    _signal(process, signal.SIGKILL)


@contextlib.contextmanager
def _ctrl_c_waits() -> Iterator[None]:
    """Ctrl-C within the block counts at its end: a Popen that is interrupted forgets the child that it has started."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    for number in came[:1]:
        signal.raise_signal(number)


def end_session(leader: int) -> None:
    """Kills what a session's leader left behind: its group, and, where there is /proc, those that made groups of their own.

    They would hold the service's port, and its output open. A debugger gives the program that it starts such a group.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
    with contextlib.suppress(OSError):
        for name in os.listdir("/proc"):  # noqa: PTH208
            with contextlib.suppress(ValueError, ProcessLookupError, PermissionError):
                if os.getsid(int(name)) == leader:
                    os.kill(int(name), signal.SIGKILL)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """To its whole group, one that is stopped too."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
        os.killpg(process.pid, signal.SIGCONT)


def _read(process: subprocess.Popen[bytes], said: list[bytes]) -> None:
    assert process.stdout is not None
    with process.stdout as output:
        while data := os.read(output.fileno(), 1 << 16):
            said.append(data)


def in_loop(act: Callable[[str], None]) -> Callable[[str], None]:
    """`act` for other threads: it is called in the loop that runs now, and not at all once that has ended."""
    loop = asyncio.get_running_loop()

    def later(words: str) -> None:
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(act, words)

    return later
