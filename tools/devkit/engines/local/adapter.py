"""The local engine behind the common protocol."""

from __future__ import annotations

from pathlib import Path

from devkit.base.console import warn
from devkit.base.errors import DevkitError
from devkit.base.paths import table_file
from devkit.engines.events import MIGRATE, State, Status
from devkit.engines.local import engine
from devkit.engines.local.control import ask, is_running
from devkit.engines.local.logfile import kept_logs
from devkit.engines.local.logs import show_logs
from devkit.engines.protocol import Overview
from devkit.table.load import load_table, mistakes_note

__all__ = ["LocalEngine"]

_DEVKITS_OWN = ("devkit", "supervisor")


class LocalEngine:
    """Processes on this machine, under a supervisor of this clone."""

    name = "local"

    def __init__(self, root: Path) -> None:
        self._root = root

    def overview(self) -> Overview:
        reply = ask(self._root, do="status")
        units = [Status.from_json(unit) for unit in reply.pop("units")]
        return Overview(units, reply)

    def logs(self, service: str | None, *, follow: bool, lines: int) -> None:
        show_logs(self._root, self._logged(), service, follow=follow, lines=lines)

    def _logged(self) -> list[str]:
        """What has a log. A broken table is when logs are wanted most: then what runs and what is on the disk tells."""
        table, mistakes = load_table(table_file(self._root))
        if table is not None:
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
        reply = ask(self._root, do="restart", unit=service)
        if "status" not in reply:
            raise DevkitError("the platform was stopped meanwhile")
        status = Status.from_json(reply["status"])
        if status.state is State.CRASHED:
            wrote = "\n".join(f"    {line}" for line in status.last_lines)
            raise DevkitError(
                f"{service} {status.detail}; its last lines:\n{wrote}",
                hint="mend it and save: it is tried again",
            )
        return f"{service} is {status.state.value} again"

    def debug(self, service: str, *, wait: bool) -> None:
        ask(self._root, do="debug", unit=service, wait=wait)

    def down(self) -> bool:
        return engine.down(self._root)

    def reset(self) -> list[str]:
        return engine.reset_data(self._root)
