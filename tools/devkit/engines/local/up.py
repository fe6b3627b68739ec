"""`devkit up` on the local engine. Light: what it starts imports the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from devkit.base.console import emit, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.engines.events import State, Status
from devkit.engines.local.client import follow
from devkit.engines.local.daemon import checked_database_url, run_detached
from devkit.engines.local.view import state_line
from devkit.engines.local.welcome import welcome
from devkit.engines.protocol import UpRequest

__all__ = ["up"]


def up(root: Path, wanted: UpRequest, preflight: Callable[[], None]) -> int:
    """Runs the platform in this process, or as a daemon until everything is ready. Returns the exit code.

    Raises DevkitError before anything has started, or naming what did not come up.
    """
    wanted = replace(wanted, database_url=checked_database_url(wanted.database_url))

    def run() -> int:
        from devkit.engines.local.start import run_here  # not needed by the caller of a daemon

        return run_here(root, wanted)

    if not wanted.detach:
        preflight()
        return run()
    run_detached(root, run, meanwhile=preflight)
    return _report(root, _wait(root))


def _wait(root: Path) -> list[Status]:
    """Says what becomes ready until everything has settled."""
    said: dict[str, str] = {}
    for reply in follow(root):
        if "units" in reply:
            return [Status.from_json(unit) for unit in reply["units"]]
        status = Status.from_json(reply["status"])
        news = state_line(status)
        if news and said.get(status.name) != news:
            said[status.name] = news
            say(f"{status.name}: {news}")
    raise DevkitError("the supervisor ended", fix="./devkit logs shows what was written until then")


def _report(root: Path, final: list[Status]) -> int:
    broken = [status for status in final if status.state not in (State.READY, State.DONE, State.OFF)]
    for status in broken:
        if status.state is State.WAITING:
            continue
        say(f"\ndevkit: {status.name} did not come up; its last lines:")
        for line in status.last_lines:
            say(f"    {line}")
    if broken:
        raise DevkitError(
            f"{', '.join(status.name for status in broken)} did not come up; the rest runs",
            fix=f"fix it and save: devkit tries again. ./devkit logs {broken[0].name} shows more; ./devkit down stops all",
        )
    emit(welcome(root, final))
    return ExitCode.OK
