"""The file of records: one JSON object a line, from every process of a service."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from contextvars import ContextVar
from types import FrameType

from devprobe.settings import Settings

__all__ = ["Records", "scope"]

_FRAMES, _DEEPEST = 8, 200

scope: ContextVar[tuple[str, ...]] = ContextVar("devprobe_scope", default=())
"""The request or task that is under way, below those that began it."""


class Records:
    """Appends what is seen. Each line is written by one call, so those of several processes do not mix."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._file = os.open(settings.records, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def write(self, what: str, **about: object) -> None:
        """One record, with the process, the time and the scope."""
        line = {
            "what": what,
            "pid": os.getpid(),
            "parent": os.getppid(),
            "at": time.monotonic(),
            "scope": scope.get(),
            **about,
        }
        with contextlib.suppress(OSError):
            os.write(self._file, json.dumps(line, default=str).encode() + b"\n")

    def stack(self) -> list[tuple[str, int, str]]:
        """The repository's own frames, innermost first: file, line, function. Where there are none, the innermost others."""
        own: list[tuple[str, int, str]] = []
        others: list[tuple[str, int, str]] = []
        frame: FrameType | None = sys._getframe(1)
        for _ in range(_DEEPEST):
            if frame is None or len(own) == _FRAMES:
                break
            code = frame.f_code
            here = (code.co_filename, frame.f_lineno, code.co_name)
            if self.settings.is_code(code.co_filename):
                own.append(here)
            elif len(others) < _FRAMES and "devprobe" not in code.co_filename:
                others.append(here)
            frame = frame.f_back
        return own or others
