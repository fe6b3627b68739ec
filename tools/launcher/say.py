"""What the launcher says. On standard error: standard output belongs to the command that follows."""

from __future__ import annotations

import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable
from typing import NoReturn

__all__ = ["Progress", "fail", "normal", "say"]

_NAMED = re.compile(r"(?:Ignoring|Collecting|Requirement already satisfied:) (?P<name>[A-Za-z0-9._-]+)")


def say(text: str) -> None:
    """A line of progress."""
    print(f"devkit: {text}", file=sys.stderr, flush=True)


def fail(message: str, fix: str, code: int = 3) -> NoReturn:
    """Ends with what is wrong and what to do about it."""
    sys.stderr.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    print(f"devkit: {message}\n    → {fix}", file=sys.stderr)
    sys.exit(code)


def normal(name: str) -> str:
    """A package's name as all of its spellings share it."""
    return re.sub(r"[-_.]+", "-", name).lower()


class Progress:
    """One line that counts packages; on a terminal it stays in place, elsewhere it speaks every ten.

    `pins` names the package of each pin in the locks; before it fetches any, pip tells which pins are not for this machine.
    """

    def __init__(self, pins: Iterable[str] = (), what: str = "packages") -> None:
        self._pins, self._what, self._started = Counter(pins), what, time.monotonic()
        self._done: set[str] = set()
        self._terminal = _has_terminal()
        self._shown = False

    def heard(self, line: str) -> None:
        """Takes a line of pip's."""
        if named := _NAMED.match(line):
            name = normal(named["name"])
            if line.startswith("Ignoring "):
                self._pins[name] -= 1
            elif name not in self._done:
                self._done.add(name)
                if self._terminal or len(self._done) % 10 == 0:
                    total = len({*+self._pins, *self._done})
                    self._show(f"fetching {self._what} {len(self._done)}/{total}")
        elif line.startswith(
            "Installing collected packages: "
        ):  # the longest step, in which pip says nothing
            self._show(f"unpacking {line.count(',') + 1} packages")

    def _show(self, text: str) -> None:
        text = f"devkit: {text} ({time.monotonic() - self._started:.0f} s)"
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
    if not os.isatty(2) or os.environ.get("TERM") == "dumb":
        return False
    try:
        return os.tcgetpgrp(2) == os.getpgrp()
    except OSError:  # no jobs on that one
        return True
