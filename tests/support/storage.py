"""Postgres and Redis from wheels, on free ports in a temporary folder."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from devkit.table.rules.ports import RESERVED_PORTS
from devkit.types.postgres.server import as_ordinary_user, postgres_program
from devkit.types.redis.server import redis_program
from psycopg import sql

from tests.support.polling import PATIENCE, looks

__all__ = ["Postgres", "RedisServer", "free_port", "is_free", "postgres", "redis_server"]

# Below the ports that the system gives to outgoing connections (from 32768 on Linux), which come and go.
PORTS = range(10_000, 28_000)
# A platform that is down for a moment must find its ports free again: no other test process takes one of them.
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_OF_THIS_WORKER = PORTS[_WORKER * len(PORTS) // _WORKERS : (_WORKER + 1) * len(PORTS) // _WORKERS]


def is_free(port: int) -> bool:
    """Whether a server could take the port now."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True


# Who was given one may take it later, or again.
_given: deque[int] = deque(maxlen=2000)


def free_port() -> int:
    """A port that nobody has now or was given lately, and that a table may name."""
    chosen = iter(lambda: secrets.choice(_OF_THIS_WORKER), None)
    port = next(each for each in chosen if each not in {*RESERVED_PORTS, *_given} and is_free(each))
    _given.append(port)
    return port


@dataclass(frozen=True)
class Postgres:
    """A running server. `template` is the name of the migrated database that others are copied from."""

    port: int
    template: str = "forma3d_template"

    def url(self, database: str) -> str:
        """Its URL, as devkit would give it to a service."""
        return f"postgresql://forma3d@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: sql.SQL | sql.Composed) -> None:
        """Runs a statement outside any transaction."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def create(self, template: str | None = None) -> str:
        """Makes a database with a new name and returns its URL."""
        name = f"test_{secrets.token_hex(6)}"
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template:
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        self.execute(statement)
        return self.url(name)


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """Runs Postgres in `folder` until the block ends."""
    initdb, server = str(postgres_program("initdb")), str(postgres_program("postgres"))
    data = folder / "postgres"
    port = free_port()
    subprocess.run(
        [
            *as_ordinary_user(),
            initdb,
            "-D",
            str(data),
            "-U",
            "forma3d",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ],
        check=True,
        capture_output=True,
    )
    options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off"}
    options |= {"synchronous_commit": "off", "full_page_writes": "off", "max_connections": 200}
    flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with (folder / "postgres.log").open("wb") as log:
        process = subprocess.Popen(
            [*as_ordinary_user(), server, "-D", str(data), *flags], stdout=log, stderr=subprocess.STDOUT
        )
    running = Postgres(port)
    try:
        _wait_for_postgres(running, process, folder / "postgres.log")
        yield running
    finally:
        _stop(process, signal.SIGINT)


def _wait_for_postgres(running: Postgres, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in looks():
        if process.poll() is not None:
            raise RuntimeError(f"postgres stopped: {log.read_text()[-2000:]}")
        with suppress(psycopg.OperationalError):
            psycopg.connect(running.url("postgres"), connect_timeout=10).close()
            return
    raise TimeoutError("postgres did not answer")


class RedisServer:
    """A Redis server that can be stopped and started again with its data, as an outage would."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._program = redis_program()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its URL."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Starts it and waits until it answers."""
        command = [self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--appendonly", "yes"]
        command += ["--dir", str(self._folder), "--save", "", "--appendfsync", "always"]
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        for _ in looks():
            if self._process.poll() is not None:
                raise RuntimeError("redis-server stopped")
            with suppress(OSError), closing(self._connection()) as connection:
                connection.sendall(b"PING\r\n")
                if connection.recv(64).startswith(b"+PONG"):
                    return
        raise TimeoutError("redis-server did not answer")

    def _connection(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def empty(self) -> None:
        """Forgets everything."""
        with closing(self._connection()) as connection:
            connection.sendall(b"FLUSHALL\r\n")
            connection.recv(64)

    def stop(self) -> None:
        """Stops it; what it held is on disk."""
        if self._process is not None:
            _stop(self._process, signal.SIGTERM)
            self._process = None


@contextmanager
def redis_server(folder: Path) -> Iterator[RedisServer]:
    """Runs Redis in `folder` until the block ends."""
    server = RedisServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _stop(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    process.send_signal(how)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(PATIENCE)
