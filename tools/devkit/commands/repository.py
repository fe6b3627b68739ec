"""What a command of the repository's own (`dev/commands/<name>.py`) is given."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devkit.engines.protocol import Engine
    from devkit.model import Table

__all__ = ["Repository"]


@dataclass(frozen=True)
class Repository:
    """The repository that devkit works on. `root` is its folder.

    >>> def run(repository: Repository, name: str) -> int:
    ...     print(repository.table.services[name].port)
    """

    root: Path

    @cached_property
    def table(self) -> Table:
        """dev/services.yaml. Raises DevkitError (exit 2) when it has mistakes."""
        from devkit.base.paths import table_file
        from devkit.table.load import read_table

        return read_table(table_file(self.root))

    def engine(self, wanted: str | None = None) -> Engine:
        """The engine that runs the platform, or the `wanted` one (`--engine`): its database, its addresses, its logs.

        Raises DevkitError as every command does that needs a running platform.
        """
        from devkit.engines.choice import active_engine

        return active_engine(self.root, wanted)
