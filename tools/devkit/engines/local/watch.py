"""A save restarts the services that it affects, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path

from devserve.changes import concerns_code
from watchfiles import Change, awatch

from devkit.engines.local.runner import UnitRunner

__all__ = ["concerned", "watch_units"]

# Milliseconds without a further change before a batch is acted on, and at most: an editor's save is one burst.
_STEP, _DEBOUNCE = 10, 200


async def watch_units(
    runners: Sequence[UnitRunner], settings: Sequence[Path]
) -> AsyncIterator[list[UnitRunner] | None]:
    """The runners that each burst of saves concerns; None when one of the files in `settings` is among them."""
    folders = {path if path.is_dir() else path.parent for runner in runners for path in _watched(runner)}
    existing = sorted(
        {folder for folder in (*folders, *(file.parent for file in settings)) if folder.is_dir()}
    )
    if not existing:
        await asyncio.Event().wait()
    async for changes in _changes(existing):
        paths = [Path(path) for _, path in changes]
        if any(path in settings for path in paths):
            yield None
        if restarting := concerned(runners, paths):
            yield restarting


async def _changes(folders: Sequence[Path]) -> AsyncIterator[set[tuple[Change, str]]]:
    """As the system tells of them; by looking, where this user has no watch left."""
    for polling in (None, True):
        try:
            async for changes in awatch(
                *folders,
                watch_filter=_matters,
                step=_STEP,
                debounce=_DEBOUNCE,
                rust_timeout=5000,
                force_polling=polling,
            ):
                yield changes
        except (OSError, RuntimeError):
            if polling:
                raise
        else:
            return


def concerned(runners: Sequence[UnitRunner], paths: Iterable[Path]) -> list[UnitRunner]:
    """The runners whose watched files or folders hold one of the paths."""
    changed = list(paths)
    return [
        runner
        for runner in runners
        if any(path.is_relative_to(watched) for path in changed for watched in _watched(runner))
    ]


def _watched(runner: UnitRunner) -> tuple[Path, ...]:
    return runner.unit.process.watch if runner.unit.process else ()


def _matters(_: Change, path: str) -> bool:
    return concerns_code(path)
