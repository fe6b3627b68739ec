"""Saves restart what they concern, and nothing else."""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from pathlib import Path

from devserve.changes import concerns_code
from devserve.contents import Contents
from watchfiles import Change, awatch

from devkit.engines.local.runner import UnitRunner

__all__ = ["concerned", "watch_units", "watched"]

# Milliseconds without a further change before a batch is acted on, and at most: an editor's save is one burst.
_STEP, _DEBOUNCE = 10, 200
# Milliseconds between two looks whether the folders are still those that are watched.
_TICK = 1000
# Looks at all contents, a tick apart, after changes: watchfiles (1.3) may drop one that comes just as it hands over others.
_AFTERWARDS = 3


async def watch_units(
    runners: Iterable[UnitRunner],
    settings: Sequence[Path],
    contents: Contents | None = None,
    told: Callable[[Sequence[str], Sequence[UnitRunner]], None] = lambda _paths, _runners: None,
) -> AsyncGenerator[list[UnitRunner] | None]:
    """The runners that each burst of saves concerns; None when one of the files in `settings` is among them.

    Only changed bytes count, compared with `contents`. `told` is given the paths of each burst before its runners. A folder
    that is missing is watched once it is there, and one that is replaced (`git checkout` of a branch without it, and back)
    is watched anew, with all that has changed in between.
    """
    files = [*(path for runner in runners for path in watched(runner)), *settings]
    contents = contents or Contents(files)
    begun_anew = False
    looks = 0
    while True:
        folders = _folders(files)
        if not folders:
            await asyncio.sleep(_TICK / 1000)
            begun_anew = True
            continue
        there = _identities(files)
        async with aclosing(_changes(folders)) as bursts:
            async for changes, polling in bursts:
                changed = contents.changed(path for _, path in changes)
                if begun_anew or polling or (looks > 0 and not changes):
                    # Only now it is certain that the new watch tells of everything; and who polls compares whole seconds,
                    # so that a second save within one is told of by nobody.
                    changed |= contents.rescan()
                    begun_anew = False
                looks = _AFTERWARDS if changes else looks - 1
                paths = [Path(path) for path in sorted(changed)]
                if any(path in settings for path in paths):
                    yield None
                if restarting := concerned(runners, paths):
                    told([str(path) for path in paths if concerned(restarting, [path])], restarting)
                    yield restarting
                if _identities(files) != there:
                    break
        begun_anew = True


def _folders(files: Iterable[Path]) -> list[Path]:
    """What can be watched now: folders that are there, and those of files."""
    return sorted({folder for path in files if (folder := path if path.is_dir() else path.parent).is_dir()})


def _identities(files: Iterable[Path]) -> dict[Path, tuple[int, int] | None]:
    """Which folder each is, or lies in, at the moment."""
    found: dict[Path, tuple[int, int] | None] = {}
    for path in files:
        folder = path if path.is_dir() else path.parent
        try:
            about = folder.stat()
            found[path] = about.st_dev, about.st_ino
        except OSError:
            found[path] = None
    return found


async def _changes(folders: Sequence[Path]) -> AsyncGenerator[tuple[set[tuple[Change, str]], bool]]:
    """As the system tells of them, and nothing once a second; by looking, where it was asked for, or where this user has no
    watch left. Whether by looking."""
    for polling in (_polls(), True):
        try:
            watch = awatch(
                *folders,
                watch_filter=_matters,
                step=_STEP,
                debounce=_DEBOUNCE,
                rust_timeout=_TICK,
                yield_on_timeout=True,
                force_polling=polling,
            )
            async with aclosing(watch) as bursts:
                async for changes in bursts:
                    yield changes, polling
        except (OSError, RuntimeError):
            if polling:
                raise
        else:
            return


def _polls() -> bool:
    """As watchfiles decides it: by its variable, and in WSL by itself."""
    if wish := os.environ.get("WATCHFILES_FORCE_POLLING", ""):
        return wish.lower() not in ("false", "disable", "disabled")
    return "microsoft" in platform.release().lower()


def concerned(runners: Iterable[UnitRunner], paths: Iterable[Path]) -> list[UnitRunner]:
    """The runners whose watched files or folders hold one of the paths."""
    changed = list(paths)
    return [
        runner
        for runner in runners
        if any(path.is_relative_to(each) for path in changed for each in watched(runner))
    ]


def watched(runner: UnitRunner) -> tuple[Path, ...]:
    """The files and folders of a runner whose changes restart it."""
    return runner.unit.process.watch if runner.unit.process else ()


def _matters(_: Change, path: str) -> bool:
    return concerns_code(path)
