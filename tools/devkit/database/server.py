"""Connections to a Postgres server that may be on its way up, and what their failures mean."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.polling import attempts
from devkit.database.target import address

__all__ = [
    "WaitPolicy",
    "connect",
    "is_lost",
    "maintenance",
    "plain",
    "unreachable",
    "wait_for_database",
]

_EVERY = 0.25
_LOCAL_EVERY = 0.03
_SOON = 5.0
# The server ends or refuses connections because it stops, crashes or starts; class 08 is broken connections.
_LOST = ("08", "57P01", "57P02", "57P03")


@dataclass(frozen=True)
class WaitPolicy:
    """How long to wait and how to speak of it: `seconds` for the server, `lock_seconds` for a lock that another holds.

    `where` names the server to people in place of the URL's address; `why` says what is the matter with it;
    `server` is the `cluster_name` of the only server that is meant (empty: whichever answers).
    `progress` is told what is waited for, each time that changes; `keeper` is where the password is written.
    """

    seconds: float = 3.0
    lock_seconds: float = 120.0
    where: str = ""
    why: Callable[[], str] = lambda: ""
    progress: Callable[[str], None] = lambda _: None
    keeper: str = "secret.yaml"
    server: str = ""
    fix: str = "./devkit up starts the embedded one; one of your own must be running and reachable"


def connect(url: str, purpose: str = "", *, autocommit: bool = False) -> psycopg.Connection:
    """A connection that speaks UTF-8 whatever the database is in, and says in pg_stat_activity who it is."""
    name = f"devkit{f' {purpose}' if purpose else ''}, pid {os.getpid()} on {socket.gethostname()}"
    # Postgres cuts names after 63 bytes, with a notice.
    return psycopg.connect(
        url, autocommit=autocommit, connect_timeout=5, client_encoding="utf8", application_name=name[:63]
    )


def plain(url: str) -> str:
    """The URL as libpq takes it: without Prisma's own parameters."""
    parts = urlsplit(url)
    known = [(key, value) for key, value in parse_qsl(parts.query) if key in _parameters()]
    return urlunsplit(("postgresql", parts.netloc, parts.path, urlencode(known), ""))


def maintenance(url: str) -> str:
    """The same server's `postgres` database, which always exists."""
    return urlunsplit(urlsplit(plain(url))._replace(path="/postgres"))


@cache
def _parameters() -> frozenset[str]:
    return frozenset(option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults())


def is_lost(problem: BaseException) -> bool:
    """Whether it is the connection that failed, not what was asked over it. Takes SQLAlchemy's wrappers too."""
    cause = getattr(problem, "orig", None) or problem
    if isinstance(cause, psycopg.InterfaceError):
        return "closed" in str(cause)
    if not isinstance(cause, psycopg.OperationalError):
        return False
    return cause.sqlstate is None or cause.sqlstate.startswith(_LOST)


def unreachable(url: str, patience: WaitPolicy, problem: BaseException) -> DevkitError:
    """The one error for a server that does not answer."""
    return DevkitError(
        f"no database at {patience.where or address(url)} ({patience.why() or _reason(problem)})",
        fix=patience.fix,
        exit_code=ExitCode.REFUSED,
    )


def wait_for_database(url: str, patience: WaitPolicy = WaitPolicy()) -> None:
    """Returns once the server answers.

    Raises DevkitError (exit 5) when patience is at its end, with the reason, or at once when the server refuses the
    password. Neither shows the URL.
    """
    said = ""
    for left in attempts(patience.seconds, _EVERY if patience.seconds > _SOON else _LOCAL_EVERY):
        try:
            with connect(maintenance(url)) as connection:
                _require_server(connection, url, patience)
            return
        except psycopg.OperationalError as problem:
            if "authentication failed" in str(problem):
                raise DevkitError(
                    f"the database at {patience.where or address(url)} refuses the password in {patience.keeper}",
                    fix="it was created with another one: restore that one, or ./devkit reset",
                    exit_code=ExitCode.REFUSED,
                ) from None
            lost = problem
        reason = patience.why() or _reason(lost)
        if left and reason != said:
            patience.progress(f"waiting for the database ({reason})")
        said = reason
    raise unreachable(url, patience, lost)


def _require_server(connection: psycopg.Connection, url: str, patience: WaitPolicy) -> None:
    if not patience.server:
        return
    row = connection.execute("show cluster_name").fetchone()
    name = str(row[0]) if row else ""
    if name != patience.server:
        whose = "another clone's" if name.startswith("devkit-") else "not this clone's"
        raise DevkitError(
            f"the Postgres at {patience.where or address(url)} is {whose}: nothing was done in it",
            fix="./devkit status; ./devkit up --port-offset 100 keeps two clones apart",
            exit_code=ExitCode.REFUSED,
        )


def _reason(problem: BaseException) -> str:
    """The first line, without libpq's address of a forward that nobody knows."""
    line = (str(getattr(problem, "orig", None) or problem).strip() or type(problem).__name__).splitlines()[0]
    return line.removeprefix("connection failed: ").rpartition(" failed: ")[2] or line
