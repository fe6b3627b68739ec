"""`devkit up` on the local engine. Light: what it starts imports the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from devkit.base.console import emit, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import table_file
from devkit.engines.events import State, Status
from devkit.engines.local.client import ask, follow, is_running
from devkit.engines.local.daemon import checked_database_url, checked_spawning, run_detached
from devkit.engines.local.require import how_to_fix
from devkit.engines.local.state import already_runs, load_state
from devkit.engines.local.view import state_line
from devkit.engines.local.welcome import welcome
from devkit.engines.protocol import UpRequest

__all__ = ["up"]

# Seconds for everything to settle: packages may have to be downloaded; and until one is told what takes so long.
_DEADLINE, _SAY_AFTER = 1800.0, 10.0


def up(root: Path, wanted: UpRequest, preflight: Callable[[], None]) -> int:
    """Runs the platform in this process, or as a daemon until everything is ready. Returns the exit code.

    Raises DevkitError before anything has started, or naming what did not come up.
    """
    wanted = replace(wanted, database_url=checked_database_url(wanted.database_url))

    if is_running(root):
        return _add(root, wanted)

    spawning = checked_spawning()
    if not wanted.detach:
        from devkit.engines.local.start import run_here  # not needed by the caller of a daemon

        preflight()
        return run_here(root, wanted, spawning=spawning)
    run_detached(root, wanted, spawning=spawning, meanwhile=preflight)
    return _report(root, _wait(root))


def _add(root: Path, wanted: UpRequest) -> int:
    """Adds what is asked for to what runs; or says that it runs. Raises DevkitError for what is settled at the start."""
    state = load_state(root)
    offset, database = (state.offset, state.database_url) if state else (0, None)
    if wanted.port_offset not in (None, offset):
        raise _settled(
            root, "--port-offset", f"./devkit down, then ./devkit up --port-offset {wanted.port_offset}"
        )
    if wanted.database_url not in (None, database):
        raise _settled(root, "--database-url", "./devkit down, then ./devkit up --database-url URL")
    if wanted.seed:
        raise _settled(root, "--seed", "./devkit db seed fills in the example data now")
    names: list[str] = []
    if wanted.services:
        # not needed by a start, which happens elsewhere
        from devkit.engines.local.units import services_named
        from devkit.table.load import read_table

        table = read_table(table_file(root))
        closure = table.closure(services_named(table, wanted.services))
        names = [name for name in table.services if name in closure]
    started = ask(root, do="up", units=names)["started"]
    final = [status for status in _wait(root, started) if not names or status.name in {*names, *started}]
    if not started and not any(_is_broken(status) for status in final):
        runs = "runs" if len(wanted.services) < 2 else "run"
        say(
            f"devkit: {', '.join(wanted.services) or 'everything'} {runs} already; ./devkit logs -f follows, ./devkit down stops"
        )
    return _report(root, final, quiet=bool(names))


def _settled(root: Path, what: str, fix: str) -> DevkitError:
    """The error for what only a start can give."""
    return DevkitError(f"{already_runs(root).message}; {what} counts at its start", fix=fix)


def _wait(root: Path, of: Collection[str] | None = None) -> list[Status]:
    """Says what becomes ready (`of` these; default: of all) until everything has settled."""
    said: dict[str, str] = {}

    def tell(status: Status) -> None:
        news = state_line(status) if of is None or status.name in of else None
        if news and said.get(status.name) != news:
            said[status.name] = news
            say(f"{status.name}: {news}")

    for reply in follow(root, _DEADLINE, _Waiting()):
        if "units" in reply:
            final = [Status.from_json(unit) for unit in reply["units"]]
            for status in final:  # the last change may be what settled everything
                tell(status)
            return final
        tell(Status.from_json(reply["status"]))
    raise DevkitError("the supervisor ended", fix="./devkit logs shows what was written until then")


class _Waiting:
    """Says what is being waited for when that has been the same for a while; once."""

    def __init__(self) -> None:
        self._what, self._since, self._told = "", time.monotonic(), False

    def __call__(self, what: str) -> None:
        now = time.monotonic()
        if what != self._what:
            self._what, self._since, self._told = what, now, False
        elif what and not self._told and now - self._since > _SAY_AFTER:
            self._told = True
            say(f"devkit: still waiting for {what}")


def _is_broken(status: Status) -> bool:
    """Not so what somebody stops meanwhile."""
    return status.state not in (State.READY, State.DONE, State.OFF, State.STOPPED)


def _report(root: Path, final: list[Status], *, quiet: bool = False) -> int:
    broken = [status for status in final if _is_broken(status)]
    for status in broken:
        if status.state is State.WAITING:
            continue
        say(f"\ndevkit: {status.name} did not come up; its last lines:")
        for line in status.last_lines:
            say(f"    {line}")
    if broken:
        raise DevkitError(
            f"{', '.join(status.name for status in broken)} did not come up; the rest runs",
            fix=f"{how_to_fix(broken[0])}. ./devkit logs {broken[0].name} shows more; ./devkit down stops all",
        )
    if not quiet:
        emit(welcome(root, final))
    return ExitCode.OK
