"""Postgres by its own protocol, with the credentials that the services have."""

from __future__ import annotations

import psycopg

from devkit.checks import Problem
from devkit.model import Service, VerifySite

__all__ = ["ask_postgres"]

_TIMEOUT = 10


def ask_postgres(site: VerifySite, service: Service) -> str:
    """Signs in, and asks for the version and the database's name. Raises Problem with the server's reason."""
    options = service.options
    password = site.secrets.get(str(options["password"]))
    if password is None:
        raise Problem(
            f"there is no {options['password']} to sign in with",
            "./devkit secrets init, then start the platform",
        )
    try:
        with psycopg.connect(
            host="127.0.0.1", port=site.port(service.name), user=str(options["user"]), password=password,
            dbname=str(options["database"]), connect_timeout=_TIMEOUT, sslmode="disable",
            options="-c statement_timeout=10000",
        ) as connection:  # fmt: skip
            row = connection.execute(
                "SELECT current_database(), current_setting('server_version')"
            ).fetchone()
    except psycopg.Error as problem:
        raise _failed(problem, service) from None
    assert row is not None
    return f"Postgres {row[1].split()[0]}, database {row[0]}"


def _failed(problem: psycopg.Error, service: Service) -> Problem:
    text = str(problem).strip()
    user, secret = service.options["user"], service.options["password"]
    if "password authentication failed" in text:
        return Problem(
            f"Postgres refuses {user} with {secret}",
            "it keeps the password it was created with: restore that one (./devkit secrets set "
            f"{secret}), or ./devkit reset deletes the data and starts over",
        )
    if any(
        words in text for words in ("expected authentication request", "invalid response", "received invalid")
    ):
        return Problem("what answers is not Postgres")
    if "timeout expired" in text:
        return Problem(f"what listens does not answer as Postgres does, within {_TIMEOUT} s")
    if "closed the connection unexpectedly" in text:
        return Problem("the connection is closed without an answer of Postgres")
    last = text.splitlines()[-1] if text else type(problem).__name__
    return Problem(last.rpartition("FATAL:")[2].strip() or last)
