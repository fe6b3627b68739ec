"""What the launcher says. On standard error: standard output belongs to the command that follows."""

from __future__ import annotations

import os
import sys
import time
from typing import NoReturn

__all__ = ["Progress", "fail", "say"]


def say(text: str) -> None:
    """A line of progress."""
    print(f"devkit: {text}", file=sys.stderr, flush=True)


def fail(message: str, fix: str, code: int = 3) -> NoReturn:
    """Ends with what is wrong and what to do about it."""
    print(f"devkit: {message}\n    → {fix}", file=sys.stderr)
    sys.exit(code)


class Progress:
    """One line that counts packages; on a terminal it stays in place, elsewhere it speaks every ten.

    `total` are those that the locks name; pip tells which of them are not for this machine before it fetches any.
    """

    def __init__(self, total: int, what: str = "packages") -> None:
        self.total, self.what, self.done, self.started = total, what, 0, time.monotonic()
        self._terminal = _has_terminal()
        self._shown = False

    def heard(self, line: str) -> None:
        """Takes a line of pip's."""
        if line.startswith("Ignoring "):
            self.total -= 1
        elif line.startswith(("Collecting ", "Requirement already satisfied: ")):
            self.done = min(self.done + 1, self.total)
            if self._terminal or self.done % 10 == 0:
                self._show(f"fetching {self.what} {self.done}/{self.total}")
        elif line.startswith("Installing collected packages: "):  # the longest step, in which pip says nothing
            self._show(f"unpacking {self.what}, {line.count(',') + 1} of {self.total}")

    def _show(self, text: str) -> None:
        text = f"devkit: {text} ({time.monotonic() - self.started:.0f} s)"
        self._shown = True
        print(
            f"\r\x1b[K{text}" if self._terminal else text,
            end="" if self._terminal else "\n", file=sys.stderr, flush=True,
        )  # fmt: skip

    def close(self) -> None:
        """Leaves an empty line to whoever writes next."""
        if self._terminal and self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _has_terminal() -> bool:
    """Whether standard error is a terminal that is this job's: what runs in the background does not paint over the shell."""
    try:
        return os.tcgetpgrp(2) == os.getpgrp() and os.environ.get("TERM") != "dumb"
    except OSError:
        return False
