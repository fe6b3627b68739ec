"""A Postgres server in a temporary folder, for as long as a block lasts. The developer's own is never touched."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from devserve.programs import Programs
from psycopg import sql

from devkit.base.errors import DevkitError
from devkit.base.polling import attempts
from devkit.database.server import connect, maintenance
from devkit.types.postgres.server import make_cluster, postgres_command

__all__ = ["LARGE", "SMALL", "ScratchServer", "scratch_server"]

_SECONDS, _EVERY = 60.0, 0.03
# Postgres tells at this level that it rewrites or scans a table.
_TOLD = "debug1"
_PREFIX = "%p|"
SMALL: Mapping[str, str] = {
    "fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "autovacuum": "off",
}  # fmt: skip
"""Settings of a server whose data nobody needs afterwards, with small tables."""
LARGE: Mapping[str, str] = {
    **SMALL, "shared_buffers": "256MB", "maintenance_work_mem": "128MB", "max_wal_size": "4GB",
}  # fmt: skip
"""The same for tables of a million rows."""


@dataclass(frozen=True)
class ScratchServer:
    """A running server. `version` is its major one, `log` the file that it writes to."""

    port: int
    version: int
    log: Path
    user: str
    password: str = field(repr=False)

    def url(self, database: str) -> str:
        """A database's URL."""
        return f"postgresql://{self.user}:{self.password}@127.0.0.1:{self.port}/{database}"

    def create(self) -> str:
        """Makes a database whose sessions have the server log what they do with tables; its URL."""
        url = self.url(f"check_{secrets.token_hex(6)}")
        name = sql.Identifier(urlsplit(url).path.lstrip("/"))
        with connect(maintenance(url), "db check", autocommit=True) as connection:
            connection.execute(sql.SQL("create database {}").format(name))
            told = sql.SQL("alter database {} set log_min_messages = {}")
            connection.execute(told.format(name, sql.Literal(_TOLD)))
        return url

    def drop(self, url: str) -> None:
        """Drops such a database; connections to it are ended."""
        name = sql.Identifier(urlsplit(url).path.lstrip("/"))
        with connect(maintenance(url), "db check", autocommit=True) as connection:
            connection.execute(sql.SQL("drop database {} with (force)").format(name))


@contextmanager
def scratch_server(settings: Mapping[str, str] = SMALL, user: str = "devkit") -> Iterator[ScratchServer]:
    """Starts a server on a free port; ends it and deletes its data afterwards. `user` owns it, and is the name that migrations
    may know.

    Raises DevkitError: exit 3 without Postgres on this machine, exit 1 when it does not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="devkit-check-"))
    try:
        folder.chmod(0o711)  # its owner may be another user than this one (as_ordinary_user)
        password = secrets.token_hex(16)
        # Of devkit's variables none: `down` would take this server for one that the platform left.
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith(("DEVKIT_", "PG"))
        }
        environment["LC_ALL"] = "C"
        url = f"postgresql://{user}:{password}@127.0.0.1"
        make_cluster(folder, url, Programs(apart=False))
        with _process(folder, settings, environment) as (process, port, log):
            version = _version(process, f"{url}:{port}/postgres", log)
            yield ScratchServer(port, version, log, user, password)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _process(
    folder: Path, settings: Mapping[str, str], environment: Mapping[str, str]
) -> Iterator[tuple[subprocess.Popen[bytes], int, Path]]:
    port = _free_port()
    argv = postgres_command(folder, port)["argv"]
    assert isinstance(argv, list)
    more = {**settings, "log_line_prefix": _PREFIX, "listen_addresses": "127.0.0.1"}
    options = [part for key, value in more.items() for part in ("-c", f"{key}={value}")]
    log = folder / "log"
    keeper = (sys.executable, "-I", "-S", str(Path(__file__).with_name("keeper.py")), str(folder))
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*keeper, *argv, *options], cwd=folder, env=dict(environment), stdin=subprocess.PIPE, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    assert process.stdin is not None
    try:
        yield process, port, log
    finally:
        process.stdin.close()
        process.wait()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _version(process: subprocess.Popen[bytes], url: str, log: Path) -> int:
    """The server's major version, once it answers."""
    lost: Exception | None = None
    for _ in attempts(_SECONDS, _EVERY):
        if process.poll() is not None:
            break
        try:
            with connect(url) as connection:
                return connection.info.server_version // 10_000
        except psycopg.OperationalError as problem:
            lost = problem
    said = log.read_text("utf-8", "replace").strip().splitlines()
    why = said[-1] if said else str(lost)
    raise DevkitError(f"the scratch Postgres did not start: {why}", fix="./devkit doctor")
