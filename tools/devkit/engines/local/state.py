"""What one call of devkit leaves for the next: who supervises this clone, on which ports, with which children."""

from __future__ import annotations

import contextlib
import json
import signal
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from devkit.base.errors import DevkitError
from devkit.base.files import replace_file
from devkit.base.locks import held
from devkit.base.paths import state_dir

__all__ = ["RunState", "already_runs", "end_leftovers", "load_state", "one_supervisor", "save_state"]

# Seconds that processes of a supervisor that is gone get to end by themselves.
_LEFTOVER_GRACE = 10.0


@dataclass
class RunState:
    """`.devkit/run.json`. `children` maps a pid to its creation time, so that a reused pid is never mistaken."""

    pid: int
    offset: int
    database_url: str | None = None  # of --database-url, which carries no password
    children: dict[int, float] = field(default_factory=dict)


def _file(root: Path) -> Path:
    return state_dir(root) / "run.json"


def save_state(root: Path, state: RunState) -> None:
    """Replaces the file at once, never half."""
    replace_file(_file(root), json.dumps(asdict(state)).encode(), mode=0o600)


def load_state(root: Path) -> RunState | None:
    """The last run's state, None if there is none or it cannot be read."""
    try:
        raw = json.loads(_file(root).read_text("utf-8"))
        return RunState(
            raw["pid"],
            raw["offset"],
            raw.get("database_url"),
            {int(pid): born for pid, born in raw["children"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def already_runs(root: Path) -> DevkitError:
    """What a second `up` is told."""
    state = load_state(root)
    return DevkitError(
        f"the platform already runs in this clone{f' (pid {state.pid})' if state else ''}",
        fix="./devkit status shows it, ./devkit logs -f follows it, ./devkit down stops it",
    )


@contextlib.contextmanager
def one_supervisor(root: Path) -> Iterator[None]:
    """Holds the clone's lock. Raises DevkitError when another supervisor has it."""
    with held(state_dir(root) / "supervisor.lock", lambda: already_runs(root)):
        yield


def end_leftovers(root: Path) -> list[str]:
    """Ends what a supervisor left that died together with its fork server. Returns the names of what was ended.

    Only processes that run.json lists by pid *and* creation time are touched.
    """
    import psutil

    state = load_state(root)
    alive: list[psutil.Process] = []
    for pid, born in (state.children if state else {}).items():
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            if abs(process.create_time() - born) < 1.0 and process.status() != psutil.STATUS_ZOMBIE:
                alive.append(process)
    names = [process.name() for process in alive]
    for process in alive:
        with contextlib.suppress(psutil.Error):
            # SIGINT is Postgres's fast shutdown; at SIGTERM it would wait for its clients.
            process.send_signal(signal.SIGINT if process.name() == "postgres" else signal.SIGTERM)
    _, stubborn = psutil.wait_procs(alive, timeout=_LEFTOVER_GRACE)
    for process in stubborn:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(stubborn, timeout=_LEFTOVER_GRACE)
    return names
