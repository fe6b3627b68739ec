"""Shows the log files of the units, and follows them."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from devkit.base.console import say
from devkit.engines.local.logfile import last_lines, log_path
from devkit.engines.local.view import PlainView

__all__ = ["show_logs"]

_PAUSE = 0.1


def show_logs(root: Path, shown: Sequence[str], *, follow: bool, lines: int) -> None:
    """Prints the last lines of each log, prefixed; with `follow` goes on until Ctrl-C."""
    view = PlainView(shown)
    followed = {name: _Tail(log_path(root, name)) for name in shown}
    more = []
    for name in shown:
        found = last_lines(log_path(root, name), lines + 1)
        if len(found) > lines:
            more.append(log_path(root, name))
        for line in found[-lines:] if lines else ():
            view.write(name, line)
    if more and not follow and sys.stderr.isatty():
        say(f"devkit: earlier lines: -n, or {more[0] if len(more) == 1 else f'{more[0].parent}/'}")
    while follow:
        for name, tail in followed.items():
            for line in tail.new_lines():
                view.write(name, line)
        time.sleep(_PAUSE)


class _Tail:
    """What a file gained since the last look; survives rotation."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._rest = b""
        if path.exists():
            self._file = path.open("rb")
            self._file.seek(0, 2)

    def new_lines(self) -> list[str]:
        data = self._file.read() if self._file else b""
        if not data and self._path.exists() and self._is_another():
            if self._file:
                self._file.close()
            self._file = self._path.open("rb")
            data = self._file.read()
        *whole, self._rest = (self._rest + data).split(b"\n")
        return [line.decode("utf-8", "replace") for line in whole]

    def _is_another(self) -> bool:
        if self._file is None:
            return True
        return self._path.stat().st_ino != os.fstat(self._file.fileno()).st_ino
