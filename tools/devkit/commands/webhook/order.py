"""Webhooks about an order: which value its payload carries for one, as the table says, and the number that it names."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from devkit.base.errors import DevkitError, ExitCode
from devkit.engines.choice import engine_with_database
from devkit.engines.target import find_route
from devkit.model import Table
from devkit.webhooks.change import set_value, value_at
from devkit.webhooks.provider import Payload

__all__ = ["about_order", "order_in"]


def about_order(
    root: Path, table: Table, provider: str, number: str, engine: str | None
) -> Callable[[Payload], None]:
    """The change that makes a payload one about the order `number`, by the table's query in the platform's database.

    Raises DevkitError: exit 2 where the table has no query, exit 5 for an order that the query does not find.
    """
    found = find_route(table, provider)
    order = found[1].order if found else None
    if found is None or not order or not order.query:
        raise DevkitError(
            f"the table does not say which value a webhook of {provider} has for an order",
            fix=f"webhooks: {{{provider}: {{order: {{set: PATH, query: SQL}}}}}}, or --set PATH=VALUE",
            exit_code=ExitCode.USAGE,
        )
    value = _ask(root, found[0].name, provider, order.query, number, engine)
    text = str(value)
    given = int(text) if text.isdecimal() else text  # ids are numbers in payloads, and text in many a column
    values = {order.set: given} | ({order.number: number} if order.number else {})

    def change(payload: Payload) -> None:
        for path, each in values.items():
            set_value(payload, f"{path}={json.dumps(each)}")

    return change


def _ask(root: Path, service: str, provider: str, query: str, number: str, engine: str | None) -> object:
    import psycopg

    from devkit.database.server import connect, plain

    with engine_with_database(root, engine).database() as target:
        try:
            with connect(plain(target.url), "webhook --order") as connection:
                connection.read_only = True
                row = connection.execute(query.encode(), {"order": number}).fetchone()
        except psycopg.Error as problem:
            raise DevkitError(
                f"services.{service}.webhooks.{provider}.order.query: {str(problem).strip().splitlines()[0]}",
                fix="./devkit db status shows the tables",
                exit_code=ExitCode.REFUSED,
            ) from None
    if row is None or row[0] is None:
        raise DevkitError(
            f"there is nothing of {provider} for the order {number} (yet)",
            fix="is that its number, and has it got that far? ./devkit logs shows",
            exit_code=ExitCode.REFUSED,
        )
    found: object = row[0]
    return found


def order_in(table: Table, provider: str, body: bytes) -> str:
    """The order's number that a payload has where the table says; empty when there is none."""
    found = find_route(table, provider)
    if found is None or not found[1].order.number:
        return ""
    try:
        value = value_at(json.loads(body), found[1].order.number)
    except (ValueError, DevkitError):
        return ""
    return str(value) if isinstance(value, str | int) else ""
