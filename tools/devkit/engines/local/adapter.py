"""The local engine behind the common protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from devkit.base.console import warn
from devkit.base.errors import DevkitError
from devkit.base.paths import table_file
from devkit.engines.events import MIGRATE, State, Status
from devkit.engines.local.client import ask, is_running, nothing_runs
from devkit.engines.local.logfile import kept_logs
from devkit.engines.local.logs import show_logs
from devkit.engines.local.require import crashed
from devkit.engines.protocol import Overview, Pods, Processes, UpRequest

if TYPE_CHECKING:
    from devkit.database.target import DatabaseTarget
    from devkit.engines.site import Site
    from devkit.engines.target import WebhookTarget

__all__ = ["LocalEngine"]

# Seconds for a service to come up again.
_RESTART = 120.0
_DEVKITS_OWN = ("devkit", "supervisor")


class LocalEngine:
    """Processes on this machine, under a supervisor of this clone."""

    name = "local"
    reset_question = "Stop the platform and delete all of this clone's development data?"

    def __init__(self, root: Path) -> None:
        self._root = root

    def up(self, wanted: UpRequest, preflight: Callable[[], None]) -> int:
        from devkit.engines.local.up import up

        return up(self._root, wanted, preflight)

    def overview(self, *, examine: bool = True) -> Overview:
        reply = ask(self._root, do="status", examine=examine)
        units = [Status.from_json(unit) for unit in reply.pop("units")]
        return Overview(units, reply)

    def logs(self, service: str | None, *, follow: bool, lines: int) -> None:
        show_logs(self._root, self._logged(), service, follow=follow, lines=lines)

    def _logged(self) -> list[str]:
        """What has a log. A broken table is when logs are wanted most: then what runs and what is on the disk tells."""
        from devkit.table.load import (
            load_table,
            mistakes_note,
        )  # logs alone read it; an editor waits for others

        table, mistakes = load_table(table_file(self._root))
        if table is not None:
            if not kept_logs(self._root):
                raise nothing_runs(self._root)
            return [
                *(name for name, service in table.services.items() if not service.kubernetes_only),
                MIGRATE,
            ]
        running: list[str] = []
        if is_running(self._root):  # else the mistake was told when the engine was chosen
            warn(mistakes_note(mistakes, "the logs are those that are there"))
            running = [unit.name for unit in self.overview().units]
        names = [
            name for name in dict.fromkeys([*running, *kept_logs(self._root)]) if name not in _DEVKITS_OWN
        ]
        if not names:
            raise DevkitError("there are no logs: nothing has run in this clone yet")
        return names

    def restart(self, service: str) -> str:
        reply = ask(self._root, deadline=_RESTART, do="restart", unit=service)
        if "status" not in reply:
            raise DevkitError("the platform was stopped meanwhile")
        status = Status.from_json(reply["status"])
        if status.state is State.CRASHED:
            raise crashed(status)
        return f"{service} is {status.state.value} again"

    def debug(self, service: str, *, wait: bool) -> None:
        ask(self._root, do="debug", unit=service, wait=wait)

    def down(self) -> bool:
        from devkit.engines.local.ending import end_platform

        return end_platform(self._root)

    def reset(self) -> list[str]:
        from devkit.engines.local import engine

        return engine.reset_data(self._root)

    @contextmanager
    def database(self) -> Iterator[DatabaseTarget]:
        from devkit.engines.local.target import database_target

        yield database_target(self._root)

    def has_database(self) -> bool:
        return True

    @contextmanager
    def webhook_target(self, provider: str) -> Iterator[WebhookTarget]:
        from devkit.engines.local.target import webhook_target

        yield webhook_target(self._root, provider)

    def site(self) -> Site:
        from devkit.engines.local.site import local_site

        return local_site(self._root)

    def units_are(self) -> Processes | Pods:
        return Processes()
