"""Which rows a statement changes, as the planner sees it: those that a key names, so many at a time, or whatever there is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol

from devkit.database.check.schema import Schema
from devkit.database.check.statements import bare, split

__all__ = ["Change", "explained"]

_CHANGING = re.compile(r"(update|delete|merge|with)\b", re.IGNORECASE)
_CALLING = re.compile(r"(select|call)\b", re.IGNORECASE)
_CALL = re.compile(r"(\w+)\"?\s*\(")
_IN_BODY = re.compile(r"\b(update|delete\s+from)\s+(?:only\s+)?([\w.\"]+)", re.IGNORECASE)
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_KEY = re.compile(r"[\w\"]+\.([\w\"]+)")


@dataclass(frozen=True, slots=True)
class Change:
    """A statement that changes or deletes rows of the relation `schema.name`. `bounded`: not more than a key or a LIMIT allow."""

    statement: str
    schema: str
    name: str
    bounded: bool


class Asked(Protocol):
    """A session that runs a query and returns the first value; `outside` of any transaction, or in one."""

    def ask(self, query: str) -> Any: ...

    def ask_alike(self, query: str) -> Any: ...

    @property
    def outside(self) -> bool: ...


def explained(session: Asked, text: str, schema: Schema) -> tuple[Change, ...]:
    """The rows that the statements of a text change; they are only planned here."""
    found: list[Change] = []
    for statement in split(text):
        if re.match(r"do\b", statement, re.IGNORECASE):
            found += _in_body(statement)
        elif _CALLING.match(statement):
            found += _in_functions(session, statement, schema)
        elif _CHANGING.match(statement):
            found += _planned(session, statement, schema)
    return tuple(found)


def _in_body(statement: str) -> Iterator[Change]:
    """Statements of a block of code cannot be asked for. One that commits as it goes changes rows in batches."""
    body = statement.lower()
    bounded = re.search(r"\bcommit\b", body) is not None
    for _, name in _IN_BODY.findall(body):
        schema, _, table = name.replace('"', "").rpartition(".")
        yield Change(statement, schema or "public", table, bounded)


def _in_functions(session: Asked, statement: str, schema: Schema) -> Iterator[Change]:
    """What the functions and procedures that a statement calls do, as their text says."""
    called = set(_CALL.findall(bare(statement)))
    for id, (_, name) in schema.functions.items():
        if name in called:
            for change in _in_body(str(session.ask(f"select prosrc from pg_proc where oid = {id}"))):
                yield replace(change, statement=statement)


def _planned(session: Asked, statement: str, schema: Schema) -> Iterator[Change]:
    try:
        with _by_index(session):
            answer = session.ask_alike(f"explain (format json, verbose) {statement}")
    except (
        Exception
    ):  # another one of a script has changed what it is about, or a driver fills its values in later
        yield from _as_written(statement)
        return
    plan = json.loads(answer) if isinstance(answer, str | bytes) else answer
    for node in _nodes(plan[0]["Plan"]):
        if node["Node Type"] == "ModifyTable" and node["Operation"] != "Insert":
            below = [each for child in node.get("Plans", ()) for each in _nodes(child)]
            for target in node.get("Target Tables") or [node]:
                bounded = _is_bounded(target, below, schema)
                yield Change(statement, target.get("Schema", "public"), target["Relation Name"], bounded)


def _as_written(statement: str) -> Iterator[Change]:
    bounded = re.search(r"\blimit\b", bare(statement)) is not None
    for _, name in _IN_BODY.findall(bare(statement)):
        schema, _, table = name.replace('"', "").rpartition(".")
        yield Change(statement, schema or "public", table, bounded)


@contextmanager
def _by_index(session: Asked) -> Iterator[None]:
    """The planner takes an index wherever one can be used, however small the table is; nothing of it remains."""
    ask = session.ask
    if session.outside:
        ask("select set_config('enable_seqscan', 'off', false)")
        try:
            yield
        finally:
            ask("reset enable_seqscan")
        return
    ask("savepoint devkit_plan")
    try:
        ask("select set_config('enable_seqscan', 'off', true)")
        yield
    finally:
        ask("rollback to savepoint devkit_plan")
        ask("release savepoint devkit_plan")


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _is_bounded(target: dict[str, Any], below: list[dict[str, Any]], schema: Schema) -> bool:
    if any(node["Node Type"] == "Limit" for node in below):
        return True
    place = (target.get("Relation Name"), target.get("Alias"))
    scans = [node for node in below if (node.get("Relation Name"), node.get("Alias")) == place]
    return all(_is_keyed(node, str(target.get("Alias")), schema) for node in scans)


def _is_keyed(scan: dict[str, Any], alias: str, schema: Schema) -> bool:
    """Whether a scan finds its rows by a unique index and values that are given: one each, or from one to another."""
    if scan["Node Type"].startswith("Tid"):
        return True
    parts = [scan, *scan.get("Plans", ())]
    for part in parts:
        condition = _LITERAL.sub("", str(part.get("Index Cond", "")))
        index = next((each for each in schema.indexes.values() if each.name == part.get("Index Name")), None)
        if not condition or index is None or not index.unique:
            continue
        if any(
            name.partition(".")[0].strip('"') != alias for name in re.findall(r"[\w\"]+\.[\w\"]+", condition)
        ):
            continue  # the rows of another table say which
        columns = [schema.columns.get((index.relation, number)) for number in index.columns]
        named = {name.strip('"') for name in _KEY.findall(condition)}
        if not all(column is not None and column.name in named for column in columns):
            continue
        between = "<" in condition and ">" in condition
        if between or re.search(r"(?<![<>])=", condition):
            return True
    return False
