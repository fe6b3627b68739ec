"""The local engine behind the common protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from devkit.base.console import warn
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import table_file
from devkit.engines.events import MIGRATE, State, Status
from devkit.engines.local.client import ask, is_running, nothing_runs
from devkit.engines.local.logfile import kept_logs
from devkit.engines.local.logs import show_logs
from devkit.engines.local.require import crashed
from devkit.engines.names import named
from devkit.engines.protocol import Overview, Pods, Processes, UpRequest

if TYPE_CHECKING:
    from devkit.database.target import DatabaseTarget
    from devkit.engines.site import Site
    from devkit.engines.target import WebhookTarget

__all__ = ["LocalEngine"]

# Seconds for a service to come up again.
_RESTART = 120.0
_DEVKITS_OWN = ("devkit", "supervisor")
_OWN_LOG = ("devkit",)


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

    def logs(self, services: Sequence[str], *, follow: bool, lines: int) -> None:
        names, members = self._logged()
        shown = named(services, [*names, *_OWN_LOG], members) if services else [*names, *_OWN_LOG]
        show_logs(self._root, shown, follow=follow, lines=lines)

    def view(self, *, owned: bool) -> int:
        from devkit.engines.local.live.screen import has_screen

        if not has_screen():
            raise DevkitError(
                "the live view needs a terminal", fix="./devkit status, ./devkit logs -f",
                exit_code=ExitCode.USAGE,
            )  # fmt: skip
        if not is_running(self._root):
            raise nothing_runs(self._root)
        from devkit.engines.local.live.app import show

        return show(self._root, owned=owned)

    def _logged(self) -> tuple[list[str], dict[str, list[str]]]:
        """What has a log, and the groups. A broken table is when logs are wanted most: then what runs and what is on the disk tells."""
        # logs alone read it; an editor waits for others
        from devkit.table.load import load_table, mistakes_note
        from devkit.table.overrides import groups

        table, mistakes = load_table(table_file(self._root))
        if table is not None:
            if not kept_logs(self._root):
                raise nothing_runs(self._root)
            local = [name for name, service in table.services.items() if not service.kubernetes_only]
            return [*local, MIGRATE], groups(table)
        running: list[str] = []
        members: dict[str, list[str]] = {}
        if is_running(self._root):  # else the mistake was told when the engine was chosen
            warn(mistakes_note(mistakes, "the logs are those that are there"))
            for unit in self.overview().units:
                running.append(unit.name)
                members.setdefault(unit.group, []).append(unit.name)
        names = [
            name for name in dict.fromkeys([*running, *kept_logs(self._root)]) if name not in _DEVKITS_OWN
        ]
        if not names:
            raise DevkitError("there are no logs: nothing has run in this clone yet")
        return names, members

    def restart(self, services: Sequence[str]) -> str:
        found = self._changed(do="restart", units=list(services))
        if broken := next((status for status in found if status.state is State.CRASHED), None):
            raise crashed(broken)
        if held_up := next((status for status in found if status.state is State.WAITING), None):
            raise DevkitError(
                f"{held_up.name} {held_up.detail}, which does not run", fix="./devkit status; ./devkit up"
            )
        if len(found) == 1:
            return f"{found[0].name} is {found[0].state.value} again"
        return f"{', '.join(status.name for status in found)} are up again"

    def stop(self, services: Sequence[str]) -> str:
        found = [status.name for status in self._changed(do="stop", units=list(services))]
        return f"stopped {', '.join(found)}; ./devkit up {' '.join(found)} starts {'it' if len(found) == 1 else 'them'} again"

    def _changed(self, **request: object) -> list[Status]:
        reply = ask(self._root, deadline=_RESTART, **request)
        if "units" not in reply:
            raise DevkitError("the platform was stopped meanwhile")
        if users := reply.get("needed_by"):
            warn(f"{', '.join(users)} {'needs' if len(users) == 1 else 'need'} what is stopped now")
        return [Status.from_json(unit) for unit in reply["units"]]

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
