"""The local engine's units under runners of their own, in a folder of their own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from devserve.client import ForkClient
from devserve.starting import spawns

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.files import replace_file
from devkit.base.paths import STATE_FOLDER, table_file
from devkit.engines.events import MIGRATE, Event, State
from devkit.engines.local.logfile import LogFile, log_path
from devkit.engines.local.preload import learned_modules, remember_modules, report_file
from devkit.engines.local.runner import UnitRunner, inherited
from devkit.engines.local.runners import Runners
from devkit.engines.local.units import Unit, local_urls, units_for
from devkit.instance.copy import copy_repository
from devkit.instance.places import private_offset
from devkit.instance.site import PrivateSite
from devkit.secrets import ensure_secrets, read_secrets, secret_file
from devkit.table.load import read_table

__all__ = ["Adapt", "PrivateInstance"]

Adapt = Callable[[Unit], Sequence[Unit]]
"""What runs in place of a unit: itself, changed, or several."""

# Seconds in which everything must be ready, initdb and a first start without anything preloaded included.
_READY = 120.0
_LAST_LINES = 12
# Of the database: several processes of each service, and those that just end.
_CLIENTS = 400
_T = TypeVar("_T")


def _as_it_is(unit: Unit) -> Sequence[Unit]:
    return [unit]


class PrivateInstance:
    """`folder` is deleted at the end; `root` is the copy of the repository in it. Methods may be called from one thread.

    `beside`: another instance, whose databases and secrets this one uses: it has no databases and migrates nothing. `learned`
    is the clone whose platform has learned what to preload."""

    def __init__(
        self,
        original: Path,
        folder: Path,
        say: Callable[[str], None],
        *,
        beside: PrivateInstance | None = None,
        learned: Path | None = None,
    ) -> None:
        self._learned_in, self._say = learned or original, say
        self.folder, self.root = folder, folder / "clone"
        copy_repository(original, read_table(table_file(original)), self.root)
        self.table = read_table(table_file(self.root))
        if beside is not None:
            replace_file(secret_file(self.root), secret_file(beside.root).read_bytes(), mode=0o600)
        ensure_secrets(self.root, self.table)
        self.secrets = read_secrets(self.root, self.table) | (beside.urls if beside else {})
        self.offset = private_offset(self.table, beside.ports if beside else ())
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="private instance", daemon=True)
        self._forks = ForkClient(spawning=spawns())
        self._runners: Runners | None = None
        self._logs: dict[str, LogFile] = {}
        self._defect: BaseException | None = None
        units = units_for(
            self.root,
            self.table,
            self.secrets,
            offset=self.offset,
            only=self._backend(),
            seed=True,
            clients=_CLIENTS,
        )
        self._units = [unit for unit in units if beside is None or unit.name != MIGRATE]

    def _backend(self) -> tuple[str, ...]:
        """The services that run in Python, which bring what they need and call. Raises DevkitError (exit 2) for none."""
        found = tuple(
            name for name, service in self.table.services.items()
            if service.type.container.devserve and service.enabled is not False
        )  # fmt: skip
        if not found:
            raise DevkitError(f"no service of {self.table.file} runs in Python", exit_code=ExitCode.USAGE)
        return found

    @property
    def ports(self) -> set[int]:
        """Those of the table, as they are moved."""
        return {service.port + self.offset for service in self.table.services.values()}

    @property
    def urls(self) -> dict[str, str]:
        """The connection URLs of its databases, by variable. They hold passwords."""
        return local_urls(self.table, self.secrets, self.offset)

    def start(self) -> None:
        """Launches what the processes are forks of."""
        with log_path(self.root, "devkit").open("ab") as log:
            self._forks.launch(inherited(), self._learned(), log.fileno())
        self._thread.start()
        self.call(self._forks.connect())

    @property
    def units(self) -> Sequence[Unit]:
        """As they run: databases, the migration, the services, without debuggers."""
        return [self._without_debugger(unit) for unit in self._units]

    def applications(self) -> list[Unit]:
        """What runs in Python: the platform's own services, and what is there for development alone."""
        return [unit for unit in self.units if unit.process is not None and "app" in unit.process.start]

    def services(self) -> list[Unit]:
        """The platform's own services in Python; not what is there for development alone."""
        return [unit for unit in self.applications() if not self.table.services[unit.name].development_only]

    def site(self) -> PrivateSite:
        """The instance as a flow sees it."""
        running = {unit.name for unit in self._units if not unit.off}
        off = {
            name: "is not part of a private instance" for name in self.table.services if name not in running
        }
        return PrivateSite(self.root, self.table, off, self.offset, self.secrets)

    def run(self, adapt: Adapt = _as_it_is) -> None:
        """Makes just these processes run: what is the same as before runs on. Raises DevkitError for one that does not get
        ready, with its last lines."""
        self.begin(adapt)
        self.settle()

    def begin(self, adapt: Adapt) -> None:
        """As `run`, but it does not wait."""
        self.call(self._apply([each for unit in self.units for each in adapt(unit)]))

    def settle(self) -> None:
        """Waits until everything is ready. Raises DevkitError for what does not get ready."""
        assert self._runners is not None
        with contextlib.suppress(TimeoutError):
            self.call(asyncio.wait_for(self._runners.settled(), _READY))
        self._require()

    def learn(self) -> None:
        """From here on processes find loaded what those before had to load."""
        remember_modules(self.root)
        known = self._learned()
        if modules := [module for module in learned_modules(self.root) if module not in known]:
            self.call(self._preload(modules))

    def _learned(self) -> list[str]:
        """What the developer's own platform has learned. Its folder is not made here."""
        return learned_modules(self._learned_in) if (self._learned_in / STATE_FOLDER).is_dir() else []

    def runner(self, name: str) -> UnitRunner:
        """Of a unit that runs now."""
        found = self._runners.get(name) if self._runners else None
        assert found is not None, name
        return found

    def log(self, name: str) -> str:
        """What a unit has written."""
        file = log_path(self.root, name)
        return file.read_text("utf-8", "replace") if file.exists() else ""

    def call(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Runs a coroutine where the runners live, and waits for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        """Stops everything, databases last."""
        if self._thread.is_alive():
            with contextlib.suppress(Exception):
                if self._runners is not None:
                    self.call(self._runners.stop())
            self.call(self._forks.close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        for log in self._logs.values():
            log.close()
        self._loop.close()

    async def _apply(self, units: Sequence[Unit]) -> None:
        if self._runners is None:
            self._runners = Runners(units, self._make, self._failed)
            self._runners.start()
        else:
            for unit in units:
                known = self._runners.get(unit.name)
                if known is not None and known.unit.environment != unit.environment:  # it is started anew
                    known.ready.clear()
                    known.settled.clear()
            await self._runners.apply(units)

    async def _preload(self, modules: Sequence[str]) -> None:
        self._forks.preloaded.clear()
        await self._forks.request({"do": "preload", "modules": modules})
        await self._forks.preloaded.wait()

    def _without_debugger(self, unit: Unit) -> Unit:
        if unit.process is None or not unit.process.forked:
            return unit
        start = {
            **unit.process.start,
            "debug_port": None,
            "modules_file": str(report_file(self.root, unit.name)),
        }
        return replace(unit, debug_port=None, process=replace(unit.process, start=start, watch=()))

    def _make(self, unit: Unit) -> UnitRunner:
        log = self._logs.setdefault(unit.name, LogFile(log_path(self.root, unit.name)))
        return UnitRunner(unit, self._forks, log, self._news, lambda: None)

    def _news(self, event: Event) -> None:
        status = event.status
        if status is not None and status.state in (State.STARTING, State.PREPARING) and not status.restarts:
            self._say(f"starting {event.unit}")

    def _failed(self, problem: BaseException) -> None:
        self._defect = problem

    def _require(self) -> None:
        if self._defect:
            raise self._defect
        assert self._runners is not None
        for runner in self._runners:
            if runner.status.state not in (State.READY, State.DONE, State.OFF):
                lines = "\n    ".join(runner.life.last_lines[-_LAST_LINES:])
                raise DevkitError(
                    f"{runner.name} did not come up in a private instance: {runner.life.detail}\n    {lines}"
                )
