"""A table as it is to be filled: its columns, keys and rules, as the catalogue has them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row

__all__ = ["Check", "Key", "TableColumn", "checks_of", "columns_of", "keys_of", "literals"]

_COLUMNS = """
select a.attname as name, a.attnum as number, a.attnotnull as not_null,
  a.atthasdef or a.attidentity <> '' or a.attgenerated <> '' as filled, a.attidentity <> '' or a.attgenerated <> '' as fixed,
  format_type(coalesce(nullif(t.typbasetype, 0), t.oid), null) as type,
  case when t.typcategory = 'A' then 'A' when coalesce(b.typtype, t.typtype) = 'e' then 'E'
       when coalesce(b.typtype, t.typtype) = 'r' then 'R' else '' end as kind,
  case when a.atttypmod > 4 and t.typname in ('varchar', 'bpchar') then a.atttypmod - 4 end as length,
  case when a.atttypmod > 4 and t.typname = 'numeric'
    then ((a.atttypmod - 4) >> 16) - ((a.atttypmod - 4) & 65535) end as digits,
  exists (select from pg_index i where i.indrelid = a.attrelid and i.indisunique and i.indkey[0] = a.attnum
    and i.indnkeyatts = 1) as unique
from pg_attribute a join pg_type t on t.oid = a.atttypid left join pg_type b on b.oid = t.typbasetype
where a.attrelid = %s and a.attnum > 0 and not a.attisdropped order by a.attnum
"""

_KEYS = """
select k.confrelid::bigint as parent, k.confrelid::regclass::text as shown,
  array(select a.attname::text from unnest(k.conkey) with ordinality as n(number, place)
    join pg_attribute a on a.attrelid = k.conrelid and a.attnum = n.number order by place) as columns,
  array(select a.attname::text from unnest(k.confkey) with ordinality as n(number, place)
    join pg_attribute a on a.attrelid = k.confrelid and a.attnum = n.number order by place) as targets
from pg_constraint k where k.conrelid = %s and k.contype = 'f' and k.conparentid = 0 order by k.oid
"""

_CHECKS = """
select k.conname as name, pg_get_constraintdef(k.oid) as definition,
  array(select a.attname::text from pg_attribute a where a.attrelid = k.conrelid and a.attnum = any (k.conkey)) as columns
from pg_constraint k where k.conrelid = %s and k.contype = 'c'
"""


@dataclass(frozen=True)
class TableColumn:
    """`filled`: it gets a value by itself, `fixed`: none may be given. `kind`: E for an enum, A for an array, R for a range;
    `length` is a text's limit, `digits` a number's before the point. `unique`: by itself."""

    name: str
    number: int
    not_null: bool
    filled: bool
    fixed: bool
    type: str
    kind: str
    length: int | None
    digits: int | None
    unique: bool


@dataclass(frozen=True)
class Key:
    """A foreign key: `columns` name the `targets` of the table `parent`."""

    parent: int
    shown: str
    columns: list[str]
    targets: list[str]


@dataclass(frozen=True)
class Check:
    """A CHECK and the columns it is about."""

    name: str
    definition: str
    columns: list[str]


def columns_of(connection: psycopg.Connection, table: int) -> list[TableColumn]:
    with connection.cursor(row_factory=class_row(TableColumn)) as cursor:
        return cursor.execute(_COLUMNS, (table,)).fetchall()


def keys_of(connection: psycopg.Connection, table: int) -> list[Key]:
    with connection.cursor(row_factory=class_row(Key)) as cursor:
        return cursor.execute(_KEYS, (table,)).fetchall()


def checks_of(connection: psycopg.Connection, table: int) -> dict[str, Check]:
    with connection.cursor(row_factory=class_row(Check)) as cursor:
        return {each.name: each for each in cursor.execute(_CHECKS, (table,)).fetchall()}


def literals(check: Check) -> list[str]:
    """The texts and numbers in a CHECK, as they stand there: one of them may be what it wants."""
    found = re.findall(r"'(?:[^']|'')*'|(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])", check.definition)
    return list(dict.fromkeys(found))
