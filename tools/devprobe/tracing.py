"""Which line of the repository's code changes a variable, found by looking at it before and after every line."""

from __future__ import annotations

import linecache
import re
import sys
import threading
from collections.abc import Hashable
from types import FrameType
from typing import Any

from devprobe.memory import Memory
from devprobe.records import Records
from devprobe.slots import Slot

__all__ = ["Tracing"]

_STACK = 6


class Tracing:
    """Looks at the variables `keys` alone; `find` resolves them, since some come to be with the first request."""

    def __init__(self, records: Records, memory: Memory, keys: tuple[str, ...]) -> None:
        self._records, self._memory, self._keys = records, memory, set(keys)
        self._slots: dict[str, Slot] = {}
        self._known: dict[str, Hashable] = {}
        self._before = threading.local()
        self._lock = threading.RLock()
        self._told: set[tuple[str, str, int]] = set()

    def start(self) -> None:
        """From here on in this thread and in those that are started later."""
        threading.settrace(self._called)
        sys.settrace(self._called)

    def find(self) -> None:
        """Looks where the variables are now."""
        with self._lock:
            for slot in self._memory.slots():
                if slot.key in self._keys and slot.key not in self._slots:
                    self._slots[slot.key] = slot
                    self._known[slot.key] = self._memory.digest(slot)

    def _called(self, frame: FrameType, event: str, _: Any) -> Any:
        if not self._records.settings.is_code(frame.f_code.co_filename):
            return None
        self._looked(frame, event)
        return self._lined

    def _lined(self, frame: FrameType, event: str, _: Any) -> Any:
        self._looked(frame, event)
        return self._lined

    def _looked(self, frame: FrameType, event: str) -> None:
        """What changed since the last look did so in the line that was run before this one."""
        before = getattr(self._before, "line", None)
        with self._lock:
            for key, slot in self._slots.items():
                if slot.thread and slot.thread != threading.get_ident():
                    continue
                now = self._memory.digest(slot)
                if now != self._known[key]:
                    self._known[key] = now
                    if before:
                        self._tell(slot, before)
        # When a call ends, its caller's line is the one that goes on.
        where = frame.f_back if event == "return" else frame
        if where is not None and self._records.settings.is_code(where.f_code.co_filename):
            self._before.line = _stack(where)
        elif event != "return":
            self._before.line = _stack(frame)

    def _tell(self, slot: Slot, stack: list[tuple[str, int, str]]) -> None:
        file, line, _ = stack[0]
        text = linecache.getline(file, line)
        names = "|".join(map(re.escape, slot.title.split(".")[-2:]))
        if not re.search(rf"\b(?:{names})\b", text) and (
            not slot.own or re.search(r"\b(?:await|yield)\b", text)
        ):
            return  # a library did that, by itself or while this line waited
        if (slot.key, file, line) not in self._told:
            self._told.add((slot.key, file, line))
            self._records.write("wrote", key=slot.key, stack=stack)


def _stack(frame: FrameType) -> list[tuple[str, int, str]]:
    found: list[tuple[str, int, str]] = []
    each: FrameType | None = frame
    while each is not None and len(found) < _STACK:
        found.append((each.f_code.co_filename, each.f_lineno, each.f_code.co_name))
        each = each.f_back
    return found
