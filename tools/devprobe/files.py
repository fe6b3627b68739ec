"""Which files a process opens for writing, makes, moves and removes; of temporary ones also what it reads. Python tells of
its environment and its working folder by the same hook."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import Any

from devprobe.records import Records, scope

__all__ = ["Files"]

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Event → which of its arguments are paths that change, each with the one that says from which open folder it is meant.
_CHANGES = {
    "os.mkdir": ((0, 2),), "os.rename": ((0, 2), (1, 3)), "os.remove": ((0, 1),), "os.rmdir": ((0, 1),), "os.truncate": ((0, None),),
    "os.link": ((1, 3),), "os.symlink": ((1, 2),), "os.chmod": ((0, 2),), "os.chown": ((0, 3),), "os.utime": ((0, 3),),
    "os.setxattr": ((0, None),), "os.removexattr": ((0, None),),
}  # fmt: skip
_NO_FILES = ("/dev/", "/proc/", "/sys/")
_SHARED_MEMORY = "/dev/shm/"
_STARTS = ("subprocess.Popen", "os.posix_spawn", "os.system", "os.exec")
_REMOVES = ("os.remove", "os.rmdir")
_OPEN = "/proc/self/fd/{}"


class Files:
    """Installed once a process, for ever: Python has no way to take an audit hook out again."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._mine = threading.local()
        self._made: dict[str, tuple[tuple[str, ...], list[tuple[str, int, str]]]] = {}

    def watch(self) -> None:
        """From here on everything is seen."""
        sys.addaudithook(self._hook)

    def left(self, ended: tuple[str, ...]) -> None:
        """Notes which temporary files that this scope made are still there, now that it has ended."""
        for path, (made_by, stack) in list(self._made.items()):
            if made_by[: len(ended)] != ended:
                continue
            self._made.pop(path, None)
            if os.path.lexists(path):
                self._records.write("left", path=path, stack=stack)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        seen = self._seen(event)
        if seen is None or getattr(self._mine, "busy", False):
            return
        self._mine.busy = True
        try:
            seen(event, arguments)
        except Exception as problem:  # what watches must not change what it watches
            self._records.write("missed", event=event, problem=repr(problem))
        finally:
            self._mine.busy = False

    def _seen(self, event: str) -> Callable[[str, tuple[Any, ...]], None] | None:
        if event == "open":
            return self._opened
        if event in _CHANGES:
            return self._changed
        if event == "sqlite3.connect":
            return self._database
        if event in _STARTS:
            return self._started
        if event in ("os.putenv", "os.chdir"):
            return self._process_changed
        return self._bound if event == "socket.bind" else None

    def _opened(self, _: str, arguments: tuple[Any, ...]) -> None:
        path, mode, flags = arguments
        writes = bool(flags & _WRITES) if isinstance(flags, int) else any(c in (mode or "r") for c in "wax+")
        self._note("write" if writes else "read", path)

    def _changed(self, event: str, arguments: tuple[Any, ...]) -> None:
        for index, folder in _CHANGES[event]:
            path = arguments[index]
            if folder is not None and isinstance(arguments[folder], int) and arguments[folder] >= 0:
                path = os.path.join(_OPEN.format(arguments[folder]), os.fsdecode(path))
            if event == "os.mkdir" and os.path.isdir(path):
                continue
            away = event in _REMOVES or (event == "os.rename" and index == 0)
            self._note("remove" if away else "write", path)

    def _database(self, _: str, arguments: tuple[Any, ...]) -> None:
        name = os.fsdecode(arguments[0]) if isinstance(arguments[0], str | bytes | os.PathLike) else ""
        if name in ("", ":memory:") or "mode=memory" in name:
            self._records.write("sqlite", stack=self._records.stack())
            return
        file = name.removeprefix("file:").partition("?")[0]
        if os.path.exists(file):
            self._note("read", file)
        self._note("write", file)

    def _started(self, _: str, arguments: tuple[Any, ...]) -> None:
        """A program, which may write files of its own."""
        program = arguments[0]
        shown = (
            os.path.basename(os.fsdecode(program)) if isinstance(program, str | bytes | os.PathLike) else ""
        )
        self._records.write("start", program=shown.partition(" ")[0], stack=self._records.stack())

    def _process_changed(self, event: str, arguments: tuple[Any, ...]) -> None:
        """By a request or a task; what the start of a service sets up is the same in every process."""
        if scope.get():
            name = os.fsdecode(arguments[0])
            does = (
                "moves to another working folder"
                if event == "os.chdir"
                else f"sets the environment variable {name}"
            )
            self._records.write("process", does=does, stack=self._records.stack())

    def _bound(self, _: str, arguments: tuple[Any, ...]) -> None:
        address = arguments[1]
        if isinstance(address, str | bytes) and address and not os.fsencode(address).startswith(b"\0"):
            self._note("write", address)

    def _note(self, what: str, path: object) -> None:
        if not isinstance(path, str | bytes | os.PathLike):
            return
        text = os.fsdecode(path)
        folder = os.path.dirname(text)
        if folder.startswith(_OPEN.format("")):
            text = os.path.join(os.path.realpath(folder), os.path.basename(text))
        found = os.path.abspath(text)
        if found.startswith(_NO_FILES) and not found.startswith(_SHARED_MEMORY):
            return
        if self._records.settings.is_ignored(found):
            return
        temporary = self._records.settings.is_temporary(found)
        if what == "read" and not temporary:
            return
        stack = self._records.stack()
        is_new = what == "write" and not os.path.lexists(found)
        if is_new and temporary:
            self._made[found] = (scope.get(), stack)
        self._records.write(what, path=found, new=is_new, temporary=temporary, stack=stack)
