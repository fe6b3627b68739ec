"""A unit's runner: devserve's, with its log, its news and its status."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import asdict, replace

from devserve.client import ForkClient
from devserve.life import Port
from devserve.runner import Runner

from devkit.base.clone import CLONE_VARIABLE
from devkit.engines.events import Event, Listener, State, Status
from devkit.engines.local.belongings import SUPERVISOR_VARIABLE
from devkit.engines.local.logfile import LogFile
from devkit.engines.local.units import Unit

__all__ = ["INHERITED", "UnitRunner", "inherited"]

# Seconds that `status` gives a service to answer.
EXAMINATION = 1.5
# What children inherit from the shell. Nothing else: a DATABASE_URL there must not reach a service.
INHERITED = (
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "XDG_CACHE_HOME",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SYSTEMROOT",
    CLONE_VARIABLE, SUPERVISOR_VARIABLE,
)  # fmt: skip


def inherited() -> dict[str, str]:
    """The part of this process's environment that children get."""
    return {name: os.environ[name] for name in INHERITED if name in os.environ} | {"PYTHONUNBUFFERED": "1"}


class UnitRunner(Runner):
    """One unit of the local engine. `saved` is called when there is a new process to be noted."""

    def __init__(
        self, unit: Unit, forks: ForkClient, log: LogFile, notify: Listener, saved: Callable[[], None]
    ) -> None:
        super().__init__(
            unit.name,
            unit.process,
            forks,
            environment=inherited() | dict(unit.environment),
            port=Port(unit.port) if unit.port else None,
            debug_port=unit.debug_port,
            wrote=self._line,
            changed=self._news,
            began=saved,
        )
        self.unit = unit
        self._log, self._notify = log, notify

    def change_environment(self, unit: Unit) -> None:
        """Restarts with the environment of `unit`, which differs in nothing else."""
        self.unit = unit
        self.environment = inherited() | dict(unit.environment)
        self.restart()

    def hold(self) -> None:
        """Is stopped, also for what needs it, until `release`. Its process has ended."""
        self.ready.clear()
        self.give_up_debugger()
        self.life.ready_seconds, self.life.last_lines = None, []
        self._set(State.STOPPED, f"./devkit up {self.name} starts it")
        self.settled.set()

    def release(self) -> None:
        """It can be run again."""
        self._told.clear()
        self.settled.clear()
        self._set(State.WAITING)

    @property
    def status(self) -> Status:
        """How the unit is, as `status` shows it."""
        unit = self.unit
        return Status(
            unit.name,
            unit.kind,
            port=unit.port,
            debug_port=unit.debug_port,
            card=unit.card,
            group=unit.group,
            **asdict(self.life),
        )

    async def examined(self) -> Status:
        """The status, as the unit answers now."""
        status = self.status
        if status.state is not State.READY:
            return status
        try:
            problem = await asyncio.wait_for(self.problem(), EXAMINATION)
        except TimeoutError:
            held = ", with a debugger attached" if status.debugger == "attached" else ""
            problem = f"no answer within {EXAMINATION:g} s{held}"
        return replace(status, state=State.UNREADY, detail=problem) if problem else status

    def _line(self, line: str) -> None:
        self._log.write(line)
        self._notify(Event(self.unit.name, line=line))

    def _news(self) -> None:
        self._notify(Event(self.unit.name, status=self.status))
