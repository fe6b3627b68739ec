"""Which database, and which folders belong to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from devkit.base.errors import DevkitError, ExitCode
from devkit.model import Service, Table

__all__ = ["DATABASE_URL", "DatabaseTarget", "address", "major_version", "migrated_service"]

# What Alembic and the services read.
DATABASE_URL = "DATABASE_URL"


@dataclass(frozen=True)
class DatabaseTarget:
    """A database as commands see it.

    `url` is a secret: not to be shown. `external`: it is the user's, not the platform's, and is never wiped. `running`:
    the platform that it belongs to runs. `engine`: whose it is. `address` and `where` are for people; `where` is empty for this machine's.

    `patience` is how many seconds it may be absent, `migration_patience` the same for a migration (None: no longer), and
    `why` says what is the matter meanwhile, empty when nothing is known. `remote`: one waits for it long enough to be told.
    `server` is the `cluster_name` of the only server that is meant (empty: whichever answers). `fix` is for a server that does not answer, `keeper` what keeps its URL.

    `migrate_inside` runs the migrations where the database is, within so many seconds, with a callback for its lines; None
    where that is not another place than here. `changed` is to be called once the schema is another: what failed because of
    it is tried again at once.
    """

    url: str = field(repr=False)
    external: bool
    running: bool
    migrations: Path
    seed: Path | None
    engine: str
    address: str = ""
    where: str = ""
    patience: float = 3.0
    why: Callable[[], str] = lambda: ""
    migration_patience: float | None = None
    remote: bool = False
    fix: str = ""
    keeper: str = ""
    server: str = ""
    migrate_inside: Callable[[float, Callable[[str], None]], None] | None = None
    changed: Callable[[], None] = lambda: None


def migrated_service(table: Table) -> Service:
    """The table's database that has migrations. Raises DevkitError (exit 2) when there is none."""
    for service in table.services.values():
        if service.migrations:
            return service
    raise DevkitError("no postgres service of the table has migrations", exit_code=ExitCode.USAGE)


def address(url: str) -> str:
    """`host:port/database` of a URL, fit to be shown."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 5432}{parts.path}"


def major_version(image: str) -> int:
    """The major version of Postgres in an image's tag; 0 where it says none."""
    found = re.search(r":(?:v|pg)?(\d+)", image)
    return int(found[1]) if found else 0
