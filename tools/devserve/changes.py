"""Saves in watched folders, reported once they are complete."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

__all__ = ["IGNORED_FOLDERS", "Watcher", "concerns_code", "lasting", "patience"]

# Milliseconds: how often the watcher looks whether a burst is over (it takes one or two looks), and a burst at most.
_LOOK, _BURST = 25, 1000
# Seconds that a sync gets to bring the rest of a file, or what replaces a deleted one.
PATIENCE = 0.3
IGNORED_FOLDERS = frozenset(
    {
        "__pycache__", ".git", ".hg", ".svn", "node_modules", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis",
        ".ipynb_checkpoints", ".venv", ".tox", ".nox", ".idea", ".vscode",
    }
)  # fmt: skip
# What editors and systems put beside a file: swap and backup files, locks, and what a safe write goes through.
_ENDINGS = (
    "~", ".pyc", ".pyo", ".swp", ".swo", ".swx", ".tmp", ".bak", ".orig", ".rej", ".kate-swp", "___jb_tmp___", "___jb_old___",
    ".crdownload", ".part",
)  # fmt: skip
_BEGINNINGS = (".#", ".~", "4913", ".goutputstream-", ".sb-", "._", ".nfs", ".fuse_hidden", ".coverage")
_NAMES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", ".directory", "Icon\r"})


def concerns_code(path: str) -> bool:
    """Whether a service may load this file: not caches, byte code, or what editors and systems put beside it."""
    parts = Path(path).parts
    name = parts[-1]
    if not IGNORED_FOLDERS.isdisjoint(parts) or name in _NAMES:
        return False
    # Vim creates a file 4913 to test whether it may write in a folder; .# is a lock of Emacs, #…# what it saves by itself.
    saved_by_emacs = name.startswith("#") and name.endswith("#")
    return not (saved_by_emacs or name.endswith(_ENDINGS) or name.startswith(_BEGINNINGS))


def lasting(batch: Iterable[tuple[int, str]]) -> set[str]:
    """The files of a batch (kind as watchfiles counts: 1 added, 3 deleted) without those that only came and went."""
    kinds: dict[str, set[int]] = {}
    for kind, path in batch:
        kinds.setdefault(path, set()).add(kind)
    return {
        path
        for path, seen in kinds.items()
        if not Path(path).is_dir() and (Path(path).exists() or not seen >= {1, 3})
    }


def patience(paths: Iterable[str]) -> float:
    """Seconds to wait for more after these files changed: none, unless one is gone or is not (yet) Python."""
    return 0.0 if all(_complete(Path(path)) for path in paths) else PATIENCE


def _complete(path: Path) -> bool:
    try:
        if path.suffix == ".py":
            compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
        return path.exists()
    except (OSError, SyntaxError, ValueError):
        return False


class Watcher:
    """Watches folders in a thread. `readable` becomes readable when `take` has something to give."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = [folder for folder in folders if folder.is_dir()]
        self._lock = threading.Lock()
        self._changed: set[str] = set()
        self.readable, self._writable = socket.socketpair()
        self.readable.setblocking(False)
        if self._folders:
            threading.Thread(target=self._run, name="watcher", daemon=True).start()

    def take(self) -> set[str]:
        """The files that changed since the last call."""
        with contextlib.suppress(BlockingIOError):
            self.readable.recv(4096)
        with self._lock:
            changed, self._changed = self._changed, set()
        return changed

    def _run(self) -> None:
        try:
            self._watch(polling=None)
        except (OSError, RuntimeError) as problem:  # the machine's limit of inotify instances or watches
            sys.stdout.write(f"devserve: files cannot be watched ({problem}); polling every 0.3 s instead\n")
            sys.stdout.flush()
            self._watch(polling=True)

    def _watch(self, *, polling: bool | None) -> None:
        from watchfiles import watch

        for batch in watch(
            *self._folders, watch_filter=lambda _, path: concerns_code(path), step=_LOOK, debounce=_BURST,
            force_polling=polling, raise_interrupt=False, ignore_permission_denied=True,
        ):  # fmt: skip
            if changed := lasting(batch):
                with self._lock:
                    self._changed |= changed
                self._writable.send(b".")
