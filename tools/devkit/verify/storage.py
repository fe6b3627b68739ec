"""Postgres and Redis by their own protocols, with the credentials that the services have."""

from __future__ import annotations

import socket

import psycopg

from devkit.table.model import Service
from devkit.verify.model import Failed
from devkit.verify.site import Site

__all__ = ["ask_postgres", "ask_redis"]

_TIMEOUT = 10


def ask_postgres(site: Site, service: Service) -> str:
    """Signs in, and asks for the version and the database's name."""
    password = site.secrets.get(service.password or "")
    if password is None:
        raise Failed(
            f"there is no {service.password} to sign in with",
            "./devkit secrets init, then start the platform",
        )
    try:
        with psycopg.connect(
            host="127.0.0.1", port=site.port(service.name), user=service.user, password=password,
            dbname=service.database, connect_timeout=_TIMEOUT, sslmode="disable",
            options="-c statement_timeout=10000",
        ) as connection:  # fmt: skip
            row = connection.execute(
                "SELECT current_database(), current_setting('server_version')"
            ).fetchone()
    except psycopg.Error as problem:
        raise _failed(problem, service) from None
    assert row is not None
    return f"Postgres {row[1].split()[0]}, database {row[0]}"


def _failed(problem: psycopg.Error, service: Service) -> Failed:
    text = str(problem).strip()
    if "password authentication failed" in text:
        return Failed(
            f"Postgres refuses {service.user} with {service.password}",
            "it keeps the password it was made with: put that one back (./devkit secrets set "
            f"{service.password}), or ./devkit reset deletes the data and begins anew",
        )
    if any(
        words in text for words in ("expected authentication request", "invalid response", "received invalid")
    ):
        return Failed("what answers is no Postgres")
    if "timeout expired" in text:
        return Failed(f"what listens does not answer as Postgres does, within {_TIMEOUT} s")
    if "closed the connection unexpectedly" in text:
        return Failed("the connection is closed without an answer of Postgres")
    last = text.splitlines()[-1] if text else type(problem).__name__
    return Failed(last.rpartition("FATAL:")[2].strip() or last)


def ask_redis(site: Site, service: Service) -> str:
    """PING, and which version it is."""
    try:
        with socket.create_connection(("127.0.0.1", site.port(service.name)), timeout=_TIMEOUT) as connection:
            connection.sendall(b"PING\r\nINFO server\r\n")
            said = b""
            while b"redis_version:" not in said or not said.split(b"redis_version:")[1].count(b"\r\n"):
                part = connection.recv(4096)
                said += part
                if not part or not said.startswith(b"+PONG"[: len(said)]):
                    break
    except TimeoutError:
        raise Failed(f"what listens does not answer PING within {_TIMEOUT} s") from None
    except OSError as problem:
        raise Failed(f"the connection breaks off: {problem.strerror or problem}") from None
    if said.startswith(b"+PONG"):
        version = said.partition(b"redis_version:")[2].split(b"\r\n")[0].decode("ascii", "replace")
        return f"Redis {version}".strip()
    if said.startswith((b"-LOADING", b"-NOAUTH", b"-BUSY")):
        raise Failed(f"Redis says {said.split(bytes([13]))[0][1:80].decode('ascii', 'replace')}")
    raise Failed("what answers is no Redis" if said else "the connection is closed without an answer")
