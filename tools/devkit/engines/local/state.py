"""What one call of devkit leaves for the next: who supervises this clone, on which ports, with which children."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from devkit.base.errors import DevkitError
from devkit.base.files import replace_file
from devkit.base.locks import held
from devkit.base.paths import STATE_FOLDER, state_dir
from devkit.base.process_identity import ProcessIdentity, this_boot

__all__ = ["RunState", "already_runs", "forget_state", "load_state", "one_supervisor", "save_state"]


@dataclass(frozen=True)
class RunState:
    """`.devkit/run.json`. `clone` is the mark of the clone that wrote it. A devkit from before version 2 noted neither that
    nor which processes exactly, but `dated`: when each was started, by the clock (pid → seconds since 1970)."""

    supervisor: ProcessIdentity | None
    offset: int
    database_url: str | None = None  # of --database-url, which carries no password
    children: tuple[ProcessIdentity, ...] = ()
    clone: str = ""
    dated: Mapping[int, float] = field(default_factory=dict)


_VERSION = 2


def _file(root: Path) -> Path:
    return root / STATE_FOLDER / "run.json"


def save_state(root: Path, state: RunState) -> None:
    """Replaces the file at once, never half. Raises OSError, also where there is no `.devkit/` any more."""
    _file(root).parent.stat()  # a folder that was deleted is not made again
    me = state.supervisor
    written = {
        "version": _VERSION,
        "clone": state.clone,
        "boot": this_boot(),
        "pid": me.pid if me else None,
        "started": me.started if me else None,
        "offset": state.offset,
        "database_url": state.database_url,
        "children": {child.pid: child.started for child in state.children},
    }
    replace_file(_file(root), json.dumps(written).encode(), mode=0o600)


def load_state(root: Path) -> RunState | None:
    """The last run's state, None if there is none or it cannot be understood. That it is this clone's is for
    `base.clone.known_clone` to say."""
    try:
        raw = json.loads(_file(root).read_text("utf-8"))
        if raw.get("version") != _VERSION:
            dated = {int(pid): float(born) for pid, born in raw["children"].items()}
            return RunState(None, raw["offset"], raw.get("database_url"), dated=dated)
        boot = raw["boot"]
        return RunState(
            ProcessIdentity(raw["pid"], boot, raw["started"]) if raw["pid"] else None,
            raw["offset"],
            raw["database_url"],
            tuple(ProcessIdentity(int(pid), boot, started) for pid, started in raw["children"].items()),
            raw["clone"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def forget_state(root: Path) -> None:
    """Removes it: of a copy, whose processes are another clone's."""
    _file(root).unlink(missing_ok=True)


def already_runs(root: Path) -> DevkitError:
    """What a second `up` is told."""
    state = load_state(root)
    pid = f" (pid {state.supervisor.pid})" if state and state.supervisor else ""
    return DevkitError(
        f"the platform already runs in this clone{pid}",
        fix="./devkit status shows it, ./devkit logs -f follows it, ./devkit down stops it",
    )


@contextlib.contextmanager
def one_supervisor(root: Path) -> Iterator[None]:
    """Holds the clone's lock. Raises DevkitError when another supervisor has it."""
    with held(state_dir(root) / "supervisor.lock", lambda: already_runs(root)):
        yield
