"""What a database has and what the session that asks holds, as the catalogue tells it: one query, one text of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["QUERY", "Column", "Constraint", "Index", "Relation", "Schema", "read_schema"]

# Without a percent sign, which some drivers take for a placeholder.
_OURS = "left(n.nspname, 3) <> 'pg_' and n.nspname <> 'information_schema'"

# In what pg_relation_is_updatable says.
_INSERT = 8
# What is in Postgres's own catalogue has a number below 16384.
QUERY = f"""
select json_build_object(
  'relations', (select coalesce(json_agg(json_build_array(c.oid::bigint, n.nspname, c.relname, c.relkind::text,
      c.relfilenode::bigint, case when c.relkind = 'v' then pg_relation_is_updatable(c.oid, true) else 28 end)), '[]')
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'm', 'v', 'f') and {_OURS}),
  'columns', (select coalesce(json_agg(json_build_array(a.attrelid::bigint, a.attnum, a.attname,
      format_type(a.atttypid, a.atttypmod), a.attnotnull,
      a.atthasdef or a.attidentity <> '' or a.attgenerated <> '' or exists (
        select from pg_type d where d.oid = a.atttypid and d.typdefault is not null))), '[]')
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'm', 'v', 'f') and a.attnum > 0 and not a.attisdropped and {_OURS}),
  'constraints', (select coalesce(json_agg(json_build_array(k.oid::bigint, k.conrelid::bigint, k.conname, k.contype::text,
      k.convalidated, k.conindid::bigint)), '[]')
    from pg_constraint k join pg_namespace n on n.oid = k.connamespace
    where k.conrelid <> 0 and {_OURS}),
  'indexes', (select coalesce(json_agg(json_build_array(i.indexrelid::bigint, i.indrelid::bigint, c.relname, i.indisunique,
      i.indisvalid, i.indkey::int[], c.relfilenode::bigint, exists (select from pg_constraint k where k.conindid = i.indexrelid
        and k.conrelid = i.indrelid))), '[]')
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace where {_OURS}),
  'values', (select coalesce(json_agg(json_build_array(e.oid::bigint, t.typname, e.enumlabel)), '[]')
    from pg_enum e join pg_type t on t.oid = e.enumtypid),
  'functions', (select coalesce(json_agg(json_build_array(p.oid::bigint, n.nspname, p.proname)), '[]')
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where {_OURS} and p.prorettype <> 'trigger'::regtype
      and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')),
  'locks', (select coalesce(json_agg(json_build_array(l.relation::bigint, l.mode)), '[]')
    from pg_locks l where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.granted and l.relation >= 16384),
  'lock_timeout', (select setting::bigint from pg_settings where name = 'lock_timeout'),
  'pid', pg_backend_pid()
)::text
"""


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, partitioned table, view, materialized or foreign one: `kind` is r, p, v, m or f. `file` changes when it is
    rewritten. `writable`: rows can be added to it."""

    id: int
    schema: str
    name: str
    kind: str
    file: int
    writable: bool

    @property
    def shown(self) -> str:
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Column:
    """`filled`: an insert that does not name it gets a value."""

    relation: int
    number: int
    name: str
    type: str
    not_null: bool
    filled: bool

    @property
    def required(self) -> bool:
        """Whether an insert has to name it."""
        return self.not_null and not self.filled


@dataclass(frozen=True, slots=True)
class Constraint:
    """`kind` as in pg_constraint: c, f, p, u, x, t, n."""

    id: int
    relation: int
    name: str
    kind: str
    validated: bool
    index: int


@dataclass(frozen=True, slots=True)
class Index:
    """`columns` are numbers of its table's, 0 for an expression. `constraint`: one of the table's stands on it."""

    id: int
    relation: int
    name: str
    unique: bool
    valid: bool
    columns: tuple[int, ...]
    file: int
    constraint: bool


@dataclass(frozen=True)
class Schema:
    """A database at one moment, seen by the session `pid`. By the numbers that Postgres gave: they survive a rename.

    `locks` are the session's own: relation and mode. `lock_timeout` is in milliseconds, 0 for none. `values`: an enum's
    type and label.
    """

    relations: Mapping[int, Relation]
    columns: Mapping[tuple[int, int], Column]
    constraints: Mapping[int, Constraint]
    indexes: Mapping[int, Index]
    values: Mapping[int, tuple[str, str]]
    functions: Mapping[int, tuple[str, str]]
    locks: frozenset[tuple[int, str]]
    lock_timeout: int
    pid: int

    def named(self, schema: str, name: str) -> Relation | None:
        """The relation that code means by a name."""
        return next(
            (each for each in self.relations.values() if (each.schema, each.name) == (schema, name)), None
        )

    def columns_of(self, relation: int) -> list[Column]:
        """A relation's columns."""
        return [column for (of, _), column in self.columns.items() if of == relation]


def read_schema(text: str) -> Schema:
    """What QUERY answered."""
    found: dict[str, Any] = json.loads(text)
    relations = [
        Relation(id, schema, name, kind, file, bool(can & _INSERT))
        for id, schema, name, kind, file, can in found["relations"]
    ]
    columns = [Column(*row) for row in found["columns"]]
    indexes = [
        Index(id, of, name, unique, valid, tuple(columns), file, constraint)
        for id, of, name, unique, valid, columns, file, constraint in found["indexes"]
    ]
    return Schema(
        {each.id: each for each in relations},
        {(each.relation, each.number): each for each in columns},
        {row[0]: Constraint(*row) for row in found["constraints"]},
        {each.id: each for each in indexes},
        {row[0]: (row[1], row[2]) for row in found["values"]},
        {row[0]: (row[1], row[2]) for row in found["functions"]},
        frozenset((row[0], row[1]) for row in found["locks"]),
        found["lock_timeout"],
        found["pid"],
    )
