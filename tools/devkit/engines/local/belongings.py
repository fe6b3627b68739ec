"""Which processes provably belong to a clone's platform, found without asking any of them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from devkit.base.clone import CLONE_VARIABLE, owns
from devkit.base.process_identity import ProcessIdentity, describe, this_process
from devkit.engines.local.state import load_state

if TYPE_CHECKING:
    import psutil

__all__ = ["SUPERVISOR_VARIABLE", "Belongings", "belongings", "marking"]

# Names the supervisor to everything that runs under it.
SUPERVISOR_VARIABLE = "DEVKIT_SUPERVISOR"


@dataclass(frozen=True)
class Belongings:
    """`supervisor` is None where it is gone; `others` are all the rest, without this very process."""

    supervisor: ProcessIdentity | None
    others: tuple[ProcessIdentity, ...]

    def __bool__(self) -> bool:
        return self.supervisor is not None or bool(self.others)


@contextlib.contextmanager
def marking(mark: str) -> Iterator[None]:
    """What this process starts while the block runs carries the clone's mark, and this process as its supervisor."""
    before = {name: os.environ.get(name) for name in (CLONE_VARIABLE, SUPERVISOR_VARIABLE)}
    os.environ |= {CLONE_VARIABLE: mark, SUPERVISOR_VARIABLE: str(this_process())}
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def belongings(root: Path) -> Belongings:
    """What runs of this clone: as run.json lists it, and, where that is lost or not the whole truth, whatever carries this
    clone's mark. A number that another process has by now is not followed.

    Raises DevkitError when the state here is another clone's.
    """
    me = this_process()
    supervisors: set[ProcessIdentity | None] = set()
    found: set[ProcessIdentity | None] = set()
    ours = owns(root)
    state = load_state(root)
    if state and ours(state.clone):
        supervisors.add(state.supervisor)
        found |= set(state.children)
    elif state:
        found |= {describe(pid) for pid, born in state.dated.items() if _worked_here(root, pid, born)}
    for process, environment in _marked():
        supervisor = ProcessIdentity.parse(environment.get(SUPERVISOR_VARIABLE, ""))
        if supervisor != me and ours(environment[CLONE_VARIABLE]):
            supervisors.add(supervisor)
            found.add(describe(process.pid))
    running = {one for one in supervisors if one is not None and one.runs} - {me}
    others = {one for one in found if one is not None and one.runs} - running - {me}
    return Belongings(
        next(iter(running), None), tuple(sorted(others, key=lambda one: (one.started, one.pid)))
    )


def _worked_here(root: Path, pid: int, born: float) -> bool:
    """Whether an older devkit's process is still the one it noted, and works in this clone's folder (a copy's state names
    another clone's processes)."""
    import psutil

    with contextlib.suppress(psutil.Error, OSError, ValueError):
        process = psutil.Process(pid)
        return abs(process.create_time() - born) < 1.0 and Path(process.cwd()).is_relative_to(root.resolve())
    return False


def _marked() -> Iterator[tuple[psutil.Process, dict[str, str]]]:
    """This user's processes that carry some clone's mark."""
    import psutil  # `up` marks itself before it has time for this

    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError, ValueError):
            environment = process.environ()
            if environment.get(CLONE_VARIABLE) and process.status() != psutil.STATUS_ZOMBIE:
                yield process, environment
