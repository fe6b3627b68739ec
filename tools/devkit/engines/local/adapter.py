"""The local engine behind the common protocol."""

from __future__ import annotations

from pathlib import Path

from devkit.base.errors import DevkitError
from devkit.base.paths import table_file
from devkit.engines.events import State, Status
from devkit.engines.local import engine
from devkit.engines.local.control import ask
from devkit.engines.local.logs import show_logs
from devkit.engines.protocol import Overview
from devkit.table.load import read_table

__all__ = ["LocalEngine"]


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
        show_logs(self._root, read_table(table_file(self._root)), service, follow=follow, lines=lines)

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
