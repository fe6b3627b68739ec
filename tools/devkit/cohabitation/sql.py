"""What Postgres refused, and to whom: each copy of a service has a database user of its own, which stands in the server's log."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote, urlsplit

from psycopg import sql

from devkit.base.errors import DevkitError
from devkit.base.polling import attempts
from devkit.database.server import connect, plain
from devkit.engines.local.units import Unit

__all__ = ["ServerLog", "SqlError", "add_users", "as_user", "parse", "told_who"]

_PREFIX = "%u|%e|"
_LINE = re.compile(r"(?P<user>[^|]*)\|(?P<state>[0-9A-Z]{5})\|(?P<kind>[A-Z]+): +(?P<text>.*)")
# Another schema than the code expects: names and types (42), values that do not fit (22), NOT NULL and CHECK, and a prepared
# statement whose result has other columns now. Uniqueness and references, which code may well meet, count where a migration
# made them.
_BROKEN = re.compile(r"42...|22...|23502|23514|0A000")
_CONSTRAINED = re.compile(r"23503|23505|23P01")
_QUOTED = re.compile(r'"([^"]+)"')
_MARKED, _EVERY = 30.0, 0.05
_LONGEST = 160


@dataclass(frozen=True)
class SqlError:
    """What the server said to a `user`: `state` is its SQLSTATE."""

    user: str
    state: str
    message: str
    statement: str = ""

    @property
    def told(self) -> str:
        """For people, with the statement's beginning."""
        words = " ".join(self.statement.split())
        if not words:
            return self.message
        return f"{self.message} ({words[:_LONGEST] + ' …' if len(words) > _LONGEST else words})"


def told_who(unit: Unit) -> Unit:
    """The unit of a Postgres whose log says which user a line is about."""
    assert unit.process is not None
    argv = unit.process.start["argv"]
    assert isinstance(argv, list)
    start = {**unit.process.start, "argv": [*argv, "-c", f"log_line_prefix={_PREFIX}"]}
    return replace(unit, process=replace(unit.process, start=start))


def add_users(url: str, names: Collection[str]) -> None:
    """Makes users who are the owner of `url` in everything but their name in the log."""
    owner, password = (unquote(part or "") for part in (urlsplit(url).username, urlsplit(url).password))
    with connect(plain(url), "db cohabit", autocommit=True) as connection:
        for name in names:
            user = sql.Identifier(name)
            made = sql.SQL("create role {} superuser login password {}")
            connection.execute(made.format(user, sql.Literal(password)))
            connection.execute(sql.SQL("alter role {} set role = {}").format(user, sql.Literal(owner)))


def _url_of(url: str, user: str) -> str:
    """The URL with which such a user connects."""
    parts = urlsplit(url)
    _, at, place = parts.netloc.rpartition("@")
    password = f":{parts.password}" if parts.password else ""
    return parts._replace(netloc=f"{quote(user, safe='')}{password}{at}{place}").geturl()


class ServerLog:
    """The log of the server at `url`, of which `read` gives all that it wrote. What fails before `accept` does not count, nor
    does it later."""

    def __init__(self, url: str, read: Callable[[], str]) -> None:
        self._url, self._read = plain(url), read
        self._constraints: frozenset[str] | None = None
        self._known: set[tuple[str, str]] = set()

    def mark(self) -> str:
        """A place in it, which everything that has happened so far stands before. Raises DevkitError."""
        mark = f"devkit-{secrets.token_hex(8)}"
        with connect(self._url, "db cohabit", autocommit=True) as connection:
            connection.execute(f"do $$ begin raise log '{mark}'; end $$".encode())
        for _ in attempts(_MARKED, _EVERY):
            if mark in self._read():
                return mark
        raise DevkitError("the private Postgres does not write its log")

    def accept(self, since: str) -> None:
        """What happened from that place on is how the code does on the schema as it is now."""
        query = b"select conname from pg_constraint union select relname from pg_class where relkind = 'i'"
        with connect(self._url, "db cohabit") as connection:
            self._constraints = frozenset(str(name) for (name,) in connection.execute(query))
        self._known |= {(error.state, error.message) for error in self._all(since)}

    def errors(self, since: str, until: str = "") -> list[SqlError]:
        """What counts of what happened between two places, each thing once for each user."""
        found: dict[tuple[str, str, str], SqlError] = {}
        for error in self._all(since, until):
            if self._counts(error):
                found.setdefault((error.user, error.state, error.message), error)
        return list(found.values())

    def _counts(self, error: SqlError) -> bool:
        if self._constraints is None or (error.state, error.message) in self._known:
            return False
        if _CONSTRAINED.fullmatch(error.state):
            return not any(name in self._constraints for name in _QUOTED.findall(error.message))
        return bool(_BROKEN.fullmatch(error.state))

    def _all(self, since: str, until: str = "") -> Iterator[SqlError]:
        text = self._read()
        _, found, after = text.partition(since)
        text = after if found else text
        return parse(text.partition(until)[0] if until else text)


def parse(text: str) -> Iterator[SqlError]:
    """The errors in a server's log, each with its statement."""
    pending: SqlError | None = None
    kind = ""
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            if pending and kind == "STATEMENT" and line.startswith("\t"):
                pending = replace(pending, statement=f"{pending.statement} {line.strip()}")
            continue
        kind = match["kind"]
        if kind == "STATEMENT" and pending and match["user"] == pending.user:
            pending = replace(pending, statement=match["text"])
        elif kind == "ERROR":
            if pending:
                yield pending
            message = re.sub(r" at character \d+$", "", match["text"])
            pending = SqlError(match["user"], match["state"], message)
    if pending:
        yield pending


def as_user(environment: Mapping[str, str], url: str, user: str) -> dict[str, str]:
    """The variables, with the URL as that user has it."""
    own = _url_of(url, user)
    return {name: own if value == url else value for name, value in environment.items()}
