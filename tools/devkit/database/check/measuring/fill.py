"""Fills a table with rows that its columns, keys and checks take, whatever it is for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from devkit.database.check.measuring.columns import (
    Check,
    Key,
    TableColumn,
    checks_of,
    columns_of,
    keys_of,
    literals,
)

__all__ = ["Filler"]

# What a referring row may point to, where not each needs one of its own.
_PARENTS = 1_000
_ATTEMPTS = 24
_SAMPLE = 500
# By a type's name; `g` counts from 1.
_VALUES = {
    "smallint": "(g % 32000)::smallint",
    "integer": "g::integer",
    "bigint": "g::bigint",
    "real": "g::real",
    "double precision": "g::double precision",
    "money": "(g % 100000)::numeric::money",
    "boolean": "g % 2 = 0",
    "uuid": "md5(g::text)::uuid",
    "json": "json_build_object('n', g, 'text', md5(g::text))",
    "jsonb": "jsonb_build_object('n', g, 'text', md5(g::text))",
    "bytea": "decode(md5(g::text), 'hex')",
    "timestamp with time zone": "now() - g * interval '1 second'",
    "timestamp without time zone": "localtimestamp - g * interval '1 second'",
    "date": "current_date - (g % 20000)::integer",
    "time without time zone": "time '00:00' + g * interval '1 second'",
    "time with time zone": "timetz '00:00+00' + g * interval '1 second'",
    "interval": "g * interval '1 second'",
    "inet": "inet '10.0.0.0' + g",
    "cidr": "set_masklen(inet '10.0.0.0' + g, 32)::cidr",
    "tsvector": "to_tsvector('simple', md5(g::text))",
    "xml": "xmlelement(name a, g)",
    "point": "point(g, g)",
}
_TEXTS = ("text", "character varying", "character", "citext", "name")


@dataclass
class Filler:
    """`rows` in each table that is asked for; `progress` hears which is being filled. `unfilled` says of the others why."""

    connection: psycopg.Connection
    rows: int
    progress: Callable[[str], None] = lambda _: None
    unfilled: dict[str, str] = field(default_factory=dict)
    _done: dict[int, int] = field(default_factory=dict)

    def fill(self, table: int, rows: int | None = None) -> None:
        """Fills a table, and first what it refers to. `connection` commits each statement by itself."""
        wanted = self.rows if rows is None else rows
        row = self.connection.execute("select %s::oid::regclass::text", (table,)).fetchone()
        assert row is not None
        shown = str(row[0])
        if self._done.get(table, 0) >= wanted or shown in self.unfilled:
            return
        had = self._done.get(table, 0)
        self._done[table] = wanted  # also against tables that refer to each other
        columns, keys = columns_of(self.connection, table), keys_of(self.connection, table)
        by_name = {column.name: column for column in columns}
        usable = []
        for key in keys:
            if key.parent == table:
                continue  # to itself: left empty
            own = any(by_name[name].unique for name in key.columns)
            self.fill(key.parent, wanted if own else min(wanted, _PARENTS))
            usable.append((key, wanted if own else min(wanted, _PARENTS)))
        self.progress(f"filling {shown} with {wanted:,} rows")
        rows_to_add = _Rows(self.connection, table, shown, columns, usable, keys)
        try:
            rows_to_add.add(had + 1, wanted)
        except psycopg.Error as problem:
            self._done[table] = had
            self.unfilled[shown] = str(problem).strip().splitlines()[0]
            return
        self.connection.execute(sql.SQL("analyze {}").format(sql.SQL(shown)))


class _Rows:
    """The values of a table's columns, as they are found to fit."""

    def __init__(
        self,
        connection: psycopg.Connection,
        table: int,
        shown: str,
        columns: list[TableColumn],
        keys: list[tuple[Key, int]],
        all_keys: list[Key],
    ) -> None:
        self._connection, self._shown, self._keys = connection, shown, keys
        self._checks = checks_of(connection, table)
        referring = {name for key in all_keys for name in key.columns}
        self._columns = {
            column.name: column
            for column in columns
            if not column.fixed and not (column.filled and not column.unique) and column.name not in referring
        }
        self._values = {name: _value(column) for name, column in self._columns.items()}
        self._others: dict[str, Iterator[str | None]] = {}

    def add(self, first: int, last: int) -> None:
        """Adds the rows from one number to another, with other values for what a CHECK refuses: a sample is tried first.

        Raises psycopg.Error when none fit.
        """
        for attempt in range(_ATTEMPTS):
            try:
                with self._connection.transaction(force_rollback=True):
                    self._insert(first, last, max(1, (last - first) // _SAMPLE))
                self._insert(first, last)
                return
            except psycopg.errors.CheckViolation as problem:
                check = self._checks.get(problem.diag.constraint_name or "")
                if check is None or attempt == _ATTEMPTS - 1 or not self._change(check):
                    raise
            except psycopg.DataError:
                # A value of no use for its type; what may be empty is left empty.
                empty = [name for name in self._values if not self._columns[name].not_null]
                if not empty:
                    raise
                for name in empty:
                    del self._values[name]

    def _change(self, check: Check) -> bool:
        """Another value for a column that a CHECK is about; False when there is none left."""
        for name in check.columns:
            column = self._columns.get(name)
            if column is None:
                continue
            if name not in self._others:
                self._others[name] = iter([*literals(check), *([] if column.not_null else [None])])
            for other in self._others[name]:
                if other is None:
                    self._values.pop(name, None)
                else:
                    self._values[name] = other
                return True
        return False

    def _insert(self, first: int, last: int, step: int = 1) -> None:
        """Adds rows; triggers do not run, those of foreign keys neither: what is referred to is there."""
        names = [*self._values]
        values = [self._values[name] for name in names]
        joins = [sql.SQL("generate_series({}::bigint, {}::bigint, {}::bigint) g").format(first, last, step)]
        for number, (key, parents) in enumerate(self._keys):
            alias = sql.Identifier(f"parent_{number}")
            targets = sql.SQL(", ").join(map(sql.Identifier, key.targets))
            numbered = "join (select {targets}, row_number() over () as n from {parent} limit {most}) {alias}"
            on = "on {alias}.n = 1 + (g - 1) % {most}"
            joins.append(
                sql.SQL(f"{numbered} {on}").format(
                    targets=targets, parent=sql.SQL(key.shown), alias=alias, most=sql.Literal(parents)
                )
            )
            names += key.columns
            values += [f'parent_{number}."{target}"' for target in key.targets]
        statement = sql.SQL("insert into {table} ({names}) select {values} from {joins}").format(
            table=sql.SQL(self._shown),
            names=sql.SQL(", ").join(map(sql.Identifier, names)),
            values=sql.SQL(", ").join(map(sql.SQL, values)),
            joins=sql.SQL(" ").join(joins),
        )
        if not names:
            statement = sql.SQL("insert into {} select from {}").format(sql.SQL(self._shown), joins[0])
        self._connection.execute("set session_replication_role = replica")
        try:
            self._connection.execute(statement)
        finally:
            if self._connection.info.transaction_status is not psycopg.pq.TransactionStatus.INERROR:
                self._connection.execute("reset session_replication_role")


def _value(column: TableColumn) -> str:
    """An expression of `g`, another one for each row as far as the type has so many."""
    if column.kind == "E":
        return f"(enum_range(null::{column.type}))[1 + g % array_length(enum_range(null::{column.type}), 1)]"
    if column.kind == "A":
        return f"'{{}}'::{column.type}"
    if column.kind == "R":
        return f"'empty'::{column.type}"
    if column.type in _TEXTS:
        text = "g || '-' || md5(g::text)"
        return f"left({text}, {column.length})" if column.length else text
    if column.type == "numeric":
        return f"g % 10::numeric ^ {min(column.digits, 12)}" if column.digits is not None else "g::numeric"
    return _VALUES.get(column.type, "null")
