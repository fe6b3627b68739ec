"""A real terminal with a screen that can be read: an interactive shell on a pseudo-terminal, emulated by pyte."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import shlex
import shutil
import signal
import struct
import termios
from collections.abc import Iterator, Mapping, Sequence

import pyte

__all__ = ["Terminal", "terminal"]


class Terminal:
    """An interactive bash; `seen` is what it was sent since the last keys."""

    def __init__(self, environment: Mapping[str, str], columns: int, lines: int) -> None:
        self.seen = ""
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self.pid, self._keys = pty.fork()
        if self.pid == 0:
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            os.execve(str(shutil.which("bash")), ["bash", "--norc", "--noprofile", "-i"], dict(environment))
        self.resize(columns, lines)
        os.set_blocking(self._keys, False)

    def type(self, keys: str) -> None:
        """Presses keys."""
        self.seen = ""
        os.write(self._keys, keys.encode())

    def run(self, command: Sequence[str], after: str = "") -> None:
        """Types a command."""
        self.type(shlex.join(command) + after + "\n")

    def resize(self, columns: int, lines: int) -> None:
        """Makes the window another size."""
        fcntl.ioctl(self._keys, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._screen.resize(lines, columns)

    def screen(self) -> list[str]:
        """The lines as a person sees them now."""
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self._keys, 1 << 16):
                self.seen += data.decode("utf-8", "replace")
                self._stream.feed(data)
        return [line.rstrip() for line in self._screen.display]

    def shows(self, text: str) -> bool:
        """Whether it is on the screen."""
        return any(text in line for line in self.screen())

    def sent(self, text: str) -> bool:
        """Whether it was sent since the last keys, escapes included."""
        self.screen()
        return text in self.seen

    def line(self, start: str) -> str:
        """The line of the screen that begins so, without leading blanks; empty when there is none."""
        return next((line.strip() for line in self.screen() if line.strip().startswith(start)), "")

    def close(self) -> None:
        """Closes the window."""
        os.close(self._keys)
        os.waitpid(self.pid, 0)


@contextlib.contextmanager
def terminal(environment: Mapping[str, str], *, columns: int = 100, lines: int = 30) -> Iterator[Terminal]:
    """One that is closed at the end, unless it was."""
    opened = Terminal({**environment, "TERM": "xterm-256color", "PS1": "$ "}, columns, lines)
    try:
        yield opened
    finally:
        with contextlib.suppress(OSError):
            opened.close()
