"""The embedded server's data, made before its first start, and freed of a killed run's lock before the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from devserve.programs import Programs

__all__ = ["NewCluster"]


@dataclass(frozen=True)
class NewCluster:
    """initdb for the owner that the URL names, unless there is data. With data, a lock whose process is another one by now,
    or that a copy brought along, is removed."""

    root: Path
    url: str = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        return "data folder" if self._has_data() else "initdb"

    def is_done(self) -> bool:
        from devkit.types.postgres.lock import holder
        from devkit.types.postgres.server import postgres_folder

        if not self._has_data():
            return False
        found = holder(postgres_folder(self.root))
        return found is None or found.name is None  # Postgres itself removes that of a process that is gone

    def run(self, programs: Programs) -> str | None:
        from devkit.base.errors import DevkitError
        from devkit.types.postgres.server import make_cluster

        if self._has_data():
            return self._unlock(programs)
        try:
            make_cluster(self.root, self.url, programs)
        except DevkitError as problem:
            return f"{problem.message}" + (f" → {problem.fix}" if problem.fix else "")
        return None

    def _has_data(self) -> bool:
        from devkit.types.postgres.server import postgres_folder

        return (postgres_folder(self.root) / "PG_VERSION").exists()

    def _unlock(self, programs: Programs) -> str | None:
        from devkit.types.postgres.lock import holder, remove_lock
        from devkit.types.postgres.server import postgres_folder

        data = postgres_folder(self.root)
        found = holder(data)
        if (pid := remove_lock(data)) is not None:
            return (
                f"another Postgres (pid {pid}) runs on .devkit/postgres, which devkit did not start"
                f" → kill -INT {pid}"
            )
        if found is not None and found.name is not None:
            programs.say(
                f"removed the lock of a killed run: it names pid {found.pid}, which is {found.name} today and no "
                "Postgres on these data"
            )
        return None
