"""Whoever sends a statement to the database is heard: `op.*`, `op.execute`, `connection.execute`, and psycopg underneath."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg.rows import tuple_row
from sqlalchemy import Engine, event

__all__ = ["SETTING", "Observer", "Session", "observed"]

_execute: Callable[..., Any] = psycopg.Cursor.execute
_executemany: Callable[..., Any] = psycopg.Cursor.executemany
SETTING = re.compile(r"\s*(set|begin|start|commit|rollback|savepoint|release)\b", re.IGNORECASE)
"""How statements begin of which some have to be the first of their transaction: nothing is asked before them."""


class Session(Protocol):
    """The connection that a migration uses: `ask` runs a query on it and returns the first value; `ask_alike` does with the
    values of the statement that is under way."""

    def ask(self, query: str) -> Any: ...

    def ask_alike(self, query: str) -> Any: ...

    @property
    def outside(self) -> bool:
        """Whether each statement is a transaction of its own."""
        ...


@dataclass(frozen=True)
class _Psycopg:
    connection: psycopg.Connection[Any]

    def ask(self, query: str) -> Any:
        cursor = psycopg.Cursor(self.connection, row_factory=tuple_row)
        _execute(cursor, query)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None

    ask_alike = ask  # its statements are noted with their values in them

    @property
    def outside(self) -> bool:
        idle = self.connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        return self.connection.autocommit and idle


@dataclass(frozen=True)
class _Driver:
    """Any other driver, as SQLAlchemy wraps it."""

    connection: Any
    parameters: Any

    def ask(self, query: str) -> Any:
        return self._asked(query)

    def ask_alike(self, query: str) -> Any:
        return self._asked(query, self.parameters)

    def _asked(self, query: str, *parameters: Any) -> Any:
        cursor = self.connection.cursor()
        try:
            cursor.execute(query, *parameters)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None
        finally:
            cursor.close()

    @property
    def outside(self) -> bool:
        return bool(getattr(self.connection, "autocommit", False))


@contextmanager
def observed(observer: Observer) -> Iterator[None]:
    """Tells the observer of every statement that this thread sends meanwhile."""
    listening = _Listening(observer)

    def execute(cursor: psycopg.Cursor[Any], query: Any, params: Any = None, **options: Any) -> Any:
        with listening.sent(_Psycopg(cursor.connection), lambda: _text(cursor, query, params)):
            return _execute(cursor, query, params, **options)

    def executemany(cursor: psycopg.Cursor[Any], query: Any, params_seq: Any, **options: Any) -> Any:
        many = list(params_seq)
        with listening.sent(
            _Psycopg(cursor.connection), lambda: _text(cursor, query, many[0] if many else None)
        ):
            return _executemany(cursor, query, many, **options)

    heard = {
        "before_cursor_execute": listening.before,
        "after_cursor_execute": listening.after,
        "handle_error": listening.error,
    }
    for name, hear in heard.items():
        event.listen(Engine, name, hear)
    psycopg.Cursor.execute, psycopg.Cursor.executemany = execute, executemany  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        psycopg.Cursor.execute, psycopg.Cursor.executemany = _execute, _executemany  # type: ignore[method-assign]
        for name, hear in heard.items():
            event.remove(Engine, name, hear)


class Observer(Protocol):
    """Who is told: of each statement, with the line of `file` that sent it."""

    file: Path

    def began(self, session: Session, statement: str, line: int, /) -> None: ...

    def ended(self, session: Session, statement: str, line: int, /) -> None: ...

    def failed(self, session: Session, /) -> None: ...


class _Listening:
    """psycopg is heard itself; of other drivers SQLAlchemy tells."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._file = str(observer.file.resolve())
        self._ours: dict[str, bool] = {}
        self._busy = False
        self._thread = threading.get_ident()
        self._under_way: tuple[Session, str, int] | None = None

    @contextmanager
    def sent(self, session: Session, text: Callable[[], str]) -> Iterator[None]:
        if self._is_elsewhere():
            yield
            return
        self._busy = True
        try:
            statement, line = text(), self._line()
            self._observer.began(session, statement, line)
            try:
                yield
            except BaseException:
                self._observer.failed(session)
                raise
            self._observer.ended(session, statement, line)
        finally:
            self._busy = False

    def before(
        self, connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool
    ) -> None:
        dialect = connection.dialect
        if self._is_elsewhere() or (dialect.driver == "psycopg" and not dialect.is_async):
            return
        self._busy = True
        one = parameters[0] if many and parameters else parameters
        session = _Driver(connection.connection.dbapi_connection, one)
        self._under_way = session, statement, self._line()
        self._observer.began(*self._under_way)

    def _is_elsewhere(self) -> bool:
        """Whether a statement is an observer's own, or another thread's."""
        return self._busy or threading.get_ident() != self._thread

    def after(self, *_: Any) -> None:
        if self._under_way and threading.get_ident() == self._thread:
            self._observer.ended(*self._under_way)
            self._busy, self._under_way = False, None

    def error(self, _context: Any) -> None:
        if self._under_way and threading.get_ident() == self._thread:
            self._observer.failed(self._under_way[0])
            self._busy, self._under_way = False, None

    def _line(self) -> int:
        """The line of the migration that is being carried out, the innermost one."""
        frame = sys._getframe(1)
        while frame is not None:
            if self._is_ours(frame.f_code.co_filename):
                return frame.f_lineno
            frame = frame.f_back  # type: ignore[assignment]
        return 0

    def _is_ours(self, name: str) -> bool:
        if name not in self._ours:
            self._ours[name] = str(Path(name).resolve()) == self._file
        return self._ours[name]


def _text(cursor: psycopg.Cursor[Any], query: Any, params: Any) -> str:
    """A statement as text, its values filled in."""
    return psycopg.ClientCursor(cursor.connection).mogrify(query, params)
