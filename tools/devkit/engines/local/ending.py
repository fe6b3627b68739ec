"""The end of a clone's platform, whatever state it is in: asked, then told, then killed, and never by guess."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterable, Sequence
from pathlib import Path

import psutil

from devkit.base.console import say
from devkit.base.errors import DevkitError
from devkit.base.polling import attempts
from devkit.base.process_identity import ProcessIdentity
from devkit.engines.events import State, Status
from devkit.engines.local.belongings import Belongings, belongings
from devkit.engines.local.client import SupervisorSilent, ask
from devkit.engines.local.state import load_state, one_supervisor

__all__ = ["end_leftovers", "end_platform"]

_LOOK = 0.05
# Seconds: for a supervisor that was asked to stop, for one that has to be told by a signal, for processes without one.
# The first is longer than the grace of any service and shorter than anybody's patience.
_ASKED, _TOLD, _LEFTOVER = 45.0, 15.0, 10.0
# Seconds after which one is told what is still being waited for.
_SAY_AFTER = 5.0


def end_platform(root: Path) -> bool:
    """Ends everything that belongs to this clone. Whether anything ran.

    Raises DevkitError when something could not be ended, as another user's process cannot.
    """
    state = load_state(root)
    asked = _ask(root)
    if asked and _stopped(root):
        # It lets go of the lock a moment before it ends, and its command server ends a moment after it.
        if state is not None and state.supervisor is not None:
            _gone([state.supervisor], _TOLD)
        left = belongings(root)
        if left.supervisor is None and not _gone(left.others, _TOLD):
            end_leftovers(left)
        return True
    left = belongings(root)
    if left.supervisor is not None:
        say(f"devkit: ending the supervisor (pid {left.supervisor.pid}) by signal")
        _signal([left.supervisor], signal.SIGTERM)
        _signal([left.supervisor], signal.SIGCONT)
        if not _gone([left.supervisor], _TOLD):
            _signal([left.supervisor], signal.SIGKILL)
            _gone([left.supervisor], _LEFTOVER)
        ended = end_leftovers(belongings(root))  # its fork server has ended some by itself meanwhile
    else:
        ended = end_leftovers(left)
    if ended:
        say(f"devkit: ended what was left: {', '.join(ended)}")
    return asked or bool(left)


def end_leftovers(left: Belongings) -> list[str]:
    """Ends what runs of this clone without a supervisor. Returns the names of what was ended, each once.

    Raises DevkitError with what cannot be ended.
    """
    found = [one for one in left.others if one.runs]
    names = {one: _name(one) for one in found}
    stores = [one for one in found if names[one] == "postgres"]
    # A fork server whose supervisor is gone is ending its children by itself: only then, and slowly, are they told to.
    for group, gentle in (
        ([one for one in found if one not in stores], signal.SIGTERM),
        (stores, signal.SIGINT),
    ):
        _signal(group, gentle)
        _signal(group, signal.SIGCONT)
        if not _gone(group, _LEFTOVER):
            _signal(group, signal.SIGKILL)
            _gone(group, _LEFTOVER)
    if stubborn := [one for one in found if one.runs]:
        pids = " ".join(str(one.pid) for one in stubborn)
        raise DevkitError(
            f"{', '.join(names[one] for one in stubborn)} cannot be ended (pid {pids})",
            fix=f"they wait for the disk or belong to another user: ps -o pid,user,stat,wchan:20,args -p {pids}",
        )
    return list(dict.fromkeys(names.values()))


def _ask(root: Path) -> bool:
    try:
        ask(root, do="down")
    except SupervisorSilent as silent:
        say(f"devkit: {silent.message}")
        return False
    except DevkitError:
        return False
    return True


def _stopped(root: Path) -> bool:
    """Waits for a supervisor that was asked to stop, and says what it waits for."""
    said = ""
    for left in attempts(_ASKED, _LOOK):
        with contextlib.suppress(DevkitError), one_supervisor(root):
            return True
        if left < _ASKED - _SAY_AFTER and (names := _waited_for(root)) and names != said:
            say(f"devkit: waiting for {names}")
            said = names
    return False


def _waited_for(root: Path) -> str:
    try:
        units = [Status.from_json(unit) for unit in ask(root, deadline=_TOLD, do="status")["units"]]
    except (DevkitError, KeyError):
        return ""
    at_work = [
        unit for unit in units if unit.state not in (State.STOPPED, State.OFF, State.DONE, State.WAITING)
    ]
    return ", ".join(f"{unit.name} ({unit.detail or unit.state.value})" for unit in at_work)


def _signal(processes: Iterable[ProcessIdentity], number: signal.Signals) -> None:
    for one in processes:
        if one.runs:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(one.pid, number)


def _gone(processes: Sequence[ProcessIdentity], seconds: float) -> bool:
    return any(not any(one.runs for one in processes) for _ in attempts(seconds, _LOOK))


def _name(process: ProcessIdentity) -> str:
    with contextlib.suppress(psutil.Error):
        return psutil.Process(process.pid).name()
    return str(process.pid)
