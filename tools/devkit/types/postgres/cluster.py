"""The embedded server's data, made before its first start."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["NewCluster"]


@dataclass(frozen=True)
class NewCluster:
    """initdb for the owner that the URL names, unless there is data."""

    root: Path
    url: str = field(repr=False, compare=False)
    name: str = "initdb"

    def is_done(self) -> bool:
        from devkit.types.postgres.server import postgres_folder

        return (postgres_folder(self.root) / "PG_VERSION").exists()

    def run(self) -> str | None:
        from devkit.base.errors import DevkitError
        from devkit.types.postgres.server import make_cluster

        try:
            make_cluster(self.root, self.url)
        except DevkitError as problem:
            return f"{problem.message}" + (f" → {problem.fix}" if problem.fix else "")
        return None
