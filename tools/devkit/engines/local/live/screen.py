"""`up`'s side of the view: a child that has the screen while the terminal is this job's, plain lines while it is not."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import termios
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from devkit.base.console import emit, in_foreground, is_terminal, say
from devkit.base.paths import INSTALLATION
from devkit.engines.events import Event
from devkit.engines.local.live import LEFT, PUT_ASIDE
from devkit.engines.local.view import PlainView

__all__ = ["Screen", "has_screen"]

_EVERY = 0.1  # seconds between two looks whose the terminal is
_TO_LEAVE = 5.0  # seconds that the view gets to restore the screen
# What a view that was killed has left on: the other screen, no cursor, reports of focus and of pastes.
_RESTORED = "\x1b[?1049l\x1b[?25h\x1b[?1004l\x1b[?2004l\x1b[0m"


def has_screen() -> bool:
    """Whether there is a terminal to paint on, with keys."""
    return is_terminal() and sys.stdin is not None and sys.stdin.isatty()


class Screen:
    """A listener of events for the time of an `up`. Once the user leaves the view, this process gets SIGTERM."""

    def __init__(self, root: Path, names: Sequence[str]) -> None:
        self._root = root
        self._child: subprocess.Popen[bytes] | None = None
        self._broken = False
        self._unread: deque[str] = deque(maxlen=500)  # what only the view has shown
        self._plain = PlainView(names, write=self._write)
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._following = threading.Thread(target=self._follow_terminal, daemon=True)

    def __enter__(self) -> Screen:
        self._terminal = termios.tcgetattr(0)
        self._on_stop = signal.signal(signal.SIGTSTP, self._stopped)
        self._following.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._ended.set()
        self._following.join()
        signal.signal(signal.SIGTSTP, self._on_stop)
        self._take_back()

    def __call__(self, event: Event) -> None:
        self._plain(event)

    def _write(self, line: str) -> None:
        # Without the lock: who holds it may wait for a slow terminal, and the platform waits for nobody.
        if self._child is None:
            emit(line)
        else:
            self._unread.append(line)

    def _follow_terminal(self) -> None:
        with contextlib.suppress(
            OSError, termios.error
        ):  # the terminal has gone; so does the platform, by SIGHUP
            while not self._ended.wait(_EVERY):
                with self._lock:
                    if self._child is None:
                        if in_foreground() and not self._broken:
                            self._child = self._started()
                    elif self._child.poll() is not None:
                        self._left(self._child.returncode)
                    elif not in_foreground():
                        self._take_back()

    def _started(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-E", "-s", str(INSTALLATION / "tools"), "view", "--owned"]
        return subprocess.Popen(command, cwd=self._root, env={**os.environ, "DEVKIT_ROOT": str(self._root)})

    def _left(self, code: int) -> None:
        self._take_back(restore=code not in (LEFT, PUT_ASIDE))
        if code == PUT_ASIDE:
            os.kill(os.getpid(), signal.SIGSTOP)
        elif code == LEFT:
            os.kill(os.getpid(), signal.SIGTERM)
        else:
            self._broken = True
            say(f"devkit: the live view has ended ({code}); the platform goes on: Ctrl-C stops it")

    def _take_back(self, *, restore: bool = False) -> None:
        """Ends the view, if there is one; what was on it stays readable in the terminal's history."""
        with self._lock:
            if self._child is not None:
                self._child.terminate()
                try:
                    self._child.wait(_TO_LEAVE)
                except subprocess.TimeoutExpired:
                    self._child.kill()
                    self._child.wait()
                    restore = True
                self._child = None
                if restore and in_foreground():
                    termios.tcsetattr(0, termios.TCSANOW, self._terminal)
                    emit(_RESTORED)
            while self._unread:
                emit(self._unread.popleft())

    def _stopped(self, *_: object) -> None:
        """Ctrl-Z where no view has the keys, and `kill -TSTP`."""
        self._take_back()
        signal.raise_signal(signal.SIGSTOP)
